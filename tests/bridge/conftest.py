"""The middle of the bridge on a real database, between two fake edges."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from mautrix.util.async_db import Database

from bridge import database
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
from bridge.ports import Trust
from bridge.roster import Roster
from bridge.speaker import Speaker
from bridge.store.bindings import Bindings
from bridge.store.deliveries import Deliveries
from bridge.store.errands import ErrandTable, Kind
from bridge.store.floods import Floods
from bridge.store.inbox import Inbox, Position
from bridge.store.offers import OfferTable
from bridge.store.rooms import RoomTable
from bridge.store.said import Said
from bridge.store.schema import upgrades
from bridge.store.successors import Successors
from bridge.store.talk import Talks
from bridge.talk.hearing import Hearing
from bridge.talk.mentions import Mentioning
from bridge.talk.telling import Telling
from bridge.turns import Turns
from bridge.upgrades import Upgrades
from contract.events import Event
from tests.bridge.fakes import SERVICES, FakeRooms, FakeWorkspace

#: Bytes of the largest file that is saved.
MOST = 128 << 20


@dataclass
class Files:
    """What saves and sends files."""

    table: ErrandTable
    errands: Errands
    transit: Path
    saver: Saver


@dataclass
class Bridge:
    """Everything that a test may want to speak to."""

    db: Database
    rooms: FakeRooms
    workspace: FakeWorkspace
    bindings: Bindings
    deliveries: Deliveries
    inbox: Inbox
    table: RoomTable
    roster: Roster
    deliverer: Deliverer
    middle: Middle
    files: Files
    taken: int = 0

    async def take(self, *events: Event) -> None:
        """The next events of the stream."""
        self.taken += len(events)
        await self.inbox.take(events, Position("stream", self.taken))


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    rooms, workspace = FakeRooms(), FakeWorkspace()
    async with (
        database.opened(f"sqlite:///{tmp_path / 'bridge.db'}", upgrades) as db,
        workspace.client() as client,
        Objects(workspace.store_transport()) as objects,
    ):
        table, bindings, deliveries, turns = RoomTable(db), Bindings(db), Deliveries(db), Turns()
        languages = Languages(table, client, "fr")
        said, successors = Said(db), Successors(db)
        audiences, speaker = Audiences(client, turns), Speaker(rooms, turns, said, languages)
        roster = Roster(rooms, client, table, bindings, deliveries, SERVICES, languages)
        floods = Counting(Floods(db), lambda room: table.options(room).floods, Rules(pause=0.05))
        letters = Letters(
            audiences,
            deliveries,
            client.url,
            timedelta(minutes=10),
            floods,
            in_threads=lambda room: table.options(room).threads,
        )
        talks = Talks(db)
        mentioning = Mentioning(rooms, client, audiences, talks, turns, speaker, languages.of_room, SERVICES)
        telling = Telling(rooms, client, audiences, deliveries, talks, turns, mentioning, languages.of_room, SERVICES)
        deliverer = Deliverer(rooms, deliveries, letters, telling, turns, languages.of_room, SERVICES)
        hearing = Hearing(rooms, client, talks, roster, speaker, languages)
        offers = Offers(rooms, client, audiences, roster, speaker, languages, said, OfferTable(db), SERVICES)
        links = LinkCards(rooms, client.url, audiences, speaker, offers, said, languages, SERVICES)
        succession = Upgrades(rooms, client, roster, speaker, languages, successors)
        desk = Desk(rooms, client, audiences, roster, speaker, languages, SERVICES, offers)
        lobby = Lobby(rooms, roster, speaker, languages, succession)
        errand_table, transit = ErrandTable(db), Transit(tmp_path / "transit")
        transit.clear()
        marks = Marks(rooms, errand_table)
        saver = Saver(rooms, client, audiences, roster, languages, errand_table, marks, objects, transit, MOST)
        giver = Giver(rooms, client, audiences, offers, turns, SERVICES)
        doers: dict[Kind, Doer] = {
            Kind.SAVE: saver,
            Kind.SEND: Sender(rooms, giver, marks, objects),
            Kind.OPEN: Unsealer(rooms, errand_table, giver, marks, objects),
        }
        errands = Errands(errand_table, doers, marks, speaker, audiences, languages, client.url, SERVICES)
        files = FilesDesk(
            rooms,
            client,
            errand_table,
            errands,
            audiences,
            speaker,
            languages,
            SERVICES,
            lambda room: table.options(room).keep,
        )
        trust = Trust.KNOWN_DEVICE
        middle = Middle(rooms, desk, lobby, roster, speaker, links, offers, files, succession, hearing, trust, SERVICES)
        inbox = Inbox(db, bindings, deliveries, wants=table.wants)
        these = Files(errand_table, errands, tmp_path / "transit", saver)
        yield Bridge(db, rooms, workspace, bindings, deliveries, inbox, table, roster, deliverer, middle, these)
