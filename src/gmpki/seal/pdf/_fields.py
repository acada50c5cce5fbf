"""The signature fields that a document has, and what its signatures allow to come after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_text
from gmpki.errors import DecodeError, InvalidInputError, SealError
from gmpki.seal._extras import extra
from gmpki.seal.pdf._pyhanko import entry
from gmpki.seal.pdf.placing import PageFrame, Pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.seal.pdf._layout import Request

__all__ = ["check_allowed", "locks", "new_name", "place_of", "signed_fields"]

_MAX_FIELDS: Final = 100_000
_MAX_REFERENCES: Final = 64
_MAX_NAME: Final = 200
_NO_CHANGES: Final = 1


def _sig_fields(handler: Any) -> Iterator[tuple[str, Any, Any]]:
    """Give name, value and reference of each signature field."""
    fields = extra("pyhanko.sign.fields")
    for number, found in enumerate(fields.enumerate_sig_fields(handler)):
        if number == _MAX_FIELDS:
            raise DecodeError(f"the document has more than {_MAX_FIELDS} signature fields")
        yield found


def signed_fields(handler: Any) -> list[tuple[str, Any]]:
    """Return name and signature dictionary of each signature field that somebody has signed."""
    found = []
    for name, value, reference in _sig_fields(handler):
        if value:
            found.append((str(name), reference.get_object()["/V"]))
    return found


def check_allowed(handler: Any, *, protect_all: bool) -> None:
    """Check that a further signature may come.

    :raises SealError: "protected" when an earlier one allows no changes; "signed" when there is an earlier one, and
        the new one is to be the one that decides about changes.
    :standard: ISO 32000-1 12.8.2.2 (DocMDP); ISO 32000-2 12.7.5.5 (P in a SigFieldLock)
    """
    signatures = [signature for _, signature in signed_fields(handler)]
    permissions = entry(handler.root, "/Perms", {})
    if "/DocMDP" in permissions:
        signatures.append(permissions["/DocMDP"])
    for signature in signatures:
        for number, reference in enumerate(entry(signature, "/Reference", ())):
            if number == _MAX_REFERENCES:
                break
            parameters = entry(reference.get_object(), "/TransformParams", {})
            if entry(parameters, "/P") == _NO_CHANGES:
                raise SealError("protected", "a signature of the document says that nothing may come after it")
    if protect_all and signatures:
        raise SealError("signed", "only the first signature of a document can say that nothing may come after it")


def new_name(handler: Any, wanted: str | None, stem: str = "Seal") -> str:
    """Return the name for a new field: the one that is wanted, or the first of Seal1, Seal2 and so on that is free.

    :param stem: what stands before the number.

    :raises InvalidTypeError: when the name is no ``str``.
    :raises InvalidInputError: when it is taken, or no name for a field.
    """
    form = entry(handler.root, "/AcroForm", {})
    taken = set()
    for number, reference in enumerate(entry(form, "/Fields", ())):
        if number == _MAX_FIELDS:
            raise DecodeError(f"the document has more than {_MAX_FIELDS} fields")
        taken.add(str(entry(reference.get_object(), "/T", "")))
    if wanted is None:
        number = 1
        while f"{stem}{number}" in taken:
            number += 1
        return f"{stem}{number}"
    if not 1 <= len(as_text(wanted, "field_name")) <= _MAX_NAME or "." in wanted or not wanted.isprintable():
        raise InvalidInputError(f"the name of a field has 1 to {_MAX_NAME} printable characters, and no full stop")
    if wanted in taken:
        raise InvalidInputError(f"the document has a field {wanted!r} already; FieldStamp uses one that is there")
    return wanted


def _widget(handler: Any, name: str) -> tuple[Any, Any]:
    """Return the reference of a field that nobody has signed, and its widget.

    :raises InvalidInputError: when there is no such field, or somebody has signed it.
    """
    forms = extra("pyhanko.pdf_utils.form_tools")
    for found, value, reference in _sig_fields(handler):
        if found == name:
            if value:
                raise InvalidInputError(f"somebody has signed the field {name!r} already")
            return reference, forms.get_single_field_annot(reference.get_object())
    raise InvalidInputError(f"the document has no signature field {name!r}")


def place_of(handler: Any, name: str) -> tuple[PageFrame, tuple[float, float, float, float]] | None:
    """Return page and Rect of a signature field; None when it is not visible.

    :raises InvalidInputError: when there is no such field, or somebody has signed it.
    :raises SealError: "field-constraints" when the field demands something of its signature.
    """
    reference, widget = _widget(handler, name)
    demands = entry(reference.get_object(), "/SV", {})
    if entry(demands, "/Ff", 0):
        raise SealError("field-constraints", f"the field {name!r} makes demands on its signature that are not met here")
    left, bottom, right, top = (float(side) for side in widget["/Rect"])
    if left == right or bottom == top:
        return None
    own = widget.container_ref.idnum
    for frame in Pages(handler).frames().values():
        for annotation in entry(frame.reference.get_object(), "/Annots", ()):
            if getattr(annotation, "idnum", None) == own:
                return frame, (min(left, right), min(bottom, top), max(left, right), max(bottom, top))
    raise DecodeError(f"the field {name!r} stands on no page")


def locks(handler: Any, field_reference: Any, request: Request) -> Any:
    """Return pyHanko's setup for what the signature forbids: what was asked for, and what its field says.

    :standard: ISO 32000-1 12.8.2 and 12.7.4.5 (SigFieldLock)
    """
    fields = extra("pyhanko.sign.fields")
    embedding = extra("pyhanko.sign.signers.cms_embedder")
    lock = entry(field_reference.get_object(), "/Lock")
    level = None
    if lock is not None and "/P" in lock:
        level = fields.MDPPerm(lock["/P"])
    if request.protect_all:
        handler.update_root()
        level = fields.MDPPerm.NO_CHANGES
    if lock is None and not request.protect_all:
        return None
    return embedding.SigMDPSetup(
        md_algorithm=request.digest_name,
        certify=request.protect_all,
        field_lock=None if lock is None else fields.FieldMDPSpec.from_pdf_object(lock),
        docmdp_perms=level,
    )
