"""Passwords and keys from a prompt, the environment, a file descriptor or a file; never from the command line, where
every process of the machine could read them and the shell would remember them.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT
from gmpki.cli._output import visible

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RememberedSecret", "SecretSource", "secret_options"]

MAX_SECRET_LEN = 1 << 16

Result = TypeVar("Result")


@dataclass(frozen=True)
class SecretSource:
    """Where the user said a secret comes from. ``option`` is the stem of its options,
    such as ``password``.
    """

    option: str
    environment: str | None
    descriptor: int | None
    file: str | None

    @property
    def given(self) -> bool:
        """Whether a source other than the prompt was named."""
        return self.environment is not None or self.descriptor is not None or self.file is not None

    def read(self, prompt: str, *, confirm: bool = False) -> bytes:
        """Return the secret; ask for it, twice with ``confirm``, where no other source was named.

        :raises click.UsageError: more than one source, an empty or overlong secret, or nobody to ask.
        """
        if sum(source is not None for source in (self.environment, self.descriptor, self.file)) > 1:
            raise click.UsageError(f"give one of {self._options()}, not several")
        if self.environment is not None:
            value = os.environb.get(os.fsencode(self.environment))
            if value is None:
                raise click.UsageError(f"the environment has no variable {self.environment} (--{self.option}-env)")
        elif self.descriptor is not None:
            if self.descriptor == 0:
                _io.claim_standard_input()
            value = _first_line(_read_descriptor(self.descriptor, self.option))
        elif self.file is not None:
            with _io.open_input(self.file) as stream:
                value = _first_line(stream.read(MAX_SECRET_LEN + 3))
        else:
            value = self._ask(prompt, confirm=confirm)
        if not 0 < len(value) <= MAX_SECRET_LEN:
            raise click.UsageError(f"the {self._name} is {len(value)} bytes long; 1 to {MAX_SECRET_LEN} are taken")
        return value

    def _ask(self, prompt: str, *, confirm: bool) -> bytes:
        if not _somebody_to_ask():
            raise click.UsageError(
                f"the {self._name} is needed and there is no terminal to ask on; use {self._options()}"
            )
        answer: str = click.prompt(visible(prompt), hide_input=True, err=True, confirmation_prompt=confirm)
        return answer.encode("utf-8", "surrogateescape")

    @property
    def _name(self) -> str:
        """What the secret is called."""
        return self.option.replace("-", " ").replace("pin", "PIN")

    def _options(self) -> str:
        return f"--{self.option}-env, --{self.option}-fd or --{self.option}-file"


@dataclass(frozen=True)
class RememberedSecret(SecretSource):
    """A secret that is read once, and then handed to further processes of this command with the source itself."""

    _held: list[bytes] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def of(cls, source: SecretSource) -> RememberedSecret:
        """Return what remembers the secret of a source."""
        return cls(source.option, source.environment, source.descriptor, source.file)

    def read(self, prompt: str, *, confirm: bool = False) -> bytes:
        """Return the secret, as :meth:`SecretSource.read` the first time."""
        if not self._held:
            self._held.append(super().read(prompt, confirm=confirm))
        return self._held[0]


def secret_options(
    option: str, what: str, *, of_token: bool = False
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Add ``--OPTION-env``, ``--OPTION-fd`` and ``--OPTION-file``; the command gets one :class:`SecretSource`.

    :param of_token: whether it may be the PIN of a token, and the options have the names with "pin" too.
    """
    stems = [option, option.replace("password", "pin")] if of_token else [option]
    what = f"{what}, or the PIN of its token," if of_token else what

    def names(kind: str) -> list[str]:
        return [f"{parameter}_{kind}", *(f"--{stem}-{kind}" for stem in stems)]

    parameter = option.replace("-", "_")

    def decorate(command: Callable[..., Result]) -> Callable[..., Result]:
        @click.option(*names("file"), type=INPUT, metavar="FILE", help=f"Read {what} from a file (its first line).")
        @click.option(*names("fd"), type=click.IntRange(min=0), help=f"Read {what} from a file descriptor.")
        @click.option(*names("env"), metavar="NAME", help=f"Take {what} from an environment variable.")
        @functools.wraps(command)
        def run(**parameters: Any) -> Result:
            environment, descriptor, file = (parameters.pop(f"{parameter}_{kind}") for kind in ("env", "fd", "file"))
            parameters[parameter] = SecretSource(option, environment, descriptor, file)
            return command(**parameters)

        return run

    return decorate


def _somebody_to_ask() -> bool:
    """Tell whether this process has a terminal."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _read_descriptor(descriptor: int, option: str) -> bytes:
    try:
        pieces: list[bytes] = []
        while len(piece := os.read(descriptor, MAX_SECRET_LEN)) > 0 and len(pieces) < 16:
            pieces.append(piece)
    except OSError as error:
        raise click.UsageError(
            f"file descriptor {descriptor} cannot be read (--{option}-fd): {error.strerror}"
        ) from None
    return b"".join(pieces)


def _first_line(text: bytes) -> bytes:
    return text.partition(b"\n")[0].removesuffix(b"\r")
