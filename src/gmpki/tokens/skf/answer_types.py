"""Whether an answer has the type that its method promises: a driver may have taken over the process that sends it."""

from __future__ import annotations

import typing
from functools import cache
from types import UnionType
from typing import Any, Final

from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.tokens.skf import structures
from gmpki.tokens.skf.functions import SKF

__all__ = ["LOADED", "is_answer_of", "is_of"]

LOADED: Final = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]
"""What loading a driver answers: the functions that it lacks, and the symbols of those that it has."""

_TYPES: Final = {
    **{name: getattr(structures, name) for name in structures.__all__},
    "SM2Ciphertext": SM2Ciphertext,
}


def is_answer_of(method: str, answer: object) -> bool:
    """Tell whether a method of :class:`~gmpki.tokens.skf.functions.SKF` may return this."""
    return is_of(_promised(method), answer)


def is_of(promised: Any, value: object) -> bool:
    """Tell whether a value has a type: a class, a tuple of types, or one of several; with the fields of values."""
    members = typing.get_args(promised)
    origin = typing.get_origin(promised)
    if origin in (UnionType, typing.Union):
        return any(is_of(member, value) for member in members)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if members[-1] is Ellipsis:
            return all(is_of(members[0], one) for one in value)
        return len(members) == len(value) and all(map(is_of, members, value))
    # Exactly: True is no number here.
    return type(value) is promised and all(
        is_of(kind, getattr(value, name)) for name, kind in _fields(promised.__name__)
    )


@cache
def _promised(method: str) -> Any:
    """Return what the annotation of a method says; those of its parameters name types that exist for checkers only."""

    def of_method() -> None: ...

    of_method.__annotations__ = {"return": getattr(SKF, method).__annotations__["return"]}
    return typing.get_type_hints(of_method, _TYPES)["return"]


@cache
def _fields(name: str) -> tuple[tuple[str, Any], ...]:
    """Return the fields of a class of structures.py with their types; other classes check their own."""
    return tuple(typing.get_type_hints(getattr(structures, name)).items()) if name in structures.__all__ else ()
