"""An OFD package: its files, their digests, and new packages in which old files keep their bytes.

:standard: GB/T 33190-2016; paths as its type ST_Loc: absolute ones begin with "/", the others are relative to the file
    that names them
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, member
from gmpki.algorithms import sm3
from gmpki.cms.digests import hash_of
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError
from gmpki.seal.ofd import archive, xml
from gmpki.seal.ofd.archive import DEFAULT_LIMITS, PackageLimits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.seal.ofd.xml import Element

__all__ = ["DEFAULT_LIMITS", "OFDPackage", "PackageLimits", "build_package", "resolve", "shown"]

ENTRY_NAME = "OFD.xml"
"""The one name that is fixed."""

# Files that are hashed side by side are in memory together.
_MAX_SHORT: Final = 1 << 17
_HASHED_TOGETHER: Final = 64


def resolve(location: str, base: str = "") -> str:
    """Return the name of the file that a location means: without a slash at its beginning, as the archive has it.

    >>> resolve("/Doc_0/Signs/Signatures.xml"), resolve("Pages/Page_0/Content.xml", "Doc_0/Document.xml")
    ('Doc_0/Signs/Signatures.xml', 'Doc_0/Pages/Page_0/Content.xml')
    >>> resolve("../Res/image.png", "Doc_0/Pages/Page_0/Content.xml")
    'Doc_0/Pages/Res/image.png'

    :param base: the name of the file in which the location stands; empty for the root of the package.
    :raises InvalidTypeError: when a part is not text.
    :raises DecodeError: when it leads out of the package, or is no name of a file.
    :raises LimitExceeded: when it is longer than a name may be.
    """
    text = as_text(location, "location").strip()
    parts = [] if text.startswith("/") else as_text(base, "base").split("/")[:-1]
    for part in text.removeprefix("/").split("/"):
        if part == "..":
            if not parts:
                raise DecodeError(f"the location {text[:80]!r} leads out of the package")
            parts.pop()
        elif part != ".":
            parts.append(part)
    name = "/".join(parts)
    archive.check_name(name)
    return name


def _inflated(entry: archive.Member) -> bytes | None:
    """Return the bytes of a file; None when it is damaged."""
    try:
        return archive.inflate(entry)
    except GmpkiError:
        return None


def shown(name: str) -> str:
    """Return the name of a file as OFD writes absolute paths: with a slash at its beginning."""
    return "/" + name


class OFDPackage:
    """The files of a package. Immutable; not for several threads at once: it keeps digests that were asked for.

    >>> package = OFDPackage.from_bytes(build_package({"OFD.xml": b"<OFD/>", "Doc_0/Document.xml": b"<Document/>"}))
    >>> package.names
    ('OFD.xml', 'Doc_0/Document.xml')
    >>> package.read("/Doc_0/Document.xml")
    b'<Document/>'

    :ivar names: the names of the files, in the order of the archive, without a slash at their beginning.
    :ivar limits: how much it was allowed to hold.
    """

    __slots__ = ("_digests", "_files", "_members", "limits", "names")

    def __init__(self, members: Iterable[archive.Member], limits: PackageLimits) -> None:
        """Hold members that were read; callers use :meth:`from_bytes`."""
        self._members = tuple(members)
        self._files = {entry.name: entry for entry in self._members if not entry.is_directory}
        self._digests: dict[tuple[str, str], bytes] = {}
        self.names = tuple(self._files)
        self.limits = limits

    @classmethod
    def from_bytes(cls, data: Buffer, *, limits: PackageLimits = DEFAULT_LIMITS) -> OFDPackage:
        """Read a package.

        :raises InvalidTypeError: when the data have no buffer, or the limits are none.
        :raises DecodeError: when it is no ZIP archive, one that two readers could take differently, or has no OFD.xml.
        :raises LimitExceeded: when it holds more than the limits allow; judged before anything is inflated.
        """
        member(limits, PackageLimits, "limits")
        package = cls(archive.read_archive(as_bytes(data, "data"), limits), limits)
        if ENTRY_NAME not in package:
            raise DecodeError("this is no OFD package: it has no OFD.xml")
        return package

    def __contains__(self, path: object) -> bool:
        """Tell whether a file of that name is there, with or without a slash at its beginning."""
        return isinstance(path, str) and path.removeprefix("/") in self._files

    def read(self, path: str) -> bytes:
        """Return the bytes of a file.

        :param path: its name, with or without a slash at its beginning.
        :raises DecodeError: when there is none of that name, or it is damaged.
        """
        return archive.inflate(self._member(path))

    def beginning(self, path: str, length: int) -> bytes:
        """Return the first bytes of a file, and no more than can be read of it, which nothing vouches for.

        :raises DecodeError: when there is none of that name.
        """
        return archive.inflated_beginning(self._member(path), length)

    def length(self, path: str) -> int:
        """Return how many bytes a file has.

        :raises DecodeError: when there is none of that name.
        """
        return self._member(path).length

    def _member(self, path: str) -> archive.Member:
        entry = self._files.get(as_text(path, "path").removeprefix("/"))
        if entry is None:
            raise DecodeError(f"the package has no file {path[:200]!r}")
        return entry

    def digest(self, path: str, hash_name: str = "sm3") -> bytes:
        """Return the digest of a file, which is computed once however many signatures protect it.

        :param hash_name: "sm3", "sha256", "sha1" and their like.
        :raises UnsupportedAlgorithm: when there is no such hash.
        :raises DecodeError: when there is no file of that name, or it is damaged.
        """
        key = (self._member(path).name, hash_name)
        if key not in self._digests:
            self._digests[key] = hash_of(hash_name, self.read(path))
        return self._digests[key]

    def hash_ahead(self, paths: Iterable[str], hash_name: str = "sm3") -> None:
        """Compute what :meth:`digest` will be asked for, the SM3 of many short files side by side.

        Nothing is told here: of files that are missing, damaged or long, and with other hashes, :meth:`digest` does.
        """
        if hash_name != "sm3":
            return
        members = {
            path: self._files[path] for path in (each.removeprefix("/") for each in paths) if path in self._files
        }
        short = [
            each for each in members.values() if each.length <= _MAX_SHORT and (each.name, "sm3") not in self._digests
        ]
        # Those of about one length are the fastest together.
        short.sort(key=lambda each: each.length)
        for start in range(0, len(short), _HASHED_TOGETHER):
            read = [
                (each.name, content)
                for each in short[start : start + _HASHED_TOGETHER]
                if (content := _inflated(each)) is not None
            ]
            digests = sm3.sm3_batch([content for _, content in read])
            self._digests.update(((name, "sm3"), digest) for (name, _), digest in zip(read, digests, strict=True))

    def xml(self, path: str) -> Element:
        """Return the root element of a file of XML.

        :raises DecodeError: when there is no file of that name, or it is damaged or not well-formed.
        :raises LimitExceeded: when it is too long, too deep or too much.
        """
        name = self._member(path).name
        return xml.parse(self.read(name), name=shown(name), max_len=self.limits.xml_len)

    def with_members(self, new: Mapping[str, Buffer], *, replaced: Mapping[str, Buffer] | None = None) -> bytes:
        """Return a package with more files, or other ones, in which all that is not named keeps its bytes.

        Members that stay are copied as they lie in the archive, headers and compressed data included; nothing is
        inflated or written anew. Replaced files stay at their place, new ones come last.

        :param new: files that are not there yet.
        :param replaced: files that are.
        :raises InvalidTypeError: when there is no mapping of text to buffers.
        :raises InvalidInputError: when a new file is there already, or a replaced one is not, or the names of the
            result could be taken for one another.
        :raises DecodeError: when a name is none that a package may have.
        :raises LimitExceeded: when the result would be beyond the limits of this package.
        """
        others, added = _contents(replaced or {}), _contents(new)
        for name in others:
            if name not in self._files:
                raise InvalidInputError(f"the package has no file {name!r} to replace")
        for name in added:
            if name in self._files:
                raise InvalidInputError(f"the package has a file {name!r} already")
        members = [
            archive.deflated(entry.name, others[entry.name]) if entry.name in others else entry
            for entry in self._members
        ]
        members += [archive.deflated(name, content) for name, content in added.items()]
        return _checked(archive.assemble(members), self.limits)


def build_package(files: Mapping[str, Buffer], *, limits: PackageLimits = DEFAULT_LIMITS) -> bytes:
    """Return a new package of files, in their order. The same files always give the same bytes.

    :raises InvalidTypeError: when there is no mapping of text to buffers.
    :raises InvalidInputError: when there is no OFD.xml, or two names could be taken for one another.
    :raises DecodeError: when a name is none that a package may have.
    :raises LimitExceeded: when it would be beyond the limits.
    """
    contents = _contents(files)
    if ENTRY_NAME not in contents:
        raise InvalidInputError("an OFD package needs an OFD.xml")
    return _checked(archive.assemble(archive.deflated(name, data) for name, data in contents.items()), limits)


def _contents(files: Mapping[str, Buffer]) -> dict[str, bytes]:
    """Return the files of a mapping by their names without a slash at the beginning."""
    if not isinstance(files, Mapping):
        raise InvalidTypeError(f"files must be a mapping of names to bytes, not {type(files).__name__}")
    contents = {
        as_text(name, "the name of a file").removeprefix("/"): as_bytes(files[name], "a file") for name in files
    }
    if len(contents) != len(files):
        raise InvalidInputError("two files have one name")
    return contents


def _checked(data: bytes, limits: PackageLimits) -> bytes:
    """Return a package that was just written, having read it as every package is read."""
    archive.read_archive(data, limits)
    return data
