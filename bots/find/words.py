"""What `find` says beside its results, in French and in English. Pure."""

from __future__ import annotations

from bots.framework.text import Text

HELP = {
    "fr": "!find mots (ou !cherche, !trouve)\u00a0: cherche dans Docs et Drive. Dans un salon, je montre ce que tout "
    "le monde y peut lire, et je vous dis le reste en tête à tête.",
    "en": "!find words (or !cherche, !trouve): searches Docs and Drive. In a room I show what everyone there may read, "
    "and tell you the rest in private.",
}

WORDS = {
    "help": HELP,
    "not_linked": {
        "fr": "Je ne connais pas encore votre compte. Écrivez «\u00a0!parvis link\u00a0» à {parvis} pour relier ce "
        "compte Matrix au vôtre, puis recommencez.",
        "en": "I do not know your account yet. Write “!parvis link” to {parvis} to link this Matrix account to yours, "
        "then try again.",
    },
    "not_allowed": {
        "fr": "Vous ne m’avez pas permis de chercher pour vous, ou plus maintenant. Sur la page de votre compte, "
        "{account}, cochez «\u00a0Lire pour vous\u00a0» pour le robot de recherche, puis recommencez.",
        "en": "You have not allowed me to search for you, or no longer do. On your account page, {account}, tick “Read "
        "for you” for the search bot, then try again.",
    },
    "too_short": {
        "fr": "Il me faut au moins deux caractères à chercher.",
        "en": "Give me at least two characters to look for.",
    },
    "too_long": {
        "fr": "C’est trop long pour une recherche\u00a0: {most} caractères au plus.",
        "en": "That is too long for a search: {most} characters at most.",
    },
    "unavailable": {
        "fr": "La recherche ne répond pas en ce moment. Réessayez dans un moment.",
        "en": "The search does not answer now. Please try again in a moment.",
    },
    "refused": {
        "fr": "La recherche n’a pas compris cette demande. Essayez avec d’autres mots.",
        "en": "The search did not understand that. Try other words.",
    },
    "moving": {
        "fr": "Des personnes arrivent ou partent en ce moment\u00a0: recommencez dans un instant.",
        "en": "People are coming and going just now: try again in a moment.",
    },
}


def say(what: str, language: str, **values: str) -> Text:
    """The text called `what`; English for a language that we do not speak."""
    words = WORDS[what]
    return Text(words.get(language, words["en"]).format(**values))
