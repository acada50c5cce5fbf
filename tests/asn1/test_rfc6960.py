"""The structures of OCSP: round trips, known encodings, everything that is refused."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, Extension, GeneralName
from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.asn1.rfc5280.ext_points import AccessDescription
from gmpki.asn1.rfc6960 import (
    MAX_CERTIFICATES,
    MAX_REQUESTS,
    AcceptableResponses,
    ArchiveCutoff,
    BasicOCSPResponse,
    CertID,
    CertStatus,
    CertStatusKind,
    CrlID,
    ExtendedRevoke,
    Nonce,
    OCSPRequest,
    OCSPResponse,
    PreferredSignatureAlgorithm,
    PreferredSignatureAlgorithms,
    Request,
    ResponderID,
    ResponseData,
    ResponseStatus,
    ServiceLocator,
    Signature,
    SingleResponse,
    TBSRequest,
)
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.x509.names import build_name

NOW = datetime(2026, 3, 1, 8, 0, 0, tzinfo=timezone.utc)
SM3 = AlgorithmIdentifier(oids.SM3)
SHA1 = AlgorithmIdentifier(oids.SHA1, NULL)
NAME = build_name(("C", "CN"), ("CN", "示例根"))
ID = CertID(SM3, b"n" * 32, b"k" * 32, 0x1234)
OLD_ID = CertID(SHA1, b"n" * 20, b"k" * 20, 1 << 158)
EXTENSION = Extension(oids.OCSP_NONCE, False, Nonce(b"12345678").to_der())
UNKNOWN = Extension(oids.find("1.2.3"), True, b"\x05\x00")
SIGNATURE = Signature(AlgorithmIdentifier(oids.SM2_WITH_SM3), b"signature")
SINGLE = SingleResponse(ID, CertStatus.good(), NOW, NOW + timedelta(days=1))
DATA = ResponseData(ResponderID(name=NAME), NOW, (SINGLE,))
BASIC = BasicOCSPResponse(DATA, DATA.to_der(), SIGNATURE)
TBS = TBSRequest((Request(ID),))

SAMPLES: list[Schema] = [
    ID,
    OLD_ID,
    Request(ID),
    Request(ID, (EXTENSION, UNKNOWN)),
    TBS,
    TBSRequest((Request(ID), Request(OLD_ID)), GeneralName.directory(NAME), (EXTENSION,)),
    TBSRequest((), GeneralName.uri("http://example.cn")),
    SIGNATURE,
    Signature(SIGNATURE.algorithm, b"", (b"\x30\x00", b"\x30\x03\x02\x01\x01")),
    OCSPRequest(TBS, TBS.to_der()),
    OCSPRequest(TBS, TBS.to_der(), SIGNATURE),
    CertStatus.good(),
    CertStatus.unknown(),
    CertStatus.revoked(NOW),
    *[CertStatus.revoked(NOW, reason) for reason in ReasonCode],
    SINGLE,
    SingleResponse(OLD_ID, CertStatus.revoked(NOW, ReasonCode.KEY_COMPROMISE), NOW, None, (UNKNOWN,)),
    ResponderID(name=NAME),
    ResponderID(key_hash=b"h" * 20),
    DATA,
    ResponseData(ResponderID(key_hash=b"h" * 20), NOW, (SINGLE, SINGLE), (EXTENSION,)),
    BASIC,
    OCSPResponse(ResponseStatus.SUCCESSFUL, oids.OCSP_BASIC, BASIC.to_der()),
    *[OCSPResponse(status) for status in ResponseStatus if status is not ResponseStatus.SUCCESSFUL],
    Nonce(b"x"),
    Nonce(b"x" * 128),
    CrlID(),
    CrlID("http://example.cn/ca.crl", 7, NOW),
    AcceptableResponses((oids.OCSP_BASIC, oids.find("1.2.3"))),
    ArchiveCutoff(NOW),
    ServiceLocator(NAME),
    ServiceLocator(NAME, (AccessDescription(oids.AD_OCSP, GeneralName.uri("http://example.cn")),)),
    PreferredSignatureAlgorithm(SIGNATURE.algorithm),
    PreferredSignatureAlgorithms((PreferredSignatureAlgorithm(SIGNATURE.algorithm, SM3),)),
    ExtendedRevoke(),
]
IDS = [f"{type(sample).__name__}-{index}" for index, sample in enumerate(SAMPLES)]
KINDS = list(dict.fromkeys(type(sample) for sample in SAMPLES))


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_round_trip(sample: Schema) -> None:
    read = type(sample).from_der(bytearray(sample.to_der()))
    assert read == sample
    assert hash(read) == hash(sample)
    assert read.to_der() == sample.to_der()


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_truncated_or_longer_is_refused(sample: Schema) -> None:
    data = sample.to_der()
    for length in range(len(data)):
        with pytest.raises(DecodeError):
            type(sample).from_der(data[:length])
    with pytest.raises(DecodeError, match="too many"):
        type(sample).from_der(data + b"\x00")


@given(sample=st.sampled_from(SAMPLES), place=st.integers(0, 10_000), value=st.integers(1, 255))
def test_changed_byte(sample: Schema, place: int, value: int) -> None:
    data = bytearray(sample.to_der())
    data[place % len(data)] ^= value
    try:
        read = type(sample).from_der(data)
    except DecodeError:
        return
    assert type(sample).from_der(read.to_der()) == read


tags = st.sampled_from([0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x18, 0x30, 0x80, 0x82, 0xA0, 0xA1, 0xA2])
leaves = st.builds(der.encode, tags, st.binary(max_size=16))
trees = st.recursive(
    leaves, lambda inner: st.builds(lambda tag, parts: der.encode(tag, b"".join(parts)), tags, st.lists(inner))
)


@given(kind=st.sampled_from(KINDS), data=st.binary(max_size=64) | trees, tolerant=st.booleans())
def test_arbitrary_bytes(kind: type[Schema], data: bytes, tolerant: bool) -> None:
    place: int | None = 0
    try:
        kind.from_der(data, quirks=QuirkLog(tolerant=tolerant))
    except DecodeError as error:
        place = error.offset
    assert place is None or 0 <= place <= len(data)


def test_known_encodings() -> None:
    assert CertStatus.good().to_der().hex() == "8000"
    assert CertStatus.unknown().to_der().hex() == "8200"
    revoked = CertStatus.revoked(NOW, ReasonCode.SUPERSEDED).to_der()
    assert revoked == b"\xa1\x16\x18\x0f20260301080000Z\xa0\x03\x0a\x01\x04"
    assert OCSPResponse(ResponseStatus.TRY_LATER).to_der().hex() == "30030a0103"
    assert Nonce(b"\x01").to_der().hex() == "040101"
    assert ResponderID(key_hash=bytes(20)).to_der().hex() == "a2160414" + "00" * 20
    assert TBSRequest((Request(ID),)).to_der() == der.encode_sequence(der.encode_sequence(Request(ID).to_der()))


def test_identifiers_are_equal_whatever_the_parameters() -> None:
    with_null = CertID(AlgorithmIdentifier(oids.SM3, NULL), ID.issuer_name_hash, ID.issuer_key_hash, ID.serial_number)
    assert with_null == ID
    assert len({with_null, ID}) == 1
    assert with_null.to_der() != ID.to_der()
    others = [
        CertID(SHA1, ID.issuer_name_hash, ID.issuer_key_hash, ID.serial_number),
        CertID(SM3, b"m" * 32, ID.issuer_key_hash, ID.serial_number),
        CertID(SM3, ID.issuer_name_hash, b"m" * 32, ID.serial_number),
        CertID(SM3, ID.issuer_name_hash, ID.issuer_key_hash, ID.serial_number + 1),
        CertID(AlgorithmIdentifier(oids.SM3, b"\x04\x00"), ID.issuer_name_hash, ID.issuer_key_hash, ID.serial_number),
    ]
    assert ID not in others
    assert ID != "text"


# ---- what is refused ----------------------------------------------------------------------
VERSION_1 = der.encode_explicit(0, der.encode_integer(0))
VERSION_2 = der.encode_explicit(0, der.encode_integer(1))


@pytest.mark.parametrize("sample", [TBS, DATA], ids=["request", "response"])
def test_version_stands_for_itself(sample: Schema) -> None:
    content = sample.to_der()[der.Reader(sample.to_der()).sequence().offset :]
    written = der.encode_sequence(VERSION_1, content)
    with pytest.raises(DecodeError, match="v1 is left out"):
        type(sample).from_der(written)
    log = QuirkLog()
    assert type(sample).from_der(written, quirks=log) == sample
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.EXPLICIT_DEFAULT]
    for tolerant in (False, True):
        with pytest.raises(DecodeError, match="too large"):
            type(sample).from_der(der.encode_sequence(VERSION_2, content), quirks=QuirkLog(tolerant=tolerant))


@pytest.mark.parametrize("length", [0, 129, 1000])
def test_length_of_a_nonce(length: int) -> None:
    with pytest.raises(DecodeError, match="1 to 128 bytes"):
        Nonce.from_der(der.encode_octet_string(bytes(length)))
    with pytest.raises(InvalidInputError, match="1 to 128 bytes"):
        Nonce(bytes(length)).to_der()


@pytest.mark.parametrize("status", [4, 7, -1, 1 << 70])
def test_unknown_status(status: int) -> None:
    with pytest.raises(DecodeError, match="no such status"):
        OCSPResponse.from_der(der.encode_sequence(der.encode_enumerated(status)))


def test_contents_belong_to_success() -> None:
    answer = der.encode_explicit(0, der.encode_sequence(der.encode_oid(oids.OCSP_BASIC), der.encode_octet_string(b"")))
    with pytest.raises(DecodeError, match="to no other"):
        OCSPResponse.from_der(der.encode_sequence(der.encode_enumerated(3), answer))
    with pytest.raises(DecodeError, match="belong to a successful"):
        OCSPResponse.from_der(der.encode_sequence(der.encode_enumerated(0)))


@pytest.mark.parametrize("data", ["830100", "a000", "a100", "8100", "800100", "0500", "a200"])
def test_no_status_of_a_certificate(data: str) -> None:
    with pytest.raises(DecodeError):
        CertStatus.from_der(bytes.fromhex(data))


@pytest.mark.parametrize("reason", [7, 11, -1])
def test_no_reason(reason: int) -> None:
    encoded = der.encode_explicit(0, der.encode_enumerated(reason))
    data = der.encode_implicit(1, der.encode_sequence(der.encode_generalized_time(NOW), encoded))
    with pytest.raises(DecodeError, match="reason"):
        CertStatus.from_der(data)


@pytest.mark.parametrize("length", [0, 19, 21, 32])
def test_hash_of_a_responder_is_sha1(length: int) -> None:
    with pytest.raises(DecodeError, match="20 bytes"):
        ResponderID.from_der(der.encode_explicit(2, der.encode_octet_string(bytes(length))))
    with pytest.raises(InvalidInputError, match="20 bytes"):
        ResponderID(key_hash=bytes(length))


def test_times_are_generalized() -> None:
    at = SINGLE.to_der().replace(der.encode_generalized_time(NOW), der.encode_utc_time(NOW))
    with pytest.raises(DecodeError):
        SingleResponse.from_der(at)


def test_bounds() -> None:
    requests = der.encode_sequence(*[Request(ID).to_der()] * (MAX_REQUESTS + 1))
    with pytest.raises(DecodeError, match=f"more than {MAX_REQUESTS}"):
        TBSRequest.from_der(der.encode_sequence(requests))
    certificates = Signature(SIGNATURE.algorithm, b"", (b"\x30\x00",) * (MAX_CERTIFICATES + 1))
    with pytest.raises(DecodeError, match=f"more than {MAX_CERTIFICATES}"):
        Signature.from_der(certificates.to_der())
    with pytest.raises(LimitExceeded):
        OCSPResponse.from_der(SAMPLES[-9].to_der() + bytes(100), max_size=50)


def test_an_empty_list_of_extensions() -> None:
    data = der.encode_sequence(ID.to_der(), der.encode_explicit(0, der.encode_sequence()))
    with pytest.raises(DecodeError, match="never empty"):
        Request.from_der(data)
    assert Request.from_der(data, quirks=QuirkLog()) == Request(ID)


@pytest.mark.parametrize(
    "arguments",
    [
        (CertStatusKind.REVOKED,),
        (CertStatusKind.GOOD, NOW),
        (CertStatusKind.UNKNOWN, None, ReasonCode.KEY_COMPROMISE),
        (CertStatusKind.GOOD, None, ReasonCode.UNSPECIFIED),
    ],
)
def test_a_status_is_consistent(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidInputError):
        CertStatus(*arguments)


def test_a_responder_is_named_one_way() -> None:
    with pytest.raises(InvalidInputError):
        ResponderID()
    with pytest.raises(InvalidInputError):
        ResponderID(NAME, bytes(20))


@pytest.mark.parametrize(
    "value",
    [
        CrlID(crl_num=-1),
        CrlID(crl_url="http://例.cn"),
        CrlID(crl_time=NOW.replace(tzinfo=None)),
        ArchiveCutoff(NOW.replace(microsecond=1)),
        AcceptableResponses(()),
        PreferredSignatureAlgorithms(()),
        CertStatus.revoked(NOW.replace(tzinfo=None)),
    ],
    ids=repr,
)
def test_what_cannot_be_written(value: Schema) -> None:
    with pytest.raises(InvalidInputError):
        value.to_der()


def test_hostile_values() -> None:
    """Whatever stands in the fields, only errors of gmpki leave."""
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (lambda *fields: CertID(*fields).to_der(), (SM3, b"n", b"k", 1)),
        (lambda *fields: Request(*fields).to_der(), (ID, ())),
        (lambda *fields: Nonce(*fields).to_der(), (b"n",)),
        (lambda *fields: CertStatus(*fields).to_der(), (CertStatusKind.REVOKED, NOW, ReasonCode.SUPERSEDED)),
        (lambda *fields: SingleResponse(*fields).to_der(), (ID, CertStatus.good(), NOW, NOW)),
        (lambda *fields: ResponderID(*fields).to_der(), (NAME, None)),
        (lambda *fields: OCSPResponse(*fields).to_der(), (ResponseStatus.SUCCESSFUL, oids.OCSP_BASIC, b"")),
        (lambda *fields: CrlID(*fields).to_der(), ("http://example.cn", 1, NOW)),
        (lambda *fields: ArchiveCutoff(*fields).to_der(), (NOW,)),
    ]
    for call, arguments in calls:
        for result in hostile.results(call, arguments):
            assert isinstance(result, bytes)
    with pytest.raises(InvalidTypeError):
        TBSRequest((ID,)).to_der()  # type: ignore[arg-type]
