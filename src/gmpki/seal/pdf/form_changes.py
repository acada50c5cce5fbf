"""What a later revision may do to the form and to the pages: sign fields, and show the seals of these signatures.

Nothing else passes. A field that is not signed, an annotation that is no part of a signature, an appearance that
changes with the mouse, an action: each of these has carried an attack that showed a reader other contents than those
that were signed.

:standard: ISO 32000-1 12.5.2, 12.7.2 and 12.7.4.5
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import SealError
from gmpki.seal.pdf.fields import Field, SignatureValue, form_of, read_fields, text_of
from gmpki.seal.pdf.pages import pages_of, rectangle
from gmpki.seal.pdf.syntax import Reference, Stream, same

if TYPE_CHECKING:
    from gmpki.seal.pdf.changes import Comparison

__all__ = ["compare_form", "compare_pages"]

# A form that was not there may bring defaults for its own fields; of one that was, they belong to the old ones.
_OLD_FORM: Final = frozenset(("Fields", "SigFlags", "NeedAppearances"))
_NEW_FORM: Final = _OLD_FORM | {"DR", "DA"}
_SIGNED_FIELD: Final = frozenset(("V", "AP", "F", "M", "Rect"))
_SHOWN_WIDGET: Final = frozenset(("AP", "F", "M", "Rect"))
_FIELD_KEYS: Final = frozenset(("FT", "T", "TU", "TM", "V", "Ff", "Lock", "SV", "Kids"))
_WIDGET_KEYS: Final = frozenset(
    ("Type", "Subtype", "Rect", "P", "F", "AP", "AS", "NM", "M", "MK", "BS", "Border", "DA", "DR", "Parent")
)
_STAMP_KEYS: Final = frozenset(("Type", "Subtype", "Rect", "P", "F", "AP", "NM", "M", "CreationDate"))
_VALUE_KEYS: Final = frozenset(
    (
        *("Type", "Filter", "SubFilter", "Contents", "Cert", "ByteRange", "Reference", "Changes", "Name", "M"),
        *("Location", "Reason", "ContactInfo", "R", "V", "Prop_Build", "Prop_AuthTime", "Prop_AuthType"),
    )
)


def compare_form(task: Comparison) -> None:
    """Compare the forms of two revisions, and note the fields that were signed in between."""
    old, new = form_of(task.signed), form_of(task.newest)
    allowed = _OLD_FORM if old else _NEW_FORM
    task.check_keys(old, new, allowed, "the form")
    task.explain_shared(task.signed.root.get("AcroForm"), task.newest.root.get("AcroForm"), "the form")
    flags = (old.get("SigFlags"), new.get("SigFlags"))
    if old.get("SigFlags") is not None and not all(type(flag) is int for flag in flags):
        task.refuse("SigFlags of the form changed")
    if new.get("NeedAppearances", False) is not False and not same(
        old.get("NeedAppearances"), new.get("NeedAppearances")
    ):
        # It has readers draw fields anew. To take it back shows what was there when the document was signed.
        task.refuse("NeedAppearances of the form changed")
    task.check_appended(old.get("Fields"), new.get("Fields"), "Fields of the form")
    before = {field.number: field for field in read_fields(task.signed) if field.number}
    names = {field.name for field in before.values()}
    for field in read_fields(task.newest):
        earlier = before.pop(field.number, None)
        if earlier is None:
            if field.name in names:
                task.refuse(f"a second field of the name {field.name!r} was added")
            names.add(field.name)
            _new_field(task, field)
        else:
            _old_field(task, earlier, field)
    for field in before.values():
        task.refuse(f"the field {field.name!r} was removed")


def _new_field(task: Comparison, field: Field) -> None:
    """Check a field that was added: one for a signature, and signed."""
    what = f"the field {field.name!r}"
    numbers = {field.number, *(number for number, _ in field.widgets)}
    if not field.number or not numbers <= task.added:
        task.refuse(f"{what} was made of what was there before")
        return
    if not field.is_signature or field.value is None:
        task.refuse(f"{what} was added, and is not signed")
        return
    own = task.newest.value(field.number)
    task.check_known(own, _FIELD_KEYS | _WIDGET_KEYS, what)
    for _, widget in field.widgets:
        task.check_known(widget, _FIELD_KEYS | _WIDGET_KEYS, what)
        _check_appearance(task, widget, what)
    _signed(task, field, field.value)


def _old_field(task: Comparison, old: Field, new: Field) -> None:
    """Compare a field: it may have been signed where nobody had signed it."""
    what = f"the field {old.name!r}"
    numbers = {old.number, *(number for number, _ in old.widgets)}
    if not numbers & task.changed:
        return
    if old.name != new.name or not old.is_signature or old.value is not None or new.value is None:
        task.refuse(f"{what} changed")
        return
    if [number for number, _ in old.widgets] != [number for number, _ in new.widgets]:
        task.refuse(f"{what} is shown elsewhere than before")
        return
    before, after = task.signed.value(old.number), task.newest.value(new.number)
    task.check_keys(before, after, _SIGNED_FIELD, what)
    for (number, widget_before), (_, widget_after) in zip(old.widgets, new.widgets, strict=True):
        if number != old.number:
            task.check_keys(widget_before, widget_after, _SHOWN_WIDGET, what)
        if not same(widget_before.get("Rect"), widget_after.get("Rect")):
            _check_inside(task, widget_before, widget_after, what)
        _check_appearance(task, widget_after, what)
    _check_entries(task, after, new.value, what)
    task.explained |= numbers
    _signed(task, new, new.value)


def _check_entries(task: Comparison, field: dict[str, Any], value: SignatureValue, what: str) -> None:
    """Check that what a field got when it was signed is of the right kind: who made the document may have put the same
    object into another place, as the fonts of a page for instance, where M and V are something else.
    """
    if not isinstance(field.get("M", b""), bytes) or type(field.get("F", 0)) is not int:
        task.refuse(f"M or F of {what} is of another kind")
    task.check_known(value.dictionary, _VALUE_KEYS, f"the signature of {what}")


def _signed(task: Comparison, field: Field, value: SignatureValue) -> None:
    """Note that a field was signed later."""
    if value.number not in task.added:
        task.refuse(f"the signature of the field {field.name!r} was there before, and belonged to no field")
        return
    if any(value.number == earlier.number for earlier in task.signatures.values()):
        task.refuse(f"the field {field.name!r} shares its signature with another one")
    if value.is_timestamp:
        # That one may come where nothing else may; so it must not show anything.
        if any("AP" in widget for _, widget in field.widgets):
            task.refuse(f"the time-stamp {field.name!r} shows something")
    else:
        try:
            task.permissions.check_signature(field.name)
        except SealError as error:
            task.refuse(str(error), error.reason)
    task.signatures[field.name] = value


def _check_inside(task: Comparison, old: dict[str, Any], new: dict[str, Any], what: str) -> None:
    """Check that a field that was signed shows its seal where the field was."""
    before, after = rectangle(task.signed, old.get("Rect")), rectangle(task.newest, new.get("Rect"))
    if before is None or after is None:
        task.refuse(f"{what} moved")
        return
    rounding = 0.01
    is_inside = (
        all(after[side] >= before[side] - rounding for side in (0, 1))
        and all(after[side] <= before[side] + rounding for side in (2, 3))
    )  # fmt: skip
    if not is_inside:
        task.refuse(f"{what} moved")


def _check_appearance(task: Comparison, annotation: dict[str, Any], what: str) -> None:
    """Check that an annotation has one appearance, whatever a reader does with the mouse."""
    appearance = task.newest.resolve(annotation.get("AP"))
    if appearance is None:
        return
    if not isinstance(appearance, dict) or set(appearance) != {"N"}:
        task.refuse(f"{what} has more than one appearance")
        return
    if not isinstance(task.newest.resolve(appearance["N"]), Stream):
        task.refuse(f"{what} has an appearance that is none")


def compare_pages(task: Comparison) -> None:
    """Compare the pages of two revisions: they may show the seals of fields that were signed in between."""
    widgets = {number: field for field in read_fields(task.newest) for number, _ in field.widgets}
    for page in pages_of(task.signed):
        what = f"page {page.number}"
        old = task.signed.value(page.object_number)
        listed = old.get("Annots")
        is_changed = page.object_number in task.changed
        if not is_changed and not (isinstance(listed, Reference) and listed.number in task.changed):
            continue
        new = task.newest.value(page.object_number)
        if not isinstance(new, dict):
            task.refuse(f"{what} was removed")
            continue
        task.check_keys(old, new, frozenset(("Annots",)), what)
        task.explained.add(page.object_number)
        for item in task.check_appended(listed, new.get("Annots"), f"the annotations of {what}"):
            _new_annotation(task, item, widgets, what)


def _new_annotation(task: Comparison, item: Any, widgets: dict[int, Field], where: str) -> None:
    if not isinstance(item, Reference) or item.number not in task.added:
        task.refuse(f"an annotation was added to {where} that is none of its own")
        return
    field = widgets.get(item.number)
    if field is not None and field.name in task.signatures:
        return
    annotation = task.newest.dictionary(item, f"an annotation of {where}")
    # What a seal shows besides the place of its field; see profiles.piece_name.
    owner = text_of(annotation.get("NM")).rpartition("#")[0]
    value = task.signatures.get(owner)
    if annotation.get("Subtype") != "Stamp" or value is None or value.is_timestamp:
        task.refuse(f"an annotation was added to {where} that belongs to no signature")
        return
    what = f"a part of the seal {owner!r} on {where}"
    task.check_known(annotation, _STAMP_KEYS, what)
    _check_appearance(task, annotation, what)
    stored = task.newest.stored(item.number)
    if stored is None or stored.end > _end_of(value):
        task.refuse(f"{what} is not covered by its signature")


def _end_of(value: SignatureValue) -> int:
    """Return up to where a signature covers the file; its own checks tell whether it does."""
    numbers = value.dictionary.get("ByteRange")
    if isinstance(numbers, list) and len(numbers) == 4 and all(type(number) is int for number in numbers):
        return int(numbers[2] + numbers[3])
    return 0
