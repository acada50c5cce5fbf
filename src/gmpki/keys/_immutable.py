"""What key objects have in common: they do not change, and private ones do not leave the process by accident."""

from __future__ import annotations

from typing import NoReturn

from gmpki.errors import InvalidTypeError

__all__ = ["Immutable", "Secret"]


class Immutable:
    """An object whose attributes are set once, by ``object.__setattr__`` in its constructor."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")


class Secret(Immutable):
    """An immutable object that the pickle and copy modules refuse."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise InvalidTypeError(f"{type(self).__name__} is secret: it can be neither pickled nor copied")
