"""What changed in a PDF file after it was signed, found by comparing the objects of two revisions.

Every object that differs has to be accounted for by one of the few things that may come after a signature: further
signatures, time-stamps over the document, validation data (DSS), and a note of when and by which program the file was
written. Whatever is left over is a change, and is named. So what nobody thought of is refused.

The rules of pyHanko's ``diff_analysis`` were considered and not taken: they also let forms be filled in, annotations
and metadata change and structure trees grow, which after a seal nobody wants; they take objects of later revisions as
what earlier references meant; and they cost more than the signatures themselves.

:standard: ISO 32000-1 7.5.6, 12.8.2 and annex H.7; ISO 32000-2 12.8.4.3 (DSS)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import SealError
from gmpki.seal.pdf.form_changes import compare_form, compare_pages
from gmpki.seal.pdf.pages import pages_of
from gmpki.seal.pdf.revisions import check_update
from gmpki.seal.pdf.syntax import Name, Reference, Stream, references, same, shown

if TYPE_CHECKING:
    from gmpki.seal.pdf.fields import SignatureValue
    from gmpki.seal.pdf.permissions import Permissions
    from gmpki.seal.pdf.revision import Revision

__all__ = ["Additions", "Comparison", "compare"]

_MAX_SHOWN: Final = 5
_TRAILER_KEYS: Final = frozenset(
    ("Size", "Prev", "Root", "Info", "ID", "Type", "W", "Index", "Length", "Filter", "DecodeParms")
)
_ROOT_KEYS: Final = frozenset(("AcroForm", "DSS", "Extensions", "Version"))
_INFO_KEYS: Final = frozenset(("ModDate", "Producer"))
_DSS_KEYS: Final = frozenset(("Type", "VRI", "Certs", "CRLs", "OCSPs"))
_VRI_KEYS: Final = frozenset(("Type", "Cert", "CRL", "OCSP", "TU", "TS"))
_STREAM_LISTS: Final = frozenset(("Certs", "CRLs", "OCSPs", "Cert", "CRL", "OCSP"))


@dataclass(frozen=True, slots=True)
class Additions:
    """What came after a signature and may. Immutable.

    :ivar signatures: the names of the fields that were signed.
    :ivar timestamps: those of the fields that hold time-stamps over the document.
    :ivar validation_data: whether certificates, revocation lists or OCSP answers were added.
    """

    signatures: tuple[str, ...] = ()
    timestamps: tuple[str, ...] = ()
    validation_data: bool = False

    def __str__(self) -> str:
        """Return one sentence."""
        parts = [
            _counted(len(self.signatures), "further signature", ""),
            _counted(len(self.timestamps), "time-stamp", " over the document"),
            "validation data" if self.validation_data else "",
        ]
        found = ", ".join(filter(None, parts))
        return f"nothing but {found} came after" if found else "nothing was added that can be seen"


def _counted(number: int, what: str, where: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}{where}" if number else ""


def compare(signed: Revision, newest: Revision, permissions: Permissions) -> Additions:
    """Compare what was signed with the file as it is.

    :raises SealError: "changed" when anything changed that may not; "not-allowed" when something came that usually may,
        and that the signature itself forbids. The message names objects and pages.
    :raises DecodeError: when an object is malformed.
    :raises LimitExceeded: when a bound against hostile files is reached.
    """
    check_update(signed, newest)
    task = Comparison(signed, newest, permissions)
    task.run()
    return task.additions()


class Comparison:
    """The comparison of two revisions of one file. A context.

    :ivar changed: the numbers of objects that there were, and that are others now.
    :ivar added: the numbers of objects that there were not.
    :ivar explained: those of ``changed`` whose change may be.
    :ivar signatures: the signatures that were added, by the names of their fields.
    """

    def __init__(self, signed: Revision, newest: Revision, permissions: Permissions) -> None:
        """Find the objects that differ."""
        self.signed = signed
        self.newest = newest
        self.permissions = permissions
        self.changed: set[int] = set()
        self.added: set[int] = set()
        self.explained: set[int] = set()
        self.signatures: dict[str, SignatureValue] = {}
        self._refused: dict[str, str] = {}
        self._has_data = False
        for section in newest.sections[: len(newest.sections) - len(signed.sections)]:
            for number in section.entries:
                before, after = signed.entry(number), newest.entry(number)
                if before is None and after is not None:
                    self.added.add(number)
                elif before != after:
                    self.changed.add(number)

    def refuse(self, what: str, reason: str = "changed") -> None:
        """Note a change that may not be."""
        self._refused.setdefault(what, reason)

    def run(self) -> None:
        """Compare everything.

        :raises SealError: as :func:`compare`.
        """
        self._compare_trailers()
        self._compare_roots()
        compare_form(self)
        compare_pages(self)
        self._compare_validation_data()
        dangling = self.signed.missing() & self.added
        for number in sorted(dangling)[: _MAX_SHOWN + 1]:
            self.refuse(f"object {number} was added, to which what was signed refers")
        left = sorted(self.changed - self.explained)
        names = self._named(set(left[: _MAX_SHOWN + 1])) if left else {}
        for number in left[: _MAX_SHOWN + 1]:
            verb = "was removed" if self.newest.entry(number) is None else "changed"
            self.refuse(f"object {number}{names.get(number, '')} {verb}")
        if self._refused:
            shown_ones = list(self._refused)[:_MAX_SHOWN]
            more = ", and more" if len(self._refused) > _MAX_SHOWN else ""
            reason = "changed" if "changed" in self._refused.values() else "not-allowed"
            raise SealError(reason, "; ".join(shown_ones) + more)

    def additions(self) -> Additions:
        """Return what came after and may."""
        stamps = tuple(name for name, value in self.signatures.items() if value.is_timestamp)
        others = tuple(name for name, value in self.signatures.items() if not value.is_timestamp)
        return Additions(others, stamps, self._has_data)

    # ---- what the parts have in common ------------------------------------------------------
    def check_keys(self, old: dict[str, Any], new: dict[str, Any], allowed: frozenset[str], what: str) -> None:
        """Check that two dictionaries differ in nothing but some entries."""
        for key in sorted(old.keys() | new.keys()):
            if key not in allowed and not same(old.get(key), new.get(key)):
                self.refuse(f"{shown(key)} of {what} changed")

    def check_known(self, dictionary: dict[str, Any], allowed: frozenset[str], what: str) -> None:
        """Check that a dictionary that was added has nothing but some entries."""
        for key in sorted(dictionary.keys() - allowed):
            self.refuse(f"{what} was added with {shown(key)}")

    def check_appended(self, old: Any, new: Any, what: str) -> list[Any]:
        """Check that an array has at most grown, and return what was appended."""
        before, after = self.signed.array(old, what), self.newest.array(new, what)
        self.explain_shared(old, new, what)
        if not same(before, after[: len(before)]):
            self.refuse(f"{what} changed")
            return []
        return after[len(before) :]

    def explain_shared(self, old: Any, new: Any, what: str) -> None:
        """Take the change of an object that both revisions have in one place for explained."""
        if not isinstance(old, Reference) or old.number not in self.changed:
            return
        if not same(old, new):
            self.refuse(f"{what} stands elsewhere, and what it was changed")
        elif self.signed.referrers(old.number) > 1:
            # It may be something else in another place, for which the rules of this one say nothing.
            self.refuse(f"{what} (object {old.number}) stands in several places")
        else:
            self.explained.add(old.number)

    # ---- trailer and catalog ----------------------------------------------------------------
    def _compare_trailers(self) -> None:
        if not same(self.signed.inherited("Root"), self.newest.inherited("Root")):
            self.refuse("another catalog was put in its place")
        for section in self.newest.sections[: len(self.newest.sections) - len(self.signed.sections)]:
            unknown = {
                key: value
                for key, value in section.trailer.items()
                if key not in _TRAILER_KEYS and not same(value, self.signed.inherited(key))
            }
            self.check_known(unknown, frozenset(), "a trailer")
        before, after = self.signed.inherited("ID"), self.newest.inherited("ID")
        if isinstance(before, list) and before and not (isinstance(after, list) and same(before[:1], after[:1])):
            self.refuse("the identifier of the file changed")
        old, new = self.signed.inherited("Info"), self.newest.inherited("Info")
        earlier = self.signed.resolve(old)
        later = self.newest.resolve(new)
        if not isinstance(later, dict) or not isinstance(earlier, (dict, type(None))):
            if not same(earlier, later):
                self.refuse("the information about the document changed")
            return
        self.check_keys(earlier or {}, later, _INFO_KEYS, "the information about the document")
        for key in _INFO_KEYS & later.keys():
            if not isinstance(self.newest.resolve(later[key]), bytes):
                self.refuse(f"{key} of the information about the document is no text")
        self.explain_shared(old, new, "the information about the document")

    def _compare_roots(self) -> None:
        old, new = self.signed.root, self.newest.root
        self.check_keys(old, new, _ROOT_KEYS, "the catalog")
        place = self.signed.inherited("Root")
        if isinstance(place, Reference):
            self.explain_shared(place, self.newest.inherited("Root"), "the catalog")
        if not isinstance(new.get("Version"), (Name, type(None))):
            self.refuse("Version of the catalog is no name")
        before, after = self.signed.resolve(old.get("Extensions")), self.newest.resolve(new.get("Extensions"))
        if same(before, after):
            return
        if not isinstance(after, dict) or not isinstance(before, (dict, type(None))):
            self.refuse("Extensions of the catalog changed")
            return
        self.check_keys(before or {}, after, frozenset(after.keys() - (before or {}).keys()), "Extensions")
        self.explain_shared(old.get("Extensions"), new.get("Extensions"), "Extensions")

    # ---- validation data --------------------------------------------------------------------
    def _compare_validation_data(self) -> None:
        """Look at the DSS: whatever it holds, it may hold nothing but streams, in the places for them."""
        old, new = self.signed.root.get("DSS"), self.newest.root.get("DSS")
        after = self.newest.resolve(new)
        before = self.signed.resolve(old)
        if after is None:
            if before is not None:
                self.refuse("validation data was removed")
            return
        if not isinstance(after, dict) or not isinstance(before, (dict, type(None))):
            self.refuse("DSS of the catalog is no dictionary")
            return
        if not self._touches(new, after):
            return
        self._has_data = True
        before = before or {}
        self.explain_shared(old, new, "the validation data")
        self.check_known(after, _DSS_KEYS, "the validation data")
        self._check_streams(before, after, "the validation data")
        records = self.newest.resolve(after.get("VRI"))
        earlier = self.signed.resolve(before.get("VRI"))
        if records is None:
            return
        if not isinstance(records, dict):
            self.refuse("VRI of the validation data is no dictionary")
            return
        self.explain_shared(before.get("VRI"), after.get("VRI"), "VRI of the validation data")
        for key, item in records.items():
            if key == "Type" and isinstance(item, Name):
                continue
            record = self.newest.resolve(item)
            if not isinstance(record, dict):
                self.refuse("an entry of VRI is no dictionary")
                continue
            was = earlier.get(key) if isinstance(earlier, dict) else None
            first = self.signed.resolve(was)
            self.explain_shared(was, item, "an entry of VRI")
            self.check_known(record, _VRI_KEYS, "an entry of VRI")
            self._check_streams(first if isinstance(first, dict) else {}, record, "an entry of VRI")

    def _touches(self, reference: Any, value: dict[str, Any]) -> bool:
        """Tell whether anything that validation data consists of differs."""
        differs = self.changed | self.added
        numbers = references(reference) | references(value)
        for number in references(value):
            numbers |= references(self.newest.value(number))
        return bool(numbers & differs) or not same(value, self.signed.resolve(self.signed.root.get("DSS")))

    def _check_streams(self, old: dict[str, Any], new: dict[str, Any], what: str) -> None:
        """Check that lists of certificates, lists and answers hold nothing but streams."""
        for key in sorted(_STREAM_LISTS & new.keys()):
            self.explain_shared(old.get(key), new[key], f"{key} of {what}")
            items = self.newest.array(new[key], f"{key} of {what}")
            if not all(isinstance(item, Reference) and isinstance(self.newest.resolve(item), Stream) for item in items):
                self.refuse(f"{key} of {what} holds something else than streams")

    # ---- names for people -------------------------------------------------------------------
    def _named(self, numbers: set[int]) -> dict[int, str]:
        """Return what objects are to the pages of what was signed."""
        found: dict[int, str] = {}
        for page in pages_of(self.signed):
            parts = {page.object_number: ""}
            for key, text in (("Contents", "contents"), ("Annots", "annotations"), ("Resources", "resources")):
                value = page.dictionary.get(key)
                inside = references(value) | references(self.signed.resolve(value) if key != "Contents" else None)
                parts.update((number, f"{text} of ") for number in inside & numbers if number != page.object_number)
            for number in parts.keys() & numbers:
                found.setdefault(number, f" ({parts[number]}page {page.number})")
        return found
