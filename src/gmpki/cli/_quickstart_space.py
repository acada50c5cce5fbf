"""The directory of one run of ``gmpki quickstart``: its files, its steps, what was found and how long it took."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from gmpki.cli import _io
from gmpki.errors import GmpkiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gmpki.keys.sm2 import SM2PrivateKey

__all__ = ["Finding", "MadeFile", "Said", "StepRecord", "StoryError", "Timing", "Workspace"]

SECRETS = "passwords.txt"
_ITERATIONS = 10_000
T = TypeVar("T")


class Said(NamedTuple):
    """The same in both languages."""

    chinese: str
    english: str


@dataclass(frozen=True)
class MadeFile:
    """A file or directory that the run leaves."""

    name: str
    what: Said


@dataclass(frozen=True)
class Finding:
    """One verification and what it came to.

    :ivar is_refusal: whether it was to be refused.
    :ivar found: what holds, or the reason of the refusal.
    """

    what: Said
    is_refusal: bool
    found: str


@dataclass(frozen=True)
class Timing:
    """How long an operation took, once."""

    what: Said
    elapsed_s: float


@dataclass
class StepRecord:
    """One step. ``facts`` is what is worth telling, as (label, value)."""

    name: str
    title: Said
    facts: list[tuple[str, str]] = field(default_factory=list)
    elapsed_s: float = 0.0


class StoryError(GmpkiError):
    """A step did not come to what it has to come to."""


@dataclass
class Workspace:
    """Everything that one run has done so far."""

    directory: str
    on_step: Callable[[StepRecord], None]
    files: list[MadeFile] = field(default_factory=list)
    steps: list[StepRecord] = field(default_factory=list)
    current: StepRecord | None = None
    findings: list[Finding] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)
    _secrets: dict[str, str] = field(default_factory=dict, repr=False)

    # ---- steps ----------------------------------------------------------------------------
    @contextlib.contextmanager
    def step(self, name: str, title: Said) -> Iterator[None]:
        """Do a step; it counts when it comes to its end. Until then it is the current one."""
        self.current = record = StepRecord(name, title)
        start = time.perf_counter()
        yield
        record.elapsed_s = time.perf_counter() - start
        self.current = None
        self.steps.append(record)
        self.on_step(record)

    def tell(self, label: str, value: str) -> None:
        """Add what is worth telling to the current step."""
        if self.current is not None:
            self.current.facts.append((label, value))

    def timed(self, what: Said, action: Callable[[], T]) -> T:
        """Do something, and note how long it took."""
        start = time.perf_counter()
        value = action()
        self.timings.append(Timing(what, time.perf_counter() - start))
        return value

    def holds(self, what: Said, found: str) -> None:
        """Note a verification that came to a good end."""
        self.findings.append(Finding(what, False, found))

    def refused(self, what: Said, action: Callable[[], object], *kinds: type[GmpkiError]) -> str:
        """See that something is refused, and note the reason.

        :param kinds: of errors that are a refusal; any other is a failure of the run.
        :raises StoryError: when it is not refused.
        """
        try:
            action()
        except kinds as error:
            self.findings.append(Finding(what, True, f"{type(error).__name__}: {error}"))
            return str(error)
        raise StoryError(f"{what.english}: it was to be refused, and was accepted")

    # ---- files ----------------------------------------------------------------------------
    def path(self, name: str) -> str:
        """Return the path of a file of this run."""
        return os.path.join(self.directory, name)

    def read(self, name: str) -> bytes:
        """Read a file that an earlier step wrote."""
        with open(self.path(name), "rb") as stream:
            return stream.read()

    def write(self, name: str, data: bytes, what: Said | None, *, private: bool = False) -> None:
        """Write a file.

        :param what: it is, for the list of what was made; None does not list it.
        """
        os.makedirs(os.path.dirname(self.path(name)), mode=0o700, exist_ok=True)
        _io.write_output(self.path(name), data, private=private, force=True)
        if what is not None:
            self.note(name, what)

    def note(self, name: str, what: Said) -> None:
        """List a file or directory that something else wrote."""
        self.files.append(MadeFile(name, what))

    # ---- secrets --------------------------------------------------------------------------
    def secret(self, name: str, *, digits: bool = False) -> str:
        """Make a password, or a PIN of digits, and keep it in the file of secrets, which only its owner reads."""
        from gmpki.algorithms.rand import random_bytes

        value = f"{int.from_bytes(random_bytes(8), 'big') % 10**8:08d}" if digits else random_bytes(16).hex()
        if not self._secrets:
            self.note(SECRETS, Said("本次演示的口令与 PIN", "the passwords and PINs of this run"))
        self._secrets[name] = value
        text = "".join(f"{known}: {said}\n" for known, said in self._secrets.items())
        _io.write_output(self.path(SECRETS), text.encode("utf-8"), private=True, force=True)
        return value

    def software_key(self, name: str) -> SM2PrivateKey:
        """Make a key that lives in a file, under a password of its own."""
        from gmpki.keys.sm2 import SM2PrivateKey

        key = SM2PrivateKey.generate()
        # Of 16 random bytes nobody guesses one, however fast that can be tried.
        pem = key.to_pem(self.secret(name).encode("ascii"), iterations=_ITERATIONS)
        self.write(f"keys/{name}.pem", pem, None, private=True)
        return key
