"""What accounts that live in memory are rebuilt from: a file of entries, or nothing.

Whoever keeps accounts applies each entry to what he has in memory. Before anything is read or written he is caught up
with what other processes have written meanwhile.
"""

from __future__ import annotations

import contextlib
from datetime import datetime
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol

from gmpki.errors import GmpkiError, InvalidInputError, StateError, TamperedError
from gmpki.protect.log_record import time_text
from gmpki.seal._chain_file import START, ChainFile, ChainPlace, ChainReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

__all__ = ["FileJournal", "Journal", "MemoryJournal", "read_time"]


class Journal(Protocol):
    """Where entries go."""

    def reading(self) -> AbstractContextManager[None]:
        """Keep others from writing, caught up."""

    def writing(self) -> AbstractContextManager[Callable[[Mapping[str, Any]], None]]:
        """Keep others out, caught up; give a function that keeps an entry for good before it returns."""


class MemoryJournal:
    """Keeps no entries: what is in memory is all there is. Thread-safe."""

    def __init__(self) -> None:
        self._threads = RLock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Keep other threads from writing."""
        with self._threads:
            yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[Callable[[Mapping[str, Any]], None]]:
        """Keep other threads out."""
        with self._threads:
            yield lambda _: None


class FileJournal:
    """Entries of a file. Thread-safe; any number of processes of one machine may share the file.

    :param apply: takes the fields of an entry into memory.
    """

    def __init__(self, file: ChainFile, apply: Callable[[Mapping[str, Any]], None]) -> None:
        self._file = file
        self._apply = apply
        self._place = START
        self._identity: tuple[int, int] | None = None

    @property
    def place(self) -> ChainPlace:
        """Behind the last entry that was read."""
        return self._place

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Keep others from writing, caught up.

        :raises StateError: when the file cannot be read.
        :raises TamperedError: when what is new in it is not as it was written, or it is another file.
        """
        with self._file.reading() as reader:
            self._catch_up(reader)
            yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[Callable[[Mapping[str, Any]], None]]:
        """Keep others out, caught up; errors as :meth:`reading`, and StateError when it cannot be written to."""
        with self._file.writing() as writer:
            self._catch_up(writer)

            def append(fields: Mapping[str, Any]) -> None:
                self._place = writer.append(self._place, fields)

            yield append

    def _catch_up(self, reader: ChainReader) -> None:
        if self._identity not in (None, reader.identity):
            raise TamperedError("replaced", f"{self._file.path} was replaced by another file")
        for place, fields in reader.entries(self._place):
            if place.number > 1:
                self._take(place, fields)
            self._place = place
        if self._place.number == 0:
            raise StateError(f"{self._file.path} is no {self._file.kind}: it has no first line")
        self._identity = reader.identity

    def _take(self, place: ChainPlace, fields: Mapping[str, Any]) -> None:
        try:
            self._apply(fields)
        except (GmpkiError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise TamperedError(
                "changed", f"entry {place.number} of {self._file.path} does not follow: {error}", place=place.number
            ) from error


def read_time(text: str) -> datetime:
    """Read what :func:`~gmpki.protect.log_record.time_text` wrote.

    :raises InvalidInputError: when it is anything else.
    """
    try:
        at = datetime.fromisoformat(text.removesuffix("Z") + "+00:00")
    except ValueError:
        raise InvalidInputError(f"{text[:40]!r} is no time") from None
    if time_text(at) != text:
        raise InvalidInputError(f"{text[:40]!r} is no time in UTC in whole seconds")
    return at
