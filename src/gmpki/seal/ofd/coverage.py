"""What one signature of an OFD package protects, and what of the package lies outside.

A signature names files. Whatever else the package holds was left out when it was made, or came later. Later signatures
bring files of their own; they are the only ones that may be there, and only where no reader shows them as a part of
the document.

:standard: GB/T 33190-2016 chapter 18; the two modes of protection (all files; all but the list of signatures) as makers
    use them
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.package import ENTRY_NAME, resolve, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gmpki.seal.ofd.package import OFDPackage
    from gmpki.seal.ofd.signatures import SignatureFile
    from gmpki.seal.ofd.xml import Element

__all__ = ["INTEGRITY_LIST", "INTEGRITY_SIGNATURE", "Coverage", "CoverageJudge", "named"]

INTEGRITY_LIST: Final = "OFDEntries.xml"
INTEGRITY_SIGNATURE: Final = "signedvalue.dat"
"""The two files of GM/T 0099 about the package as a whole, which come after every signature."""

_SHOWN_FILES: Final = 8
_HEAD_LEN: Final = 64
_BEFORE_XML: Final = b"\xef\xbb\xbf \t\r\n"
_LITERAL_PARTS: Final = 64  # so many names are looked for in the bytes; parsing is quicker than looking for more


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one signature protects. Immutable.

    :ivar protected: the names of the files that it protects, its own among them.
    :ivar exposed: files outside that a reader shows as a part of the document.
    :ivar strange: files outside that no signature accounts for.
    :ivar later: files outside that belong to other signatures.
    :ivar closed: whether it protects the list of signatures, so that none can follow.
    """

    protected: frozenset[str]
    exposed: tuple[str, ...]
    strange: tuple[str, ...]
    later: tuple[str, ...]
    closed: bool
    total: int

    def __str__(self) -> str:
        """Return one sentence for a person."""
        sentence = f"{len(self.protected)} of {self.total} files"
        if self.closed:
            return f"{sentence}, the list of signatures among them: no further signature is possible"
        return f"{sentence}; further signatures may be added"


def named(paths: Iterable[str]) -> str:
    """Return names of files for a message, the first of them."""
    every = [shown(path) for path in paths]
    rest = len(every) - _SHOWN_FILES
    return ", ".join(every[:_SHOWN_FILES]) + (f" and {rest} more" if rest > 0 else "")


class CoverageJudge:
    """Tells of each signature of a package what it protects. A context: made for one verification."""

    def __init__(self, package: OFDPackage, lists: Iterable[str], signatures: Sequence[SignatureFile]) -> None:
        """Look through the package once for all signatures.

        :param lists: the names of the lists of signatures.
        :param signatures: those that could be read.
        :raises DecodeError: when a file of the document is damaged or no XML though its name says so.
        """
        self._names = frozenset(package.names)
        self._lists = frozenset(lists)
        # Signatures account for their own files and for those that they protect.
        self._accounted = {INTEGRITY_LIST, INTEGRITY_SIGNATURE}
        for signature in signatures:
            self._accounted |= _files_of(signature) | {reference.path for reference in signature.references}
        outside: set[str] = set()
        for signature in signatures:
            outside |= self._names - self._protected(signature)
        # Lists of signatures and descriptions of signatures name files that no reader shows.
        silent = self._lists | {signature.path for signature in signatures}
        self._named_by = _named_by(package, self._names - silent, frozenset(outside))
        # That OFD.xml names the lists is what makes them lists; what names them beside it shows them.
        for path in self._lists & self._named_by.keys():
            self._named_by[path].discard(ENTRY_NAME)

    def _protected(self, signature: SignatureFile) -> frozenset[str]:
        return self._names & (_files_of(signature) | {reference.path for reference in signature.references})

    def coverage(self, signature: SignatureFile, own_list: str) -> Coverage:
        """Return what a signature protects.

        :param own_list: the name of the list in which it stands.
        """
        protected = self._protected(signature)
        outside = self._names - protected
        exposed = {name for name in outside if name == ENTRY_NAME or self._named_by.get(name, _NOBODY) & protected}
        hidden = outside - exposed - self._lists
        return Coverage(
            protected,
            tuple(sorted(exposed)),
            tuple(sorted(hidden - self._accounted)),
            tuple(sorted(hidden & self._accounted)),
            own_list in protected,
            len(self._names),
        )


_NOBODY: Final[frozenset[str]] = frozenset()


def _files_of(signature: SignatureFile) -> set[str]:
    """Return the files of which a signature consists."""
    return {signature.path, signature.signed_value, *([signature.seal] if signature.seal else [])}


def _named_by(package: OFDPackage, bases: Iterable[str], wanted: frozenset[str]) -> dict[str, set[str]]:
    """Return which files of XML name each of some files.

    Whatever in them reads like the location of a file counts, in an element or an attribute of whatever name: readers
    know extensions of which nothing is known here. So does what some of them take for a location: in letters of the
    other case, with backslashes, or with characters in percent.
    """
    found: dict[str, set[str]] = {}
    names: dict[str, list[str]] = {}
    for name in wanted:
        names.setdefault(_folded(name), []).append(name)
    last_parts = {name.rpartition("/")[2] for name in names}
    if not last_parts:
        return found
    is_plain = len(last_parts) <= _LITERAL_PARTS and all(map(str.isascii, last_parts))
    literal = [part.encode() for part in last_parts] if is_plain else None
    for base in bases:
        is_named_xml = base.lower().endswith(".xml")
        if not is_named_xml and not package.beginning(base, _HEAD_LEN).lstrip(_BEFORE_XML).startswith(b"<"):
            continue
        try:
            data = package.read(base)
            # What stands there literally is found without parsing; only references to characters hide a name from that.
            lower = data.lower()
            if literal and b"&" not in data and b"%" not in data and not any(part in lower for part in literal):
                continue
            root = package.xml(base)
        except DecodeError:
            if is_named_xml:
                raise
            continue  # no part of the document; a page of the web that is attached, for instance
        starts = [base, "", *_resource_folder(root, base)]
        for element in root.iter():
            for value in (element.text, *element.attrib.values()):
                if value and (location := _folded(value)).rpartition("/")[2] in last_parts:
                    for name in _resolved(location, map(_folded, starts)) & names.keys():
                        for one in names[name]:
                            found.setdefault(one, set()).add(base)
    return found


def _folded(location: str) -> str:
    """Return what a location is to readers that bend names more than any other."""
    plain = unquote(location).replace("\\", "/").strip()
    return re.sub("/{2,}", "/", unicodedata.normalize("NFKC", plain).casefold())


def _resource_folder(root: Element, base: str) -> list[str]:
    """Return the base to which the locations in a list of resources are relative."""
    folder = xml.attribute(root, "BaseLoc")
    return [f"{name}/{ENTRY_NAME}" for name in _resolved(folder, [base])] if folder else []


def _resolved(location: str, bases: Iterable[str]) -> set[str]:
    """Return what a location may mean; of what is none, nothing."""
    found: set[str] = set()
    for base in bases:
        with contextlib.suppress(DecodeError, LimitExceeded):
            found.add(resolve(location, base))
    return found
