"""The certificate of an authority: its purpose, its validity, its revocation."""

from __future__ import annotations

from datetime import datetime

import pytest

from gmpki import oids
from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage, KeyUsage, KeyUsages
from gmpki.errors import (
    InvalidInputError,
    RevocationUnknownError,
    RevokedError,
    ValidationError,
)
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.path.policy import PathPolicy
from gmpki.x509.path.revocation import RevocationMode
from gmpki.x509.revocation import RevocationContext, RevocationResult, RevocationStatus
from tsa.scene import (
    DATA,
    DAY,
    NOW,
    ROOT,
    SIGNING,
    STAMPING,
    Scene,
    certify,
    key,
    purposes,
    scene,
    verifier,
)

# ---- the certificate of the authority -------------------------------------------------------------------------------
WRONG_PURPOSES = {
    "no purpose": (SIGNING,),
    "another purpose": (SIGNING, purposes(oids.OCSP_SIGNING)),
    "two purposes": (SIGNING, purposes(oids.TIME_STAMPING, oids.EMAIL_PROTECTION)),
    "any purpose": (SIGNING, purposes(oids.ANY_EXTENDED_KEY_USAGE)),
    "not critical": (SIGNING, ExtendedKeyUsage((oids.TIME_STAMPING,))),
}


@pytest.mark.parametrize("name", WRONG_PURPOSES)
def test_certificates_that_are_not_for_it(name: str) -> None:
    other = scene().another(*WRONG_PURPOSES[name])
    with pytest.raises(ValidationError) as caught:
        verifier(scene()).verify(scene().token(certificate=other), DATA)
    assert caught.value.reason == "extended-key-usage"


def test_certificates_of_other_usage() -> None:
    other = scene().another(KeyUsage(KeyUsages.DIGITAL_SIGNATURE | KeyUsages.KEY_AGREEMENT), STAMPING)
    assert verifier(scene()).verify(scene().token(certificate=other), DATA).certificate == other
    other = scene().another(STAMPING)
    assert verifier(scene()).verify(scene().token(certificate=other), DATA).certificate == other


@pytest.mark.parametrize(
    ("begin", "end", "reason"),
    [(NOW - 5 * DAY, NOW - DAY, "expired"), (NOW + DAY, NOW + 5 * DAY, "not-yet-valid")],
)
def test_certificates_not_valid_at_the_time_of_the_token(begin: datetime, end: datetime, reason: str) -> None:
    other = scene().another(SIGNING, STAMPING, not_before=begin, not_after=end)
    with pytest.raises(ValidationError) as caught:
        verifier(scene()).verify(scene().token(certificate=other), DATA)
    assert caught.value.reason == reason


def test_certificates_that_expired_since() -> None:
    other = scene().another(SIGNING, STAMPING, not_after=NOW + DAY)
    token = scene().token(certificate=other)
    assert verifier(scene(), at=NOW + 100 * DAY).verify(token, DATA).certificate == other


def test_anchors_of_others() -> None:
    stranger = certify(ROOT, key("sm2", "stranger").public_key, ROOT, key("sm2", "stranger"))
    with pytest.raises(ValidationError):
        verifier(scene(), anchors=[stranger]).verify(scene().token(), DATA)


# ---- revocation -----------------------------------------------------------------------------------------------------
def crl(made: Scene, *entries: Revocation, at: datetime = NOW) -> CertificateRevocationList:
    builder = CRLBuilder(issuer=ROOT, this_update=at, next_update=at + 30 * DAY, number=1, entries=list(entries))
    return builder.sign(made.ca_key)


def revoked(reason: ReasonCode | None, on: datetime) -> Revocation:
    return Revocation(8, on) if reason is None else Revocation(8, on, reason)


def test_not_revoked() -> None:
    found = verifier(scene(), checkers=[CRLChecker([crl(scene())])]).verify(scene().token(), DATA)
    assert found.path is not None
    assert [result.status for result in found.path.revocation] == [RevocationStatus.GOOD]


def test_the_list_of_a_later_day() -> None:
    later = NOW + 50 * DAY
    checkers = [CRLChecker([crl(scene(), at=later)])]
    assert verifier(scene(), checkers=checkers, at=later + DAY).verify(scene().token(), DATA).time == NOW


def test_nobody_knows() -> None:
    with pytest.raises(RevocationUnknownError):
        verifier(scene(), checkers=[CRLChecker([])]).verify(scene().token(), DATA)
    soft = PathPolicy(revocation=RevocationMode.SOFT)
    assert verifier(scene(), checkers=[CRLChecker([])], policy_=soft).verify(scene().token(), DATA).time == NOW
    with pytest.raises(InvalidInputError, match="no checkers"):
        verifier(scene(), policy_=PathPolicy(revocation=RevocationMode.HARD)).verify(scene().token(), DATA)


HARMLESS = (
    ReasonCode.UNSPECIFIED,
    ReasonCode.AFFILIATION_CHANGED,
    ReasonCode.SUPERSEDED,
    ReasonCode.CESSATION_OF_OPERATION,
)
HARMFUL = (None, ReasonCode.KEY_COMPROMISE, ReasonCode.CA_COMPROMISE, ReasonCode.CERTIFICATE_HOLD)


@pytest.mark.parametrize("reason", HARMFUL)
@pytest.mark.parametrize("days", [-1, 1])
def test_revoked_with_its_tokens(reason: ReasonCode | None, days: int) -> None:
    later = NOW + 10 * DAY
    checkers = [CRLChecker([crl(scene(), revoked(reason, NOW + days * DAY), at=later)])]
    with pytest.raises(RevokedError):
        verifier(scene(), checkers=checkers, at=later).verify(scene().token(), DATA)


@pytest.mark.parametrize("reason", [reason for reason in HARMLESS if reason is not ReasonCode.UNSPECIFIED])
def test_taken_out_of_use(reason: ReasonCode) -> None:
    later = NOW + 10 * DAY
    checkers = [CRLChecker([crl(scene(), revoked(reason, NOW + DAY), at=later)])]
    found = verifier(scene(), checkers=checkers, at=later).verify(scene().token(), DATA)
    assert found.path is not None
    assert "leaves this signature standing" in found.path.revocation[0].detail
    for when in (NOW, NOW + DAY, NOW + 2 * DAY):
        late = scene().token(scene().info(gen_time=when + DAY))
        with pytest.raises(RevokedError):
            verifier(scene(), checkers=checkers, at=later).verify(late, DATA)


class Raising:
    """A checker that raises instead of answering."""

    def __init__(self, reason: ReasonCode) -> None:
        self.reason = reason

    def check(self, certificate: Certificate, _issuer: object, _context: RevocationContext) -> RevocationResult:
        raise RevokedError("gone", revoked_at=NOW + DAY, revocation_reason=self.reason, certificate=certificate)


def test_a_checker_that_raises() -> None:
    later = NOW + 10 * DAY
    harmless = verifier(scene(), checkers=[Raising(ReasonCode.SUPERSEDED)], at=later)
    assert harmless.verify(scene().token(), DATA).time == NOW
    with pytest.raises(RevokedError):
        verifier(scene(), checkers=[Raising(ReasonCode.KEY_COMPROMISE)], at=later).verify(scene().token(), DATA)


def test_after_the_end_of_the_certificate_old_lists_count() -> None:
    """Lists of a later day need not name what has expired."""
    other = scene().another(SIGNING, STAMPING, not_after=NOW + 5 * DAY)
    token = scene().token(certificate=other)
    late = NOW + 100 * DAY
    kept = CRLChecker([crl(scene(), at=NOW + 4 * DAY)])
    assert verifier(scene(), checkers=[kept], at=late).verify(token, DATA).time == NOW
    with pytest.raises(RevocationUnknownError):
        verifier(scene(), checkers=[CRLChecker([crl(scene(), at=late)])], at=late).verify(token, DATA)
