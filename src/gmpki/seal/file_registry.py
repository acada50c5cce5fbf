"""A registry of seals on the disk.

A directory holds ``registry``, a file of entries of which each one holds the digest of those before
(:mod:`gmpki.seal._chain_file`), and ``seals/DIGEST.esl``, the seals themselves. A step is on the disk before its
function returns; a process that is killed at any instant, a full disk, or several processes at once leave every step
there whole or not at all.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from gmpki import _files
from gmpki.algorithms import sm3
from gmpki.errors import StateError, TamperedError
from gmpki.protect import log_file
from gmpki.seal._chain_file import ChainFile, ChainPlace, open_chain
from gmpki.seal._journal import FileJournal
from gmpki.seal.registry import JournalRegistry, now_utc

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from typing_extensions import Buffer

__all__ = ["FileSealRegistry"]

KIND: Final = "gmpki seal registry 1"
_FILE: Final = "registry"
_SEALS: Final = "seals"
MAX_SEAL_LEN: Final = 16 << 20


class FileSealRegistry(JournalRegistry):
    """A registry in a directory. Thread-safe; any number of processes of one machine may share it.

    Whoever writes to the files past this class is found out when what he changed is read: by the chain of digests, or,
    where he makes that anew, by the key. That the newest entries were cut off, or the whole directory was put back to
    an older state, shows only against a :attr:`place` that was kept elsewhere.

    Every question and step raises StateError when the files cannot be read, written or locked, and TamperedError when
    they are not as they were written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        key: Buffer | None = None,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Open a registry that :meth:`create` made.

        :param path: of the directory.
        :param key: under which the entries are chained, 16 to 1024 bytes; None for a registry without one.
        :param clock: gives the time, with a time zone.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the path is none, or the key has the wrong length.
        :raises StateError: when there is none, it cannot be read, or it was made with a key and none is given, or the
            reverse.
        :raises TamperedError: when an entry is not as it was written.
        """
        directory = _files.as_path(path)
        super().__init__(clock, _SealFiles(os.path.join(directory, _SEALS)))
        self._path = directory
        self._file_journal = FileJournal(_chain_file(directory, key), self._apply)
        self._journal = self._file_journal
        with self._journal.reading():
            pass

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        *,
        key: Buffer | None = None,
        clock: Callable[[], datetime] = now_utc,
    ) -> FileSealRegistry:
        """Make the directory, where it is missing, and an empty registry in it. Parameters as the constructor.

        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the path is none, or the key has the wrong length.
        :raises StateError: when there is a registry, or it cannot be written.
        """
        directory = _files.as_path(path)
        file = _chain_file(directory, key)
        try:
            for one in (directory, os.path.join(directory, _SEALS)):
                os.makedirs(one, mode=0o700, exist_ok=True)
        except OSError as error:
            raise StateError(f"{KIND} {directory}: {error.strerror or error}") from error
        file.create()
        return cls(directory, key=key, clock=clock)

    @property
    def place(self) -> ChainPlace:
        """How many entries there are, and the digest of the last, which holds all of them; to be kept elsewhere."""
        with self._journal.reading():
            return self._file_journal.place

    def __repr__(self) -> str:
        return f"<FileSealRegistry {self._path!r}>"


class _SealFiles:
    """The seals in a directory, by their digests."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def _name(self, digest: bytes) -> str:
        return os.path.join(self._directory, f"{digest.hex()}.esl")

    def __getitem__(self, digest: bytes) -> bytes:
        name = self._name(digest)
        try:
            with os.fdopen(log_file.open_read(name), "rb") as stream:
                data = stream.read(MAX_SEAL_LEN + 1)
        except FileNotFoundError:
            raise TamperedError("missing", f"the seal {name} is gone", place=os.path.basename(name)) from None
        except OSError as error:
            raise StateError(f"the seal {name}: {error.strerror or error}") from error
        if sm3.digest(data) != digest:
            raise TamperedError("changed", f"the seal {name} is not the one on file", place=os.path.basename(name))
        return data

    def __setitem__(self, digest: bytes, data: bytes) -> None:
        # What is there of that name without an entry was left by a crash, or by a step that failed behind this.
        try:
            with _files.create(self._name(digest), private=True, force=True) as stream:
                stream.write(data)
        except OSError as error:
            raise StateError(f"the seal {self._name(digest)}: {error.strerror or error}") from error


def _chain_file(directory: str, key: Buffer | None) -> ChainFile:
    return open_chain(os.path.join(directory, _FILE), KIND, key)
