"""The federation's own certificate authority, and the certificate of each homeserver's federation listener.

One P-256 root that signs leaves and nothing below them; a leaf is for one server name. Nothing outside trusts it, and
the homeservers trust nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from synapse_config.errors import NotRendered
from synapse_config.files import SECRET, Writer

_ROOT_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=397)
#: A leaf with less life than this is made anew (with the same key) at the next rendering.
_RENEW_BEFORE = timedelta(days=60)
#: Clocks of two machines may differ.
_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """The root: its key signs leaves; `path` is where the homeservers read its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    path: Path


def authority(writer: Writer, folder: Path) -> Authority:
    """The authority kept in `folder` (`ca.crt`, `ca.key` of mode 600), made there the first time.

    Raises `NotRendered` where the certificate is there without its key, or has ended.
    """
    writer.folder(folder)
    key_path, path = folder / "ca.key", folder / "ca.crt"
    if path.exists() and not key_path.exists():
        raise NotRendered(
            f"{path} is there but its key {key_path} is not. Put the key back from a backup; or, to start a new "
            "authority, take ca.crt away and give every homeserver the new one at the same time."
        )
    key = _key(writer, key_path)
    certificate = x509.load_pem_x509_certificate(path.read_bytes()) if path.exists() else _root(key)
    if certificate.public_key() != key.public_key():
        raise NotRendered(f"{path} and {key_path} do not belong together. Put both back from the same backup.")
    if certificate.not_valid_after_utc <= datetime.now(UTC):
        raise NotRendered(f"{path} has ended. Take it away to have a new one from the same key, then render again.")
    writer.write(path, certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(key, certificate, path)


def leaf(writer: Writer, folder: Path, server_name: str, issuer: Authority) -> None:
    """Sees to it that `folder` has `tls.key` (mode 600) and a `tls.crt` for `server_name` that lasts a while yet."""
    key = _key(writer, folder / "tls.key")
    path = folder / "tls.crt"
    if path.exists() and _still_good(path.read_bytes(), key, server_name, issuer):
        return
    writer.write(
        path, b"".join(one.public_bytes(serialization.Encoding.PEM) for one in _chain(key, server_name, issuer))
    )


def _chain(
    key: ec.EllipticCurvePrivateKey, server_name: str, issuer: Authority
) -> tuple[x509.Certificate, x509.Certificate]:
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "homeserver")])
    certificate = (
        _builder(subject, issuer.certificate.subject, key, _LEAF_LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(server_name)]), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    return certificate, issuer.certificate


def _root(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Parvis federation")])
    return (
        _builder(name, name, key, _ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + life)
    )


def _usage(*, digital_signature: bool = False, signs_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _still_good(pem: bytes, key: ec.EllipticCurvePrivateKey, server_name: str, issuer: Authority) -> bool:
    """Whether the first certificate of `pem` is this key's, this name's and this authority's, and not near its end."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        certificate.verify_directly_issued_by(issuer.certificate)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        certificate.public_key() == key.public_key()
        and names.get_values_for_type(x509.DNSName) == [server_name]
        and certificate.not_valid_after_utc - datetime.now(UTC) > _RENEW_BEFORE
    )


def _key(writer: Writer, path: Path) -> ec.EllipticCurvePrivateKey:
    """The key kept at `path`, made there the first time. Raises `NotRendered` where it cannot be read."""
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        try:
            loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise NotRendered(f"{path} is not a private key in PEM. Put it back from a backup.") from error
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise NotRendered(f"{path} is not an elliptic-curve key, and is not ours. Put ours back from a backup.")
        key = loaded
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    writer.write(path, pem, SECRET)
    return key
