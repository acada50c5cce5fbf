"""What a run has done so far, kept so that it can be stopped, or be cut off, and be resumed.

A journal is a file of lines of JSON: first what is to be done, then what came of each check and which applications were
made and removed, in the order in which it happened. Each line is on the disk before the next check begins. It holds no
PIN and no key.
"""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from gmpki._files import as_path, lock
from gmpki.conformance.identity import Identity
from gmpki.conformance.model import Permission
from gmpki.conformance.report.room import read_outcome
from gmpki.conformance.wire import line, message, options_from_json, target_from_json, target_to_json
from gmpki.errors import ConflictError, InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from typing_extensions import Self

    from gmpki.conformance.model import LatencyRow, Result
    from gmpki.conformance.target import Options, Target

__all__ = ["JOURNAL_NAME", "Journal", "Order"]

JOURNAL_NAME: Final = "journal.jsonl"
_FORMAT: Final = 1
_MAX_LEN: Final = 256 << 20  # of all lines together
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to do. Immutable.

    :ivar target: PINs and the device key are not kept.
    :ivar started: when it began, in UTC.
    """

    target: Target
    permissions: frozenset[Permission]
    select: tuple[str, ...]
    options: Options
    started: datetime

    def to_json(self) -> dict[str, Any]:
        """Return it as the first line of a journal keeps it."""
        return {
            "format": _FORMAT,
            "target": target_to_json(self.target),
            "permissions": sorted(permission.value for permission in self.permissions),
            "select": self.select,
            "options": asdict(self.options),
            "started": self.started.isoformat(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Order:
        """Read it back.

        :raises InvalidInputError: when it is not what :meth:`to_json` makes.
        """
        try:
            if value["format"] != _FORMAT:
                raise InvalidInputError("this journal was written by another version of gmpki")
            return cls(
                target=target_from_json(value["target"]),
                permissions=frozenset(Permission(name) for name in value["permissions"]),
                select=tuple(str(pattern) for pattern in value["select"]),
                options=options_from_json(value["options"]),
                started=datetime.fromisoformat(value["started"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInputError(f"this is no journal of a run: {error}") from None


class Journal:
    """What a run has done so far. Of one thread and, where it has a file, of one process at a time.

    :ivar order: what the run is to do.
    :ivar identity: what is tested, once that is known.
    :ivar results: by the id of the check; a later result takes the place of an earlier one.
    :ivar rows: what was measured, by the id of the check.
    :ivar made: the applications that were made and are not known to be gone, in their order.
    :ivar is_key_refused: whether the device refuses the device key; whoever resumes a run may give another one.
    """

    def __init__(self, order: Order, stream: BinaryIO | None = None) -> None:
        """Begin one that has no file; see :meth:`create` and :meth:`resume` for those that have."""
        self.order = order
        self.identity: Identity | None = None
        self.results: dict[str, Result] = {}
        self.rows: dict[str, tuple[LatencyRow, ...]] = {}
        self.made: list[str] = []
        self.is_key_refused = False
        self._stream = stream

    @classmethod
    def create(cls, folder: str | os.PathLike[str], order: Order) -> Journal:
        """Begin one in a folder, which is made where it is not there.

        :raises InvalidTypeError: when folder is no path.
        :raises ConflictError: when there is a journal in it already.
        :raises OSError: when it cannot be written.
        """
        place = as_path(folder, "report_dir")
        os.makedirs(place, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        try:
            descriptor = os.open(os.path.join(place, JOURNAL_NAME), flags, 0o600)
        except FileExistsError:
            raise ConflictError(
                "run", "the folder holds the journal of another run: resume it or choose another"
            ) from None
        journal = cls(order, _locked(descriptor))
        journal._write(order.to_json())
        return journal

    @classmethod
    def resume(cls, folder: str | os.PathLike[str]) -> Journal:
        """Go on with one. A last line that was cut off is dropped.

        :raises InvalidTypeError: when folder is no path.
        :raises NotFoundError: when there is none in it.
        :raises ConflictError: when another process writes to it.
        :raises InvalidInputError: when it is none, or one that somebody else could write: it names the library to load.
        :raises OSError: when it cannot be read or written.
        """
        path = os.path.join(as_path(folder, "report_dir"), JOURNAL_NAME)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise NotFoundError("the folder holds no journal of a run") from None
        _demand_own(descriptor)
        stream = _locked(descriptor)
        try:
            content = stream.read(_MAX_LEN + 1)
            if len(content) > _MAX_LEN:
                raise InvalidInputError("this journal is longer than any run writes")
            whole = content[: content.rfind(b"\n") + 1]
            first, *others = whole.splitlines() or [b""]
            journal = cls(Order.from_json(message(first)), stream)
            for text in others:
                journal._note(message(text))
            journal.is_key_refused = False
            stream.truncate(len(whole))
        except BaseException:
            stream.close()
            raise
        return journal

    # ---- what happens -------------------------------------------------------------------
    def add(self, happened: Mapping[str, Any]) -> None:
        """Note what a child or the run tells: an identity, a result, an application made or removed, that the device
        key is refused, another order.

        :raises InvalidInputError: when it is none of these.
        :raises OSError: when it cannot be written.
        """
        self._note(happened)
        self._write(happened)

    def _note(self, happened: Mapping[str, Any]) -> None:
        try:
            if "order" in happened:
                self.order = Order.from_json(happened["order"])
            elif "identity" in happened:
                self.identity = Identity.from_json(happened["identity"])
            elif "result" in happened:
                result, rows = read_outcome(happened)
                self.results[result.check], self.rows[result.check] = result, rows
            elif "made" in happened:
                self.made.append(str(happened["made"]))
            elif "removed" in happened:
                self.made = [name for name in self.made if name != happened["removed"]]
            elif "key_refused" in happened:
                self.is_key_refused = True
            else:
                raise InvalidInputError("this is nothing that a journal keeps")
        except TypeError as error:
            raise InvalidInputError(f"this is nothing that a journal keeps: {error}") from None

    def _write(self, value: Mapping[str, Any]) -> None:
        if self._stream is not None:
            self._stream.write(line(value))
            self._stream.flush()
            os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Let others resume it; doing so twice is no error."""
        if self._stream is not None:
            with contextlib.suppress(OSError):  # of what was written before, which raised there
                self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _demand_own(descriptor: int) -> None:
    """Close a file and refuse it unless it is one of this user's, which nobody else may write to.

    :raises InvalidInputError: when it is not.
    """
    about = os.fstat(descriptor)
    if stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid() and not about.st_mode & _OTHERS_WRITE:
        return
    os.close(descriptor)
    raise InvalidInputError("the journal is no file that you alone can write: it is not gone on with")


def _locked(descriptor: int) -> BinaryIO:
    """Return the stream of a journal that nobody else writes to.

    :raises ConflictError: when somebody does.
    """
    try:
        lock(descriptor, wait=False)
    except OSError:
        os.close(descriptor)
        raise ConflictError("run", "another process works on the run in this folder") from None
    return open(descriptor, "r+b", buffering=0)
