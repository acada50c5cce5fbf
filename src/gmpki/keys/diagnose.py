"""Finding out why a signature does not hold or a ciphertext does not open: a diagnosis, never a verification.

Most failures between products come from another user id, another encoding, or a digest where a message was meant.
Everything here works on public data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from gmpki._inputs import as_bytes
from gmpki.algorithms import sm2, sm3
from gmpki.asn1 import der
from gmpki.errors import DecodeError, InvalidSignature, InvalidTypeError, StateError
from gmpki.keys.sm2_public import SM2PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

__all__ = ["TLS13_USER_ID", "SignatureDiagnosis", "describe_ciphertext", "diagnose_signature"]

#: The user id of SM2 signatures in TLS 1.3 (RFC 8998 3.2.1).
TLS13_USER_ID: Final = b"TLSv1.3+GM+Cipher+Suite"

_NUMBER_LEN: Final = 32
_RAW_LEN: Final = 64
_DIGEST_LEN: Final = 32
_POINT_LEN: Final = 64
_C3_LEN: Final = 32


@dataclass(frozen=True, slots=True)
class SignatureDiagnosis:
    """What :func:`diagnose_signature` found. Immutable; thread-safe. It has no truth value on purpose.

    :ivar matched: each combination of an encoding and of what was signed under which the numbers fit.
    :ivar tried: every combination that was tried.
    """

    matched: tuple[str, ...]
    tried: tuple[str, ...]

    def __bool__(self) -> NoReturn:
        raise StateError("a diagnosis is not a verification: call verify with what it found, if that may be trusted")

    def __str__(self) -> str:
        if self.matched:
            return "the signature fits " + "; or ".join(self.matched)
        return "the signature fits none of: " + "; ".join(self.tried)


def diagnose_signature(
    public_key: SM2PublicKey, signature: Buffer, message: Buffer, *, user_ids: Sequence[Buffer] = ()
) -> SignatureDiagnosis:
    """Try the encodings, user ids and digests that products are known to use, and tell which fit.

    The result must never decide whether a signature is accepted: a signature over a bare digest, for instance, can be
    made for any message by anyone who finds one for a digest.

    :param user_ids: a list or tuple of ids to try besides the default, the empty one and that of TLS 1.3.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a user id is longer than 8191 bytes.
    """
    if not isinstance(public_key, SM2PublicKey):
        raise InvalidTypeError(f"public_key must be an SM2PublicKey, not {type(public_key).__name__}")
    data = as_bytes(signature, "the signature")
    content = as_bytes(message, "the message")
    if not isinstance(user_ids, (list, tuple)):
        raise InvalidTypeError(f"user_ids is a sequence of ids, not one {type(user_ids).__name__}")
    digests = list(_digests(public_key, content, [as_bytes(user_id, "a user id") for user_id in user_ids]))
    matched: list[str] = []
    tried: list[str] = []
    for encoding, raw in _readings(data):
        for what, e in digests:
            label = f"{encoding}, over {what}"
            tried.append(label)
            try:
                public_key.verify_digest(raw, e)
            except InvalidSignature:
                continue
            matched.append(label)
    if not tried:
        tried.append(
            f"{len(data)} bytes that are no signature: neither a SEQUENCE of two INTEGERs nor {_RAW_LEN} bytes"
        )
    return SignatureDiagnosis(tuple(matched), tuple(tried))


def _digests(public_key: SM2PublicKey, message: bytes, user_ids: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    names = {sm2.DEFAULT_USER_ID: "the default user id", b"": "the empty user id", TLS13_USER_ID: "the TLS 1.3 user id"}
    for user_id in dict.fromkeys((*names, *user_ids)):
        name = names.get(user_id, f"the user id {user_id[:64]!r}")
        yield f"the message with {name}", public_key.digest(message, user_id=user_id)
    hashed = sm3.digest(message)
    yield "SM3 of the message, without ZA", hashed
    yield "SM3 of the message, signed as a message", public_key.digest(hashed)
    if len(message) == _DIGEST_LEN:
        yield "the 32 bytes of the message as e", message


def _readings(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Read r, s in every way that some product writes them."""
    try:
        yield "DER", sm2.signature_from_der(data)
    except DecodeError as error:
        lenient = _lenient_der(data)
        if lenient is not None:
            yield f"DER that breaks its rules ({error})", lenient
    if len(data) == _RAW_LEN:
        yield "raw r, s", data
        yield "raw s, r", data[_NUMBER_LEN:] + data[:_NUMBER_LEN]
        yield "raw r, s, little endian", data[_NUMBER_LEN - 1 :: -1] + data[: _NUMBER_LEN - 1 : -1]


def _lenient_der(data: bytes) -> bytes | None:
    """Return r, s of a SEQUENCE of two INTEGERs, each read as unsigned and however padded."""
    reader = der.Reader(data)
    try:
        with reader.sequence() as fields:
            numbers = [fields.octet_string(tag=der.Tag.INTEGER).lstrip(b"\x00") for _ in range(2)]
    except DecodeError:
        return None
    if any(len(number) > _NUMBER_LEN for number in numbers):
        return None
    return b"".join(number.rjust(_NUMBER_LEN, b"\x00") for number in numbers)


def describe_ciphertext(ciphertext: Buffer) -> str:
    """Say, without any key, what forms the bytes of an SM2 ciphertext can have.

    :raises InvalidTypeError: when it is not a buffer.
    """
    data = as_bytes(ciphertext, "the ciphertext")
    forms = []
    if data[:1] == b"\x30":
        forms.append(_describe_der(data))
    # What stands in front of C2: the form byte, the point, C3.
    bare = len(data) - _POINT_LEN - _C3_LEN
    compressed = len(data) - 1 - _NUMBER_LEN - _C3_LEN
    if data[:1] == b"\x04" and bare > 1:
        forms.append(f"04, C1, C3, C2 or 04, C1, C2, C3 of a message of {bare - 1} bytes")
    if data[:1] in (b"\x02", b"\x03") and compressed > 0:
        forms.append(f"compressed C1, C3, C2 of a message of {compressed} bytes")
    if bare > 0:
        forms.append(f"C1, C3, C2 or C1, C2, C3 without 04, of a message of {bare} bytes")
    if data and data.isascii() and data.decode("ascii").isprintable():
        forms.append("text: perhaps hexadecimal or base64, to be decoded first")
    shown = "; or ".join(forms) if forms else "no form of an SM2 ciphertext, the shortest of which has 66 bytes"
    return f"{len(data)} bytes: {shown}"


def _describe_der(data: bytes) -> str:
    from gmpki.asn1.gmt0009 import SM2Cipher

    try:
        cipher = SM2Cipher.from_der(data)
    except DecodeError as error:
        return f"DER, but not of an SM2Cipher: {error}"
    return f"DER of a message of {len(cipher.cipher_text)} bytes"
