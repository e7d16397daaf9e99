"""What is said of files that somebody asked to save from a room, or to send into it."""

from __future__ import annotations

from collections.abc import Sequence

from cards.message import Language, Message, fitting, paragraphs, say, see_account
from cards.text import anchor, escape, title

_MIB = 1 << 20
_COMMANDS = {
    "save": {"fr": "!drive save (en réponse à un fichier)", "en": "!drive save (as a reply to a file)"},
    "send": {"fr": "!drive send <adresse ou nom>", "en": "!drive send <address or name>"},
    "open": {
        "fr": "!drive open [adresse] (une pièce scellée, ou en réponse à son message)",
        "en": "!drive open [address] (a sealed file, or as a reply to its message)",
    },
}


def saved(name: str | None, url: str, language: Language, *, before: bool = False) -> Message:
    """The file is in the room's folder, now or since `before`. `name` is None where not everybody may read it."""
    if name is None:
        words = ("Ce fichier est déjà dans Drive." if before else "C’est enregistré dans Drive.") + (
            " Certaines personnes ici n’y ont pas accès."
        )
        english = ("This file is in Drive already." if before else "Saved in Drive.") + (
            " Some people here have no access to it."
        )
        text = words if language == "fr" else english
        label = "Ouvrir" if language == "fr" else "Open"
        return paragraphs((f"{text}\n{url}", f"{escape(text)} {anchor(url, label)}"))
    shown = title(name)
    if language == "fr":
        intro = "Déjà enregistré dans Drive\u00a0: " if before else "Enregistré dans Drive\u00a0: "
    else:
        intro = "Saved in Drive already: " if before else "Saved in Drive: "
    return paragraphs((f"{intro}{shown}\n{url}", f"{escape(intro)}<strong>{anchor(url, shown)}</strong>"))


def no_folder(language: Language) -> Message:
    """The room is bound to no folder that whoever asks may write in."""
    return say(
        language,
        "Je ne sais pas où l’enregistrer\u00a0: ce salon ne suit aucun dossier où vous pouvez écrire. "
        "«\u00a0!parvis bind <adresse du dossier>\u00a0» lui en fait suivre un.",
        "I do not know where to save it: this room follows no folder that you may write in. "
        "“!parvis bind <address of the folder>” has it follow one.",
    )


def no_attachment(language: Language) -> Message:
    """What was replied to carries no file, or nothing that can be read."""
    return say(
        language,
        "Je ne vois pas de fichier à enregistrer. Répondez «\u00a0!drive save\u00a0» au message qui le porte\u00a0; je "
        "ne peux lire que ceux qui ont été écrits depuis mon arrivée.",
        "I see no file to save. Reply “!drive save” to the message that carries the file; I can read only those that "
        "were written since I came.",
    )


def not_proved(language: Language) -> Message:
    """The file was not sent encrypted, or its message is not proved to be of whoever it says."""
    return say(
        language,
        "Ce fichier n’a pas été envoyé chiffré\u00a0: rien ne prouve que c’est bien celui qui a été envoyé, et je ne "
        "l’enregistre pas. Envoyez-le de nouveau depuis un client qui chiffre.",
        "This file was not sent encrypted: nothing proves that it is the one that was sent, and I do not save it. "
        "Send it again from a client that encrypts.",
    )


def empty(language: Language) -> Message:
    """It has no bytes."""
    return say(
        language,
        "Ce fichier est vide\u00a0: il n’y a rien à enregistrer.",
        "This file is empty: there is nothing to save.",
    )


def nameless(language: Language) -> Message:
    """Nothing of its name can be shown."""
    return say(
        language,
        "Ce fichier n’a pas de nom lisible. Renommez-le, puis envoyez-le de nouveau.",
        "This file has no name that can be read. Rename it, then send it again.",
    )


def damaged(language: Language) -> Message:
    """What its server gives is not what was sent."""
    return say(
        language,
        "Ce fichier est abîmé\u00a0: ce que son serveur m’a donné n’est pas ce qui a été envoyé. Je n’ai rien "
        "enregistré. Demandez à son auteur de l’envoyer de nouveau.",
        "This file is damaged: what its server gave me is not what was sent. I have saved nothing. Ask its author to "
        "send it again.",
    )


def mistyped(language: Language) -> Message:
    """It is not what its name and its type say."""
    return say(
        language,
        "Ce fichier n’est pas ce que disent son nom et son type. Je n’ai rien enregistré. Renommez-le d’après ce qu’il "
        "est, puis envoyez-le de nouveau.",
        "This file is not what its name and its type say. I have saved nothing. Rename it for what it is, then send it "
        "again.",
    )


def too_large(limit: int | None, language: Language) -> Message:
    """It has more bytes than may be saved, or sent; `limit` is in bytes where it is known."""
    if limit is None or limit < _MIB:
        return say(
            language,
            "Ce fichier est trop grand. Je n’en ai rien gardé.",
            "This file is too large. I have kept nothing.",
        )
    return say(
        language,
        f"Ce fichier est trop grand\u00a0: la limite est de {limit // _MIB} Mio. Je n’en ai rien gardé.",
        f"This file is too large: the limit is {limit // _MIB} MiB. I have kept nothing.",
    )


def server_away(language: Language) -> Message:
    """The server that has the file does not give it."""
    return say(
        language,
        "Le serveur qui garde ce fichier ne répond pas. Je n’ai rien enregistré\u00a0: réessayez plus tard, ou "
        "demandez à son auteur de l’envoyer de nouveau.",
        "The server that keeps this file does not answer. I have saved nothing: try again later, or ask its author to "
        "send it again.",
    )


def server_waits(language: Language) -> Message:
    """The server that has the file does not give it now; it is asked for some minutes."""
    return say(
        language,
        "Le serveur qui garde ce fichier ne répond pas. Je le lui redemande pendant quelques minutes, et tout de suite "
        "si vous me le redemandez.",
        "The server that keeps this file does not answer. I ask it again for some minutes, and at once if you ask me "
        "again.",
    )


def gone(language: Language) -> Message:
    """The server that had the file has it no more."""
    return say(
        language,
        "Ce fichier n’est plus sur son serveur. Demandez à son auteur de l’envoyer de nouveau.",
        "This file is no longer on its server. Ask its author to send it again.",
    )


def did_not_work(language: Language) -> Message:
    """Something of ours is away, and was for some time."""
    return say(
        language,
        "Je n’y suis pas arrivé, et rien n’a été gardé à moitié. Réessayez dans quelques minutes.",
        "That did not work, and nothing was kept by halves. Try again in some minutes.",
    )


def save_not_allowed(account: str, language: Language) -> Message:
    """Whoever asked does not let the bridge save for them. `account` is the address of their account page."""
    return see_account(
        language,
        "Vous ne me permettez pas d’enregistrer des fichiers pour vous, ou plus. Rien n’a été gardé. Permettez-le sur "
        "la page de votre compte, puis demandez de nouveau.",
        "You do not allow me to save files for you, or no longer. Nothing was kept. Allow it on your account page, "
        "then ask again.",
        account,
    )


def read_not_allowed(account: str, language: Language) -> Message:
    """The same of reading: what is sent is read for who asks."""
    return see_account(
        language,
        "Vous ne me permettez pas de lire pour vous ce que je dois envoyer, ou plus. Permettez-le sur la page de votre "
        "compte, puis demandez de nouveau.",
        "You do not allow me to read for you what I am to send, or no longer. Allow it on your account page, then ask "
        "again.",
        account,
    )


def some_cannot(cannot: int, language: Language) -> Message:
    """A file that some of the room may not read, said to somebody who may."""
    fr = "1 membre de ce salon ne peut" if cannot == 1 else f"{cannot} membres de ce salon ne peuvent"
    en = "1 member of this room" if cannot == 1 else f"{cannot} members of this room"
    whom = "lui" if cannot == 1 else "leur"
    return say(
        language,
        f"🔒 {fr} pas lire ce fichier\u00a0: je ne l’envoie pas. Donnez-{whom} accès sur la page du fichier, puis "
        "demandez de nouveau.",
        f"🔒 {en} may not read this file: I do not send it. Give them access on the file’s page, then ask again.",
    )


def not_a_file(language: Language) -> Message:
    """A document or a folder."""
    return say(
        language,
        "Ce n’est pas un fichier. Collez plutôt son adresse ici\u00a0: j’en dirai le titre si tout le monde peut "
        "le lire.",
        "That is not a file. Rather paste its address here: I will tell its title if everybody may read it.",
    )


def nothing_to_open(language: Language) -> Message:
    """Nothing was said of which sealed file is meant, or nothing was saved of it."""
    return say(
        language,
        "Je ne sais pas quelle pièce rouvrir. Donnez son adresse dans Drive, ou répondez «\u00a0!drive open\u00a0» au "
        "message d’où elle a été enregistrée.",
        "I do not know which file to open. Give its address in Drive, or reply “!drive open” to the message from which "
        "it was saved.",
    )


def not_from_here(language: Language) -> Message:
    """The file was not saved from this room."""
    return say(
        language,
        "Ce fichier n’a pas été enregistré depuis ce salon. Une pièce scellée ne se rouvre que dans le salon d’où elle "
        "vient\u00a0: sa clé y est restée. Pour un autre fichier, écrivez «\u00a0!drive send\u00a0».",
        "This file was not saved from this room. A sealed file is opened only in the room that it came from: its key "
        "stayed there. For any other file, write “!drive send”.",
    )


def key_gone(language: Language) -> Message:
    """The message that had the key cannot be read any more."""
    return say(
        language,
        "Le message qui portait la clé de cette pièce n’est plus lisible\u00a0: il a été effacé, ou je n’en ai plus la "
        "clé. Qui peut encore le lire dans son client y retrouve la pièce.",
        "The message that had the key of this file can no longer be read: it was taken back, or I no longer have its "
        "key. Whoever can still read it in their client finds the file there.",
    )


def not_sealed(language: Language) -> Message:
    """What Drive has is not the ciphertext that the message carried."""
    return say(
        language,
        "Ce fichier n’est pas scellé, ou n’est plus ce qui a été scellé. Pour l’envoyer tel qu’il est, écrivez "
        "«\u00a0!drive send\u00a0».",
        "This file is not sealed, or is no longer what was sealed. To send it as it is, write “!drive send”.",
    )


def none_found(language: Language) -> Message:
    """There is nothing of that name that all of the room may read, whatever the asker alone may."""
    return say(
        language,
        "Je ne trouve aucun fichier de ce nom que tout le monde ici puisse lire. Donnez son adresse, ou d’autres mots "
        "de son nom.",
        "I find no file of that name that everybody here may read. Give its address, or other words of its name.",
    )


def only_yours(words: str, language: Language) -> Message:
    """To the asker alone: there are files of that name, none of which all of the room may read."""
    shown = title(words)
    return say(
        language,
        f"🔒 Je trouve des fichiers pour «\u00a0{shown}\u00a0», mais aucun que tout le salon puisse lire. Partagez "
        "celui que vous voulez avec le salon, puis demandez-le de nouveau par son adresse.",
        f"🔒 I find files for “{shown}”, but none that the whole room may read. Share the one that you want with the "
        "room, then ask for it again by its address.",
    )


def which(found: Sequence[tuple[str, str]], language: Language) -> Message:
    """Several files that all of the room may read, each with its title and address."""
    intro = "J’en trouve plusieurs. Lequel\u00a0?" if language == "fr" else "I find several. Which one?"
    shown = [(title(name), url) for name, url in found]
    items = [
        (f"{name}\n  !drive send {url}", f"{anchor(url, name)}<br><code>!drive send {escape(url)}</code>")
        for name, url in shown
    ]
    return fitting(intro, items, language)


def usage(verb: str, language: Language) -> Message:
    """A command with too few words or too many."""
    wanted = _COMMANDS[verb][language]
    return say(language, f"Écrivez\u00a0: {wanted}", f"Write: {wanted}")


def unknown(word: str, near: str | None, language: Language) -> Message:
    """A word that is no command of Drive's, with the near one."""
    shown = title(word)
    wanted = "\u00a0; ".join(both["fr"] for both in _COMMANDS.values())
    if near is not None:
        return say(
            language,
            f"Je ne connais pas «\u00a0!drive {shown}\u00a0». Vouliez-vous dire «\u00a0!drive {near}\u00a0»\u00a0?",
            f"I do not know “!drive {shown}”. Did you mean “!drive {near}”?",
        )
    return say(
        language,
        f"Je ne connais pas «\u00a0!drive {shown}\u00a0». Écrivez\u00a0: {wanted}",
        f"I do not know “!drive {shown}”. Write: {'; '.join(both['en'] for both in _COMMANDS.values())}",
    )


def commands(language: Language) -> Message:
    """What Drive's commands are."""
    intro = "Avec les fichiers, je comprends\u00a0:" if language == "fr" else "With files, I understand:"
    items = [(both[language], escape(both[language])) for both in _COMMANDS.values()]
    mark = "💾 en réaction à un fichier" if language == "fr" else "💾 as a reaction to a file"
    return fitting(intro, [*items, (mark, mark)], language)
