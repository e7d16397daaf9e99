"""What `courier` says beside its cards, in French and in English. Pure."""

from __future__ import annotations

from bots.framework.text import Text
from cards.text import anchor, escape

HELP = {
    "fr": "!courier follow adresse (ou suivre)\u00a0: ce salon suit un document, un fichier ou un dossier\n"
    "!courier unfollow adresse (ou oublier)\u00a0: il ne le suit plus\n"
    "!courier list (ou liste)\u00a0: ce qu’il suit\n"
    "Je ne montre que ce que tout le monde ici peut lire.",
    "en": "!courier follow address: this room follows a document, a file or a folder\n"
    "!courier unfollow address: it does so no more\n"
    "!courier list: what it follows\n"
    "I show only what everybody here may read.",
}

WORDS = {
    "help": HELP,
    "no_link": {
        "fr": "Donnez-moi l’adresse d’un document, d’un fichier ou d’un dossier de {workspace}.",
        "en": "Give me the address of a document, a file or a folder of {workspace}.",
    },
    "not_there": {
        "fr": "Il n’y a rien à cette adresse que nous puissions lire tous les deux. Demandez à la personne à qui cela "
        "appartient de le partager avec vous et avec moi\u00a0; votre compte Matrix doit être relié au vôtre.",
        "en": "There is nothing at this address that both of us may read. Ask whoever owns it to share it with you and "
        "with me; your Matrix account must be linked to yours.",
    },
    "follows": {"fr": "Ce salon suit désormais {url}", "en": "From now on this room follows {url}"},
    "follows_already": {"fr": "Ce salon suit déjà {url}", "en": "This room follows {url} already"},
    "no_longer": {"fr": "Ce salon ne suit plus {url}", "en": "This room follows {url} no more"},
    "did_not": {"fr": "Ce salon ne suivait pas cette adresse.", "en": "This room did not follow that address."},
    "nothing": {"fr": "Ce salon ne suit rien.", "en": "This room follows nothing."},
    "too_many": {
        "fr": "Ce salon suit déjà {most} choses, ce qui est le maximum\u00a0: un dossier en suit tout le contenu.",
        "en": "This room follows {most} things already, which is the most: a folder has all that is in it followed.",
    },
    "unavailable": {
        "fr": "L’espace de travail ne répond pas en ce moment. Réessayez dans un moment.",
        "en": "The workspace does not answer now. Please try again in a moment.",
    },
    "missed": {
        "fr": "J’ai été absent trop longtemps\u00a0: je ne sais pas ce qui est arrivé à ce que ce salon suit depuis le "
        "{since} (UTC). Je reprends à partir de maintenant.",
        "en": "I was away for too long: I do not know what happened to what this room follows since {since} (UTC). "
        "I go on from here.",
    },
}


def say(what: str, language: str, **values: str) -> Text:
    """The text called `what`; English for a language that we do not speak."""
    words = WORDS[what].get(language, WORDS[what]["en"])
    if "url" not in values:
        return Text(words.format(**values))
    before, _, after = words.partition("{url}")
    url = values["url"]
    return Text(words.format(**values), f"{escape(before)}{anchor(url, url)}{escape(after)}")


def listed(urls: list[str], language: str) -> Text:
    """What a room follows."""
    intro = "Ce salon suit\u00a0:" if language == "fr" else "This room follows:"
    items = "".join(f"<li>{anchor(url, url)}</li>" for url in urls)
    return Text("\n".join([intro, *(f"• {url}" for url in urls)]), f"<p>{intro}</p><ul>{items}</ul>")
