"""One password at work on one file: the bytes it may stand for, and how much work is left to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import number
from gmpki.errors import LimitExceeded
from gmpki.keys.pbes2 import MOST_ITERATIONS, password_bytes
from gmpki.keys.pbkdf2 import MAX_ITERATIONS

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["MAX_WORK", "Unlocking", "bmp_password"]

MAX_WORK: Final = 2 * MAX_ITERATIONS
"""The most iterations that are done for one file, over all that is encrypted in it: about fifteen seconds."""

_END: Final = b"\x00\x00"
_MAX_PASSWORD_LEN: Final = 1 << 16


class Unlocking:
    """A password and what may be spent on it. A context: one thread at a time.

    :ivar password: as PBES2 and PBMAC1 take it; empty when there is none.
    :ivar is_given: False when there is none.
    :ivar forms: as the key derivation of PKCS #12 takes it, one or several; :meth:`settle` leaves the right one.
    :ivar max_iterations: the most iterations of one derivation.
    """

    __slots__ = ("_left", "forms", "is_given", "max_iterations", "password")

    def __init__(self, password: Buffer | None, max_iterations: int = MAX_ITERATIONS) -> None:
        """Begin with a password, or None for none.

        :param max_iterations: 1 to 2^31 - 1.
        :raises InvalidTypeError: when the password is not a buffer, or max_iterations no ``int``.
        :raises InvalidInputError: when max_iterations is outside.
        :raises LimitExceeded: when the password is longer than 65,536 bytes.
        """
        self.max_iterations = number(max_iterations, 1, MOST_ITERATIONS, "max_iterations")
        self.is_given = password is not None
        self.password = b"" if password is None else password_bytes(password)
        if len(self.password) > _MAX_PASSWORD_LEN:
            raise LimitExceeded(f"a password of {len(self.password)} bytes; at most {_MAX_PASSWORD_LEN} are taken")
        self.forms = _forms(self.password, is_given=self.is_given)
        self._left = max(MAX_WORK, 2 * max_iterations)

    def spend(self, iterations: int, blocks: int = 1) -> None:
        """Account for a derivation before it is done.

        :param blocks: how many times the iterations run, once for each block that the hash gives.
        :raises LimitExceeded: when it, or it with all that was done before, is more than allowed.
        """
        if iterations > self.max_iterations:
            raise LimitExceeded(
                f"the file asks for {iterations} iterations; at most {self.max_iterations} are done unless "
                "max_iterations says more"
            )
        self._left -= iterations * blocks
        if self._left < 0:
            raise LimitExceeded("the derivations of keys that the file asks for are too many together")

    def settle(self, form: bytes) -> None:
        """Keep one of the forms: the one that a MAC proved right."""
        self.forms = (form,)

    def __repr__(self) -> str:
        return f"<Unlocking {'with a password' if self.is_given else 'without a password'}>"


def bmp_password(password: bytes) -> bytes:
    """Return a password as the key derivation of PKCS #12 takes it: UTF-16, big endian, with two zero bytes behind.

    The standard has BMPString there, which ends at U+FFFF. Characters beyond become pairs of surrogates, as OpenSSL and
    Java make them. What is no UTF-8 is taken for characters U+0000 to U+00FF, as OpenSSL does.

    :standard: RFC 7292 B.1
    """
    try:
        text = password.decode("utf-8")
    except UnicodeDecodeError:
        text = password.decode("latin-1")
    return text.encode("utf-16-be") + _END


def _forms(password: bytes, *, is_given: bool) -> tuple[bytes, ...]:
    """Return every form that writers make of a password, the usual one first."""
    if not password:
        # An empty password is two zero bytes to most, and nothing at all to those that take it for none.
        return (_END, b"") if is_given else (b"", _END)
    usual = bmp_password(password)
    # OpenSSL before 1.1.0 took each byte of UTF-8 for one character.
    old = password.decode("latin-1").encode("utf-16-be") + _END
    return (usual,) if old == usual else (usual, old)
