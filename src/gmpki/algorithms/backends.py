"""The implementations of each algorithm: which there are, which is in use, and choosing another.

The fastest that the processor can run is in use, unless the environment says otherwise (``GMPKI_BACKEND=sm4=portable``,
several with commas) or :func:`force` does. The choice holds for the whole process.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki._inputs import as_text
from gmpki.algorithms._call import check, ffi, lib
from gmpki.errors import BackendError, InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ALGORITHMS", "Backend", "active", "available", "force", "forced"]

ALGORITHMS: Final = ("sm3", "sm4", "sm2", "rand")
"""The algorithms that have backends, in the order of the C core's numbers for them."""


class Backend(NamedTuple):
    """One implementation of an algorithm."""

    name: str
    available: bool
    """Whether this processor can run it."""


def number_of(algorithm: str) -> int:
    """Return the C core's number of an algorithm.

    :raises InvalidTypeError: when its name is not ``str``.
    :raises InvalidInputError: when there is none of that name.
    """
    if as_text(algorithm, "algorithm") not in ALGORITHMS:
        raise InvalidInputError(f"algorithm must be one of {', '.join(ALGORITHMS)}, not {algorithm!r}")
    return ALGORITHMS.index(algorithm)


def available(algorithm: str) -> tuple[Backend, ...]:
    """Return the backends of an algorithm, fastest first.

    :param algorithm: a name of :data:`ALGORITHMS`.
    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when there is none of that name.
    """
    number = number_of(algorithm)
    name, can_run = ffi.new("const char **"), ffi.new("int *")
    found: list[Backend] = []
    while True:
        check(lib.gmpki_backend_get(name, can_run, number, len(found)), what=f"backends of {algorithm}")
        if name[0] == ffi.NULL:
            return tuple(found)
        found.append(Backend(ffi.string(name[0]).decode(), can_run[0] == 1))


def active(algorithm: str) -> str:
    """Return the name of the backend in use.

    :param algorithm: a name of :data:`ALGORITHMS`.
    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when there is none of that name.
    :raises BackendError: when ``GMPKI_BACKEND`` names what does not exist or cannot run here.
    :raises SelfTestError: when the module is in its error state.
    """
    name = ffi.new("const char **")
    check(lib.gmpki_backend_active(name, number_of(algorithm)), what=f"backend of {algorithm}")
    text: str = ffi.string(name[0]).decode()
    return text


def force(algorithm: str, name: str | None) -> None:
    """Use one backend in the whole process, after its known-answer test.

    :param algorithm: a name of :data:`ALGORITHMS`.
    :param name: one of :func:`available`; ``None`` chooses the fastest again.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no such algorithm.
    :raises BackendError: when there is no such backend, or this processor cannot run it.
    :raises SelfTestError: when its known-answer test fails; the module is in its error state then.
    """
    number = number_of(algorithm)
    if name is None:
        check(lib.gmpki_backend_force(number, ffi.NULL), what=f"backend of {algorithm}")
        return
    if not isinstance(name, str):
        raise InvalidTypeError(f"name must be str or None, not {type(name).__name__}")
    usable = [backend.name for backend in available(algorithm) if backend.available]
    if name not in usable:
        raise BackendError(f"{algorithm} has no backend {name!r} that can run here; it has {', '.join(usable)}")
    check(lib.gmpki_backend_force(number, name.encode()), what=f"backend {name} of {algorithm}")


@contextmanager
def forced(algorithm: str, name: str) -> Iterator[None]:
    """Use one backend inside a ``with`` block, in the whole process, then again the one before.

    :param algorithm: a name of :data:`ALGORITHMS`.
    :param name: one of :func:`available`.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no such algorithm.
    :raises BackendError: when there is no such backend, or this processor cannot run it.
    :raises SelfTestError: when its known-answer test fails; the module is in its error state then.
    """
    before = active(algorithm)
    force(algorithm, name)
    try:
        yield
    finally:
        force(algorithm, before)
