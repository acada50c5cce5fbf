"""Who signs documents on the command line: a key, with a seal or without, and what is asked and logged at each use."""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gmpki.cli import _cms, _io
from gmpki.cli._batch import refuse_standard_input
from gmpki.cli._files import INPUT
from gmpki.cli._options import together
from gmpki.cli._secrets import RememberedSecret, SecretSource, secret_options
from gmpki.cli._trust import load_certificates, read_file, timestamps_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.keys.loader import PrivateKey
    from gmpki.seal.file_registry import FileSealRegistry
    from gmpki.seal.grants import FileGrants
    from gmpki.seal.interfaces import DocumentSigner
    from gmpki.seal.seal import Seal
    from gmpki.seal.use_check import UseCheck
    from gmpki.seal.use_log import FileUseLog
    from gmpki.x509.certificate import Certificate

__all__ = [
    "SignerChoice",
    "open_grants",
    "open_registry",
    "open_use_log",
    "read_seal",
    "seal_signer_options",
    "stamp_options",
    "stamp_source",
]

MAX_SEAL_LEN = 16 << 20
GRANTS = "grants"  # the file in the directory of a registry
STAMP_TIMEOUT_S = 60
MAX_RESPONSE_LEN = 1 << 20

Result = TypeVar("Result")

stamp_options = together(
    click.option(
        "--stamp-command",
        metavar="COMMAND",
        help="A program that reads the request for a time-stamp and writes the response.",
    ),
    click.option("--stamp-anchor", "stamp_anchors", help="Certificates that are trusted for it.", **_cms.FILES),
)


def read_seal(path: str, *, lenient: bool = False) -> Seal:
    """Read a seal."""
    from gmpki.seal.seal import Seal

    return read_file(path, Seal.from_der, max_len=MAX_SEAL_LEN, lenient=lenient)


def open_registry(directory: str, *, create: bool = False) -> FileSealRegistry:
    """Open a registry, or make it together with its file of grants."""
    from gmpki.seal.file_registry import FileSealRegistry
    from gmpki.seal.grants import FileGrants

    if not create:
        return FileSealRegistry(directory)
    registry = FileSealRegistry.create(directory)
    FileGrants.create(os.path.join(directory, GRANTS))
    return registry


def open_grants(directory: str) -> FileGrants:
    """Open the grants of a registry."""
    from gmpki.seal.grants import FileGrants

    return FileGrants(os.path.join(directory, GRANTS))


def open_use_log(path: str) -> FileUseLog:
    """Open a log of uses; make it where there is none."""
    from gmpki.seal.use_log import FileUseLog

    return FileUseLog(path) if os.path.exists(path) else FileUseLog.create(path)


@dataclass(frozen=True)
class SignerChoice:
    """Who the user said signs, and with which seal."""

    seal_file: str | None
    key_file: str | None
    password: SecretSource
    certificate_files: tuple[str, ...]
    registry: str | None
    purpose: str
    stamp_command: str | None
    stamp_anchors: tuple[str, ...]
    use_log: str | None

    def signer(self, document_name: str = "") -> DocumentSigner:
        """Return who signs. Without --key it is somebody whose signature is prepared here and made elsewhere.

        :param document_name: for the log of uses.
        :raises click.UsageError: when the options do not fit together.
        """
        from gmpki.seal.digital import DigitalSigner
        from gmpki.seal.signing import SealSigner

        if self.seal_file is None and (self.registry is not None or self.purpose):
            raise click.UsageError("--registry and --purpose go with --seal")
        if self.purpose and self.registry is None:
            raise click.UsageError("--purpose goes with --registry, which knows the grants")
        key, certificate = self._key()
        log = None if self.use_log is None else open_use_log(self.use_log)
        if self.seal_file is None:
            return DigitalSigner(key, certificate, timestamp=self.stamp(), log=log, document_name=document_name)
        return SealSigner(
            read_seal(self.seal_file),
            key,
            certificate,
            timestamp=self.stamp(),
            grant=self._check(),
            log=log,
            purpose=self.purpose,
            document_name=document_name,
        )

    def shared(self) -> SignerChoice:
        """Return the same for several processes: a password that this one reads is not asked for again.

        :raises click.UsageError: when standard input is one of the files.
        """
        refuse_standard_input(
            self.seal_file, self.key_file, self.password.file, *self.certificate_files, *self.stamp_anchors
        )
        return replace(self, password=RememberedSecret.of(self.password))

    def _key(self) -> tuple[PrivateKey | None, Certificate]:
        from gmpki.x509.profile import SIGNING_USAGES

        certificates = load_certificates(self.certificate_files)
        if self.key_file is None:
            if len(certificates) != 1:
                raise click.UsageError("without --key, --certificate names the one certificate of who signs")
            return None, certificates[0]
        found = _cms.load_keys((self.key_file,), self.password, certificates, usages=SIGNING_USAGES)
        if len(found) != 1:
            raise click.UsageError(
                f"{_io.display_name(self.key_file)} holds {len(found)} keys that sign; one is needed"
            )
        return found[0]

    def _check(self) -> UseCheck | None:
        from gmpki.seal.use_check import UseCheck

        return None if self.registry is None else UseCheck(open_registry(self.registry), open_grants(self.registry))

    def stamp(self) -> Callable[[bytes], bytes] | None:
        """Return what gets a time-stamp over bytes, as :func:`stamp_source`."""
        return stamp_source(self.stamp_command, self.stamp_anchors)


def stamp_source(stamp_command: str | None, anchors: tuple[str, ...]) -> Callable[[bytes], bytes] | None:
    """Return what gets a time-stamp over bytes; None when no program was named.

    :raises click.UsageError: when nobody is trusted for it.
    """
    from gmpki.tsa.http import TimestampClient

    if stamp_command is None:
        return None
    verifier = timestamps_of(anchors, (), (), (), None, lenient=False)
    if verifier is None:
        raise click.UsageError("--stamp-command needs --stamp-anchor: who is trusted for time-stamps")
    command = shlex.split(stamp_command)
    if not command:
        raise click.UsageError("--stamp-command names no program")
    client = TimestampClient("", lambda _, request: _run(command, request), verifier)
    return lambda data: client.stamp(data).token


def _run(command: list[str], request: bytes) -> bytes:
    """Give a request to a program, and return its answer."""
    from gmpki.errors import FetchError

    try:
        done = subprocess.run(  # noqa: S603 - the program that the user named
            command, input=request, stdout=subprocess.PIPE, timeout=STAMP_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise FetchError(f"{command[0]} gave no time-stamp in {STAMP_TIMEOUT_S} s") from None
    if done.returncode != 0:
        raise FetchError(f"{command[0]} gave no time-stamp: exit code {done.returncode}")
    if len(done.stdout) > MAX_RESPONSE_LEN:
        raise FetchError(f"{command[0]} gave {len(done.stdout)} bytes, which is no time-stamp")
    return done.stdout


def seal_signer_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add who signs, and with which seal; the command gets one :class:`SignerChoice` as ``signing``."""

    @click.option("--seal", "seal_file", type=INPUT, metavar="FILE", help="The seal.  [default: a signature without]")
    @click.option(
        "--key",
        "-k",
        "key_file",
        type=INPUT,
        metavar=_cms.KEYS["metavar"],
        help="The key of who signs. PKCS #12 is taken too.",
    )
    @secret_options("password", "the password of the key", of_token=True)
    @click.option("--certificate", "certificate_files", help="The certificate of who signs.", **_cms.FILES)
    @click.option(
        "--registry",
        type=INPUT,
        metavar="DIRECTORY",
        help="Sign only when the seal is in use there, and a grant there covers it.",
    )
    @click.option("--purpose", default="", metavar="TEXT", help="For what the seal is used, as grants name it.")
    @stamp_options
    @click.option("--use-log", type=INPUT, metavar="FILE", help="Keep each use in this file; made where there is none.")
    @functools.wraps(command)
    def run(**parameters: Any) -> Result:
        choice = {name: parameters.pop(name) for name in SignerChoice.__dataclass_fields__}
        return command(signing=SignerChoice(**choice), **parameters)

    decorated: Callable[..., Result] = run
    return decorated
