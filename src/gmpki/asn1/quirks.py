"""Departures from what the standards say, each with a name: what readers met and accepted.

A :class:`QuirkLog` given to a :class:`~gmpki.asn1.der.Reader` collects them. One made with ``tolerant=False`` takes
only what is accepted in both reading modes, such as NULL where parameters should be absent, and the kinds that it
names; everything else is refused, as it is without a log.

>>> from gmpki.asn1 import der
>>> log = QuirkLog()
>>> der.Reader(bytes.fromhex("01017F"), name="flag", quirks=log).boolean()
True
>>> print(log.quirks[0])
boolean at flag (byte 0)
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BER_FRAMING", "MAX_QUIRKS", "Quirk", "QuirkKind", "QuirkLog"]

# Hostile data can hold many departures; this many different ones say enough.
MAX_QUIRKS: Final = 256


class QuirkKind(str, Enum):
    """What was met. The values are stable and stand in reports."""

    # Encodings that BER allows and DER does not (X.690 clauses 8, 10 and 11).
    INDEFINITE_LENGTH = "indefinite-length"
    LONG_LENGTH = "long-length"
    CONSTRUCTED_STRING = "constructed-string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    UNUSED_BITS = "unused-bits"
    SET_ORDER = "set-order"
    EXPLICIT_DEFAULT = "explicit-default"
    NAMED_BITS = "named-bits"
    # Values that break the rules of their field.
    NEGATIVE_SERIAL = "negative-serial"
    ZERO_SERIAL = "zero-serial"
    LONG_SERIAL = "long-serial"
    TIME_FORM = "time-form"
    TEXT_ALPHABET = "text-alphabet"
    TEXT_TYPE = "text-type"
    NULL_PARAMETERS = "null-parameters"
    MISSING_PARAMETERS = "missing-parameters"
    OID_SYNONYM = "oid-synonym"
    EMPTY_SEQUENCE = "empty-sequence"
    VERSION = "version"
    IMPLICIT_TAG = "implicit-tag"
    ALGORITHM_MISMATCH = "algorithm-mismatch"
    # Extensions and attributes.
    MALFORMED_EXTENSION = "malformed-extension"
    DUPLICATE_EXTENSION = "duplicate-extension"
    ABSENT_ATTRIBUTES = "absent-attributes"
    DUPLICATE_ATTRIBUTE = "duplicate-attribute"
    UNWRAPPED_VALUE = "unwrapped-value"
    UNTYPED_VALUE = "untyped-value"
    # Electronic seals (GM/T 0031, GB/T 38540).
    FIELD_TAGGING = "field-tagging"
    HEADER_ID = "header-id"
    SEAL_TYPE = "seal-type"
    PICTURE_TYPE = "picture-type"
    CERTIFICATE_AS_TEXT = "certificate-as-text"
    CERTIFICATE_UNREADABLE = "certificate-unreadable"
    LIST_TYPE = "list-type"
    TIME_AS_TEXT = "time-as-text"
    # Keys and signatures.
    EXPLICIT_CURVE = "explicit-curve"
    WRAPPED_KEY = "wrapped-key"
    RAW_SIGNATURE = "raw-signature"
    EMPTY_USER_ID = "empty-user-id"
    OTHER_USER_ID = "other-user-id"
    WITHOUT_ZA = "without-za"
    # The signature holds for the DER of what came as BER, not for the bytes that came.
    NORMALISED = "normalised"


BER_FRAMING: Final = frozenset(
    (QuirkKind.INDEFINITE_LENGTH, QuirkKind.LONG_LENGTH, QuirkKind.CONSTRUCTED_STRING, QuirkKind.SET_ORDER)
)
"""How BER arranges the same values: what every reader of messages takes (RFC 5652 5.1 allows BER there)."""


class Quirk(NamedTuple):
    """One kind of departure at one place.

    :ivar offset: where it was met first, in bytes from the start of the data; -1 when it concerns no one place.
    :ivar times: how often it was met there.
    :ivar path: the field names from the outermost structure, with dots; empty when unknown.
    """

    kind: QuirkKind
    offset: int
    times: int
    path: str = ""

    def __str__(self) -> str:
        """Return one line for a report: kind, path, offset, and the count when it is above one."""
        where = f" at {self.path}" if self.path else ""
        byte = f" (byte {self.offset})" if self.offset >= 0 else ""
        return f"{self.kind.value}{where}{byte}{f', {self.times} times' if self.times > 1 else ''}"


class QuirkLog:
    """Collects quirks, the same kind at the same path only once with a count. A context: one thread at a time.

    :ivar tolerant: False when readers accept only what both reading modes accept, and ``accepted``.
    :ivar accepted: the kinds that are accepted though reading is not tolerant.
    :ivar dropped: how many were not kept because :data:`MAX_QUIRKS` different ones were there.
    """

    __slots__ = ("_seen", "accepted", "dropped", "tolerant")

    def __init__(self, *, tolerant: bool = True, accepted: frozenset[QuirkKind] = frozenset()) -> None:
        """Make an empty log."""
        self.tolerant = tolerant
        self.accepted = accepted
        self.dropped = 0
        self._seen: dict[tuple[QuirkKind, str], tuple[int, int]] = {}

    def accepts(self, kind: QuirkKind) -> bool:
        """Tell whether readers take this departure from the rules."""
        return self.tolerant or kind in self.accepted

    def note(self, kind: QuirkKind, offset: int = -1, path: str = "", *, times: int = 1) -> None:
        """Record a departure that was accepted."""
        seen = self._seen.get((kind, path))
        if seen is not None:
            self._seen[kind, path] = (seen[0], seen[1] + times)
        elif len(self._seen) < MAX_QUIRKS:
            self._seen[kind, path] = (offset, times)
        else:
            self.dropped += times

    def extend(self, quirks: Iterable[Quirk], path: str = "") -> None:
        """Record what another log took in data that stands under path here; its offsets do not count here."""
        for quirk in quirks:
            inner = f"{path}.{quirk.path}" if path and quirk.path else path or quirk.path
            self.note(quirk.kind, -1 if path else quirk.offset, inner, times=quirk.times)

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What was met, in the order it was met first."""
        if not self._seen:
            return ()
        return tuple(Quirk(kind, *seen, path) for (kind, path), seen in self._seen.items())

    def __len__(self) -> int:
        """Return how many different ones were kept."""
        return len(self._seen)

    def __bool__(self) -> bool:
        """Return True: a log that is empty is still a log."""
        return True
