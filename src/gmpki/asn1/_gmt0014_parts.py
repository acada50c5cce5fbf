"""What the messages of GM/T 0014 are made of: lists of alternatives, what is signed, texts of several types."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.asn1.der import Reader

__all__ = [
    "MAX_TASKS",
    "VERSION",
    "InfoText",
    "NumberAlone",
    "Signed",
    "Task",
    "TextForm",
    "check_tasks",
    "encode_tasks",
    "number",
    "read_tasks",
    "read_version",
    "text",
]

MAX_TASKS: Final = 1000
"""The most requests of one message, and the most answers."""
VERSION: Final = 1
_MAX_PARTS: Final = 16
_MAX_NUMBER: Final = (1 << 160) - 1


class Task(Schema):
    """One of the alternatives of a list, which a context tag tells apart."""

    __slots__ = ()

    @classmethod
    @abstractmethod
    def read(cls: type[_T], reader: Reader, name: str = "", *, tag: int = der.Tag.SEQUENCE) -> _T:
        """Read the structure, under the tag that stands in the place of that of a SEQUENCE."""


_T = TypeVar("_T", bound=Task)


class TextForm(Enum):
    """What type a text has for which implementations differ."""

    IA5 = "IA5String"
    OCTETS = "OCTET STRING"
    FREE_TEXT = "PKIFreeText"
    """``SEQUENCE OF UTF8String`` (RFC 4210)."""


@dataclass(frozen=True, slots=True)
class InfoText:
    """A text whose type implementations differ in. Immutable.

    :ivar parts: its bytes: one part, or for ``FREE_TEXT`` 1 to 16.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when there are too few or too many parts.
    """

    parts: tuple[bytes, ...]
    form: TextForm = TextForm.IA5

    def __post_init__(self) -> None:
        _inputs.member(self.form, TextForm, "form")
        _inputs.member(self.parts, tuple, "parts")
        if not 1 <= len(self.parts) <= (_MAX_PARTS if self.form is TextForm.FREE_TEXT else 1):
            raise InvalidInputError(f"a text of {len(self.parts)} parts as {self.form.value}")

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> InfoText:
        """Read a text of any of the three types."""
        if reader.next_is(der.Tag.OCTET_STRING):
            return cls((reader.octet_string(name),), TextForm.OCTETS)
        if reader.next_is(der.Tag.IA5_STRING):
            return cls((reader.ia5_string(name).encode("ascii"),), TextForm.IA5)
        parts: list[bytes] = []
        with reader.sequence(name) as inside:
            while not inside.at_end():
                if len(parts) == _MAX_PARTS:
                    raise inside.error(f"more than {_MAX_PARTS} parts of a text")
                parts.append(inside.utf8_string().encode("utf-8"))
            if not parts:
                raise inside.error("a text without parts")
        return cls(tuple(parts), TextForm.FREE_TEXT)

    def to_der(self) -> bytes:
        """Encode the text in its form.

        :raises InvalidInputError: when a part is not of the alphabet of the form.
        """
        if self.form is TextForm.OCTETS:
            return der.encode_octet_string(self.parts[0])
        try:
            if self.form is TextForm.IA5:
                return der.encode_ia5_string(self.parts[0].decode("ascii"))
            return der.encode_sequence(*(der.encode_utf8_string(part.decode("utf-8")) for part in self.parts))
        except UnicodeDecodeError:
            raise InvalidInputError(f"not a text that {self.form.value} can hold") from None


@dataclass(frozen=True, slots=True)
class NumberAlone(Task):
    """``SEQUENCE { userCertNo INTEGER }``."""

    certificate_number: int

    @classmethod
    def read(cls: type[_N], reader: Reader, name: str = "", *, tag: int = der.Tag.SEQUENCE) -> _N:
        """Read the structure."""
        with reader.sequence(name, tag=tag) as fields:
            return cls(number(fields, "userCertNo"))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(der.encode_integer(self.certificate_number))


_N = TypeVar("_N", bound=NumberAlone)


@dataclass(frozen=True, slots=True)
class Signed(Schema):
    """``SEQUENCE { content, signatureAlgorithm AlgorithmIdentifier, signatureValue OCTET STRING }``.

    :ivar content: the exact DER that was signed.
    """

    content: bytes
    signature_algorithm: AlgorithmIdentifier
    signature: bytes

    @classmethod
    def read(cls: type[_G], reader: Reader, name: str = "") -> _G:
        """Read the structure."""
        with reader.sequence(name) as fields:
            return cls(
                fields.exact(der.Tag.SEQUENCE, "content"),
                AlgorithmIdentifier.read(fields, "signatureAlgorithm"),
                fields.octet_string("signatureValue"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            _inputs.as_bytes(self.content, "content"),
            der_of(self.signature_algorithm, AlgorithmIdentifier, "signature_algorithm"),
            der.encode_octet_string(self.signature),
        )


_G = TypeVar("_G", bound=Signed)


def number(fields: Reader, name: str) -> int:
    """Read a number that is not negative and has at most 20 bytes."""
    return fields.integer(name, minimum=0, maximum=_MAX_NUMBER)


def text(fields: Reader, number: int, name: str) -> InfoText | None:
    """Read ``[number] EXPLICIT`` text ``OPTIONAL``."""
    if not fields.next_is(der.Tag.context(number, constructed=True)):
        return None
    with fields.explicit(number, name) as inside:
        return InfoText.read(inside)


def read_version(fields: Reader) -> None:
    """Read the version, which is 1."""
    at = fields.offset
    if fields.integer("version") != VERSION:
        fields.tolerate(QuirkKind.VERSION, "version 1 is the only one", "version", offset=at)


def check_tasks(tasks: tuple[object, ...]) -> None:
    """Check how many there are.

    :raises InvalidTypeError: when they are no tuple.
    :raises InvalidInputError: when there are none, or more than 1000.
    """
    _inputs.member(tasks, tuple, "the list")
    if not 1 <= len(tasks) <= MAX_TASKS:
        raise InvalidInputError(f"a message has 1 to {MAX_TASKS} parts, not {len(tasks)}")


def read_tasks(fields: Reader, name: str, kinds: Mapping[int, type[_T]]) -> tuple[tuple[_T, ...], bool]:
    """Read the alternatives of a list, and tell whether they are tagged explicitly: all of them, or none."""
    tasks: list[_T] = []
    forms: set[bool] = set()
    tags = {int(der.Tag.context(number, constructed=True)): kind for number, kind in kinds.items()}
    with fields.sequence(name) as inside:
        while not inside.at_end():
            if len(tasks) == MAX_TASKS:
                raise inside.error(f"more than {MAX_TASKS} parts of a message")
            tag = inside.peek()
            kind = tags.get(tag) if tag is not None else None
            if tag is None or kind is None:
                raise inside.error(f"one of [0] to [{len(kinds) - 1}] expected")
            explicit = _is_explicit(inside, tag)
            forms.add(explicit)
            if explicit:
                with inside.inside(tag) as wrapped:
                    tasks.append(kind.read(wrapped))
            else:
                tasks.append(kind.read(inside, tag=tag))
        if not tasks:
            raise inside.error("a message without parts")
        if len(forms) > 1:
            raise inside.error("some of the parts are tagged explicitly and some implicitly")
    return tuple(tasks), forms.pop()


def _is_explicit(fields: Reader, tag: int) -> bool:
    """Tell whether a tag stands before a SEQUENCE or in its place: then it has more in it than one SEQUENCE alone."""
    at = fields.offset
    inside = fields.inside(tag)
    alone = inside.next_is(der.Tag.SEQUENCE)
    if alone:
        inside.exact(der.Tag.SEQUENCE)
        alone = inside.at_end()
    fields.go_back(at)
    return alone


def encode_tasks(tasks: tuple[Task, ...], kinds: Mapping[int, type[Task]], *, explicit: bool) -> bytes:
    """Encode a list of alternatives.

    :raises InvalidInputError: when one is none of them.
    """
    encode = der.encode_explicit if explicit else der.encode_implicit
    numbers = {kind: number for number, kind in kinds.items()}
    parts = []
    for task in tasks:
        number = numbers.get(type(task))
        if number is None:
            raise InvalidInputError(f"{type(task).__name__} is none of the parts of this message")
        parts.append(encode(number, task.to_der()))
    return der.encode_sequence(*parts)
