"""The values that SKF functions take and give, in Python: handles, keys, what a device says of itself.

Byte strings have the sizes of the values, not of the fields of C: an SM2 public key is x || y in 64 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gmpki._inputs import as_bytes, number
from gmpki.errors import InvalidInputError

__all__ = [
    "AgreementHandle",
    "ApplicationHandle",
    "BlockCipherParam",
    "ContainerHandle",
    "DevInfo",
    "DeviceHandle",
    "DigestHandle",
    "FileAttribute",
    "Handle",
    "KeyHandle",
    "MacHandle",
    "PinState",
    "RsaPrivateKey",
    "RsaPublicKey",
]

MAX_RSA_LEN: Final = 256
_MAX_ULONG: Final = 0xFFFFFFFF
_MAX_IV_LEN: Final = 32


@dataclass(frozen=True, slots=True)
class Handle:
    """What a driver calls an object by. Immutable.

    :ivar value: the driver's number, never interpreted.
    :ivar device: the name of the device that the object belongs to, whose calls run one at a time.
    :ivar session: of the loaded driver, or of the process that runs it: no other one takes the handle.
    """

    value: int
    device: str
    session: int


@dataclass(frozen=True, slots=True)
class DeviceHandle(Handle):
    """A connected device."""


@dataclass(frozen=True, slots=True)
class ApplicationHandle(Handle):
    """An open application."""


@dataclass(frozen=True, slots=True)
class ContainerHandle(Handle):
    """An open container."""


@dataclass(frozen=True, slots=True)
class KeyHandle(Handle):
    """A session key."""


@dataclass(frozen=True, slots=True)
class DigestHandle(Handle):
    """A running digest."""


@dataclass(frozen=True, slots=True)
class MacHandle(Handle):
    """A running MAC."""


@dataclass(frozen=True, slots=True)
class AgreementHandle(Handle):
    """A key exchange that waits for the other side."""


@dataclass(frozen=True, slots=True)
class DevInfo:
    """DEVINFO: what a device says of itself. Immutable.

    :ivar version: of the structure, major and minor.
    :ivar alg_sym_cap: the SGD identifiers of its block ciphers, combined; likewise alg_asym_cap and alg_hash_cap.
    :ivar dev_auth_alg_id: the SGD identifier of the cipher of device authentication.
    :ivar total_space: bytes; likewise free_space, max_ecc_buffer_size and max_buffer_size.
    """

    version: tuple[int, int]
    manufacturer: str
    issuer: str
    label: str
    serial_number: str
    hw_version: tuple[int, int]
    firmware_version: tuple[int, int]
    alg_sym_cap: int
    alg_asym_cap: int
    alg_hash_cap: int
    dev_auth_alg_id: int
    total_space: int
    free_space: int
    max_ecc_buffer_size: int
    max_buffer_size: int


@dataclass(frozen=True, slots=True)
class PinState:
    """The state of a PIN. Immutable.

    :ivar tries_left: 0 when it is locked.
    """

    max_tries: int
    tries_left: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class FileAttribute:
    """FILEATTRIBUTE: size in bytes and rights of a file, as numbers of the standard. Immutable."""

    name: str
    size: int
    read_rights: int
    write_rights: int


@dataclass(frozen=True, slots=True)
class BlockCipherParam:
    """BLOCKCIPHERPARAM. Immutable.

    :ivar iv: empty for ECB, otherwise one block; at most 32 bytes.
    :ivar padding: 0 for none, 1 for PKCS#5.
    :ivar feedback_bits: for CFB and OFB, 0 otherwise.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when iv is too long, or a number is not one of 32 bits.
    """

    iv: bytes = b""
    padding: int = 0
    feedback_bits: int = 0

    def __post_init__(self) -> None:
        if len(as_bytes(self.iv, "iv")) > _MAX_IV_LEN:
            raise InvalidInputError(f"iv has at most {_MAX_IV_LEN} bytes")
        number(self.padding, 0, _MAX_ULONG, "padding")
        number(self.feedback_bits, 0, _MAX_ULONG, "feedback_bits")


@dataclass(frozen=True, slots=True)
class RsaPublicKey:
    """RSAPUBLICKEYBLOB. Immutable.

    :ivar bits: of the modulus, a multiple of 8 up to 2048.
    :ivar modulus: bits / 8 bytes, big-endian.
    :ivar exponent: at most 32 bits.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the modulus is not as long as bits says, or a number is out of range.
    """

    bits: int
    modulus: bytes
    exponent: int

    def __post_init__(self) -> None:
        _check_rsa(self.bits, self.modulus)
        number(self.exponent, 1, _MAX_ULONG, "exponent")


@dataclass(frozen=True, slots=True)
class RsaPrivateKey:
    """RSAPRIVATEKEYBLOB. Immutable; what is secret in it does not show in its representation.

    :ivar modulus: bits / 8 bytes, as private_exponent; the others half as many. Big-endian.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one is not as long as bits says, or a number is out of range.
    """

    bits: int
    modulus: bytes
    exponent: int
    private_exponent: bytes = field(repr=False)
    prime1: bytes = field(repr=False)
    prime2: bytes = field(repr=False)
    prime1_exponent: bytes = field(repr=False)
    prime2_exponent: bytes = field(repr=False)
    coefficient: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_rsa(self.bits, self.modulus)
        number(self.exponent, 1, _MAX_ULONG, "exponent")
        length = self.bits // 8
        _check_len(self.private_exponent, length, "private_exponent")
        for name in ("prime1", "prime2", "prime1_exponent", "prime2_exponent", "coefficient"):
            _check_len(getattr(self, name), length // 2, name)

    @property
    def public_key(self) -> RsaPublicKey:
        """Its public key."""
        return RsaPublicKey(self.bits, self.modulus, self.exponent)


def _check_rsa(bits: int, modulus: bytes) -> None:
    if number(bits, 16, 8 * MAX_RSA_LEN, "bits") % 16:
        raise InvalidInputError("bits must be a multiple of 16")
    _check_len(modulus, bits // 8, "modulus")


def _check_len(value: bytes, length: int, name: str) -> None:
    if len(as_bytes(value, name)) != length:
        raise InvalidInputError(f"{name} must be {length} bytes long, not {len(value)}")
