"""SM2 public keys: verify, encrypt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import iterated, iterator
from gmpki.algorithms import sm2
from gmpki.algorithms.sm2 import DEFAULT_USER_ID, CiphertextFormat, CurvePoint, MessageDigest, PointFormat
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.errors import DecodeError, InvalidInputError, InvalidSignature, InvalidTypeError
from gmpki.keys import ec_forms, pem
from gmpki.keys._immutable import Immutable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = ["SIGNATURE_ALGORITHM", "SM2PublicKey", "verify_batch"]

SIGNATURE_ALGORITHM: Final = AlgorithmIdentifier(oids.SM2_WITH_SM3)
_PART: Final = 256


class SM2PublicKey(Immutable):
    """An SM2 public key: a point on sm2p256v1. Immutable; thread-safe. Equal keys compare equal.

    :standard: GB/T 32918.1-2016 6.2; GB/T 35276-2017 7.1
    """

    __slots__ = ("_der", "_point")
    _der: bytes
    _point: CurvePoint

    def __init__(self, point: CurvePoint) -> None:
        """Wrap a point; :meth:`from_bytes` and :meth:`from_hex` decode one.

        :raises InvalidTypeError: when point is no :class:`~gmpki.algorithms.sm2.CurvePoint`.
        """
        if not isinstance(point, CurvePoint):
            raise InvalidTypeError(
                f"an SM2PublicKey is made by from_bytes or from_hex, not from {type(point).__name__}"
            )
        object.__setattr__(self, "_point", point)

    @classmethod
    def from_bytes(cls, encoded: Buffer) -> SM2PublicKey:
        """Decode a point of 65 bytes (04, x, y), 64 (x, y) or 33 (02 or 03, x).

        :raises InvalidTypeError: when it is not a buffer; text goes to :meth:`from_hex`.
        :raises InvalidInputError: when it has another length.
        :raises InvalidPointError: when it is not a point on the curve.
        """
        return cls(CurvePoint.from_bytes(encoded))

    @classmethod
    def from_hex(cls, text: str) -> SM2PublicKey:
        """Decode a point written as 130, 128 or 66 hexadecimal digits.

        :raises InvalidTypeError: when it is not ``str``.
        :raises InvalidInputError: when it is not hexadecimal, or of another length.
        :raises InvalidPointError: when it is not a point on the curve.
        """
        return cls(CurvePoint.from_bytes(unhex(text, "public key")))

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier:
        """SM2-with-SM3, parameters absent."""
        return SIGNATURE_ALGORITHM

    # ---- signatures ---------------------------------------------------------------------
    def digest(self, message: Buffer, *, user_id: Buffer | None = None) -> bytes:
        """Return e = SM3(ZA || message), the 32 bytes that :meth:`verify_digest` and a token's sign function take.

        :param user_id: the signer's id, 0 to 8191 bytes; None is ``1234567812345678``.
        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when the user id is too long.
        :standard: GB/T 32918.2-2016 5.5 and 6.1 A1, A2
        """
        return sm2.digest(self._point, message, effective_user_id(user_id))

    def message_digest(self, *, user_id: Buffer | None = None) -> MessageDigest:
        """Return a running e = SM3(ZA || message), for a message that comes in pieces; errors as :meth:`digest`."""
        return MessageDigest(self._point, effective_user_id(user_id))

    def za(self, *, user_id: Buffer | None = None) -> bytes:
        """Return ZA, the 32 bytes that stand for the user id and this key; errors as :meth:`digest`."""
        return sm2.za(self._point, effective_user_id(user_id))

    def verify(self, signature: Buffer, message: Buffer, *, user_id: Buffer | None = None) -> None:
        """Verify the signature of a message.

        :param signature: strict DER, or r, s as 64 bytes.
        :param user_id: the signer's id, 0 to 8191 bytes; None is ``1234567812345678``.
        :raises InvalidSignature: when it does not hold, or is in neither encoding.
        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when the user id is too long.
        :standard: GB/T 32918.2-2016 7.1
        """
        identity = effective_user_id(user_id)
        raw = _raw_signature(signature)
        try:
            sm2.verify(self._point, raw, message, identity)
        except InvalidSignature as error:
            raise InvalidSignature(f"{error}; {_how_read(signature, raw)}") from None

    def verify_digest(self, signature: Buffer, digest: Buffer) -> None:
        """Verify the signature of e, the 32 bytes that :meth:`digest` returns; never of a message or its plain hash.

        :param signature: strict DER, or r, s as 64 bytes.
        :raises InvalidSignature: when it does not hold, or is in neither encoding.
        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when digest is not 32 bytes.
        :standard: GB/T 32918.2-2016 7.1 B3 to B7
        """
        raw = _raw_signature(signature)
        try:
            sm2.verify_digest(self._point, raw, digest)
        except InvalidSignature as error:
            raise InvalidSignature(f"{error}; {_how_read(signature, raw)}") from None

    def verify_batch(
        self, items: Iterable[tuple[Buffer, Buffer]], *, user_id: Buffer | None = None
    ) -> list[InvalidSignature | None]:
        """Verify the signatures of many messages; return ``None`` for each that holds, the error for each other.

        It raises nothing for a signature that does not hold: look at every result.

        :param items: pairs of a signature (strict DER, or r, s as 64 bytes) and its message.
        :param user_id: the signer's id, 0 to 8191 bytes; None is ``1234567812345678``.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the user id is too long.
        :standard: GB/T 32918.2-2016 7.1
        """
        return verify_batch((self._with(item) for item in iterator(items, "items")), user_id=user_id)

    def _with(self, item: tuple[Buffer, Buffer]) -> tuple[SM2PublicKey, Buffer, Buffer]:
        if type(item) is not tuple or len(item) != 2:
            raise InvalidTypeError("an item must be a tuple of a signature and a message")
        return self, item[0], item[1]

    def is_valid(self, signature: Buffer, message: Buffer, *, user_id: Buffer | None = None) -> bool:
        """Tell whether :meth:`verify` accepts a signature.

        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when the user id is too long.
        """
        try:
            self.verify(signature, message, user_id=user_id)
        except InvalidSignature:
            return False
        return True

    def standard_signature(self, signature: Buffer) -> bytes:
        """Return a signature as DER, whichever of the two encodings it has.

        :raises InvalidSignature: when it is in neither.
        :raises InvalidTypeError: when it is not a buffer.
        """
        return sm2.signature_to_der(_raw_signature(signature))

    # ---- encryption ---------------------------------------------------------------------
    def encrypt(self, message: Buffer, *, fmt: CiphertextFormat = CiphertextFormat.DER) -> bytes:
        """Encrypt 1 byte to 64 MiB, most often a symmetric key.

        :param fmt: the form of the ciphertext: DER as GB/T 35276 has it, or one of the raw ones.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the message is empty or too long, or fmt no single format.
        :raises RandomSourceError: when the random source fails.
        :standard: GB/T 32918.4-2016 6.1
        """
        return sm2.encrypt(self._point, message, fmt)

    # ---- encodings ----------------------------------------------------------------------
    def to_bytes(self, fmt: PointFormat = PointFormat.UNCOMPRESSED) -> bytes:
        """Return the point: 65 bytes (04, x, y), 64 (x, y) or 33 (02 or 03, x).

        :raises InvalidTypeError: when fmt is no PointFormat.
        """
        return self._point.to_bytes(fmt)

    def to_hex(self, fmt: PointFormat = PointFormat.UNCOMPRESSED) -> str:
        """Return the point in hexadecimal digits; errors as :meth:`to_bytes`."""
        return self._point.to_bytes(fmt).hex()

    def to_der(self) -> bytes:
        """Return the DER of SubjectPublicKeyInfo (RFC 5480), which :func:`~gmpki.keys.loader.load_public_key` reads."""
        der: bytes | None = getattr(self, "_der", None)
        if der is None:  # encoded when it is first asked for
            der = ec_forms.sm2_public_info(self._point.to_bytes()).to_der()
            object.__setattr__(self, "_der", der)
        return der

    def to_pem(self) -> bytes:
        """Return the same as PEM, ``PUBLIC KEY``."""
        return pem.write_pem("PUBLIC KEY", self.to_der())

    def __eq__(self, other: object) -> bool:
        return self._point == other._point if isinstance(other, SM2PublicKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._point)

    def __repr__(self) -> str:
        return f"<SM2PublicKey {self.to_hex(PointFormat.COMPRESSED)}>"

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        return SM2PublicKey.from_bytes, (self._point.to_bytes(),)


def verify_batch(
    items: Iterable[tuple[SM2PublicKey, Buffer, Buffer]], *, user_id: Buffer | None = None
) -> list[InvalidSignature | None]:
    """Verify many signatures under any keys; return ``None`` for each that holds, the error for each that does not.

    It raises nothing for a signature that does not hold: look at every result.

    :param items: a public key, a signature (strict DER, or r, s as 64 bytes) and its message, for each.
    :param user_id: the signers' id, 0 to 8191 bytes; None is ``1234567812345678``.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the user id is too long.
    :standard: GB/T 32918.2-2016 7.1
    """
    results: list[InvalidSignature | None] = []
    rest, identity = iterator(items, "items"), effective_user_id(user_id)
    while part := iterated(rest, "items", most=_PART):
        found: list[InvalidSignature | None] = [None] * len(part)
        readable: list[tuple[CurvePoint, bytes, Buffer]] = []
        places: list[int] = []
        for i, item in enumerate(part):
            point, signature, message = _split(item)
            try:
                readable.append((point, _raw_signature(signature), message))
                places.append(i)
            except InvalidSignature as error:
                found[i] = error
        for i, result in zip(places, sm2.verify_batch(readable, identity), strict=True):
            found[i] = result
        results += found
    return results


def _split(item: tuple[SM2PublicKey, Buffer, Buffer]) -> tuple[CurvePoint, Buffer, Buffer]:
    if type(item) is not tuple or len(item) != 3 or not isinstance(item[0], SM2PublicKey):
        raise InvalidTypeError("an item must be a tuple of an SM2PublicKey, a signature and a message")
    return item[0]._point, item[1], item[2]


def effective_user_id(user_id: Buffer | None) -> Buffer:
    """Return the user id, or the default one for None."""
    return DEFAULT_USER_ID if user_id is None else user_id


def _raw_signature(signature: Buffer) -> bytes:
    """Return r, s; a signature in no encoding is one that does not hold."""
    try:
        return sm2.parse_signature(signature)
    except DecodeError as error:
        raise InvalidSignature(f"{error}{_broken_rule(signature)}") from None


def _broken_rule(signature: Buffer) -> str:
    """Say which rule of DER a signature breaks that begins like DER; signatures that others swallow end here."""
    if bytes(memoryview(signature))[:1] != b"\x30":
        return ""
    from gmpki.asn1.gmt0009 import SM2Signature

    try:
        SM2Signature.from_der(signature)
    except DecodeError as error:
        return f"; as DER: {error}"
    return ""


def _how_read(signature: Buffer, raw: bytes) -> str:
    form = "64 raw bytes r, s" if bytes(memoryview(signature)) == raw else "DER"
    return f"it was read as {form}; gmpki.keys.diagnose.diagnose_signature tells what may have been signed"


def unhex(text: str, what: str) -> bytes:
    """Return the bytes of hexadecimal text; errors as :meth:`SM2PublicKey.from_hex`."""
    if not isinstance(text, str):
        raise InvalidTypeError(f"from_hex takes str, not {type(text).__name__}; bytes go to from_bytes")
    try:
        return bytes.fromhex(text.strip().removeprefix("0x"))
    except ValueError:
        raise InvalidInputError(f"the {what} is not hexadecimal text of whole bytes") from None
