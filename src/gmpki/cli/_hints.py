"""What to do about a failure, where an option or another command helps."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from gmpki.asn1.quirks import Quirk
    from gmpki.x509.signatures import SignaturePolicy

    class Verify(Protocol):
        """A method that verifies a signature under a policy."""

        def __call__(self, *, policy: SignaturePolicy) -> tuple[Quirk, ...]: ...


__all__ = ["naming_lenient", "naming_option", "naming_tries", "naming_unblock"]

COMMON_TRIES = 10  # what GM/T 0027-2014 9.2 has at most


@contextlib.contextmanager
def naming_option(option: str, policy: SignaturePolicy, verify: Verify) -> Iterator[None]:
    """Say of a signature that does not hold in the block that an option accepts it, if that is so.

    :param policy: what the option stands for.
    :param verify: verifies the signature in question.
    """
    from gmpki.errors import GmpkiError, InvalidSignature

    try:
        yield
    except InvalidSignature as error:
        try:
            quirks = verify(policy=policy)
        except GmpkiError:
            quirks = ()  # the option does not help
        if quirks:
            found = ", ".join(quirk.kind.value for quirk in quirks)
            error.args = (
                f"the signature does not hold as the standard has it; it holds with {found}, which {option} accepts",
            )
        raise


@contextlib.contextmanager
def naming_lenient(*, lenient: bool) -> Iterator[None]:
    """Say of what cannot be decoded in the block that --lenient may read it, where it was not given."""
    from gmpki.errors import DecodeError

    try:
        yield
    except DecodeError as error:
        if not lenient:
            error.args = (f"{error}; --lenient may read it",)
        raise


@contextlib.contextmanager
def naming_unblock() -> Iterator[None]:
    """Say of a user's PIN that is locked in the block by which command the administrator sets a new one."""
    from gmpki.errors import PinLockedError

    try:
        yield
    except PinLockedError as error:
        error.args = (f'{error}; with the administrator\'s PIN "gmpki token pin unblock" sets a new one',)
        raise


@contextlib.contextmanager
def naming_tries(tries: int) -> Iterator[None]:
    """Say of a parameter that a device refuses in the block that it may be the number of tries, if that is large."""
    from gmpki.errors import TokenError

    try:
        yield
    except TokenError as error:
        if error.code_name == "SAR_INVALIDPARAMERR" and tries > COMMON_TRIES:
            limits = f"the software token takes 15 at most, other devices often {COMMON_TRIES}"
            error.args = (f"{error}; --pin-tries {tries} may be more than the device takes: {limits}",)
        raise
