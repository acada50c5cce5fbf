"""The list of all files of a package, which shows files that were added or taken away, and its signature.

The list holds no digests: it says which files there are, and nothing about what stands in them. So it proves nothing
about a document, and stands beside the signatures that do.

:standard: GM/T 0099-2020 annex on integrity, as documented by one implementation and seen in one document of the field;
    the standard itself was not read
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki.cms.report import CheckStatus
from gmpki.errors import DecodeError, GmpkiError, SealError
from gmpki.seal._checks import failed, left, passed
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.coverage import INTEGRITY_LIST, named
from gmpki.seal.ofd.package import shown
from gmpki.seal.ofd.signatures import find_file
from gmpki.seal.report import SealCheck

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gmpki.cms.report import Check
    from gmpki.seal.ofd.package import OFDPackage
    from gmpki.seal.report import SignatureReport

__all__ = ["IntegrityList", "check_integrity", "read_integrity"]


@dataclass(frozen=True, slots=True)
class IntegrityList:
    """OFDEntries.xml. Immutable.

    :ivar files: the names of the files that it lists.
    :ivar signed_value: the name of the file with its signature.
    """

    files: tuple[str, ...]
    signed_value: str


def read_integrity(package: OFDPackage) -> IntegrityList | None:
    """Return the list of all files of a package; None when it has none.

    :raises DecodeError: when it is malformed.
    """
    if INTEGRITY_LIST not in package:
        return None
    root = package.xml(INTEGRITY_LIST)
    listed = xml.child(root, "FileList")
    if listed is None:
        raise DecodeError(f"{shown(INTEGRITY_LIST)} has no FileList")
    locations = (xml.attribute(element, "FileLoc") or xml.text_of(element) for element in xml.children(listed, "File"))
    files = tuple(find_file(package, location, INTEGRITY_LIST) for location in locations)
    return IntegrityList(files, find_file(package, xml.text_of(root, "SignedValueLoc"), INTEGRITY_LIST))


def check_integrity(
    package: OFDPackage, verify: Callable[[bytes, bytes], SignatureReport], accept: Iterable[str]
) -> Check | None:
    """Return whether the package has the files that its list says, no more and no fewer; None without a list.

    :param verify: a function that takes a signed message and a digest, and returns what was found out.
    :param accept: the names of checks that the caller does without.
    """
    try:
        found = read_integrity(package)
        if found is None:
            return None
        own = {INTEGRITY_LIST, found.signed_value}
        names, files = set(package.names) - own, set(found.files) - own
        if names != files:
            raise SealError("smuggled-file", _difference(names - files, files - names))
        report = verify(package.read(found.signed_value), package.digest(INTEGRITY_LIST))
    except GmpkiError as error:
        return failed(SealCheck.CHANGES, error)
    for check in report.checks:
        if check.error is not None:
            return failed(SealCheck.CHANGES, check.error)
    # When the list was made is not asked: it tells of the package as it is now.
    accepted = {SealCheck.TIME, *accept}
    undone = [
        check.name.value
        for check in report.checks
        if check.status is CheckStatus.NOT_CHECKED and check.name not in accepted
    ]
    if undone:
        detail = f"the list of all files is signed, but not everything was checked: {', '.join(undone)}"
        return left(SealCheck.CHANGES, detail)
    return passed(SealCheck.CHANGES, "the signed list of all files names every file")


def _difference(added: set[str], missing: set[str]) -> str:
    parts = []
    if added:
        parts.append(f"not in the list of all files: {named(sorted(added))}")
    if missing:
        parts.append(f"in the list of all files, and missing: {named(sorted(missing))}")
    return "; ".join(parts)
