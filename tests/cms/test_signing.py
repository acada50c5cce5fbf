"""Making signed messages: what is written in each profile, and what nobody gets signed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

import pytest

import hostile
from cms import signers
from cms.signers import CONTENT, NOW, message, parts, person
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.gmt0009 import SM2Signature
from gmpki.asn1.rfc5652 import Attribute, IssuerAndSerialNumber
from gmpki.cms import MessageProfile, SignedMessage, SignerPlan, SignerSpec, sign, verify
from gmpki.cms.signing import digests_for
from gmpki.errors import (
    FaultDetected,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    MessageError,
    PolicyError,
    ProfileError,
)
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.crl_builder import CRLBuilder

HINT = Attribute(oids.CONTENT_HINT, (der.encode_utf8_string("合同"),))


# ---- what is written --------------------------------------------------------------------------
def test_gmt0010_as_it_is_written() -> None:
    outer, signed = parts(message())
    (info,) = signed.signer_infos
    certificate = person().certificate
    assert (outer, signed.encap_content_info.content_type) == (oids.GM_SIGNED_DATA, oids.GM_DATA)
    assert (signed.version, info.version) == (1, 1)
    assert info.sid == IssuerAndSerialNumber(certificate.issuer, certificate.serial_number)
    assert (info.digest_algorithm.algorithm, info.digest_algorithm.parameters) == (oids.SM3, None)
    assert (info.signature_algorithm.algorithm, info.signature_algorithm.parameters) == (oids.SM2_SIGN, None)
    assert signed.digest_algorithms == (info.digest_algorithm,)
    assert signed.certificates == (certificate.der,)
    assert {attribute.type for attribute in info.attributes()} == {oids.CONTENT_TYPE, oids.MESSAGE_DIGEST}
    certificate.public_key.verify(info.signature, info.signed_attributes_to_sign)


def test_without_attributes_the_content_is_signed() -> None:
    (info,) = parts(message(attributes=False))[1].signer_infos
    assert info.signed_attributes is None
    person().certificate.public_key.verify(info.signature, CONTENT)


def test_rfc5652_as_it_is_written() -> None:
    outer, signed = parts(message(profile=MessageProfile.RFC5652))
    (info,) = signed.signer_infos
    assert (outer, signed.encap_content_info.content_type) == (oids.SIGNED_DATA, oids.DATA)
    assert (signed.version, info.version) == (1, 1)
    assert info.signature_algorithm.algorithm == oids.SM2_WITH_SM3
    signed = parts(message(profile=MessageProfile.RFC5652, key_identifier=True))[1]
    assert (signed.version, signed.signer_infos[0].version) == (3, 3)
    signed = parts(message(profile=MessageProfile.RFC5652, content_type=oids.TST_INFO))[1]
    assert (signed.version, signed.signer_infos[0].version) == (3, 1)


def test_what_goes_along() -> None:
    empty = CRLBuilder.for_issuer(signers.root(), this_update=NOW, next_update=NOW + signers.DAY, number=1)
    crl = empty.sign(signers.ROOT_KEY)
    options: dict[str, Any] = {"certificates": [signers.root(), signers.root(), person().certificate], "crls": [crl]}
    read = SignedMessage.from_der(message(**options))
    assert set(read.certificates) == {signers.root(), person().certificate}
    assert [found.to_der() for found in read.crls] == [crl.to_der()]
    read = SignedMessage.from_der(message(include_signer_certificates=False))
    assert read.certificates == ()


def test_attributes_of_the_caller() -> None:
    data = message(signing_time=NOW, signed_attributes=(HINT,), unsigned_attributes=(HINT,))
    (info,) = SignedMessage.from_der(data).signers
    assert info.attributes().find(oids.CONTENT_HINT) == info.other_attributes().find(oids.CONTENT_HINT)
    assert info.attributes().find(oids.SIGNING_TIME) == der.encode_utc_time(NOW)
    assert verify(data, signers.trust()).signers[0].claimed_signing_time == NOW
    late = datetime(2050, 1, 1, tzinfo=timezone.utc)
    (info,) = SignedMessage.from_der(message(signing_time=late)).signers
    assert info.attributes().find(oids.SIGNING_TIME) == der.encode_generalized_time(late)


def test_attributes_are_written_in_the_order_of_der() -> None:
    (info,) = SignedMessage.from_der(message(signing_time=NOW, signed_attributes=(HINT,))).signers
    elements = [attribute.to_der() for attribute in info.attributes()]
    assert elements == sorted(elements)
    assert b"".join(elements) == info.signed_attributes


@pytest.mark.parametrize("kind", ["sm2", "rsa", "p256"])
@pytest.mark.parametrize("attributes", [True, False], ids=["attributes", "bare"])
def test_signing_by_digests(kind: str, attributes: bool) -> None:
    spec = person(kind, serial_number=7).spec(attributes=attributes)
    digests = digests_for([spec.plan])
    for byte in CONTENT:
        digests.update(bytes((byte,)))
    made = spec.sign(digests, oids.DATA, MessageProfile.RFC5652)
    whole = sign(CONTENT, spec, profile=MessageProfile.RFC5652)
    info = parts(whole)[1].signer_infos[0]
    assert replace(made, signature=info.signature) == info
    assert verify(signers.changed(whole, signer_infos=(made,)), signers.trust()).ok


@dataclass(frozen=True)
class Token:
    """A key that lives elsewhere: it has the methods of the protocol and nothing else."""

    key: Any
    answer: Callable[[bytes], bytes] = bytes

    @property
    def public_key(self) -> Any:
        return self.key.public_key

    @property
    def signature_algorithm(self) -> Any:
        return self.key.signature_algorithm

    def sign(self, message: bytes, *, user_id: bytes | None = None) -> bytes:
        return self.answer(self.key.sign(message, user_id=user_id))

    def sign_digest(self, digest: bytes) -> bytes:
        return self.answer(self.key.sign_digest(digest))


@pytest.mark.parametrize("attributes", [True, False])
def test_a_signer_of_ones_own(attributes: bool) -> None:
    token = Token(person().key)
    data = sign(CONTENT, SignerSpec(token, person().certificate, attributes=attributes))
    assert verify(data, signers.trust()).content == CONTENT


def fixed_width(signature: bytes) -> bytes:
    numbers = SM2Signature.from_der(signature)
    return numbers.r.to_bytes(32, "big") + numbers.s.to_bytes(32, "big")


@pytest.mark.parametrize("attributes", [True, False])
def test_what_a_token_answers(attributes: bool) -> None:
    """Two numbers of fixed width become DER; what does not hold is not released."""
    key, certificate = person().key, person().certificate
    raw = Token(key, fixed_width)
    data = sign(CONTENT, SignerSpec(raw, certificate, attributes=attributes))
    assert verify(data, signers.trust()).content == CONTENT
    for answer in (lambda _: b"", lambda made: made[:-1] + bytes((made[-1] ^ 1,)), lambda _: key.sign(b"another")):
        broken = SignerSpec(Token(key, answer), certificate, attributes=attributes)
        with pytest.raises(FaultDetected, match="does not hold"):
            sign(CONTENT, broken)


# ---- what is not ------------------------------------------------------------------------------
def test_content_that_would_pass_for_attributes() -> None:
    (info,) = SignedMessage.from_der(message()).signers
    bait = info.signed_attributes_to_sign
    assert verify(message(bait), signers.trust()).content == bait  # with attributes of its own it is a content
    with pytest.raises(MessageError) as caught:
        message(bait, attributes=False)
    assert caught.value.reason == "content-is-attributes"


def test_certificates_that_are_none_to_sign_with() -> None:
    key = person().key
    for usages in (signers.ENCRYPTION, signers.KeyUsages.KEY_CERT_SIGN, signers.KeyUsages.KEY_AGREEMENT):
        certificate = signers.certify(key.public_key, usages=usages)
        for make in (lambda c=certificate: SignerSpec(key, c), lambda c=certificate: SignerPlan(c)):
            with pytest.raises(ProfileError, match="not one to sign with"):
                make()


def test_keys_that_do_not_belong() -> None:
    certificate = person().certificate
    for key in (SM2PrivateKey.generate(), signers.key("rsa"), signers.key("p256")):
        with pytest.raises(KeyMismatchError):
            SignerSpec(key, certificate)
    for digest in ("sha256", "sm4", ""):
        with pytest.raises(KeyMismatchError):
            SignerSpec(person().key, certificate, digest=digest)
    with pytest.raises(PolicyError):
        SignerSpec(signers.key("rsa"), person("rsa", serial_number=7).certificate, digest="sha1")


def test_digest_of_choice() -> None:
    someone = person("rsa", serial_number=7)
    for digest in ("sha256", "sha384", "sha512"):
        data = sign(CONTENT, someone.spec(digest=digest), profile=MessageProfile.RFC5652)
        (info,) = SignedMessage.from_der(data).signers
        assert info.digest_algorithm.algorithm == getattr(oids, digest.upper())
        assert info.signature_algorithm.algorithm == oids.RSA_ENCRYPTION
        assert verify(data, signers.trust()).ok


@pytest.mark.parametrize(
    "options",
    [
        {"user_id": "text"},
        {"attributes": 1},
        {"attributes": None},
        {"key_identifier": "yes"},
        {"signing_time": "now"},
        {"signed_attributes": 5},
        {"signed_attributes": (b"",)},
        {"unsigned_attributes": ("text",)},
        {"digest": 5},
    ],
    ids=lambda options: next(iter(options)),
)
def test_wrong_types(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        person().spec(**options)
    with pytest.raises(InvalidTypeError):
        SignerPlan(person().certificate, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"signing_time": NOW.replace(tzinfo=None)},
        {"attributes": False, "signing_time": NOW},
        {"attributes": False, "signed_attributes": (HINT,)},
        {"signed_attributes": (HINT, HINT)},
        {"signed_attributes": (Attribute(oids.CONTENT_TYPE, (der.encode_oid(oids.DATA),)),)},
        {"signed_attributes": (Attribute(oids.MESSAGE_DIGEST, (der.encode_octet_string(b""),)),)},
        {"signed_attributes": (Attribute(oids.SIGNING_TIME, (der.encode_utc_time(NOW),)),)},
        {"signed_attributes": (Attribute(oids.TIME_STAMP_TOKEN, (der.encode_sequence(),)),)},
        {"signed_attributes": (Attribute(oids.COUNTERSIGNATURE, (der.encode_sequence(),)),)},
        {"signed_attributes": (Attribute(oids.CONTENT_HINT, ()),)},
        {"unsigned_attributes": (Attribute(oids.MESSAGE_DIGEST, (der.encode_octet_string(b""),)),)},
        {"user_id": bytes(8192)},
    ],
    ids=str,
)
def test_wrong_values(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        message(**options)


def test_wishes_that_a_profile_does_not_have() -> None:
    with pytest.raises(ProfileError):
        message(key_identifier=True)
    for kind in ("rsa", "p256", "ed25519"):
        for profile in (MessageProfile.GMT0010, MessageProfile.CFCA):
            with pytest.raises(ProfileError):
                sign(CONTENT, person(kind, serial_number=7).spec(), profile=profile)
    with pytest.raises(ProfileError):
        message(attributes=False, content_type=oids.TST_INFO)
    nameless = signers.certify(person().key.public_key, identifier=None)
    with pytest.raises(ProfileError):
        SignerSpec(person().key, nameless, key_identifier=True)
    for kind in ("rsa", "p256", "ed25519"):
        with pytest.raises(InvalidInputError):
            person(kind, serial_number=7).spec(user_id=b"me")


def test_how_many_sign() -> None:
    with pytest.raises(InvalidInputError):
        sign(CONTENT, [])
    with pytest.raises(InvalidInputError):
        sign(CONTENT, [person().spec(), person().spec(attributes=False)])
    with pytest.raises(LimitExceeded):
        sign(CONTENT, [person().spec()] * 65)


def test_arguments_that_nobody_wants() -> None:
    for data in hostile.results(sign, (CONTENT, person().spec())):
        assert verify(data, signers.trust()).ok
    for name in ("profile", "detached", "certificates", "crls", "content_type"):
        for value in (7, "text", object()):
            with pytest.raises(InvalidInputError):
                sign(CONTENT, person().spec(), **{name: value})
    with pytest.raises(InvalidTypeError):
        SignerSpec(object(), person().certificate)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        SignerSpec(person().key, person().certificate.der)  # type: ignore[arg-type]
