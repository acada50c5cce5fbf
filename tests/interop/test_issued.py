"""What the profiles issue is valid for other software: root, subordinate authority, pairs, responder, with revocation.

The matrix shows each kind of object; here whole chains are as users get them. Bouncy Castle takes the default user id,
OpenSSL 3.0 validates chains with the empty one alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache

import pytest

from gmpki.asn1.rfc5280.certificate import Validity
from gmpki.asn1.rfc5280.ext_names import SubjectAltName
from gmpki.asn1.rfc5280.general_name import GeneralName
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.issuing import Addresses, Issuer, self_signed
from gmpki.x509.names import build_name
from interop import bouncy_castle, openssl_peer
from interop.scenario import ENCRYPTION_USAGE, SIGNING_USAGE, Algorithm, Peer, Refused, begin, end, now

ROOT_KEY, SUB_KEY, USER_KEY, ENCRYPTION_KEY = (SM2PrivateKey.generate() for _ in range(4))
SUBJECTS = {
    "personal": build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "张三")),
    "organisation": build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "示例市社会保障局")),
    "device": build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "seal.example.cn")),
}
USER_IDS: dict[str, tuple[Algorithm, bytes | None]] = {
    "bouncy-castle": ("sm2", None),
    "openssl": ("sm2-empty-id", b""),
}


@pytest.fixture(scope="module", params=USER_IDS)
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """Give a peer that validates chains, or skip."""
    reason = bouncy_castle.missing() if request.param == "bouncy-castle" else openssl_peer.missing()
    if reason:
        pytest.skip(reason)
    if request.param == "openssl":
        yield openssl_peer.OpenSSLPeer(tmp_path_factory.mktemp(request.param))
        return
    made = bouncy_castle.BouncyCastle()
    yield made
    made.close()


@lru_cache
def authorities(user_id: bytes | None) -> tuple[Certificate, Certificate, Issuer]:
    """Return the certificates of a root and of an authority below it, and the latter as one that issues."""
    before = now() - timedelta(hours=2)
    root_name = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例根"))
    sub_name = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例子机构"))
    root = self_signed(root_name, ROOT_KEY, "root-ca", user_id=user_id, at=before)
    sub = Issuer(root, ROOT_KEY, user_id=user_id).issue((sub_name, SUB_KEY.public_key), "subordinate-ca", at=before)
    addresses = Addresses(crl=("http://crl.example.cn/sub.crl",))
    return root, sub, Issuer(sub, SUB_KEY, user_id=user_id, addresses=addresses)


def crls(user_id: bytes | None, *revoked: int) -> tuple[bytes, bytes]:
    """Return the lists of both authorities."""
    root, sub, _ = authorities(user_id)
    entries = [Revocation(number, begin()) for number in revoked]
    lower = CRLBuilder.for_issuer(sub, this_update=begin(), next_update=end(), number=1, entries=entries)
    upper = CRLBuilder.for_issuer(root, this_update=begin(), next_update=end(), number=1)
    return lower.sign(SUB_KEY, user_id=user_id).to_der(), upper.sign(ROOT_KEY, user_id=user_id).to_der()


@pytest.mark.once
@pytest.mark.parametrize("profile", SUBJECTS)
def test_pair(peer: Peer, profile: str) -> None:
    algorithm, user_id = USER_IDS[peer.name]
    root, sub, issuer = authorities(user_id)
    added = [SubjectAltName((GeneralName.dns("seal.example.cn"),))] if profile == "device" else []
    issued = issuer.issue_pair(
        (SUBJECTS[profile], USER_KEY.public_key), ENCRYPTION_KEY, profile, extensions=added, at=begin()
    )
    usages = []
    for certificate in (issued.pair.signing, issued.pair.encryption):
        leaf = certificate.to_der()
        reading = peer.check_certificate(algorithm, leaf, sub.to_der())
        usages.append(reading.key_usage)
        assert reading.serial == certificate.serial_number
        peer.check_chain(algorithm, leaf, sub.to_der(), root.to_der(), crls(user_id))
        with pytest.raises(Refused, match=r"revo(ked|cation)"):
            peer.check_chain(algorithm, leaf, sub.to_der(), root.to_der(), crls(user_id, certificate.serial_number))
    # A device signs handshakes: nobody is bound by that.
    assert usages[0] == (SIGNING_USAGE if profile != "device" else {"digitalSignature"})
    assert usages[1] == ENCRYPTION_USAGE


@pytest.mark.parametrize("profile", ["e-seal-maker", "time-stamp", "ocsp-responder"])
def test_single(peer: Peer, profile: str) -> None:
    algorithm, user_id = USER_IDS[peer.name]
    root, sub, issuer = authorities(user_id)
    validity = Validity(begin(), end())
    applicant = (SUBJECTS["organisation"], USER_KEY.public_key)
    certificate = issuer.issue(applicant, profile, validity=validity)
    peer.check_chain(algorithm, certificate.to_der(), sub.to_der(), root.to_der(), crls(user_id))
