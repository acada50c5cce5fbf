"""The rules of messages: each that is broken is refused at its place, or noted when reading is tolerant."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asn1.message_samples import (
    BARE,
    BY_KEY,
    CERTIFICATE,
    CONTENT,
    CRL,
    ENCRYPTED,
    ENVELOPE,
    MESSAGE,
    OTHER_RECIPIENTS,
    RECIPIENT,
    SID,
    SIGNED,
    SIGNER,
    SIGNING_TIME,
    SM3,
    SM4_CBC,
    UNSIGNED,
)
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.gmt0010 import GM_OF, PKCS_OF, KeyAgreementInfo, SignedAndEnvelopedData
from gmpki.asn1.quirks import BER_FRAMING, QuirkKind, QuirkLog
from gmpki.asn1.rfc5083 import AuthEnvelopedData
from gmpki.asn1.rfc5084 import CCMParameters, GCMParameters
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc5652 import (
    MAX_ALGORITHMS,
    MAX_ATTRIBUTES,
    MAX_RECIPIENTS,
    MAX_SIGNERS,
    Attribute,
    Attributes,
    ContentInfo,
    DigestedData,
    EncapsulatedContentInfo,
    EncryptedContentInfo,
    EncryptedData,
    EnvelopedData,
    OtherRecipientInfo,
    SignedData,
    SignerInfo,
    _shared,
    encode_attributes,
    signing_attributes,
)
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError

DIGESTED = DigestedData(0, SM3, CONTENT, b"d" * 32)
AUTH = AuthEnvelopedData(0, None, (RECIPIENT,), ENCRYPTED, None, b"m" * 16)
BOTH = SignedAndEnvelopedData(1, (RECIPIENT,), (SM3,), ENCRYPTED, (), (), (BARE,))
AGREEMENT = KeyAgreementInfo(1, b"\x04" + bytes(64), CERTIFICATE, b"1234567812345678")


def kinds(log: QuirkLog) -> list[QuirkKind]:
    return [quirk.kind for quirk in log.quirks]


def framing() -> QuirkLog:
    """Return the log of who reads messages, and does so strictly."""
    return QuirkLog(tolerant=False, accepted=BER_FRAMING)


# ---- versions -----------------------------------------------------------------------------
@pytest.mark.parametrize("version", range(6))
@pytest.mark.parametrize(
    ("value", "known"),
    [
        (MESSAGE, (1, 3, 4, 5)),
        (BARE, (1, 3)),
        (RECIPIENT, (0, 1, 2)),
        (ENVELOPE, (0, 1, 2, 3, 4)),
        (EncryptedData(0, ENCRYPTED), (0, 1, 2)),
        (DIGESTED, (0, 2)),
        (AUTH, (0,)),
        (BOTH, (1,)),
        (AGREEMENT, (1,)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_versions(value: Any, known: tuple[int, ...], version: int) -> None:
    kind = type(value)
    encoded = replace(value, version=version).to_der()
    if version in known:
        assert kind.from_der(encoded).version == version
        return
    for log in (None, framing()):
        with pytest.raises(DecodeError, match=f"version {version} is unknown here") as caught:
            kind.from_der(encoded, quirks=log)
        assert caught.value.path[-1] == "version"
    log = QuirkLog()
    assert kind.from_der(encoded, quirks=log).version == version
    assert kinds(log) == [QuirkKind.VERSION]


@pytest.mark.parametrize("version", [6, -1, 1 << 70])
def test_no_version_at_all(version: int) -> None:
    for value in (MESSAGE, BARE, ENVELOPE, DIGESTED, AUTH, BOTH, AGREEMENT):
        with pytest.raises(DecodeError, match=r"too large|negative"):
            type(value).from_der(replace(value, version=version).to_der(), quirks=QuirkLog())  # type: ignore[type-var]


# ---- sets ---------------------------------------------------------------------------------
def unsorted(tag: int, *elements: bytes) -> bytes:
    """Encode a set in the wrong order."""
    content = b"".join(sorted(elements, reverse=True))
    assert content != b"".join(sorted(elements))
    return der.encode(tag, content)


SETS = {
    "digestAlgorithms": (MESSAGE, der.encode_set_of([SM3.to_der()]), unsorted(0x31, SM3.to_der(), SM4_CBC.to_der())),
    "certificates": (MESSAGE, der.encode(0xA0, CERTIFICATE), unsorted(0xA0, CERTIFICATE, CRL)),
    "signerInfos": (MESSAGE, der.encode_set_of([SIGNER.to_der()]), unsorted(0x31, SIGNER.to_der(), BY_KEY.to_der())),
    "recipientInfos": (
        ENVELOPE,
        der.encode_set_of([RECIPIENT.to_der()]),
        unsorted(0x31, RECIPIENT.to_der(), OTHER_RECIPIENTS[0].der),
    ),
}


def respliced(value: Any, old: bytes, new: bytes) -> bytes:
    """Encode a structure with one field replaced."""
    encoded = value.to_der()
    contents = encoded[der.Reader(encoded).sequence().offset :]
    assert contents.count(old) == 1
    return der.encode_sequence(contents.replace(old, new))


@pytest.mark.parametrize("name", SETS)
def test_sets_in_the_wrong_order(name: str) -> None:
    """DER has an order, BER has none: a reader of messages takes it, and says so."""
    value, old, new = SETS[name]
    encoded = respliced(value, old, new)
    with pytest.raises(DecodeError, match="not in the order of DER") as caught:
        type(value).from_der(encoded)
    assert caught.value.path == (type(value).__name__, name)
    with pytest.raises(DecodeError, match="not in the order of DER"):
        type(value).from_der(encoded, quirks=QuirkLog(tolerant=False))
    for log in (framing(), QuirkLog()):
        type(value).from_der(encoded, quirks=log)
        assert kinds(log) == [QuirkKind.SET_ORDER]
        assert log.quirks[0].path == f"{type(value).__name__}.{name}"


def test_signed_attributes_in_the_wrong_order() -> None:
    """What is signed is DER (RFC 5652 5.3): the order is taken only by tolerant reading, and kept."""
    elements = [attribute.to_der() for attribute in (*signing_attributes(oids.GM_DATA, b"d" * 32), SIGNING_TIME)]
    octets = b"".join(sorted(elements, reverse=True))
    encoded = replace(SIGNER, signed_attributes=octets).to_der()
    for log in (None, framing()):
        with pytest.raises(DecodeError, match="signed attributes are not in the order of DER"):
            SignerInfo.from_der(encoded, quirks=log)
    log = QuirkLog()
    read = SignerInfo.from_der(encoded, quirks=log)
    assert read.signed_attributes == octets
    assert read.signed_attributes_to_sign == der.encode(0x31, octets)
    assert kinds(log) == [QuirkKind.SET_ORDER]


def test_unsigned_attributes_in_the_wrong_order() -> None:
    elements = [Attribute(oids.find(f"1.2.{n}"), (NULL,)).to_der() for n in (3, 4)]
    encoded = replace(BY_KEY, unsigned_attributes=b"".join(reversed(elements))).to_der()
    with pytest.raises(DecodeError, match="not in the order of DER"):
        SignerInfo.from_der(encoded)
    log = framing()
    assert len(SignerInfo.from_der(encoded, quirks=log).other_attributes()) == 2
    assert kinds(log) == [QuirkKind.SET_ORDER]


def test_too_many() -> None:
    """The bounds on elements, which stand before any work on them."""
    recipients = EnvelopedData(1, None, (OTHER_RECIPIENTS[0],) * (MAX_RECIPIENTS + 1), ENCRYPTED)
    signers = replace(MESSAGE, signer_infos=(BARE,) * (MAX_SIGNERS + 1))
    algorithms = replace(MESSAGE, digest_algorithms=(SM3,) * (MAX_ALGORITHMS + 1))
    certificates = replace(MESSAGE, certificates=(b"\x30\x00",) * (_shared.MAX_CERTIFICATES + 1))
    crls = replace(MESSAGE, crls=(b"\x30\x00",) * (_shared.MAX_CRLS + 1))
    many = [Attribute(oids.find(f"1.2.{n}"), (NULL,)) for n in range(MAX_ATTRIBUTES + 1)]
    attributes = replace(BARE, unsigned_attributes=encode_attributes(tuple(many)))
    for value in (recipients, signers, algorithms, certificates, crls, attributes):
        with pytest.raises(DecodeError, match="more than"):
            type(value).from_der(value.to_der(), quirks=QuirkLog())  # type: ignore[attr-defined]


def test_what_is_no_certificate() -> None:
    for tag in (0x04, 0x31, 0xA4, 0x80):
        encoded = respliced(MESSAGE, der.encode(0xA0, CERTIFICATE), der.encode(0xA0, der.encode(tag, b"")))
        with pytest.raises(DecodeError, match="a certificate expected"):
            SignedData.from_der(encoded, quirks=QuirkLog())
    with_crl = replace(MESSAGE, crls=(CRL,))
    for tag in (0x04, 0xA0, 0xA2):
        encoded = respliced(with_crl, der.encode(0xA1, CRL), der.encode(0xA1, der.encode(tag, b"")))
        with pytest.raises(DecodeError, match="a revocation list expected"):
            SignedData.from_der(encoded, quirks=QuirkLog())


def test_crls_stand_behind_certificates() -> None:
    value = replace(MESSAGE, crls=(CRL,))
    first, second = der.encode(0xA0, CERTIFICATE), der.encode(0xA1, CRL)
    with pytest.raises(DecodeError):
        SignedData.from_der(respliced(value, first + second, second + first), quirks=QuirkLog())


# ---- attributes ---------------------------------------------------------------------------
def test_attributes_are_found() -> None:
    attributes = SignerInfo.from_der(SIGNER.to_der()).attributes()
    assert attributes.find(oids.CONTENT_TYPE) == der.encode_oid(oids.GM_DATA)
    assert attributes.find("1.2.840.113549.1.9.4") == der.encode_octet_string(b"d" * 32)
    assert attributes.find(oids.TIME_STAMP_TOKEN) is None
    assert [item.type for item in attributes] == [oids.CONTENT_TYPE, oids.SIGNING_TIME, oids.MESSAGE_DIGEST]
    assert SIGNER.attributes() == attributes
    unsigned = SignerInfo.from_der(BY_KEY.to_der()).other_attributes()
    assert unsigned == BY_KEY.other_attributes()
    assert unsigned.find_all(oids.TIME_STAMP_TOKEN) == (der.encode_sequence(), der.encode_sequence(NULL))
    assert len(BARE.attributes()) == len(BARE.other_attributes()) == 0
    assert SignerInfo.from_der(BARE.to_der()).attributes() == Attributes()


def test_an_attribute_with_several_values() -> None:
    with pytest.raises(DecodeError, match="has one value, this one has 2"):
        BY_KEY.other_attributes().find(oids.TIME_STAMP_TOKEN)


def test_an_attribute_twice() -> None:
    twice = encode_attributes((SIGNING_TIME, Attribute(oids.SIGNING_TIME, (NULL,)), *signing_attributes("1.2.3", b"d")))
    signed, unsigned = replace(SIGNER, signed_attributes=twice), replace(SIGNER, unsigned_attributes=twice)
    for log in (None, framing()):
        with pytest.raises(DecodeError, match="id-signingTime stands there twice") as caught:
            SignerInfo.from_der(signed.to_der(), quirks=log)
        assert caught.value.path == ("SignerInfo", "signedAttrs", "attribute")
    log = QuirkLog()
    read = SignerInfo.from_der(signed.to_der(), quirks=log)
    assert kinds(log) == [QuirkKind.DUPLICATE_ATTRIBUTE]
    with pytest.raises(DecodeError, match="twice"):
        read.attributes().find(oids.SIGNING_TIME)
    # Counter-signatures and time-stamps may stand there several times (RFC 5652 11.4).
    assert len(SignerInfo.from_der(unsigned.to_der()).other_attributes().find_all(oids.SIGNING_TIME)) == 2


@pytest.mark.parametrize("field", ["signed_attributes", "unsigned_attributes"])
def test_an_empty_set_of_attributes(field: str) -> None:
    encoded = replace(SIGNER, **{field: b""}).to_der()
    for log in (None, framing()):
        with pytest.raises(DecodeError, match="at least one attribute"):
            SignerInfo.from_der(encoded, quirks=log)
    log = QuirkLog()
    assert getattr(SignerInfo.from_der(encoded, quirks=log), field) == b""
    assert kinds(log) == [QuirkKind.EMPTY_SEQUENCE]


@pytest.mark.parametrize("octets", ["30", "0500", "3000", "300206", "3006060101310101", "30050601013100"])
@pytest.mark.parametrize("field", ["signed_attributes", "unsigned_attributes"])
def test_broken_attributes(field: str, octets: str) -> None:
    value = replace(SIGNER, **{field: bytes.fromhex(octets)})
    with pytest.raises(DecodeError):
        SignerInfo.from_der(value.to_der())
    with pytest.raises(DecodeError):
        value.attributes() if field == "signed_attributes" else value.other_attributes()


def test_what_is_signed() -> None:
    assert SIGNER.signed_attributes_to_sign == der.encode(0x31, SIGNED)
    assert SIGNER.signed_attributes_to_sign[:1] == b"\x31"
    with pytest.raises(InvalidTypeError):
        _ = BARE.signed_attributes_to_sign
    assert AUTH.associated_data == b""
    assert replace(AUTH, authenticated_attributes=SIGNED).associated_data == der.encode(0x31, SIGNED)


def test_attributes_are_written_sorted() -> None:
    items = (*signing_attributes(oids.GM_DATA, b"d" * 32), SIGNING_TIME)
    assert encode_attributes(items) == encode_attributes(tuple(reversed(items))) == SIGNED
    with pytest.raises(InvalidTypeError):
        encode_attributes((SM3,))  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        signing_attributes("no identifier", b"")


# ---- contents -----------------------------------------------------------------------------
def test_content_of_another_type() -> None:
    """PKCS #7 version 1.5 has any type there; a digest is over its contents octets."""
    inner = der.encode_sequence(der.encode_integer(7))
    read = EncapsulatedContentInfo.from_der(EncapsulatedContentInfo(oids.TST_INFO, inner, False).to_der())
    assert (read.is_octet_string, read.content, read.digested_octets) == (False, inner, der.encode_integer(7))
    assert CONTENT.digested_octets == b"content"
    assert EncapsulatedContentInfo(oids.DATA).digested_octets is None


@pytest.mark.parametrize("inner", ["", "0000", "24040402 0102", "1f0100", "0402", "04010205", "23030301ff"])
def test_broken_content(inner: str) -> None:
    encoded = der.encode_sequence(der.encode_oid(oids.DATA), der.encode(0xA0, bytes.fromhex(inner)))
    for kind in (ContentInfo, EncapsulatedContentInfo):
        with pytest.raises(DecodeError):
            kind.from_der(encoded)


def test_content_is_explicit() -> None:
    for tag in (0x80, 0xA1, 0x04):
        encoded = der.encode_sequence(der.encode_oid(oids.DATA), der.encode(tag, b"\x04\x00"))
        with pytest.raises(DecodeError):
            ContentInfo.from_der(encoded, quirks=QuirkLog())


# ---- encrypted contents -------------------------------------------------------------------
def encrypted(tag: int, contents: bytes) -> bytes:
    return der.encode_sequence(der.encode_oid(oids.DATA), SM4_CBC.to_der(), der.encode(tag, contents))


def test_segments_are_joined() -> None:
    data = encrypted(0xA0, b"\x04\x02ab\x04\x00\x04\x01c")
    with pytest.raises(DecodeError, match="in segments is BER"):
        EncryptedContentInfo.from_der(data)
    for log in (framing(), QuirkLog()):
        assert EncryptedContentInfo.from_der(data, quirks=log).encrypted_content == b"abc"
        assert kinds(log) == [QuirkKind.CONSTRUCTED_STRING]
    assert EncryptedContentInfo.from_der(encrypted(0x80, b"abc")).encrypted_content == b"abc"


@pytest.mark.parametrize("contents", ["0500", "240404026162", "8002ffff", "0403ab"])
def test_broken_segments(contents: str) -> None:
    with pytest.raises(DecodeError):
        EncryptedContentInfo.from_der(encrypted(0xA0, bytes.fromhex(contents)), quirks=QuirkLog())


def test_segments_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_shared, "MAX_SEGMENTS", 5)
    assert EncryptedContentInfo.from_der(encrypted(0xA0, b"\x04\x00" * 5), quirks=QuirkLog()).encrypted_content == b""
    with pytest.raises(DecodeError, match="more than 5 segments"):
        EncryptedContentInfo.from_der(encrypted(0xA0, b"\x04\x00" * 6), quirks=QuirkLog())


@given(content=st.binary(max_size=200), size=st.integers(1, 40))
def test_segments_of_every_size(content: bytes, size: int) -> None:
    pieces = [der.encode_octet_string(content[at : at + size]) for at in range(0, len(content), size)]
    read = EncryptedContentInfo.from_der(encrypted(0xA0, b"".join(pieces)), quirks=framing())
    assert read.encrypted_content == content


@pytest.mark.parametrize("length", [0xFFFF, 0x10000])
def test_long_content_is_not_copied(length: int) -> None:
    value = EncryptedContentInfo(oids.DATA, SM4_CBC, b"c" * length)
    encoded = value.to_der()
    read = EncryptedContentInfo.from_der(encoded)
    assert isinstance(read.encrypted_content, bytes if length < 0x10000 else memoryview)
    assert read == value
    assert hash(read) == hash(value)
    assert read.to_der() == encoded
    copied = pickle.loads(pickle.dumps(read))
    assert copied == value
    assert isinstance(copied.encrypted_content, bytes)
    if isinstance(read.encrypted_content, memoryview):
        assert read.encrypted_content.readonly
        assert read.encrypted_content.obj is encoded


def test_shared_information_stands_behind() -> None:
    value = EncryptedContentInfo(oids.GM_DATA, SM4_CBC, b"c", b"one", b"two")
    assert EncryptedContentInfo.from_der(value.to_der()) == value
    with pytest.raises(DecodeError):
        EncryptedContentInfo.from_der(respliced(value, b"\x81\x03one\x82\x03two", b"\x82\x03two\x81\x03one"))


# ---- recipients ---------------------------------------------------------------------------
def test_no_recipient() -> None:
    with pytest.raises(InvalidInputError, match="at least one recipient"):
        EnvelopedData(1, None, (), ENCRYPTED).to_der()
    encoded = respliced(ENVELOPE, der.encode_set_of([RECIPIENT.to_der()]), der.encode_set_of([]))
    for log in (None, framing()):
        with pytest.raises(DecodeError, match="at least one recipient"):
            EnvelopedData.from_der(encoded, quirks=log)
    log = QuirkLog()
    assert EnvelopedData.from_der(encoded, quirks=log).recipient_infos == ()
    assert kinds(log) == [QuirkKind.EMPTY_SEQUENCE]


@pytest.mark.parametrize("tag", [0x04, 0x31, 0x80, 0xA0, 0xA5, 0x81])
def test_what_is_no_recipient(tag: int) -> None:
    encoded = respliced(ENVELOPE, RECIPIENT.to_der(), der.encode(tag, NULL))
    with pytest.raises(DecodeError):
        EnvelopedData.from_der(encoded, quirks=QuirkLog())
    with pytest.raises(DecodeError, match="a RecipientInfo expected"):
        OtherRecipientInfo.from_der(der.encode(tag, NULL))


def test_a_recipient_that_is_none() -> None:
    with pytest.raises(InvalidTypeError):
        EnvelopedData(1, None, (SID,), ENCRYPTED).to_der()  # type: ignore[arg-type]


# ---- other documents ----------------------------------------------------------------------
def test_families_of_types() -> None:
    assert PKCS_OF[oids.GM_SIGNED_DATA] == oids.SIGNED_DATA
    assert {PKCS_OF[gm] for gm in GM_OF.values()} == set(GM_OF)
    assert oids.DIGESTED_DATA not in GM_OF
    assert oids.GM_KEY_AGREEMENT_INFO not in PKCS_OF


def test_a_key_in_a_structure_of_its_own() -> None:
    """One implementation writes a SubjectPublicKeyInfo where the standard has a BIT STRING."""
    point = b"\x04" + bytes(64)
    info = SubjectPublicKeyInfo(AlgorithmIdentifier(oids.EC_PUBLIC_KEY, der.encode_oid(oids.SM2)), point)
    encoded = respliced(AGREEMENT, der.encode_bit_string(point), info.to_der())
    log = QuirkLog(tolerant=False)
    assert KeyAgreementInfo.from_der(encoded, quirks=log) == AGREEMENT
    assert kinds(log) == [QuirkKind.WRAPPED_KEY]
    with pytest.raises(DecodeError, match="bits are unused"):
        KeyAgreementInfo.from_der(
            respliced(AGREEMENT, der.encode_bit_string(point), der.encode_bit_string(b"\x04\x00", 1))
        )


@pytest.mark.parametrize(
    ("nonce_len", "tag_len", "gcm", "ccm"),
    [
        (0, 12, False, False),
        (1, 12, True, False),
        (6, 16, True, False),
        (7, 16, True, True),
        (13, 4, False, True),
        (14, 16, True, False),
        (128, 16, True, False),
        (129, 16, False, False),
        (12, 11, False, False),
        (12, 13, True, False),
        (12, 17, False, False),
        (12, 0, False, False),
        (12, -1, False, False),
        (12, 1 << 70, False, False),
    ],
)
def test_lengths_of_nonces_and_tags(nonce_len: int, tag_len: int, gcm: bool, ccm: bool) -> None:
    encoded = der.encode_sequence(
        der.encode_octet_string(bytes(nonce_len)), b"" if tag_len == 12 else der.encode_integer(tag_len)
    )
    for kind, allowed in ((GCMParameters, gcm), (CCMParameters, ccm)):
        if allowed:
            assert kind.from_der(encoded) == kind(bytes(nonce_len), tag_len)
            assert kind(bytes(nonce_len), tag_len).to_der() == encoded
            continue
        with pytest.raises(DecodeError, match=r"a nonce has|a tag has"):
            kind.from_der(encoded, quirks=QuirkLog())
        with pytest.raises(InvalidInputError):
            kind(bytes(nonce_len), tag_len).to_der()


def test_the_default_length_of_a_tag_is_left_out() -> None:
    encoded = der.encode_sequence(der.encode_octet_string(bytes(12)), der.encode_integer(12))
    with pytest.raises(DecodeError, match="default"):
        GCMParameters.from_der(encoded)
    log = QuirkLog()
    assert GCMParameters.from_der(encoded, quirks=log).tag_len == 12
    assert kinds(log) == [QuirkKind.EXPLICIT_DEFAULT]


def test_values_are_pickled() -> None:
    for value in (MESSAGE, SignedData.from_der(MESSAGE.to_der()), ENVELOPE):
        assert pickle.loads(pickle.dumps(value)) == value


def test_unsigned_attributes_are_kept_octet_by_octet() -> None:
    assert SignerInfo.from_der(BY_KEY.to_der()).unsigned_attributes == UNSIGNED
