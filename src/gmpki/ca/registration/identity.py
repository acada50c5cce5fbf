"""Numbers by which persons, organisations and devices are told apart: their forms, check characters, and display.

A number is brought into one form before it is checked, compared or stored: Unicode's NFKC (full-width digits become
digits), capital letters, without blanks, and without hyphens where they only group.

>>> from gmpki.ca.registration.identity import Identity, IdentityKind
>>> identity = Identity(IdentityKind.RESIDENT_ID, "１１０１０５ 19491231 002x")
>>> identity.number
'11010519491231002X'
>>> identity.masked
'110105********002X'

No message of an error repeats a number, and neither does ``repr``.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Identity",
    "IdentityKind",
    "canonical_number",
    "check_credit_code",
    "check_organization_code",
    "check_resident_id",
    "masked",
]

_MAX_INPUT_LEN: Final = 128


class IdentityKind(enum.Enum):
    """What kind of number it is."""

    RESIDENT_ID = "resident-id"
    """公民身份号码, GB 11643-1999: 17 digits and a check character."""
    PASSPORT = "passport"
    """护照: 5 to 20 letters and digits."""
    MILITARY_CARD = "military-card"
    """军官证: 6 to 40 characters; the forms in use differ."""
    CREDIT_CODE = "credit-code"
    """统一社会信用代码, GB 32100-2015: 18 characters, the last one a check."""
    ORGANIZATION_CODE = "organization-code"
    """组织机构代码, GB 11714-1997: 8 characters and a check character."""
    BUSINESS_REGISTRATION = "business-registration"
    """工商注册号: 13 or 15 digits."""
    TAXATION_NUMBER = "taxation-number"
    """纳税人识别号: 15 to 20 letters and digits."""
    DEVICE = "device"
    """A device's identifier: 1 to 64 characters such as a serial number, a host name or a hardware address; letters
    keep their case."""
    SUBJECT = "subject"
    """证书主体摘要: SM3 of the name in a certificate. Of holders who came with an authority that was taken over, and
    whose number nobody has written down."""

    @property
    def title(self) -> str:
        """The Chinese name."""
        return _RULES[self].title


@dataclass(frozen=True, slots=True)
class Identity:
    """A number with its kind, checked and in one form. Immutable; ``repr`` does not show the number.

    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the number does not have the form of its kind, or its check character is wrong.
    """

    kind: IdentityKind
    number: str = field(repr=False)

    def __post_init__(self) -> None:
        member(self.kind, IdentityKind, "the kind of an identity")
        number = canonical_number(self.kind, self.number)
        _RULES[self.kind].check(number)
        object.__setattr__(self, "number", number)

    @property
    def masked(self) -> str:
        """The number as it may be shown: a resident's without the date of birth."""
        return masked(self.number)


def canonical_number(kind: IdentityKind, number: str) -> str:
    """Return a number in the form in which numbers of this kind are compared; it need not be a right one.

    :raises InvalidTypeError: when it is not text.
    :raises InvalidInputError: when it is longer than 128 characters or is not printable.
    """
    if len(as_text(number, "an identity number")) > _MAX_INPUT_LEN:
        raise InvalidInputError(f"an identity number has at most {_MAX_INPUT_LEN} characters")
    number = "".join(unicodedata.normalize("NFKC", number).split())
    if not number.isprintable():
        raise InvalidInputError("an identity number has only printable characters")
    if kind is IdentityKind.DEVICE:
        return number
    number = number.upper()
    return number.replace("-", "") if kind is IdentityKind.ORGANIZATION_CODE else number


def masked(number: str) -> str:
    """Return a number as it may be shown: with stars in its middle.

    >>> masked("13800138000")
    '138****8000'

    :raises InvalidTypeError: when it is not text.
    """
    length = len(as_text(number, "a number"))
    if length < 6:
        return "*" * length
    # Of 18 characters 6 and 4 stay, of 11 (a telephone number) 3 and 4, of shorter ones less.
    front, back = (6, 4) if length >= 15 else (3, 4) if length >= 9 else (1, 1)
    return number[:front] + "*" * (length - front - back) + number[-back:]


# ---- check characters -----------------------------------------------------------------------
_RESIDENT_WEIGHTS: Final = tuple(2**power % 11 for power in range(17, 0, -1))
_RESIDENT_CHECKS: Final = "10X98765432"
_CREDIT_DIGITS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
_ORGANIZATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANIZATION_CHECKS: Final = "0123456789X"


def check_resident_id(number: str) -> None:
    """Check the number of a resident's identity card: 17 digits, within them a date of birth, and a check character.

    :standard: GB 11643-1999 4; the check character is that of ISO 7064 MOD 11-2
    :raises InvalidTypeError: when it is not text.
    :raises InvalidInputError: when it is none; the message tells why without the number.
    """
    if re.fullmatch("[1-9][0-9]{16}[0-9X]", as_text(number, "a resident's number")) is None:
        raise InvalidInputError("a resident's identity number has 17 digits and a digit or X")
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise InvalidInputError("the date of birth within the resident's identity number is no date") from None
    total = sum(weight * int(digit) for weight, digit in zip(_RESIDENT_WEIGHTS, number[:17], strict=True))
    if number[17] != _RESIDENT_CHECKS[total % 11]:
        raise InvalidInputError("the check character of the resident's identity number is wrong")


def check_credit_code(code: str) -> None:
    """Check a unified social credit code: 17 of 31 characters, and a check character.

    :standard: GB 32100-2015 4.2 and annex B
    :raises InvalidTypeError: when it is not text.
    :raises InvalidInputError: when it is none; the message tells why without the code.
    """
    if re.fullmatch(f"[{_CREDIT_DIGITS}]{{2}}[0-9]{{6}}[{_CREDIT_DIGITS}]{{10}}", as_text(code, "a code")) is None:
        raise InvalidInputError(
            "a unified social credit code has 18 digits and capital letters, none of them I, O, S, V or Z, "
            "and the third to eighth are digits"
        )
    total = sum(weight * _CREDIT_DIGITS.index(each) for weight, each in zip(_CREDIT_WEIGHTS, code[:17], strict=True))
    if code[17] != _CREDIT_DIGITS[-total % 31]:
        raise InvalidInputError("the check character of the unified social credit code is wrong")


def check_organization_code(code: str) -> None:
    """Check an organisation code: eight digits and capital letters, and a check character, without a hyphen.

    :standard: GB 11714-1997
    :raises InvalidTypeError: when it is not text.
    :raises InvalidInputError: when it is none; the message tells why without the code.
    """
    if re.fullmatch("[0-9A-Z]{8}[0-9X]", as_text(code, "a code")) is None:
        raise InvalidInputError("an organisation code has eight digits or capital letters, and a digit or X")
    total = sum(weight * int(each, 36) for weight, each in zip(_ORGANIZATION_WEIGHTS, code[:8], strict=True))
    if code[8] != _ORGANIZATION_CHECKS[-total % 11]:
        raise InvalidInputError("the check character of the organisation code is wrong")


def _form(pattern: str, message: str) -> Callable[[str], None]:
    compiled = re.compile(pattern)

    def check(number: str) -> None:
        if compiled.fullmatch(number) is None:
            raise InvalidInputError(message)

    return check


@dataclass(frozen=True, slots=True)
class _Rule:
    title: str
    check: Callable[[str], None]


_RULES: Final = {
    IdentityKind.RESIDENT_ID: _Rule("居民身份证", check_resident_id),
    IdentityKind.PASSPORT: _Rule("护照", _form("[0-9A-Z]{5,20}", "a passport has 5 to 20 letters and digits")),
    IdentityKind.MILITARY_CARD: _Rule("军官证", _form(".{6,40}", "a military officer card has 6 to 40 characters")),
    IdentityKind.CREDIT_CODE: _Rule("统一社会信用代码", check_credit_code),
    IdentityKind.ORGANIZATION_CODE: _Rule("组织机构代码", check_organization_code),
    IdentityKind.BUSINESS_REGISTRATION: _Rule(
        "工商注册号", _form("[0-9]{13}|[0-9]{15}", "a business registration number has 13 or 15 digits")
    ),
    IdentityKind.TAXATION_NUMBER: _Rule(
        "纳税人识别号", _form("[0-9A-Z]{15,20}", "a taxation number has 15 to 20 letters and digits")
    ),
    IdentityKind.SUBJECT: _Rule("证书主体摘要", _form("[0-9A-F]{64}", "a digest of a subject has 64 digits")),
    IdentityKind.DEVICE: _Rule("设备标识", _form(".{1,64}", "a device's identifier has 1 to 64 characters")),
}
