"""Which signed messages are believed, and what every kind of refusal is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

import hostile
from cms import signers
from cms.signers import CONTENT, NOW, attributes_of, changed, encoded, message, parts, person, resigned, with_signer
from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5652 import Attribute, IssuerAndSerialNumber, SignedData
from gmpki.cms import CheckName, CheckStatus, MessageProfile, SignedMessage, SignerSpec, Trust, sign, verify
from gmpki.cms.attributes import build_signed
from gmpki.cms.digests import ContentDigests
from gmpki.cms.verification import MAX_VERIFIED_SIGNERS, needed_digests, verify_signers
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    MessageError,
    PolicyError,
    UnsupportedAlgorithm,
    ValidationError,
)
from gmpki.keys.rsa import SignaturePadding
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.path import PathPolicy
from gmpki.x509.signatures import LENIENT_SIGNATURES, SignaturePolicy

OTHER_CONTENT = CONTENT.replace("两".encode(), "三".encode())


# ---- what holds -----------------------------------------------------------------------------
@pytest.mark.parametrize("profile", MessageProfile)
@pytest.mark.parametrize("attributes", [True, False], ids=["attributes", "bare"])
@pytest.mark.parametrize("detached", [False, True], ids=["attached", "detached"])
def test_what_was_signed_verifies(profile: MessageProfile, attributes: bool, detached: bool) -> None:
    data = message(profile=profile, attributes=attributes, detached=detached)
    verified = verify(data, signers.trust(), content=CONTENT if detached else None)
    (report,) = verified.signers
    assert verified.content == CONTENT
    assert verified.ok
    assert report.signer_certificate == person().certificate
    assert report.chain == (person().certificate,)
    assert report.signed_at is None


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384", "ed25519"])
@pytest.mark.parametrize("attributes", [True, False], ids=["attributes", "bare"])
def test_signers_with_other_keys(kind: str, attributes: bool) -> None:
    spec = person(kind, serial_number=7).spec(attributes=attributes)
    data = sign(CONTENT, [spec, signers.other().spec()], profile=MessageProfile.RFC5652)
    verified = verify(data, signers.trust())
    assert verified.content == CONTENT
    assert len(verified.signers) == 2


@pytest.mark.parametrize("padding", SignaturePadding)
@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("attributes", [True, False], ids=["attributes", "bare"])
def test_rsa(padding: SignaturePadding, hash_name: str, attributes: bool) -> None:
    key = signers.key("rsa").using(padding=padding, hash_name=hash_name)
    certificate = person("rsa", serial_number=7).certificate
    data = sign(CONTENT, SignerSpec(key, certificate, attributes=attributes), profile=MessageProfile.RFC5652)
    assert verify(data, signers.trust()).content == CONTENT


def test_every_empty_and_odd_content() -> None:
    for content in (b"", b"0", b"\x31", b"\x31\x00", b"\x31\x80", b"\x30\x80\x00\x00", bytes(100_000)):
        for attributes in (True, False):
            assert verify(message(content, attributes=attributes), signers.trust()).content == content


def test_named_by_key_identifier() -> None:
    for profile in (MessageProfile.RFC5652, MessageProfile.CFCA):
        data = message(profile=profile, key_identifier=True)
        assert verify(data, signers.trust()).content == CONTENT
        assert SignedMessage.from_der(data).profile is profile


def test_signing_time_is_a_claim_and_nothing_more() -> None:
    # The claimed time lies before the certificate began; the path is validated for the verifier's time all the same.
    (report,) = verify(message(signing_time=NOW - timedelta(days=4000)), signers.trust()).signers
    assert report.claimed_signing_time == NOW - timedelta(days=4000)
    assert report.signed_at is None
    late = signers.trust(at=NOW + timedelta(days=4000))
    with pytest.raises(ValidationError) as caught:
        verify(message(signing_time=NOW), late)
    assert caught.value.reason == "expired"


def test_signature_only_says_so() -> None:
    stranger = SM2PrivateKey.generate()
    certificate = signers.certify(stranger.public_key, issuer_key=stranger)
    data = sign(CONTENT, SignerSpec(stranger, certificate))
    with pytest.raises(ValidationError):
        verify(data, signers.trust())
    (report,) = verify(data, Trust.signature_only()).signers
    for name in (CheckName.CHAIN, CheckName.REVOCATION):
        check = report.check(name)
        assert check.status is CheckStatus.NOT_CHECKED
        assert "not asked for" in check.detail
    assert report.chain == ()


def test_certificates_from_the_verifier() -> None:
    data = message(include_signer_certificates=False)
    assert SignedMessage.from_der(data).certificates == ()
    assert verify(data, signers.trust(intermediates=[person().certificate])).content == CONTENT
    assert verify(data, Trust.signature_only([person().certificate])).content == CONTENT


def test_another_user_id_needs_leave() -> None:
    data = message(user_id=b"ALICE123@YAHOO.COM")
    with pytest.raises(InvalidSignature):
        verify(data, signers.trust())
    taken = signers.trust(signatures=SignaturePolicy((None, b"ALICE123@YAHOO.COM")))
    assert verify(data, taken).content == CONTENT


# ---- what does not --------------------------------------------------------------------------
@dataclass(frozen=True)
class Bad:
    """A message that is refused, and how."""

    make: Callable[[], bytes]
    error: type[GmpkiError]
    reason: str = ""
    options: Callable[[], dict[str, Any]] = dict
    trust: Callable[[], Trust] = signers.trust


def _oid_attribute(kind: str, *values: str) -> Attribute:
    return Attribute(oids.find(kind), tuple(der.encode_oid(value) for value in values))


def _digest_attribute(*values: bytes) -> Attribute:
    return Attribute(oids.MESSAGE_DIGEST, tuple(der.encode_octet_string(value) for value in values))


def _without_signers() -> bytes:
    return changed(message(), signer_infos=())


def _swapped_content() -> bytes:
    one, two = message(), message(OTHER_CONTENT)
    return changed(one, encap_content_info=parts(two)[1].encap_content_info)


def _swapped_signature() -> bytes:
    return with_signer(message(), signature=parts(message(OTHER_CONTENT))[1].signer_infos[0].signature)


def _twice(name: str) -> bytes:
    found = encoded(message(signing_time=NOW))
    kind = getattr(oids, name)
    return resigned(message(), [*found, attributes_of(message(signing_time=NOW))[kind].to_der()])


def _attributes_as_content(data: bytes) -> bytes:
    """Put the signed attributes in the place of the content: the signature still holds over these very bytes."""
    _, signed = parts(data)
    info = signed.signer_infos[0]
    inner = replace(signed.encap_content_info, content=info.signed_attributes_to_sign)
    return changed(data, encap_content_info=inner, signer_infos=(replace(info, signed_attributes=None),))


def _content_as_attributes() -> bytes:
    """Let somebody sign, without attributes, bytes that are the attributes of another content."""
    bait = build_signed(oids.GM_DATA, sm3.digest(OTHER_CONTENT), None, ())
    signature = person().key.sign(der.encode(der.Tag.SET, bait))
    data = with_signer(message(attributes=False), signature=signature)
    return signers.with_inner(data, content=der.encode(der.Tag.SET, bait))


def _encryption_certificate() -> Certificate:
    return signers.certify(person().key.public_key, usages=signers.ENCRYPTION)


def _by_encryption_certificate() -> bytes:
    return changed(message(), certificates=(_encryption_certificate().der,))


def _namesake(**options: Any) -> Certificate:
    """Return a certificate of the same issuer and serial number, or the same key, as that of the signer."""
    return signers.certify(SM2PrivateKey.generate().public_key, **options)


def _ambiguous() -> bytes:
    return changed(message(), certificates=(person().certificate.der, _namesake().der))


def _ambiguous_identifier() -> bytes:
    identifier = person().certificate.subject_key_identifier
    twin = _namesake(serial_number=9, identifier=identifier)
    data = message(profile=MessageProfile.RFC5652, key_identifier=True)
    return changed(data, certificates=(person().certificate.der, twin.der))


def _other_certificate() -> bytes:
    """Put another person's certificate in, and name it."""
    stranger = signers.other().certificate
    named = IssuerAndSerialNumber(stranger.issuer, stranger.serial_number)
    return changed(with_signer(message(), sid=named), certificates=(stranger.der,))


def _signed_for(content_type: str) -> bytes:
    return signers.with_inner(message(), content_type=oids.find(content_type))


def _digest_algorithm(oid: str, *, announce: bool = True, parameters: bytes | None = None) -> bytes:
    algorithm = AlgorithmIdentifier(oids.find(oid), parameters)
    data = with_signer(message(), digest_algorithm=algorithm)
    return changed(data, digest_algorithms=(algorithm,)) if announce else data


def _signature_algorithm(oid: str, **options: Any) -> bytes:
    return with_signer(message(**options), signature_algorithm=AlgorithmIdentifier(oids.find(oid)))


def _protected(**algorithms: AlgorithmIdentifier) -> bytes:
    digest = algorithms.get("digest", AlgorithmIdentifier(oids.SM3))
    signature = algorithms.get("signature", AlgorithmIdentifier(oids.SM2_SIGN))
    tagged = der.encode(der.Tag.context(1, constructed=True), signature.to_der()[2:])
    attribute = Attribute(oids.ALGORITHM_PROTECTION, (der.encode_sequence(digest.to_der(), tagged),))
    return message(signed_attributes=(attribute,))


def _sha1_message() -> bytes:
    """Return a message over SHA-1 with ECDSA, whose signature holds."""
    signer = person("p256", serial_number=7)
    key = signer.key.using(hash_name="sha256")
    data = sign(CONTENT, SignerSpec(key, signer.certificate), profile=MessageProfile.RFC5652)
    algorithm = AlgorithmIdentifier(oids.SHA1)
    data = with_signer(data, digest_algorithm=algorithm, signature_algorithm=AlgorithmIdentifier(oids.ECDSA_SHA1))
    return changed(data, digest_algorithms=(algorithm,))


BAD = {
    "no-signers": Bad(_without_signers, MessageError, "no-signers"),
    "no-signers-collecting": Bad(_without_signers, MessageError, "no-signers", lambda: {"collect": True}),
    "no-signers-signature-only": Bad(_without_signers, MessageError, "no-signers", trust=Trust.signature_only),
    "no-signers-detached": Bad(
        lambda: changed(message(detached=True), signer_infos=()), MessageError, "no-signers", lambda: {"content": b""}
    ),
    "content-missing": Bad(lambda: message(detached=True), MessageError, "content-missing"),
    "content-twice": Bad(message, MessageError, "content-twice", lambda: {"content": CONTENT}),
    "content-changed": Bad(lambda: signers.with_inner(message(), content=OTHER_CONTENT), InvalidSignature),
    "content-changed-bare": Bad(
        lambda: signers.with_inner(message(attributes=False), content=OTHER_CONTENT), InvalidSignature
    ),
    "content-changed-detached": Bad(
        lambda: message(detached=True), InvalidSignature, options=lambda: {"content": OTHER_CONTENT}
    ),
    "content-swapped-between-messages": Bad(_swapped_content, InvalidSignature),
    "signature-swapped-between-messages": Bad(_swapped_signature, InvalidSignature),
    "content-emptied": Bad(lambda: signers.with_inner(message(), content=b""), InvalidSignature),
    "signature-emptied": Bad(lambda: with_signer(message(), signature=b""), InvalidSignature),
    "signature-zero": Bad(lambda: with_signer(message(), signature=bytes(64)), InvalidSignature),
    "signature-raw": Bad(lambda: with_signer(message(), signature=person().key.sign(b"")[:64]), InvalidSignature),
    "signature-trailing-byte": Bad(
        lambda: with_signer(message(), signature=parts(message())[1].signer_infos[0].signature + b"\0"),
        InvalidSignature,
    ),
    "attributes-as-content": Bad(lambda: _attributes_as_content(message()), MessageError, "content-is-attributes"),
    "attributes-as-content-rfc5652": Bad(
        lambda: _attributes_as_content(message(profile=MessageProfile.RFC5652)), MessageError, "content-is-attributes"
    ),
    "content-as-attributes": Bad(_content_as_attributes, MessageError, "content-is-attributes"),
    "attributes-as-detached-content": Bad(
        lambda: signers.with_inner(_attributes_as_content(message()), content=None),
        MessageError,
        "content-is-attributes",
        lambda: {"content": der.encode(der.Tag.SET, b"".join(sorted(encoded(message()))))},
    ),
    "content-type-missing": Bad(
        lambda: resigned(message(), encoded(message(), CONTENT_TYPE=None)), MessageError, "attribute-missing"
    ),
    "message-digest-missing": Bad(
        lambda: resigned(message(), encoded(message(), MESSAGE_DIGEST=None)), MessageError, "attribute-missing"
    ),
    "content-type-twice": Bad(lambda: _twice("CONTENT_TYPE"), DecodeError),
    "message-digest-twice": Bad(lambda: _twice("MESSAGE_DIGEST"), DecodeError),
    "signing-time-twice": Bad(lambda: _twice("SIGNING_TIME"), DecodeError),
    "content-type-of-two-values": Bad(
        lambda: resigned(
            message(), encoded(message(), CONTENT_TYPE=_oid_attribute(oids.CONTENT_TYPE, oids.DATA, oids.GM_DATA))
        ),
        MessageError,
        "attribute-values",
    ),
    "message-digest-of-two-values": Bad(
        lambda: resigned(
            message(), encoded(message(), MESSAGE_DIGEST=_digest_attribute(bytes(32), sm3.digest(CONTENT)))
        ),
        MessageError,
        "attribute-values",
    ),
    "message-digest-of-another-type": Bad(
        lambda: resigned(message(), encoded(message(), MESSAGE_DIGEST=_oid_attribute(oids.MESSAGE_DIGEST, oids.DATA))),
        MessageError,
        "attribute-malformed",
    ),
    "message-digest-empty": Bad(
        lambda: resigned(message(), encoded(message(), MESSAGE_DIGEST=_digest_attribute(b""))), InvalidSignature
    ),
    "message-digest-cut": Bad(
        lambda: resigned(message(), encoded(message(), MESSAGE_DIGEST=_digest_attribute(sm3.digest(CONTENT)[:31]))),
        InvalidSignature,
    ),
    "signing-time-malformed": Bad(
        lambda: resigned(
            message(),
            encoded(message(), SIGNING_TIME=Attribute(oids.SIGNING_TIME, (der.encode_utf8_string("heute"),))),
        ),
        MessageError,
        "attribute-malformed",
    ),
    "countersignature-signed": Bad(
        lambda: resigned(message(), [*encoded(message()), _oid_attribute(oids.COUNTERSIGNATURE, oids.DATA).to_der()]),
        MessageError,
        "attribute-place",
    ),
    "attributes-not-sorted": Bad(
        lambda: resigned(message(), sorted(encoded(message()), reverse=True), sort=False), DecodeError
    ),
    "attributes-replaced": Bad(
        lambda: with_signer(message(), signed_attributes=b"".join(sorted(encoded(message(signing_time=NOW))))),
        InvalidSignature,
    ),
    "attributes-removed": Bad(lambda: with_signer(message(), signed_attributes=None), InvalidSignature),
    "attributes-empty": Bad(lambda: with_signer(message(), signed_attributes=b""), DecodeError),
    "content-type-disagrees": Bad(lambda: _signed_for(oids.TST_INFO), MessageError, "content-type"),
    "content-type-of-the-other-family": Bad(lambda: _signed_for(oids.DATA), MessageError, "content-type"),
    "content-type-of-the-other-family-outside": Bad(
        lambda: changed(message(), outer=oids.SIGNED_DATA), MessageError, "content-type"
    ),
    "typed-content-without-attributes": Bad(
        lambda: signers.with_inner(message(attributes=False), content_type=oids.TST_INFO),
        MessageError,
        "no-attributes",
    ),
    "another-kind-of-message": Bad(lambda: changed(message(), outer=oids.GM_ENVELOPED_DATA), DecodeError),
    "plain-data": Bad(
        lambda: der.encode_sequence(
            der.encode_oid(oids.GM_DATA), der.encode_explicit(0, der.encode_octet_string(CONTENT))
        ),
        MessageError,
        "not-signed",
    ),
    "no-content-at-all": Bad(
        lambda: der.encode_sequence(der.encode_oid(oids.GM_SIGNED_DATA)), MessageError, "not-signed"
    ),
    "digest-not-announced": Bad(lambda: changed(message(), digest_algorithms=()), MessageError, "digest-not-listed"),
    "other-digest-announced": Bad(
        lambda: changed(message(), digest_algorithms=(AlgorithmIdentifier(oids.SHA256),)),
        MessageError,
        "digest-not-listed",
    ),
    "digest-mismatch": Bad(lambda: _digest_algorithm(oids.SHA256), InvalidSignature),
    "digest-mismatch-bare": Bad(
        lambda: changed(
            with_signer(message(attributes=False), digest_algorithm=AlgorithmIdentifier(oids.SHA256)),
            digest_algorithms=(AlgorithmIdentifier(oids.SHA256),),
        ),
        MessageError,
        "algorithm-mismatch",
    ),
    "digest-unknown": Bad(lambda: _digest_algorithm(oids.SM4), UnsupportedAlgorithm),
    "digest-is-a-mac": Bad(lambda: _digest_algorithm(oids.HMAC_SM3), UnsupportedAlgorithm),
    "digest-with-parameters": Bad(lambda: _digest_algorithm(oids.SM3, parameters=der.encode_integer(1)), DecodeError),
    "digest-md5": Bad(lambda: _digest_algorithm(oids.MD5), PolicyError),
    "digest-sha1": Bad(_sha1_message, PolicyError),
    "algorithm-of-other-keys": Bad(lambda: _signature_algorithm(oids.ECDSA_SHA256), KeyMismatchError),
    "algorithm-unknown": Bad(lambda: _signature_algorithm(oids.SM4), UnsupportedAlgorithm),
    "algorithm-rsa-for-sm2": Bad(lambda: _signature_algorithm(oids.RSA_ENCRYPTION), KeyMismatchError),
    "algorithm-is-the-key": Bad(lambda: _signature_algorithm(oids.EC_PUBLIC_KEY), UnsupportedAlgorithm),
    "algorithm-protection-digest": Bad(
        lambda: _protected(digest=AlgorithmIdentifier(oids.SHA256)), MessageError, "algorithm-protection"
    ),
    "algorithm-protection-signature": Bad(
        lambda: _protected(signature=AlgorithmIdentifier(oids.SM2_WITH_SM3)), MessageError, "algorithm-protection"
    ),
    "algorithm-protection-malformed": Bad(
        lambda: message(signed_attributes=(Attribute(oids.ALGORITHM_PROTECTION, (NULL,)),)),
        MessageError,
        "algorithm-protection",
    ),
    "signer-missing": Bad(lambda: message(include_signer_certificates=False), MessageError, "signer-missing"),
    "signer-missing-other-serial": Bad(
        lambda: changed(message(), certificates=(_namesake(serial_number=5).der,)), MessageError, "signer-missing"
    ),
    "signer-missing-identifier": Bad(
        lambda: with_signer(message(profile=MessageProfile.RFC5652), sid=bytes(20), version=3),
        MessageError,
        "signer-missing",
    ),
    "signer-missing-identifier-empty": Bad(
        lambda: with_signer(message(profile=MessageProfile.RFC5652), sid=b"", version=3), MessageError, "signer-missing"
    ),
    "signer-ambiguous": Bad(_ambiguous, MessageError, "signer-ambiguous"),
    "signer-ambiguous-identifier": Bad(_ambiguous_identifier, MessageError, "signer-ambiguous"),
    "signer-is-a-namesake": Bad(lambda: changed(message(), certificates=(_namesake().der,)), InvalidSignature),
    "signer-replaced": Bad(_other_certificate, InvalidSignature),
    "encryption-certificate": Bad(_by_encryption_certificate, ValidationError, "key-usage"),
    "encryption-certificate-signature-only": Bad(
        _by_encryption_certificate, ValidationError, "key-usage", trust=Trust.signature_only
    ),
    "authority-as-signer": Bad(
        lambda: changed(
            message(),
            certificates=(signers.certify(person().key.public_key, usages=signers.KeyUsages.KEY_CERT_SIGN).der,),
        ),
        ValidationError,
        "key-usage",
    ),
    "untrusted": Bad(
        message,
        ValidationError,
        "no-path",
        trust=lambda: Trust([_namesake(serial_number=77)], at=NOW),
    ),
    "expired": Bad(message, ValidationError, "expired", trust=lambda: signers.trust(at=NOW + timedelta(days=5000))),
    "not-yet-valid": Bad(
        message, ValidationError, "not-yet-valid", trust=lambda: signers.trust(at=NOW - timedelta(days=5))
    ),
    "policy-of-the-path": Bad(
        message,
        ValidationError,
        "policies",
        trust=lambda: signers.trust(policy=PathPolicy(require_explicit_policy=True)),
    ),
    "user-id-not-the-default": Bad(lambda: message(user_id=b""), InvalidSignature),
    "certificate-malformed": Bad(lambda: changed(message(), certificates=(der.encode_sequence(NULL),)), DecodeError),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name: str) -> None:
    case = BAD[name]
    options = case.options()
    with pytest.raises(case.error) as caught:
        verify(case.make(), case.trust(), **options)
    if case.reason:
        assert getattr(caught.value, "reason", None) == case.reason
    assert str(caught.value)


@pytest.mark.parametrize("name", [name for name, case in BAD.items() if not case.options().get("collect")])
def test_content_of_a_refused_message_stays_out_of_reach(name: str) -> None:
    case = BAD[name]
    try:
        verified = verify(case.make(), case.trust(), collect=True, **case.options())
    except (MessageError, DecodeError):
        return  # not even a report: nothing to reach
    assert not verified.ok
    for call in (verified.require, lambda: verified.content):
        with pytest.raises(case.error):
            call()
    assert CONTENT not in repr(verified).encode()


def test_collecting_tells_everything() -> None:
    data = changed(signers.with_inner(message(), content=OTHER_CONTENT), certificates=(_encryption_certificate().der,))
    (report,) = verify(data, signers.trust(at=NOW + timedelta(days=5000)), collect=True).signers
    statuses = {check.name.value: check.status.value for check in report.checks}
    assert statuses == {
        "certificate": "passed",
        "digest": "failed",
        "signature": "passed",
        "usage": "failed",
        "time-stamp": "not-checked",
        "chain": "failed",
        "revocation": "not-checked",
    }
    with pytest.raises(InvalidSignature):
        report.require()


def test_one_bad_signer_of_several_spoils_the_message() -> None:
    data = sign(CONTENT, [person().spec(), signers.other().spec()])
    _, signed = parts(data)
    for index, info in enumerate(signed.signer_infos):
        infos = list(signed.signer_infos)
        infos[index] = replace(info, signature=person().key.sign(b"something else"))
        bad = changed(data, signer_infos=tuple(infos))
        with pytest.raises(InvalidSignature):
            verify(bad, signers.trust())
        collected = verify(bad, signers.trust(), collect=True)
        assert sorted(report.ok for report in collected.signers) == [False, True]
        with pytest.raises(InvalidSignature):
            assert collected.content


def test_too_many_signers() -> None:
    _, signed = parts(message())
    crowd = changed(message(), signer_infos=signed.signer_infos * (MAX_VERIFIED_SIGNERS + 1))
    with pytest.raises(LimitExceeded):
        verify(crowd, signers.trust())


def test_every_changed_byte_is_noticed() -> None:
    """No single byte of a message can be changed without an error of gmpki or the loss of the signature."""
    data = message(signing_time=NOW)
    signed_names = {"content": CONTENT}
    for position in range(len(data)):
        bent = data[:position] + bytes((data[position] ^ 1,)) + data[position + 1 :]
        try:
            verified = verify(bent, signers.trust())
        except GmpkiError:
            continue
        # What is not signed is the frame: versions, and identifiers that mean the same.
        assert verified.content == signed_names["content"]
        assert verified.signers[0].signer_certificate == person().certificate


def test_every_truncation_is_noticed() -> None:
    data = message()
    for length in range(len(data)):
        with pytest.raises(GmpkiError):
            verify(data[:length], signers.trust())


def test_policies_about_algorithms_reach_messages() -> None:
    signer = person("p256", serial_number=7)
    key = signer.key.using(hash_name="sha256")
    bare = SignerSpec(key, signer.certificate, attributes=False)
    data = with_signer(
        sign(CONTENT, bare, profile=MessageProfile.RFC5652),
        digest_algorithm=AlgorithmIdentifier(oids.SHA1),
        signature_algorithm=AlgorithmIdentifier(oids.ECDSA_SHA1),
    )
    data = changed(data, digest_algorithms=(AlgorithmIdentifier(oids.SHA1),))
    allowed = SignaturePolicy(algorithms=DEFAULT_POLICY.allowing("sha1-signature"))
    with pytest.raises(PolicyError):
        verify(data, signers.trust())
    with pytest.raises(InvalidSignature):  # allowed, and still not made over SHA-1
        verify(data, signers.trust(signatures=allowed))


# ---- streams --------------------------------------------------------------------------------
@pytest.mark.parametrize("attributes", [True, False], ids=["attributes", "bare"])
@pytest.mark.parametrize("kind", ["sm2", "rsa"])
def test_digests_of_a_stream(kind: str, attributes: bool) -> None:
    spec = person(kind, serial_number=7).spec(attributes=attributes)
    read = SignedMessage.from_der(sign(CONTENT, spec, profile=MessageProfile.RFC5652, detached=True))
    digests = needed_digests(read, signers.trust())
    for position in range(0, len(CONTENT), 5):
        digests.update(CONTENT[position : position + 5])
    (report,) = verify_signers(read, signers.trust(), digests)
    assert report.ok
    with pytest.raises(InvalidSignature):
        verify_signers(read, signers.trust(), ContentDigests.of(OTHER_CONTENT))


def test_attributes_that_stream_past_as_content() -> None:
    bait = _attributes_as_content(message())
    content = SignedMessage.from_der(bait).unverified_content() or b""
    read = SignedMessage.from_der(signers.with_inner(bait, content=None))
    digests = needed_digests(read, signers.trust())
    for byte in content:
        digests.update(bytes((byte,)))
    with pytest.raises(MessageError, match="signed attributes"):
        verify_signers(read, signers.trust(), digests)


# ---- arguments ------------------------------------------------------------------------------
def test_arguments_that_nobody_wants() -> None:
    for _ in hostile.results(verify, (message(), signers.trust())):
        pytest.fail("something else than a message or trust was taken")
    with pytest.raises(InvalidTypeError):
        verify(message(), signers.trust(), timestamps=object())  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        verify(message(), signers.trust(), collect=1)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        verify(message(detached=True), signers.trust(), content="text")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        Trust([])
    for anchors in ([signers.ROOT_NAME], "text", 7, [person().certificate.der]):
        with pytest.raises(InvalidTypeError):
            Trust(anchors)  # type: ignore[arg-type]


def test_lenient_signatures_do_not_make_bad_ones_good() -> None:
    loose = signers.trust(signatures=LENIENT_SIGNATURES)
    for make in (_swapped_content, _swapped_signature, _other_certificate):
        with pytest.raises(InvalidSignature):
            verify(SignedMessage.from_der(make(), lenient=True), loose)


def test_equal_messages_are_equal() -> None:
    data = message()
    one, two = SignedMessage.from_der(data), SignedMessage.from_der(data)
    assert one == two
    assert hash(one) == hash(two)
    assert one != SignedMessage.from_der(message(OTHER_CONTENT))
    assert one.to_der() == data
    assert isinstance(one.signed_data, SignedData)
