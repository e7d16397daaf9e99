"""What the bridge answers to commands and says of itself, each in French and English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cards.message import Language, Message, fitting, paragraphs, say
from cards.text import anchor, clean, escape, title

_COMMANDS: dict[Language, tuple[tuple[str, str], ...]] = {
    "fr": (
        ("!parvis link", "relier votre identifiant Matrix à votre compte"),
        ("!parvis unlink", "défaire ce lien"),
        ("!parvis bind <adresse>", "faire suivre à ce salon un document, un fichier ou un dossier"),
        ("!parvis unbind <adresse>", "ne plus le suivre"),
        ("!parvis bind <adresse> espace", "la même chose pour tous les salons de l’espace (et unbind)"),
        ("!parvis bindings", "ce que ce salon suit"),
        ("!parvis access", "qui, ici, peut lire ce que ce salon suit"),
        ("!parvis settings", "voir ce qui se règle ici, et comment"),
        ("!parvis language fr|en", "choisir la langue de ce salon"),
        ("!drive save", "enregistrer le fichier auquel vous répondez dans le dossier que ce salon suit (ou 💾)"),
        ("!drive send <adresse ou nom>", "envoyer ici un fichier de Drive que tout le monde ici peut lire"),
        ("!drive open [adresse]", "rouvrir ici une pièce scellée qui vient de ce salon"),
        ("!parvis help", "cette aide"),
    ),
    "en": (
        ("!parvis link", "link your Matrix id to your account"),
        ("!parvis unlink", "undo that link"),
        ("!parvis bind <address>", "have this room follow a document, a file or a folder"),
        ("!parvis unbind <address>", "stop following it"),
        ("!parvis bind <address> space", "the same for all rooms of the space (and unbind)"),
        ("!parvis bindings", "what this room follows"),
        ("!parvis access", "who here may read what this room follows"),
        ("!parvis settings", "see what can be set here, and how"),
        ("!parvis language fr|en", "choose the language of this room"),
        ("!drive save", "save the file that you reply to in the folder that this room follows (or 💾)"),
        ("!drive send <address or name>", "send a file of Drive here that everybody here may read"),
        ("!drive open [address]", "open a sealed file here that came from this room"),
        ("!parvis help", "this help"),
    ),
}
#: A word of somebody that is said back.
_MAX_WORD = 40
_MAX_SAID = 500
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class BoundItem:
    """What a room follows. `title` is None where not everybody in the room may read it.

    `bound_by` is None where nobody had this room follow it: it does `by_space`.
    """

    title: str | None
    url: str
    bound_by: str | None
    bound_at: datetime
    by_space: bool = False


def help_text(language: Language) -> Message:
    """Every command."""
    intro = "Je comprends\u00a0:" if language == "fr" else "I understand:"
    colon = "\u00a0:" if language == "fr" else ":"
    commands = _COMMANDS[language]
    body = "\n".join([intro, *(f"• {command}{colon} {what}" for command, what in commands)])
    items = "".join(f"<li><code>{escape(command)}</code>{colon} {escape(what)}</li>" for command, what in commands)
    return Message(body, f"<p>{intro}</p><ul>{items}</ul>")


def welcome(language: Language) -> Message:
    """Said when the bridge has joined a room: what it is for, and what it can read and keeps (docs/security.md)."""
    if language == "fr":
        hello = (
            "Bonjour. Je relie ce salon à l’espace de travail\u00a0: «\u00a0!parvis bind <adresse>\u00a0» lui fait "
            "suivre un document, un fichier ou un dossier, et je ne montre que ce que tout le monde ici peut lire. "
            "«\u00a0!parvis help\u00a0» dit le reste."
        )
        honest = (
            "Désormais, et tant que j’en suis membre, je peux lire ce qui s’écrit ici. Je réponds aux demandes qui "
            "commencent par «\u00a0!parvis\u00a0» ou «\u00a0!drive\u00a0» et aux liens de l’espace de travail. Ce que "
            "vous dites dans le fil d’un commentaire (💬), ou de la carte d’un document (📄) que ce salon suit, y "
            "devient un commentaire, et j’enregistre un fichier quand on me le demande (💾). À part cela je ne garde "
            "rien de ce que vous dites\u00a0: seulement les clés du salon, qui en est membre et ce qu’il suit. "
            "Retirez-moi du salon pour que je ne lise plus rien."
        )
    else:
        hello = (
            "Hello. I connect this room to the workspace: “!parvis bind <address>” has it follow a document, a file or "
            "a folder, and I show only what everybody here may read. “!parvis help” tells the rest."
        )
        honest = (
            "From now on, for as long as I am a member, I can read what is written here. I answer requests that start "
            "with “!parvis” or “!drive”, and links of the workspace. What you say in the thread of a comment (💬), or "
            "of the card of a document (📄) that this room follows, becomes a comment there, and I save a file when "
            "somebody asks me to (💾). Beyond that I keep nothing of what you say: only the room’s keys, who is a "
            "member and what the room follows. Remove me from the room and I read nothing more."
        )
    return paragraphs((hello, escape(hello)), (honest, escape(honest)))


def link_offer(url: str, minutes: int, matrix_id: str, language: Language) -> Message:
    """The one-time address, for one person alone."""
    who, s = clean(matrix_id, 255), "s" if minutes > 1 else ""
    if language == "fr":
        before = f"Pour relier {who} à votre compte, ouvrez cette adresse et confirmez."
        after = f"Elle est pour vous, sert une fois, et vaut {minutes} minute{s}. Ne la transmettez à personne."
        label = "Relier mon compte"
    else:
        before = f"To link {who} to your account, open this address and confirm."
        after = f"It is for you, works once, and lasts {minutes} minute{s}. Pass it on to nobody."
        label = "Link my account"
    return paragraphs((before, escape(before)), (url, anchor(url, label)), (after, escape(after)))


def look_in_direct(language: Language) -> Message:
    """The answer is in the direct chat."""
    return say(
        language,
        "Je vous ai répondu en tête à tête\u00a0: regardez vos invitations et vos discussions privées.",
        "I have answered you in private: look at your invitations and direct messages.",
    )


def cannot_whisper(language: Language) -> Message:
    """There is no direct chat, and none could be made."""
    return say(
        language,
        "Je n’ai pas pu vous écrire en privé. Ouvrez une discussion chiffrée avec moi seul, puis écrivez-y de nouveau "
        "votre demande.",
        "I could not write to you in private. Open an encrypted chat with me alone, then write your request there "
        "again.",
    )


def already_linked(language: Language) -> Message:
    """There is nothing to link."""
    return say(
        language,
        "Votre identifiant Matrix est déjà relié à un compte. «\u00a0!parvis unlink\u00a0» défait ce lien.",
        "Your Matrix id is linked to an account already. “!parvis unlink” undoes that.",
    )


def unlinked(language: Language) -> Message:
    """The link is undone."""
    return say(
        language,
        "C’est fait\u00a0: votre identifiant Matrix n’est plus relié à votre compte.",
        "Done: your Matrix id is no longer linked to your account.",
    )


def not_linked(language: Language) -> Message:
    """Something was asked by somebody who has no account here, as far as we know."""
    return say(
        language,
        "Je ne sais pas encore qui vous êtes dans l’espace de travail. Écrivez «\u00a0!parvis link\u00a0»\u00a0: "
        "je vous enverrai une adresse pour relier votre compte.",
        "I do not know yet who you are in the workspace. Write “!parvis link”: I will send you an address that links "
        "your account.",
    )


def bound(name: str | None, url: str, language: Language, *, talks: bool = True) -> Message:
    """The room follows something from now on; `name` is None where not everybody may read it. `talks`: it is, or has in
    it, what is talked about, and what is said under its cards leaves the room.
    """
    if name is None:
        return say(
            language,
            "C’est fait, ce salon le suit. Certaines personnes ici n’y ont pas accès\u00a0: tant que c’est le cas, je "
            "dirai seulement qu’il s’y passe quelque chose.",
            "Done, this room follows it. Some people here have no access to it: until they do, I will only say that "
            "something has happened.",
        )
    shown = title(name)
    before = "Ce salon suit désormais\u00a0: " if language == "fr" else "This room now follows: "
    said = [(f"{before}{shown}\n{url}", f"{before}<strong>{anchor(url, shown)}</strong>")]
    if talks:
        leaves = (
            "Ce que vous dites dans le fil de la carte d’un document en devient un commentaire."
            if language == "fr"
            else "What you say in the thread of a document’s card becomes a comment on the document."
        )
        said.append((leaves, escape(leaves)))
    return paragraphs(*said)


def upgraded(language: Language) -> Message:
    """In a room that came after another."""
    return say(
        language,
        "Ce salon prend la suite de l’ancien : il suit les mêmes choses, avec les mêmes accès pour ses membres.",
        "This room goes on where the old one ended: it follows the same things, with the same access for its members.",
    )


def already_bound(language: Language) -> Message:
    """A second binding."""
    return say(language, "Ce salon le suit déjà.", "This room follows it already.")


def unbound(language: Language) -> Message:
    """The room follows it no more."""
    return say(language, "C’est fait, ce salon ne le suit plus.", "Done, this room no longer follows it.")


def no_bindings(language: Language) -> Message:
    """The room follows nothing."""
    return say(
        language,
        "Ce salon ne suit rien encore. «\u00a0!parvis bind <adresse>\u00a0» lui fait suivre un document, un fichier ou "
        "un dossier.",
        "This room follows nothing yet. “!parvis bind <address>” has it follow a document, a file or a folder.",
    )


def bindings(items: Sequence[BoundItem], language: Language) -> Message:
    """What the room follows, since when and because of whom; of a long list, as much as one message carries."""
    intro = "Ce salon suit\u00a0:" if language == "fr" else "This room follows:"
    return fitting(intro, [_bound(item, language) for item in items], language)


def _bound(item: BoundItem, language: Language) -> tuple[str, str]:
    """One thing that is followed, as plain text and as HTML."""
    since = _since(item, language)
    if item.title is None:
        hidden = (
            "un élément auquel certaines personnes ici n’ont pas accès"
            if language == "fr"
            else "something that some people here have no access to"
        )
        return f"{hidden} ({since})", f"{hidden} ({escape(since)})"
    shown = title(item.title)
    return f"{shown} ({since})\n  {item.url}", f"{anchor(item.url, shown)} ({escape(since)})"


def _since(item: BoundItem, language: Language) -> str:
    when = _day(item.bound_at, language)
    since = f"depuis le {when}" if language == "fr" else f"since {when}"
    if item.bound_by is not None:
        since += f", {'par' if language == 'fr' else 'by'} {clean(item.bound_by, 255)}"
    if item.by_space:
        also = "" if item.bound_by is None else "aussi " if language == "fr" else "also "
        since += f", {also}{'par son espace' if language == 'fr' else 'by its space'}"
    return since


def _day(moment: datetime, language: Language) -> str:
    return f"{moment:%d/%m/%Y}" if language == "fr" else f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def language_set(language: Language) -> Message:
    """Said in the language that was chosen."""
    return say(language, "C’est noté\u00a0: ici, j’écris en français.", "Noted: here I write in English.")


def unknown_command(word: str, near: str | None, language: Language) -> Message:
    """A word that is no command, with the near one."""
    said = clean(word, _MAX_WORD)
    if near is None:
        return say(
            language,
            f"Je ne connais pas «\u00a0{said}\u00a0». «\u00a0!parvis help\u00a0» dit ce que je comprends.",
            f"I do not know “{said}”. “!parvis help” tells what I understand.",
        )
    return say(
        language,
        f"Je ne connais pas «\u00a0{said}\u00a0». Vouliez-vous dire «\u00a0!parvis {near}\u00a0»\u00a0? "
        "«\u00a0!parvis help\u00a0» dit le reste.",
        f"I do not know “{said}”. Did you mean “!parvis {near}”? “!parvis help” tells the rest.",
    )


def usage(verb: str, language: Language) -> Message:
    """A command with too few words or too many."""
    wanted = next((command for command, _ in _COMMANDS[language] if command.split()[1] == verb), "!parvis help")
    return say(language, f"Écrivez\u00a0: {wanted}", f"Write: {wanted}")


def not_there(language: Language) -> Message:
    """A link to nothing, or to what whoever asks may not read: the two are not told apart."""
    return say(
        language,
        "Il n’y a rien à cette adresse, ou vous n’y avez pas accès. Vérifiez-la, ou demandez l’accès à qui vous l’a "
        "donnée.",
        "There is nothing at that address, or you have no access to it. Check it, or ask whoever gave it to you for "
        "access.",
    )


def not_our_link(workspace_url: str, language: Language) -> Message:
    """An address that is none of the workspace's."""
    return say(
        language,
        "Ce n’est pas l’adresse d’un document, d’un fichier ou d’un dossier de l’espace de travail\u00a0: les siennes "
        f"commencent par {workspace_url}/docs/ ou {workspace_url}/drive/.",
        "That is not the address of a document, a file or a folder of the workspace: its addresses start with "
        f"{workspace_url}/docs/ or {workspace_url}/drive/.",
    )


def refused_unencrypted(room: str, language: Language) -> Message:
    """To whoever invited the bridge into a room that is not encrypted."""
    shown = clean(room, 255)
    return say(
        language,
        f"Je n’écris que dans des salons chiffrés, et {shown} ne l’est pas. Activez le chiffrement dans les paramètres "
        "du salon (Sécurité), puis invitez-moi de nouveau.",
        f"I write only in encrypted rooms, and {shown} is not. Turn encryption on in the room’s settings (Security), "
        "then invite me again.",
    )


def cleartext_ignored(language: Language) -> Message:
    """A command came unencrypted."""
    return say(
        language,
        "J’ai reçu une demande à votre nom qui n’était pas chiffrée\u00a0: je ne l’ai pas suivie, car rien ne prouve "
        "qu’elle vient de vous. Écrivez-la depuis un client qui chiffre.",
        "A request in your name reached me unencrypted: I have not followed it, for nothing proves that it comes from "
        "you. Write it from a client that encrypts.",
    )


def untrusted_device(language: Language) -> Message:
    """A command came from a device that the policy does not take."""
    return say(
        language,
        "Votre demande vient d’un appareil qui n’est pas vérifié\u00a0: je ne l’ai pas suivie. Vérifiez cet appareil "
        "dans les paramètres de votre client (Sessions), puis recommencez.",
        "Your request comes from a device that is not verified: I have not followed it. Verify that device in your "
        "client’s settings (Sessions), then try again.",
    )


def unknown_device(language: Language) -> Message:
    """A command came from a device that could not be looked up."""
    return say(
        language,
        "Je n’ai pas pu savoir de quel appareil vient votre demande\u00a0: je ne l’ai pas suivie. Recommencez dans "
        "quelques minutes\u00a0; si cela se répète, écrivez depuis un autre appareil.",
        "I could not find out which device your request comes from: I have not followed it. Try again in a few "
        "minutes; if it happens again, write from another device.",
    )


def unreadable(language: Language) -> Message:
    """A message cannot be decrypted."""
    return say(
        language,
        "Je n’ai pas pu déchiffrer un de vos messages. Écrivez-le de nouveau\u00a0; si cela se répète, vérifiez que "
        "votre client envoie ses clés à tous les membres du salon.",
        "I could not decrypt one of your messages. Write it again; if it happens again, check that your client sends "
        "its keys to all members of the room.",
    )


def too_many(language: Language) -> Message:
    """They ask more than one person may at once."""
    return say(
        language,
        "Vous me demandez beaucoup de choses à la fois\u00a0: je n’ai pas suivi les dernières. Attendez une minute, "
        "puis demandez-les de nouveau.",
        "You ask me for many things at once: I have not followed the last ones. Wait a minute, then ask again.",
    )


def try_again(language: Language) -> Message:
    """The workspace is away."""
    return say(
        language,
        "L’espace de travail ne répond pas en ce moment\u00a0: je ne sais pas si votre demande a été suivie. "
        "Recommencez dans quelques minutes.",
        "The workspace does not answer at the moment: I do not know whether it did what you asked. Try again in a few "
        "minutes.",
    )


def server_said(message: str) -> Message:
    """What the workspace says, in the language in which it was asked."""
    text = clean(message, _MAX_SAID)
    return paragraphs((text, escape(text)))
