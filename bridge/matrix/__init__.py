"""The Matrix side of the bridge: an appservice with one cross-signed, encrypting identity (`bridge.ports.RoomSide`).

`bridge.matrix.side.MatrixRoomSide` is the whole of it for others. Importing this package is what puts vodozemac under
mautrix; no other package of the bridge may import mautrix.
"""

import logging

from bridge import olm

olm.install()

import mautrix.util.logging  # noqa: E402 - mautrix's loggers have a class of their own, which this sets

_LEVELS = {
    # Below INFO mautrix logs requests with their contents, and what it could not parse after decrypting it.
    "mau": logging.INFO,
    # It warns of each device that its owner has not signed, each time that it looks at one.
    "mau.crypto": logging.ERROR,
}
for _name, _level in _LEVELS.items():
    logging.getLogger(_name).setLevel(_level)

__all__ = ["mautrix"]
