"""Lists that are built say what they were told to, in the encoding of the standard, and refuse what it forbids."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import hostile
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import (
    AuthorityKeyIdentifier,
    CertificateIssuer,
    DistributionPoint,
    DistributionPointName,
    FreshestCRL,
    GeneralName,
    InvalidityDate,
    IssuerAltName,
    IssuingDistributionPoint,
    ReasonCode,
)
from gmpki.errors import GmpkiError, InvalidInputError, InvalidSignature, InvalidTypeError, KeyMismatchError
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.ed25519 import Ed25519PrivateKey
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509 import crl_builder
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_builder import MAX_NUMBER, CRLBuilder, Revocation
from gmpki.x509.extensions import make
from gmpki.x509.names import build_name
from x509 import made
from x509.crl_world import DAY, NOW, Authority, revoked

ROOT = Authority()
URI = "http://crl.example.cn/1.crl"
POINT = DistributionPointName((GeneralName.uri(URI),))
INDIRECT = IssuingDistributionPoint(indirect_crl=True)


def test_what_is_built_is_read() -> None:
    crl = ROOT.crl(revoked(7), revoked(9, ReasonCode.KEY_COMPROMISE, invalidity_date=NOW - 20 * DAY))
    assert (crl.version, crl.issuer, crl.this_update, crl.next_update) == (2, ROOT.name, NOW - DAY, NOW + DAY)
    assert crl.crl_number == 10
    assert crl.delta_base is None
    assert crl.quirks == ()
    assert [(e.serial_number, e.reason, e.invalidity_date) for e in crl] == [
        (7, None, None),
        (9, ReasonCode.KEY_COMPROMISE, NOW - 20 * DAY),
    ]
    crl.verify_signature(ROOT.key.public_key)


def test_the_issuer_is_taken_from_its_certificate() -> None:
    builder = CRLBuilder.for_issuer(ROOT.certificate, this_update=NOW, next_update=NOW + DAY, number=1)
    crl = builder.sign(ROOT.key)
    assert crl.issuer == ROOT.certificate.subject
    assert crl.authority_key_identifier == AuthorityKeyIdentifier(ROOT.certificate.subject_key_identifier)
    crl.verify_signature(ROOT.certificate)


def test_a_list_for_a_certificate_is_signed_with_its_key() -> None:
    builder = CRLBuilder.for_issuer(ROOT.certificate, this_update=NOW, next_update=NOW + DAY, number=1)
    for signer in (made.KEY, ECDSAPrivateKey.generate()):
        with pytest.raises(KeyMismatchError, match="not that of the certificate"):
            builder.sign(signer)
    with pytest.raises(InvalidTypeError):
        replace(builder, public_key_info=made.KEY.public_key)
    replace(builder, public_key_info=None).sign(made.KEY)


def test_a_certificate_without_key_identifier_does_not_do() -> None:
    bare = made.builder().sign(made.KEY)
    with pytest.raises(InvalidInputError, match="key identifier"):
        CRLBuilder.for_issuer(bare, this_update=NOW, next_update=NOW + DAY, number=1)
    for value in (None, ROOT.name, 5):
        with pytest.raises(InvalidTypeError):
            CRLBuilder.for_issuer(value, this_update=NOW, next_update=NOW + DAY, number=1)  # type: ignore[arg-type]


def test_an_empty_list_has_no_entries_field() -> None:
    crl = ROOT.crl()
    tbs = der.Reader(crl.tbs_der).sequence()
    tags = []
    while not tbs.at_end():
        tags.append(tbs.peek())
        tbs.raw_element()
    # version, signature, issuer, two times, extensions: no SEQUENCE between the times and the extensions.
    assert tags == [0x02, 0x30, 0x30, 0x17, 0x17, 0xA0]
    assert len(crl) == 0
    assert bool(crl)


def test_times_from_2050_are_generalized_times() -> None:
    late = datetime(2050, 1, 1, tzinfo=timezone.utc)
    crl = ROOT.crl(Revocation(5, late), this_update=late, next_update=late + DAY)
    assert crl.this_update == late
    assert crl.find(5).revocation_date == late  # type: ignore[union-attr]
    assert crl.tbs_der.count(b"\x18\x0f2050") == 3


def test_unspecified_is_left_out() -> None:
    assert ROOT.crl(revoked(7, ReasonCode.UNSPECIFIED)).tbs_der == ROOT.crl(revoked(7)).tbs_der


def test_the_same_values_give_the_same_bytes() -> None:
    entries = [revoked(n, ReasonCode.SUPERSEDED) for n in (5, 3, 900)]
    assert ROOT.crl(*entries).tbs_der == ROOT.crl(*entries).tbs_der
    assert [entry.serial_number for entry in ROOT.crl(*entries)] == [5, 3, 900]


def test_extensions_are_critical_as_the_standard_says() -> None:
    complete = ROOT.crl(
        issuing_distribution_point=IssuingDistributionPoint(POINT),
        freshest_crl=FreshestCRL((DistributionPoint.uri(URI),)),
        extensions=(make(IssuerAltName((GeneralName.uri(URI),))),),
    )
    delta = ROOT.crl(delta_base=4)
    found = {str(e.extn_id): e.critical for crl in (complete, delta) for e in crl.extensions}
    assert found == {
        "2.5.29.35": False,
        "2.5.29.20": False,
        "2.5.29.28": True,
        "2.5.29.46": False,
        "2.5.29.18": False,
        "2.5.29.27": True,
    }
    entry = ROOT.crl(revoked(5, ReasonCode.SUPERSEDED, invalidity_date=NOW)).find(5)
    assert entry is not None
    assert [e.critical for e in entry.extensions] == [False, False]


def test_certificate_issuer_is_critical_and_not_repeated() -> None:
    other, third = Authority("甲").name, Authority("乙").name
    crl = ROOT.crl(
        revoked(1),
        revoked(2, certificate_issuer=other),
        revoked(3, certificate_issuer=other),
        revoked(4, certificate_issuer=third),
        revoked(5),
        issuing_distribution_point=INDIRECT,
    )
    named = [entry.extensions.get(CertificateIssuer) for entry in crl]
    assert [extension.critical if extension else None for extension in named] == [None, True, None, True, True]
    assert [entry.issuer for entry in crl] == [ROOT.name, other, other, third, ROOT.name]


# ---- refused --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"issuer": build_name()}, "not empty"),
        ({"next_update": NOW - DAY}, "comes after"),
        ({"next_update": NOW - 2 * DAY}, "comes after"),
        ({"this_update": datetime(2026, 1, 1)}, "time zone"),
        ({"next_update": datetime(2027, 1, 1)}, "time zone"),
        ({"this_update": NOW - timedelta(microseconds=1)}, "fraction"),
        ({"number": -1}, "number"),
        ({"number": MAX_NUMBER + 1}, "number"),
        ({"delta_base": 10}, "above"),
        ({"delta_base": 11}, "above"),
        ({"delta_base": -1}, "delta_base"),
        ({"delta_base": 4, "freshest_crl": FreshestCRL((DistributionPoint.uri(URI),))}, "does not point"),
        ({"extensions": (make(AuthorityKeyIdentifier(b"x")),)}, "twice"),
        ({"issuing_distribution_point": IssuingDistributionPoint()}, "left out"),
        (
            {
                "issuing_distribution_point": IssuingDistributionPoint(
                    only_contains_ca_certs=True, only_contains_user_certs=True
                )
            },
            "at most one",
        ),
    ],
)
def test_what_a_list_cannot_say(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        ROOT.builder(**changes)


@pytest.mark.parametrize(
    ("entries", "changes", "message"),
    [
        ([revoked(5, ReasonCode.REMOVE_FROM_CRL)], {}, "only a delta"),
        ([revoked(5, certificate_issuer=Authority("甲").name)], {}, "only an indirect"),
        ([Revocation(5, datetime(2026, 1, 1))], {}, "time zone"),
        ([Revocation(5, NOW + timedelta(microseconds=1))], {}, "fraction"),
        ([revoked(5, invalidity_date=datetime(2026, 1, 1))], {}, "time zone"),
    ],
)
def test_what_an_entry_cannot_say(entries: list[Revocation], changes: dict[str, Any], message: str) -> None:
    stream = io.BytesIO()
    with pytest.raises(InvalidInputError, match=message):
        ROOT.builder(*entries, **changes).write(stream, ROOT.key)
    assert stream.getvalue() == b""


@pytest.mark.parametrize("serial_number", [0, -1, MAX_NUMBER + 1])
def test_serial_numbers_are_positive_and_have_20_octets(serial_number: int) -> None:
    with pytest.raises(InvalidInputError, match="serial_number"):
        Revocation(serial_number, NOW)


def test_the_largest_numbers_have_20_octets() -> None:
    crl = ROOT.crl(Revocation(MAX_NUMBER, NOW), number=MAX_NUMBER)
    assert crl.crl_number == MAX_NUMBER
    assert crl.find(MAX_NUMBER) is not None
    assert b"\x02\x14\x7f" + b"\xff" * 19 in crl.der


def test_a_delta_list_removes() -> None:
    crl = ROOT.crl(revoked(5, ReasonCode.REMOVE_FROM_CRL), delta_base=9)
    assert crl.delta_base == 9
    assert crl.find(5).reason is ReasonCode.REMOVE_FROM_CRL  # type: ignore[union-attr]


def test_entries_are_revocations() -> None:
    with pytest.raises(InvalidTypeError, match="Revocation"):
        ROOT.builder(entries=[5]).sign(ROOT.key)  # type: ignore[list-item]


def test_hostile_values() -> None:
    for _ in hostile.results(Revocation, (5, NOW, ReasonCode.SUPERSEDED, NOW, ROOT.name)):
        pass

    def build(*values: Any) -> CRLBuilder:
        fields = ("issuer", "this_update", "next_update", "number", "authority_key_identifier", "delta_base")
        return CRLBuilder(**dict(zip(fields, values, strict=True)))

    good = (ROOT.name, NOW, NOW + DAY, 10, AuthorityKeyIdentifier(b"x"), 4)
    assert build(*good).number == 10
    for _ in hostile.results(build, good):
        pass


@pytest.mark.parametrize("field", ["issuing_distribution_point", "freshest_crl", "extensions", "entries"])
def test_hostile_fields(field: str) -> None:
    for value in hostile.VALUES:
        try:
            ROOT.builder(**{field: value}).sign(ROOT.key)
        except GmpkiError:
            continue
        assert not value


@pytest.mark.parametrize("signer", [None, object(), ROOT.key.public_key])
def test_signers_sign(signer: Any) -> None:
    with pytest.raises(InvalidTypeError, match="signer"):
        ROOT.builder().write(io.BytesIO(), signer)


# ---- signatures -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [SM2PrivateKey, ECDSAPrivateKey, Ed25519PrivateKey])
def test_every_kind_of_key_signs_pieces(kind: Any) -> None:
    key = kind.generate()
    crl = ROOT.builder(*[revoked(n) for n in range(1, 50)]).sign(key)
    crl.verify_signature(key.public_key)
    assert crl.signature_algorithm == key.signature_algorithm
    with pytest.raises(InvalidSignature):
        crl.verify_signature(kind.generate().public_key)


def test_the_user_id_is_the_callers() -> None:
    crl = ROOT.builder().sign(ROOT.key, user_id=b"")
    with pytest.raises(InvalidSignature):
        crl.verify_signature(ROOT.key.public_key)
    key = ECDSAPrivateKey.generate()
    with pytest.raises(InvalidInputError):
        ROOT.builder().sign(key, user_id=b"")


class Elsewhere:
    """A signer that only the protocol describes."""

    def __init__(self) -> None:
        self._key = SM2PrivateKey.generate()
        self.public_key = self._key.public_key
        self.signature_algorithm = self._key.signature_algorithm
        self.digests: list[bytes] = []

    def sign(self, message: Any, *, user_id: Any = None) -> bytes:
        return self._key.sign(message, user_id=user_id)

    def sign_digest(self, digest: Any) -> bytes:
        self.digests.append(bytes(digest))
        return self._key.sign_digest(digest)


def test_a_signer_elsewhere_gets_the_digest() -> None:
    signer = Elsewhere()
    crl = ROOT.builder(revoked(5)).sign(signer)
    crl.verify_signature(signer.public_key)
    assert signer.digests == [signer.public_key.digest(crl.tbs_der)]


# ---- streams --------------------------------------------------------------------------------------------------------
def many(count: int) -> Iterator[Revocation]:
    return (Revocation(10**30 + n, NOW, ReasonCode.SUPERSEDED if n % 2 else None) for n in range(count))


def test_a_stream_gets_what_sign_returns() -> None:
    stream = io.BytesIO()
    assert ROOT.builder(entries=many(1000)).write(stream, ROOT.key) == 1000
    written = CertificateRevocationList.from_der(stream.getvalue())
    assert written.tbs_der == ROOT.builder(entries=many(1000)).sign(ROOT.key).tbs_der
    written.verify_signature(ROOT.key.public_key)
    assert len(written) == 1000


class Sink:
    """Counts bytes and keeps none."""

    def __init__(self) -> None:
        self.length = 0

    def write(self, data: bytes) -> int:
        self.length += len(data)
        return len(data)


def test_memory_does_not_grow_with_the_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crl_builder, "_SPOOL_LEN", 1 << 16)  # what stays in memory before a file is used
    monkeypatch.setattr(crl_builder, "_PIECE_LEN", 1 << 16)
    sink = Sink()
    peaks = []
    for count in (5_000, 5_000, 20_000):  # the first time modules are loaded
        tracemalloc.start()
        ROOT.builder(entries=many(count)).write(sink, ROOT.key)  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert sink.length > 30_000 * 35
    assert peaks[2] < peaks[1] + 100_000  # the encoding of 15,000 more entries has 600,000 bytes


def test_errors_of_the_source_and_the_stream_are_the_callers() -> None:
    def broken() -> Iterator[Revocation]:
        yield revoked(1)
        raise ConnectionError("the database went away")

    with pytest.raises(ConnectionError):
        ROOT.builder(entries=broken()).sign(ROOT.key)


def test_an_iterator_serves_once() -> None:
    builder = ROOT.builder(entries=iter([revoked(1)]))
    assert [len(builder.sign(ROOT.key)), len(builder.sign(ROOT.key))] == [1, 0]


def test_a_builder_is_changed_by_replacing() -> None:
    builder = ROOT.builder(revoked(1))
    assert replace(builder, number=11).sign(ROOT.key).crl_number == 11
    with pytest.raises(AttributeError):
        builder.number = 11  # type: ignore[misc]


def test_invalidity_dates_are_generalized_times() -> None:
    entry = ROOT.crl(revoked(5, invalidity_date=datetime(1949, 1, 1, tzinfo=timezone.utc))).find(5)
    assert entry is not None
    assert entry.extensions.find(InvalidityDate) == InvalidityDate(datetime(1949, 1, 1, tzinfo=timezone.utc))
