"""Manifests: signed lists of files, by which changed, missing and added ones are found.

>>> import os, tempfile
>>> from gmpki.protect.manifest import Manifest
>>> from gmpki.protect.manifest_tree import check_tree
>>> root = tempfile.mkdtemp()
>>> with open(os.path.join(root, "program"), "wb") as file:
...     _ = file.write(b"code")
>>> manifest = Manifest.of_tree(root)
>>> check_tree(manifest, root).ok
True
>>> with open(os.path.join(root, "added"), "wb") as file:
...     _ = file.write(b"more code")
>>> check_tree(manifest, root).added
('added',)

A manifest is text, the content of a signed message (CMS)::

    gmpki manifest 1
    created 2026-03-01T08:00:00Z
    without var/log/
    file SM3 MODE SIZE PATH

with a ``without`` line for each file, or directory with a slash at its end, that is not looked at, and a ``file`` line
for each file: the digest in hexadecimal, the mode in four octal digits, the size in bytes, the path from the root of
the tree with ``/`` between its parts. Both kinds of lines are in the order of the UTF-8 of their paths. What is not
looked at is part of what is signed: nobody can add to it.

Files and nothing else are in a tree: a symbolic link, a device or a pipe is refused, since what it leads to can change
without any of its own bytes. Owners, times and extended attributes are not looked at.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.algorithms import sm3
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded, ValidationError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

    from gmpki.cms import MessageProfile, SignerSpec, TimestampVerifier, Trust, VerifiedMessage
    from gmpki.x509.certificate import Certificate

__all__ = [
    "MAX_MANIFEST_LEN",
    "Manifest",
    "ManifestFile",
    "SignedManifest",
    "check_path",
    "open_manifest",
    "sign_manifest",
]

MAX_MANIFEST_LEN: Final = 48 << 20
"""The longest manifest, in bytes; a file takes about 90 and its path."""

_FIRST: Final = "gmpki manifest 1"
_CREATED: Final = re.compile(r"created ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})Z")
_FILE: Final = re.compile(r"file ([0-9a-f]{64}) ([0-7]{4}) (0|[1-9][0-9]{0,18}) ([^\n]+)")
_WITHOUT: Final = "without "
_MAX_PATH: Final = 4096
_MAX_MODE: Final = 0o7777
# A space that str.isprintable does not count in, and that stands in names of files.
_SPACES: Final = frozenset("\u00a0\u3000")


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file as it should be. Immutable; thread-safe.

    :ivar path: from the root of the tree, with ``/`` between its parts.
    :ivar size: in bytes.
    :ivar mode: the bits for reading, writing, executing and the three above them, 0 to 0o7777.
    :ivar digest: the SM3 of the contents, 32 bytes.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one is out of its range; for paths as :func:`check_path` says.
    """

    path: str
    size: int
    mode: int
    digest: bytes

    def __post_init__(self) -> None:
        check_path(self.path)
        _inputs.number(self.size, 0, 2**63 - 1, "size")
        _inputs.number(self.mode, 0, _MAX_MODE, "mode")
        if len(_inputs.as_bytes(self.digest, "digest")) != sm3.DIGEST_LEN:
            raise InvalidInputError(f"digest must be {sm3.DIGEST_LEN} bytes")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A list of files. Immutable; thread-safe.

    :ivar created: when it was made, by the clock of who made it.
    :ivar files: in the order of the UTF-8 of their paths, each path once.
    :ivar without: what is not looked at, in the same order: files, and directories with a slash at their end.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the time has no zone, a path is none, stands twice or out of its order, or is both
        a file's and a directory's.
    """

    created: datetime
    files: tuple[ManifestFile, ...]
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "created", _inputs.utc_seconds(self.created, "created"))
        for name in ("files", "without"):
            object.__setattr__(self, name, _inputs.iterated(getattr(self, name), name))
        for file in self.files:
            _inputs.member(file, ManifestFile, "a file")
        for path in self.without:
            check_path(_inputs.as_text(path, "a path").removesuffix("/"))
        for what, paths in (("files", [file.path for file in self.files]), ("without", list(self.without))):
            encoded = [path.encode("utf-8") for path in paths]
            for before, after in itertools.pairwise(encoded):
                if before >= after:
                    shown = after.decode("utf-8")
                    raise InvalidInputError(f"{what}: {shown!r} stands twice, or out of its place in the order")
        _refuse_files_in_files(self.files)

    @classmethod
    def of_tree(
        cls,
        root: str | os.PathLike[str],
        *,
        without: Iterable[str] = (),
        created: datetime | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Manifest:
        """List the files below a directory.

        :param without: what not to look at: files, and directories with a slash at their end; from the root.
        :param created: None for now.
        :param progress: called with the bytes read and their sum.
        :raises OSError: when something cannot be read.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the tree has a symbolic link, a device or a pipe, or a name that
            :func:`check_path` refuses; ``without`` tells to leave it out.
        :raises LimitExceeded: when the tree is deeper than 200 directories or has more than a million names.
        :raises StateError: when a file is written to while it is read.
        :raises UnsupportedPlatform: where files cannot be opened from a directory.
        """
        from gmpki.protect.manifest_tree import list_files

        excluded = tuple(sorted(set(_inputs.iterated(without, "without")), key=_utf8))
        now = datetime.now(timezone.utc) if created is None else created
        checked = cls(now, (), excluded)
        return cls(checked.created, tuple(list_files(root, checked.without, progress)), checked.without)

    def to_bytes(self) -> bytes:
        """Return the text of the manifest in UTF-8.

        :raises LimitExceeded: when it is longer than :data:`MAX_MANIFEST_LEN`.
        """
        created = self.created.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
        lines = [_FIRST, f"created {created}", *(f"{_WITHOUT}{path}" for path in self.without)]
        lines += [f"file {file.digest.hex()} {file.mode:04o} {file.size} {file.path}" for file in self.files]
        text = ("\n".join(lines) + "\n").encode("utf-8")
        if len(text) > MAX_MANIFEST_LEN:
            raise LimitExceeded(f"a manifest of {len(text)} bytes; at most {MAX_MANIFEST_LEN} are written")
        return text

    @classmethod
    def from_bytes(cls, data: Buffer) -> Manifest:
        """Read a manifest. Nothing is verified: :func:`open_manifest` does that.

        :raises InvalidTypeError: when data is not a buffer.
        :raises LimitExceeded: when it is longer than :data:`MAX_MANIFEST_LEN`.
        :raises DecodeError: when it is not the text of a manifest, to the byte.
        """
        raw = _inputs.as_bytes(data, "a manifest")
        if len(raw) > MAX_MANIFEST_LEN:
            raise LimitExceeded(f"a manifest of {len(raw)} bytes; at most {MAX_MANIFEST_LEN} are read")
        try:
            lines = raw.decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise DecodeError("a manifest is text in UTF-8", offset=error.start) from None
        created = _CREATED.fullmatch(lines[1]) if len(lines) > 2 else None
        if lines[0] != _FIRST or created is None or lines[-1]:
            raise DecodeError(f"a manifest begins with the line {_FIRST!r} and its time, and ends with an end of line")
        rest = lines[2:-1]
        without = [line[len(_WITHOUT) :] for line in rest if line.startswith(_WITHOUT)]
        try:
            files = tuple(_file(line) for line in rest[len(without) :])
            at = datetime.fromisoformat(created[1]).replace(tzinfo=timezone.utc)
            return cls(at, files, tuple(without))
        except DecodeError:
            raise
        except ValueError as error:  # of the time, or an InvalidInputError
            raise DecodeError(f"this is no manifest: {error}") from None


def _file(line: str) -> ManifestFile:
    found = _FILE.fullmatch(line)
    if found is None:
        raise DecodeError(f"this is no line about a file: {line[:100]!r}")
    digest, mode, size, path = found.groups()
    return ManifestFile(path, int(size), int(mode, 8), bytes.fromhex(digest))


def _refuse_files_in_files(files: tuple[ManifestFile, ...]) -> None:
    # In this order what is below a path follows it at once.
    paths = sorted(file.path.replace("/", "\0") for file in files)
    for before, after in itertools.pairwise(paths):
        if after.startswith(before + "\0"):
            raise InvalidInputError(f"{before.replace(chr(0), '/')!r} cannot be a file and a directory")


def check_path(path: object) -> str:
    """Return a path that names a file below a root, in one way only.

    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when it is empty, begins or ends with a slash, has an empty part or one that is ``.`` or
        ``..``, a character that cannot be shown, or more than 4096 characters, or is no text at all.
    """
    text = _inputs.as_text(path, "a path")  # type: ignore[arg-type]
    parts = text.split("/")
    if not 0 < len(text) <= _MAX_PATH or any(part in ("", ".", "..") for part in parts):
        raise InvalidInputError(f"{text[:100]!r} is no path to a file below a directory, written in the usual way")
    if not (text.isprintable() or all(char.isprintable() or char in _SPACES for char in text)):
        raise InvalidInputError(f"{text[:100]!r} has characters that no manifest takes")
    return text


def _utf8(path: str) -> bytes:
    try:
        return _inputs.as_text(path, "a path").encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInputError(f"{path[:100]!r} has characters that no manifest takes") from None


# ---- signed manifests --------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A manifest whose signature held. Immutable.

    :ivar message: who signed it, and what was verified about that.
    """

    manifest: Manifest
    message: VerifiedMessage


def sign_manifest(
    manifest: Manifest,
    signers: SignerSpec | Iterable[SignerSpec],
    *,
    profile: MessageProfile | None = None,
    certificates: Iterable[Certificate] = (),
) -> bytes:
    """Sign a manifest; return the message, which holds it, as DER.

    :param profile: whose identifiers are written; None is GM/T 0010.
    :param certificates: those of authorities in between, which go along.
    :raises LimitExceeded: when the manifest is too long.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises GmpkiError: as :func:`gmpki.cms.sign`.
    """
    from gmpki.cms import MessageProfile, sign

    _inputs.member(manifest, Manifest, "manifest")
    chosen = MessageProfile.GMT0010 if profile is None else profile
    return sign(manifest.to_bytes(), signers, profile=chosen, certificates=certificates)


def open_manifest(
    signed: Buffer,
    trust: Trust,
    *,
    signers: Iterable[Certificate] = (),
    timestamps: TimestampVerifier | None = None,
) -> SignedManifest:
    """Verify the signature of a manifest, and read it.

    :param trust: how certificates of signers are judged.
    :param signers: whose signature counts: one of them must have signed. With none given, anybody may sign whose
        certificate the trust accepts.
    :param timestamps: who verifies time-stamps, for a signer whose certificate has expired since.
    :raises GmpkiError: as :func:`gmpki.cms.verify`.
    :raises ValidationError: "signer", when none of the signers given has signed it.
    :raises DecodeError: when the message, or the manifest in it, is malformed.
    :raises LimitExceeded: when the manifest is too long.
    :raises InvalidTypeError: when an input has the wrong type.
    """
    from gmpki.cms import verify
    from gmpki.x509.certificate import Certificate

    allowed = _inputs.iterated(signers, "signers")
    for certificate in allowed:
        _inputs.member(certificate, Certificate, "a signer")
    verified = verify(_inputs.as_bytes(signed, "a signed manifest"), trust, timestamps=timestamps)
    if allowed and not any(report.signer_certificate in allowed for report in verified.signers):
        raise ValidationError("signer", "nobody whose signature counts has signed the manifest")
    return SignedManifest(Manifest.from_bytes(verified.content), verified)
