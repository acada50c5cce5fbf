"""Time-stamps over the signatures of messages: attached, verified with the message, and over something else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.cms.amending import attach_timestamp
from gmpki.cms.report import CheckStatus, VerifiedMessage
from gmpki.cms.signed import SignedMessage
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.signing import sign
from gmpki.cms.trust import Trust
from gmpki.cms.verification import verify
from gmpki.errors import InvalidSignature, RevocationUnknownError, RevokedError, TimestampError, ValidationError
from gmpki.tsa.verify import TokenVerifier
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.names import build_name
from tsa.scene import ALGORITHMS, DATA, DAY, NOW, ROOT, SECOND, SIGNING, Scene, certify, key, scene

SIGNER = build_name(("C", "CN"), ("CN", "张三"))


def signed(made: Scene) -> bytes:
    """Sign with a certificate that ends the day after."""
    owner = key(made.algorithm, "signer")
    certificate = certify(SIGNER, owner.public_key, ROOT, made.ca_key, SIGNING, serial_number=77, not_after=NOW + DAY)
    return sign(DATA, SignerSpec(owner, certificate, signing_time=NOW - 500 * DAY), profile=made.profile)


def stamped(made: Scene, **options: Any) -> bytes:
    message = signed(made)
    signature = SignedMessage.from_der(message).signers[0].signature
    return attach_timestamp(message, made.authority(**options).stamp(signature))


def judged(made: Scene, message: bytes, **options: Any) -> VerifiedMessage:
    later = NOW + 100 * DAY
    verifier = TokenVerifier(made.trust(at=later))
    return verify(message, made.trust(at=later), timestamps=verifier, **options)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_chain_is_judged_at_the_time_of_the_time_stamp(algorithm: str) -> None:
    made = scene(algorithm)
    report = judged(made, stamped(made))
    assert report.content == DATA
    assert report.signers[0].signed_at == NOW
    assert report.signers[0].timestamps[0].certificate == made.tsa
    with pytest.raises(ValidationError) as caught:
        judged(made, signed(made))
    assert caught.value.reason == "expired"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_nobody_takes_an_unverified_time(algorithm: str) -> None:
    made = scene(algorithm)
    with pytest.raises(ValidationError) as caught:
        verify(stamped(made), made.trust(at=NOW + 100 * DAY))
    assert caught.value.reason == "expired"


def test_a_time_stamp_over_the_content() -> None:
    """The imprint is over the value of the signature, not over what was signed."""
    made = scene()
    message = attach_timestamp(signed(made), made.authority().stamp(DATA))
    with pytest.raises(TimestampError) as caught:
        judged(made, message)
    assert caught.value.reason == "imprint"


def test_a_time_stamp_over_the_signature_of_another_message() -> None:
    made = scene()
    other = SignedMessage.from_der(signed(made)).signers[0].signature
    message = attach_timestamp(signed(made), made.authority().stamp(other))
    report = judged(made, message, collect=True)
    assert not report.ok
    check = report.signers[0].check("time-stamp")
    assert (check.status, report.signers[0].signed_at) == (CheckStatus.FAILED, None)
    with pytest.raises(TimestampError):
        _ = report.content


def test_a_time_stamp_of_somebody_else() -> None:
    made = scene()
    stranger = certify(ROOT, key("sm2", "stranger").public_key, ROOT, key("sm2", "stranger"))
    verifier = TokenVerifier(Trust(anchors=[stranger], at=NOW))
    with pytest.raises(ValidationError):
        verify(stamped(made), made.trust(), timestamps=verifier)


def test_a_time_stamp_whose_signature_does_not_hold() -> None:
    made = scene()
    message = signed(made)
    token = bytearray(made.authority().stamp(SignedMessage.from_der(message).signers[0].signature))
    token[-2] ^= 1
    with pytest.raises(InvalidSignature):
        judged(made, attach_timestamp(message, token))


def test_a_time_stamp_after_the_end_of_the_certificate() -> None:
    made = scene()
    with pytest.raises(ValidationError) as caught:
        judged(made, stamped(made, clock=lambda: NOW + 10 * DAY))
    assert caught.value.reason == "expired"


def test_a_time_of_nobody_who_is_trusted_decides_nothing() -> None:
    """A verifier of tokens that looks at signatures alone takes the time that anybody wrote: the chain does not."""
    made = scene()
    later = NOW + 100 * DAY
    only = TokenVerifier(Trust.signature_only())
    with pytest.raises(ValidationError) as caught:
        verify(stamped(made), made.trust(at=later), timestamps=only)
    assert caught.value.reason == "expired"
    (report,) = verify(stamped(made), made.trust(), timestamps=only).signers
    assert report.signed_at is None
    assert not report.timestamps[0].is_trusted
    assert "nobody who is trusted" in report.check("time-stamp").detail


def test_the_accuracy_counts_against_the_signature() -> None:
    """What was stamped existed at the end of what the accuracy leaves open, and perhaps not before."""
    made = scene()
    lists = CRLChecker([crl(made, NOW + DAY, Revocation(77, NOW + SECOND, ReasonCode.KEY_COMPROMISE))])
    trust = made.trust(at=NOW + 10 * DAY, checkers=[lists])
    verifier = TokenVerifier(made.trust(at=NOW + 10 * DAY))
    (report,) = verify(stamped(made, accuracy=SECOND / 2), trust, timestamps=verifier).signers
    assert report.signed_at == NOW + SECOND / 2
    with pytest.raises(RevokedError):
        verify(stamped(made, accuracy=SECOND), trust, timestamps=verifier)


# ---- revocation -----------------------------------------------------------------------------------------------------
def crl(made: Scene, at: datetime, *entries: Revocation) -> CertificateRevocationList:
    builder = CRLBuilder(issuer=ROOT, this_update=at, next_update=at + 30 * DAY, number=1, entries=list(entries))
    return builder.sign(made.ca_key)


def judged_with(made: Scene, *lists: CertificateRevocationList) -> VerifiedMessage:
    """Verify a stamped message ten days later with some lists."""
    later = NOW + 10 * DAY
    trust = made.trust(at=later, checkers=[CRLChecker(lists)])
    return verify(stamped(made), trust, timestamps=TokenVerifier(made.trust(at=later)))


def test_a_list_that_came_out_after_the_signature_counts() -> None:
    """The theft was before the signature and is known since; the list of that day knew nothing of it."""
    made = scene()
    then = crl(made, NOW - 5 * DAY)
    assert judged_with(made, then).ok
    for entry in (
        Revocation(77, NOW - DAY, ReasonCode.KEY_COMPROMISE),
        Revocation(77, NOW + DAY, ReasonCode.KEY_COMPROMISE, NOW - DAY),
        Revocation(77, NOW, ReasonCode.SUPERSEDED),
    ):
        # The certificate ended a day after the signature, and the list is of its last day.
        with pytest.raises(RevokedError):
            judged_with(made, then, crl(made, NOW + DAY, entry))


def test_a_list_of_today_is_enough() -> None:
    made = scene()
    assert judged_with(made, crl(made, NOW + DAY)).ok
    assert judged_with(made, crl(made, NOW + DAY, Revocation(77, NOW + DAY, ReasonCode.KEY_COMPROMISE))).ok
    with pytest.raises(RevocationUnknownError):
        judged_with(made, crl(made, NOW + 2 * DAY))
