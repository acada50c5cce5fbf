"""A revocation list of 100,000 entries built, read and looked up; ``cryptography`` does the same job with P-256.

Building starts from plain numbers, times and reasons, as a database has them. Reading is followed by one look-up,
because ``cryptography`` puts work off until then. gmpki signs with SM2, and with P-256 for the comparison.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

COUNT = 100_000
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
NEXT = START + timedelta(days=7)


def rows() -> Iterator[tuple[int, datetime, bool]]:
    """Yield serial number, time, and whether the reason is keyCompromise or none."""
    for n in range(COUNT):
        yield (1 << 126) + n * 0x9E3779B97F4A7C15, START - timedelta(minutes=n), n % 3 == 0


PRESENT = [serial_number for serial_number, _, _ in rows()][:: COUNT // 10]
ABSENT = [serial_number + 1 for serial_number in PRESENT]


class Gmpki:
    """This package."""

    def __init__(self, algorithm: str) -> None:
        from gmpki.asn1.rfc5280 import ReasonCode
        from gmpki.keys.ecdsa import ECDSAPrivateKey
        from gmpki.keys.sm2 import SM2PrivateKey
        from gmpki.x509.crl import load_crl
        from gmpki.x509.crl_builder import CRLBuilder, Revocation
        from gmpki.x509.names import build_name

        self.name = f"gmpki[{algorithm}]"
        self._key = (SM2PrivateKey if algorithm == "SM2" else ECDSAPrivateKey).generate()
        self._issuer = build_name(("C", "CN"), ("CN", "Example Root"))
        self._builder, self._revocation, self._load = CRLBuilder, Revocation, load_crl
        self._compromise = ReasonCode.KEY_COMPROMISE

    def build(self) -> bytes:
        revocation, compromise = self._revocation, self._compromise
        entries = (revocation(number, when, compromise if is_bad else None) for number, when, is_bad in rows())
        builder = self._builder(issuer=self._issuer, this_update=START, next_update=NEXT, number=1, entries=entries)
        stream = io.BytesIO()
        builder.write(stream, self._key)
        return stream.getvalue()

    def read(self, data: bytes) -> Callable[[int], Any]:
        return self._load(data).find

    def read_and_look_up(self, data: bytes) -> Any:
        return self._load(data).find(PRESENT[-1])

    def verify(self, data: bytes) -> None:
        self._load(data).verify_signature(self._key.public_key)


class Cryptography:
    """PyPI ``cryptography``."""

    name = "cryptography[P-256]"

    def __init__(self) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        self._x509, self._hash, self._der = x509, hashes.SHA256(), serialization.Encoding.DER
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._issuer = x509.Name(
            [
                x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CN"),
                x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example Root"),
            ]
        )

    def build(self) -> bytes:
        x509 = self._x509
        compromise = x509.CRLReason(x509.ReasonFlags.key_compromise)
        entries = []
        for number, when, is_bad in rows():
            entry = x509.RevokedCertificateBuilder(number, when.replace(tzinfo=None))
            entries.append((entry.add_extension(compromise, critical=False) if is_bad else entry).build())
        # All at once: its method that adds one copies the list each time.
        builder = x509.CertificateRevocationListBuilder(
            self._issuer, START.replace(tzinfo=None), NEXT.replace(tzinfo=None), [], entries
        )
        builder = builder.add_extension(x509.CRLNumber(1), critical=False)
        return builder.sign(self._key, self._hash).public_bytes(self._der)

    def read(self, data: bytes) -> Callable[[int], Any]:
        return self._x509.load_der_x509_crl(data).get_revoked_certificate_by_serial_number

    def read_and_look_up(self, data: bytes) -> Any:
        return self.read(data)(PRESENT[-1])

    def verify(self, data: bytes) -> None:
        assert self._x509.load_der_x509_crl(data).is_signature_valid(self._key.public_key())


@functools.cache
def implementations() -> tuple[Any, ...]:
    return Gmpki("SM2"), Gmpki("P-256"), Cryptography()


@functools.cache
def built(index: int) -> bytes:
    return implementations()[index].build()


each = pytest.mark.parametrize("index", range(3), ids=["sm2", "p256", "cryptography"])


def prepare(benchmark: Any, operation: str, index: int, *, data_len: int = 0) -> Any:
    benchmark.group = f"CRL of 100,000 entries: {operation}"
    benchmark.extra_info["implementation"] = implementations()[index].name
    benchmark.extra_info["data_len"] = data_len
    return implementations()[index]


@each
def test_build(benchmark, index):
    implementation = prepare(benchmark, "build and sign", index)
    data = benchmark.pedantic(implementation.build, rounds=2)
    implementation.verify(data)


@each
def test_read(benchmark, index):
    data = built(index)
    implementation = prepare(benchmark, "read, look up one", index, data_len=len(data))
    assert benchmark.pedantic(implementation.read_and_look_up, (data,), rounds=5).serial_number == PRESENT[-1]


@each
@pytest.mark.parametrize("there", [True, False], ids=["present", "absent"])
def test_look_up(benchmark, index, there):
    """Ten certificates spread over the list."""
    find = prepare(benchmark, f"look up ten, {'on' if there else 'not on'} it", index).read(built(index))
    numbers = PRESENT if there else ABSENT
    find(numbers[0])

    def look_up() -> list[Any]:
        return [find(number) for number in numbers]

    assert all((found is not None) is there for found in benchmark.pedantic(look_up, rounds=5))
