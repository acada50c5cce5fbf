"""Find out the layout of a driver by calling it: how wide its ULONG is, and whether its structures have gaps.

Nothing is changed on a device. Buffers are filled with a pattern first, so that what the driver wrote shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gmpki.tokens.skf.driver_profile import DriverProfile, SM2Numbering
from gmpki.tokens.skf.layouts import Layout

if TYPE_CHECKING:
    from gmpki.tokens.skf.library import Library

__all__ = ["Findings", "compared", "examine_device", "probe", "settled"]

_WIDTH: Final = "width of ULONG: "
_PACKING: Final = "packing: "
_WIDTH_SEEN: Final = f"{_WIDTH}seen in what SKF_EnumDev wrote"
_PACKING_SEEN: Final = f"{_PACKING}seen in what SKF_GetDevInfo wrote"

_PATTERN: Final = 0xA5
_INFO_LEN: Final = 512  # more than DEVINFO in any layout
_MAX_LIST_LEN: Final = 65536
_SM2_3_STANDARD: Final = 0x800  # set in AlgAsymCap only by those who number SM2 as the standard does


@dataclass(frozen=True, slots=True)
class Findings:
    """What calling the driver told. Immutable.

    :ivar layout: what to call it by.
    :ivar width_known: whether the width of ULONG was seen; otherwise it is assumed.
    :ivar packing_known: whether the packing was seen, which takes a device; otherwise it is assumed.
    :ivar sm2_numbering: what a device's capabilities say, or None.
    """

    layout: Layout
    width_known: bool
    packing_known: bool
    sm2_numbering: SM2Numbering | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What to say about it in a profile."""
        width = _WIDTH_SEEN if self.width_known else f"{_WIDTH}assumed"
        packing = _PACKING_SEEN if self.packing_known else f"{_PACKING}assumed: no device told"
        return (width, packing)


def settled(library: Library, profile: DriverProfile) -> tuple[DriverProfile, Findings | None]:
    """Return the profile with a layout, and what was found out for it; None when the profile said it."""
    if profile.layout is not None:
        return profile, None
    findings = probe(library)
    return merged(profile, findings), findings


def merged(profile: DriverProfile, findings: Findings) -> DriverProfile:
    """Return a profile with what was found out; what it says itself about SM2 stays."""
    return replace(
        profile,
        layout=findings.layout,
        sm2_numbering=profile.sm2_numbering or findings.sm2_numbering,
        notes=_other_notes(profile) + findings.notes,
    )


def compared(said: DriverProfile, found: DriverProfile) -> DriverProfile:
    """Return a profile with the layout that a driver showed, and that of the profile where it showed none.

    :param said: the profile, with a layout; found: the driver's after it was loaded without that layout.
    """
    layout, shown = said.layout or Layout(), found.layout or Layout()
    ulong_len, width_note = layout.ulong_len, f"{_WIDTH}as the profile says"
    packed, packing_note = layout.packed, f"{_PACKING}as the profile says"
    if _WIDTH_SEEN in found.notes:
        ulong_len, width_note = shown.ulong_len, _WIDTH_SEEN
    if _PACKING_SEEN in found.notes:
        packed, packing_note = shown.packed, _PACKING_SEEN
    # Whether key blobs differ from the rest only the profile can say.
    mended = Layout(ulong_len, packed, mixed=layout.mixed and ulong_len == layout.ulong_len)
    return replace(said, layout=mended, notes=(*_other_notes(said), width_note, packing_note))


def _other_notes(profile: DriverProfile) -> tuple[str, ...]:
    """Return the notes of a profile that are not about how its layout is known."""
    return tuple(note for note in profile.notes if not note.startswith((_WIDTH, _PACKING)))


def probe(library: Library) -> Findings:
    """Call a driver to find out its layout: SKF_EnumDev, and where a device is present, SKF_GetDevInfo."""
    width = _ulong_len(library)
    findings = Findings(Layout(width or 4), width is not None, packing_known=False)
    name = _first_device(library, findings.layout)
    if name is None:
        return findings
    ffi = library.ffi(findings.layout)
    cell = ffi.new("HANDLE *")
    if library.call(findings.layout, "SKF_ConnectDev", (ffi.new("char[]", name), cell)):
        return findings
    try:
        return examine_device(library, findings, int(ffi.cast("uintptr_t", cell[0])))
    finally:
        if library.has("SKF_DisConnectDev"):
            library.call(findings.layout, "SKF_DisConnectDev", (cell[0],))


def examine_device(library: Library, findings: Findings, device: int) -> Findings:
    """Return the findings with what the DEVINFO of a connected device tells.

    :param device: its handle.
    """
    if not library.has("SKF_GetDevInfo"):
        return findings
    ffi = library.ffi(findings.layout)
    buffer = ffi.new("BYTE[]", bytes([_PATTERN]) * _INFO_LEN)
    arguments = (ffi.cast("HANDLE", device), ffi.cast("DEVINFO *", buffer))
    if library.call(findings.layout, "SKF_GetDevInfo", arguments):
        return findings
    written = bytes(ffi.buffer(buffer))
    widths = (findings.layout.ulong_len,) if findings.width_known else (4, 8)
    # Packed first: that is what most drivers are, should nothing tell the two apart.
    candidates = [Layout(width, packed) for packed in (True, False) for width in widths]
    points = [_points(library, candidate, written) for candidate in candidates]
    best = max(points)
    if not best or points.count(best) > 1:
        return findings
    layout = candidates[points.index(best)]
    asymmetric = int(_info(library, layout, written).AlgAsymCap)
    numbering = SM2Numbering.STANDARD if asymmetric & 0x20000 and asymmetric & _SM2_3_STANDARD else None
    return Findings(layout, width_known=True, packing_known=True, sm2_numbering=numbering)


def _ulong_len(library: Library) -> int | None:
    """Return how many bytes of a cell the driver writes a ULONG to, or None when it wrote none."""
    if not library.has("SKF_EnumDev"):
        return None
    layout = Layout(8)
    ffi = library.ffi(layout)
    untouched = bytes([_PATTERN]) * 8
    cell = ffi.new("BYTE[]", untouched + bytes(8))
    library.call(layout, "SKF_EnumDev", (1, ffi.NULL, ffi.cast("ULONG *", cell)))
    written = bytes(ffi.buffer(cell))[:8]
    if written == untouched:
        return None
    # The half that holds the low bytes is written in any case; which one that is, the byte order says.
    return 4 if untouched[:4] in (written[:4], written[4:]) else 8


def _first_device(library: Library, layout: Layout) -> bytes | None:
    """Return the name of a device that is present, as the driver spells it."""
    if not (library.has("SKF_EnumDev") and library.has("SKF_ConnectDev")):
        return None
    ffi = library.ffi(layout)
    cell = ffi.new("uint64_t *")
    length = ffi.cast("ULONG *", cell)
    if library.call(layout, "SKF_EnumDev", (1, ffi.NULL, length)) or not 1 < length[0] <= _MAX_LIST_LEN:
        return None
    buffer = ffi.new("char[]", int(length[0]) + 64)
    if library.call(layout, "SKF_EnumDev", (1, buffer, length)):
        return None
    name: bytes = ffi.string(buffer, len(buffer))
    return name or None


def _info(library: Library, layout: Layout, written: bytes) -> Any:
    ffi = library.ffi(layout)
    info = ffi.new("DEVINFO *")
    ffi.memmove(info, written, ffi.sizeof("DEVINFO"))
    return info


def _points(library: Library, layout: Layout, written: bytes) -> int:
    """Count how many fields of DEVINFO make sense when they are read by a layout."""
    info = _info(library, layout, written)
    return sum(
        (
            info.AlgHashCap & 1 == 1,  # SM3
            0 < info.AlgHashCap < 0x10000,
            0 < info.AlgSymCap < 0x10000,
            0x10000 <= info.AlgAsymCap < 0x100000,
            0 < info.DevAuthAlgId < 0x10000,
            info.FreeSpace <= info.TotalSpace < 1 << 40 and info.TotalSpace > 0,
        )
    )
