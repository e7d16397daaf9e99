"""The tables of the middle. Times are in milliseconds since 1970."""

from __future__ import annotations

import time

from mautrix.util.async_db import Connection, Scheme, UpgradeTable

upgrades = UpgradeTable(version_table_name="middle_version", database_name="the bridge's middle")

_TABLES = (
    # How far in which stream the events were taken.
    "CREATE TABLE middle_position (only_one INTEGER PRIMARY KEY, stream TEXT NOT NULL, sequence BIGINT NOT NULL)",
    "CREATE TABLE middle_event (event_id TEXT PRIMARY KEY, received_at BIGINT NOT NULL)",
    """
    CREATE TABLE middle_binding (
        room_id  TEXT NOT NULL,
        item     TEXT NOT NULL,
        bound_at BIGINT NOT NULL,
        PRIMARY KEY (room_id, item)
    )
    """,
    "CREATE INDEX middle_binding_item ON middle_binding (item)",
    # `told`: the workspace knows who is in it, or that the bridge is not.
    """
    CREATE TABLE middle_room (
        room_id  TEXT PRIMARY KEY,
        language TEXT,
        joined   BOOLEAN NOT NULL,
        told     BOOLEAN NOT NULL
    )
    """,
    """
    CREATE TABLE middle_delivery (
        id         {number},
        room_id    TEXT NOT NULL,
        event_id   TEXT NOT NULL,
        type       TEXT NOT NULL,
        kind       TEXT NOT NULL,
        item       TEXT NOT NULL,
        actor      TEXT,
        at         BIGINT NOT NULL,
        state      TEXT NOT NULL DEFAULT 'waiting',
        attempts   INTEGER NOT NULL DEFAULT 0,
        failing_at BIGINT,
        problem    TEXT,
        edits      BIGINT,
        sealed     TEXT,
        verdict    TEXT,
        sent_event TEXT,
        UNIQUE (room_id, event_id)
    )
    """,
    "CREATE INDEX middle_delivery_waiting ON middle_delivery (room_id, id) WHERE state='waiting'",
    "CREATE INDEX middle_delivery_item ON middle_delivery (room_id, item, type, id)",
    "CREATE INDEX middle_delivery_edits ON middle_delivery (edits) WHERE edits IS NOT NULL",
    "CREATE INDEX middle_delivery_at ON middle_delivery (state, at)",
    # When something was said to somebody that is not said often.
    """
    CREATE TABLE middle_said (
        user_id TEXT NOT NULL,
        what    TEXT NOT NULL,
        at      BIGINT NOT NULL,
        PRIMARY KEY (user_id, what)
    )
    """,
)


async def _first_tables(connection: Connection, scheme: Scheme) -> None:
    number = "INTEGER PRIMARY KEY AUTOINCREMENT" if scheme == Scheme.SQLITE else "BIGSERIAL PRIMARY KEY"
    for table in _TABLES:
        await connection.execute(table.format(number=number))


upgrades.register(_first_tables, description="Position, inbox, bindings, rooms, deliveries")


async def _rooms_stand(connection: Connection, _scheme: Scheme) -> None:
    """`changes` counts what happens to a room, so that what was told late is not taken for what is so now. `ended` is
    its count when the bridge left, until the workspace knows: a stay that begins before that is another one.
    """
    await connection.execute("ALTER TABLE middle_room ADD COLUMN changes BIGINT NOT NULL DEFAULT 0")
    await connection.execute("ALTER TABLE middle_room ADD COLUMN ended BIGINT")
    await connection.execute("UPDATE middle_room SET ended=changes WHERE NOT joined")


upgrades.register(_rooms_stand, description="Changes of rooms, and stays in them that have ended")


async def _offers(connection: Connection, _scheme: Scheme) -> None:
    """Offers to give a room access, and rooms that others came after, until the bridge is there."""
    await connection.execute(
        """
        CREATE TABLE middle_offer (
            event_id TEXT PRIMARY KEY,
            chat     TEXT NOT NULL,
            person   TEXT NOT NULL,
            room_id  TEXT NOT NULL,
            item     TEXT NOT NULL,
            made_at  BIGINT NOT NULL,
            answered BOOLEAN NOT NULL DEFAULT false
        )
        """
    )
    await connection.execute("CREATE TABLE middle_successor (room_id TEXT PRIMARY KEY, successor TEXT NOT NULL)")


upgrades.register(_offers, description="Offers of access, and rooms that came after others")


async def _cards_count(connection: Connection, _scheme: Scheme) -> None:
    """`parent` is what the item hangs under. `flood`: this delivery's card counts, from the delivery of that number on.
    `joins`: what it has to say is said by the message of that delivery. `thread` is the event at the root of the thread
    that its card is in. `options` of a room is JSON, as the workspace has it.
    """
    for column in ("parent TEXT", "flood BIGINT", "joins BIGINT", "thread TEXT"):
        await connection.execute(f"ALTER TABLE middle_delivery ADD COLUMN {column}")
    await connection.execute(
        "CREATE INDEX middle_delivery_alike ON middle_delivery (room_id, parent, type, id) WHERE parent IS NOT NULL"
    )
    await connection.execute("CREATE INDEX middle_delivery_joins ON middle_delivery (joins) WHERE joins IS NOT NULL")
    await connection.execute("ALTER TABLE middle_room ADD COLUMN options TEXT")


upgrades.register(_cards_count, description="Cards that count, threads, options of rooms")


async def _errands(connection: Connection, scheme: Scheme) -> None:
    """Files to be saved or sent. Neither their keys nor their names are kept."""
    number = "INTEGER PRIMARY KEY AUTOINCREMENT" if scheme == Scheme.SQLITE else "BIGSERIAL PRIMARY KEY"
    await connection.execute(
        f"""
        CREATE TABLE middle_errand (
            id       {number},
            kind     TEXT NOT NULL,
            room_id  TEXT NOT NULL,
            subject  TEXT NOT NULL,
            person   TEXT NOT NULL,
            asked    TEXT NOT NULL,
            quiet    BOOLEAN NOT NULL,
            thread   TEXT,
            item     TEXT,
            state    TEXT NOT NULL DEFAULT 'waiting',
            attempts INTEGER NOT NULL DEFAULT 0,
            asked_at BIGINT NOT NULL,
            due_at   BIGINT NOT NULL,
            mark     TEXT,
            UNIQUE (room_id, kind, subject)
        )
        """
    )
    await connection.execute("CREATE INDEX middle_errand_item ON middle_errand (room_id, item)")
    await connection.execute("CREATE INDEX middle_errand_due ON middle_errand (due_at) WHERE state='waiting'")


upgrades.register(_errands, description="Files to be saved and sent")


async def _talk(connection: Connection, scheme: Scheme) -> None:
    """Which events of a room are which comments. `extra` of a delivery is JSON: ids and an emoji; of comments alone."""
    await connection.execute("ALTER TABLE middle_delivery ADD COLUMN extra TEXT")
    number = "INTEGER PRIMARY KEY AUTOINCREMENT" if scheme == Scheme.SQLITE else "BIGSERIAL PRIMARY KEY"
    await connection.execute(
        f"""
        CREATE TABLE middle_talk (
            id       {number},
            room_id  TEXT NOT NULL,
            event_id TEXT NOT NULL,
            what     TEXT NOT NULL,
            item     TEXT NOT NULL,
            thread   TEXT,
            comment  TEXT,
            root     TEXT,
            sender   TEXT,
            version  BIGINT,
            key      TEXT,
            gone     BOOLEAN NOT NULL DEFAULT false,
            UNIQUE (room_id, event_id)
        )
        """
    )
    await connection.execute("CREATE INDEX middle_talk_comment ON middle_talk (room_id, comment)")
    await connection.execute("CREATE INDEX middle_talk_thread ON middle_talk (room_id, thread)")
    await connection.execute("CREATE INDEX middle_talk_item ON middle_talk (room_id, item, what)")


upgrades.register(_talk, description="Comments in rooms")


async def _spaces(connection: Connection, _scheme: Scheme) -> None:
    """`changes` counts what happens to a space, and `told` how much of it the workspace knows; `ended`: a stay of the
    bridge has ended of which it does not. A link is a child that agrees; `depth` is how many spaces are in between.
    """
    for table in (
        """
        CREATE TABLE middle_space (
            space_id TEXT PRIMARY KEY,
            joined   BOOLEAN NOT NULL,
            changes  BIGINT NOT NULL,
            told     BIGINT NOT NULL DEFAULT 0,
            ended    BOOLEAN NOT NULL DEFAULT false
        )
        """,
        """
        CREATE TABLE middle_space_link (
            space_id TEXT NOT NULL,
            child_id TEXT NOT NULL,
            PRIMARY KEY (space_id, child_id)
        )
        """,
        """
        CREATE TABLE middle_space_room (
            space_id TEXT NOT NULL,
            room_id  TEXT NOT NULL,
            depth    INTEGER NOT NULL,
            counts   BOOLEAN NOT NULL,
            PRIMARY KEY (space_id, room_id)
        )
        """,
        "CREATE INDEX middle_space_room_of ON middle_space_room (room_id)",
    ):
        await connection.execute(table)


upgrades.register(_spaces, description="Spaces, and which rooms are in them")


async def _cards_begin(connection: Connection, _scheme: Scheme) -> None:
    """Cards of documents are kept, as discussions can be begun under them: `shows` where one shows its document. `at`
    is when a row was made, so that those of which nothing came can be forgotten.
    """
    await connection.execute("ALTER TABLE middle_talk ADD COLUMN shows BOOLEAN NOT NULL DEFAULT false")
    await connection.execute("ALTER TABLE middle_talk ADD COLUMN at BIGINT NOT NULL DEFAULT 0")
    await connection.execute("UPDATE middle_talk SET at=$1", round(time.time() * 1000))
    # Of what was said until now it is not known what it showed: for comments to reply to it is a card all the same.
    await connection.execute(
        "INSERT INTO middle_talk (room_id, event_id, what, item, at)"
        " SELECT room_id, sent_event, 'card', item, at FROM middle_delivery WHERE state='sent' AND kind='document'"
        " AND edits IS NULL AND flood IS NULL AND extra IS NULL AND thread IS NULL AND sent_event IS NOT NULL"
        " ORDER BY id ON CONFLICT (room_id, event_id) DO NOTHING"
    )


upgrades.register(_cards_begin, description="Cards under which discussions begin")
