"""The types of encrypted columns, and the values that stand in them on their way to the database and back."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import DateTime, LargeBinary, Text
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

from gmpki._inputs import as_bytes, as_text, utc
from gmpki.errors import DecryptionError, InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from gmpki.protect.canonical import RowId
    from gmpki.protect.fields import FieldCipher

__all__ = ["EncryptedBytes", "EncryptedInteger", "EncryptedText", "EncryptedType", "StoredValue", "UTCDateTime"]

T = TypeVar("T")


class _Refused(InvalidInputError, DontWrapMixin):
    """What SQLAlchemy hands on as it is, and does not wrap into an error of its own."""


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A value of an encrypted column as the database holds it. Immutable; thread-safe.

    :ivar stored: what :class:`~gmpki.protect.fields.FieldCipher` decrypts, given the row.
    """

    stored: str | bytes


# A value of an object while it is written: the plaintext to all who look at the object, the ciphertext to the type of
# the column. After the flush the plaintext alone is there again.
class _SealedText(str):
    __slots__ = ("stored",)
    stored: str | bytes


class _SealedBytes(bytes):
    stored: str | bytes  # variable-length bytes take no slots


class _SealedInt(int):
    stored: str | bytes


_Sealed = (_SealedText, _SealedBytes, _SealedInt)


class _Comparator(TypeDecorator.Comparator[Any]):
    """Lets encrypted columns be compared with None, and with nothing else."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        if op in (operators.is_, operators.is_not, operators.eq, operators.ne) and len(other) == 1 and other[0] is None:
            return super().operate(op, *other, **kwargs)
        raise _Refused(
            "an encrypted column is compared with None alone: equal values are not equal there. "
            "BlindIndex finds rows by an exact value"
        )

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        return self.operate(op, other, **kwargs)


class EncryptedType(TypeDecorator[T], Generic[T]):
    """What the types of encrypted columns share."""

    cache_ok = True
    comparator_factory = _Comparator
    placeholder: str | bytes

    @abstractmethod
    def sealed(self, cipher: FieldCipher | None, value: Any, row: RowId) -> T:
        """Return a value with its ciphertext for a row; with a placeholder where the cipher is None."""

    @abstractmethod
    def opened(self, cipher: FieldCipher, stored: Any, row: RowId) -> T:
        """Return the plaintext of what the database holds."""

    @abstractmethod
    def plain(self, value: T) -> T:
        """Return a value without its ciphertext."""

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | bytes | None:  # noqa: ARG002 - its signature
        """Give the database the ciphertext, and refuse plaintext."""
        if value is None:
            return None
        if isinstance(value, (StoredValue, *_Sealed)):
            return value.stored
        raise _Refused(
            "an encrypted column takes no plaintext in a statement: set the attribute of an object in a session, after "
            "protect_models; or encrypt with FieldCipher and give a StoredValue"
        )

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - its signature
        """Wrap what the database gives; the object that it belongs to decrypts it."""
        return None if value is None else StoredValue(value)

    def process_literal_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002 - its signature
        """Refuse to write the value into the text of a statement.

        :raises InvalidInputError: always.
        """
        raise _Refused("an encrypted column takes no literal in a statement")


class EncryptedText(EncryptedType[str]):
    """A column of encrypted text, TEXT in the database. Sizes there: a third more than the UTF-8, and 72 characters."""

    impl = Text
    cache_ok = True
    placeholder = ""

    def sealed(self, cipher: FieldCipher | None, value: Any, row: RowId) -> str:
        """Encrypt text.

        :raises InvalidTypeError: when it is none.
        :raises GmpkiError: as :meth:`gmpki.protect.fields.FieldCipher.encrypt_text`.
        """
        found = _SealedText(as_text(value, "the value of an encrypted column"))
        found.stored = self.placeholder if cipher is None else cipher.encrypt_text(str(value), row)
        return found

    def opened(self, cipher: FieldCipher, stored: Any, row: RowId) -> str:
        """Decrypt text; errors as :meth:`gmpki.protect.fields.FieldCipher.decrypt_text`."""
        return cipher.decrypt_text(stored, row)

    def plain(self, value: str) -> str:
        """Return plain ``str``."""
        return str(value)


class EncryptedBytes(EncryptedType[bytes]):
    """A column of encrypted bytes, BLOB or BYTEA in the database: 54 bytes more than the value."""

    impl = LargeBinary
    cache_ok = True
    placeholder = b""

    def sealed(self, cipher: FieldCipher | None, value: Any, row: RowId) -> bytes:
        """Encrypt bytes.

        :raises InvalidTypeError: when it is no buffer.
        :raises GmpkiError: as :meth:`gmpki.protect.fields.FieldCipher.encrypt`.
        """
        plain = as_bytes(value, "the value of an encrypted column")
        found = _SealedBytes(plain)
        found.stored = self.placeholder if cipher is None else cipher.encrypt(bytes(plain), row)
        return found

    def opened(self, cipher: FieldCipher, stored: Any, row: RowId) -> bytes:
        """Decrypt bytes; errors as :meth:`gmpki.protect.fields.FieldCipher.decrypt`."""
        return cipher.decrypt(stored, row)

    def plain(self, value: bytes) -> bytes:
        """Return plain ``bytes``."""
        return bytes(value)


class EncryptedInteger(EncryptedType[int]):
    """A column of encrypted whole numbers, TEXT in the database: their decimal digits, encrypted as text. The length
    that is left to see gives away how many digits a number has.
    """

    impl = Text
    cache_ok = True
    placeholder = ""

    def sealed(self, cipher: FieldCipher | None, value: Any, row: RowId) -> int:
        """Encrypt a number of up to 2048 bits.

        :raises InvalidTypeError: when it is no ``int``.
        :raises InvalidInputError: when it is longer.
        :raises GmpkiError: as :meth:`gmpki.protect.fields.FieldCipher.encrypt_text`.
        """
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidTypeError(f"the value of an encrypted column must be an int, not {type(value).__name__}")
        if value.bit_length() > 2048:
            raise InvalidInputError("an encrypted column takes numbers of up to 2048 bits")
        found = _SealedInt(value)
        found.stored = self.placeholder if cipher is None else cipher.encrypt_text(f"{int(value)}", row)
        return found

    def opened(self, cipher: FieldCipher, stored: Any, row: RowId) -> int:
        """Decrypt a number; errors as :meth:`gmpki.protect.fields.FieldCipher.decrypt_text`."""
        text = cipher.decrypt_text(stored, row)
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 1000):
            raise DecryptionError
        return int(text)

    def plain(self, value: int) -> int:
        """Return plain ``int``."""
        return int(value)


class UTCDateTime(TypeDecorator[datetime]):
    """A column of times with a time zone, kept in UTC, on databases that know no time zones too."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Bring a time to UTC.

        :raises InvalidInputError: when it has no time zone.
        """
        if value is None:
            return None
        try:
            return utc(value, "a time").replace(tzinfo=None)
        except InvalidInputError as error:
            raise _Refused(str(error)) from None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the time its zone back."""
        return None if value is None else value.replace(tzinfo=timezone.utc)
