"""Verifying the seals and signatures of PDF files.

>>> from gmpki.seal.pdf import verify_pdf
>>> verify_pdf(data, trust).require()  # doctest: +SKIP

Two things are asked of the file: that a signature covers all of the revision that it was made in but its own value,
and that nothing came after that revision but what may (further signatures, time-stamps, validation data). All else is
asked of the seal signature, the message or the time-stamp in Contents.

:standard: ISO 32000-1 12.8; ISO 32000-2 12.8; GB/T 38540-2020
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.cms.algorithms import digest_name
from gmpki.cms.report import Check, CheckStatus
from gmpki.cms.signed import SignedMessage
from gmpki.errors import GmpkiError, SealError, UnsupportedAlgorithm
from gmpki.seal._checks import attempted, failed, in_order, left, passed
from gmpki.seal.digital_check import check_digital_signature
from gmpki.seal.pdf.changes import Additions, compare
from gmpki.seal.pdf.document import PDFDocument
from gmpki.seal.pdf.embedded import asked_file_too, embedded_data, knowing_certificates
from gmpki.seal.pdf.fields import date_of, read_fields
from gmpki.seal.pdf.located import LocatedSignature, locate, places_of
from gmpki.seal.pdf.pages import pages_of
from gmpki.seal.pdf.permissions import read_permissions
from gmpki.seal.pdf.profiles import ContentsKind
from gmpki.seal.pdf.revision import Revision
from gmpki.seal.pdf.revisions import newest_revision, revision_ends
from gmpki.seal.report import DocumentReport, SealCheck, SignatureReport
from gmpki.seal.signature import SealSignature
from gmpki.seal.signing_time import check_stamp, time_of_verification, with_stamp
from gmpki.seal.trust import SealTrust
from gmpki.seal.verification import check_seal_signature

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.cms.timestamps import StampedTime
    from gmpki.seal.pdf.byte_range import ByteRange

__all__ = ["verify_pdf"]

_STAMP_LAYOUT: Final = "RFC 3161"
_LATER: Final = (
    SealCheck.DIGEST,
    SealCheck.SIGNATURE,
    SealCheck.SIGNER_USAGE,
    SealCheck.SIGNER_CHAIN,
    SealCheck.SIGNER_REVOCATION,
    SealCheck.TIME,
    SealCheck.TIME_STAMP,
)


def verify_pdf(
    data: Buffer, trust: SealTrust, *, lenient: bool = False, name: str = "", now: datetime | None = None
) -> DocumentReport:
    """Verify every seal and signature of a PDF file.

    What is wrong with a signature, or with what came after it, is in the report. Signatures stand in it in the order
    in which they were made; a time-stamp over the document is one of them. Certificates in the file help to find paths;
    lists and answers in it are asked where nobody else can tell about a revocation.

    :param data: the file, up to 512 MiB.
    :param lenient: take what signatures in the field show, and go by what Contents is where the names beside it say
        something else; each departure is named. About the file itself nothing is lenient.
    :param name: of the file, for people.
    :param now: the time of the verification; None takes that of ``trust.signers``, or now.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the time has no time zone.
    :raises DecodeError: when the file is malformed: one that readers have to repair is read differently by each.
    :raises UnsupportedAlgorithm: when it is encrypted, or its structure has other filters than FlateDecode.
    :raises LimitExceeded: when it is longer than 512 MiB, or another bound against hostile files is reached.
    :standard: ISO 32000-1 12.8; ISO 32000-2 12.8
    """
    member(trust, SealTrust, "trust")
    member(lenient, bool, "lenient")
    as_text(name, "name")
    document = PDFDocument(data)
    task = _Verification(document, trust, lenient=lenient, today=time_of_verification(now, trust.signers))
    return DocumentReport(
        "pdf", name, sm3.digest(document.data), task.signatures(), task.checks(), frozenset(trust.accept)
    )


class _Verification:
    """The verification of one file."""

    def __init__(self, document: PDFDocument, trust: SealTrust, *, lenient: bool, today: datetime) -> None:
        self.document = document
        self.lenient = lenient
        self.today = today
        self.newest = newest_revision(document)
        self.known = embedded_data(self.newest)
        self.trust = knowing_certificates(trust, self.known)
        self.ends = revision_ends(self.newest)
        self.located = locate(self.newest)
        self.places = places_of(self.newest, pages_of(self.newest)) if self.located else {}
        self.stamps = {index: self._stamp(one) for index, one in enumerate(self.located) if one.is_timestamp}

    def signatures(self) -> tuple[SignatureReport, ...]:
        """Return a report for each signature."""
        return tuple(self._report(index, one) for index, one in enumerate(self.located))

    # ---- one signature ------------------------------------------------------------------------
    def _report(self, index: int, one: LocatedSignature) -> SignatureReport:
        kind = "seal" if one.is_seal else "signature"
        name, placements = one.field.name, self.places.get(one.field.name, ())
        around, sentence = self._around(one)
        if one.problem is not None or one.byte_range is None:
            structure = (
                passed(SealCheck.STRUCTURE, one.value.sub_filter)
                if one.problem is None
                else failed(SealCheck.STRUCTURE, one.problem)
            )
            others = [left(check, "what it is over cannot be told") for check in _LATER]
            checks = in_order([structure, *around, *others])
            return SignatureReport(index, name, checks, kind, placements=placements, coverage=sentence)
        variants: list[str] = []
        try:
            inner = self._judged(index, one, one.byte_range, variants)
        except GmpkiError as error:
            inner = SignatureReport(index, name, (failed(SealCheck.STRUCTURE, error),), kind)
        inner = self._with_later_stamp(inner, one, one.byte_range)
        return replace(
            inner,
            index=index,
            name=name,
            checks=in_order([*inner.checks, *around]),
            placements=placements,
            coverage=sentence,
            variants=(*inner.variants, *variants),
        )

    def _judged(self, index: int, one: LocatedSignature, place: ByteRange, variants: list[str]) -> SignatureReport:
        """Verify what stands in Contents, with the help of the validation data in the file.

        :raises GmpkiError: when it is not what it should be.
        """
        kind = self._kind(one, variants)
        found = self._inner(index, one, place, kind, self.trust)
        return asked_file_too(found, self.trust, self.known, lambda trust: self._inner(index, one, place, kind, trust))

    def _inner(
        self, index: int, one: LocatedSignature, place: ByteRange, kind: ContentsKind, trust: SealTrust
    ) -> SignatureReport:
        """Verify what stands in Contents, which is of a kind.

        :raises GmpkiError: when it is not.
        """
        data, name = self.document.data, one.field.name
        if kind is ContentsKind.TIMESTAMP:
            return self._stamp_report(index, one)
        if kind is ContentsKind.SEAL_SIGNATURE:
            signature = SealSignature.from_der(one.contents, lenient=self.lenient)
            digest = place.digest(data, signature.digest_name)
            return check_seal_signature(
                signature, digest, trust, now=self.today, lenient=self.lenient, index=index, name=name
            )
        message = SignedMessage.from_der(one.contents, lenient=self.lenient)
        detached = kind is ContentsKind.DETACHED_CMS
        if message.is_detached is not detached:
            inside = "has nothing inside" if message.is_detached else "has its content inside"
            raise SealError("content", f"the message of a signature {one.value.sub_filter} {inside}")
        infos = message.signers[:1]
        hash_name = digest_name(infos[0].digest_algorithm, lenient=self.lenient)[0] if infos else "sm3"
        # Without signed attributes the content itself goes into the digest that is signed.
        bare = detached and any(info.signed_attributes is None for info in infos)
        return check_digital_signature(
            one.contents,
            place.digest(data, hash_name if detached else "sm3"),
            trust,
            content=place.joined(data) if bare else None,
            claimed_time=date_of(one.value.dictionary.get("M")),
            now=self.today,
            lenient=self.lenient,
            index=index,
            name=name,
        )

    def _kind(self, one: LocatedSignature, variants: list[str]) -> ContentsKind:
        """Return what Contents is: by the table, or, read leniently, by itself."""
        kind = one.kind
        found = _recognised(one.contents)
        if self.lenient and found is not None and found is not kind and kind is not ContentsKind.TIMESTAMP:
            variants.append(f"under the SubFilter {one.value.sub_filter} stands {found.value}")
            return found
        if kind is ContentsKind.UNKNOWN:
            raise UnsupportedAlgorithm(f"what stands under the SubFilter {one.value.sub_filter} is not known")
        return kind

    # ---- time-stamps over the document --------------------------------------------------------
    def _stamp(self, one: LocatedSignature) -> tuple[StampedTime | None, Check]:
        verifier, place = self.trust.timestamps, one.byte_range
        if verifier is None or place is None or one.problem is not None:
            return None, left(SealCheck.TIME_STAMP, "there is nobody to verify it")
        return check_stamp(lambda: verifier.verify(one.contents, place.joined(self.document.data)))

    def _stamp_report(self, index: int, one: LocatedSignature) -> SignatureReport:
        stamp, check = self.stamps[index]
        checks = [passed(SealCheck.STRUCTURE, _STAMP_LAYOUT), check]
        return SignatureReport(
            index,
            one.field.name,
            tuple(checks),
            "signature",
            _STAMP_LAYOUT,
            signer_certificate=None if stamp is None else stamp.certificate,
            signed_at=stamp.latest if stamp is not None and stamp.is_trusted else None,
            timestamps=() if stamp is None else (stamp,),
        )

    def _with_later_stamp(self, report: SignatureReport, one: LocatedSignature, place: ByteRange) -> SignatureReport:
        """Say of a signature without a time-stamp of its own that one over the document covers it."""
        own = next((check for check in report.checks if check.name is SealCheck.TIME_STAMP), None)
        if one.is_timestamp or own is None or own.status is not CheckStatus.NOT_CHECKED or report.timestamps:
            return report
        for index, (stamp, check) in self.stamps.items():
            over = self.located[index].byte_range
            covers = over is not None and place.end <= over.gap_start
            if stamp is not None and stamp.is_trusted and covers and check.status is CheckStatus.PASSED:
                return with_stamp(report, stamp, f"{check.detail}, over the document: {self.located[index].field.name}")
        return report

    # ---- what is around it --------------------------------------------------------------------
    def _around(self, one: LocatedSignature) -> tuple[list[Check], str]:
        """Judge what the signature covers, and what came after it."""
        revision = one.revision
        if one.byte_range is None or revision is None:
            error = one.range_problem or SealError("byte-range", "what the signature covers cannot be told")
            return [failed(SealCheck.COVERAGE, error), left(SealCheck.CHANGES, "what was signed cannot be told")], ""
        count = len(self.ends)
        which = sum(end <= one.byte_range.end for end in self.ends)
        whole = one.byte_range.covers_all(self.document.data)
        sentence = "the whole file" if whole else f"revision {which} of {count}"
        checks = [passed(SealCheck.COVERAGE, f"{sentence}, but for Contents")]
        found: list[Additions] = []

        def changes() -> str:
            permissions = read_permissions(revision, one.field)
            found.append(Additions() if whole else compare(revision, self.newest, permissions))
            return "nothing came after" if whole else str(found[0])

        checks.append(attempted(SealCheck.CHANGES, changes))
        return checks, sentence

    # ---- the document -------------------------------------------------------------------------
    def checks(self) -> tuple[Check, ...]:
        """Return the checks about the document as a whole: that no signature was taken out of it."""
        if not self.located and len(self.ends) < 2:
            return ()
        return (attempted(SealCheck.CHANGES, self._nothing_removed),)

    def _nothing_removed(self) -> str:
        """Look for signatures of earlier revisions.

        :raises SealError: "removed" when one is no longer there, or the one that certifies the document is none of its
            fields.
        """
        kept = {(one.value.number, one.value.start) for one in self.located}
        for index, end in enumerate(self.ends[:-1], 1):
            for field in read_fields(Revision(self.document, end)):
                if field.value is not None and (field.value.number, field.value.start) not in kept:
                    raise SealError(
                        "removed", f"the signature {field.name!r} of revision {index} was taken out of the file"
                    )
        permissions = self.newest.resolve(self.newest.root.get("Perms"))
        certifying = permissions.get("DocMDP") if isinstance(permissions, dict) else None
        if certifying is not None:
            value = self.newest.resolve(certifying)
            if not any(one.value.dictionary is value for one in self.located):
                raise SealError("removed", "the signature that certifies the document is in none of its fields")
        return f"the signatures of all {len(self.ends)} revisions are there"


def _recognised(contents: bytes) -> ContentsKind | None:
    """Return what some DER is by its beginning: a message, a seal signature, or None for neither."""
    try:
        if der.Reader(contents).sequence().next_is(der.Tag.SEQUENCE):
            return ContentsKind.SEAL_SIGNATURE
    except GmpkiError:
        pass  # a message may be BER
    try:
        message = SignedMessage.from_der(contents, lenient=True)
    except GmpkiError:
        return None
    return ContentsKind.DETACHED_CMS if message.is_detached else ContentsKind.CMS_OF_DIGEST
