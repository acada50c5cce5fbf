"""A directory of files, laid out as :mod:`gmpki.ca.publication.tree` says; a web server can hand it out as it is.

Files take their places whole, so that nobody reads half a list.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gmpki import _files
from gmpki._inputs import as_text
from gmpki.ca.interfaces import Published
from gmpki.ca.publication.tree import folder_of_certificates, place_of, serial_of
from gmpki.errors import InvalidInputError, PublicationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DirectoryPublisher", "publisher_name"]

_MAX_NAME_LEN: Final = 64


def publisher_name(name: str) -> str:
    """Return the name of a publisher, after checking it.

    :raises InvalidTypeError: when it is no ``str``.
    :raises InvalidInputError: when it is not 1 to 64 lower-case letters, digits and hyphens.
    """
    letters = as_text(name, "the name of a publisher").replace("-", "a")
    if not (1 <= len(name) <= _MAX_NAME_LEN and letters.isascii() and letters.isalnum() and letters.islower()):
        raise InvalidInputError("the name of a publisher is 1 to 64 lower-case letters, digits and hyphens")
    return name


class DirectoryPublisher:
    """A directory that certificates and lists are written to. Thread-safe; several processes may write to one.

    :param path: of the directory; it is made when it is not there.
    :param name: of the publisher.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the path is none, or the name none of a publisher.
    """

    def __init__(self, path: str | os.PathLike[str], *, name: str = "directory") -> None:
        self._root = Path(_files.as_path(path))
        self._name = publisher_name(name)

    @property
    def name(self) -> str:
        """What the place is called."""
        return self._name

    @property
    def path(self) -> Path:
        """The directory."""
        return self._root

    def publish(self, what: Published) -> None:
        """Write a file, in the place of the one that was there.

        :raises PublicationError: when it cannot be written.
        :raises InvalidInputError: as :func:`~gmpki.ca.publication.tree.place_of`.
        """
        place = self._root / place_of(what)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with _files.create(place, force=True) as stream:
                for piece in what.read():
                    stream.write(piece)
        except OSError as error:
            raise PublicationError(f"{self._name}: {error}") from error

    def find(self, what: Published) -> bytes | None:
        """Return what is in the file; None when there is none.

        :raises PublicationError: when it cannot be read.
        :raises InvalidInputError: as :func:`~gmpki.ca.publication.tree.place_of`.
        """
        try:
            return (self._root / place_of(what)).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PublicationError(f"{self._name}: {error}") from error

    def serial_numbers(self, authority: str) -> Iterator[int]:
        """Yield the serial numbers of the certificates of an authority that are there, in no order.

        :raises PublicationError: when the directory cannot be read.
        """
        folder = self._root / folder_of_certificates(authority)
        try:
            for shelf in folder.iterdir() if folder.is_dir() else ():
                for file in shelf.iterdir() if shelf.is_dir() else ():
                    serial = serial_of(file)
                    if serial is not None:
                        yield serial
        except OSError as error:
            raise PublicationError(f"{self._name}: {error}") from error
