"""What an authority that is taken over leaves behind: files with certificates, lists, requests and tables about them.

    material = Material()
    material.add_folder("old-ca")
    material.add_file("tokens.csv")

What a file is shows in its content; only tables are known by their names (``.csv``, ``.jsonl``, ``.ndjson``). What
is broken is a :class:`~gmpki.ca.takeover.index.Problem` with its place, and the rest is read nevertheless. Other files
and private keys are passed over; keys are given to :func:`gmpki.ca.takeover.authority.take_over`, which never stores
them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._files import as_path
from gmpki._inputs import as_bytes, as_text
from gmpki.ca.takeover.index import IndexEntry, Problem, is_openssl_index, read_openssl_index, read_table
from gmpki.cms.certificates import read_bundle
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, LimitExceeded
from gmpki.keys import pem
from gmpki.x509.certificate import PEM_LABELS, Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.request import CertificateRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

__all__ = ["Material"]

_MAX_FILE_LEN: Final = 1 << 30
_MAX_FILES: Final = 10_000_000
_MAX_PROBLEMS: Final = 10_000
_TABLES: Final = (".csv", ".jsonl", ".ndjson")
_LISTS: Final = ("X509 CRL", "CRL")
_REQUESTS: Final = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
_BUNDLES: Final = ("PKCS7", "CMS", "PKCS #7 SIGNED DATA")


@dataclass(slots=True)
class Material:
    """What was read, each with the place where it stood. A context: one thread.

    :ivar entries: what tables say, by serial number; several tables add to each other.
    :ivar problems: what is broken, at most 10,000.
    :ivar others: files that are none of these, likewise; ``private_keys`` counts the private keys.
    """

    certificates: list[tuple[str, Certificate]] = field(default_factory=list)
    crls: list[tuple[str, CertificateRevocationList]] = field(default_factory=list)
    requests: list[tuple[str, CertificateRequest]] = field(default_factory=list)
    entries: dict[int, IndexEntry] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    private_keys: int = 0

    def add_folder(self, path: str | os.PathLike[str], *, encoding: str = "utf-8-sig") -> int:
        """Read every file of a folder and of the folders in it, in the order of their names; return how many.

        Links to folders are not followed.

        :param encoding: of tables.
        :raises InvalidTypeError: when it is no path.
        :raises InvalidInputError: when there is no such folder.
        :raises LimitExceeded: when there are more than ten million files.
        """
        top = as_path(path)
        if not os.path.isdir(top):
            raise InvalidInputError(f"there is no folder {top}")
        count = 0
        for folder, inner, names in os.walk(top):
            inner.sort()
            for name in sorted(names):
                count += 1
                if count > _MAX_FILES:
                    raise LimitExceeded(f"a folder has at most {_MAX_FILES} files")
                self.add_file(os.path.join(folder, name), encoding=encoding)
        return count

    def add_file(self, path: str | os.PathLike[str], *, encoding: str = "utf-8-sig") -> None:
        """Read a file; what is wrong with it is a problem.

        :param encoding: of a table, for instance "gb18030" for what a spreadsheet in Chinese writes.
        :raises InvalidTypeError: when it is no path.
        """
        name = as_path(path)
        as_text(encoding, "encoding")
        try:
            if name.lower().endswith(_TABLES):
                self._add_entries(*read_table(name, encoding=encoding))
                return
            with open(name, "rb") as stream:
                data = stream.read(_MAX_FILE_LEN + 1)
            self.add(data, name)
        except (GmpkiError, OSError) as error:
            self._note(name, str(error))

    def add(self, data: Buffer, place: str) -> None:
        """Read the content of a file, other than of a table of one's own.

        :param place: what it is called in problems.
        :raises InvalidTypeError: when data is no buffer, or place no text.
        """
        content = as_bytes(data, "a file")
        as_text(place, "place")
        if len(content) > _MAX_FILE_LEN:
            self._note(place, f"longer than {_MAX_FILE_LEN} bytes")
        elif not content.strip():
            pass
        elif is_openssl_index(content):
            self._add_entries(*read_openssl_index(content, place))
        elif pem.is_pem(content):
            self._add_pem(content, place)
        else:
            # Text may begin with "0" as well, which is the octet of a SEQUENCE.
            is_der = content[:1] == b"\x30" and not content[:64].isascii()
            data = content if is_der else pem.bare_base64(content)
            if data:
                self._guess(data, place)
            elif len(self.others) < _MAX_PROBLEMS:
                self.others.append(place)

    def _add_pem(self, content: bytes, place: str) -> None:
        try:
            blocks = pem.read_pem(content)
        except DecodeError as error:
            self._note(place, str(error))
            return
        for number, block in enumerate(blocks, 1):
            at = place if len(blocks) == 1 else f"{place}#{number}"
            if block.label.endswith("PRIVATE KEY"):
                self.private_keys += 1
            elif block.label in PEM_LABELS:
                self._try(at, block.data, self._certificate)
            elif block.label in _LISTS:
                self._try(at, block.data, self._crl)
            elif block.label in _REQUESTS:
                self._try(at, block.data, self._request)
            elif block.label in _BUNDLES:
                self._try(at, block.data, self._bundle)

    def _guess(self, data: bytes, place: str) -> None:
        """Read DER of whatever kind."""
        for read in (self._certificate, self._crl, self._request, self._bundle):
            try:
                read(data, place)
            except GmpkiError:
                continue
            return
        self._note(place, "neither a certificate, a revocation list, a request, a bundle nor a table")

    def _try(self, place: str, data: bytes, read: Callable[[bytes, str], None]) -> None:
        try:
            read(data, place)
        except GmpkiError as error:
            self._note(place, str(error))

    def _certificate(self, data: bytes, place: str) -> None:
        self.certificates.append((place, Certificate.from_der(data, lenient=True)))

    def _crl(self, data: bytes, place: str) -> None:
        self.crls.append((place, CertificateRevocationList.from_der(data, lenient=True)))

    def _request(self, data: bytes, place: str) -> None:
        self.requests.append((place, CertificateRequest.from_der(data, lenient=True)))

    def _bundle(self, data: bytes, place: str) -> None:
        found = read_bundle(data, lenient=True)
        self.certificates += [(f"{place}#{number}", each) for number, each in enumerate(found.certificates, 1)]
        self.crls += [(f"{place}#crl{number}", each) for number, each in enumerate(found.crls, 1)]

    def _add_entries(self, entries: list[IndexEntry], problems: list[Problem]) -> None:
        for entry in entries:
            known = self.entries.get(entry.serial)
            self.entries[entry.serial] = entry if known is None else _joined(known, entry, self._note)
        for each in problems:
            self._note(each.place, each.message)

    def _note(self, place: str, message: str) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(Problem(place, message))


def _joined(one: IndexEntry, other: IndexEntry, note: Callable[[str, str], None]) -> IndexEntry:
    """Put together what two rows say of one certificate. That it is revoked is never unsaid."""
    strictness = {"": 0, "valid": 1, "suspended": 2, "revoked": 3}
    told, less = (one, other) if strictness[one.status] >= strictness[other.status] else (other, one)
    differing = [name for name in _both(one, other) if one.holder[name] != other.holder[name]]
    if differing:
        note(other.place, f"says something else than {one.place} about {', '.join(sorted(differing))}")
    return IndexEntry(
        serial=told.serial,
        place=told.place,
        status=told.status,
        revoked_at=told.revoked_at,
        reason=told.reason,
        invalidity_date=told.invalidity_date,
        not_after=told.not_after or less.not_after,
        partner=one.partner if one.partner is not None else other.partner,
        subject=told.subject or less.subject,
        holder={**other.holder, **one.holder},
    )


def _both(one: IndexEntry, other: IndexEntry) -> Iterator[str]:
    return (name for name in one.holder if name in other.holder)
