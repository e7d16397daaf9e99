"""The pages of the development provider: choosing who one is, and what cannot be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

from workspace.proconnect.config import Person

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")

_WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "title": "Connexion de développement",
        "intro": "Vous allez vous connecter à l’espace de travail. Qui êtes-vous\u00a0?",
        "note": "Ce fournisseur d’identité ne sert qu’au développement\u00a0: il se comporte comme ProConnect, sans "
        "mot de passe. Il n’écoute que cette machine.",
        "refused": "Connexion impossible",
        "what": "L’application a envoyé une demande que le fournisseur d’identité n’accepte pas\u00a0:",
        "do": "Revenez à l’application et recommencez. Si cela se répète, c’est à son administrateur de la corriger.",
        "bye": "Vous êtes déconnecté.",
    },
    "en": {
        "title": "Development sign-in",
        "intro": "You are about to sign in to the workspace. Who are you?",
        "note": "This identity provider is for development only: it behaves as ProConnect does, without a password. It "
        "listens to this machine alone.",
        "refused": "Sign-in is not possible",
        "what": "The application sent a request that the identity provider does not take:",
        "do": "Go back to the application and try again. If it happens again, its operator has to mend it.",
        "bye": "You are signed out.",
    },
}


def language(accepted: str) -> str:
    """`en` for who prefers English to French, else `fr`."""
    codes = [part.split(";")[0].strip().lower()[:2] for part in accepted.split(",")]
    return next((code for code in codes if code in _WORDS), "fr")


def choose(people: Iterable[Person], action: str, lang: str) -> str:
    """The list of people, one button each."""
    words = _WORDS[lang]
    buttons = "".join(
        f'<li><button name="login" value="{escape(person.uid)}"><span class="initials" aria-hidden="true">'
        f"{escape(person.given_name[:1] + person.usual_name[:1])}</span>"
        f'<span><strong>{escape(person.name)}</strong><br><span class="quiet">{escape(person.email)}</span></span>'
        "</button></li>"
        for person in people
    )
    body = f'<p>{words["intro"]}</p><form method="post" action="{escape(action)}"><ul>{buttons}</ul></form>'
    return _page(words["title"], f'{body}<p class="quiet">{words["note"]}</p>', lang)


def refused(problem: str, lang: str) -> str:
    """A request that cannot be sent back to who made it."""
    words = _WORDS[lang]
    body = f"<p>{words['what']} <code>{escape(problem)}</code>.</p><p>{words['do']}</p>"
    return _page(words["refused"], body, lang)


def signed_out(lang: str) -> str:
    """After sign-out, where there is nowhere to go back to."""
    return _page(_WORDS[lang]["bye"], "", lang)


def _page(title: str, body: str, lang: str) -> str:
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="/style.css"></head><body><main><h1>{title}</h1>{body}</main></body></html>'
    )
