"""What the bridge answers about spaces, each in French and English. It is said in rooms of a space, never in one."""

from __future__ import annotations

from collections.abc import Sequence

from cards.message import Language, Message, paragraphs, say
from cards.text import anchor, clean, escape, title


def welcome(language: Language) -> Message:
    """To who invited the bridge into a space, alone: nothing is said in one."""
    return say(
        language,
        "Je suis dans votre espace, où je n’écris rien. Invitez-moi aussi dans ses salons\u00a0: dans l’un d’eux, "
        "«\u00a0!parvis bind <adresse> espace\u00a0» fait suivre un document, un fichier ou un dossier à tous. Il faut "
        "pouvoir ajouter des salons à l’espace pour le demander.",
        "I am in your space, where I write nothing. Invite me into its rooms too: in one of them, “!parvis bind "
        "<address> space” has all of them follow a document, a file or a folder. To ask for that, one must be able to "
        "add rooms to the space.",
    )


def bound(name: str | None, url: str, language: Language) -> Message:
    """The rooms of the space follow something from now on; `name` is None where not everybody here may read it."""
    if name is None:
        return say(
            language,
            "C’est fait\u00a0: les salons de l’espace où je suis le suivent. Personne n’y gagne d’accès. Certaines "
            "personnes ici n’en ont pas\u00a0: tant que c’est le cas, je dirai seulement qu’il s’y passe quelque "
            "chose.",
            "Done: the rooms of the space that I am in follow it. Nobody gets access by that. Some people here have "
            "none: until they do, I will only say that something has happened.",
        )
    shown = title(name)
    before, after = (
        ("Les salons de l’espace où je suis suivent désormais\u00a0: ", "Personne n’y gagne d’accès.")
        if language == "fr"
        else ("The rooms of the space that I am in now follow: ", "Nobody gets access by that.")
    )
    first = (f"{before}{shown}\n{url}", f"{before}<strong>{anchor(url, shown)}</strong>")
    return paragraphs(first, (after, escape(after)))


def already_bound(language: Language) -> Message:
    """A second binding of a space."""
    return say(language, "L’espace le suit déjà.", "The space follows it already.")


def unbound(language: Language) -> Message:
    """The rooms follow it no more, but those that were bound to it by themselves."""
    return say(
        language,
        "C’est fait, l’espace ne le suit plus. Un salon à qui quelqu’un l’a fait suivre pour lui seul continue.",
        "Done, the space no longer follows it. A room that somebody had follow it for itself goes on.",
    )


def not_bound(language: Language) -> Message:
    """There is nothing to end."""
    return say(
        language,
        "Aucun espace de ce salon que vous organisez ne le suit.",
        "No space of this room that you arrange follows it.",
    )


def which(spaces: Sequence[str], language: Language) -> Message:
    """It cannot be told which space is meant; there may be none. Only those are named that whoever asks arranges."""
    if not spaces:
        return say(
            language,
            "Je ne vois pas d’espace que vous organisez et dont ce salon fasse partie. Il faut que l’espace ait ce "
            "salon, que j’y sois invité, et que vous puissiez y ajouter des salons.",
            "I see no space that you arrange and that this room is part of. The space must have this room, I must be "
            "invited into it, and you must be able to add rooms to it.",
        )
    intro = (
        "Ce salon est dans plusieurs espaces que vous organisez. Ajoutez lequel, après «\u00a0espace\u00a0»\u00a0:"
        if language == "fr"
        else "This room is in several spaces that you arrange. Add which one, after “space”:"
    )
    named = [clean(one, 255) for one in spaces]
    body = "\n".join([intro, *(f"• {one}" for one in named)])
    return Message(body, f"<p>{intro}</p><ul>{''.join(f'<li><code>{escape(one)}</code></li>' for one in named)}</ul>")


def switched_off(language: Language) -> Message:
    """The room chose to follow nothing by spaces."""
    return say(
        language,
        "Ce salon a choisi de ne rien suivre par ses espaces. «\u00a0!parvis settings spaces oui\u00a0» le change.",
        "This room chose to follow nothing by its spaces. “!parvis settings spaces on” changes that.",
    )


def only_by_space(url: str, language: Language) -> Message:
    """What the room follows by its space alone cannot end in the room."""
    return say(
        language,
        f"Ce salon le suit par son espace. Qui organise l’espace peut écrire «\u00a0!parvis unbind {url} "
        "espace\u00a0»\u00a0; «\u00a0!parvis settings spaces non\u00a0» fait que ce salon ne suit plus rien par ses "
        "espaces.",
        f"This room follows it by its space. Who arranges the space can write “!parvis unbind {url} space”; “!parvis "
        "settings spaces off” has this room follow nothing by its spaces.",
    )


def still_by_space(url: str, language: Language) -> Message:
    """The room's own binding ended, that of its space did not."""
    return say(
        language,
        "C’est fait pour ce salon seul, mais il le suit encore par son espace. Qui organise l’espace peut écrire "
        f"«\u00a0!parvis unbind {url} espace\u00a0».",
        "Done for this room alone, but it still follows it by its space. Who arranges the space can write “!parvis "
        f"unbind {url} space”.",
    )


def rooms_wait(count: int, language: Language) -> Message:
    """To who arranges a space, alone: it names rooms that have not said that they are in it."""
    many = count > 1
    return say(
        language,
        (
            f"{count} salons que l’espace nomme, et où je suis, ne le suivent pas\u00a0: ils n’ont pas été mis dans "
            if many
            else "Un salon que l’espace nomme, et où je suis, ne le suit pas\u00a0: il n’a pas été mis dans "
        )
        + "l’espace par quelqu’un qui en gère les paramètres. Redemandez la même chose dans un tel salon, et il "
        "suivra.",
        (
            f"{count} rooms that the space names, and that I am in, do not follow it: they were not put into the space "
            "by somebody who manages their settings."
            if many
            else "A room that the space names, and that I am in, does not follow it: it was not put into the space by "
            "somebody who manages its settings."
        )
        + " Ask for the same in such a room, and it will follow.",
    )
