"""A foreign linter finds no error in what the ready profiles issue.

pkilint knows nothing of SM2: a key on its curve is to it one more elliptic-curve key, for which RFC 5480 3 forbids
keyEncipherment and dataEncipherment. SM2 encrypts, and encryption certificates have these usages: the one finding that
is expected, in those certificates only.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def pkilint() -> str:
    """Give the path of the linter, or skip."""
    beside = Path(sys.executable).with_name("lint_pkix_cert")
    found = str(beside) if beside.exists() else shutil.which("lint_pkix_cert")
    if found is None:
        pytest.skip("peer program: pkilint")
    return found


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


def errors(pkilint: str, one: Certificate, folder: Path) -> set[str]:
    """Return the codes of the errors found in a certificate."""
    path = folder / "certificate.pem"
    path.write_bytes(one.to_pem())
    command = [pkilint, "lint", "-s", "ERROR", "-f", "JSON", str(path)]
    result = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert result.stderr == b""
    findings = json.loads(result.stdout)["results"]
    return {finding["code"] for validator in findings for finding in validator["finding_descriptions"]}


def test_no_errors_in_what_profiles_issue(pkilint: str, tmp_path: Path) -> None:
    found = {name: errors(pkilint, one, tmp_path) for name, one in issued()}
    assert len(found) == 11
    assert found == {name: {SM2_ENCRYPTS} if name.endswith("-encryption") else set() for name in found}


def test_the_linter_would_find_some(pkilint: str, tmp_path: Path) -> None:
    """Without extensions that RFC 5280 asks for, it does."""
    assert errors(pkilint, certificate(SIGNING_USAGES, 21, ca=True), tmp_path)
