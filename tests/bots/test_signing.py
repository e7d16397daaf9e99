"""Cross-signing: what we sign is what Matrix signs, and the homeserver is believed in nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from vodozemac import Ed25519PublicKey, Ed25519Signature

from bots.framework.crosssigning import Identity
from bots.framework.devices import parse_user_keys
from bots.framework.errors import Forged
from bots.framework.signing import canonical, is_signed, public_key, signature
from bots.framework.trust import SessionOrigin, Trust, judge

ALICE = "@alice:a.test"
CURVE = "A" * 43


def device_keys(
    signing: Ed25519PrivateKey, device_id: str = "DEV", user: str = ALICE, curve: str = CURVE
) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "user_id": user,
        "device_id": device_id,
        "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
        "keys": {f"curve25519:{device_id}": curve, f"ed25519:{device_id}": public_key(signing)},
    }
    raw["signatures"] = {user: {f"ed25519:{device_id}": signature(signing, raw)}}
    return raw


def answer(identity: Identity, *devices: dict[str, Any]) -> dict[str, Any]:
    """What `/keys/query` says of Alice when her identity signed these devices."""
    upload = identity.upload("DEV", lambda _: "unused")
    signed = {}
    for device in devices:
        by_identity = identity.sign_device(device)["signatures"][ALICE]
        signed[device["device_id"]] = {**device, "signatures": {ALICE: {**device["signatures"][ALICE], **by_identity}}}
    return {
        "device_keys": {ALICE: signed},
        "master_keys": {ALICE: upload["master_key"]},
        "self_signing_keys": {ALICE: upload["self_signing_key"]},
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 2, "a": 1}, b'{"a":1,"b":2}'),
        ({"a": "é日\u2028"}, '{"a":"é日\u2028"}'.encode()),
        ({"a": {"z": [1, 2], "b": None}}, b'{"a":{"b":null,"z":[1,2]}}'),
        ({"a": 1, "signatures": {"x": 1}, "unsigned": {"age": 4}}, b'{"a":1}'),
    ],
)
def test_canonical_json_is_the_specifications(value: dict[str, Any], expected: bytes) -> None:
    assert canonical(value) == expected


def test_our_signatures_hold_for_vodozemac() -> None:
    key = Ed25519PrivateKey.generate()
    value = {"user_id": ALICE, "keys": {"x": "é"}}
    signed = Ed25519Signature.from_base64(signature(key, value))
    Ed25519PublicKey.from_base64(public_key(key)).verify_signature(canonical(value), signed)


def test_an_identity_survives_its_file() -> None:
    identity = Identity.new(ALICE)
    assert Identity.from_json(identity.to_json()) == identity
    assert "seed" not in repr(identity)
    assert identity.to_json()["master"] not in repr(identity)


def test_a_device_signed_by_its_owners_identity_is_cross_signed() -> None:
    identity = Identity.new(ALICE)
    keys = parse_user_keys(ALICE, answer(identity, device_keys(Ed25519PrivateKey.generate())))
    assert keys.master == identity.public("master")
    assert keys.devices["DEV"].cross_signed


def test_a_device_that_the_identity_did_not_sign_is_known_and_no_more() -> None:
    unsigned = device_keys(Ed25519PrivateKey.generate())
    said = answer(Identity.new(ALICE))
    said["device_keys"][ALICE]["DEV"] = unsigned
    assert not parse_user_keys(ALICE, said).devices["DEV"].cross_signed


def test_a_device_signed_by_an_identity_that_the_master_key_did_not_sign_is_not_cross_signed() -> None:
    real, other = Identity.new(ALICE), Identity.new(ALICE)
    said = answer(other, device_keys(Ed25519PrivateKey.generate()))
    said["master_keys"] = answer(real)["master_keys"]
    assert not parse_user_keys(ALICE, said).devices["DEV"].cross_signed


def test_an_answer_that_left_an_identity_out_is_incomplete() -> None:
    said = answer(Identity.new(ALICE), device_keys(Ed25519PrivateKey.generate()))
    assert not parse_user_keys(ALICE, said).incomplete
    assert parse_user_keys(ALICE, {"device_keys": said["device_keys"]}).incomplete
    unsigned = {"device_keys": {ALICE: {"DEV": device_keys(Ed25519PrivateKey.generate())}}}
    assert not parse_user_keys(ALICE, unsigned).incomplete


def swap_curve(said: dict[str, Any]) -> None:
    said["device_keys"][ALICE]["DEV"]["keys"]["curve25519:DEV"] = "B" * 43


def change_owner(said: dict[str, Any]) -> None:
    said["device_keys"][ALICE]["DEV"]["user_id"] = "@mallory:m.test"


def rename(said: dict[str, Any]) -> None:
    said["device_keys"][ALICE]["OTHER"] = said["device_keys"][ALICE].pop("DEV")


def shorten_key(said: dict[str, Any]) -> None:
    said["device_keys"][ALICE]["DEV"]["keys"]["ed25519:DEV"] = "AAAA"


def empty(said: dict[str, Any]) -> None:
    said["device_keys"][ALICE]["DEV"] = {}


def nonsense(said: dict[str, Any]) -> None:
    said["device_keys"][ALICE]["DEV"] = {"user_id": ALICE, "device_id": "DEV", "keys": 3, "signatures": [1]}


@pytest.mark.parametrize("lie", [swap_curve, change_owner, rename, shorten_key, empty, nonsense])
def test_a_device_that_the_homeserver_made_up_is_no_device(lie: Any) -> None:
    said = answer(Identity.new(ALICE), device_keys(Ed25519PrivateKey.generate()))
    lie(said)
    assert not parse_user_keys(ALICE, said).devices


@pytest.mark.parametrize("said", [{}, {"device_keys": []}, {"master_keys": {ALICE: 1}}, {"device_keys": {ALICE: None}}])
def test_a_malformed_answer_says_nothing(said: dict[str, Any]) -> None:
    keys = parse_user_keys(ALICE, said)
    assert (keys.master, dict(keys.devices)) == (None, {})


def test_a_changed_signature_is_none() -> None:
    key = Ed25519PrivateKey.generate()
    value: dict[str, Any] = {"a": 1}
    value["signatures"] = {ALICE: {"ed25519:D": signature(key, value)}}
    assert is_signed(value, ALICE, "D", public_key(key))
    for change in ({"a": 2}, {"signatures": {ALICE: {"ed25519:D": "!!"}}}, {"signatures": None}):
        assert not is_signed({**copy.deepcopy(value), **change}, ALICE, "D", public_key(key))


class TestWhoseSessionItIs:
    """`judge`: the session must be of a device of the sender."""

    signing = Ed25519PrivateKey.generate()
    identity = Identity.new(ALICE)
    keys = parse_user_keys(ALICE, answer(identity, device_keys(signing)))
    ours = SessionOrigin(CURVE, public_key(signing))

    def test_a_session_of_the_senders_cross_signed_device_is_theirs(self) -> None:
        assert judge(self.ours, self.keys, self.identity.public("master")) is Trust.CROSS_SIGNED

    def test_a_session_of_another_device_is_forged(self) -> None:
        with pytest.raises(Forged):
            judge(SessionOrigin("B" * 43, public_key(self.signing)), self.keys, None)

    def test_a_session_that_claims_another_signing_key_is_forged(self) -> None:
        with pytest.raises(Forged):
            judge(SessionOrigin(CURVE, "B" * 43), self.keys, None)

    def test_a_forwarded_session_is_hearsay(self) -> None:
        origin = SessionOrigin(CURVE, public_key(self.signing), forwarded=True)
        assert judge(origin, self.keys, self.identity.public("master")) is Trust.UNKNOWN_DEVICE

    def test_a_new_identity_is_not_the_one_that_was_seen_first(self) -> None:
        assert judge(self.ours, self.keys, Identity.new(ALICE).public("master")) is Trust.OTHER_IDENTITY
        assert Trust.KNOWN_DEVICE < Trust.OTHER_IDENTITY < Trust.CROSS_SIGNED


def test_a_policy_has_a_name() -> None:
    assert Trust.policy("cross-signed") is Trust.CROSS_SIGNED
    with pytest.raises(ValueError, match="known-device, cross-signed"):
        Trust.policy("none")
