"""The bridge put together: its stores, its two sides, and what runs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

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
from bridge.floods import Counting
from bridge.intake import Intake
from bridge.languages import Languages
from bridge.letters import Letters
from bridge.linkcards import LinkCards
from bridge.lobby import Lobby
from bridge.matrix.side import MatrixRoomSide
from bridge.middle import Middle
from bridge.offers import Offers
from bridge.roster import Roster
from bridge.settings import Settings
from bridge.speaker import Speaker
from bridge.store.bindings import Bindings
from bridge.store.deliveries import Deliveries
from bridge.store.errands import ErrandTable, Kind
from bridge.store.floods import Floods
from bridge.store.inbox import Inbox
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
from cards import Language
from contract.client import WorkspaceClient


async def serve(settings: Settings) -> None:
    """Run the bridge until cancelled. Raises what `MatrixRoomSide.start` raises."""
    side = MatrixRoomSide(settings.matrix)
    async with (
        database.opened(settings.database_url, upgrades) as db,
        WorkspaceClient(settings.workspace_url, settings.workspace_token) as workspace,
        Objects() as objects,
    ):
        language: Language = "en" if settings.language == "en" else "fr"
        services, turns = settings.service_users, Turns()
        table, bindings, deliveries = RoomTable(db), Bindings(db), Deliveries(db)
        await table.load()
        languages = Languages(table, workspace, language)
        said, successors = Said(db), Successors(db)
        audiences, speaker = Audiences(workspace, turns), Speaker(side, turns, said, languages)
        roster = Roster(side, workspace, table, bindings, deliveries, services, languages)
        letters = Letters(
            audiences,
            deliveries,
            workspace.url,
            timedelta(seconds=settings.coalesce_seconds),
            Counting(Floods(db), lambda room: table.options(room).floods) if settings.floods else None,
            in_threads=lambda room: table.options(room).threads,
        )
        talks = Talks(db)
        mentioning = Mentioning(side, workspace, audiences, talks, turns, speaker, languages.of_room, services)
        telling = Telling(side, workspace, audiences, deliveries, talks, turns, mentioning, languages.of_room, services)
        deliverer = Deliverer(side, deliveries, letters, telling, turns, languages.of_room, services)
        hearing = Hearing(side, workspace, talks, roster, speaker, languages)
        inbox = Inbox(db, bindings, deliveries, wants=table.wants)
        intake = Intake(settings.nats, inbox, deliverer.wake, roster.bindings_still)
        offers = Offers(side, workspace, audiences, roster, speaker, languages, said, OfferTable(db), services)
        links = LinkCards(side, workspace.url, audiences, speaker, offers, said, languages, services)
        succession = Upgrades(side, workspace, roster, speaker, languages, successors)
        desk = Desk(side, workspace, audiences, roster, speaker, languages, services, offers)
        lobby = Lobby(side, roster, speaker, languages, succession)
        table_of_errands, transit = ErrandTable(db), Transit(settings.matrix.data / "transit")
        transit.clear()
        marks, most = Marks(side, table_of_errands), settings.max_file_bytes
        saver = Saver(side, workspace, audiences, roster, languages, table_of_errands, marks, objects, transit, most)
        giver = Giver(side, workspace, audiences, offers, turns, services)
        doers: dict[Kind, Doer] = {
            Kind.SAVE: saver,
            Kind.SEND: Sender(side, giver, marks, objects),
            Kind.OPEN: Unsealer(side, table_of_errands, giver, marks, objects),
        }
        errands = Errands(table_of_errands, doers, marks, speaker, audiences, languages, workspace.url, services)
        files = FilesDesk(
            side,
            workspace,
            table_of_errands,
            errands,
            audiences,
            speaker,
            languages,
            services,
            lambda room: table.options(room).keep,
        )
        try:
            await side.start(
                Middle(
                    side,
                    desk,
                    lobby,
                    roster,
                    speaker,
                    links,
                    offers,
                    files,
                    succession,
                    hearing,
                    settings.min_trust,
                    services,
                )
            )
            async with asyncio.TaskGroup() as running:
                for part in (side.run, roster.run, intake.run, deliverer.run, errands.run):
                    running.create_task(part(), name=part.__qualname__)
        finally:
            await side.stop()
