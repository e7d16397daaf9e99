"""What the framework itself says to people, in French and in English: short and kind. Pure."""

from __future__ import annotations

from bots.framework.text import Text

LANGUAGES = ("fr", "en")

WORDS = {
    "hello": {  # what it can read and keeps is docs/security.md's to say
        "fr": "Bonjour\u00a0! Je réponds ici à ces commandes\u00a0:\n{help}\n"
        "Désormais, et tant que j’en suis membre, je peux lire ce qui s’écrit ici. Je ne réponds qu’à mes commandes, "
        "et je ne garde rien de ce que vous dites\u00a0: seulement les clés du salon. "
        "Retirez-moi du salon pour que je ne lise plus rien.",
        "en": "Hello! Here I answer these commands:\n{help}\n"
        "From now on, for as long as I am a member, I can read what is written here. I answer my commands only, and "
        "keep nothing of what you say: only the room’s keys. Remove me from the room and I read nothing more.",
    },
    "hint": {
        "fr": "Je ne comprends que mes commandes\u00a0:\n{help}",
        "en": "I understand my commands only:\n{help}",
    },
    "not_encrypted": {
        "fr": "Vous m’avez invité dans un salon qui n’est pas chiffré\u00a0: je n’y écris pas, et je l’ai quitté. "
        "Activez le chiffrement dans les paramètres du salon, puis invitez-moi de nouveau.",
        "en": "You invited me to a room that is not encrypted: I do not write there, and I have left it. "
        "Turn encryption on in the room’s settings, then invite me again.",
    },
    "cleartext": {
        "fr": "Ce message n’était pas chiffré\u00a0: je ne le prends pas en compte. Envoyez-le de nouveau, chiffré.",
        "en": "That message was not encrypted: I do not act on it. Please send it again, encrypted.",
    },
    "not_trusted": {
        "fr": "Ce message vient d’un appareil que vous n’avez pas vérifié\u00a0: je ne le prends pas en compte. "
        "Vérifiez cet appareil depuis un autre des vôtres (ou avec votre clé de récupération), puis recommencez.",
        "en": "That message comes from a device that you have not verified: I do not act on it. "
        "Verify this device from another one of yours (or with your recovery key), then try again.",
    },
    "other_identity": {
        "fr": "Votre identité de chiffrement n’est plus celle que je connais\u00a0: je ne prends pas votre message "
        "en compte. Si c’est vous qui l’avez réinitialisée, demandez aux personnes qui gèrent Parvis de l’accepter.",
        "en": "Your encryption identity is no longer the one that I know: I do not act on your message. "
        "If it was you who reset it, ask the people who run Parvis to accept the new one.",
    },
    "too_many": {
        "fr": "Vous me demandez beaucoup de choses à la fois\u00a0: je n’ai pas suivi les dernières. Attendez une "
        "minute, puis demandez-les de nouveau.",
        "en": "You ask me for many things at once: I have not followed the last ones. Wait a minute, then ask again.",
    },
    "unreadable": {
        "fr": "Je n’ai pas pu déchiffrer votre message\u00a0: votre application ne m’en a pas donné la clé. "
        "Envoyez-le de nouveau.",
        "en": "I could not decrypt your message: your application did not give me its key. Please send it again.",
    },
    "approval": {
        "fr": "Réagissez par ✅ ou ❌, ou écrivez «\u00a0!approuver {code}\u00a0» ou «\u00a0!refuser {code}\u00a0».",
        "en": "React with ✅ or ❌, or write “!approve {code}” or “!refuse {code}”.",
    },
    "reaction_unproven": {
        "fr": "Votre application envoie les réactions sans les chiffrer\u00a0: je ne peux pas savoir que celle-ci est "
        "de vous. Écrivez plutôt «\u00a0!approuver {code}\u00a0» ou «\u00a0!refuser {code}\u00a0».",
        "en": "Your application sends reactions unencrypted: I cannot know that this one is yours. "
        "Please write “!approve {code}” or “!refuse {code}” instead.",
    },
    "not_yours_to_decide": {
        "fr": "Ce n’est pas à vous d’en décider\u00a0: quelqu’un d’autre doit répondre.",
        "en": "That is not yours to decide: somebody else must answer.",
    },
    "failed": {
        "fr": "Quelque chose n’a pas marché de mon côté. Réessayez dans un moment.",
        "en": "Something went wrong on my side. Please try again in a moment.",
    },
}


def say(what: str, language: str, **values: str) -> Text:
    """The text called `what`; `language` is one of `LANGUAGES`, English for any other."""
    words = WORDS[what]
    return Text(words.get(language, words["en"]).format(**values))
