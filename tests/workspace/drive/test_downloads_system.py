"""Downloads by the real server from a real S3: who reads what breaks off sees that it did."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from contract.client import WorkspaceClient
from contract.errors import NotAllowed, Unavailable
from contract.ids import ItemId, MatrixId
from tests.workspace.drive.seaweed import Seaweed
from tests.workspace.process import PATIENCE, Workspace

pytestmark = pytest.mark.system

#: More than the kernel keeps of what a client on this machine does not read.
SIZE = 64 << 20
CAMILLE = MatrixId("@camille:interieur.gouv.test")

#: Done in the workspace's own process: Camille, who lets the bridge read for her, has a file that the courier reads.
_FILE = f"""
from contract.grants import Act
from workspace.accounts.models import MatrixIdentity, User
from workspace.drive import service
from workspace.grants import delegations
from workspace.sharing import tree
from workspace.sharing.roles import Role
camille = User.objects.create(sub="camille", email="c@test.gouv.test", full_name="Camille", username="camille")
MatrixIdentity.objects.create(user=camille, matrix_id="{CAMILLE}")
delegations.give(camille, "bridge", Act.READ)
declared = service.declare(camille, filename="archive.bin", size={SIZE}, media_type="application/octet-stream")
key = declared.form.fields["key"]
service.store().put(key, bytes(range(256)) * ({SIZE} // 256), media_type="application/octet-stream")
file = service.publish(camille, declared.file_id)
tree.grant(camille, file.item, Role.READER, user=User.objects.get(service_account__name="courier"))
print(file.pk)
"""
_TAKE_AWAY = """
from workspace.accounts.models import User
from workspace.sharing import tree
from workspace.sharing.models import Access
camille = User.objects.get(username="camille")
tree.revoke(camille, Access.objects.get(user__service_account__name="courier"))
"""
_REVOKE = """
from workspace.grants import delegations
from workspace.grants.models import Delegation
delegations.revoke(Delegation.objects.get())
"""


@pytest.fixture
async def workspace(tmp_path: Path, s3: Seaweed) -> AsyncIterator[Workspace]:
    for name, secret in (("access", s3.access_key), ("secret", s3.secret_key)):
        (tmp_path / name).write_text(secret)
    made = Workspace(
        tmp_path,
        PARVIS_WORKSPACE_S3_URL=s3.url,
        PARVIS_WORKSPACE_S3_BUCKET=f"test-{tmp_path.name[-40:].replace('_', '-')}",
        PARVIS_WORKSPACE_S3_ACCESS_KEY_FILE=str(tmp_path / "access"),
        PARVIS_WORKSPACE_S3_SECRET_KEY_FILE=str(tmp_path / "secret"),
    )
    bridge = {"token_sha256": hashlib.sha256(b"of-bridge").hexdigest(), "scopes": [], "acts": ["read"]}
    (tmp_path / "services").write_text(json.dumps({"bridge": bridge}))
    await made.run("migrate", "-v", "0")
    async with made.serving():
        yield made


async def test_a_download_is_whole_goes_on_where_it_was_left_and_breaks_off_with_the_right_to_it(
    workspace: Workspace,
) -> None:
    token = await workspace.run("service-account", "courier")
    file = (await workspace.run("shell", "-v", "0", "-c", _FILE)).splitlines()[-1]
    where = f"/api/v1.0/files/{file}/download/"
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=workspace.url, headers=headers, trust_env=False, timeout=PATIENCE) as client:
        whole = await client.get(where)
        assert (whole.status_code, len(whole.content)) == (200, SIZE)
        assert hashlib.sha256(whole.content).digest() == hashlib.sha256(bytes(range(256)) * (SIZE // 256)).digest()
        part = await client.get(where, headers={"Range": f"bytes={SIZE - 3}-", "If-Range": whole.headers["ETag"]})
        assert (part.status_code, part.content) == (206, b"\xfd\xfe\xff")
        head = await client.head(where)
        assert (head.headers["Content-Length"], head.content) == (str(SIZE), b"")

        async with client.stream("GET", where) as answer:
            assert answer.headers["Content-Length"] == str(SIZE)
            with pytest.raises(httpx.RemoteProtocolError):
                await _broken_off(workspace, answer.aiter_raw(), _TAKE_AWAY)
        assert (await client.get(where)).status_code == 404

        person = ItemId(UUID(file))
        async with WorkspaceClient(workspace.url, "of-bridge") as bridge, asyncio.timeout(PATIENCE):
            read = await bridge.read_item(CAMILLE, person)
            assert read.size == SIZE
            async with aclosing(bridge.download(CAMILLE, person, SIZE)) as pieces:
                with pytest.raises(Unavailable) as broken:
                    await _broken_off(workspace, pieces, _REVOKE)
            assert broken.value.code == "broken_off"
            with pytest.raises(NotAllowed):
                await bridge.read_item(CAMILLE, person)


async def _broken_off(workspace: Workspace, pieces: AsyncIterator[bytes], act: str) -> None:
    """Read some, have `act` done in the workspace, and read on. Raises what the reading raises."""
    came = 0
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in pieces:
                if not came:
                    await workspace.run("shell", "-v", "0", "-c", act)
                came += len(piece)
                await asyncio.sleep(0.005)  # some 10 MB/s: who reads all within a second has it before that is heard
    finally:
        assert 0 < came < SIZE
