"""Which signed messages are believed, and what every kind of refusal is called."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import timedelta

import pytest

import hostile
from cms import signers
from cms.refused_messages import (
    OTHER_CONTENT,
    attributes_as_content,
    encryption_certificate,
    other_certificate,
    swapped_content,
    swapped_signature,
)
from cms.signers import CONTENT, NOW, changed, encoded, message, parts, person, resigned, with_signer
from gmpki import oids
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5652 import SignedData
from gmpki.cms import CheckName, CheckStatus, MessageProfile, SignedMessage, SignerSpec, Trust, sign, verify
from gmpki.cms.digests import ContentDigests
from gmpki.cms.verification import MAX_VERIFIED_CERTIFICATES, MAX_VERIFIED_SIGNERS, needed_digests, verify_signers
from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    LimitExceeded,
    MessageError,
    PolicyError,
    ValidationError,
)
from gmpki.keys.rsa import RSAPrivateKey, SignaturePadding
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.signatures import LENIENT_SIGNATURES, SignaturePolicy


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


def test_collecting_tells_everything() -> None:
    data = changed(signers.with_inner(message(), content=OTHER_CONTENT), certificates=(encryption_certificate().der,))
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


def test_too_many_certificates() -> None:
    own = person().certificate.der
    certificates = (own,) + (signers.root().der,) * MAX_VERIFIED_CERTIFICATES
    with pytest.raises(LimitExceeded):
        verify(changed(message(), certificates=certificates), signers.trust())


def test_messages_can_be_pickled() -> None:
    for lenient in (False, True):
        read = SignedMessage.from_der(message(signing_time=NOW), lenient=lenient)
        again = pickle.loads(pickle.dumps(read))
        assert again == read
        assert again.is_lenient is lenient
        assert verify(again, signers.trust()).content == CONTENT


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


def test_short_keys_need_leave() -> None:
    policy = DEFAULT_POLICY.allowing("rsa-1024")
    key = RSAPrivateKey.generate(1024, policy=policy)
    certificate = signers.certify(key.public_key, serial_number=7)
    data = sign(CONTENT, person("rsa", serial_number=7).spec(), profile=MessageProfile.RFC5652)
    data = changed(resigned(data, encoded(data), signer=key), certificates=(certificate.der,))
    with pytest.raises(PolicyError):
        verify(data, Trust.signature_only())
    assert verify(data, Trust.signature_only(signatures=SignaturePolicy(algorithms=policy))).content == CONTENT


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
    bait = attributes_as_content(message())
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
    for make in (swapped_content, swapped_signature, other_certificate):
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
