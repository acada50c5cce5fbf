"""OCSP where it is used: while a path is validated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1.rfc5280 import GeneralName
from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, KeyUsage, KeyUsages, SubjectKeyIdentifier
from gmpki.asn1.rfc5280.ext_names import BasicConstraints
from gmpki.asn1.rfc5280.ext_points import AccessDescription, AuthorityInfoAccess
from gmpki.asn1.rfc6960 import CertStatus
from gmpki.errors import FetchError, RevocationUnknownError, RevokedError
from gmpki.ocsp.checker import OCSPChecker
from gmpki.ocsp.responder import KnownStatus, OCSPResponder
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import key_identifier
from gmpki.x509.names import build_name
from gmpki.x509.path import PathPolicy, RevocationMode, ValidatedPath, validate_path
from gmpki.x509.revocation import RevocationStatus
from ocsp.scene import ALGORITHMS, NO_CHECK, NOW, ROOT, SIGNING, USAGE, certify, key

SUB = build_name(("C", "CN"), ("CN", "示例子"))
ROOT_URL, SUB_URL = "http://root.example.cn/ocsp", "http://sub.example.cn/ocsp"


@dataclass
class World:
    """A root, an authority below it, a leaf, and a responder for each of the two that issue."""

    root: Certificate
    sub: Certificate
    leaf: Certificate
    responders: dict[str, OCSPResponder]
    known: dict[int, KnownStatus]

    def status(self, serial_number: int) -> KnownStatus | None:
        return self.known.get(serial_number)

    def fetch(self, url: str, request: bytes) -> bytes:
        if url not in self.responders:
            raise FetchError(f"{url}: nobody there")
        return self.responders[url].answer(request)

    def validate(self, mode: RevocationMode = RevocationMode.HARD) -> ValidatedPath:
        policy = PathPolicy(revocation=mode)
        checkers = [OCSPChecker(fetch=self.fetch)]
        return validate_path(
            self.leaf, anchors=[self.root], intermediates=[self.sub], policy=policy, checkers=checkers, at=NOW
        )


def at(url: str) -> AuthorityInfoAccess:
    return AuthorityInfoAccess((AccessDescription(oids.AD_OCSP, GeneralName.uri(url)),))


def own(algorithm: str, owner: str) -> SubjectKeyIdentifier:
    return SubjectKeyIdentifier(key_identifier(key(algorithm, owner).public_key))


def by(algorithm: str, owner: str) -> AuthorityKeyIdentifier:
    return AuthorityKeyIdentifier(own(algorithm, owner).key_identifier)


@lru_cache(maxsize=8)
def certificates(algorithm: str) -> tuple[Certificate, Certificate, Certificate]:
    root_key, sub_key = key(algorithm, "root"), key(algorithm, "sub")
    authority = (BasicConstraints(ca=True), KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN))
    root = certify(ROOT, root_key.public_key, ROOT, root_key, *authority, own(algorithm, "root"))
    identifiers = (own(algorithm, "sub"), by(algorithm, "root"))
    sub = certify(SUB, sub_key.public_key, ROOT, root_key, *authority, *identifiers, at(ROOT_URL), serial_number=2)
    extensions = (USAGE, by(algorithm, "sub"), at(SUB_URL))
    subject, leaf_key = build_name(("CN", "张三")), key(algorithm, "leaf").public_key
    leaf = certify(subject, leaf_key, SUB, sub_key, *extensions, serial_number=3)
    return root, sub, leaf


def world(algorithm: str = "sm2", *responder_extensions: Any) -> World:
    root, sub, leaf = certificates(algorithm)
    made = World(root, sub, leaf, {}, {number: KnownStatus(CertStatus.good()) for number in (2, 3, 4)})
    responder_key = key(algorithm, "responder")
    delegated = certify(
        build_name(("CN", "OCSP")),
        responder_key.public_key,
        SUB,
        key(algorithm, "sub"),
        SIGNING,
        USAGE,
        by(algorithm, "sub"),
        at(SUB_URL),
        *responder_extensions,
        serial_number=4,
    )
    made.responders[ROOT_URL] = OCSPResponder(root, key(algorithm, "root"), made, clock=lambda: NOW)
    made.responders[SUB_URL] = OCSPResponder(sub, responder_key, made, certificate=delegated, clock=lambda: NOW)
    return made


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("extensions", [(), (NO_CHECK,)], ids=["checked", "no check"])
def test_good(algorithm: str, extensions: tuple[Any, ...]) -> None:
    found = world(algorithm, *extensions).validate()
    assert [result.status for result in found.revocation] == [RevocationStatus.GOOD] * 2
    assert {result.source for result in found.revocation} == {"ocsp"}


@pytest.mark.parametrize("serial_number", [2, 3])
@pytest.mark.parametrize("mode", [RevocationMode.HARD, RevocationMode.SOFT])
def test_revoked(serial_number: int, mode: RevocationMode) -> None:
    made = world()
    made.known[serial_number] = KnownStatus(CertStatus.revoked(NOW, ReasonCode.KEY_COMPROMISE))
    # A responder below a revoked authority is none: then the leaf's status is unknown, for that reason.
    with pytest.raises(
        (RevokedError, RevocationUnknownError), match=r"revoked on 2026-03-01.*key compromise"
    ) as caught:
        made.validate(mode)
    assert caught.value.certificate in (made.sub, made.leaf)
    if (serial_number, mode) != (2, RevocationMode.HARD):
        assert isinstance(caught.value, RevokedError)
        assert caught.value.revocation_reason is ReasonCode.KEY_COMPROMISE
    made.validate(RevocationMode.NONE)


@pytest.mark.parametrize("url", [ROOT_URL, SUB_URL])
def test_nobody_there(url: str) -> None:
    made = world()
    del made.responders[url]
    with pytest.raises(RevocationUnknownError, match="nobody there"):
        made.validate()
    assert RevocationStatus.UNKNOWN in {result.status for result in made.validate(RevocationMode.SOFT).revocation}


def test_unknown_certificate() -> None:
    made = world()
    del made.known[3]
    with pytest.raises(RevocationUnknownError):
        made.validate()


def test_responder_of_another_authority() -> None:
    """The root's responder, in order as it is, may not answer for what the authority below issued."""
    made = world()
    made.responders[SUB_URL] = made.responders[ROOT_URL]
    with pytest.raises(RevocationUnknownError, match="unauthorized"):
        made.validate()


def test_answers_that_are_old() -> None:
    made = world()
    old = NOW - timedelta(days=9)
    made.responders[SUB_URL] = OCSPResponder(made.sub, key("sm2", "sub"), made, clock=lambda: old)
    with pytest.raises(RevocationUnknownError, match="was to be renewed"):
        made.validate()
