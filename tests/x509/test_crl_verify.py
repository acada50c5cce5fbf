"""One list by itself: its issuer, the key usage of the issuer, its signature and its times."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

import hostile
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import KeyUsages
from gmpki.errors import InvalidInputError, InvalidSignature, InvalidTypeError, ValidationError
from gmpki.x509.crl_verify import certificate_of, out_of_date, unfit_signer, verify_crl
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.signatures import LENIENT_SIGNATURES
from x509.crl_world import DAY, NOW, Authority, revoked

ROOT = Authority()
CRL = ROOT.crl(revoked(5))
SECOND = timedelta(seconds=1)


def test_a_good_list() -> None:
    for issuer in (
        ROOT.certificate,
        TrustAnchor.of(ROOT.certificate),
        TrustAnchor(ROOT.name, ROOT.certificate.public_key_info),
        Authority(usage=None).certificate,
    ):
        assert verify_crl(CRL, issuer, at=NOW) == ()


def test_quirks_are_returned() -> None:
    crl = ROOT.builder().sign(ROOT.key, user_id=b"")
    quirks = verify_crl(crl, ROOT.certificate, at=NOW, policy=LENIENT_SIGNATURES)
    assert [quirk.kind for quirk in quirks] == [QuirkKind.EMPTY_USER_ID]


@pytest.mark.parametrize(
    ("issuer", "at", "reason"),
    [
        (Authority("别人", ROOT.label), NOW, "crl-issuer"),
        (Authority(usage=KeyUsages.KEY_CERT_SIGN), NOW, "crl-signer"),
        (ROOT, NOW + DAY + SECOND, "crl-time"),
        (ROOT, NOW - DAY - SECOND, "crl-time"),
    ],
)
def test_what_is_wrong_has_a_name(issuer: Authority, at: datetime, reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        verify_crl(CRL, issuer.certificate, at=at)
    assert caught.value.reason == reason
    assert caught.value.certificate is (None if reason == "crl-issuer" else issuer.certificate)


def test_a_list_of_somebody_else_is_called_that() -> None:
    stranger = Authority("别人", "别人")
    with pytest.raises(ValidationError) as caught:
        verify_crl(CRL, stranger.certificate, at=NOW)
    assert caught.value.reason == "crl-issuer"
    assert str(ROOT.name) in str(caught.value)
    assert str(stranger.name) in str(caught.value)


def test_another_key() -> None:
    with pytest.raises(InvalidSignature):
        verify_crl(CRL, Authority(key_label="别人").certificate, at=NOW)


def test_inputs() -> None:
    with pytest.raises(InvalidInputError, match="time zone"):
        verify_crl(CRL, ROOT.certificate, at=NOW.replace(tzinfo=None))
    with pytest.raises(InvalidTypeError):
        verify_crl(CRL, ROOT.key.public_key, at=NOW)  # type: ignore[arg-type]

    def verify(crl: Any, issuer: Any, at: Any) -> Any:
        return verify_crl(crl, issuer, at=at)

    assert not list(hostile.results(verify, (CRL, ROOT.certificate, NOW)))


def test_ages() -> None:
    assert out_of_date(CRL, NOW) is None
    assert out_of_date(CRL, NOW + 2 * DAY) == "it is out of date since 2026-06-16 12:00:00"
    assert out_of_date(CRL, NOW + 2 * DAY, skew=DAY) is None
    assert out_of_date(CRL, NOW, max_age=DAY - SECOND) == "it is older than allowed"
    assert out_of_date(CRL, NOW, max_age=DAY) is None


def test_signers() -> None:
    assert certificate_of(ROOT.certificate) is ROOT.certificate
    assert certificate_of(TrustAnchor.of(ROOT.certificate)) is ROOT.certificate
    bare = TrustAnchor(ROOT.name, ROOT.certificate.public_key_info)
    assert certificate_of(bare) is None
    assert unfit_signer(bare) is None
    assert unfit_signer(Authority(usage=KeyUsages.DIGITAL_SIGNATURE).certificate) is not None
