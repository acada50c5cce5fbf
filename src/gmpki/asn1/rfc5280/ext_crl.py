"""Extensions of revocation lists and of their entries (RFC 5280 5.2.3, 5.2.4, 5.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from gmpki import _inputs, oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280._extension_value import ExtensionValue, encode_count
from gmpki.asn1.rfc5280.ext_names import AlternativeNames
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "CRLNumber",
    "CRLReason",
    "CertificateIssuer",
    "DeltaCRLIndicator",
    "HoldInstruction",
    "InvalidityDate",
    "ReasonCode",
]

N = TypeVar("N", bound="ListNumber")

_NUMBER_LIMIT: Final = 1 << 159  # 20 octets with the sign bit clear, RFC 5280 5.2.3


@dataclass(frozen=True, slots=True)
class ListNumber(ExtensionValue):
    """``CRLNumber ::= INTEGER (0..MAX)``, which two extensions hold; at most 20 bytes are written, any size is read.

    :standard: RFC 5280 5.2.3
    """

    number: int

    @classmethod
    def read(cls: type[N], reader: Reader, name: str = "") -> N:
        """Read the number."""
        return cls(reader.integer(name, minimum=0))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the number is no ``int``.
        :raises InvalidInputError: when it is negative or needs more than 20 bytes.
        """
        encoded = encode_count(self.number, "number")
        if self.number >= _NUMBER_LIMIT:
            raise InvalidInputError("the number of a revocation list has at most 20 bytes")
        return encoded


class CRLNumber(ListNumber):
    """The number of a list, which grows from list to list.

    :standard: RFC 5280 5.2.3
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.CRL_NUMBER
    FIXED: ClassVar[bool] = True


class DeltaCRLIndicator(ListNumber):
    """That a list is a delta, and the number of the complete list it starts from.

    :standard: RFC 5280 5.2.4
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.DELTA_CRL_INDICATOR
    CRITICAL: ClassVar[bool] = True
    FIXED: ClassVar[bool] = True

    @property
    def base_number(self) -> int:
        """The number of the complete list."""
        return self.number


class ReasonCode(IntEnum):
    """Why a certificate was revoked; 7 is not used.

    :standard: RFC 5280 5.3.1
    """

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    REMOVE_FROM_CRL = 8
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


_REASONS: Final = {int(code): code for code in ReasonCode}


@dataclass(frozen=True, slots=True)
class CRLReason(ExtensionValue):
    """``ENUMERATED`` with the values of :class:`ReasonCode`, for one entry of a list.

    The code 0, unspecified, says what an absent extension says and should be left out.

    :standard: RFC 5280 5.3.1
    """

    OID: ClassVar[ObjectIdentifier] = oids.CRL_REASON
    FIXED: ClassVar[bool] = True

    reason: ReasonCode

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CRLReason:
        """Read a CRLReason."""
        at = reader.offset
        reason = _REASONS.get(reader.enumerated(name))
        if reason is None:
            raise reader.error("a reason is 0 to 6 or 8 to 10", name, offset=at)
        return cls(reason)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the reason is no :class:`ReasonCode`.
        """
        _inputs.member(self.reason, ReasonCode, "reason")
        return der.encode_enumerated(int(self.reason))


@dataclass(frozen=True, slots=True)
class InvalidityDate(ExtensionValue):
    """``GeneralizedTime``: since when the key is known or believed to be compromised, for one entry of a list.

    :standard: RFC 5280 5.3.2
    """

    OID: ClassVar[ObjectIdentifier] = oids.INVALIDITY_DATE
    FIXED: ClassVar[bool] = True

    date: datetime

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> InvalidityDate:
        """Read an InvalidityDate."""
        return cls(reader.generalized_time(name))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the date is no ``datetime``.
        :raises InvalidInputError: when it has no time zone, or a fraction of a second.
        """
        return der.encode_generalized_time(self.date)


class CertificateIssuer(AlternativeNames):
    """Who issued the certificate of this entry, and of those that follow, in an indirect list.

    :standard: RFC 5280 5.3.3
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.CERTIFICATE_ISSUER
    CRITICAL: ClassVar[bool] = True
    FIXED: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class HoldInstruction(ExtensionValue):
    """``OBJECT IDENTIFIER``: what to do with a certificate on hold, for one entry of a list.

    :standard: RFC 3280 5.3.2; RFC 5280 has it no more
    """

    OID: ClassVar[ObjectIdentifier] = oids.HOLD_INSTRUCTION_CODE

    instruction: ObjectIdentifier

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> HoldInstruction:
        """Read a HoldInstruction."""
        return cls(reader.oid(name))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the instruction is no ``str``.
        :raises InvalidInputError: when it is no object identifier.
        """
        return der.encode_oid(self.instruction)
