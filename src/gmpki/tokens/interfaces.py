"""The session with a token, whatever driver leads to it: driver, device, application, container.

A container holds a signing pair, an encryption pair and the certificates of both (GM/T 0016-2012 5.2). Its keys satisfy
the protocols of :mod:`gmpki.keys`, so that everything above takes them like any other key. What a driver can do beyond
that is asked for: each object says it in ``abilities``, and what is not among them raises
:class:`~gmpki.errors.TokenUnsupportedError`.

Errors common to every call: :class:`~gmpki.errors.TokenRemovedError` when the token is gone,
:class:`~gmpki.errors.TokenTimeoutError` when somebody else holds it, :class:`~gmpki.errors.DriverCrashedError` when a
driver in a process of its own ended, from then on for all that was opened in that process,
:class:`~gmpki.errors.TokenError` for any answer with no error of its own, and :class:`~gmpki.errors.StateError` after
``close``. Several threads may use one device: its calls run one at a time.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import TracebackType

    from typing_extensions import Buffer, Self

    from gmpki.algorithms.sm2 import Role
    from gmpki.keys.envelope import KeyEnvelope
    from gmpki.keys.interfaces import Decryptor, KeyAgreer, PublicKey, Signer
    from gmpki.x509.certificate import Certificate

__all__ = [
    "Ability",
    "Application",
    "Container",
    "Device",
    "DeviceEvent",
    "DeviceInfo",
    "EventKind",
    "FileInfo",
    "KeyUsage",
    "PinInfo",
    "PinRequest",
    "PinRole",
    "PinSource",
    "Rights",
    "SessionKey",
    "SessionKeyContainer",
    "SessionKeyExchange",
    "TokenDriver",
    "TokenKeyType",
]


class Ability(enum.Enum):
    """What a driver, a device, an application or a container can do beyond keeping one key pair."""

    TWO_KEY_PAIRS = "two-key-pairs"
    """A container keeps an encryption pair beside the signing pair."""
    CERTIFICATES = "certificates"
    FILES = "files"
    SESSION_KEYS = "session-keys"
    """Symmetric keys inside the token, made there or imported under the encryption key."""
    AGREEMENT = "agreement"
    """The SM2 key exchange with a key of the container, the agreed key coming out."""
    SESSION_KEY_AGREEMENT = "session-key-agreement"
    """The same, the agreed key staying inside as a session key."""
    DECRYPTION = "decryption"
    """Short messages decrypted by the encryption key, the plaintext coming out."""
    RANDOM = "random"
    EVENTS = "events"
    LOCK = "lock"
    LABEL = "label"
    PIN_UNBLOCK = "pin-unblock"
    DEVICE_AUTHENTICATION = "device-authentication"
    MANAGE_APPLICATIONS = "manage-applications"
    """Applications can be created and deleted."""
    MANAGE_CONTAINERS = "manage-containers"
    IMPORT_KEY_PAIR = "import-key-pair"
    """The encryption pair can be imported under the signing key."""


class KeyUsage(enum.Enum):
    """Which of a container's two pairs."""

    SIGNING = "signing"
    ENCRYPTION = "encryption"


class TokenKeyType(enum.Enum):
    """What kind of key a container keeps or is asked to make."""

    SM2 = "sm2"
    RSA_1024 = "rsa-1024"
    RSA_2048 = "rsa-2048"
    EC = "ec"
    """A curve other than SM2's, where a PKCS#11 token has it."""


class PinRole(enum.IntEnum):
    """Whose PIN, by GM/T 0016-2012 table of PIN types."""

    ADMIN = 0
    USER = 1


class Rights(enum.IntFlag):
    """Who may read or write a file, or create files, by GM/T 0016-2012 6.4.9. May be joined."""

    NEVER = 0x00
    ADMIN = 0x01
    USER = 0x10
    ANYONE = 0xFF


class EventKind(enum.IntEnum):
    """What happened to a device, with the numbers of GM/T 0016-2012 7.1.2."""

    INSERTED = 1
    REMOVED = 2


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """A device was put in or pulled out. Immutable.

    :ivar device: its name, as :meth:`TokenDriver.devices` lists it.
    """

    device: str
    kind: EventKind


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device says of itself. Immutable.

    :ivar name: how the driver lists it.
    :ivar specification_version: of the interface, such as "1.0"; empty where the driver does not say.
    :ivar algorithms: names such as "SM2", "SM3", "SM4-CBC", "RSA", "SHA256", "SM1-ECB".
    :ivar device_auth_algorithm: such as "SM4-ECB", or None where there is no authentication of the device.
    :ivar total_len: bytes for the user, or None where the driver does not say.
    :ivar free_len: of these, bytes not yet used, or None.
    :ivar max_input_len: the longest input of one symmetric call, in bytes, or None.
    :ivar is_software: True for our software token and others known not to be hardware. Somebody's claim to be hardware
        proves nothing, so False only means that nothing says otherwise.
    """

    name: str
    label: str
    manufacturer: str
    issuer: str
    serial_number: str
    hardware_version: str
    firmware_version: str
    specification_version: str
    algorithms: frozenset[str]
    device_auth_algorithm: str | None
    total_len: int | None
    free_len: int | None
    max_input_len: int | None
    is_software: bool


@dataclass(frozen=True, slots=True)
class PinInfo:
    """The state of a PIN. Immutable.

    :ivar max_tries: wrong tries until it locks, or None where the driver does not say.
    :ivar tries_left: how many are left, 0 when it is locked, or None.
    :ivar is_default: whether it is still the one it was delivered with, or None.
    :ivar some_spent: whether a wrong one came since the last right one, or None. PKCS #11 tells this where it does not
        tell the tries left.
    """

    role: PinRole
    max_tries: int | None
    tries_left: int | None
    is_default: bool | None
    some_spent: bool | None = None


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file in an application. Immutable.

    :ivar size: in bytes, fixed when it was created.
    """

    name: str
    size: int
    read_rights: Rights
    write_rights: Rights


@dataclass(frozen=True, slots=True)
class PinRequest:
    """What a :data:`PinSource` is told of the PIN it is asked for. Immutable.

    :ivar tries_left: or None where the driver does not say.
    """

    role: PinRole
    device: str
    application: str
    tries_left: int | None


if TYPE_CHECKING:
    # Gives a PIN when it is needed. Asked once for each login: a wrong answer is not followed by another question.
    PinSource = Callable[[PinRequest], str | bytes | bytearray]
else:
    PinSource = object


class Container(Protocol):
    """A container: up to two key pairs and their certificates.

    It cannot be asked for with ``isinstance``: before Python 3.12 that would look at its keys, which may not be there.
    """

    @property
    def name(self) -> str:
        """Its name in the application."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""

    def key_type(self, usage: KeyUsage) -> TokenKeyType | None:
        """Return what kind of pair there is for a usage, None when there is none."""

    def public_key(self, usage: KeyUsage = KeyUsage.SIGNING) -> PublicKey:
        """Return the public key of a pair.

        :raises TokenNotFoundError: when there is none.
        """

    @property
    def signing_key(self) -> Signer:
        """The signing pair as a key. Logging in is the application's matter, when the key is used or before.

        :raises TokenNotFoundError: when there is none.
        """

    @property
    def encryption_key(self) -> Decryptor:
        """The encryption pair as a key.

        :raises TokenNotFoundError: when there is none.
        :raises TokenUnsupportedError: when the driver gives no plaintext out.
        """

    @property
    def agreement_key(self) -> KeyAgreer:
        """The encryption pair as a side of the SM2 key exchange.

        :raises TokenNotFoundError: when there is none.
        :raises TokenUnsupportedError: when the driver has no key exchange.
        """

    def generate(self, key_type: TokenKeyType = TokenKeyType.SM2, *, usage: KeyUsage = KeyUsage.SIGNING) -> PublicKey:
        """Make a pair inside the token; one that is there already is only replaced where the token does so.

        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenUnsupportedError: for a kind of key, or a usage, that the token does not make.
        """

    def import_encryption_key(self, envelope: KeyEnvelope) -> None:
        """Import the encryption pair, encrypted to the container's signing key.

        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenNotFoundError: when there is no signing pair.
        :raises TokenUnsupportedError: when the driver has no such import.
        """

    def certificate(self, usage: KeyUsage = KeyUsage.SIGNING) -> Certificate | None:
        """Return the certificate kept for a pair, None when there is none.

        :raises DecodeError: when what is kept is no certificate.
        """

    def import_certificate(self, certificate: Certificate, usage: KeyUsage = KeyUsage.SIGNING) -> None:
        """Keep the certificate of a pair.

        :raises KeyMismatchError: when its public key is not that of the pair.
        """

    def close(self) -> None:
        """Give the container's handle back; doing so twice is no error."""


@runtime_checkable
class SessionKey(Protocol):
    """A symmetric key inside the token, which nobody can read."""

    @property
    def algorithm(self) -> str:
        """The cipher with its mode, such as "SM4-CBC"."""

    def encrypt(self, data: Buffer, *, iv: Buffer = b"", padding: bool = False) -> bytes:
        """Encrypt one message; without padding (of PKCS #7) whole blocks in ECB and CBC."""

    def decrypt(self, data: Buffer, *, iv: Buffer = b"", padding: bool = False) -> bytes:
        """Decrypt one message.

        :raises DecryptionError: when the padding is wrong.
        """

    def mac(self, data: Buffer, *, iv: Buffer = bytes(16)) -> bytes:
        """Return the last block of the encryption with CBC of whole blocks."""

    def close(self) -> None:
        """Destroy the key; doing so twice is no error."""


@runtime_checkable
class SessionKeyExchange(Protocol):
    """One run of the SM2 key exchange inside the token. A context: one thread at a time, used once."""

    @property
    def ephemeral(self) -> bytes:
        """The ephemeral public key for the peer: 65 bytes (04, x, y). The responder has it when it has agreed.

        :raises StateError: for the responder, before that.
        """

    def agree(self, peer: Buffer, peer_ephemeral: Buffer, *, peer_user_id: Buffer | None = None) -> SessionKey:
        """Derive the session key from the peer's public key and ephemeral key, points of 33, 64 or 65 bytes."""


@runtime_checkable
class SessionKeyContainer(Protocol):
    """What a container with the abilities SESSION_KEYS and SESSION_KEY_AGREEMENT has beside the rest."""

    def new_session_key(self, algorithm: str, recipient: PublicKey) -> tuple[SessionKey, bytes]:
        """Make a session key; return it, and it encrypted to a public key: DER for SM2, a block for RSA.

        :raises TokenFullError: when there is no room for another.
        """

    def import_session_key(self, algorithm: str, wrapped: Buffer) -> SessionKey:
        """Import a session key, encrypted to the container's encryption key.

        :raises LoginRequiredError: unless the user has logged in.
        :raises DecryptionError: when it cannot be decrypted, for whatever cause.
        """

    def session_key_exchange(self, algorithm: str, role: Role, *, user_id: Buffer | None = None) -> SessionKeyExchange:
        """Begin an SM2 key exchange whose result is a session key."""


@runtime_checkable
class Application(Protocol):
    """An application: its PINs, containers and files. Its login is its own."""

    @property
    def name(self) -> str:
        """Its name in the device."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""

    def pin_info(self, role: PinRole = PinRole.USER) -> PinInfo:
        """Return the state of a PIN."""

    def login(self, pin: str | bytes | bytearray | PinSource, role: PinRole = PinRole.USER) -> None:
        """Log in. A PIN that is wrong spends a try; nothing is tried twice.

        :raises PinIncorrectError: when it is wrong, with the tries left.
        :raises PinLockedError: when it is locked.
        :raises PinRejectedError: when it has a length or form that the token does not take.
        """

    def logout(self) -> None:
        """Log out, user and administrator."""

    def change_pin(
        self, old: str | bytes | bytearray | PinSource, new: str | bytes | bytearray, role: PinRole = PinRole.USER
    ) -> None:
        """Change a PIN.

        :raises PinIncorrectError: see :meth:`login`; likewise PinLockedError and PinRejectedError.
        """

    def unblock_pin(
        self, admin_pin: str | bytes | bytearray | PinSource, new_user_pin: str | bytes | bytearray
    ) -> None:
        """Set a new user PIN with the administrator's, and give its tries back.

        :raises PinIncorrectError: when the administrator's PIN is wrong; likewise PinLockedError and PinRejectedError.
        """

    def containers(self) -> tuple[str, ...]:
        """Return the names of the containers."""

    def container(self, name: str) -> Container:
        """Open a container.

        :raises TokenNotFoundError: when there is none of this name.
        """

    def create_container(self, name: str) -> Container:
        """Create a container.

        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenExistsError: when there is one of this name.
        :raises TokenFullError: when there is no room.
        """

    def delete_container(self, name: str) -> None:
        """Delete a container with all its keys.

        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """

    def files(self) -> tuple[str, ...]:
        """Return the names of the files."""

    def file_info(self, name: str) -> FileInfo:
        """Return size and rights of a file.

        :raises TokenNotFoundError: when there is none of this name.
        """

    def create_file(
        self, name: str, size: int, *, read_rights: Rights = Rights.USER, write_rights: Rights = Rights.USER
    ) -> None:
        """Create a file of size bytes.

        :raises TokenExistsError: when there is one of this name.
        :raises TokenFullError: when there is no room.
        """

    def delete_file(self, name: str) -> None:
        """Delete a file."""

    def read_file(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Return length bytes of a file from offset on; None reads to its end."""

    def write_file(self, name: str, data: Buffer, offset: int = 0) -> None:
        """Write bytes into a file from offset on."""

    def close(self) -> None:
        """Give the application's handle back, its containers' before; doing so twice is no error."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class Device(Protocol):
    """A connected token."""

    @property
    def name(self) -> str:
        """How the driver lists it."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""

    @property
    def info(self) -> DeviceInfo:
        """What the device says of itself, asked anew each time."""

    def set_label(self, label: str) -> None:
        """Give the device a label of less than 32 bytes."""

    def random(self, length: int) -> bytes:
        """Return random bytes made by the token."""

    def lock(self, timeout_ms: int | None = None) -> AbstractContextManager[None]:
        """Use the device alone until the context ends; None waits for ever."""

    def authenticate(self, key: Buffer | None = None) -> None:
        """Authenticate to the device with its 16-byte key; None takes the one that products are delivered with.

        :raises LoginRequiredError: when the key is wrong.
        :standard: GM/T 0016-2012 8.2.3
        """

    def change_device_key(self, key: Buffer) -> None:
        """Give the device a new key of 16 bytes, after authenticate."""

    def applications(self) -> tuple[str, ...]:
        """Return the names of the applications."""

    def application(self, name: str | None = None) -> Application:
        """Open an application; None the only one there is.

        :raises TokenNotFoundError: when there is none of this name, or None does not say which.
        """

    def create_application(
        self,
        name: str,
        *,
        admin_pin: str | bytes | bytearray,
        user_pin: str | bytes | bytearray,
        admin_tries: int = 10,
        user_tries: int = 10,
        create_file_rights: Rights = Rights.USER,
    ) -> Application:
        """Create an application.

        :raises LoginRequiredError: unless the device has been authenticated to, where it wants that.
        :raises TokenExistsError: when there is one of this name.
        :raises PinRejectedError: when a PIN has a length or form that the token does not take.
        """

    def delete_application(self, name: str) -> None:
        """Delete an application with all that is in it."""

    def close(self) -> None:
        """Close everything below, then the device; doing so twice is no error."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class TokenDriver(Protocol):
    """A way to tokens: an SKF library, a PKCS#11 module, the readers of PC/SC."""

    @property
    def kind(self) -> str:
        """The scheme of its URIs: "skf", "pkcs11" or "pcsc"."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""

    def devices(self) -> tuple[str, ...]:
        """Return the names of the devices that are there."""

    def open(self, name: str | None = None) -> Device:
        """Connect to a device; None the only one there is.

        :raises TokenNotFoundError: when there is none of this name, or None does not say which.
        """

    def events(self, *, timeout_s: float | None = None) -> Iterator[DeviceEvent]:
        """Yield what happens to devices until the time is over, or ``cancel_events`` is called.

        :raises TokenUnsupportedError: when the driver reports none.
        """

    def cancel_events(self) -> None:
        """End every waiting for events in this process."""

    def close(self) -> None:
        """Close every device, then the driver; doing so twice is no error."""
