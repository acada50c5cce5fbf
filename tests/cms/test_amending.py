"""What is added to a signed message: further signers, counter-signatures, time-stamps and other unsigned attributes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import hostile
from cms import signers
from cms.signers import CONTENT, NOW, changed, message, only_signer, parts, person, with_signer
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5652 import Attribute, encode_attributes
from gmpki.cms import (
    CheckName,
    CheckStatus,
    MessageProfile,
    SignedMessage,
    StampedTime,
    add_signer,
    attach_attributes,
    attach_timestamp,
    countersign,
    sign,
    verify,
)
from gmpki.cms.attributes import MAX_ATTRIBUTES
from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    LimitExceeded,
    MessageError,
    TimestampError,
    ValidationError,
)

HINT = Attribute(oids.CONTENT_HINT, (der.encode_utf8_string("合同"),))
TOKEN = sign(b"time", person().spec(), profile=MessageProfile.RFC5652)


class Clock:
    """A verifier of time-stamps that believes one token over one signature."""

    def __init__(self, time: Any = NOW, token: bytes = TOKEN) -> None:
        self.time, self.token = time, token
        self.asked: list[bytes] = []

    def verify(self, token: bytes, imprinted: bytes) -> StampedTime:
        self.asked.append(imprinted)
        if token != self.token:
            raise TimestampError("imprint", "the time-stamp is over something else")
        return StampedTime(self.time)


# ---- signers --------------------------------------------------------------------------------
@pytest.mark.parametrize("profile", MessageProfile)
@pytest.mark.parametrize("detached", [False, True], ids=["attached", "detached"])
def test_a_further_signer(profile: MessageProfile, detached: bool) -> None:
    content = CONTENT if detached else None
    data = add_signer(message(profile=profile, detached=detached), signers.other().spec(), content=content)
    verified = verify(data, signers.trust(), content=content)
    found = {report.signer_certificate for report in verified.signers}
    assert found == {person().certificate, signers.other().certificate}
    assert {info.version for info in SignedMessage.from_der(data).signers} == {1}


def test_a_further_signer_with_another_digest() -> None:
    someone = person("rsa", serial_number=7)
    data = add_signer(message(profile=MessageProfile.RFC5652), someone.spec(key_identifier=True))
    _, signed = parts(data)
    assert {algorithm.algorithm for algorithm in signed.digest_algorithms} == {oids.SM3, oids.SHA256}
    assert signed.version == 3
    assert verify(data, signers.trust()).ok


def test_signers_that_are_not_added() -> None:
    with pytest.raises(InvalidInputError, match="already"):
        add_signer(message(), person().spec())
    with pytest.raises(MessageError) as caught:
        add_signer(message(detached=True), signers.other().spec())
    assert caught.value.reason == "content-missing"
    with pytest.raises(MessageError) as caught:
        add_signer(message(), signers.other().spec(), content=CONTENT)
    assert caught.value.reason == "content-twice"
    crowd = changed(message(), signer_infos=parts(message())[1].signer_infos * 64)
    with pytest.raises(LimitExceeded):
        add_signer(crowd, signers.other().spec())


# ---- counter-signatures ---------------------------------------------------------------------
@pytest.mark.parametrize("profile", MessageProfile)
def test_countersignature(profile: MessageProfile) -> None:
    data = countersign(message(profile=profile), signers.other().spec(signing_time=NOW))
    (report,) = verify(data, signers.trust()).signers
    (counter,) = report.countersignatures
    assert counter.signer_certificate == signers.other().certificate
    assert counter.claimed_signing_time == NOW
    assert counter.check("chain").status is CheckStatus.PASSED
    assert report.check(CheckName.COUNTERSIGNATURE).status is CheckStatus.PASSED
    assert oids.CONTENT_TYPE not in counter.signed_attributes


def test_several_countersignatures() -> None:
    data = message()
    for number in range(3):
        data = countersign(data, person(owner=f"证人{number}", serial_number=50 + number).spec())
    assert len(verify(data, signers.trust()).signers[0].countersignatures) == 3


def _countered(*values: bytes) -> bytes:
    attribute = Attribute(oids.COUNTERSIGNATURE, tuple(values))
    return with_signer(message(), unsigned_attributes=encode_attributes((attribute,)))


def test_countersignature_of_another_signature() -> None:
    moved = only_signer(countersign(message(b"something else"), signers.other().spec()))
    value = moved.other_attributes().find(oids.COUNTERSIGNATURE) or b""
    data = changed(_countered(value), certificates=(person().certificate.der, signers.other().certificate.der))
    with pytest.raises(InvalidSignature):
        verify(data, signers.trust())
    collected = verify(data, signers.trust(), collect=True)
    assert collected.signers[0].check("countersignature").status is CheckStatus.FAILED
    with pytest.raises(InvalidSignature):
        assert collected.content


def test_a_signature_over_content_is_no_countersignature() -> None:
    """A signer's entry that signs the same bytes as a content has a contentType, which a counter-signature has not."""
    signature = only_signer(message()).signature
    entry = only_signer(sign(signature, signers.other().spec()))
    data = changed(_countered(entry.to_der()), certificates=(person().certificate.der, signers.other().certificate.der))
    with pytest.raises(MessageError) as caught:
        verify(data, signers.trust())
    assert caught.value.reason == "attribute-place"


def test_bad_countersignatures() -> None:
    good = only_signer(countersign(message(), signers.other().spec())).other_attributes()
    value = good.find(oids.COUNTERSIGNATURE) or b""
    with pytest.raises(DecodeError):
        verify(_countered(der.encode_sequence()), signers.trust())
    with pytest.raises(MessageError) as caught:
        verify(_countered(value), signers.trust())  # his certificate is not at hand
    assert caught.value.reason == "signer-missing"
    encryption = signers.certify(
        signers.other().key.public_key, usages=signers.ENCRYPTION, subject="李四", serial_number=0x1002
    )
    countered = countersign(message(), signers.other().spec())
    (info,) = SignedMessage.from_der(countered).signers
    data = changed(countered, certificates=(person().certificate.der, encryption.der))
    with pytest.raises(ValidationError) as refused:
        verify(data, signers.trust())
    assert refused.value.reason == "key-usage"
    assert info.unsigned_attributes


def test_countersignatures_have_an_end() -> None:
    value = only_signer(message()).to_der()
    for _ in range(3):
        nested = Attribute(oids.COUNTERSIGNATURE, (value,))
        value = replace(only_signer(message()), unsigned_attributes=encode_attributes((nested,))).to_der()
    collected = verify(_countered(value), signers.trust(), collect=True)
    assert not collected.ok
    depth, report = 0, collected.signers[0]
    while report.countersignatures:
        depth, report = depth + 1, report.countersignatures[0]
    assert depth == 3
    assert isinstance(report.check("countersignature").error, LimitExceeded)
    many = tuple(der.encode_sequence(der.encode_integer(number)) for number in range(100))
    with pytest.raises(DecodeError):
        verify(_countered(*many), signers.trust())


def test_countersigning_needs_attributes() -> None:
    with pytest.raises(InvalidInputError):
        countersign(message(), signers.other().spec(attributes=False))
    for index in (-1, 1, 2**70):
        with pytest.raises(InvalidInputError):
            countersign(message(), signers.other().spec(), signer=index)


# ---- time-stamps ----------------------------------------------------------------------------
def test_time_stamp() -> None:
    data = attach_timestamp(message(), TOKEN)
    clock = Clock()
    (report,) = verify(data, signers.trust(), timestamps=clock).signers
    assert clock.asked == [only_signer(data).signature]
    assert report.signed_at == NOW
    assert report.check("time-stamp").status is CheckStatus.PASSED
    assert report.timestamps == (StampedTime(NOW),)


def test_the_chain_is_validated_for_the_time_of_the_stamp() -> None:
    data = attach_timestamp(message(), TOKEN)
    late = signers.trust(at=NOW + timedelta(days=5000))
    with pytest.raises(ValidationError) as caught:
        verify(data, late)
    assert caught.value.reason == "expired"
    assert verify(data, late, timestamps=Clock()).content == CONTENT
    with pytest.raises(ValidationError) as caught:
        verify(data, signers.trust(), timestamps=Clock(NOW + timedelta(days=5000)))
    assert caught.value.reason == "expired"


def test_without_a_verifier_a_time_stamp_proves_nothing() -> None:
    (report,) = verify(attach_timestamp(message(), TOKEN), signers.trust()).signers
    assert report.signed_at is None
    assert report.check("time-stamp").status is CheckStatus.NOT_CHECKED


def test_time_stamps_that_do_not_hold() -> None:
    other = sign(b"another time", person().spec(), profile=MessageProfile.RFC5652)
    data = attach_timestamp(attach_timestamp(message(), TOKEN), other)
    with pytest.raises(TimestampError):
        verify(data, signers.trust(), timestamps=Clock())
    collected = verify(data, signers.trust(), timestamps=Clock(), collect=True)
    assert collected.signers[0].signed_at is None
    assert not collected.ok
    crowd = data
    for number in range(9):
        crowd = attach_timestamp(crowd, sign(b"%d" % number, person().spec(), profile=MessageProfile.RFC5652))
    with pytest.raises(LimitExceeded):
        verify(crowd, signers.trust(), timestamps=Clock())

    class Liar:
        def verify(self, token: bytes, imprinted: bytes) -> object:  # noqa: ARG002 - the protocol has them
            return NOW

    with pytest.raises(InvalidTypeError):
        verify(data, signers.trust(), timestamps=Liar())  # type: ignore[arg-type]


def test_tokens_that_are_none() -> None:
    for token in (b"", b"\x30\x00", TOKEN[:-1], TOKEN + b"\0"):
        with pytest.raises(DecodeError):
            attach_timestamp(message(), token)
    plain = der.encode_sequence(der.encode_oid(oids.DATA), der.encode_explicit(0, der.encode_octet_string(b"")))
    with pytest.raises(InvalidInputError):
        attach_timestamp(message(), plain)


# ---- other unsigned attributes --------------------------------------------------------------
def test_attributes_beside_a_signature() -> None:
    data = attach_attributes(message(), [HINT])
    data = attach_attributes(data, [HINT])  # the same value once
    assert only_signer(data).other_attributes().find_all(oids.CONTENT_HINT) == HINT.values
    more = Attribute(oids.CONTENT_HINT, (der.encode_utf8_string("附件"),))
    both = attach_attributes(data, [more])
    assert set(only_signer(both).other_attributes().find_all(oids.CONTENT_HINT)) == {*HINT.values, *more.values}
    replaced = attach_attributes(both, [more], replacing=True)
    assert only_signer(replaced).other_attributes().find_all(oids.CONTENT_HINT) == more.values
    for amended in (data, both, replaced):
        assert verify(amended, signers.trust()).content == CONTENT
    assert attach_attributes(message_ := message(), []) == message_


def test_attributes_that_belong_among_the_signed_ones() -> None:
    for kind in (oids.CONTENT_TYPE, oids.MESSAGE_DIGEST, oids.SIGNING_TIME):
        with pytest.raises(InvalidInputError):
            attach_attributes(message(), [Attribute(kind, (der.encode_null(),))])
    crowd = [Attribute(oids.find(f"1.2.3.{number}"), (der.encode_null(),)) for number in range(MAX_ATTRIBUTES + 1)]
    with pytest.raises(LimitExceeded):
        attach_attributes(message(), crowd)


def test_arguments_that_nobody_wants() -> None:
    for data in hostile.results(attach_attributes, (message(), [HINT])):
        assert verify(data, signers.trust()).ok
    for call in (countersign, add_signer):
        for _ in hostile.results(call, (message(), signers.other().spec())):
            pytest.fail("something was signed")
    for _ in hostile.results(attach_timestamp, (message(), TOKEN)):
        pytest.fail("something was attached")


def test_more_countersignatures_than_anybody_verifies() -> None:
    data = message()
    for number in range(65):
        data = countersign(data, signers.other().spec(signing_time=NOW + timedelta(seconds=number)))
    with pytest.raises(LimitExceeded):
        verify(data, signers.trust())
