"""Comments of a document, as a room reads them: a discussion there is a thread here."""

from __future__ import annotations

import json
from collections.abc import Callable

from cards.message import Language, Message, paragraphs, say
from cards.text import anchor, clean, escape, name
from contract.comments import Comment

#: Bytes of a text in both its forms, as JSON has them. An edit says everything twice in one event (`bridge.ports`).
_MAX_BYTES = 14_000
#: Characters of one line of a text.
_MAX_LINE = 10_000
#: Characters of a passage that is quoted.
_MAX_QUOTE = 160


def said(comment: Comment, language: Language, *, first: bool) -> Message:
    """A comment, for people who may all read it; `first`: it is what the room sees first of its thread, and says that
    what is answered there leaves the room.
    """
    who = _author(comment, language)
    if not first:
        return _with_text(who, [], comment.text, language)
    leaves = (
        "une réponse dans ce fil devient un commentaire du document"
        if language == "fr"
        else "a reply in this thread becomes a comment on the document"
    )
    quoted = [_quoted(comment.quote)] if comment.quote else []
    return _with_text(f"💬 {who}", quoted, comment.text, language, ours=leaves)


def changed(comment: Comment, language: Language) -> Message:
    """Said of a message of somebody in the room that was changed on the page: only they could change the message."""
    who = _author(comment, language)
    intro = f"✏️ {who} a modifié ce commentaire sur la page" if language == "fr" else f"✏️ {who} changed this comment"
    return _with_text(intro, [], comment.text, language)


def hidden(cannot: int, language: Language) -> Message:
    """In the place of a comment, or of a change of one, that `cannot` of the room may not read; 0: that nobody can."""
    if not cannot:
        return say(language, "🔒 Ce commentaire n’est plus accessible.", "🔒 This comment is not available any more.")
    members = "1 membre du salon n’y a" if cannot == 1 else f"{cannot} membres du salon n’y ont"
    people = "1 member of the room has" if cannot == 1 else f"{cannot} members of the room have"
    return say(
        language,
        f"🔒 Un commentaire sur un document que ce salon suit. {members} pas accès\u00a0: je n’en montre rien.",
        f"🔒 A comment on a document that this room follows. {people} no access to it: nothing of it is shown.",
    )


def hidden_card(language: Language) -> Message:
    """In the place of the card of a document that not everybody may read, for its discussions to hang on."""
    return say(
        language,
        "🔒 Un document que ce salon suit est commenté. Certaines personnes ici ne peuvent pas le lire\u00a0: je n’en "
        "montre rien.",
        "🔒 A document that this room follows is commented on. Some people here may not read it: nothing of it is "
        "shown.",
    )


def deleted(language: Language) -> Message:
    """Said of a message of somebody in the room that was deleted on the page: only they could take the message back."""
    return say(
        language,
        "🗑️ Ce commentaire a été supprimé sur la page du document.",
        "🗑️ This comment was deleted on the document’s page.",
    )


def resolved(who: str | None, language: Language) -> Message:
    """Nothing is left to say. `who` is a name that may be shown."""
    if who is None:
        return say(language, "✅ Discussion close.", "✅ Discussion resolved.")
    return say(language, f"✅ {name(who)} a clos cette discussion.", f"✅ {name(who)} resolved this discussion.")


def reopened(who: str | None, language: Language) -> Message:
    """There is more to say."""
    if who is None:
        return say(language, "💬 Discussion rouverte.", "💬 Discussion reopened.")
    return say(language, f"💬 {name(who)} a rouvert cette discussion.", f"💬 {name(who)} reopened this discussion.")


def not_allowed(account_url: str) -> Callable[[Language], Message]:
    """Told to one person: what they say in discussions stays in the room until they let it be taken to the page."""

    def words(language: Language) -> Message:
        line = (
            "Ce que vous dites dans les fils d’un document reste dans le salon, car vous ne m’avez pas permis de"
            " commenter en votre nom. Vous le pouvez sur la page de votre compte\u00a0: "
            if language == "fr"
            else "What you say in the threads of a document stays in the room, as you have not allowed me to comment"
            " for you. You can on your account page: "
        )
        return paragraphs((f"{line}{account_url}", f"{escape(line)}{anchor(account_url, account_url)}"))

    return words


def no_role(language: Language) -> Message:
    """Told to one person who may not comment on the document."""
    return say(
        language,
        "Ce que vous avez dit dans le fil d’un document reste dans le salon\u00a0: vous n’avez pas le droit de le"
        " commenter.",
        "What you said in the thread of a document stays in the room: you may not comment on that document.",
    )


def not_linked(language: Language) -> Message:
    """Told to one person without a linked account, whose words the document's owner does not take."""
    return say(
        language,
        "Ce que vous avez dit dans le fil d’un document reste dans le salon\u00a0: il n’est commenté que par des"
        " comptes reliés. Écrivez-moi «\u00a0!parvis link\u00a0» pour relier le vôtre.",
        "What you said in the thread of a document stays in the room: it is only commented on by linked accounts."
        " Write “!parvis link” to me to link yours.",
    )


def not_taken(reason: str, language: Language) -> Message:
    """Told to one person: the workspace did not take what they said, for the `reason` that it gives."""
    reason = clean(reason, 300)
    return say(
        language,
        f"Ce que vous avez dit dans le fil d’un document reste dans le salon\u00a0: {reason}",
        f"What you said in the thread of a document stays in the room: {reason}",
    )


def mentioned(who: str | None, language: Language) -> Message:
    """Told to the person who is mentioned, in the discussion."""
    if who is None:
        return say(language, "👋 On vous mentionne ici.", "👋 You are mentioned here.")
    return say(language, f"👋 {name(who)} vous mentionne ici.", f"👋 {name(who)} mentions you here.")


def mentioned_in(comment: Comment, title: str, url: str, language: Language) -> Message:
    """The same in their direct chat, for them alone."""
    who, shown = _author(comment, language), clean(title, 120)
    intro = (
        f"👋 {who} vous mentionne dans «\u00a0{shown}\u00a0»"
        if language == "fr"
        else f"👋 {who} mentions you in “{shown}”"
    )
    return _with_text(intro, [(url, anchor(url, url))], comment.text, language)


def _author(comment: Comment, language: Language) -> str:
    if comment.guest is not None:
        guest = "invité" if language == "fr" else "guest"
        shown, matrix_id = name(comment.author or ""), clean(comment.guest, 255)
        known = comment.author not in (None, "", comment.guest)
        return f"{shown} ({guest}, {matrix_id})" if known else f"{matrix_id} ({guest})"
    return name(comment.author or "") or ("Quelqu’un" if language == "fr" else "Somebody")


def _quoted(quote: str) -> tuple[str, str]:
    shown = clean(quote, _MAX_QUOTE)
    return f"> {shown}", f"<em>{escape(shown)}</em>"


def _with_text(intro: str, between: list[tuple[str, str]], text: str, language: Language, *, ours: str = "") -> Message:
    """The text line by line, as it was written; what does not fit in a message is on the page.

    `ours` stands beside the name, so that nobody takes it for words of whoever wrote.
    """
    lines = [clean(line, _MAX_LINE, strip=False) for line in text.splitlines()]
    colon = "\u00a0:" if language == "fr" else ":"
    plain, marked = (f" · {ours}", f" · <em>{escape(ours)}</em>") if ours else ("", "")
    head = [(f"{intro}{plain}{colon}", f"<strong>{escape(intro)}</strong>{marked}{colon}"), *between]
    message = _text_of(head, lines)
    if _bytes(message) <= _MAX_BYTES:
        return message
    more = "… (la suite est sur la page)" if language == "fr" else "… (more on the page)"
    low, high = 0, sum(len(line) + 1 for line in lines)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        fits = _bytes(_text_of(head, [*"\n".join(lines)[:middle].split("\n"), more])) <= _MAX_BYTES
        low, high = (middle, high) if fits else (low, middle - 1)
    return _text_of(head, [*"\n".join(lines)[:low].rstrip().split("\n"), more])


def _text_of(head: list[tuple[str, str]], lines: list[str]) -> Message:
    return paragraphs(*head, ("\n".join(lines), "<br>".join(escape(line) for line in lines)))


def _bytes(message: Message) -> int:
    return len(json.dumps([message.body, message.html], ensure_ascii=False).encode())
