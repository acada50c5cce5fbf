"""Verifying signatures with a seal: signature, signer, time, seal, maker and status, one check for each question.

>>> from gmpki.seal import SealTrust, check_seal_signature
>>> report = check_seal_signature(data, digest, SealTrust(signers, makers))  # doctest: +SKIP
>>> report.check("signer-listed").status.value  # doctest: +SKIP
'passed'
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gmpki._inputs import as_bytes, as_text, member
from gmpki.algorithms import sm3
from gmpki.cms.signer_certificate import check_usage
from gmpki.errors import GmpkiError, SealError, TimestampError
from gmpki.seal._checks import attempted, failed, in_order, left, passed
from gmpki.seal.report import DocumentReport, SealCheck, SignatureReport
from gmpki.seal.seal_check import check_seal
from gmpki.seal.signature import SealSignature
from gmpki.seal.signed_value import verify_value
from gmpki.seal.signer_rules import check_listed
from gmpki.seal.signing_time import (
    SigningTime,
    as_of,
    check_stamp,
    check_time,
    signer_path,
    time_of_verification,
)
from gmpki.seal.status_check import check_status
from gmpki.seal.trust import SealTrust
from gmpki.tsa.token import TimestampToken
from gmpki.tsa.verify import TokenVerifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.cms.report import Check
    from gmpki.cms.timestamps import StampedTime, TimestampVerifier

__all__ = ["check_seal_signature", "verify_seal_signature"]


def check_seal_signature(
    signature: SealSignature | Buffer,
    digest: Buffer,
    trust: SealTrust,
    *,
    now: datetime | None = None,
    lenient: bool = False,
    index: int = 0,
    name: str = "",
) -> SignatureReport:
    """Ask everything about a signature with a seal that concerns no container.

    What is wrong with the signature is in the report; nothing is raised for it. The digest of the document, the value
    of the signature, and what the certificate is for are looked at first; then the time-stamp, because the time decides
    about the rest: the chain of the signer and its revocation, whether the seal lists him, and the seal itself with its
    maker, its period and its status.

    :param signature: one that was read, or the bytes of one.
    :param digest: of what the container protects.
    :param now: the time of the verification; None takes that of ``trust.signers``, or now.
    :param lenient: read the bytes leniently, and take values of signatures as r, s, over the DER of what came as BER,
        and over the certificate of the signer as well (guideline C0119): each is named in the report. A signature
        that was read already is taken as it was read.
    :param index: which signature of the document, for the report.
    :param name: of the signature, for the report.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the time has no time zone.
    :standard: GM/T 0031-2014 6; GB/T 38540-2020
    """
    member(trust, SealTrust, "trust")
    member(lenient, bool, "lenient")
    as_text(name, "name")
    computed = as_bytes(digest, "the digest")
    today = time_of_verification(now, trust.signers)
    if not isinstance(signature, SealSignature):
        encoded = as_bytes(signature, "a signature with a seal")
        try:
            signature = SealSignature.from_der(encoded, lenient=lenient)
        except GmpkiError as error:
            return SignatureReport(index, name, (failed(SealCheck.STRUCTURE, error),))
    return _Judgement(signature, computed, trust, today).report(index, name)


def verify_seal_signature(
    signature: SealSignature | Buffer,
    digest: Buffer,
    trust: SealTrust,
    *,
    now: datetime | None = None,
    lenient: bool = False,
    name: str = "",
) -> DocumentReport:
    """Verify a signature with a seal that stands by itself; parameters and errors as :func:`check_seal_signature`.

    >>> verify_seal_signature(data, digest, trust).require()  # doctest: +SKIP

    :returns: a report whose verdict goes by what the trust accepts.
    """
    report = check_seal_signature(signature, digest, trust, now=now, lenient=lenient, name=name)
    encoded = signature.der if isinstance(signature, SealSignature) else as_bytes(signature, "a signature with a seal")
    return DocumentReport("seal-signature", name, sm3.digest(encoded), (report,), accepted=trust.accept)


class _Judgement:
    """The checks on one signature."""

    def __init__(self, signature: SealSignature, digest: bytes, trust: SealTrust, today: datetime) -> None:
        self.signature = signature
        self.digest = digest
        self.trust = trust
        self.today = today
        self.quirks: tuple[Quirk, ...] = ()
        self.variants: tuple[str, ...] = ()

    def report(self, index: int, name: str) -> SignatureReport:
        """Ask everything."""
        signature, trust = self.signature, self.trust
        seal, certificate = signature.seal, signature.signer_certificate
        stamp, stamp_check = self._stamp()
        when = self._when(stamp)
        path, on_path = signer_path(certificate, (), trust.signers, when)
        found = check_seal(seal, as_of(trust.maker_trust, self.today), at=when.best, existed_at=when.signed_at)
        checks: list[Check] = [
            passed(SealCheck.STRUCTURE, signature.layout.value),
            attempted(SealCheck.DIGEST, self._digest),
            attempted(SealCheck.SIGNATURE, self._value),
            attempted(SealCheck.SIGNER_USAGE, lambda: check_usage(certificate, None)[1]),
            *on_path,
            attempted(SealCheck.SIGNER_LISTED, lambda: check_listed(seal, certificate)),
            check_time(when, seal, certificate, text=signature.time_text),
            stamp_check,
            *found,
            check_status(seal, trust.statuses, at=when.best, today=self.today, existed_at=when.signed_at),
        ]
        return SignatureReport(
            index,
            name,
            in_order(checks),
            layout=signature.layout.value,
            seal=seal,
            signer_certificate=certificate,
            signer_path=path,
            maker_path=found.path,
            claimed_time=when.claimed,
            signed_at=when.signed_at,
            timestamps=() if stamp is None else (stamp,),
            quirks=(*signature.quirks, *seal.quirks, *self.quirks, *found.quirks),
            variants=(*self.variants, *found.variants),
        )

    # ---- document and signature ---------------------------------------------------------------
    def _digest(self) -> str:
        said = self.signature.data_hash
        if said != self.digest:
            raise SealError(
                "changed",
                f"the document is not the one that was signed: its digest is {self.digest[:8].hex()}..., "
                f"the signature has {said[:8].hex()}...",
            )
        return self.signature.digest_name

    def _value(self) -> str:
        signature = self.signature

        def forms() -> Iterator[tuple[bytes, str]]:
            yield signature.to_be_signed, ""
            if signature.is_lenient:
                for departs, form in signature.other_signed_forms():
                    yield form, departs

        self.quirks, self.variants = verify_value(
            signature.signer_certificate,
            signature.signature_algorithm,
            signature.signature,
            forms(),
            self.trust.signers.signatures,
            lenient=signature.is_lenient,
        )
        return signature.signature_algorithm.name

    # ---- time -----------------------------------------------------------------------------------
    def _stamp(self) -> tuple[StampedTime | None, Check]:
        token, verifier = self.signature.timestamp, self.trust.timestamps
        if token is None:
            return None, left(SealCheck.TIME_STAMP, "there is none")
        if verifier is None:
            return None, left(SealCheck.TIME_STAMP, "there is one, and nobody to verify it")
        if self.signature.layout.rules.stamp_is_signed:
            return check_stamp(lambda: _verify_signed_stamp(verifier, token, self.signature.data_hash))
        return check_stamp(lambda: verifier.verify(token, self.signature.signature))

    def _when(self, stamp: StampedTime | None) -> SigningTime:
        trusted = stamp if stamp is not None and stamp.is_trusted else None
        if not self.signature.layout.rules.stamp_is_signed:
            return SigningTime(self.today, self.signature.time, None if trusted is None else trusted.latest)
        return SigningTime(self.today, self.signature.time or _stated_time(self.signature.timestamp))


def _verify_signed_stamp(verifier: TimestampVerifier, token: bytes, data_hash: bytes) -> StampedTime:
    """Verify a time-stamp of GM/T 0031-2014, which stands inside what is signed.

    What it is over was not read in the standard: a digest of the digest of the document, as if that were the data, and
    that digest itself as the imprint are taken (C).
    """
    try:
        return verifier.verify(token, data_hash)
    except TimestampError as error:
        if error.reason != "imprint" or not isinstance(verifier, TokenVerifier):
            raise
        imprint = TimestampToken.from_der(token, lenient=True).imprint
        if imprint.digest != data_hash:
            raise
        return verifier.verify(token, imprint)


def _stated_time(token: bytes | None) -> datetime | None:
    """Return the time that a token says, whoever made it."""
    if token is None:
        return None
    try:
        return _whole(TimestampToken.from_der(token, lenient=True).time)
    except GmpkiError:
        return None


def _whole(time: datetime) -> datetime:
    return time.replace(microsecond=0)
