"""Verifying the seals and signatures of OFD documents.

A signature protects files by their digests, which stand in its description, Signature.xml; what is signed is the digest
of that description. So three questions are asked of the package (are the files the ones that were signed, is anything
that a reader shows left out, did anything come afterwards that is no further signature), and all others of the seal
signature or the signed message in SignedValue.dat.

:standard: GB/T 33190-2016 chapter 18; GB/T 38540-2020; GM/T 0099-2020 7.2.2 (as documented by implementations)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, member
from gmpki.algorithms import sm3
from gmpki.cms.digests import hash_of
from gmpki.cms.report import CheckStatus
from gmpki.errors import DecodeError, GmpkiError, LimitExceeded, SealError
from gmpki.seal._checks import failed, in_order, left, passed
from gmpki.seal.digital_check import check_digital_signature
from gmpki.seal.ofd.coverage import Coverage, CoverageJudge, named
from gmpki.seal.ofd.integrity import check_integrity
from gmpki.seal.ofd.model import OFDDocument, read_documents
from gmpki.seal.ofd.package import DEFAULT_LIMITS, OFDPackage, PackageLimits, shown
from gmpki.seal.ofd.placements import placements_of
from gmpki.seal.ofd.references import ReferenceResult, check_references, hash_name_of
from gmpki.seal.ofd.signatures import SignatureEntry, SignatureFile, SignatureList, signature_lists
from gmpki.seal.report import DocumentReport, SealCheck, SignatureReport
from gmpki.seal.signature import SealSignature
from gmpki.seal.trust import SealTrust
from gmpki.seal.verification import check_seal_signature

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.cms.report import Check

__all__ = ["OFDSignatureReport", "verify_ofd"]

MAX_TOTAL_REFERENCES: Final = 300_000  # a hundred signatures of a document of a thousand pages
_TAG_SEQUENCE: Final = 0x30
# What is asked of the package, not of the signature in it.
_PROBLEMS: Final = ("changed", "missing", "damaged")
_UNKNOWN: Final = "the package could not be looked through"
_DIGITS: Final = re.compile("[0-9]{1,18}$")
_OF_PACKAGE: Final = (SealCheck.REFERENCES, SealCheck.COVERAGE, SealCheck.CHANGES)


@dataclass(frozen=True, slots=True)
class OFDSignatureReport(SignatureReport):
    """What was found out about one signature of an OFD document. Immutable.

    :ivar references: what became of every protected file.
    """

    references: tuple[ReferenceResult, ...] = ()


def verify_ofd(
    data: Buffer,
    trust: SealTrust,
    *,
    lenient: bool = False,
    now: datetime | None = None,
    name: str = "",
    limits: PackageLimits = DEFAULT_LIMITS,
) -> DocumentReport:
    """Verify every seal and signature of an OFD document.

    :param trust: whom to trust, and what to do without.
    :param lenient: accept what documents in the field show, and name each departure.
    :param now: the time of verification; None for that of the system.
    :param name: of the document, for people.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises DecodeError: when it is no OFD package, one that two readers could take differently, or its list of
        signatures is malformed.
    :raises LimitExceeded: when it holds more than the limits allow.
    """
    content = as_bytes(data, "data")
    member(trust, SealTrust, "trust")
    package = OFDPackage.from_bytes(content, limits=limits)
    task = _Verification(package, trust, lenient=lenient, now=now)
    return DocumentReport(
        "ofd",
        as_text(name, "name"),
        sm3.digest(content),
        task.signatures(),
        task.document_checks(),
        frozenset(trust.accept),
    )


class _Verification:
    """The verification of one package."""

    def __init__(self, package: OFDPackage, trust: SealTrust, *, lenient: bool, now: datetime | None) -> None:
        self.package = package
        self.trust = trust
        self.lenient = lenient
        self.now = now
        self.lists = signature_lists(package)
        self.files: dict[str, SignatureFile | GmpkiError] = {}
        self._describe()
        self.documents: tuple[OFDDocument, ...] = ()
        self.structure: GmpkiError | None = None
        self.judge: CoverageJudge | GmpkiError
        try:
            self.documents = read_documents(package)
        except GmpkiError as error:
            self.structure = error
        try:
            self.judge = CoverageJudge(
                package,
                [listed.path for listed in self.lists],
                [found for found in self.files.values() if isinstance(found, SignatureFile)],
            )
        except GmpkiError as error:
            self.judge = error

    def _describe(self) -> None:
        """Read the description of every signature.

        :raises LimitExceeded: when all of them together protect more files than any package needs.
        """
        count = 0
        values: set[str] = set()
        for path in (entry.path for listed in self.lists for entry in listed.entries):
            try:
                described = SignatureFile.parse(self.package, path)
            except GmpkiError as error:
                self.files[path] = error
                continue
            is_second = described.signed_value in values
            values.add(described.signed_value)
            shared = DecodeError(f"{shown(described.signed_value)} is the value of another signature as well")
            self.files[path] = shared if is_second else described
            count += len(described.references)
            if count > MAX_TOTAL_REFERENCES:
                raise LimitExceeded(f"the signatures of the package have more than {MAX_TOTAL_REFERENCES} references")

    def signatures(self) -> tuple[SignatureReport, ...]:
        """Return a report for each signature, in the order of the lists."""
        listed = [(one, entry) for one in self.lists for entry in one.entries]
        return tuple(self._signature(index, one, entry) for index, (one, entry) in enumerate(listed))

    def _signature(self, index: int, listed: SignatureList, entry: SignatureEntry) -> SignatureReport:
        name = shown(entry.path)
        kind = "seal" if entry.type == "Seal" else "signature"
        described = self.files[entry.path]
        if isinstance(described, GmpkiError):
            return _unreadable(index, name, kind, described)
        try:
            value = self.package.read(described.signed_value)
            is_seal = _is_seal_signature(value)
            inner, said = self._of_value(described, value, is_seal=is_seal)
        except GmpkiError as error:
            return _unreadable(index, name, kind, error)
        document = next((one for one in self.documents if one.index == listed.document), None)
        placements, variants = placements_of(document, described.stamps)
        if (kind == "seal") is not is_seal:
            variants.append(f"the list of signatures calls it {entry.type}, which it is not")
        results, on_files = self._references(described, variants)
        sentence, around = self._coverage(described, listed)
        if self._is_of_another(listed.document, entry.path, said.removeprefix("/")):
            problem = SealError("moved", "it was made for another document of the package than the one that lists it")
            around = [failed(SealCheck.CHANGES, problem) if one.name is SealCheck.CHANGES else one for one in around]
        checks = [*inner.checks, on_files, *around]
        if is_seal:
            checks.append(self._seal_copy(described, inner, variants))
        elif described.seal is not None:
            checks = [
                self._shown_seal(described, check) if check.name is SealCheck.COVERAGE else check for check in checks
            ]
        shared = {field.name: getattr(inner, field.name) for field in fields(SignatureReport)}
        shared |= {"index": index, "name": name, "checks": in_order(checks), "placements": placements}
        shared |= {"coverage": sentence, "variants": (*inner.variants, *variants)}
        return OFDSignatureReport(**shared, references=results)

    def _of_value(self, described: SignatureFile, value: bytes, *, is_seal: bool) -> tuple[SignatureReport, str]:
        """Ask everything about SignedValue.dat that concerns no container; return that, and what the signer says that
        it is about.
        """
        if not is_seal:
            report = check_digital_signature(
                value,
                sm3.digest(described.data),
                self.trust,
                content=described.data,
                claimed_time=described.time,
                now=self.now,
                lenient=self.lenient,
            )
            return report, ""
        signature = SealSignature.from_der(value, lenient=self.lenient)
        digest = hash_of(signature.digest_name, described.data)
        return check_seal_signature(signature, digest, self.trust, now=self.now), signature.property_info

    def _is_of_another(self, document: int, *paths: str) -> bool:
        """Tell whether a path lies with another document of the package: the lists are not protected, and what moves a
        signature from one to the other moves the seal to other pages.
        """
        folders = [(one.index == document, one.path.rpartition("/")[0] + "/") for one in self.documents]
        owners = [{own for own, folder in folders if path.startswith(folder)} for path in paths]
        return any(found == {False} for found in owners)

    def _references(self, described: SignatureFile, variants: list[str]) -> tuple[tuple[ReferenceResult, ...], Check]:
        """Judge the protected files; what departs from the standards is added to the variants."""
        try:
            hash_name, departure = hash_name_of(described, self.trust.signers.signatures.algorithms)
        except GmpkiError as error:
            return (), failed(SealCheck.REFERENCES, error)
        variants += [departure] if departure else []
        results = check_references(self.package, described, hash_name)
        bad = [result for result in results if not result.ok]
        if not bad:
            return results, passed(SealCheck.REFERENCES, f"{len(results)} files as signed")
        groups = {problem: [one.path[1:] for one in bad if one.problem == problem] for problem in _PROBLEMS}
        detail = "; ".join(f"{problem}: {named(paths)}" for problem, paths in groups.items() if paths)
        return results, failed(SealCheck.REFERENCES, SealError(bad[0].problem, detail))

    def _coverage(self, described: SignatureFile, listed: SignatureList) -> tuple[str, list[Check]]:
        """Judge what the signature leaves out, and what came after it."""
        if isinstance(self.judge, GmpkiError):
            return "", [
                failed(SealCheck.COVERAGE, self.judge),
                left(SealCheck.CHANGES, "the package could not be looked through"),
            ]
        found = self.judge.coverage(described, listed.path)
        return str(found), [_covered(found), _unchanged(found)]

    def _shown_seal(self, described: SignatureFile, coverage: Check) -> Check:
        """Judge the coverage of a signature that was not made with a seal, and names one that readers may show."""
        if coverage.status is not CheckStatus.PASSED:
            return coverage
        location = str(described.seal)
        if location not in {reference.path for reference in described.references} and location in self.package:
            message = f"called the copy of a seal, and not protected: {shown(location)}"
            return failed(SealCheck.COVERAGE, SealError("not-covered", message))
        message = f"{shown(location)} shows a seal, and the signature was not made with a seal"
        if self.lenient:
            return left(SealCheck.COVERAGE, message)
        return failed(SealCheck.COVERAGE, SealError("shown-seal", message))

    def _seal_copy(self, described: SignatureFile, inner: SignatureReport, variants: list[str]) -> Check:
        """Judge the copy of the seal beside the signature, which many makers leave out."""
        if described.seal is None:
            return passed(SealCheck.SEAL_COPY, "there is no copy beside the signature")
        if described.seal not in self.package:
            variants.append(f"the copy of the seal, {shown(described.seal)}, is missing")
            return passed(SealCheck.SEAL_COPY, "there is no copy beside the signature")
        if inner.seal is None:
            return left(SealCheck.SEAL_COPY, "the seal in the signature could not be read")
        try:
            same = self.package.read(described.seal) == inner.seal.der
        except GmpkiError as error:
            return failed(SealCheck.SEAL_COPY, error)
        if same:
            return passed(SealCheck.SEAL_COPY, "")
        problem = SealError("other-seal", f"{shown(described.seal)} is another seal than the one that was signed")
        return failed(SealCheck.SEAL_COPY, problem)

    def document_checks(self) -> tuple[Check, ...]:
        """Return the checks about the package as a whole."""
        if self.structure is not None:
            return (failed(SealCheck.STRUCTURE, self.structure),)
        checks = [passed(SealCheck.STRUCTURE, "")]
        integrity = check_integrity(
            self.package,
            lambda value, digest: check_digital_signature(
                value, digest, self.trust, now=self.now, lenient=self.lenient
            ),
            self.trust.accept,
        )
        if integrity is not None:
            checks.append(integrity)
        if any(_lost(listed, self.files) for listed in self.lists):
            detail = "the largest number of a signature is higher than any that is there: one may have been removed"
            checks.append(left(SealCheck.CHANGES, detail))
        return tuple(checks)


def _lost(listed: SignatureList, files: dict[str, SignatureFile | GmpkiError]) -> bool:
    """Tell whether numbers were given away in a list that nobody has.

    MaxSignId is the largest ID of a signature; makers count stamps with the same numbers.
    """
    identifiers = [entry.id for entry in listed.entries]
    for entry in listed.entries:
        described = files[entry.path]
        if isinstance(described, SignatureFile):
            identifiers += [stamp.id for stamp in described.stamps]
    return bool(listed.entries) and _number(listed.max_sign_id) > max(map(_number, identifiers))


def _number(identifier: str) -> int:
    digits = _DIGITS.search(identifier)
    return int(digits[0]) if digits else 0


def _covered(found: Coverage) -> Check:
    if not found.exposed:
        return passed(SealCheck.COVERAGE, str(found))
    message = f"a part of the document, and not protected: {named(found.exposed)}"
    return failed(SealCheck.COVERAGE, SealError("not-covered", message))


def _unchanged(found: Coverage) -> Check:
    if found.strange:
        message = f"belongs to no signature: {named(found.strange)}"
        return failed(SealCheck.CHANGES, SealError("addition", message))
    detail = f"later signatures brought {named(found.later)}" if found.later else ""
    return passed(SealCheck.CHANGES, detail)


def _unreadable(index: int, name: str, kind: str, error: GmpkiError) -> OFDSignatureReport:
    """Return the report of a signature of which too little could be read to ask anything else."""
    asked = (*_OF_PACKAGE, SealCheck.DIGEST, SealCheck.SIGNATURE)
    checks = [failed(SealCheck.STRUCTURE, error), *(left(check, "") for check in asked)]
    return OFDSignatureReport(index, name, tuple(checks), kind)


def _is_seal_signature(value: bytes) -> bool:
    """Tell a seal signature, whose first field is a SEQUENCE, from a signed message and a bare signature."""
    if len(value) < 2 or value[0] != _TAG_SEQUENCE:
        return False
    header_len = 2 + (value[1] & 0x7F if value[1] & 0x80 else 0)
    return value[header_len : header_len + 1] == bytes((_TAG_SEQUENCE,))
