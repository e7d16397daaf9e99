"""The middle of the bridge put together, between a side with rooms and a workspace: here alone, for tests too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mautrix.util.async_db import Database

from bridge.audiences import Audiences
from bridge.commands.desk import Desk
from bridge.deliverer import Deliverer
from bridge.files.desk import FilesDesk
from bridge.files.giving import Giver
from bridge.files.marks import Marks
from bridge.files.objects import Objects
from bridge.files.outcomes import Doer
from bridge.files.queue import Errands
from bridge.files.save import Saver
from bridge.files.send import Sender
from bridge.files.transit import Transit
from bridge.files.unseal import Unsealer
from bridge.floods import Counting, Rules
from bridge.languages import Languages
from bridge.letters import Letters
from bridge.linkcards import LinkCards
from bridge.lobby import Lobby
from bridge.middle import Middle
from bridge.offers import Offers
from bridge.ports import RoomSide, Trust
from bridge.roster import Roster
from bridge.spaces import Spaces
from bridge.speaker import Speaker
from bridge.store.bindings import Bindings
from bridge.store.deliveries import Deliveries
from bridge.store.errands import ErrandTable, Kind
from bridge.store.floods import Floods
from bridge.store.inbox import Inbox
from bridge.store.offers import OfferTable
from bridge.store.rooms import RoomTable
from bridge.store.said import Said
from bridge.store.spaces import SpaceTable
from bridge.store.successors import Successors
from bridge.store.talk import Talks
from bridge.talk.hearing import Hearing
from bridge.talk.mentions import Mentioning
from bridge.talk.telling import Telling
from bridge.turns import Turns
from bridge.upgrades import Upgrades
from cards import Language
from contract.client import WorkspaceClient
from contract.ids import MatrixId


@dataclass(frozen=True)
class Choices:
    """What an operator chooses. `window` is within what time updates of one document edit one card; without `floods`
    every event has a card of its own; files wait in `transit`, and the largest that is saved has `most_bytes`.
    """

    language: Language
    services: frozenset[MatrixId]
    min_trust: Trust
    window: timedelta
    floods: Rules | None
    transit: Path
    most_bytes: int


@dataclass(frozen=True)
class Files:
    """What saves and sends files."""

    table: ErrandTable
    saver: Saver
    errands: Errands
    desk: FilesDesk


@dataclass(frozen=True)
class Parts:
    """What runs, what is told, and what they keep."""

    table: RoomTable
    bindings: Bindings
    deliveries: Deliveries
    inbox: Inbox
    roster: Roster
    space_table: SpaceTable
    spaces: Spaces
    deliverer: Deliverer
    files: Files
    middle: Middle


@dataclass(frozen=True)
class _Common:
    """What nearly all of them use."""

    side: RoomSide
    workspace: WorkspaceClient
    db: Database
    table: RoomTable
    turns: Turns
    said: Said
    languages: Languages
    audiences: Audiences
    speaker: Speaker
    choices: Choices


def assemble(side: RoomSide, workspace: WorkspaceClient, db: Database, objects: Objects, choices: Choices) -> Parts:
    """Everything between `side` and `workspace`, on `db` with its tables. What was in transit before is thrown away."""
    common = _common(side, workspace, db, choices)
    table, languages, audiences, speaker = common.table, common.languages, common.audiences, common.speaker
    bindings, deliveries, talks, services = Bindings(db), Deliveries(db), Talks(db), choices.services
    space_table = SpaceTable(db)
    roster = Roster(side, workspace, table, bindings, deliveries, services, languages, space_table)
    spaces = Spaces(side, workspace, space_table, table, roster, services)
    offers = Offers(side, workspace, audiences, roster, speaker, languages, common.said, OfferTable(db), services)
    upgrades = Upgrades(side, workspace, roster, speaker, languages, Successors(db), spaces)
    files = _files(common, roster, offers, objects)
    middle = Middle(
        side,
        Desk(side, workspace, audiences, roster, speaker, languages, services, offers, spaces),
        Lobby(side, roster, speaker, languages, upgrades, spaces),
        roster,
        speaker,
        LinkCards(side, workspace.url, audiences, speaker, offers, common.said, talks, languages, services),
        offers,
        files.desk,
        upgrades,
        Hearing(side, workspace, talks, roster, speaker, languages, table.wants),
        spaces,
        choices.min_trust,
        services,
    )
    deliverer = _deliverer(common, deliveries, talks, roster)
    inbox = Inbox(db, bindings, deliveries, wants=table.wants)
    return Parts(table, bindings, deliveries, inbox, roster, space_table, spaces, deliverer, files, middle)


def _common(side: RoomSide, workspace: WorkspaceClient, db: Database, choices: Choices) -> _Common:
    table, turns, said = RoomTable(db), Turns(), Said(db)
    languages = Languages(table, workspace, choices.language)
    audiences, speaker = Audiences(workspace, turns), Speaker(side, turns, said, languages)
    return _Common(side, workspace, db, table, turns, said, languages, audiences, speaker, choices)


def _deliverer(common: _Common, deliveries: Deliveries, talks: Talks, roster: Roster) -> Deliverer:
    side, workspace, audiences, turns = common.side, common.workspace, common.audiences, common.turns
    table, language_of, choices = common.table, common.languages.of_room, common.choices
    counting = None
    if choices.floods is not None:
        counting = Counting(Floods(common.db), lambda room: table.options(room).floods, choices.floods)
    letters = Letters(
        audiences,
        deliveries,
        workspace.url,
        choices.window,
        counting,
        in_threads=lambda room: table.options(room).threads,
    )
    services = choices.services
    mentioning = Mentioning(side, workspace, audiences, talks, turns, common.speaker, language_of, services)
    telling = Telling(side, workspace, audiences, deliveries, talks, turns, mentioning, language_of, services)
    return Deliverer(side, deliveries, letters, telling, roster, turns, language_of, services)


def _files(common: _Common, roster: Roster, offers: Offers, objects: Objects) -> Files:
    side, workspace, audiences, languages = common.side, common.workspace, common.audiences, common.languages
    speaker, services, choices = common.speaker, common.choices.services, common.choices
    table, transit = ErrandTable(common.db), Transit(choices.transit)
    transit.clear()
    marks = Marks(side, table)
    giver = Giver(side, workspace, audiences, offers, common.turns, services)
    saver = Saver(side, workspace, audiences, roster, languages, table, marks, objects, transit, choices.most_bytes)
    doers: dict[Kind, Doer] = {
        Kind.SAVE: saver,
        Kind.SEND: Sender(side, giver, marks),
        Kind.OPEN: Unsealer(side, table, giver, marks),
    }
    errands = Errands(table, doers, marks, speaker, audiences, languages, workspace.url, services)
    rooms = common.table
    desk = FilesDesk(
        side, workspace, table, errands, audiences, speaker, languages, services, lambda room: rooms.options(room).keep
    )
    return Files(table, saver, errands, desk)
