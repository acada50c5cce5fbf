"""Revocation along a path: modes, several checkers, checkers that misbehave, and who may sign lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from gmpki.asn1.rfc5280 import KeyUsages
from gmpki.asn1.rfc6960_nocheck import OCSPNoCheck
from gmpki.errors import RevocationUnknownError, RevokedError, ValidationError
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.path import RevocationMode
from gmpki.x509.revocation import RevocationContext, RevocationResult, RevocationStatus
from x509.path.paths import DAY, NOW, ROOT, SUB, Party, issue, refused, root, sub, user, validate

GOOD = RevocationResult(RevocationStatus.GOOD, "test")
UNKNOWN = RevocationResult(RevocationStatus.UNKNOWN, "test", detail="not found")
REVOKED = RevocationResult(RevocationStatus.REVOKED, "test", revoked_at=NOW - DAY)


@dataclass
class Says:
    """A checker that says the same always, or something else about some certificates."""

    answer: Any = GOOD
    about: dict[Certificate, Any] = field(default_factory=dict)
    asked: list[Certificate] = field(default_factory=list)
    issuers: list[Any] = field(default_factory=list)
    contexts: list[RevocationContext] = field(default_factory=list)

    def check(self, certificate: Certificate, issuer: Any, context: RevocationContext) -> Any:
        self.asked.append(certificate)
        self.issuers.append(issuer)
        self.contexts.append(context)
        answer = self.about.get(certificate, self.answer)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def test_every_certificate_is_asked_about_with_its_issuer() -> None:
    checker = Says()
    found = validate(user(), sub(), checkers=[checker])
    assert checker.asked == [sub(), user()]
    assert checker.issuers == [found.anchor, sub()]
    assert found.revocation == (GOOD, GOOD)
    assert {context.at for context in checker.contexts} == {NOW}


class MuteError(Exception):
    """An exception that cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError


def test_whatever_a_checker_raises_it_does_not_know() -> None:
    for error in (
        MuteError(),
        ValueError("x"),
        RecursionError(),
        RevokedError("x", revoked_at=NOW, certificate=root()),
    ):
        with pytest.raises(RevocationUnknownError):
            validate(user(), sub(), checkers=[Says(error)])
        validate(user(), sub(), checkers=[Says(error)], revocation=RevocationMode.SOFT)


@pytest.mark.parametrize("mode", [None, RevocationMode.HARD, RevocationMode.SOFT])
def test_a_checker_that_raises_revoked_says_revoked(mode: RevocationMode | None) -> None:
    for named in (None, user()):
        checker = Says(about={user(): RevokedError("on the list", revoked_at=NOW, certificate=named)})
        with pytest.raises(RevokedError) as caught:
            validate(user(), sub(), checkers=[checker], revocation=mode)
        assert caught.value.certificate == user()


@pytest.mark.parametrize("mode", [None, RevocationMode.HARD, RevocationMode.SOFT])
@pytest.mark.parametrize("which", [user, sub])
def test_revoked_is_refused_in_every_mode_that_asks(which: Any, mode: RevocationMode | None) -> None:
    checker = Says(about={which(): REVOKED})
    with pytest.raises(RevokedError) as caught:
        validate(user(), sub(), checkers=[checker], revocation=mode)
    assert caught.value.certificate == which()
    assert caught.value.revoked_at == NOW - DAY
    assert caught.value.reason == "revoked"


def test_unknown_is_refused_in_hard_mode() -> None:
    for mode in (None, RevocationMode.HARD):
        with pytest.raises(RevocationUnknownError) as caught:
            validate(user(), sub(), checkers=[Says(about={sub(): UNKNOWN})], revocation=mode)
        assert caught.value.certificate == sub()
        assert caught.value.reason == "revocation-unknown"


def test_unknown_is_accepted_in_soft_mode_and_shown() -> None:
    found = validate(user(), sub(), checkers=[Says(UNKNOWN)], revocation=RevocationMode.SOFT)
    assert {result.status for result in found.revocation} == {RevocationStatus.UNKNOWN}


def test_nobody_is_asked_in_the_mode_none() -> None:
    checker = Says(REVOKED)
    assert validate(user(), sub(), checkers=[checker], revocation=RevocationMode.NONE).revocation == ()
    assert checker.asked == []
    assert validate(user(), sub()).revocation == ()


@pytest.mark.parametrize(
    "answer",
    [ValueError("x"), OSError("x"), ValidationError("x", "x"), RecursionError(), KeyError("x"), None, True, "good",
     RevocationStatus.GOOD, object()],
)  # fmt: skip
def test_a_checker_that_misbehaves_does_not_know(answer: Any) -> None:
    refused("revocation-unknown", user(), sub(), checkers=[Says(answer)])
    found = validate(user(), sub(), checkers=[Says(answer)], revocation=RevocationMode.SOFT)
    assert {result.status for result in found.revocation} == {RevocationStatus.UNKNOWN}
    assert all(result.detail for result in found.revocation)
    assert validate(user(), sub(), checkers=[Says(answer), Says(GOOD)]).revocation == (GOOD, GOOD)


def test_the_first_that_knows_decides() -> None:
    assert validate(user(), sub(), checkers=[Says(UNKNOWN), Says(GOOD), Says(REVOKED)]).revocation == (GOOD, GOOD)
    refused("revoked", user(), sub(), checkers=[Says(UNKNOWN), Says(REVOKED), Says(GOOD)])
    error = refused("revocation-unknown", user(), sub(), checkers=[Says(UNKNOWN), Says(UNKNOWN)])
    assert "not found; not found" in str(error)


def test_another_way_around_a_revoked_authority() -> None:
    crossed = issue(SUB, Party("别的根"), ca=True)
    other = issue(Party("别的根"), Party("别的根"), ca=True)
    checker = Says(about={sub(): REVOKED})
    found = validate(user(), sub(), crossed, anchors=[root(), other], checkers=[checker])
    assert found.chain == (user(), crossed)
    refused("revoked", user(), sub(), crossed, checkers=[checker])


def test_a_revoked_certificate_is_not_tried_again() -> None:
    crossed = issue(SUB, Party("别的根"), ca=True)
    other = issue(Party("别的根"), Party("别的根"), ca=True)
    checker = Says(about={user(): REVOKED})
    refused("revoked", user(), sub(), crossed, anchors=[root(), other], checkers=[checker])
    assert checker.asked == [sub(), user()]


@pytest.mark.parametrize(("revoked", "unknown"), [(user, sub), (sub, user)])
def test_a_revocation_is_told_before_what_is_unknown(revoked: Any, unknown: Any) -> None:
    checker = Says(about={revoked(): REVOKED, unknown(): UNKNOWN})
    with pytest.raises(RevokedError) as caught:
        validate(user(), sub(), checkers=[checker], revocation=RevocationMode.HARD)
    assert caught.value.certificate == revoked()


def test_the_answers_stand_in_the_order_of_the_chain() -> None:
    checker = Says(about={user(): UNKNOWN})
    found = validate(user(), sub(), checkers=[checker], revocation=RevocationMode.SOFT)
    assert [result.status for result in found.revocation] == [RevocationStatus.UNKNOWN, RevocationStatus.GOOD]


def test_nobody_is_asked_about_what_is_refused_anyway() -> None:
    checker = Says()
    refused("no-path", user(), checkers=[checker])
    assert checker.asked == []


# ---- signers of lists and answers ------------------------------------------------------------
SIGNER = Party("列表签发者")


class AsksAboutSigner(Says):
    """A checker that has somebody else's certificate validated before it answers."""

    def __init__(self, signer: Certificate, *between: Certificate, **says: Any) -> None:
        super().__init__(**says)
        self.signer, self.between = signer, between

    def check(self, certificate: Certificate, issuer: Any, context: RevocationContext) -> Any:
        answer = super().check(certificate, issuer, context)
        if context.validate_signer is not None and certificate != self.signer:
            context.validate_signer(self.signer, certificates=self.between)
        return answer


def test_a_signer_is_validated_to_the_anchor_of_the_path() -> None:
    signer = issue(SIGNER, SUB, usage=KeyUsages.CRL_SIGN)
    assert validate(user(), sub(), checkers=[AsksAboutSigner(signer)]).revocation == (GOOD, GOOD)
    stranger = issue(Party("别的根"), Party("别的根"), ca=True)
    from_elsewhere = issue(SIGNER, Party("别的根"), usage=KeyUsages.CRL_SIGN)
    # Trusted as an anchor, yet not that of this path.
    options: dict[str, Any] = {"anchors": [root(), stranger]}
    refused("revocation-unknown", user(), sub(), checkers=[AsksAboutSigner(from_elsewhere)], **options)
    expired = issue(SIGNER, SUB, usage=KeyUsages.CRL_SIGN, end=NOW - DAY)
    refused("revocation-unknown", user(), sub(), checkers=[AsksAboutSigner(expired)])


def test_a_signer_may_bring_certificates() -> None:
    between = Party("列表的上级")
    signer, above = issue(SIGNER, between), issue(between, ROOT, ca=True)
    refused("revocation-unknown", user(), sub(), checkers=[AsksAboutSigner(signer)])
    assert validate(user(), sub(), checkers=[AsksAboutSigner(signer, above)]).chain


def test_the_wishes_about_the_peer_are_not_about_signers() -> None:
    from gmpki.x509.path import PathProfile, PeerName, Purpose

    signer = issue(SIGNER, SUB, usage=KeyUsages.CRL_SIGN)
    options: dict[str, Any] = {"peer_names": (PeerName.dns("user.example.cn"),), "purpose": Purpose.SIGNING}
    assert validate(user(), sub(), checkers=[AsksAboutSigner(signer)], **options).chain
    web = {"profile": PathProfile.WEBPKI, "tolerated": frozenset({"common-name", "webpki-extension"})}
    assert validate(user(), sub(), checkers=[AsksAboutSigner(signer)], **web).chain


def test_a_revoked_signer_does_not_count() -> None:
    signer = issue(SIGNER, SUB, usage=KeyUsages.CRL_SIGN)
    refused("revocation-unknown", user(), sub(), checkers=[AsksAboutSigner(signer, about={signer: REVOKED})])
    # Unknown does: whoever asks about signers of signers never ends.
    assert validate(user(), sub(), checkers=[AsksAboutSigner(signer, about={signer: UNKNOWN})]).chain


def test_a_signer_that_needs_no_check_is_not_asked_about() -> None:
    signer = issue(SIGNER, SUB, OCSPNoCheck())
    checker = AsksAboutSigner(signer, about={signer: REVOKED})
    assert validate(user(), sub(), checkers=[checker]).chain
    assert signer not in checker.asked


def test_a_signer_has_no_signers() -> None:
    signer = issue(SIGNER, SUB, usage=KeyUsages.CRL_SIGN)
    checker = AsksAboutSigner(signer)
    validate(user(), sub(), checkers=[checker])
    inner = [c.validate_signer for c, a in zip(checker.contexts, checker.asked, strict=True) if a == signer]
    assert inner
    assert set(inner) == {None}


# ---- with lists ------------------------------------------------------------------------------
def crl(issuer: Party, *revoked: Certificate) -> Any:
    entries = [Revocation(certificate.serial_number, NOW - DAY) for certificate in revoked]
    made = CRLBuilder(issuer=issuer.name, this_update=NOW - DAY, next_update=NOW + DAY, number=1, entries=entries)
    return made.sign(issuer.key)


@pytest.mark.parametrize(
    ("lists", "reason"),
    [
        (lambda: [crl(SUB), crl(ROOT)], None),
        (lambda: [crl(SUB, user()), crl(ROOT)], "revoked"),
        (lambda: [crl(SUB), crl(ROOT, sub())], "revoked"),
        (lambda: [crl(SUB)], "revocation-unknown"),
        (lambda: [crl(ROOT)], "revocation-unknown"),
        (lambda: [crl(SUB), crl(Party("根", "骗子"))], "revocation-unknown"),
        (list, "revocation-unknown"),
    ],
)
def test_revocation_lists(lists: Any, reason: str | None) -> None:
    checkers = [CRLChecker(lists())]
    if reason is None:
        assert len(validate(user(), sub(), checkers=checkers).revocation) == 2
    else:
        refused(reason, user(), sub(), checkers=checkers)
