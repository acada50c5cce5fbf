"""Seals of a log: a signature over everything before it, and what a witness keeps of it elsewhere.

Whoever holds the MAC key of a log could write another history; not beyond a seal, which only the holder of the signing
key can make. A seal at the end of a file that was cut off just behind it is still a good seal: that something is
missing shows only to who remembers a later :class:`Checkpoint`, kept where the log's keeper cannot change it.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.algorithms import sm3
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidSignature, InvalidTypeError
from gmpki.keys.interfaces import PublicKey, Signer
from gmpki.keys.pem import strict_base64
from gmpki.protect.log_record import LOG_ID_LEN, MAX_KEY_ID_LEN, Record, RecordKind, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gmpki.x509.certificate import Certificate

__all__ = ["Checkpoint", "Header", "SealWords", "SignerKeys", "seal_contents"]

_SIGNED: Final = b"gmpki log seal 1\n"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_HEADER_WORDS: Final = ("version", "log", "part", "key")
_SEAL_WORDS: Final = ("log", "part", "key", "signer", "algorithm", "signature")
_CHECKPOINT: Final = re.compile(r"gmpki-log ([0-9a-f]{32}) ([1-9][0-9]{0,17}) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Up to where a log had come: what to keep elsewhere, and to compare the log with later. Immutable; thread-safe.

    It is no secret. The digest stands for every byte of the log up to and with that record.

    :ivar log_id: which log, 16 bytes.
    :ivar number: the number of its last record.
    :ivar head: the digest of that record, 32 bytes.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one has the wrong length, or the number is not 1 to 10^18 - 1.
    """

    log_id: bytes
    number: int
    head: bytes

    def __post_init__(self) -> None:
        for name, length in (("log_id", LOG_ID_LEN), ("head", sm3.DIGEST_LEN)):
            if len(_inputs.as_bytes(getattr(self, name), name)) != length:
                raise InvalidInputError(f"{name} must be {length} bytes")
        _inputs.number(self.number, 1, 10**18 - 1, "number")

    def __str__(self) -> str:
        return f"gmpki-log {self.log_id.hex()} {self.number} {self.head.hex()}"

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read what ``str()`` of a checkpoint gives; white space around it does not count.

        :raises InvalidTypeError: when it is no text.
        :raises DecodeError: when it is anything else.
        """
        found = _CHECKPOINT.fullmatch(_inputs.as_text(text, "a checkpoint").strip())
        if found is None:
            raise DecodeError("a checkpoint is the word gmpki-log, the id of a log, a number and a digest")
        return cls(bytes.fromhex(found[1]), int(found[2]), bytes.fromhex(found[3]))


@dataclass(frozen=True, slots=True)
class Header:
    """What the first record of a file says.

    :ivar part: which file of the log it is, from 1.
    :ivar key_id: the key whose MACs the file has.
    """

    log_id: bytes
    part: int
    key_id: bytes

    @classmethod
    def of(cls, record: Record) -> Header:
        """Read the contents of a record that begins a file.

        :raises DecodeError: when it is none, or of a version that is not known.
        """
        if record.kind is not RecordKind.LOG:
            raise DecodeError("the first record of a file of a log begins the log; this one does not")
        found = words(record.contents, _HEADER_WORDS)
        if found["version"] != "1":
            raise DecodeError(f"a log of version {found['version'][:20]}; version 1 is read")
        return cls(*_which(found))

    def contents(self) -> bytes:
        """Return the contents of the record."""
        return f"version=1 log={self.log_id.hex()} part={self.part} key={self.key_id.hex()}".encode("ascii")


@dataclass(frozen=True, slots=True)
class SealWords:
    """What a seal says besides the fields of every record.

    :ivar signer: the SM3 of the signer's SubjectPublicKeyInfo, 32 bytes.
    """

    header: Header
    signer: bytes
    algorithm: AlgorithmIdentifier
    signature: bytes

    @classmethod
    def of(cls, record: Record) -> SealWords:
        """Read the contents of a seal.

        :raises DecodeError: when it is none.
        """
        if record.kind is not RecordKind.SEAL:
            raise DecodeError(f"record {record.number} is no seal")
        found = words(record.contents, _SEAL_WORDS)
        signer = _hex(found["signer"], sm3.DIGEST_LEN)
        algorithm = AlgorithmIdentifier.from_der(_base64(found["algorithm"]))
        return cls(Header(*_which(found)), signer, algorithm, _base64(found["signature"]))


def seal_contents(front: bytes, header: Header, signer: Signer) -> bytes:
    """Sign a seal and return its contents.

    :param front: what stands before the contents in the body of the record: number, time, digest of the record before.
    :raises GmpkiError: what the signer raises.
    """
    algorithm = base64.b64encode(signer.signature_algorithm.to_der()).decode("ascii")
    identifier = sm3.digest(signer.public_key.to_der()).hex()
    which = f"log={header.log_id.hex()} part={header.part} key={header.key_id.hex()}"
    signed = f"{which} signer={identifier} algorithm={algorithm}".encode("ascii")
    signature = signer.sign(_SIGNED + front + signed)
    return signed + b" signature=" + base64.b64encode(signature)


class SignerKeys:
    """The keys of those who may seal. Immutable; thread-safe."""

    __slots__ = ("_keys",)

    def __init__(self, signers: Iterable[Certificate | PublicKey]) -> None:
        """Take certificates or public keys; that they are to be trusted is for the caller to know.

        :raises InvalidTypeError: when one is neither.
        :raises InvalidInputError: when the keyUsage of a certificate does not allow signatures.
        :raises GmpkiError: as :func:`~gmpki.keys.loader.load_public_key_info`, when a key cannot be loaded.
        """
        self._keys = {}
        for signer in _inputs.iterated(signers, "signers"):
            key = _key_of(signer)
            self._keys[sm3.digest(key.to_der())] = key

    def __bool__(self) -> bool:
        return bool(self._keys)

    def verify(self, record: Record, header: Header) -> None:
        """Verify a seal of a log.

        :raises InvalidSignature: when it does not hold, is that of another log, or its signer is not among these.
        """
        from gmpki.x509.signatures import verify_signed

        try:
            found = SealWords.of(record)
        except GmpkiError as error:
            raise InvalidSignature(f"the seal cannot be read: {error}") from error
        if found.header != header:
            raise InvalidSignature("the seal is one of another log, or of another part of this one")
        key = self._keys.get(found.signer)
        if key is None:
            raise InvalidSignature(f"the seal was made with another key, whose SM3 is {found.signer.hex()}")
        signed = record.body.rpartition(b" signature=")[0]
        try:
            verify_signed(key, found.algorithm, found.signature, _SIGNED + signed)
        except InvalidSignature:
            raise
        except GmpkiError as error:
            raise InvalidSignature(f"the seal cannot be verified: {error}") from error


def _key_of(signer: object) -> PublicKey:
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.profile import SIGNING_USAGES

    if isinstance(signer, Certificate):
        usages = signer.key_usage
        if usages is not None and not usages & SIGNING_USAGES:
            raise InvalidInputError(f"the keyUsage of the certificate of {signer.subject} does not allow signatures")
        return signer.public_key
    if not isinstance(signer, PublicKey):
        raise InvalidTypeError(f"a signer is a Certificate or a public key, not {type(signer).__name__}")
    return signer


def _which(found: Mapping[str, str]) -> tuple[bytes, int, bytes]:
    """Read the words that say which log, part and key."""
    log_id = _hex(found["log"], LOG_ID_LEN)
    if _NUMBER.fullmatch(found["part"]) is None:
        raise DecodeError("the number of a part is written in digits, from 1")
    return log_id, int(found["part"]), _hex(found["key"], 1, MAX_KEY_ID_LEN)


def _hex(text: str, least: int, most: int | None = None) -> bytes:
    if re.fullmatch(rf"(?:[0-9a-f]{{2}}){{{least},{most or least}}}", text) is None:
        raise DecodeError(f"{least} bytes in hexadecimal digits should stand here")
    return bytes.fromhex(text)


def _base64(text: str) -> bytes:
    data = strict_base64(text.encode("ascii"))
    if data is None:
        raise DecodeError("base64 should stand here")
    return data
