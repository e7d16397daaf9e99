"""Rendering gives each homeserver what it needs, and never loses a key."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from synapse_config import authority
from synapse_config.config import parse
from synapse_config.errors import NotRendered
from synapse_config.model import Federation, Postgres
from synapse_config.render import Rendered, gateway_table, render


def settings(rendered: Rendered, name: str) -> dict[str, Any]:
    """What Synapse reads: the secrets' file replaces keys of the other."""
    one = rendered.homeserver(name)
    content: dict[str, Any] = yaml.safe_load(one.config.read_text()) | yaml.safe_load(one.secrets.read_text())
    return content


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mode & 0o777, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def rendered(federation: Federation, tmp_path: Path) -> Rendered:
    return render(federation, tmp_path / "federation")


def test_the_first_rendering_makes_everything_and_says_so(rendered: Rendered) -> None:
    assert {change.rpartition(": ")[2] for change in rendered.changes} == {"made"}
    made = {change.rpartition(": ")[0] for change in rendered.changes}
    assert made == set(tree(rendered.folder)) - {".lock"}


def test_rendering_again_changes_nothing(federation: Federation, rendered: Rendered) -> None:
    before = tree(rendered.folder)
    again = render(federation, rendered.folder)
    assert again.changes == ()
    assert tree(rendered.folder) == before


def test_a_dry_rendering_says_what_would_change_and_writes_nothing(federation: Federation, tmp_path: Path) -> None:
    would = render(federation, tmp_path / "federation", dry=True).changes
    assert not (tmp_path / "federation").exists()
    assert render(federation, tmp_path / "federation").changes == would
    before = tree(tmp_path)
    assert render(federation, tmp_path / "federation", dry=True).changes == ()
    assert render(federation.shifted(1), tmp_path / "federation", dry=True).changes
    assert tree(tmp_path) == before


def test_a_new_homeserver_changes_the_allowlists_and_no_key(federation: Federation, tmp_path: Path) -> None:
    two = render(federation.only("interieur"), tmp_path)
    before = tree(tmp_path)
    render(federation, tmp_path)
    after = tree(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {
        "gateway.json",
        "hub/homeserver.yaml",
        "interieur/homeserver.yaml",
    }
    assert two.homeserver("interieur").signing_key.exists()


def test_secrets_are_for_their_owner_alone_and_apart_from_what_may_be_shown(rendered: Rendered) -> None:
    files = tree(rendered.folder)
    secret = {name for name, (mode, _) in files.items() if mode == 0o600}
    assert secret >= {
        "ca/ca.key",
        "appservices/parvis.yaml",
        *(f"{one.name}/{file}" for one in rendered.homeservers for file in ("secrets.yaml", "signing.key", "tls.key")),
    }
    for one in rendered.homeservers:
        hidden = yaml.safe_load(one.secrets.read_text())
        shown = one.config.read_text()
        assert not any(str(value) in shown for name, value in hidden.items() if name != "database")
    for path in (rendered.folder, *(one.folder for one in rendered.homeservers)):
        assert path.stat().st_mode & 0o777 == 0o700


def test_permissions_that_were_opened_are_closed_again(federation: Federation, rendered: Rendered) -> None:
    rendered.hub.secrets.chmod(0o644)
    rendered.folder.chmod(0o755)
    again = render(federation, rendered.folder)
    assert rendered.hub.secrets.stat().st_mode & 0o777 == 0o600
    assert rendered.folder.stat().st_mode & 0o777 == 0o700
    assert set(again.changes) == {".: made private", "hub/secrets.yaml: permissions set to 600"}


def test_no_two_homeservers_share_a_secret(rendered: Rendered) -> None:
    values = [
        yaml.safe_load(one.secrets.read_text())[name]
        for one in rendered.homeservers
        for name in ("macaroon_secret_key", "form_secret", "registration_shared_secret")
    ]
    assert len(set(values)) == len(values)


def test_the_largest_file_may_come_from_another_homeserver_and_not_only_once(rendered: Rendered) -> None:
    for name in ("hub", "interieur", "culture"):
        told = settings(rendered, name)
        assert told["max_upload_size"] >= 500_000_000
        assert told["remote_media_download_burst_count"] >= 2 * told["max_upload_size"]
        assert told["remote_media_download_per_second"] > 1_000_000


def test_every_homeserver_is_closed(rendered: Rendered, federation: Federation) -> None:
    for one in rendered.homeservers:
        content = settings(rendered, one.name)
        assert content["federation_domain_whitelist"] == list(federation.server_names)
        assert content["federation_custom_ca_list"] == [str(rendered.authority)]
        assert content["federation_client_minimum_tls_version"] == "1.3"
        assert [each["module"] for each in content["modules"]] == ["synapse_config.tls.OnlyTls13"]
        assert content["trusted_key_servers"] == []
        assert content["https_proxy"] == f"http://127.0.0.1:{federation.gateway.port}"
        assert content["encryption_enabled_by_default_for_room_type"] == "invite"
        assert content["ip_range_whitelist"] == ["127.0.0.1/32"]
        assert "ip_range_blocklist" not in content  # Synapse would ignore it
        for name in ("enable_registration", "allow_guest_access", "report_stats", "url_preview_enabled"):
            assert content[name] is False
        for name in ("allow_public_rooms_over_federation", "allow_public_rooms_without_auth"):
            assert content[name] is False


def test_only_the_hub_knows_the_bridge(rendered: Rendered) -> None:
    assert settings(rendered, "hub")["app_service_config_files"] == [str(rendered.registration)]
    assert settings(rendered, "interieur")["app_service_config_files"] == []


def test_the_registration_is_the_bridges_own(rendered: Rendered, federation: Federation) -> None:
    registration = yaml.safe_load(rendered.registration.read_text())
    assert registration["sender_localpart"] != federation.appservice.user
    assert registration["namespaces"]["users"] == [{"exclusive": True, "regex": r"^@parvis:parvis\.gouv\.test$"}]
    assert registration["io.element.msc4190"] is True
    assert registration["rate_limited"] is False
    assert registration["url"] == f"http://127.0.0.1:{federation.appservice.port}"
    assert registration["as_token"] != registration["hs_token"]


def test_a_certificate_is_for_one_name_and_from_our_own_authority(rendered: Rendered) -> None:
    root = x509.load_pem_x509_certificate(rendered.authority.read_bytes())
    for one in rendered.homeservers:
        leaf = x509.load_pem_x509_certificates((one.folder / "tls.crt").read_bytes())[0]
        leaf.verify_directly_issued_by(root)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [one.server_name]


def test_a_certificate_near_its_end_is_renewed_with_the_same_key(
    federation: Federation, rendered: Rendered, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(UTC) + timedelta(days=380)

    keys = {one.name: (one.folder / "tls.key").read_bytes() for one in rendered.homeservers}
    monkeypatch.setattr(authority, "datetime", Later)
    again = render(federation, rendered.folder)
    assert set(again.changes) == {f"{one.name}/tls.crt: changed" for one in rendered.homeservers}
    assert {one.name: (one.folder / "tls.key").read_bytes() for one in again.homeservers} == keys


def test_an_authority_without_its_key_is_not_replaced(federation: Federation, rendered: Rendered) -> None:
    key = rendered.authority.with_name("ca.key")
    key.unlink()
    with pytest.raises(NotRendered, match="Put the key back from a backup"):
        render(federation, rendered.folder)
    assert not key.exists()


def test_a_key_of_another_authority_is_noticed(federation: Federation, rendered: Rendered, tmp_path: Path) -> None:
    other = render(federation, tmp_path / "other")
    rendered.authority.with_name("ca.key").write_bytes(other.authority.with_name("ca.key").read_bytes())
    with pytest.raises(NotRendered, match="do not belong together"):
        render(federation, rendered.folder)


def test_a_lost_signing_key_of_a_homeserver_with_data_is_not_replaced(
    federation: Federation, rendered: Rendered
) -> None:
    (rendered.hub.folder / "homeserver.db").touch()
    rendered.hub.signing_key.unlink()
    with pytest.raises(NotRendered, match="take it for an impostor"):
        render(federation, rendered.folder)
    assert not rendered.hub.signing_key.exists()


@pytest.mark.parametrize("content", ["", "ed25519 a_1 not-base64", "rsa a_1 AAAA", "one two", "\xe9"])
def test_a_damaged_signing_key_is_not_replaced(federation: Federation, rendered: Rendered, content: str) -> None:
    rendered.hub.signing_key.write_text(content)
    with pytest.raises(NotRendered, match=r"signing\.key is not a signing key"):
        render(federation, rendered.folder)
    assert rendered.hub.signing_key.read_text() == content


@pytest.mark.parametrize("content", ["", "- a list", "{", "\x00"])
def test_a_damaged_secrets_file_is_not_replaced(federation: Federation, rendered: Rendered, content: str) -> None:
    rendered.hub.secrets.write_text(content)
    with pytest.raises(NotRendered, match="Put it back from a backup"):
        render(federation, rendered.folder)
    assert rendered.hub.secrets.read_text() == content


def test_a_homeserver_cannot_change_its_name(federation: Federation, rendered: Rendered) -> None:
    renamed = tuple(
        replace(one, server_name="dedans.gouv.test") if one.name == "interieur" else one
        for one in federation.homeservers
    )
    with pytest.raises(NotRendered, match=r"belongs to interieur\.gouv\.test"):
        render(replace(federation, homeservers=renamed), rendered.folder)


def test_a_crash_while_writing_leaves_the_old_file(
    federation: Federation, rendered: Rendered, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: int) -> None:
        raise OSError("the disk went away")

    before = tree(rendered.folder)
    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="went away"):
        render(federation.only("interieur"), rendered.folder)
    assert tree(rendered.folder) == before


def test_a_password_of_a_database_is_in_the_secrets_alone(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("tr0ub4dor\n")
    text = """\
[[homeserver]]
name = "hub"
server_name = "parvis.gouv.test"
hub = true
client_port = 8420
federation_port = 8440
database = { engine = "postgresql", name = "db", user = "synapse", password_file = "password", host = "10.0.0.5" }
"""
    federation = parse(text, tmp_path / "federation.toml")
    assert isinstance(federation.hub.database, Postgres)
    rendered = render(federation, tmp_path / "federation")
    assert settings(rendered, "hub")["database"]["args"]["password"] == "tr0ub4dor"
    assert "tr0ub4dor" not in rendered.hub.config.read_text()
    (tmp_path / "password").unlink()
    with pytest.raises(NotRendered, match=r"cannot be read from .*password \(No such file"):
        render(federation, tmp_path / "federation")
    for content, why in ((b"\xff\n", "not UTF-8"), (b" \n", "empty")):
        (tmp_path / "password").write_bytes(content)
        with pytest.raises(NotRendered, match=rf"cannot be read from .*password \(it is {why}"):
            render(federation, tmp_path / "federation")


def test_the_gateway_leads_to_members_only(federation: Federation) -> None:
    table = gateway_table(federation)
    assert set(table["routes"]) == {f"{name}:{port}" for name in federation.server_names for port in (443, 8448)}
    assert table["routes"]["interieur.gouv.test:443"] == {
        "host": "127.0.0.1",
        "port": federation.homeserver("interieur").federation_port,
    }


def test_synapse_itself_understands_what_is_rendered(rendered: Rendered) -> None:
    from synapse.config.homeserver import HomeServerConfig

    for one in rendered.homeservers:
        config: Any = HomeServerConfig.load_config("test", list(one.command[3:]))
        assert config.server.server_name == one.server_name
        assert set(config.federation.federation_domain_whitelist) == {each.server_name for each in rendered.homeservers}
        assert config.key.key_servers == []
        assert not config.registration.enable_registration
