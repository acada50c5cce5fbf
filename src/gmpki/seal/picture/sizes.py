"""How large seals are, and whether a picture's stated size can be one.

Round seals of 42, 45 and 50 mm (60 mm for the State Council alone): Order 25 (1999) of the State Council, in several
public copies that agree. 38 and 40 mm for companies, departments and seals for a purpose, 58 mm for contracts, the oval
of 45 by 30 mm for companies with foreign capital and of 40 by 30 mm for invoices, squares of 15 to 25 mm for persons:
rules of local authorities and of tax offices, known from secondary pages only. Hence the check can be left out.
"""

from __future__ import annotations

from typing import Final

from gmpki.errors import InvalidInputError

__all__ = ["check_size"]

ORGANISATION: Final = 1  # gmpki.seal.SealType; GM/T 0031-2014
PERSON: Final = 2

_ROUND_MM: Final = (38, 40, 42, 45, 50, 58, 60)
_OVAL_MM: Final = ((45, 30), (40, 30))
_PERSON_MM: Final = (10, 30)  # least and greatest side: squares, and oblongs with the name in a row


def check_size(seal_type: int | None, width_mm: int, height_mm: int) -> None:
    """Check that a size is customary for a type of seal; other types than the two of GM/T 0031 have no rule.

    :raises InvalidInputError: when it is not; the message names those that are.
    """
    if seal_type == ORGANISATION:
        if (width_mm == height_mm and width_mm in _ROUND_MM) or (width_mm, height_mm) in _OVAL_MM:
            return
        usual = ", ".join(str(size) for size in _ROUND_MM)
        ovals = ", ".join(f"{across} by {down}" for across, down in _OVAL_MM)
        raise InvalidInputError(
            f"{width_mm} by {height_mm} mm is not customary for the seal of an organisation: "
            f"round {usual}; oval {ovals}"
        )
    if seal_type == PERSON:
        low, high = _PERSON_MM
        if not (low <= width_mm <= high and low <= height_mm <= high):
            raise InvalidInputError(
                f"{width_mm} by {height_mm} mm is not customary for the seal of a person: {low} to {high} mm each"
            )
