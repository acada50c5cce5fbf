"""Whom a verifier trusts, and what he wants to know about the certificates of signers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from gmpki._inputs import iterated, member, utc_seconds
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.x509.certificate import Certificate
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.path.past import AskedToday, PastSignature, WeighingChecker
from gmpki.x509.path.policy import PathPolicy
from gmpki.x509.path.validate import validate_path
from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.x509.path.result import ValidatedPath
    from gmpki.x509.revocation import RevocationChecker

__all__ = ["Trust"]


@dataclass(frozen=True)
class Trust:
    """Whom a verifier trusts. Immutable; thread-safe when its checkers are.

    >>> Trust.signature_only().checks_chain
    False

    :ivar anchors: who is trusted: certificates, or names with keys. At least one; who wants none uses
        :meth:`signature_only`.
    :ivar intermediates: other certificates: those of authorities in between, and those of signers whose message does
        not carry them. None of them is trusted.
    :ivar policy: what a path has to be.
    :ivar checkers: who can tell about revocation.
    :ivar at: the time for which paths have to be valid where no time-stamp tells another; None for now.
    :ivar signatures: which signatures of signers are taken; those of certificates are the path policy's affair.
    :raises InvalidTypeError: when a part has the wrong type.
    :raises InvalidInputError: when there is no anchor, or the time has no time zone.
    """

    anchors: tuple[Certificate | TrustAnchor, ...] = ()
    intermediates: tuple[Certificate, ...] = ()
    policy: PathPolicy = field(default_factory=PathPolicy)
    checkers: tuple[RevocationChecker, ...] = ()
    at: datetime | None = None
    signatures: SignaturePolicy = STANDARD_SIGNATURES
    checks_chain: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        for name in ("anchors", "intermediates", "checkers"):
            object.__setattr__(self, name, iterated(getattr(self, name), name))
        for anchor in self.anchors:
            if not isinstance(anchor, (Certificate, TrustAnchor)):
                raise InvalidTypeError(f"an anchor is a Certificate or a TrustAnchor, not {type(anchor).__name__}")
        member(self.policy, PathPolicy, "policy")
        member(self.signatures, SignaturePolicy, "signatures")
        for certificate in self.intermediates:
            member(certificate, Certificate, "an intermediate")
        if self.at is not None:
            object.__setattr__(self, "at", utc_seconds(self.at, "at"))
        if not self.anchors:
            raise InvalidInputError("without a trust anchor nobody is trusted; Trust.signature_only() looks for none")

    @classmethod
    def signature_only(
        cls, certificates: Iterable[Certificate] = (), *, signatures: SignaturePolicy = STANDARD_SIGNATURES
    ) -> Trust:
        """Ask only whether signatures hold: whose keys made them stays unknown, and every report says so.

        :param certificates: of signers whose message does not carry them.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        self = cls.__new__(cls)
        for name, value in (
            ("anchors", ()),
            ("intermediates", iterated(certificates, "certificates")),
            ("policy", _DEFAULT_POLICY),
            ("checkers", ()),
            ("at", None),
            ("signatures", signatures),
            ("checks_chain", False),
        ):
            object.__setattr__(self, name, value)
        for certificate in self.intermediates:
            member(certificate, Certificate, "a certificate")
        member(signatures, SignaturePolicy, "signatures")
        return self

    def using(self, signatures: SignaturePolicy) -> Trust:
        """Return the same with another policy about the signatures of signers.

        :raises InvalidTypeError: when it is none.
        """
        if not self.checks_chain:
            return Trust.signature_only(self.intermediates, signatures=signatures)
        return replace(self, signatures=signatures)

    def validate(
        self, certificate: Certificate, others: Iterable[Certificate] = (), *, at: datetime | None = None
    ) -> ValidatedPath:
        """Validate the path of a signer's certificate.

        Of a signature that existed at some time, that time is the one the path has to be valid for. The checkers are
        asked about the time of this object, or now, before they are asked about then: a theft comes out later. What was
        revoked after the signature existed takes nothing with it.

        :param others: certificates that came with the message.
        :param at: when the signature existed, by a time-stamp; None takes the time of this object, or now.
        :raises ValidationError: as :func:`~gmpki.x509.path.validate.validate_path`.
        :raises InvalidInputError: when the policy wants revocation checked and there is nobody to ask, or this object
            looks at no chains.
        """
        if not self.checks_chain:
            raise InvalidInputError("Trust.signature_only() looks at no chains")
        checkers: tuple[RevocationChecker, ...] = self.checkers
        if at is not None:
            today = self.at or datetime.now(timezone.utc)
            past = PastSignature(at, today, existed_at=at)
            checkers = tuple(WeighingChecker(AskedToday(checker, today), past) for checker in checkers)
        return validate_path(
            certificate,
            anchors=self.anchors,
            intermediates=(*self.intermediates, *others),
            policy=self.policy,
            checkers=checkers,
            at=self.at if at is None else at,
        )


_DEFAULT_POLICY = PathPolicy()
