"""What a row of the table of bad inputs is, the good messages it starts from, and how they are spoilt in structure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cms import envelope_examples as envelopes
from cms import signers
from gmpki.asn1 import der
from gmpki.cms import (
    MessageProfile,
    decrypt,
    decrypt_with_key,
    digest_content,
    encrypt_with_key,
    open_signed_and_enveloped,
    read_bundle,
    read_digested,
    sign_and_encrypt,
    verify,
    write_bundle,
)
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, LimitExceeded
from gmpki.tsa import TokenVerifier
from tsa.scene import DATA as STAMPED
from tsa.scene import scene

KEY = bytes(range(16))


@dataclass(frozen=True)
class Row:
    """One bad input.

    :ivar how: how it is made from a good one.
    :ivar call: makes it and hands it in.
    :ivar says: the reason code of the error, or a part of its message.
    """

    id: str
    how: str
    call: Callable[[], object]
    error: type[GmpkiError]
    says: str


@dataclass(frozen=True)
class Kind:
    """A kind of message: a good one, and who reads it."""

    good: bytes
    read: Callable[[bytes], object]


KINDS = {
    "signed": Kind(signers.message(), lambda data: verify(data, signers.trust())),
    "envelope": Kind(envelopes.CBC, lambda data: decrypt(data, envelopes.KEYS)),
    "authenticated": Kind(envelopes.GCM, lambda data: decrypt(data, envelopes.KEYS)),
    "signed-and-enveloped": Kind(
        sign_and_encrypt(b"content", signers.person().spec(attributes=False), [envelopes.PAIR]),
        lambda data: open_signed_and_enveloped(data, envelopes.KEYS, signers.trust()),
    ),
    "encrypted": Kind(encrypt_with_key(b"content", KEY), lambda data: decrypt_with_key(data, KEY)),
    "digested": Kind(digest_content(b"content", profile=MessageProfile.RFC5652), read_digested),
    "time-stamp": Kind(scene().token(), lambda data: TokenVerifier(scene().trust()).verify(data, STAMPED)),
    "bundle": Kind(write_bundle([signers.root()]), read_bundle),
}


# ---- taking apart and putting together ----------------------------------------------------
def fields_of(encoded: bytes) -> list[bytes]:
    """Return the elements inside a constructed one."""
    reader = der.Reader(encoded).inside(encoded[0])
    found = []
    while not reader.at_end():
        found.append(reader.exact(reader.peek() or 0))
    return found


def content_of(message: bytes) -> list[bytes]:
    """Return the fields of what a message holds."""
    return fields_of(fields_of(fields_of(message)[1])[0])


def with_content(message: bytes, *fields: bytes) -> bytes:
    """Return a message with other fields in it."""
    kind, _ = fields_of(message)
    return der.encode_sequence(kind, der.encode(0xA0, der.encode_sequence(*fields)))


def nested(depth: int) -> bytes:
    """Return so many SEQUENCEs inside each other."""
    inner = b""
    for _ in range(depth):
        inner = der.encode_sequence(inner)
    return inner


def _first_and_second_swapped(data: bytes) -> bytes:
    first, second, *rest = content_of(data)
    return with_content(data, second, first, *rest)


def _contents_length(data: bytes, length: bytes) -> bytes:
    """Write another length into the header of the message."""
    start = der.Reader(data).sequence().offset
    return data[:1] + length + data[start:]


# Each: how, what becomes of a good message, the error, and what it says.
SPOILT: dict[str, tuple[str, Callable[[bytes], bytes], type[GmpkiError], str]] = {
    "empty": ("no byte is left", lambda data: data[:0], InvalidInputError, "an empty file"),
    "first-byte-only": ("all but the first byte cut off", lambda data: data[:1], InvalidInputError, "none of these"),
    "cut-in-the-middle": ("the second half cut off", lambda data: data[: len(data) // 2], DecodeError, "are left"),
    "cut-by-one-byte": ("the last byte cut off", lambda data: data[:-1], DecodeError, "are left"),
    "a-byte-too-many": ("a zero byte behind it", lambda data: data + b"\x00", DecodeError, "1 bytes too many"),
    "twice-in-a-row": ("the same message behind it", lambda data: data * 2, DecodeError, "bytes too many"),
    "first-fields-swapped": ("its first two fields exchanged", _first_and_second_swapped, DecodeError, "expected"),
    "last-field-twice": (
        "its last field written twice",
        lambda data: with_content(data, *content_of(data), content_of(data)[-1]),
        DecodeError,
        "bytes too many",
    ),
    "first-field-gone": (
        "its version left out",
        lambda data: with_content(data, *content_of(data)[1:]),
        DecodeError,
        "INTEGER expected",
    ),
    "last-field-gone": (
        "its last field left out",
        lambda data: with_content(data, *content_of(data)[:-1]),
        DecodeError,
        "expected, but nothing is left",
    ),
    "no-fields": ("all its fields left out", with_content, DecodeError, "INTEGER expected"),
    "unknown-version": (
        "its version written as 99",
        lambda data: with_content(data, der.encode_integer(99), *content_of(data)[1:]),
        DecodeError,
        "too large",
    ),
    "padded-version": (
        "its version in two bytes",
        lambda data: with_content(data, b"\x02\x02\x00\x01", *content_of(data)[1:]),
        DecodeError,
        "unless reading is lenient: integer",
    ),
    "nested-too-deep-in-ber": (
        "a hundred thousand open SEQUENCEs of indefinite length",
        lambda _: b"\x30\x80" * 100_000,
        DecodeError,
        "nested too deeply",
    ),
    "never-closed": (
        "an indefinite length without its end",
        lambda data: b"\x30\x80" + b"".join(fields_of(data)),
        DecodeError,
        "header of an element",
    ),
    "length-of-two-gigabytes": (
        "a length of 2^31 - 1 in the header, which must not be allocated",
        lambda data: _contents_length(data, b"\x84\x7f\xff\xff\xff"),
        DecodeError,
        "an element of 2147483647 bytes",
    ),
    "length-of-nine-bytes": (
        "a length that takes nine bytes to write",
        lambda data: _contents_length(data, b"\x89" + bytes(8) + b"\x01"),
        DecodeError,
        "a length of 9 bytes",
    ),
    "too-many-elements": (
        "more than a million elements of BER",
        lambda data: b"\x30\x80" + fields_of(data)[0] + b"\xa0\x80" + b"\x05\x00" * 1_000_001 + bytes(4),
        LimitExceeded,
        "elements",
    ),
    "too-long": ("65 MiB of zeros behind it", lambda data: data + bytes(65 << 20), LimitExceeded, "at most"),
    "not-a-message": ("text instead", lambda _: "不是消息".encode(), InvalidInputError, "none of these"),
    "content-type-gone": (
        "the type of the message left out",
        lambda data: der.encode_sequence(fields_of(data)[1]),
        DecodeError,
        "OBJECT IDENTIFIER expected",
    ),
    "wrapped-twice": (
        "the content behind [0] wrapped once more",
        lambda data: der.encode_sequence(fields_of(data)[0], der.encode(0xA0, fields_of(data)[1])),
        DecodeError,
        "SEQUENCE expected",
    ),
    "content-of-another-kind": (
        "an OCTET STRING in the place of the content",
        lambda data: der.encode_sequence(fields_of(data)[0], der.encode(0xA0, der.encode_octet_string(data))),
        DecodeError,
        "SEQUENCE expected",
    ),
    "certificate-instead": ("a certificate", lambda _: signers.root().der, DecodeError, "OBJECT IDENTIFIER expected"),
}
# Work that is bounded before it is done: once is enough, and a time-out elsewhere says when it is not.
_ONCE = frozenset(("too-many-elements", "too-long", "nested-too-deep-in-ber", "not-a-message", "first-byte-only"))


def _read(kind: Kind, spoil: Callable[[bytes], bytes]) -> Callable[[], object]:
    return lambda: kind.read(spoil(kind.good))


def structure_rows() -> Iterator[Row]:
    """Spoil every kind of message in every way."""
    for name, kind in KINDS.items():
        for way, (how, spoil, error, says) in SPOILT.items():
            if way not in _ONCE or name == "signed":
                yield Row(f"{name}:{way}", f"a good {name} message, {how}", _read(kind, spoil), error, says)


def rows(*found: tuple[str, str, Callable[[], object], type[GmpkiError], str]) -> list[Row]:
    """Make rows."""
    return [Row(*row) for row in found]
