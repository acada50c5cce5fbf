"""Whom a verifier of seals trusts: for those who sign, for those who make seals, and for time."""

from __future__ import annotations

from dataclasses import dataclass

from gmpki._inputs import iterated, member
from gmpki.cms.timestamps import TimestampVerifier
from gmpki.cms.trust import Trust
from gmpki.errors import InvalidTypeError
from gmpki.seal.report import judge
from gmpki.seal.status import SealStatusSource

__all__ = ["SealTrust"]


@dataclass(frozen=True)
class SealTrust:
    """Whom a verifier of seals trusts. Immutable; thread-safe when its parts are.

    >>> SealTrust(Trust.signature_only(), accept=frozenset({"seal-status"})).accept
    frozenset({'seal-status'})

    :ivar signers: whom to trust for the certificates of signers, and of seals' makers where ``makers`` is None. Its
        policies about paths and signatures are followed; ``Trust.signature_only()`` looks at no chains.
    :ivar makers: whom to trust for the certificates of those who make seals: an authority that certifies every citizen
        is not one whose every certificate may make seals.
    :ivar timestamps: who verifies time-stamps, such as :class:`~gmpki.tsa.TokenVerifier`; without, they are not
        looked at.
    :ivar statuses: who knows which seals are in use.
    :ivar accept: the names of the checks (:class:`~gmpki.seal.report.SealCheck`) that the verifier does without when
        they cannot be made. A check that failed is never accepted.
    :raises InvalidTypeError: when a part has the wrong type.
    :raises InvalidInputError: when a name is no check.
    """

    signers: Trust
    makers: Trust | None = None
    timestamps: TimestampVerifier | None = None
    statuses: SealStatusSource | None = None
    accept: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        member(self.signers, Trust, "signers")
        if self.makers is not None:
            member(self.makers, Trust, "makers")
        for name, method in (("timestamps", "verify"), ("statuses", "status")):
            part = getattr(self, name)
            if part is not None and not callable(getattr(part, method, None)):
                raise InvalidTypeError(f"{name} must have a method {method}; {type(part).__name__} has none")
        if isinstance(self.accept, str):  # whose letters are names of nothing
            raise InvalidTypeError(f"accept takes names of checks: {{{self.accept[:40]!r}}} and not one text")
        names = frozenset(iterated(self.accept, "accept"))
        judge((), names)  # refuses what is no name of a check
        object.__setattr__(self, "accept", names)

    @property
    def maker_trust(self) -> Trust:
        """Whom to trust for the certificates of seals' makers: ``makers``, or ``signers`` where that is None."""
        return self.signers if self.makers is None else self.makers
