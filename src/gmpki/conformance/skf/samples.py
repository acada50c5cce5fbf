"""What several groups of checks put into a token or compare with: certificates, wrapped keys, files, signatures."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from gmpki.algorithms.sm2 import CiphertextFormat
from gmpki.conformance.skf import sm2_mistakes
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey
from gmpki.tokens.interfaces import Rights

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import SubjectPublicKeyInfo
    from gmpki.conformance.skf.bench import SKFBench

__all__ = [
    "certificate",
    "certificate_for",
    "delete_container",
    "delete_file",
    "expect_contents",
    "expect_same",
    "holds",
    "keep_label",
    "new_file",
    "wrapped_key",
    "written_file",
]

_DAY = timedelta(days=1)
_UNIT_LEN = 64  # bytes that a unit adds at least
_INFO_LEN = 512  # more than DEVINFO has in any layout


def certificate(point: bytes, *, least_len: int = 0) -> bytes:
    """Return a certificate in DER for a public key, x || y in 64 bytes, as :func:`certificate_for`."""
    return certificate_for(SM2PublicKey.from_bytes(point), least_len=least_len)


def certificate_for(public_key: SM2PublicKey | SubjectPublicKeyInfo, *, least_len: int = 0) -> bytes:
    """Return a certificate in DER for a public key, from an authority that nobody knows.

    :param least_len: in bytes; a subject of many units makes it so long.
    """
    from gmpki.x509.certificate_builder import CertificateBuilder, random_serial_number
    from gmpki.x509.names import build_name

    now = datetime.now(timezone.utc).replace(microsecond=0)
    units = [("OU", f"{at:02d} {'unit ' * 12}".strip()) for at in range(least_len // _UNIT_LEN)]
    builder = (
        CertificateBuilder()
        .subject(build_name(("C", "CN"), *units, ("CN", f"conformance {secrets.token_hex(4)}")))
        .issuer(build_name(("C", "CN"), ("CN", "conformance")))
        .serial_number(random_serial_number())
        .validity(now - _DAY, now + _DAY)
        .public_key(public_key)
    )
    return builder.sign(SM2PrivateKey.generate()).to_der()


def holds(point: bytes, digest: bytes, signature: bytes) -> bool:
    """Tell whether a signature r || s over a digest of 32 bytes holds, as our software judges it."""
    return sm2_mistakes.holds(SM2PublicKey.from_bytes(point), digest, signature)


def wrapped_key(public_key: SM2PublicKey, key: bytes) -> SM2Ciphertext:
    """Return a session key encrypted to a public key."""
    return SM2Ciphertext.from_bytes(public_key.encrypt(key), CiphertextFormat.DER)


def new_file(bench: SKFBench, size: int, *, read: int = Rights.USER, write: int = Rights.USER) -> str:
    """Create a file in the bench's application, until the end of the check, with the user logged in; return its name.

    :param size: bytes.
    """
    bench.login()
    name = bench.shared.new_name()
    with bench.scene():
        bench.skf.create_file(bench.application, name, size, read, write)
    bench.later(delete_file, bench, name)
    return name


def written_file(bench: SKFBench, content: bytes) -> str:
    """Create a file with these contents, as :func:`new_file`, and return its name."""
    name = new_file(bench, len(content))
    with bench.scene():
        bench.skf.write_file(bench.application, name, 0, content)
    return name


def expect_contents(bench: SKFBench, name: str, content: bytes, en: str, zh: str) -> None:
    """Fail unless a file holds exactly this.

    :param en: what it means when it does not; zh: the same in Chinese.
    """
    expect_same(bench, bench.skf.read_file(bench.application, name, 0, len(content)), content, en, zh)


def expect_same(bench: SKFBench, seen: bytes, expected: bytes, en: str, zh: str) -> None:
    """Fail unless two contents are the same, and tell where they begin to differ."""
    if seen == expected:
        return
    if len(seen) != len(expected):
        bench.fail(
            f"{en}: {len(seen)} bytes instead of {len(expected)}",
            f"{zh}：{len(seen)} 字节，而不是 {len(expected)} 字节",
        )
    at = next(index for index, byte in enumerate(seen) if byte != expected[index])
    bench.fail(
        f"{en}: byte {at} is 0x{seen[at]:02X}, not 0x{expected[at]:02X}",
        f"{zh}：第 {at} 字节为 0x{seen[at]:02X}，而不是 0x{expected[at]:02X}",
    )


def keep_label(bench: SKFBench) -> None:
    """Set the label that the device has now once more when the check ends: the same bytes, whatever they mean."""
    room = bench.buffer(_INFO_LEN)
    info = bench.ffi.cast("DEVINFO *", room.pointer)
    with bench.scene():
        bench.demand("SKF_GetDevInfo", bench.raw(bench.device), info)
    bench.later(_set_label, bench, bytes(bench.ffi.buffer(info.Label)).partition(b"\0")[0])


def _set_label(bench: SKFBench, label: bytes) -> None:
    bench.code("SKF_SetLabel", bench.raw(bench.device), bench.text(label))


def delete_file(bench: SKFBench, name: str) -> None:
    """Delete a file of the bench's application, with the user logged in."""
    bench.login()
    bench.skf.delete_file(bench.application, name)


def delete_container(bench: SKFBench, name: str) -> None:
    """Delete a container of the bench's application, with the user logged in."""
    bench.login()
    bench.skf.delete_container(bench.application, name)
