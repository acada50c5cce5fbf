"""Names, general names, extensions, certificates and heads of revocation lists: round trips, refusals, quirks."""

from __future__ import annotations

import pickle
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asn1.rfc5280_samples import (
    COUNTRY,
    END,
    GENERAL_NAMES,
    KEY_USAGE,
    NAME,
    SM2_SM3,
    START,
    attribute,
    certificate,
)
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5280 import (
    NULL,
    AlgorithmIdentifier,
    AttributeTypeAndValue,
    Extension,
    GeneralName,
    Name,
    RevokedCertificate,
    SignedStructure,
    TBSCertificate,
    TBSCertListHead,
    Validity,
    encode_extensions,
    encode_general_names,
    read_extensions,
    read_general_names,
    read_signed,
)
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError

SAMPLES: list[Schema] = [
    COUNTRY,
    NAME,
    Name(),
    *GENERAL_NAMES,
    KEY_USAGE,
    Extension(oids.SUBJECT_KEY_IDENTIFIER, False, b"anything"),
    Validity(START, END),
    certificate(),
    certificate(version=1, extensions=()),
    certificate(version=2, extensions=(), issuer_unique_id=b"i", subject_unique_id=b"s"),
    certificate(serial_number=2**159 - 1, issuer_unique_id=b""),
    RevokedCertificate(7, START),
    RevokedCertificate(7, START, (Extension(oids.CRL_REASON, False, bytes.fromhex("0A0101")),)),
    TBSCertListHead(1, SM2_SM3, NAME, START, None),
    TBSCertListHead(2, SM2_SM3, NAME, START, END, RevokedCertificate(7, START).to_der() * 3, (KEY_USAGE,)),
    SignedStructure(certificate().to_der(), SM2_SM3, b"signature"),
]
IDS = [f"{type(sample).__name__}-{index}" for index, sample in enumerate(SAMPLES)]


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_round_trip(sample: Schema) -> None:
    for log in (None, QuirkLog()):
        assert type(sample).from_der(sample.to_der(), quirks=log) == sample
        assert log is None or log.quirks == ()
    assert pickle.loads(pickle.dumps(sample)) == sample


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_truncated_or_longer_is_refused(sample: Schema) -> None:
    data = sample.to_der()
    for log in (None, QuirkLog()):
        for length in range(len(data)):
            with pytest.raises(DecodeError):
                type(sample).from_der(data[:length], quirks=log)
        with pytest.raises(DecodeError, match="too many"):
            type(sample).from_der(data + b"\x00", quirks=log)


def nested(depth: int) -> bytes:
    element = b""
    for _ in range(depth):
        element = der.encode_sequence(element)
    return element


def test_depth_is_bounded() -> None:
    deep = AttributeTypeAndValue(oids.COMMON_NAME, nested(40))
    with pytest.raises(DecodeError, match="deep"):
        Name.from_der(Name(((deep,),)).to_der())
    with pytest.raises(DecodeError, match="deep"):
        Name.from_der(NAME.to_der(), max_depth=2)
    assert Name.from_der(NAME.to_der(), max_depth=3) == NAME
    shallow = Name(((AttributeTypeAndValue(oids.COMMON_NAME, nested(12)),),))
    assert Name.from_der(shallow.to_der()) == shallow


# ---- quirks of certificates ---------------------------------------------------------------------------------------


def patched(data: bytes, old: str, new: str) -> bytes:
    """Replace one piece of an encoded certificate by another of the same length."""
    assert data.count(bytes.fromhex(old)) >= 1
    assert len(old) == len(new)
    return data.replace(bytes.fromhex(old), bytes.fromhex(new), 1)


def with_version(number: int, **changes: Any) -> bytes:
    """Encode a certificate with any version number."""
    body = certificate(version=1, extensions=(), **changes).to_der()
    inner = der.Reader(body).contents(der.Tag.SEQUENCE)
    extensions = der.encode_explicit(3, encode_extensions((KEY_USAGE,)))
    return der.encode(0x30, der.encode_explicit(0, der.encode_integer(number)) + inner + extensions)


QUIRKY = [
    (certificate(serial_number=0).to_der(), QuirkKind.ZERO_SERIAL, "serialNumber"),
    (certificate(serial_number=-5).to_der(), QuirkKind.NEGATIVE_SERIAL, "serialNumber"),
    (certificate(serial_number=2**159).to_der(), QuirkKind.LONG_SERIAL, "serialNumber"),
    (certificate(serial_number=-(2**200)).to_der(), QuirkKind.LONG_SERIAL, "serialNumber"),
    (with_version(1), QuirkKind.VERSION, "extensions"),
    (with_version(0), QuirkKind.EXPLICIT_DEFAULT, "version"),
    (certificate(version=1, issuer_unique_id=b"i").to_der(), QuirkKind.VERSION, "issuerUniqueID"),
    (patched(certificate().to_der(), "0101FF04", "01010104"), QuirkKind.BOOLEAN, "critical"),
    (patched(certificate().to_der(), "0101FF04", "01010004"), QuirkKind.EXPLICIT_DEFAULT, "critical"),
    (patched(certificate().to_der(), "1302434E", "1302432A"), QuirkKind.TEXT_ALPHABET, "issuer.rdn.attribute.value"),
    (
        patched(certificate().to_der(), b"20540101000000Z".hex(), b"20440101000000Z".hex()),
        QuirkKind.TIME_FORM,
        "notAfter",
    ),
]


@pytest.mark.parametrize(("data", "kind", "path"), QUIRKY, ids=lambda part: str(part)[:24])
def test_quirks_of_certificates(data: bytes, kind: QuirkKind, path: str) -> None:
    for strict in (None, QuirkLog(tolerant=False)):
        with pytest.raises(DecodeError):
            TBSCertificate.from_der(data, quirks=strict)
    log = QuirkLog()
    TBSCertificate.from_der(data, quirks=log)
    found = [quirk for quirk in log.quirks if quirk.kind == kind]
    assert found
    assert found[0].path.startswith("TBSCertificate")
    assert found[0].path.endswith(path)
    assert 0 < found[0].offset < len(data)


def test_version_four_is_refused_in_both_modes() -> None:
    for log in (None, QuirkLog()):
        with pytest.raises(DecodeError):
            TBSCertificate.from_der(with_version(3), quirks=log)


def test_null_parameters_are_accepted_and_noted() -> None:
    data = certificate(signature=AlgorithmIdentifier(oids.SM2_WITH_SM3, NULL)).to_der()
    assert TBSCertificate.from_der(data).signature.parameters == NULL
    for tolerant in (False, True):
        for _ in range(2):  # the second time it comes from the cache
            log = QuirkLog(tolerant=tolerant)
            TBSCertificate.from_der(data, quirks=log)
            assert [(quirk.kind, quirk.path) for quirk in log.quirks] == [
                (QuirkKind.NULL_PARAMETERS, "TBSCertificate.signature")
            ]
    usual = QuirkLog()
    AlgorithmIdentifier.from_der(AlgorithmIdentifier(oids.RSA_SHA256, NULL).to_der(), quirks=usual)
    assert usual.quirks == ()


def test_empty_lists() -> None:
    empty = bytes.fromhex("3000")
    for read in (read_extensions, read_general_names):
        with pytest.raises(DecodeError):
            read(der.Reader(empty))
        log = QuirkLog()
        assert read(der.Reader(empty, quirks=log), "list") == ()
        assert [(quirk.kind, quirk.path) for quirk in log.quirks] == [(QuirkKind.EMPTY_SEQUENCE, "list")]
    with pytest.raises(DecodeError):
        Name.from_der(bytes.fromhex("30023100"))
    log = QuirkLog()
    assert Name.from_der(bytes.fromhex("30023100"), quirks=log).rdns == ((),)
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.EMPTY_SEQUENCE]
    head = TBSCertListHead(2, SM2_SM3, NAME, START, END).to_der()
    with_empty = der.encode(0x30, der.Reader(head).contents(0x30) + empty)
    with pytest.raises(DecodeError):
        TBSCertListHead.from_der(with_empty)
    log = QuirkLog()
    assert TBSCertListHead.from_der(with_empty, quirks=log).revoked == b""
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.EMPTY_SEQUENCE]


def test_extensions_in_version_1_of_a_list() -> None:
    head = TBSCertListHead(1, SM2_SM3, NAME, START, END).to_der()
    extensions = der.encode_explicit(0, encode_extensions((KEY_USAGE,)))
    data = der.encode(0x30, der.Reader(head).contents(0x30) + extensions)
    with pytest.raises(DecodeError):
        TBSCertListHead.from_der(data)
    log = QuirkLog()
    assert TBSCertListHead.from_der(data, quirks=log).extensions == (KEY_USAGE,)
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.VERSION]


def test_signed_structures_are_read_in_place() -> None:
    signed = SignedStructure(certificate().to_der(), SM2_SM3, b"signature")
    reader = der.Reader(signed.to_der())
    assert read_signed(reader, TBSCertificate, "Certificate", "tbsCertificate") == (signed, certificate())
    reader.end()
    broken = SignedStructure(certificate(serial_number=0).to_der(), SM2_SM3, b"signature").to_der()
    with pytest.raises(DecodeError) as caught:
        read_signed(der.Reader(broken), TBSCertificate, "Certificate", "tbsCertificate")
    assert caught.value.path == ("Certificate", "tbsCertificate", "serialNumber")
    bits = der.encode_sequence(certificate().to_der(), SM2_SM3.to_der(), bytes.fromhex("03020780"))
    for log in (None, QuirkLog()):
        with pytest.raises(DecodeError, match="whole bytes"):
            SignedStructure.from_der(bits, quirks=log)


# ---- names --------------------------------------------------------------------------------------------------------


def test_names() -> None:
    assert str(NAME) == "CN=张三,O=示例,C=CN"
    assert repr(NAME) == "<Name CN=张三,O=示例,C=CN>"
    assert NAME.get(oids.COMMON_NAME) == "张三"
    assert NAME.get("2.5.4.3") == "张三"
    assert NAME.get(oids.TITLE) is None
    assert NAME.get("CN") == NAME.get("commonName") == "张三"
    assert NAME.get_all("cn") == ("张三",)
    for wrong in ("", "CNN", "X", "common name", "2"):
        with pytest.raises(InvalidInputError):
            NAME.get(wrong)
        with pytest.raises(InvalidInputError):
            NAME.get_all(wrong)
    with pytest.raises(InvalidTypeError):
        NAME.get(None)  # type: ignore[arg-type]
    assert NAME.get_all(oids.COUNTRY_NAME) == ("CN",)
    assert len(NAME.attributes) == 3
    assert not NAME.is_empty
    assert Name().is_empty
    assert str(Name()) == ""
    assert len({NAME, Name.from_der(NAME.to_der()), Name()}) == 2
    assert NAME != "CN=张三,O=示例,C=CN"
    with pytest.raises(AttributeError):
        NAME.rdns = ()  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a,b", "a\\,b"),
        (" a ", "\\ a\\ "),
        ("#a#", "\\#a#"),
        ('"+;<>\\', '\\"\\+\\;\\<\\>\\\\'),
        ("a\x00b", "a\\00b"),
        ("a\nb", "a\\0Ab"),
        ("a\u202eb", "a\\E2\\80\\AEb"),
        (" ", "\\ "),
        ("a=b", "a=b"),
    ],
)
def test_escapes(text: str, escaped: str) -> None:
    assert str(Name(((attribute(oids.COMMON_NAME, text),),))) == f"CN={escaped}"


def test_values_that_are_no_strings() -> None:
    name = Name(
        (
            (AttributeTypeAndValue(oids.COMMON_NAME, bytes.fromhex("020101")),),
            (AttributeTypeAndValue(oids.find("1.2.3"), der.encode_utf8_string("x")),),
        )
    )
    assert str(name) == "1.2.3=#0C0178,CN=#020101"
    assert name.get(oids.COMMON_NAME) is None
    assert name.get_all(oids.COMMON_NAME) == ()
    assert Name.from_der(name.to_der()) == name
    assert AttributeTypeAndValue(oids.COMMON_NAME, b"").text is None
    assert AttributeTypeAndValue(oids.COMMON_NAME, b"\x0c\x05a").text is None


def test_every_string_type_has_text() -> None:
    for encode in (
        der.encode_utf8_string,
        der.encode_printable_string,
        der.encode_ia5_string,
        der.encode_bmp_string,
        der.encode_visible_string,
        der.encode_teletex_string,
        der.encode_universal_string,
    ):
        value = AttributeTypeAndValue(oids.COMMON_NAME, encode("Example"))
        assert AttributeTypeAndValue.from_der(value.to_der()).text == "Example"


def test_sets_of_attributes_are_sorted() -> None:
    first, second = attribute(oids.COMMON_NAME, "a"), attribute(oids.SERIAL_NUMBER, "1")
    assert Name(((first, second),)) == Name(((second, first),))
    assert Name(((first, second),)).rdns == Name(((second, first),)).rdns
    elements = sorted((first.to_der(), second.to_der()), reverse=True)
    wrong = der.encode_sequence(der.encode(0x31, b"".join(elements)))
    with pytest.raises(DecodeError):
        Name.from_der(wrong)
    log = QuirkLog()
    kept = Name.from_der(wrong, quirks=log)
    assert kept.to_der() == wrong
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.SET_ORDER]
    assert pickle.loads(pickle.dumps(kept)).to_der() == wrong


@pytest.mark.parametrize(
    "rdns",
    [
        None,
        [],
        "CN",
        (1,),
        ((),),
        ((1,),),
        (("CN", "x"),),
        ((COUNTRY, None),),
        ((AttributeTypeAndValue(COUNTRY.type, b""),),),
        ((AttributeTypeAndValue(COUNTRY.type, bytearray(2)),),),  # type: ignore[arg-type]
    ],
    ids=lambda value: str(value)[:12],
)
def test_names_of_wrong_parts(rdns: Any) -> None:
    with pytest.raises(InvalidInputError):
        Name(rdns)


# ---- what cannot be encoded -----------------------------------------------------------------------------------------


def test_lists_of_wrong_things() -> None:
    for encode in (encode_general_names, encode_extensions):
        for wrong in (None, [None], ["x"], 5, [NAME]):
            with pytest.raises(InvalidTypeError):
                encode(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        encode_general_names([])
    with pytest.raises(InvalidInputError):
        GeneralName.other("1.2.3", b"\x05\x00\x00")
    assert encode_extensions(()) == b""


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 0},
        {"version": 4},
        {"version": "3"},
        {"serial_number": None},
        {"signature": oids.SM2_WITH_SM3},
        {"issuer": "CN=x"},
        {"validity": (START, END)},
        {"validity": Validity(START.replace(tzinfo=None), END)},
        {"subject_public_key_info": b""},
        {"issuer_unique_id": "i"},
        {"extensions": [None]},
        {"extensions": (Extension("x", False, b""),)},  # type: ignore[arg-type]
        {"extensions": (Extension(oids.KEY_USAGE, None, b""),)},  # type: ignore[arg-type]
    ],
    ids=str,
)
def test_certificates_that_cannot_be_encoded(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        certificate(**changes).to_der()


# ---- whatever comes -----------------------------------------------------------------------------------------------

KINDS: list[type[Schema]] = [
    AttributeTypeAndValue,
    Name,
    GeneralName,
    Extension,
    Validity,
    TBSCertificate,
    RevokedCertificate,
    TBSCertListHead,
    SignedStructure,
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
attributes = st.builds(
    attribute, st.sampled_from([oids.COMMON_NAME, oids.ORGANIZATION_NAME, oids.find("1.2.3.4")]), texts
)
rdns = st.lists(attributes, min_size=1, max_size=3).map(tuple)
names = st.lists(rdns, max_size=4).map(lambda rdns: Name(tuple(rdns)))
extensions = st.builds(Extension, st.sampled_from([oids.KEY_USAGE, oids.find("1.2.3")]), st.booleans(), st.binary())
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(
    lambda value: value.replace(microsecond=0, tzinfo=timezone.utc)
)
serials = st.integers(1, 2**159 - 1)


@given(name=names)
def test_any_name(name: Name) -> None:
    again = Name.from_der(name.to_der())
    assert again == name
    assert again.rdns == name.rdns
    assert str(again) == str(name)


@given(serial=serials, issuer=names, subject=names, start=times, end=times, items=st.lists(extensions, max_size=4))
def test_any_certificate(
    serial: int, issuer: Name, subject: Name, start: datetime, end: datetime, items: list[Extension]
) -> None:
    value = certificate(
        serial_number=serial,
        issuer=issuer,
        subject=subject,
        validity=Validity(start, end),
        extensions=tuple(items),
    )
    assert TBSCertificate.from_der(value.to_der()) == value


@given(serial=serials, start=times, items=st.lists(extensions, max_size=2))
def test_any_entry(serial: int, start: datetime, items: list[Extension]) -> None:
    entry = RevokedCertificate(serial, start, tuple(items))
    assert RevokedCertificate.from_der(entry.to_der()) == entry


BASES = [sample.to_der() for sample in SAMPLES]


@given(data=st.data())
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_changed_bytes(kind: type[Schema], data: st.DataObject) -> None:
    changed = bytearray(data.draw(st.sampled_from(BASES)))
    for _ in range(data.draw(st.integers(0, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    strict: Schema | None = None
    try:
        strict = kind.from_der(changed)
        assert strict.to_der() == bytes(changed)
    except DecodeError:
        strict = None
    log = QuirkLog()
    try:
        tolerant = kind.from_der(changed, quirks=log)
    except DecodeError:
        assert strict is None
        return
    kinds = {quirk.kind for quirk in log.quirks} - {QuirkKind.NULL_PARAMETERS}
    assert (strict is not None) == (not kinds)
    assert strict is None or tolerant == strict
    str(tolerant)
