"""Measure how long a token takes for the operations that limits are for, and software keys beside it.

The containers that it needs are made in the application and deleted at the end:

>>> from gmpki.tokens.latency import SoftwareBench, TokenBench, measure
>>> with TokenBench(application) as bench:  # doctest: +SKIP
...     measured = measure(bench.job("sm2", "sign"), count=10)
>>> with SoftwareBench() as bench:
...     measure(bench.job("sm2", "sign"), count=2).count
2
"""

from __future__ import annotations

import contextlib
import gc
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from gmpki._inputs import as_text, member, number
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.algorithms.sm2 import parse_signature
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, TokenUnsupportedError, UnsupportedAlgorithm
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens._opened import Closing
from gmpki.tokens.interfaces import KeyUsage, TokenKeyType
from gmpki.tokens.limits import ALGORITHMS, OPERATIONS, Measurement

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from gmpki.keys.rsa import RSAPrivateKey
    from gmpki.tokens.interfaces import Application, Container, Device, SessionKey, SessionKeyContainer

    class _InDevice(Protocol):
        @property
        def device(self) -> Device: ...

    class _SessionKeyPlace(SessionKeyContainer, Protocol):
        @property
        def application(self) -> _InDevice: ...


__all__ = [
    "BULK_LEN",
    "Job",
    "SessionKeyOperations",
    "SoftwareBench",
    "TokenBench",
    "TokenOperations",
    "measure",
    "measured_times",
]

BULK_LEN: Final = 16384
"""Bytes that one measured call of a cipher or a digest works on: at the slowest limit in use, half a second."""

_MESSAGE: Final = bytes(range(32))
_SHORT_LEN: Final = 96  # of what is encrypted with SM2; drivers are met that take 128 bytes at most
_RSA_PADDING_LEN: Final = 11  # RFC 8017 7.2: the least that PKCS #1 v1.5 adds
_KEY: Final = bytes(range(16))
_RSA_BITS: Final = {"rsa-1024": 1024, "rsa-2048": 2048}
_KEY_TYPES: Final = {
    "sm2": TokenKeyType.SM2,
    "rsa-1024": TokenKeyType.RSA_1024,
    "rsa-2048": TokenKeyType.RSA_2048,
}
_CIPHERS: Final = ("sm4", "sm1", "ssf33")
# The mode is the first of these that the device has; one without a chain last, for what has no other.
_MODES: Final = ("CBC", "ECB")
_MAX_COUNT: Final = 1_000_000
_BLOCK_LEN: Final = 16
_MAX_DATA_LEN: Final = 1 << 20
_ENOUGH: Final = 3


@dataclass(frozen=True, slots=True)
class Job:
    """One operation, ready to be done again and again. Immutable.

    :ivar call: what is measured.
    :ivar before: what has to be done before each call and is not measured; None when there is nothing.
    :ivar data_len: bytes that each call works on; 0 where there is no rate.
    """

    algorithm: str
    operation: str
    call: Callable[[], object] = field(repr=False)
    before: Callable[[], object] | None = field(default=None, repr=False)
    data_len: int = 0


def measure(job: Job, *, count: int = 20, most_s: float = 60.0) -> Measurement:
    """Do a job again and again, and return how long it took; the first call, which warms caches up, does not count.

    :param count: how often.
    :param most_s: no further call after so many seconds, but for the first three.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when count is outside 1 to 1,000,000, or most_s is negative.
    :raises GmpkiError: what the operation raises.
    """
    times_s = measured_times(job, count=count, most_s=most_s)
    return Measurement.of_times(job.algorithm, job.operation, times_s, data_len=job.data_len)


def measured_times(job: Job, *, count: int = 20, most_s: float = 60.0, warm_up: int = 1) -> tuple[float, ...]:
    """Do a job again and again, and return how long each took, in seconds.

    :param count: how often, those aside that warm up.
    :param most_s: no further call after so many seconds, but for the first three.
    :param warm_up: how many calls come first and do not count.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when count is outside 1 to 1,000,000, warm_up outside 0 to 1,000,000, or most_s is
        negative.
    :raises GmpkiError: what the operation raises.
    """
    member(job, Job, "job")
    number(count, 1, _MAX_COUNT, "count")
    number(warm_up, 0, _MAX_COUNT, "warm_up")
    if not isinstance(most_s, (int, float)) or isinstance(most_s, bool):
        raise InvalidTypeError(f"most_s must be a float, not {type(most_s).__name__}")
    if not most_s >= 0:
        raise InvalidInputError("most_s must be 0 or more")
    collects = gc.isenabled()
    gc.disable()  # the collector's turns are not the token's time
    try:
        for _ in range(warm_up):
            _time(job)
        return _times(job, count, most_s)
    finally:
        if collects:
            gc.enable()


def _times(job: Job, count: int, most_s: float) -> tuple[float, ...]:
    times: list[float] = []
    end = time.perf_counter() + most_s
    while len(times) < count:
        times.append(_time(job))
        if time.perf_counter() > end and len(times) >= _ENOUGH:
            break
    return tuple(times)


def _time(job: Job) -> float:
    """Do a job once, and return how long it took, in seconds."""
    if job.before is not None:
        job.before()
    started = time.perf_counter()
    job.call()
    # A clock may be too coarse for the operation; nothing takes no time.
    return max(time.perf_counter() - started, 1e-9)


class TokenOperations:
    """What a driver does, beside the protocol of sessions, for the sake of measuring. A driver overrides what it can.

    Each method returns a function without parameters that does it once.
    """

    def verify(self, container: Container, algorithm: str, digest: bytes, signature: bytes) -> Callable[[], object]:
        """Verify in the token a signature of its signing pair: SM2's in 64 bytes, RSA's over SHA-256."""
        raise self._lacking("verification", container, algorithm, digest, signature)

    def encrypt(self, container: Container, algorithm: str, message: bytes) -> Callable[[], object]:
        """Encrypt a short message in the token with the encryption pair's public key."""
        raise self._lacking("encryption with a public key", container, algorithm, message)

    def decrypt(self, container: Container, algorithm: str, message: bytes) -> Callable[[], object]:
        """Decrypt in the token what encrypts such a message."""
        raise self._lacking("decryption with a private key", container, algorithm, message)

    def cipher(self, container: Container, algorithm: str, operation: str, data: bytes) -> Callable[[], object]:
        """Encrypt or decrypt data with a secret key in the token."""
        raise self._lacking(f"{algorithm.upper()} encryption", container, operation, data)

    def digest(self, container: Container, data: bytes) -> Callable[[], object]:
        """Hash data with SM3 in the token."""
        raise self._lacking("SM3", container, data)

    def _lacking(self, what: str, *_: object) -> TokenUnsupportedError:
        return TokenUnsupportedError(f"the token has no {what}, as far as its driver says")


class SessionKeyOperations(TokenOperations):
    """Those of a driver whose containers have session keys.

    :meth:`cipher` works with one for each algorithm, for tokens have few; they are gone with their container.
    """

    def __init__(self) -> None:
        """Begin without session keys."""
        self._session_keys: dict[str, SessionKey] = {}

    def cipher(self, container: Container, algorithm: str, operation: str, data: bytes) -> Callable[[], object]:
        """Encrypt or decrypt with a session key, if the device says that it has the cipher."""
        made = cast("_SessionKeyPlace", container)
        claimed = made.application.device.info.algorithms
        mode = next((mode for mode in _MODES if f"{algorithm.upper()}-{mode}" in claimed), None)
        if mode is None:
            raise TokenUnsupportedError(f"the device does not claim to have {algorithm.upper()}")
        if algorithm not in self._session_keys:
            recipient = container.public_key(KeyUsage.SIGNING)
            self._session_keys[algorithm], _ = made.new_session_key(f"{algorithm.upper()}-{mode}", recipient)
        key = self._session_keys[algorithm]
        iv = bytes(16) if mode == "CBC" else b""
        return lambda: getattr(key, operation)(data, iv=iv)


class TokenBench(Closing):
    """The jobs of a token. A context of one thread: its end deletes the containers that it made.

    The user has to be logged in to the application. RSA keys of 1024 bits take a driver whose policy allows
    ``rsa-1024``.
    """

    def __init__(self, application: Application) -> None:
        """Prepare to measure in an application.

        :raises InvalidTypeError: when it is none.
        """
        if not callable(getattr(type(application), "create_container", None)):
            raise InvalidTypeError(f"application must be one of a token, not {type(application).__name__}")
        self._application = application
        self._operations = _operations_of(application)
        self._tag = f"bench-{secrets.token_hex(4)}"
        self._containers: dict[str, Container] = {}
        self._is_paired: set[str] = set()

    def job(self, algorithm: str, operation: str, *, data_len: int = BULK_LEN) -> Job:
        """Return a job, with the keys that it needs.

        :param algorithm: one of :data:`~gmpki.tokens.limits.ALGORITHMS`.
        :param operation: one of :data:`~gmpki.tokens.limits.OPERATIONS`.
        :param data_len: bytes that a cipher or a digest works on: whole blocks of 16.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when it is none of these, or data_len no such length up to 1 MiB.
        :raises TokenUnsupportedError: when the token does not have it, or the algorithm no such operation.
        :raises PolicyError: when the driver's policy refuses the kind of key.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenError: when the token refuses or fails, as :mod:`gmpki.tokens.interfaces` lists.
        """
        _check(algorithm, operation)
        number(data_len, _BLOCK_LEN, _MAX_DATA_LEN, "data_len")
        if data_len % _BLOCK_LEN:
            raise InvalidInputError(f"data_len is a multiple of {_BLOCK_LEN}")
        operations = self._operations
        if algorithm in _KEY_TYPES:
            if operation == "generate":
                return self._generating(algorithm)
            container = self._with_pair(algorithm)
            if operation in ("sign", "verify"):
                return self._signing(algorithm, operation, container)
            if operation in ("encrypt", "decrypt"):
                message = bytes(_short_len(algorithm))
                self._with_encryption_pair(algorithm, container)
                call = getattr(operations, operation)(container, algorithm, message)
                return Job(algorithm, operation, call, data_len=len(message))
        elif algorithm in _CIPHERS and operation in ("encrypt", "decrypt"):
            call = operations.cipher(self._with_pair("sm2"), algorithm, operation, bytes(data_len))
            return Job(algorithm, operation, call, data_len=data_len)
        elif algorithm == "sm3" and operation == "digest":
            return Job(algorithm, operation, operations.digest(self._with_pair("sm2"), bytes(data_len)), None, data_len)
        raise TokenUnsupportedError(f"{algorithm} has no operation {operation}")

    def _generating(self, algorithm: str) -> Job:
        """Return the making of a pair, each in a new container: what becomes of an old pair is each driver's own."""
        name = f"{self._tag}-new"

        def renew() -> None:
            self._delete(name)
            self._containers[name] = self._application.create_container(name)

        def generate() -> object:
            return self._containers[name].generate(_KEY_TYPES[algorithm])

        return Job(algorithm, "generate", generate, renew)

    def _with_pair(self, algorithm: str) -> Container:
        name = f"{self._tag}-{algorithm}"
        if name not in self._containers:
            self._containers[name] = self._application.create_container(name)
            try:
                self._containers[name].generate(_KEY_TYPES[algorithm])
            except GmpkiError:
                self._delete(name)
                raise
        return self._containers[name]

    def _with_encryption_pair(self, algorithm: str, container: Container) -> None:
        if algorithm in self._is_paired:
            return
        if algorithm == "sm2":
            from gmpki.keys.envelope import KeyEnvelope

            signing = container.public_key(KeyUsage.SIGNING)
            container.import_encryption_key(KeyEnvelope.seal(SM2PrivateKey.generate(), signing))  # type: ignore[arg-type]
        else:
            with contextlib.suppress(TokenUnsupportedError):  # SKF makes none, and measures without
                container.generate(_KEY_TYPES[algorithm], usage=KeyUsage.ENCRYPTION)
        self._is_paired.add(algorithm)

    def _signing(self, algorithm: str, operation: str, container: Container) -> Job:
        signer = container.signing_key
        public = signer.public_key
        digest = public.digest(_MESSAGE)
        if operation == "sign":
            return Job(algorithm, operation, lambda: signer.sign_digest(digest))
        signature = signer.sign_digest(digest)
        if algorithm == "sm2":
            signature = parse_signature(signature)
        return Job(algorithm, operation, self._operations.verify(container, algorithm, digest, signature))

    def _delete(self, name: str) -> None:
        container = self._containers.pop(name, None)
        if container is not None:
            container.close()
            # One without a pair is not there at all behind PKCS #11.
            if name in self._application.containers():
                self._application.delete_container(name)

    def close(self) -> None:
        """Delete the containers that were made; doing so twice is no error.

        :raises TokenError: when the token refuses, as :mod:`gmpki.tokens.interfaces` lists.
        """
        for name in tuple(self._containers):
            self._delete(name)


def _operations_of(application: Application) -> TokenOperations:
    """Return what the application's driver does; of one that is not known, nothing beside the protocol."""
    from gmpki.tokens.pcsc.application import PCSCApplication
    from gmpki.tokens.pkcs11.application import PKCS11Application
    from gmpki.tokens.skf.application import SKFApplication

    if isinstance(application, SKFApplication):
        from gmpki.tokens.skf.latency import SKFOperations

        return SKFOperations()
    if isinstance(application, PKCS11Application):
        from gmpki.tokens.pkcs11.latency import PKCS11Operations

        return PKCS11Operations()
    if isinstance(application, PCSCApplication):
        from gmpki.tokens.pcsc.latency import PCSCOperations

        return PCSCOperations()
    return TokenOperations()


class SoftwareBench(Closing):
    """The jobs of keys in memory. A context, as that of a token is."""

    def __init__(self) -> None:
        """Prepare to measure."""
        self._keys: dict[str, SM2PrivateKey | RSAPrivateKey] = {}

    def job(self, algorithm: str, operation: str) -> Job:
        """Return a job, with the keys that it needs.

        :param algorithm: one of :data:`~gmpki.tokens.limits.ALGORITHMS`.
        :param operation: one of :data:`~gmpki.tokens.limits.OPERATIONS`.
        :raises InvalidTypeError: when an input is not ``str``.
        :raises InvalidInputError: when it is none of these.
        :raises UnsupportedAlgorithm: for SM1 and SSF33, which hardware alone has, and what an algorithm cannot do.
        """
        _check(algorithm, operation)
        data_len = 0
        call: Callable[[], object] | None = None
        if algorithm in _KEY_TYPES and operation == "generate":
            call = lambda: _generate(algorithm)  # noqa: E731
        elif algorithm in _KEY_TYPES and operation in ("sign", "verify"):
            call = self._signing(algorithm, operation)
        elif algorithm in _KEY_TYPES and operation in ("encrypt", "decrypt"):
            data_len = _short_len(algorithm)
            call = self._ciphering(algorithm, operation, bytes(data_len))
        elif (algorithm, operation) == ("sm3", "digest"):
            from gmpki.algorithms import sm3

            data_len, data = BULK_LEN, bytes(BULK_LEN)
            call = lambda: sm3.digest(data)  # noqa: E731
        elif algorithm == "sm4" and operation in ("encrypt", "decrypt"):
            from gmpki.algorithms import sm4

            data_len, data = BULK_LEN, bytes(BULK_LEN)
            work = sm4.encrypt if operation == "encrypt" else sm4.decrypt
            call = lambda: work(_KEY, data, sm4.Mode.CBC, _KEY)  # noqa: E731
        if call is None:
            raise UnsupportedAlgorithm(f"there is no {algorithm} {operation} in software")
        return Job(algorithm, operation, call, None, data_len)

    def _key(self, algorithm: str) -> SM2PrivateKey | RSAPrivateKey:
        if algorithm not in self._keys:
            self._keys[algorithm] = _generate(algorithm)
        return self._keys[algorithm]

    def _signing(self, algorithm: str, operation: str) -> Callable[[], object]:
        key = self._key(algorithm)
        if operation == "sign":
            return lambda: key.sign(_MESSAGE)
        public, signature = key.public_key, key.sign(_MESSAGE)
        return lambda: public.verify(signature, _MESSAGE)

    def _ciphering(self, algorithm: str, operation: str, message: bytes) -> Callable[[], object]:
        key = self._key(algorithm)
        if isinstance(key, SM2PrivateKey):
            sm2_public, sm2_key = key.public_key, key
            if operation == "encrypt":
                return lambda: sm2_public.encrypt(message)
            ciphertext = sm2_public.encrypt(message)
            return lambda: sm2_key.decrypt(ciphertext)
        from gmpki.algorithms.rsa import EncryptionPadding

        rsa_public, rsa_key, padding = key.public_key, key, EncryptionPadding.PKCS1V15
        if operation == "encrypt":
            return lambda: rsa_public.encrypt(message, padding=padding)
        block = rsa_public.encrypt(message, padding=padding)
        return lambda: rsa_key.decrypt(block, padding=padding, expected_len=len(message))

    def close(self) -> None:
        """Forget the keys."""
        self._keys.clear()


def _generate(algorithm: str) -> SM2PrivateKey | RSAPrivateKey:
    if algorithm == "sm2":
        return SM2PrivateKey.generate()
    from gmpki.keys.rsa import RSAPrivateKey

    return RSAPrivateKey.generate(_RSA_BITS[algorithm], policy=DEFAULT_POLICY.allowing("rsa-1024"))


def _short_len(algorithm: str) -> int:
    return _RSA_BITS[algorithm] // 8 - _RSA_PADDING_LEN if algorithm in _RSA_BITS else _SHORT_LEN


def _check(algorithm: str, operation: str) -> None:
    for value, known, name in ((algorithm, ALGORITHMS, "algorithm"), (operation, OPERATIONS, "operation")):
        if as_text(value, name) not in known:
            raise InvalidInputError(f"{name}: {value[:100]!r} is not known; known: {', '.join(known)}")
