"""Validation data that a PDF file brings along (DSS), and what a verifier makes of it.

What the verifier knows himself comes first. Only where he can say nothing about a revocation, lists and answers from
the file are asked: each is signed by whom the certificate names, so a forged one proves nothing. An old one may not
know of a later revocation; that is why its word counts last, and why the report names where it comes from.

:standard: ISO 32000-2 12.8.4.3; ETSI EN 319 142-1 5.4
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gmpki.cms.report import Check, CheckStatus
from gmpki.errors import GmpkiError, RevocationUnknownError, RevokedError
from gmpki.ocsp.response import OCSPResponse
from gmpki.seal.pdf.filters import decoded
from gmpki.seal.pdf.syntax import Stream
from gmpki.seal.report import SealCheck, SignatureReport
from gmpki.seal.trust import SealTrust
from gmpki.tsa.validation_data import ValidationData
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.cms.trust import Trust
    from gmpki.seal.pdf.revision import Revision

__all__ = ["asked_file_too", "embedded_data", "knowing_certificates"]

_MAX_KEPT: Final = 512
_MAX_LEN: Final = 16 << 20
_REVOCATIONS: Final = (SealCheck.SIGNER_REVOCATION, SealCheck.MAKER_REVOCATION)


def embedded_data(revision: Revision) -> ValidationData:
    """Return the validation data of a file; what cannot be read of it is left out, for it is nobody's word.

    :raises DecodeError: when the catalog is malformed.
    """
    try:
        store = revision.resolve(revision.root.get("DSS"))
    except GmpkiError:
        store = None
    if not isinstance(store, dict):
        return ValidationData()
    return ValidationData(
        tuple(_read(revision, store.get("Certs"), Certificate.from_der)),
        tuple(_read(revision, store.get("CRLs"), CertificateRevocationList.from_der)),
        tuple(one for one in _read(revision, store.get("OCSPs"), OCSPResponse.from_der) if _is_answer(one)),
    )


def _read(revision: Revision, listed: Any, read: Callable[[bytes], Any]) -> list[Any]:
    """Return what streams hold."""
    left = _MAX_LEN

    def one(item: Any) -> Any:
        nonlocal left
        try:
            stream = revision.resolve(item)
            if not isinstance(stream, Stream):
                return None
            encoded = revision.document.data[stream.start : stream.end]
            octets = decoded(stream.dictionary, encoded, at=stream.start, max_len=left)
            left -= len(octets)
            return read(octets)
        except GmpkiError:
            return None

    try:
        items = revision.array(listed, "validation data")[:_MAX_KEPT]
    except GmpkiError:
        return []
    return [found for found in map(one, items) if found is not None]


def _is_answer(response: OCSPResponse) -> bool:
    try:
        ValidationData(responses=(response,))
    except GmpkiError:
        return False
    return True


def knowing_certificates(trust: SealTrust, known: ValidationData) -> SealTrust:
    """Return a trust that also knows the certificates of a file. None of them is trusted."""
    if not known.certificates:
        return trust

    def more(one: Trust) -> Trust:
        if not one.checks_chain:
            return one
        return replace(one, intermediates=(*one.intermediates, *known.certificates))

    return replace(trust, signers=more(trust.signers), makers=None if trust.makers is None else more(trust.makers))


def asked_file_too(
    report: SignatureReport, trust: SealTrust, known: ValidationData, judge: Callable[[SealTrust], SignatureReport]
) -> SignatureReport:
    """Answer what the verifier could not answer about revocation by what the file brings, as far as that answers it.

    :param report: what the verifier found out himself.
    :param judge: judges the signature anew with another trust.
    """
    checkers = known.checkers()
    wanted = [check.name for check in report.checks if check.name in _REVOCATIONS and _is_open(check)]
    if not wanted or not checkers or not trust.signers.checks_chain:
        return report

    def asking(one: Trust) -> Trust:
        return replace(one, checkers=(*one.checkers, *checkers)) if one.checks_chain else one

    makers = None if trust.makers is None else asking(trust.makers)
    second = judge(replace(trust, signers=asking(trust.signers), makers=makers))
    answers = {
        check.name: replace(check, detail=f"{check.detail}, by validation data in the file")
        for check in second.checks
        if check.name in wanted and (check.status is CheckStatus.PASSED or isinstance(check.error, RevokedError))
    }
    if not answers:
        return report
    return replace(
        report,
        checks=tuple(answers.get(check.name, check) for check in report.checks),
        signer_path=second.signer_path if SealCheck.SIGNER_REVOCATION in answers else report.signer_path,
        maker_path=second.maker_path if SealCheck.MAKER_REVOCATION in answers else report.maker_path,
    )


def _is_open(check: Check) -> bool:
    return check.status is CheckStatus.NOT_CHECKED or isinstance(check.error, RevocationUnknownError)
