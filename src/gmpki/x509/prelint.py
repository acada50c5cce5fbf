"""The linter in front of the signature: what would be refused later is not signed in the first place.

>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> from gmpki.x509.issuing import self_signed
>>> from gmpki.x509.prelint import lint_check
>>> from gmpki.x509.names import build_name
>>> name = build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例根"))
>>> self_signed(name, SM2PrivateKey.generate(), check=lint_check()).is_ca
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, member
from gmpki.asn1.rfc5280 import TBSCertificate
from gmpki.errors import DecodeError, ValidationError
from gmpki.x509.certificate import Certificate
from gmpki.x509.lint import Severity, rules
from gmpki.x509.lint.repeated import RepeatedJudgement
from gmpki.x509.preparing import ReadCheck

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LintCheck", "lint_check"]

_SHOWN: Final = 5


def lint_check(severity: Severity = Severity.ERROR, *, confidence: str = "AB") -> LintCheck:
    """Return a check for :class:`~gmpki.x509.issuing.Issuer` that lets the linter judge what will be signed.

    :param severity: the least finding that stops the issue.
    :param confidence: how well a rule must be known to stop it: letters of A, B, C and D. Rules that only one source
        tells of stop nothing unless asked.
    :returns: a function that takes the DER of a TBSCertificate, and raises ValidationError with the reason "lint" when
        something is found, or DecodeError when it is none.
    :raises InvalidTypeError: when severity is no Severity, or confidence not ``str``.
    """
    member(severity, Severity, "severity")
    as_text(confidence, "confidence")
    return LintCheck(
        item.id for item in rules() if item.severity.rank <= severity.rank and item.clause.confidence in confidence
    )


class LintCheck(ReadCheck):
    """The linter as a check of what will be signed; :func:`lint_check` makes one. Thread-safe.

    :param stopping: the identifiers of the rules that stop an issue.
    """

    def __init__(self, stopping: Iterable[str]) -> None:
        self._judgement = RepeatedJudgement(stopping)

    def __call__(self, tbs: bytes) -> None:
        """Judge the DER of a TBSCertificate.

        :raises ValidationError: with the reason "lint" when something is found.
        :raises DecodeError: when it is none.
        """
        encoded = as_bytes(tbs, "tbs")
        algorithm = TBSCertificate.from_der(encoded).signature
        try:
            certificate = Certificate._unsigned(encoded, algorithm)
        except DecodeError as error:
            raise ValidationError("lint", f"the certificate would not be read again: {error}") from None
        self.judge(certificate)

    def judge(self, certificate: Certificate) -> None:
        """Judge a certificate; its signature is not looked at.

        :raises ValidationError: with the reason "lint" when something is found.
        """
        found = self._judgement.judge(certificate)
        if found:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            raise ValidationError("lint", "; ".join(str(finding) for finding in found[:_SHOWN]) + more)
