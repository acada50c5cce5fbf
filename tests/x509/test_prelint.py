"""The linter stops what it should before anything is signed, and nothing that the ready profiles issue."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1.rfc5280 import Extension, TBSCertificate
from gmpki.asn1.rfc5280.ext_names import SubjectAltName
from gmpki.errors import DecodeError, InvalidTypeError, ValidationError
from gmpki.x509 import prelint as module
from gmpki.x509.lint import Severity
from gmpki.x509.prelint import lint_check
from gmpki.x509.profile import BUILTIN_PROFILES, Profile, load_profile
from x509.pair_examples import (
    ADDRESSES,
    APPLICANT,
    AT,
    ENCRYPTION_KEY,
    HOST,
    ROOT_NAME,
    SIGNING_KEY,
    certificate,
    cn,
    issuer,
    own,
    root,
)


@pytest.mark.parametrize("name", BUILTIN_PROFILES[1:])
def test_what_the_ready_profiles_issue_passes(name: str) -> None:
    """Not even a warning stops it, however little is known about the rule."""
    authority = issuer(addresses=ADDRESSES, check=lint_check(Severity.WARNING, confidence="ABCD"))
    if load_profile(name).is_pair:
        authority.issue_pair(APPLICANT, ENCRYPTION_KEY, name, extensions=[HOST] if name == "device" else [], at=AT)
    else:
        authority.issue(APPLICANT, name, at=AT)


def test_a_root_passes() -> None:
    lint_check(Severity.WARNING, confidence="ABCD")(root().tbs_der)


def test_what_is_wrong_is_stopped_and_named() -> None:
    bad = certificate(None, 21, ca=True)
    with pytest.raises(ValidationError, match="error: ") as caught:
        lint_check()(bad.tbs_der)
    assert caught.value.reason == "lint"


def test_an_own_profile_that_goes_wrong_issues_nothing() -> None:
    """A critical extension that nobody knows."""
    text = 'extensions = ["1.2.3.4"]'
    profile = own('extensions = ["subjectAltName", "nameConstraints"]', text)
    assert isinstance(profile, Profile)
    strange = Extension(oids.find("1.2.3.4"), True, b"\x05\x00")
    issued = issuer().issue((cn("x"), SIGNING_KEY.public_key), profile, extensions=[strange], at=AT)
    strict = issuer(check=lint_check(Severity.INFO, confidence="ABCD"))
    with pytest.raises(ValidationError, match=r"1\.2\.3\.4"):
        strict.issue((cn("x"), SIGNING_KEY.public_key), profile, extensions=[strange], at=AT)
    assert issued.extensions.is_critical("1.2.3.4")


def test_what_would_not_be_read_again_is_stopped() -> None:
    twice = TBSCertificate.from_der(certificate(None, 21, ca=False).tbs_der)
    broken = Extension(SubjectAltName.OID, False, b"\x30\x00")
    data = TBSCertificate(
        3, 5, twice.signature, ROOT_NAME, twice.validity, ROOT_NAME, twice.subject_public_key_info, extensions=(broken,)
    ).to_der()
    with pytest.raises(ValidationError, match="not be read again"):
        lint_check()(data)


def test_what_is_no_certificate_and_wrong_types() -> None:
    for data in (b"", b"\x30\x00", root().der):
        with pytest.raises(DecodeError):
            lint_check()(data)
    values: list[Any] = [None, 1, "error text", object()]
    for value in values:
        with pytest.raises(InvalidTypeError):
            lint_check(value)
    with pytest.raises(InvalidTypeError):
        lint_check(confidence=1)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        lint_check()("text")  # type: ignore[arg-type]


def test_the_example() -> None:
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)
