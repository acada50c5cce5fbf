"""Signed messages that are refused: how each is made, and what the refusal is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from cms import signers
from cms.signers import CONTENT, NOW, attributes_of, changed, encoded, message, parts, person, resigned, with_signer
from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5652 import Attribute, IssuerAndSerialNumber
from gmpki.cms import MessageProfile, SignerSpec, Trust, sign
from gmpki.cms.attributes import build_signed
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidSignature,
    KeyMismatchError,
    MessageError,
    PolicyError,
    UnsupportedAlgorithm,
    ValidationError,
)
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.path import PathPolicy

OTHER_CONTENT = CONTENT.replace("两".encode(), "三".encode())


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


def swapped_content() -> bytes:
    one, two = message(), message(OTHER_CONTENT)
    return changed(one, encap_content_info=parts(two)[1].encap_content_info)


def swapped_signature() -> bytes:
    return with_signer(message(), signature=parts(message(OTHER_CONTENT))[1].signer_infos[0].signature)


def _twice(name: str) -> bytes:
    found = encoded(message(signing_time=NOW))
    kind = getattr(oids, name)
    return resigned(message(), [*found, attributes_of(message(signing_time=NOW))[kind].to_der()])


def attributes_as_content(data: bytes) -> bytes:
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


def encryption_certificate() -> Certificate:
    return signers.certify(person().key.public_key, usages=signers.ENCRYPTION)


def _by_encryption_certificate() -> bytes:
    return changed(message(), certificates=(encryption_certificate().der,))


def namesake(**options: Any) -> Certificate:
    """Return a certificate of the same issuer and serial number, or the same key, as that of the signer."""
    return signers.certify(SM2PrivateKey.generate().public_key, **options)


def _ambiguous() -> bytes:
    return changed(message(), certificates=(person().certificate.der, namesake().der))


def _ambiguous_identifier() -> bytes:
    identifier = person().certificate.subject_key_identifier
    twin = namesake(serial_number=9, identifier=identifier)
    data = message(profile=MessageProfile.RFC5652, key_identifier=True)
    return changed(data, certificates=(person().certificate.der, twin.der))


def other_certificate() -> bytes:
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
    "content-swapped-between-messages": Bad(swapped_content, InvalidSignature),
    "signature-swapped-between-messages": Bad(swapped_signature, InvalidSignature),
    "content-emptied": Bad(lambda: signers.with_inner(message(), content=b""), InvalidSignature),
    "signature-emptied": Bad(lambda: with_signer(message(), signature=b""), InvalidSignature),
    "signature-zero": Bad(lambda: with_signer(message(), signature=bytes(64)), InvalidSignature),
    "signature-raw": Bad(lambda: with_signer(message(), signature=person().key.sign(b"")[:64]), InvalidSignature),
    "signature-trailing-byte": Bad(
        lambda: with_signer(message(), signature=parts(message())[1].signer_infos[0].signature + b"\0"),
        InvalidSignature,
    ),
    "attributes-as-content": Bad(lambda: attributes_as_content(message()), MessageError, "content-is-attributes"),
    "attributes-as-content-rfc5652": Bad(
        lambda: attributes_as_content(message(profile=MessageProfile.RFC5652)), MessageError, "content-is-attributes"
    ),
    "content-as-attributes": Bad(_content_as_attributes, MessageError, "content-is-attributes"),
    "attributes-as-detached-content": Bad(
        lambda: signers.with_inner(attributes_as_content(message()), content=None),
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
        lambda: changed(message(), certificates=(namesake(serial_number=5).der,)), MessageError, "signer-missing"
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
    "signer-is-a-namesake": Bad(lambda: changed(message(), certificates=(namesake().der,)), InvalidSignature),
    "signer-replaced": Bad(other_certificate, InvalidSignature),
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
        trust=lambda: Trust([namesake(serial_number=77)], at=NOW),
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
