"""Random bytes from the operating system, and a deterministic generator over SM3.

:standard: GM/T 0105-2021 (the DRBG)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from gmpki._inputs import number
from gmpki.algorithms._call import MAX_REQUEST_LEN, check, lib, output, readable, taken
from gmpki.algorithms._memory import NativeContext, secret_maker
from gmpki.errors import InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Buffer

__all__ = ["DRBG", "MAX_REQUEST_LEN", "random_bytes"]


def random_bytes(length: int) -> bytes:
    """Return bytes of the operating system's random source.

    :param length: how many, 0 to 2^30.
    :raises InvalidTypeError: when length is not an ``int``.
    :raises InvalidInputError: when length is outside.
    :raises RandomSourceError: when the source fails; nothing else is used in its place.
    :standard: getentropy of POSIX.1-2024; getrandom where the system is Linux
    """
    out = output(number(length, 0, MAX_REQUEST_LEN, "length"))
    check(lib.gmpki_random(out, length), what="random bytes")
    return taken(out, length, secret=True)


def _bounded(data: Buffer, low: int, name: str) -> Any:
    view = readable(data, name)
    if not low <= len(view) <= DRBG.MAX_INPUT_LEN:
        raise InvalidInputError(f"{name} must be {low} to {DRBG.MAX_INPUT_LEN} bytes long, not {len(view)}")
    return view


class DRBG(NativeContext):
    """A deterministic random bit generator: Hash_DRBG with SM3. Per thread; its state is overwritten when it goes.

    Made by :meth:`from_system` or :meth:`from_entropy`. A seed serves for 2^20 requests or 600 seconds, whichever ends
    first.

    :standard: GM/T 0105-2021; the construction of NIST SP 800-90A 10.1.1
    """

    __slots__ = ()

    MIN_ENTROPY_LEN: ClassVar[int] = 32
    MIN_NONCE_LEN: ClassVar[int] = 16
    MAX_INPUT_LEN: ClassVar[int] = 1 << 16
    MAX_REQUEST_LEN: ClassVar[int] = 1 << 16

    _new: Final = staticmethod(secret_maker("gmpki_drbg"))

    def __init__(self) -> None:
        raise InvalidTypeError("a DRBG is made by DRBG.from_system() or DRBG.from_entropy()")

    @classmethod
    def from_system(cls, personalisation: Buffer = b"") -> DRBG:
        """Return a generator seeded by the operating system; it reseeds itself after 2^20 requests, 600
        seconds or a fork.

        :param personalisation: what sets this generator apart from others, 0 to 65536 bytes, not secret.
        :raises InvalidTypeError: when personalisation is not a buffer.
        :raises InvalidInputError: when it is too long.
        :raises RandomSourceError: when the operating system's source fails.
        """
        label = _bounded(personalisation, 0, "personalisation")
        memory = cls._new()
        check(lib.gmpki_drbg_init_system(memory, label, len(label)), what="drbg from the system")
        return cls._over(memory)

    @classmethod
    def from_entropy(cls, entropy: Buffer, nonce: Buffer, personalisation: Buffer = b"") -> DRBG:
        """Return a generator seeded by the caller, who answers for the entropy.

        :param entropy: 32 to 65536 bytes with at least 256 bits of entropy.
        :param nonce: 16 to 65536 bytes that never repeat.
        :param personalisation: 0 to 65536 bytes, not secret.
        :raises InvalidTypeError: when one of them is not a buffer.
        :raises InvalidInputError: when one has another length.
        """
        seed = _bounded(entropy, cls.MIN_ENTROPY_LEN, "entropy")
        once = _bounded(nonce, cls.MIN_NONCE_LEN, "nonce")
        label = _bounded(personalisation, 0, "personalisation")
        memory = cls._new()
        status = lib.gmpki_drbg_init(memory, seed, len(seed), once, len(once), label, len(label))
        check(status, what="drbg from entropy")
        return cls._over(memory)

    @classmethod
    def _over(cls, memory: Any) -> DRBG:
        generator = cls.__new__(cls)
        NativeContext.__init__(generator, memory)
        return generator

    def generate(self, length: int, additional: Buffer = b"") -> bytes:
        """Return bytes of the generator.

        :param length: how many, 0 to 65536.
        :param additional: mixed into the state first, 0 to 65536 bytes.
        :raises InvalidTypeError: when length is not an ``int`` or additional not a buffer.
        :raises InvalidInputError: when one is outside.
        :raises LimitExceeded: when a generator of :meth:`from_entropy` needs :meth:`reseed`, after 2^20 requests or
            600 seconds.
        :raises RandomSourceError: when a generator of :meth:`from_system` reseeds and the source fails.
        :raises StateError: when another thread is using this object.
        """
        out = output(number(length, 0, self.MAX_REQUEST_LEN, "length"))
        mixed = _bounded(additional, 0, "additional")
        memory = self._take()
        try:
            status = lib.gmpki_drbg_generate(memory, out, length, mixed, len(mixed))
        finally:
            self._give(memory)
        check(status, what="drbg generate")
        return taken(out, length, secret=True)

    def reseed(self, entropy: Buffer, additional: Buffer = b"") -> None:
        """Mix new entropy into the state.

        :param entropy: 32 to 65536 bytes with at least 256 bits of entropy.
        :param additional: 0 to 65536 bytes.
        :raises InvalidTypeError: when one of them is not a buffer.
        :raises InvalidInputError: when one has another length.
        :raises StateError: when another thread is using this object.
        """
        seed = _bounded(entropy, self.MIN_ENTROPY_LEN, "entropy")
        mixed = _bounded(additional, 0, "additional")
        memory = self._take()
        try:
            status = lib.gmpki_drbg_reseed(memory, seed, len(seed), mixed, len(mixed))
        finally:
            self._give(memory)
        check(status, what="drbg reseed")
