"""The libraries of the extra "seal", which are loaded where they are used."""

from __future__ import annotations

import contextlib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gmpki.errors import DecodeError, GmpkiError, LimitExceeded, UnsupportedPlatform

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["extra", "guarded"]


def extra(module: str) -> Any:
    """Return a module of the libraries that ``pip install 'gmpki[seal]'`` brings.

    :param module: its full name, such as "lxml.etree".
    :raises UnsupportedPlatform: when it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise UnsupportedPlatform(f"{library} is not installed; pip install 'gmpki[seal]' brings it") from error


@contextlib.contextmanager
def guarded(what: str) -> Iterator[None]:
    """Turn whatever a library raises over a file that others made into errors of this package.

    A damaged or hostile file ends in many kinds of errors: in the library's own, and in those of Python wherever an
    object is of another kind than expected.

    :param what: what failed, the beginning of the message.
    :raises DecodeError: when anything is raised below that is no error of this package.
    :raises LimitExceeded: when the memory does not suffice.
    """
    try:
        yield
    except GmpkiError:
        raise
    except MemoryError:
        raise LimitExceeded(f"{what}: it takes more memory than there is") from None
    except Exception as error:
        raise DecodeError(f"{what}: {str(error) or type(error).__name__}"[:500]) from error
