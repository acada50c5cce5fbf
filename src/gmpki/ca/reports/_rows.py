"""What reports have in common: the regions they are about, rows as dataclasses."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from gmpki.ca.registration.applicants import ApplicantKind
from gmpki.ca.registration.states import ApplicationState, Operation, PairState, named
from gmpki.ca.store.columns import from_seconds, row_id, serial_number
from gmpki.ca.store.schema import applicants

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Column, Row, Table

__all__ = ["columns_of", "reader_of", "region_ids"]

F = TypeVar("F")
S = TypeVar("S", ApplicationState, PairState)


def region_ids(regions: Collection[int] | None) -> list[int] | None:
    """Return the numbers of regions in their order, each once; None, which is all regions, stays None.

    :raises InvalidTypeError: when a number is no int.
    :raises InvalidInputError: when a number is not positive or longer than 63 bits.
    """
    return None if regions is None else sorted({row_id(each, "the number of a region") for each in regions})


def columns_of(table: Table, row_type: type[Any]) -> list[Column[Any]]:
    """Return the columns that the fields of a dataclass are read from: those of a table, else of its applicants."""
    return [table.c[each.name] if each.name in table.c else applicants.c[each.name] for each in fields(row_type)]


def reader_of(row_type: type[F], states: type[S]) -> Callable[[Row[Any]], F]:
    """Return what makes a dataclass of a row that has all its fields as the columns hold them.

    :param states: what its ``state`` is one of.
    """
    columns: type[Any] = row_type
    readers = [(each.name, _reader(each.name, states)) for each in fields(columns)]

    def read(row: Row[Any]) -> F:
        values = ((name, getattr(row, name), convert) for name, convert in readers)
        return row_type(**{name: value if value is None else convert(value) for name, value, convert in values})

    return read


def _reader(name: str, states: type[S]) -> Callable[[Any], Any]:
    if name.endswith("_at") or name in ("not_before", "not_after"):
        return from_seconds
    if name in ("signing_serial", "encryption_serial"):
        return serial_number
    if name == "kind":
        return ApplicantKind
    if name == "operation":
        return lambda value: named(Operation, value)
    if name == "state":
        return lambda value: named(states, value)
    return _as_it_is


def _as_it_is(value: object) -> object:
    return value
