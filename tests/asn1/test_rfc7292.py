"""PKCS #12 structures: known encodings, every truncation, trailing bytes, wrong versions, bounds."""

from __future__ import annotations

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.asn1.cfca import CFCAKeyFile
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5280.ext_names import Attribute
from gmpki.asn1.rfc5652 import ContentInfo
from gmpki.asn1.rfc7292 import (
    MAX_BAGS,
    PFX,
    AuthenticatedSafe,
    MacData,
    PKCS12PBEParams,
    SafeBag,
    SafeContents,
    TypedValue,
)
from gmpki.asn1.rfc8018 import PBMAC1Params
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, LimitExceeded

SM3 = AlgorithmIdentifier(oids.SM3, NULL)
DATA = ContentInfo(oids.DATA, der.encode_octet_string(b"content"))
NAME = Attribute(oids.FRIENDLY_NAME, (der.encode_bmp_string("名"),))
BAG = SafeBag(oids.KEY_BAG, NULL, (NAME,))

SAMPLES: list[Schema] = [
    PFX(DATA),
    PFX(DATA, MacData(SM3, bytes(32), b"salt", 2048)),
    MacData(SM3, bytes(32), b"salt"),
    MacData(AlgorithmIdentifier(oids.PBMAC1, NULL), b"", b"", (1 << 63) - 1),
    AuthenticatedSafe(()),
    AuthenticatedSafe((DATA, DATA)),
    SafeContents(()),
    SafeContents((BAG, SafeBag(oids.CERT_BAG, NULL))),
    TypedValue(oids.CERT_TYPE_X509, der.encode_octet_string(b"certificate")),
    PKCS12PBEParams(b"salt", 1),
    PBMAC1Params(AlgorithmIdentifier(oids.PBKDF2, NULL), SM3),
    CFCAKeyFile(oids.SM4, bytes(48), b"\x30\x00"),
]
IDS = [f"{type(sample).__name__}-{index}" for index, sample in enumerate(SAMPLES)]


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_round_trip(sample: Schema) -> None:
    assert type(sample).from_der(sample.to_der()) == sample


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_truncated_or_longer_is_refused(sample: Schema) -> None:
    encoded = sample.to_der()
    for length in range(len(encoded)):
        with pytest.raises(DecodeError):
            type(sample).from_der(encoded[:length])
    with pytest.raises(DecodeError):
        type(sample).from_der(encoded + b"\x00")


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_a_field_too_many_is_refused(sample: Schema) -> None:
    content = der.Reader(sample.to_der()).contents(der.Tag.SEQUENCE)
    with pytest.raises(DecodeError):
        type(sample).from_der(der.encode_sequence(content, NULL))


def test_a_mac_byte_by_byte() -> None:
    encoded = "3021 3015 300D 06092A811CCF55018311 01 0500 0404AABBCCDD 040473616C74 02020800"
    sample = MacData(AlgorithmIdentifier(oids.SM3_HASH, NULL), bytes.fromhex("AABBCCDD"), b"salt", 2048)
    assert sample.to_der() == bytes.fromhex(encoded)


def test_one_iteration_is_left_out() -> None:
    sample = MacData(SM3, b"", b"")
    written_out = sample.to_der()
    content = der.Reader(written_out).contents(der.Tag.SEQUENCE)
    explicit = der.encode_sequence(content, der.encode_integer(1))
    with pytest.raises(DecodeError, match="left out"):
        MacData.from_der(explicit)
    log = QuirkLog()
    assert MacData.from_der(explicit, quirks=log) == sample
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.EXPLICIT_DEFAULT]


@pytest.mark.parametrize("iterations", [0, -1, 1 << 63])
def test_iterations_outside(iterations: int) -> None:
    content = der.Reader(MacData(SM3, b"", b"").to_der()).contents(der.Tag.SEQUENCE)
    with pytest.raises(DecodeError, match="iterations"):
        MacData.from_der(der.encode_sequence(content, der.encode_integer(iterations)))
    with pytest.raises(DecodeError):
        PKCS12PBEParams.from_der(der.encode_sequence(der.encode_octet_string(b""), der.encode_integer(iterations)))


@pytest.mark.parametrize("version", [0, 1, 2, 4, -3])
def test_versions(version: int) -> None:
    for sample, right in ((PFX(DATA), 3), (CFCAKeyFile(oids.SM4, b"", b"\x30\x00"), 1)):
        if version == right:
            continue
        encoded = sample.to_der().replace(der.encode_integer(right), der.encode_integer(version), 1)
        with pytest.raises(DecodeError, match="version"):
            type(sample).from_der(encoded)


def test_bounds() -> None:
    many = SafeContents((SafeBag(oids.KEY_BAG, NULL),) * MAX_BAGS)
    assert len(SafeContents.from_der(many.to_der()).bags) == MAX_BAGS
    with pytest.raises(LimitExceeded):
        SafeContents.from_der(SafeContents((*many.bags, BAG)).to_der())
    with pytest.raises(LimitExceeded):
        AuthenticatedSafe.from_der(AuthenticatedSafe((DATA,) * (MAX_BAGS + 1)).to_der())


def test_the_type_of_a_cfca_file() -> None:
    encoded = CFCAKeyFile(oids.SM4, b"", b"\x30\x00").to_der()
    other = der.encode_oid(oids.GM_SIGNED_DATA)
    for place in (1, 2):
        parts = encoded.split(der.encode_oid(oids.GM_DATA))
        changed = parts[0] + (other if place == 1 else der.encode_oid(oids.GM_DATA)) + parts[1]
        changed += (other if place == 2 else der.encode_oid(oids.GM_DATA)) + parts[2]
        with pytest.raises(DecodeError, match="data of GM/T 0010"):
            CFCAKeyFile.from_der(changed)


@pytest.mark.parametrize(
    ("sample", "error"),
    [
        (PFX(b"content"), InvalidTypeError),  # type: ignore[arg-type]
        (PFX(DATA, b"mac"), InvalidTypeError),  # type: ignore[arg-type]
        (MacData(b"sm3", b"", b""), InvalidTypeError),  # type: ignore[arg-type]
        (MacData(SM3, "mac", b""), InvalidTypeError),  # type: ignore[arg-type]
        (AuthenticatedSafe([DATA]), InvalidTypeError),  # type: ignore[arg-type]
        (AuthenticatedSafe((BAG,)), InvalidTypeError),  # type: ignore[arg-type]
        (SafeContents([BAG]), InvalidTypeError),  # type: ignore[arg-type]
        (SafeContents((DATA,)), InvalidTypeError),  # type: ignore[arg-type]
        (SafeBag("no oid", NULL), InvalidInputError),  # type: ignore[arg-type]
        (SafeBag(oids.KEY_BAG, NULL, (NULL,)), InvalidTypeError),  # type: ignore[arg-type]
        (SafeBag(oids.KEY_BAG, NULL, [NAME]), InvalidTypeError),  # type: ignore[arg-type]
        (TypedValue(5, NULL), InvalidTypeError),  # type: ignore[arg-type]
        (PKCS12PBEParams(b"", "1"), InvalidTypeError),  # type: ignore[arg-type]
        (PBMAC1Params(SM3, None), InvalidTypeError),  # type: ignore[arg-type]
    ],
)
def test_fields_of_other_types_are_not_written(sample: Schema, error: type[Exception]) -> None:
    with pytest.raises(error):
        sample.to_der()


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(SafeBag(oids.KEY_BAG, b"secret"))
    assert "secret" not in repr(TypedValue(oids.CERT_TYPE_X509, b"secret"))
