"""Identifier octets (X.690 8.1.2) as plain integers, and their names for messages.

Tag numbers above 30, which need several octets, appear in none of the structures gmpki reads and are refused.
"""

from __future__ import annotations

from gmpki import _inputs

__all__ = ["Tag", "tag_name"]

CONSTRUCTED = 0x20
CLASS_MASK = 0xC0
NUMBER_MASK = 0x1F
_CONTEXT = 0x80
_MAX_NUMBER = 30


class Tag:
    """The identifier octets of the universal types, and :meth:`context` for the others."""

    BOOLEAN = 0x01
    INTEGER = 0x02
    BIT_STRING = 0x03
    OCTET_STRING = 0x04
    NULL = 0x05
    OID = 0x06
    ENUMERATED = 0x0A
    UTF8_STRING = 0x0C
    NUMERIC_STRING = 0x12
    PRINTABLE_STRING = 0x13
    TELETEX_STRING = 0x14
    IA5_STRING = 0x16
    UTC_TIME = 0x17
    GENERALIZED_TIME = 0x18
    VISIBLE_STRING = 0x1A
    UNIVERSAL_STRING = 0x1C
    BMP_STRING = 0x1E
    SEQUENCE = 0x30
    SET = 0x31

    @staticmethod
    def context(number: int, *, constructed: bool = False) -> int:
        """Return the identifier octet of ``[number]``, 0 to 30, primitive unless told.

        :raises InvalidTypeError: when number is no ``int``.
        :raises InvalidInputError: when it is outside.
        """
        if type(number) is not int or not 0 <= number <= _MAX_NUMBER:
            number = _inputs.number(number, 0, _MAX_NUMBER, "a tag number")
        return _CONTEXT | (CONSTRUCTED if constructed else 0) | number


_UNIVERSAL = {
    0x01: "BOOLEAN",
    0x02: "INTEGER",
    0x03: "BIT STRING",
    0x04: "OCTET STRING",
    0x05: "NULL",
    0x06: "OBJECT IDENTIFIER",
    0x0A: "ENUMERATED",
    0x0C: "UTF8String",
    0x10: "SEQUENCE",
    0x11: "SET",
    0x12: "NumericString",
    0x13: "PrintableString",
    0x14: "TeletexString",
    0x16: "IA5String",
    0x17: "UTCTime",
    0x18: "GeneralizedTime",
    0x1A: "VisibleString",
    0x1C: "UniversalString",
    0x1E: "BMPString",
}
_CLASSES = ("UNIVERSAL ", "APPLICATION ", "", "PRIVATE ")


def tag_name(identifier: int) -> str:
    """Name an identifier octet the way ASN.1 does, with its form where that is unusual."""
    number = identifier & NUMBER_MASK
    constructed = bool(identifier & CONSTRUCTED)
    if identifier & CLASS_MASK == 0 and number in _UNIVERSAL:
        usual = number in (Tag.SEQUENCE & NUMBER_MASK, Tag.SET & NUMBER_MASK)
        form = "" if constructed == usual else " (constructed)" if constructed else " (primitive)"
        return _UNIVERSAL[number] + form
    return f"[{_CLASSES[identifier >> 6]}{number}]{' (constructed)' if constructed else ''}"
