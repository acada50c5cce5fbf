"""Signed envelopes: opened and verified together, and closed to whoever changes them and watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import hostile
from cms import signers
from cms.envelope_examples import ENCRYPTION_KEY, KEYS, OLD, OLD_KEY, OTHER, OTHER_KEY, PAIR, flipped, rsa_recipient
from cms.signers import CONTENT, NOW, person
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.gmt0010 import SignedAndEnvelopedData
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5652 import ContentInfo
from gmpki.cms import (
    ContentCipher,
    MessageProfile,
    Trust,
    Variant,
    encrypt,
    open_signed_and_enveloped,
    sign,
    sign_and_encrypt,
)
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    GmpkiError,
    InvalidInputError,
    MessageError,
    NoRecipientError,
    ProfileError,
    UnsupportedAlgorithm,
    ValidationError,
)

TRUST = signers.trust()
SPEC = person().spec()
MESSAGE = sign_and_encrypt(CONTENT, SPEC, [PAIR])


def parts(message: bytes) -> SignedAndEnvelopedData:
    frame = ContentInfo.from_der(message)
    assert frame.content is not None
    return SignedAndEnvelopedData.from_der(frame.content)


def rebuilt(message: bytes = MESSAGE, outer: str = oids.GM_SIGNED_AND_ENVELOPED_DATA, **fields: Any) -> bytes:
    return ContentInfo(oids.find(outer), replace(parts(message), **fields).to_der()).to_der()


def with_inner(**fields: Any) -> bytes:
    return rebuilt(encrypted_content_info=replace(parts(MESSAGE).encrypted_content_info, **fields))


def with_info(**fields: Any) -> bytes:
    return rebuilt(recipient_infos=(replace(parts(MESSAGE).recipient_infos[0], **fields),))


def with_signer(**fields: Any) -> bytes:
    return rebuilt(signer_infos=(replace(parts(MESSAGE).signer_infos[0], **fields),))


def content_of() -> bytes:
    content = parts(MESSAGE).encrypted_content_info.encrypted_content
    assert content is not None
    return content


def key_of() -> bytes:
    info: Any = parts(MESSAGE).recipient_infos[0]
    encrypted: bytes = info.encrypted_key
    return encrypted


# ---- what opens ---------------------------------------------------------------------------
@pytest.mark.parametrize("profile", [MessageProfile.GMT0010, MessageProfile.CFCA])
@pytest.mark.parametrize("content", [b"", b"c", CONTENT, bytes(5000)], ids=len)
def test_what_was_signed_and_encrypted_comes_back(profile: MessageProfile, content: bytes) -> None:
    message = sign_and_encrypt(memoryview(content), [SPEC, signers.other().spec()], [PAIR, OLD], profile=profile)
    assert content not in message or len(content) < 2
    for keys, certificate in ((KEYS, PAIR.encryption), ([(OLD, OLD_KEY)], OLD)):
        opened = open_signed_and_enveloped(message, keys, TRUST)
        assert (opened.content, opened.recipient, len(opened.signers)) == (content, certificate, 2)
        assert all(report.ok for report in opened.signers)
        assert {report.signer_certificate for report in opened.signers} == {
            person().certificate,
            signers.other().certificate,
        }


def test_the_shape_of_gmt0010() -> None:
    data = parts(MESSAGE)
    assert ContentInfo.from_der(MESSAGE).content_type == oids.GM_SIGNED_AND_ENVELOPED_DATA
    assert data.version == 1
    assert data.digest_algorithms == (AlgorithmIdentifier(oids.SM3),)
    assert data.certificates == (person().certificate.der,)
    (info,) = data.signer_infos
    assert info.signed_attributes is None
    assert info.signature_algorithm == AlgorithmIdentifier(oids.SM2_SIGN)
    person().certificate.public_key.verify(info.signature, CONTENT)


def test_rsa_recipients_and_certificates_elsewhere() -> None:
    certificate, key = rsa_recipient()
    message = sign_and_encrypt(CONTENT, SPEC, [certificate], include_signer_certificates=False)
    assert parts(message).certificates == ()
    with pytest.raises(MessageError) as caught:
        open_signed_and_enveloped(message, [(certificate, key)], TRUST)
    assert caught.value.reason == "signer-missing"
    knowing = signers.trust(intermediates=[person().certificate])
    assert open_signed_and_enveloped(message, [(certificate, key)], knowing).content == CONTENT


def test_pkcs7_identifiers() -> None:
    message = rebuilt(outer=oids.SIGNED_AND_ENVELOPED_DATA)
    with pytest.raises(MessageError) as caught:
        open_signed_and_enveloped(message, KEYS, TRUST)
    assert caught.value.reason == "content-type"
    opened = open_signed_and_enveloped(message, KEYS, TRUST, lenient=True)
    assert opened.content == CONTENT
    assert Variant.INNER_GM_TYPE in opened.variants


def test_without_asking_for_the_chain() -> None:
    opened = open_signed_and_enveloped(MESSAGE, KEYS, Trust.signature_only())
    assert opened.signers[0].check("chain").status.value == "not-checked"


# ---- one error for all that depends on the content ------------------------------------------
CAUSES: dict[str, Callable[[], bytes]] = {
    "key changed": lambda: with_info(encrypted_key=flipped(key_of())),
    "a wrong key": lambda: with_info(encrypted_key=ENCRYPTION_KEY.public_key.encrypt(bytes(16))),
    "a key of 15 bytes": lambda: with_info(encrypted_key=ENCRYPTION_KEY.public_key.encrypt(bytes(15))),
    "no key": lambda: with_info(encrypted_key=b""),
    "padding broken": lambda: with_inner(encrypted_content=content_of()[:-16]),
    "no whole block": lambda: with_inner(encrypted_content=content_of()[:-1]),
    "empty": lambda: with_inner(encrypted_content=b""),
    "content changed, padding right": lambda: with_inner(encrypted_content=flipped(content_of(), 0)),
    "signature changed": lambda: with_signer(signature=person().key.sign(b"other")),
    "signature of somebody else": lambda: with_signer(signature=signers.other().key.sign(CONTENT)),
    "signature no DER": lambda: with_signer(signature=b"\x30\x00"),
    "content of another message": lambda: with_inner(
        encrypted_content=parts(sign_and_encrypt(CONTENT, SPEC, [PAIR])).encrypted_content_info.encrypted_content
    ),
}


@pytest.mark.parametrize("cause", list(CAUSES))
@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
def test_one_error_for_every_cause(cause: str, lenient: bool) -> None:
    with pytest.raises(DecryptionError) as caught:
        open_signed_and_enveloped(CAUSES[cause](), KEYS, TRUST, lenient=lenient)
    error = caught.value
    assert (type(error), str(error), vars(error)) == (DecryptionError, DecryptionError.MESSAGE, {})
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__


def test_a_padding_oracle_sees_nothing() -> None:
    """Every value of the byte that decides about the padding: one error, whether the padding was right or not."""
    content = content_of()
    seen = set()
    for value in range(256):
        changed = bytearray(content)
        changed[-17] ^= value
        try:
            opened = open_signed_and_enveloped(with_inner(encrypted_content=bytes(changed)), KEYS, TRUST)
        except GmpkiError as error:
            seen.add((type(error), str(error)))
        else:
            assert value == 0
            assert opened.content == CONTENT
    assert seen == {(DecryptionError, DecryptionError.MESSAGE)}


def test_a_wrong_rsa_key_is_the_same_error() -> None:
    certificate, key = rsa_recipient()
    message = sign_and_encrypt(CONTENT, SPEC, [certificate])
    info: Any = parts(message).recipient_infos[0]
    broken = rebuilt(message, recipient_infos=(replace(info, encrypted_key=flipped(info.encrypted_key)),))
    with pytest.raises(DecryptionError) as caught:
        open_signed_and_enveloped(broken, [(certificate, key)], TRUST)
    assert str(caught.value) == DecryptionError.MESSAGE


@pytest.mark.parametrize("cause", ["key changed", "content changed, padding right", "signature changed"])
def test_what_does_not_depend_on_the_content_comes_first(cause: str) -> None:
    """An untrusted signer is one whether the content could be decrypted or not: no one learns from that error."""
    with pytest.raises(ValidationError) as caught:
        open_signed_and_enveloped(CAUSES[cause](), KEYS, signers.trust(at=NOW + timedelta(days=36500)))
    assert caught.value.reason == "expired"


# ---- what everybody can see ---------------------------------------------------------------
ENCRYPTING = replace(person(), certificate=signers.certify(person().key.public_key, usages=signers.ENCRYPTION))
PUBLIC: list[tuple[str, Callable[[], bytes], type[Exception], str]] = [
    ("nobody signed", lambda: rebuilt(signer_infos=()), MessageError, "nobody"),
    ("digest not announced", lambda: rebuilt(digest_algorithms=()), MessageError, "announced"),
    (
        "an unknown digest",
        lambda: with_signer(digest_algorithm=AlgorithmIdentifier(oids.find("1.2.3"))),
        UnsupportedAlgorithm,
        "1.2.3",
    ),
    (
        "another digest than the signature's",
        lambda: rebuilt(
            with_signer(digest_algorithm=AlgorithmIdentifier(oids.SHA256)),
            digest_algorithms=(AlgorithmIdentifier(oids.SHA256),),
        ),
        MessageError,
        "is over sm3",
    ),
    (
        "an RSA signature of an SM2 key",
        lambda: with_signer(signature_algorithm=AlgorithmIdentifier(oids.RSA_SHA256, NULL)),
        GmpkiError,
        "sha256",
    ),
    (
        "a certificate for encryption",
        lambda: rebuilt(certificates=(ENCRYPTING.certificate.der,)),
        ValidationError,
        "sign with",
    ),
    ("no certificate", lambda: rebuilt(certificates=()), MessageError, "no certificate of the signer"),
    ("a broken certificate", lambda: rebuilt(certificates=(b"\x30\x00",)), DecodeError, "tbsCertificate"),
    ("no content", lambda: with_inner(encrypted_content=None), MessageError, "not in the message"),
    (
        "SM1",
        lambda: with_inner(
            content_encryption_algorithm=AlgorithmIdentifier(oids.SM1_CBC, der.encode_octet_string(bytes(16)))
        ),
        UnsupportedAlgorithm,
        "hardware",
    ),
    ("an envelope", lambda: encrypt(CONTENT, [PAIR]), MessageError, "not a signed envelope"),
    ("a signed message", lambda: sign(CONTENT, SPEC), MessageError, "not a signed envelope"),
    ("another version", lambda: rebuilt(version=0), DecodeError, "version"),
    ("for somebody else", lambda: sign_and_encrypt(CONTENT, SPEC, [OTHER]), NoRecipientError, "2c"),
]


@pytest.mark.parametrize("row", PUBLIC, ids=[row[0] for row in PUBLIC])
def test_what_everybody_can_see(row: tuple[str, Callable[[], bytes], type[Exception], str]) -> None:
    _, make, error, phrase = row
    with pytest.raises(error, match=phrase) as caught:
        open_signed_and_enveloped(make(), KEYS, TRUST)
    assert not isinstance(caught.value, DecryptionError)


def test_truncated_messages() -> None:
    for length in range(0, len(MESSAGE), 3):
        with pytest.raises(InvalidInputError):
            open_signed_and_enveloped(MESSAGE[:length], KEYS, TRUST)


def test_what_is_not_written() -> None:
    def refused(error: type[Exception], phrase: str, call: Callable[[], object]) -> None:
        with pytest.raises(error, match=phrase):
            call()

    refused(InvalidInputError, "at least one", lambda: sign_and_encrypt(CONTENT, [], [PAIR]))
    refused(InvalidInputError, "at least one", lambda: sign_and_encrypt(CONTENT, SPEC, []))
    refused(InvalidInputError, "once", lambda: sign_and_encrypt(CONTENT, [SPEC, SPEC], [PAIR]))
    timed = person().spec(signing_time=NOW)
    refused(InvalidInputError, "no place for a time", lambda: sign_and_encrypt(CONTENT, timed, [PAIR]))
    other: dict[str, Any] = {"profile": MessageProfile.RFC5652}
    refused(ProfileError, "signed-and-enveloped", lambda: sign_and_encrypt(CONTENT, SPEC, [PAIR], **other))
    gcm: dict[str, Any] = {"profile": MessageProfile.CFCA, "cipher": ContentCipher.SM4_GCM}
    refused(ProfileError, "no place for the tag", lambda: sign_and_encrypt(CONTENT, SPEC, [PAIR], **gcm))
    refused(ProfileError, "any_usage", lambda: sign_and_encrypt(CONTENT, SPEC, [PAIR.signing]))
    rsa = signers.person("rsa", serial_number=0x1003).spec()
    refused(ProfileError, "SM2 signers", lambda: sign_and_encrypt(CONTENT, rsa, [PAIR]))
    attributes = b"\x31" + der.encode_sequence(der.encode_oid(oids.CONTENT_TYPE), der.encode_set_of([b"\x05\x00"]))
    content = der.encode(0x31, attributes[1:])
    refused(MessageError, "signed attributes", lambda: sign_and_encrypt(content, SPEC, [PAIR]))


def test_arguments_of_wrong_types() -> None:
    list(hostile.results(sign_and_encrypt, (CONTENT, SPEC, [PAIR])))
    list(hostile.results(open_signed_and_enveloped, (MESSAGE, KEYS, TRUST)))
    for name in ("profile", "cipher", "certificates", "crls"):
        for value in hostile.VALUES:
            try:
                sign_and_encrypt(CONTENT, SPEC, [PAIR], **{name: value})
            except GmpkiError:
                continue
            assert name in ("certificates", "crls")


def test_another_key_is_no_recipient() -> None:
    with pytest.raises(NoRecipientError):
        open_signed_and_enveloped(MESSAGE, [(OTHER, OTHER_KEY)], TRUST)
