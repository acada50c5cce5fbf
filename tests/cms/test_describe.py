"""Messages described and as text: complete, safe to print, and every form named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from asn1.message_samples import AUTH_MESSAGE, ENCRYPTED, ENVELOPE, MESSAGE, SAMPLES, SIGNER
from cms import envelope_examples as envelopes
from cms import signers
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.gmt0010 import KeyAgreementInfo
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5652 import (
    Attribute,
    ContentInfo,
    DigestedData,
    EncapsulatedContentInfo,
    EncryptedData,
    SignedData,
    encode_attributes,
)
from gmpki.cms import MessageProfile, countersign, encrypt, sign, sign_and_encrypt
from gmpki.cms.certificates import write_bundle
from gmpki.cms.describe import describe
from gmpki.cms.message import read_message
from gmpki.cms.text import to_text
from gmpki.cms.variants import Variant
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError
from tsa.scene import DATA as STAMPED
from tsa.scene import POLICY, scene


def described(data: bytes, **options: Any) -> dict[str, Any]:
    """Describe a message, and check that it is JSON and that its text can be printed."""
    message = read_message(data, lenient=True)
    found = describe(message, **options)
    assert json.loads(json.dumps(found)) == found
    text = to_text(message, **options)
    assert all(line.isprintable() for line in text.splitlines())
    return found


def variants(data: bytes) -> set[str]:
    found = described(data)["variants"]
    assert len(found) == len(set(found))
    assert all(name in to_text(read_message(data, lenient=True)) for name in found)
    return set(found)


def framed(kind: str, content: bytes | None) -> bytes:
    return ContentInfo(oids.find(kind), content).to_der()


# ---- the kinds ----------------------------------------------------------------------------
def test_a_signed_message() -> None:
    data = signers.message(signing_time=signers.NOW)
    found = described(data)
    assert (found["type"], found["kind"], found["profile"]) == ("message", "signed-data", "gmt0010")
    assert found["content_type"]["oid"] == oids.GM_SIGNED_DATA
    assert found["version"] == 1
    assert found["content"]["length"] == len(signers.CONTENT)
    assert (found["content"]["detached"], found["content"]["octet_string"]) == (False, True)
    assert (found["certificates_count"], found["crls_count"], found["signers_count"]) == (1, 0, 1)
    assert found["certificates"][0]["subject"]["text"].endswith("CN=张三")
    (signer,) = found["signers"]
    assert (signer["serial_number"], signer["key_identifier"]) == ("1001", None)
    values = {item["type"]["oid"]: item["values"][0]["value"] for item in signer["signed_attributes"]}
    assert values[oids.CONTENT_TYPE]["oid"] == oids.GM_DATA
    assert values[oids.MESSAGE_DIGEST] == found["content"]["sm3"]
    assert values[oids.SIGNING_TIME] == "2026-03-01T08:00:00Z"
    assert found["variants"] == found["quirks"] == []
    text = to_text(read_message(data))
    for part in (
        "Signed data 签名数据",
        "Signer 签名者 1/1",
        "id-signingTime 签名时间",
        "2026-03-01 08:00:00 UTC",
        "张三",
    ):
        assert part in text
    assert "劳动合同" not in text  # the content is nobody's word until it is verified


def test_a_detached_message_and_a_bundle() -> None:
    found = described(signers.message(detached=True))
    assert found["content"]["detached"] is True
    assert found["content"]["length"] is None
    bundle = described(write_bundle([signers.root()]))
    assert (bundle["signers"], bundle["certificates_count"], bundle["profile"]) == ([], 1, "rfc5652")


def test_counter_signatures() -> None:
    found = described(countersign(signers.message(), signers.other().spec()))
    (attribute,) = found["signers"][0]["unsigned_attributes"]
    assert attribute["type"]["oid"] == oids.COUNTERSIGNATURE
    assert attribute["values"][0]["value"]["serial_number"] == "1002"


@pytest.mark.parametrize("algorithm", ["sm2", "rsa"])
def test_time_stamps(algorithm: str) -> None:
    token = scene(algorithm).token()
    stamped = encode_attributes((Attribute(oids.TIME_STAMP_TOKEN, (token,)),))
    data = signers.with_signer(signers.message(), unsigned_attributes=stamped)
    (attribute,) = described(data)["signers"][0]["unsigned_attributes"]
    inner = attribute["values"][0]["value"]
    assert inner["kind"] == "signed-data"
    assert inner["time_stamp"]["time"] == "2026-03-01T08:00:00Z"
    assert inner["time_stamp"]["policy"]["oid"] == POLICY
    assert inner["time_stamp"]["serial_number"] == "07"
    names = [item["type"]["name"] for item in inner["signers"][0]["signed_attributes"]]
    assert any(name.startswith("id-aa-signingCertificate") for name in names)
    assert "Time-stamp 时间戳" in to_text(read_message(data))
    assert STAMPED


def test_envelopes() -> None:
    found = described(envelopes.CBC)
    assert (found["kind"], found["recipients_count"]) == ("enveloped-data", 1)
    (recipient,) = found["recipients"]
    assert (recipient["recipient_kind"], recipient["serial_number"]) == ("key-transport", "2A")
    assert found["encrypted_content"]["length"] == 16
    assert found["encrypted_content"]["content_encryption_algorithm"]["algorithm"]["oid"] == oids.SM4_CBC
    sealed = described(envelopes.GCM)
    assert (sealed["kind"], len(sealed["mac"])) == ("auth-enveloped-data", 32)
    many = replace(ENVELOPE, recipient_infos=tuple(s for s in SAMPLES if type(s).__name__.endswith("RecipientInfo")))
    kinds = [item["recipient_kind"] for item in described(framed(oids.ENVELOPED_DATA, many.to_der()))["recipients"]]
    assert sorted(kinds) == [
        "key-agreement",
        "key-encryption-key",
        "key-transport",
        "key-transport",
        "other",
        "password",
    ]


def test_the_other_kinds() -> None:
    both = described(sign_and_encrypt(b"x" * 20, signers.person().spec(attributes=False), [envelopes.PAIR]))
    assert (both["kind"], both["signers_count"], both["recipients_count"]) == ("signed-and-enveloped-data", 1, 1)
    encrypted = described(framed(oids.GM_ENCRYPTED_DATA, EncryptedData(1, ENCRYPTED).to_der()))
    assert (encrypted["kind"], encrypted["encrypted_content"]["length"]) == ("encrypted-data", 32)
    content = EncapsulatedContentInfo(oids.DATA, b"content")
    digested = DigestedData(0, AlgorithmIdentifier(oids.SM3), content, b"d" * 32)
    assert described(framed(oids.DIGESTED_DATA, digested.to_der()))["digest"] == "64" * 32
    agreement = KeyAgreementInfo(1, b"\x04" + bytes(64), signers.root().der, b"1234567812345678")
    found = described(framed(oids.GM_KEY_AGREEMENT_INFO, agreement.to_der()))
    assert found["user_id"] == b"1234567812345678".hex()
    assert found["certificates"][0]["type"] == "certificate"
    assert described(framed(oids.DATA, der.encode_octet_string(b"hi")))["content"]["length"] == 2
    assert described(framed(oids.DATA, None))["content"] is None
    unknown = described(framed("1.2.156.99999", b"\x30\x00"))
    assert (unknown["kind"], unknown["profile"], unknown["content"]["length"]) == (None, None, 2)


def test_attributes_of_envelopes() -> None:
    found = described(framed(oids.AUTH_ENVELOPED_DATA, AUTH_MESSAGE.to_der()))
    assert len(found["authenticated_attributes"]) == 3
    assert len(found["unauthenticated_attributes"][0]["values"]) == 2


# ---- forms of other products --------------------------------------------------------------
def test_forms_of_signed_messages() -> None:
    plain = signers.message()
    signer = signers.only_signer(plain)
    raw = b"\x01" * 64
    for data, expected in (
        (signers.message(profile=MessageProfile.RFC5652), Variant.SM2_UNDER_PKCS7),
        (signers.with_inner(plain, content_type=oids.DATA), Variant.INNER_PKCS7_TYPE),
        (signers.changed(plain, outer=oids.SIGNED_DATA), Variant.INNER_GM_TYPE),
        (signers.with_inner(plain, content_type=oids.DATA), Variant.CONTENT_TYPE_SYNONYM),
        (signers.changed(plain, digest_algorithms=()), Variant.DIGEST_NOT_LISTED),
        (
            signers.with_signer(plain, digest_algorithm=AlgorithmIdentifier(oids.HMAC_SM3)),
            Variant.DIGEST_HMAC_IDENTIFIER,
        ),
        (
            signers.with_signer(plain, signature_algorithm=AlgorithmIdentifier(oids.EC_PUBLIC_KEY)),
            Variant.KEY_AS_SIGNATURE_ALGORITHM,
        ),
        (signers.with_signer(plain, signature_algorithm=AlgorithmIdentifier(oids.RSA_MD2)), Variant.MD2_RSA_FOR_SM2),
        (signers.with_signer(plain, signature=raw), Variant.RAW_SIGNATURE),
        (signers.with_signer(plain, sid=b"key"), Variant.KEY_IDENTIFIER_SIGNER),
        (
            signers.with_inner(signers.with_signer(plain, signed_attributes=None), content_type=oids.TST_INFO),
            Variant.NO_ATTRIBUTES,
        ),
    ):
        assert expected.value in variants(data), expected
    assert signer.signature != raw
    assert variants(plain) == set()


def test_what_looks_like_a_form() -> None:
    """64 bytes are a raw SM2 signature only where SM2 signs, and MD2 is one only beside SM3."""
    plain = signers.message()
    other = AlgorithmIdentifier(oids.ED25519)
    assert variants(signers.with_signer(plain, signature=b"\x01" * 64, signature_algorithm=other)) == set()
    md2 = signers.with_signer(
        plain,
        signature_algorithm=AlgorithmIdentifier(oids.RSA_MD2),
        digest_algorithm=AlgorithmIdentifier(oids.SHA256),
    )
    assert Variant.MD2_RSA_FOR_SM2.value not in variants(md2)


def test_forms_of_envelopes() -> None:
    cfca = encrypt(b"x", [envelopes.PAIR], profile=MessageProfile.CFCA)
    assert variants(cfca) == {Variant.CIPHER_WITHOUT_MODE.value, Variant.KEY_IDENTIFIER_RECIPIENT.value}
    for oid, expected in (
        (oids.SM2_EXCHANGE, Variant.EXCHANGE_AS_KEY_ENCRYPTION),
        (oids.EC_PUBLIC_KEY, Variant.PUBLIC_KEY_AS_KEY_ENCRYPTION),
    ):
        data = envelopes.changed(envelopes.CBC, info={"key_encryption_algorithm": AlgorithmIdentifier(oid)})
        assert variants(data) == {expected.value}
    assert variants(envelopes.changed(envelopes.CBC, inner={"content_type": oids.DATA})) == {"inner-pkcs7-type"}
    assert variants(envelopes.CBC) == set()


# ---- what cannot be read, and what is too much --------------------------------------------
def test_parts_that_cannot_be_read() -> None:
    found = described(framed(oids.GM_SIGNED_DATA, MESSAGE.to_der()))
    (certificate,) = found["certificates"]
    assert (certificate["type"], certificate["raw"]) == ("unreadable", MESSAGE.certificates[0].hex().upper())
    broken = [
        Attribute(kind, (der.encode_integer(7),))
        for kind in (oids.SIGNING_TIME, oids.MESSAGE_DIGEST, oids.COUNTERSIGNATURE, oids.TIME_STAMP_TOKEN)
    ]
    data = signers.with_signer(signers.message(), unsigned_attributes=encode_attributes(tuple(broken)))
    for attribute in described(data)["signers"][0]["unsigned_attributes"]:
        (value,) = attribute["values"]
        assert (value["value"], value["raw"]) == (None, "020107")
        assert value["problem"]
    assert "malformed 无法解析" in to_text(read_message(data))


def test_invisible_characters_are_shown() -> None:
    name = Attribute(oids.FRIENDLY_NAME, (der.encode_utf8_string("\u202e\x1b[31m"),))
    data = signers.with_signer(signers.message(), unsigned_attributes=encode_attributes((name,)))
    assert described(data)["signers"][0]["unsigned_attributes"][0]["values"][0]["value"] == "\u202e\x1b[31m"
    assert "\\E2\\80\\AE\\1B[31m" in to_text(read_message(data))


def test_nesting_is_bounded() -> None:
    """A counter-signature of a counter-signature and so on: the innermost stay bytes."""
    signer = SIGNER
    for _ in range(5):
        inner = encode_attributes((Attribute(oids.COUNTERSIGNATURE, (signer.to_der(),)),))
        signer = replace(SIGNER, unsigned_attributes=inner)
    found = described(framed(oids.GM_SIGNED_DATA, replace(MESSAGE, signer_infos=(signer,)).to_der()))
    level, values = 0, found["signers"][0]["unsigned_attributes"][0]["values"][0]
    while values["value"] is not None:
        level += 1
        values = values["value"]["unsigned_attributes"][0]["values"][0]
    assert level == 4
    assert values["raw"]


@pytest.mark.parametrize("limit", [0, 1, 2, 100])
def test_limit(limit: int) -> None:
    data = signers.message(certificates=[signers.root(), signers.other().certificate])
    found = described(data, limit=limit)
    assert (len(found["certificates"]), found["certificates_count"]) == (min(limit, 3), 3)
    text = to_text(read_message(data), limit=limit)
    assert ("more, not shown" in text) is (limit < 3)


def test_wrong_values() -> None:
    message = read_message(signers.message())
    for call in (describe, to_text):
        with pytest.raises(InvalidTypeError, match="message"):
            call(b"")  # type: ignore[operator]
        with pytest.raises(InvalidInputError, match="limit"):
            call(message, limit=-1)  # type: ignore[operator]
        for result in hostile.results(lambda value, limit, call=call: call(value, limit=limit), (message, 1)):
            assert result


@given(place=st.integers(0, 10_000), value=st.integers(0, 255), stamped=st.booleans())
def test_changed_bytes(place: int, value: int, stamped: bool) -> None:
    """Whatever can be read can be described."""
    changed = bytearray(scene().token() if stamped else _COUNTERSIGNED)
    changed[place % len(changed)] = value
    try:
        message = read_message(changed, lenient=True)
    except GmpkiError:
        return
    assert describe(message)["type"] == "message"
    assert to_text(message)


_COUNTERSIGNED = countersign(signers.message(), signers.other().spec())


def test_content_of_another_type() -> None:
    inner = EncapsulatedContentInfo(oids.TST_INFO, der.encode_sequence(der.encode_integer(7)), is_octet_string=False)
    found = described(framed(oids.SIGNED_DATA, SignedData(1, (), inner).to_der()))
    assert (found["content"]["octet_string"], found["content"]["length"]) == (False, 3)
    assert sign(b"x", signers.person().spec()) != b""
