"""What the structures of all standards share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

from gmpki import _inputs
from gmpki.asn1.der import MAX_DEPTH, MAX_SIZE, Reader

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.asn1.quirks import QuirkLog

__all__ = ["Schema", "der_of"]

S = TypeVar("S", bound="Schema")


def der_of(field: Schema, kind: type[Schema], name: str) -> bytes:
    """Encode the structure of a kind that is a field of another.

    :raises InvalidTypeError: when it is none of that kind.
    """
    if type(field) is not kind:
        _inputs.member(field, kind, name)
    return field.to_der()


class Schema(ABC):
    """One ASN.1 structure. Subclasses are frozen dataclasses with the fields in the standard's order."""

    __slots__ = ()

    @classmethod
    @abstractmethod
    def read(cls: type[S], reader: Reader, name: str = "") -> S:
        """Read the structure where the reader stands; name is its field name in the structure around it.

        :raises DecodeError: when it is not there or breaks a rule.
        """

    @abstractmethod
    def to_der(self) -> bytes:
        """Encode the structure as DER."""

    @classmethod
    def from_der(
        cls: type[S],
        data: Buffer,
        *,
        max_depth: int = MAX_DEPTH,
        max_size: int = MAX_SIZE,
        quirks: QuirkLog | None = None,
    ) -> S:
        """Decode DER that holds this structure and nothing else.

        :param max_depth: how many constructed elements may contain each other.
        :param max_size: the longest data taken, in bytes.
        :param quirks: where departures from DER are noted, which are then accepted; without it they are refused.
        :raises InvalidTypeError: when data has no buffer, or a bound is no ``int``.
        :raises DecodeError: when it is not strict DER of this structure.
        :raises LimitExceeded: when it is longer than max_size.
        """
        reader = Reader(data, max_depth=max_depth, max_size=max_size, quirks=quirks)
        value = cls.read(reader, cls.__name__)
        reader.end()
        return value
