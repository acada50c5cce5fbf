"""The checks on a seal: that it is as its maker signed it, who the maker is, and whether it is in its period.

>>> from gmpki.seal import SealTrust, verify_seal
>>> report = verify_seal(open("seal.esl", "rb").read(), SealTrust(trust, makers))  # doctest: +SKIP
>>> report.verdict  # doctest: +SKIP
<Verdict.VALID: 'valid'>
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, member, utc_seconds
from gmpki.algorithms import sm3
from gmpki.cms.signer_certificate import check_usage
from gmpki.cms.trust import Trust
from gmpki.errors import GmpkiError, InvalidInputError, SealError
from gmpki.seal._checks import attempted, failed, in_order, left, passed, path_checks
from gmpki.seal.report import DocumentReport, SealCheck, SignatureReport
from gmpki.seal.seal import Seal
from gmpki.seal.signed_value import verify_value
from gmpki.seal.status_check import check_status
from gmpki.seal.trust import SealTrust
from gmpki.x509.path.past import AskedToday, PastSignature, validate_past

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.cms.report import Check
    from gmpki.x509.path.result import ValidatedPath

__all__ = ["SealFindings", "check_seal", "verify_seal"]

_CLOCK_SKEW: Final = timedelta(minutes=5)
_REENCODED: Final = "the maker's signature is over the DER of what the seal says, not over the bytes that came"


@dataclass(frozen=True, slots=True)
class SealFindings:
    """What was found out about a seal. Immutable. Iterating gives the checks.

    :ivar checks: SEAL_SIGNATURE, MAKER_USAGE, MAKER_CHAIN, MAKER_REVOCATION and SEAL_VALIDITY, in this order.
    :ivar path: from the certificate of the maker to the trust anchor; None when it was not looked for, or not found.
    :ivar quirks: where the maker's signature departs from the standards in form.
    :ivar variants: where it departs in meaning, one sentence each.
    """

    checks: tuple[Check, ...]
    path: ValidatedPath | None = None
    quirks: tuple[Quirk, ...] = ()
    variants: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)


def check_seal(
    seal: Seal, makers: Trust, *, at: datetime | None = None, existed_at: datetime | None = None
) -> SealFindings:
    """Check a seal, whatever was done with it.

    The path of the maker's certificate has to be valid when the seal says that it was made. Revocation counts today: a
    key that was stolen since can make seals of any day. Only a revocation for a reason that leaves the key in its
    owner's hands spares the seals made before it, or one after a proof that the seal existed. With such a proof, who
    knows nothing of today is asked about that time.

    :param makers: whom to trust for the certificates of makers; its ``at`` is the time of the verification, None is
        now.
    :param at: when the seal is or was used; None is the time of the verification.
    :param existed_at: a time at which the seal is proved to have existed, such as that of a time-stamp over a signature
        made with it.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a time has no time zone.
    :standard: GM/T 0031-2014 6 (verification of a seal); GB/T 38540-2020
    """
    member(seal, Seal, "seal")
    member(makers, Trust, "makers")
    today = makers.at or utc_seconds(datetime.now(timezone.utc), "now")
    used_at = today if at is None else utc_seconds(at, "at")
    proved = None if existed_at is None else utc_seconds(existed_at, "existed_at")
    signature, quirks, variants = _check_signature(seal, makers)
    path, chain = _check_path(seal, makers, today, proved)
    checks = (
        signature,
        attempted(SealCheck.MAKER_USAGE, lambda: check_usage(seal.maker_certificate, None)[1]),
        *chain,
        _check_validity(seal, used_at),
    )
    return SealFindings(checks, path, quirks, variants)


def _check_signature(seal: Seal, makers: Trust) -> tuple[Check, tuple[Quirk, ...], tuple[str, ...]]:
    def forms() -> Iterator[tuple[bytes, str]]:
        received = seal.to_be_signed
        yield received, ""
        reencoded = seal.reencoded_to_be_signed
        if reencoded != received:
            yield reencoded, _REENCODED

    try:
        quirks, variants = verify_value(
            seal.maker_certificate,
            seal.signature_algorithm,
            seal.signature,
            forms(),
            makers.signatures,
            lenient=seal.is_lenient,
        )
    except GmpkiError as error:
        return failed(SealCheck.SEAL_SIGNATURE, error), (), ()
    return passed(SealCheck.SEAL_SIGNATURE, seal.signature_algorithm.name), quirks, variants


def _check_path(
    seal: Seal, makers: Trust, today: datetime, existed_at: datetime | None
) -> tuple[ValidatedPath | None, tuple[Check, Check]]:
    """Validate the path of the maker's certificate."""
    chain, revocation = SealCheck.MAKER_CHAIN, SealCheck.MAKER_REVOCATION
    if not makers.checks_chain:
        detail = "not asked for: signatures alone"
        return None, (left(chain, detail), left(revocation, detail))

    def validate() -> ValidatedPath:
        if seal.created_at > today and seal.created_at - today > _CLOCK_SKEW:
            raise SealError("made-in-future", f"the seal says that it was made at {seal.created_at}; it is {today} now")
        asked_at, checkers = today, makers.checkers
        if existed_at is not None:
            # As of signers: what is known today counts first, and where nobody knows any more, what was known then.
            asked_at, checkers = min(today, existed_at), tuple(AskedToday(one, today) for one in makers.checkers)
        return validate_past(
            seal.maker_certificate,
            PastSignature(seal.created_at, asked_at, existed_at),
            makers.policy,
            anchors=makers.anchors,
            intermediates=makers.intermediates,
            checkers=checkers,
        )

    return path_checks(chain, revocation, validate, "when the seal was made")


def _check_validity(seal: Seal, used_at: datetime) -> Check:
    name = SealCheck.SEAL_VALIDITY
    if used_at < seal.valid_from:
        return failed(name, SealError("seal-not-yet-valid", f"the seal is valid from {seal.valid_from}, not {used_at}"))
    if used_at > seal.valid_until:
        return failed(name, SealError("seal-expired", f"the seal was valid until {seal.valid_until}, not {used_at}"))
    return passed(name, f"{seal.valid_from:%Y-%m-%d} to {seal.valid_until:%Y-%m-%d}")


# ---- a seal by itself -----------------------------------------------------------------------------------------------
def verify_seal(
    seal: Seal | Buffer,
    trust: SealTrust,
    *,
    at: datetime | None = None,
    lenient: bool = False,
    name: str = "",
) -> DocumentReport:
    """Verify a seal that stands by itself, such as the file that its maker delivers.

    What cannot be read fails the check "structure"; nothing is raised for it.

    :param seal: one that was read, or the bytes of one.
    :param trust: whom to trust for makers, and who knows which seals are in use.
    :param at: when the seal is to be in its period and in use; None takes the time of the trust, or now.
    :param lenient: read the bytes leniently; see :meth:`~gmpki.seal.seal.Seal.from_der`.
    :param name: of the file, for the report.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the time has no time zone.
    :standard: GM/T 0031-2014 6; GB/T 38540-2020
    """
    member(trust, SealTrust, "trust")
    as_text(name, "name")
    member(lenient, bool, "lenient")
    when = None if at is None else utc_seconds(at, "at")
    encoded = seal.der if isinstance(seal, Seal) else as_bytes(seal, "a seal")
    try:
        read = seal if isinstance(seal, Seal) else Seal.from_der(encoded, lenient=lenient)
    except InvalidInputError as error:
        report = SignatureReport(0, name, (failed(SealCheck.STRUCTURE, error),))
        return DocumentReport("seal", name, sm3.digest(encoded), (report,), accepted=trust.accept)
    makers = trust.maker_trust
    found = check_seal(read, makers, at=when)
    used_at = when or makers.at or utc_seconds(datetime.now(timezone.utc), "now")
    checks = [passed(SealCheck.STRUCTURE, read.layout.value), *found]
    checks.append(check_status(read, trust.statuses, at=used_at, today=used_at))
    if read.time_stamp is not None:
        checks.append(left(SealCheck.TIME_STAMP, "there is one in the seal; what it is over was read in no standard"))
    report = SignatureReport(
        0,
        read.seal_id,
        in_order(checks),
        layout=read.layout.value,
        seal=read,
        maker_path=found.path,
        claimed_time=read.created_at,
        quirks=(*read.quirks, *found.quirks),
        variants=found.variants,
    )
    return DocumentReport("seal", name, sm3.digest(encoded), (report,), accepted=trust.accept)
