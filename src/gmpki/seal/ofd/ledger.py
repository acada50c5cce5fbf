"""What changes in an OFD package when it gets a signature: its list of signatures, and with the first one OFD.xml.

Both are refused to change where an earlier signature protects them.

:standard: GB/T 33190-2016 chapter 18
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.errors import InvalidInputError, SealError
from gmpki.seal._extras import extra
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.coverage import INTEGRITY_LIST
from gmpki.seal.ofd.markup import document, element
from gmpki.seal.ofd.package import ENTRY_NAME, OFDPackage, shown
from gmpki.seal.ofd.signatures import MAX_SIGNATURES, SignatureFile, SignatureList, signature_lists

if TYPE_CHECKING:
    from gmpki.seal.ofd.model import OFDDocument

__all__ = ["Ledger", "Names"]

_NUMBER: Final = re.compile("[0-9]{1,9}$")
_MAX_NUMBER: Final = 10**9 - 1


@dataclass(frozen=True, slots=True)
class Names:
    """What the parts of a new signature are called: files without a slash at the beginning, and identifiers. Immutable.

    :ivar list: the list of signatures in which it will stand.
    """

    list: str
    folder: str
    identifier: str
    stamps: tuple[str, ...]

    @property
    def description(self) -> str:
        """The file that says what is protected; its digest is signed."""
        return f"{self.folder}/Signature.xml"

    @property
    def value(self) -> str:
        """The file with the signature itself."""
        return f"{self.folder}/SignedValue.dat"

    @property
    def seal(self) -> str:
        """The file with a copy of the seal."""
        return f"{self.folder}/Seal.esl"


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a package says of its signatures, and what it allows. Immutable.

    :ivar own: the list of the document that is signed; None when it has none yet.
    :ivar lists: the names of the lists of all documents of the package.
    :ivar last_number: the greatest number in an identifier of a signature or stamp of the document.
    """

    package: OFDPackage
    document: OFDDocument
    own: SignatureList | None
    lists: frozenset[str]
    last_number: int

    @classmethod
    def of(cls, package: OFDPackage, chosen: OFDDocument) -> Ledger:
        """Read them; errors as :func:`~gmpki.seal.ofd.signing.sign_ofd`."""
        if INTEGRITY_LIST in package:
            raise SealError("protected", f"{shown(INTEGRITY_LIST)} says which files the package has, and is signed")
        every = signature_lists(package)
        own = next((found for found in every if found.document == chosen.index), None)
        # The list changes with each signature; OFD.xml does when the document gets its first.
        changing = ENTRY_NAME if own is None else own.path
        last_number = 0
        for entry in (entry for found in every for entry in found.entries):
            described = SignatureFile.parse(package, entry.path)
            if any(reference.path == changing for reference in described.references):
                raise SealError(
                    "protected",
                    f"{shown(entry.path)} protects {shown(changing)}, so that no further signature can follow",
                )
            identifiers = [entry.id, *(stamp.id for stamp in described.stamps)]
            last_number = max(last_number, *map(_number_in, identifiers))
        if own is not None:
            last_number = max(last_number, _number_in(own.max_sign_id))
            if len(own.entries) >= MAX_SIGNATURES:
                raise SealError("protected", f"the document has {len(own.entries)} signatures; no more are read")
        return cls(package, chosen, own, frozenset(found.path for found in every), last_number)

    def names(self, stamp_count: int) -> Names:
        """Return what the parts of a further signature are called, in a folder that is not there yet."""
        folder = self.document.path.rpartition("/")[0]
        listed = f"{folder}/Signs/Signatures.xml".removeprefix("/") if self.own is None else self.own.path
        signs = listed.rpartition("/")[0]
        stem = f"{signs}/Sign_".removeprefix("/")
        # Names that differ only in case are one file on some systems.
        taken = {
            name[len(stem) :].partition("/")[0] for name in self.package.names if name.lower().startswith(stem.lower())
        }
        count = next(one for one in range(len(taken) + 1) if str(one) not in taken)
        first = self.last_number + 1
        if first + stamp_count > _MAX_NUMBER:
            raise InvalidInputError("the numbers of the signatures are used up")
        identifiers = tuple(f"s{one:03d}" for one in range(first, first + stamp_count + 1))
        return Names(listed, f"{stem}{count}", identifiers[0], identifiers[1:])

    def replaced(self, names: Names, kind: str) -> dict[str, bytes]:
        """Return the files that change: the list of signatures, and OFD.xml where it does not name one yet."""
        last = (names.identifier, *names.stamps)[-1]
        if self.own is None:
            entry = element("ofd:Signature", ID=names.identifier, Type=kind, BaseLoc=shown(names.description))
            listed = document("ofd:Signatures", element("ofd:MaxSignId", last), entry)
            return {names.list: listed, ENTRY_NAME: self._entry_naming(names.list)}
        root = self.package.xml(self.own.path)
        entry = _added(root, "Signature")
        entry.attrib.update({"ID": names.identifier, "Type": kind, "BaseLoc": shown(names.description)})
        found = xml.children(root, "MaxSignId")
        (found[-1] if found else _added(root, "MaxSignId", first=True)).text = last
        return {self.own.path: _written(root)}

    def _entry_naming(self, listed: str) -> bytes:
        """Return OFD.xml with the place of the list of signatures."""
        root = self.package.xml(ENTRY_NAME)
        body = xml.children(root, "DocBody")[self.document.index]
        # An element Signatures without text is as good as none.
        place = xml.child(body, "Signatures")
        place = _added(body, "Signatures") if place is None else place
        place.text = shown(listed)
        return _written(root)


def _added(parent: xml.Element, name: str, *, first: bool = False) -> xml.Element:
    """Return a new element in the namespace of its parent."""
    prefix = parent.tag[: parent.tag.rfind("}") + 1]
    made = extra("lxml.etree").Element(prefix + name, nsmap=parent.nsmap)
    parent.insert(0 if first else len(parent), made)
    return made


def _written(root: xml.Element) -> bytes:
    written: bytes = extra("lxml.etree").tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _number_in(identifier: str) -> int:
    """Return the number at the end of an identifier such as s001; 0 when there is none."""
    found = _NUMBER.search(identifier)
    return int(found.group()) if found else 0
