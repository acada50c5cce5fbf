"""A foreign linter finds no error in what the ready profiles issue.

pkilint knows nothing of SM2: a key on its curve is to it one more elliptic-curve key, for which RFC 5480 3 forbids
keyEncipherment and dataEncipherment. SM2 encrypts, and encryption certificates have these usages: the one finding that
is expected, in those certificates only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gmpki.asn1.gmt0015 import OrganizationCode
from gmpki.asn1.rfc5280 import GeneralName
from gmpki.asn1.rfc5280.ext_names import GeneralSubtree, NameConstraints, SubjectAltName
from gmpki.x509.certificate import Certificate
from gmpki.x509.issuing import Addresses
from gmpki.x509.names import build_name
from gmpki.x509.profile import BUILTIN_PROFILES, load_profile
from x509.pair_examples import (
    AT,
    ENCRYPTION_KEY,
    OTHER_KEY,
    OWNER,
    SIGNING_KEY,
    SIGNING_USAGES,
    certificate,
    issuer,
    root,
)

ADDRESSES = Addresses(
    crl=("http://crl.example.cn/root.crl",),
    ocsp=("http://ocsp.example.cn",),
    ca_issuers=("http://crl.example.cn/root.cer",),
)
BELOW = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例下级"))
EXTENSIONS = {
    "subordinate-ca": [NameConstraints((GeneralSubtree(GeneralName.dns("example.cn")),))],
    "organisation": [OrganizationCode("91310000000000000X"), SubjectAltName((GeneralName.email("a@example.cn"),))],
    "device": [SubjectAltName((GeneralName.dns("www.example.cn"), GeneralName.ip("192.0.2.1")))],
}
SM2_ENCRYPTS = "pkix.key_usage_value_prohibited_for_ec"

# The command leaves it to the end of its process to close the file.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


@pytest.fixture(scope="module")
def linter() -> Callable[[list[str]], int]:
    """Give the main function of the linter's command, which takes seconds to start as a process; or skip."""
    try:
        from pkilint.bin import lint_pkix_cert
    except ImportError:
        pytest.skip("peer program: pkilint")
    main: Callable[[list[str]], int] = lint_pkix_cert.main
    return main


@pytest.fixture
def errors(
    linter: Callable[[list[str]], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[Certificate], set[str]]:
    """Give a function that returns the codes of the errors found in a certificate."""

    def find(one: Certificate) -> set[str]:
        path = tmp_path / "certificate.pem"
        path.write_bytes(one.to_pem())
        linter(["lint", "-s", "ERROR", "-f", "JSON", str(path)])
        said = capsys.readouterr()
        assert said.err == ""
        findings = json.loads(said.out)["results"]
        return {finding["code"] for validator in findings for finding in validator["finding_descriptions"]}

    return find


def issued() -> Iterator[tuple[str, Certificate]]:
    """Yield what each profile issues, each with as many extensions as it can have."""
    authority = issuer(addresses=ADDRESSES)
    yield "root-ca", root()
    for name in BUILTIN_PROFILES[1:]:
        subject, key = (BELOW, OTHER_KEY) if name == "subordinate-ca" else (OWNER, SIGNING_KEY)
        applicant = (subject, key.public_key)
        added = EXTENSIONS.get(name, [])
        if load_profile(name).is_pair:
            pair = authority.issue_pair(applicant, ENCRYPTION_KEY, name, extensions=added, at=AT).pair
            yield f"{name}-signing", pair.signing
            yield f"{name}-encryption", pair.encryption
        else:
            yield name, authority.issue(applicant, name, extensions=added, at=AT)


def test_no_errors_in_what_profiles_issue(errors: Callable[[Certificate], set[str]]) -> None:
    found = {name: errors(one) for name, one in issued()}
    assert len(found) == 11
    assert found == {name: {SM2_ENCRYPTS} if name.endswith("-encryption") else set() for name in found}


def test_the_linter_would_find_some(errors: Callable[[Certificate], set[str]]) -> None:
    """Without extensions that RFC 5280 asks for, it does."""
    assert errors(certificate(SIGNING_USAGES, 21, ca=True))
