"""What the bridge answers to commands, and says of itself, of rights and of settings."""

from __future__ import annotations

from collections.abc import Iterator

from cards import access, answers, offers, options
from cards.access import Access
from cards.answers import BoundItem
from cards.offers import Choice
from contract.options import Binders, Mentions, PersonOptions, RoomOptions
from parvis.gallery import values as v
from parvis.gallery.sample import Both, Sample, sample


def samples() -> Iterator[Sample]:
    """All of them."""
    yield from _of_itself()
    yield from _of_accounts()
    yield from _of_bindings()
    yield from _of_access()
    yield from _of_settings()


def _of_itself() -> Iterator[Sample]:
    for maker in (
        *(answers.help_text, answers.welcome, answers.look_in_direct, answers.cannot_whisper, answers.language_set),
        *(
            answers.cleartext_ignored,
            answers.untrusted_device,
            answers.unknown_device,
            answers.unreadable,
            answers.too_many,
        ),
        *(answers.not_there, answers.try_again, answers.upgraded),
    ):
        yield sample(maker)
    yield sample(answers.unknown_command, "lnk", "link", case="there is a near one")
    yield sample(answers.unknown_command, "bonjour", None, case="there is none")
    yield sample(answers.unknown_command, v.HOSTILE, None, case="hostile", hostile=True)
    for verb in ("link", "unlink", "bind", "unbind", "bindings", "access", "settings", "language", "help"):
        yield sample(answers.usage, verb, case=verb)
    yield sample(answers.not_our_link, v.WORKSPACE)
    yield sample(answers.refused_unencrypted, v.ROOM)
    said = Both("Vous ne pouvez pas faire suivre ce dossier.", "You may not have this folder followed.")
    yield sample(answers.server_said, said)


def _of_accounts() -> Iterator[Sample]:
    yield sample(answers.link_offer, f"{v.WORKSPACE}/link/Jx2mYw0pQk7s/", 15, v.INES, case="15 minutes")
    yield sample(answers.link_offer, f"{v.WORKSPACE}/link/Jx2mYw0pQk7s/", 1, v.INES, case="1 minute")
    for maker in (answers.already_linked, answers.unlinked, answers.not_linked):
        yield sample(maker)


def _of_bindings() -> Iterator[Sample]:
    yield sample(answers.bound, v.TITLE, v.DOCUMENT, case="all may read it")
    yield sample(answers.bound, None, v.DOCUMENT, case="not all may read it")
    yield sample(answers.bound, v.LONG, v.DOCUMENT, case="a long title")
    yield sample(answers.bound, v.HOSTILE, v.DOCUMENT, case="a hostile title", hostile=True)
    for maker in (answers.already_bound, answers.unbound, answers.no_bindings):
        yield sample(maker)
    one = BoundItem(v.TITLE, v.DOCUMENT, v.CAMILLE, v.WHEN)
    hidden = BoundItem(None, v.FOLDER, v.INES, v.WHEN)
    yield sample(answers.bindings, [one], case="1 thing")
    yield sample(answers.bindings, [one, hidden, one], case="several, not all to be read by all")
    yield sample(answers.bindings, [one] * 200, case="more than a message carries")


def _of_access() -> Iterator[Sample]:
    roles = {v.CAMILLE: "owner", v.INES: "editor", "@louis:culture.gouv.test": "commenter", "@sofia:x.test": "reader"}
    many = {f"@agent{number}:interieur.gouv.test": "reader" for number in range(12)}
    yield sample(access.access, [Access(v.TITLE, v.DOCUMENT, {v.CAMILLE: "owner"}, [])], case="1 person")
    yield sample(access.access, [Access(v.TITLE, v.DOCUMENT, roles, ["@ahmed:ville.test"])], case="each role")
    yield sample(access.access, [Access(None, v.FOLDER, many, sorted(many)[:11])], case="a hidden one, 12 people")
    for cannot in (1, 3):
        yield sample(offers.offer, v.TITLE, v.DOCUMENT, v.ROOM, cannot, case=f"{cannot} cannot read it")
    yield sample(offers.offer, v.HOSTILE, v.DOCUMENT, v.ROOM, 3, case="a hostile title", hostile=True)
    for choice in Choice:
        yield sample(offers.given, choice, case=choice)
    yield sample(offers.not_allowed, v.ACCOUNT)
    yield sample(offers.over)


def _of_settings() -> Iterator[Sample]:
    room, person = RoomOptions(), PersonOptions()
    yield sample(options.room_settings, room, "fr", None, case="all")
    for name in options.ROOM_SETTINGS:
        yield sample(options.room_settings, room, "fr", name, case=f"{name} alone")
    yield sample(options.person_settings, person, "fr", None, case="all")
    for name in options.PERSON_SETTINGS:
        yield sample(options.person_settings, person, "fr", name, case=f"{name} alone")
    for name, value in room.to_json().items():
        chosen = Binders.BINDERS.value if name == "binding" else not value
        yield sample(options.setting_set, name, chosen, case=f"{name}, set")
    yield sample(options.setting_set, "mentions", Mentions.DIRECT.value, case="mentions, set")
    for name in dict.fromkeys((*options.ROOM_SETTINGS, *options.PERSON_SETTINGS)):
        yield sample(options.setting_usage, name, case=name)
    yield sample(options.unknown_setting, "thread", "threads", case="there is a near one")
    yield sample(options.unknown_setting, "couleur", None, case="there is none")
    yield sample(options.unknown_setting, v.HOSTILE, None, case="hostile", hostile=True)
    yield sample(options.setting_elsewhere, "threads", True, case="of a room, said in a direct chat")
    yield sample(options.setting_elsewhere, "mentions", False, case="of a person, said in a room")
