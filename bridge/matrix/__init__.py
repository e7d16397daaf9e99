"""The Matrix side of the bridge: an appservice with one cross-signed, encrypting identity (`bridge.ports.RoomSide`).

`bridge.matrix.side.MatrixRoomSide` is the whole of it for others. Importing this package is what puts vodozemac under
mautrix; no other package of the bridge may import mautrix.
"""

import logging

from bridge import olm

olm.install()

# Below INFO mautrix logs requests with their contents, and what it could not parse after decrypting it.
logging.getLogger("mau").setLevel(logging.INFO)
