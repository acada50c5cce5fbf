"""Groups of recipients: the certificates that messages are encrypted to, kept under names.

>>> import tempfile
>>> groups = RecipientGroups(tempfile.mkdtemp())
>>> groups.names()
()
>>> groups.members("财务处")
Traceback (most recent call last):
    ...
gmpki.errors.InvalidInputError: there is no group '财务处'

Each group is a folder of PEM files that are called by the SM3 fingerprint of their certificate. Nothing in it is a
secret, but whoever writes there reads what is encrypted to the group from then on: it is guarded as a trust folder is.
"""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING, Final

from gmpki import _files
from gmpki._inputs import as_text, iterated, member
from gmpki.errors import InvalidInputError, LimitExceeded, ProfileError, StateError
from gmpki.keystore._certificate_files import CertificateFiles, named_by
from gmpki.keystore._guarded_folder import GuardedFolder
from gmpki.x509.certificate import Certificate
from gmpki.x509.profile import ENCRYPTION_USAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MAX_GROUPS", "MAX_MEMBERS", "RecipientGroups"]

MAX_GROUPS: Final = 256
MAX_MEMBERS: Final = 1024
_MAX_NAME_LEN: Final = 64
_MAX_ENCODED_LEN: Final = 200  # of a name in bytes; file systems take 255


class RecipientGroups:
    """Groups of encryption certificates in a folder. Thread-safe; any number of processes of one machine may share it.

    Every method raises StateError when the folder cannot be read, written or locked, or others may write there, and
    TamperedError when a file is not as it was written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Name the folder; it is made when the first recipient is added.

        :raises InvalidTypeError: when path is none.
        :raises InvalidInputError: when it is no name that a file can have.
        """
        self._folder = GuardedFolder(_files.as_path(path), "folder of recipients")

    def names(self) -> tuple[str, ...]:
        """Return the names of the groups, sorted.

        :raises LimitExceeded: when there are more than 256.
        """
        found = self._folder.names("", "", most=MAX_GROUPS)
        for name in found:
            if not _is_group_name(name):
                raise StateError(f"{self._folder.path}: {ascii(name)[:80]} was not put there by gmpki")
        # What a process left empty that was killed between two steps is no group.
        return tuple(name for name in found if self._files(name).paths)

    def members(self, group: str, fingerprint: str | None = None) -> tuple[Certificate, ...]:
        """Return the certificates of a group, or that of one recipient.

        :param fingerprint: by SM3 in hexadecimal, or its first 8 digits or more; None returns all.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when there is no such group, or not exactly one such member.
        :raises LimitExceeded: when it has more than 1024.
        """
        name = _group_name(group)
        found = tuple(self._files(name))
        if not found:
            raise InvalidInputError(f"there is no group {name!r}")
        if fingerprint is None:
            return found
        known = [one.fingerprint().hex() for one in found]
        return (found[known.index(named_by(as_text(fingerprint, "fingerprint"), known))],)

    def add(self, group: str, certificates: Iterable[Certificate], *, any_usage: bool = False) -> int:
        """Add recipients to a group, which is made where it is missing; return how many were new.

        :param any_usage: take certificates that are not for encryption too.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the name is none that a group can have, or a certificate departs from the
            standard.
        :raises ProfileError: when the keyUsage of a certificate allows no encryption; nothing is added then.
        :raises LimitExceeded: when there are 256 groups already, or the group would have more than 1024 members.
        """
        name = _group_name(group)
        found = iterated(certificates, "certificates")
        for certificate in found:
            member(certificate, Certificate, "a recipient")
            usage = certificate.key_usage
            if not any_usage and usage is not None and not usage & ENCRYPTION_USAGES:
                raise ProfileError(f"the keyUsage of {certificate.subject} allows no encryption")
        self._folder.make()
        with self._folder.locked():
            names = self.names()
            if name not in names and len(names) >= MAX_GROUPS:
                raise LimitExceeded(f"at most {MAX_GROUPS} groups are kept")
            files = self._files(name)
            return sum(files.add(certificate) for certificate in found)

    def remove(self, group: str, fingerprint: str | None = None) -> tuple[Certificate, ...]:
        """Remove a recipient from a group, or the whole group; return who was removed. Without members it is gone.

        Parameters and errors as :meth:`members`.
        """
        name = _group_name(group)
        if not self._folder.check():
            raise InvalidInputError(f"there is no group {name!r}")
        with self._folder.locked():
            gone = self.members(name, fingerprint)
            files = self._files(name)
            for certificate in gone:
                files.remove(certificate)
            if not files.paths:
                self._folder.remove_folder(name)
            return gone

    def _files(self, name: str) -> CertificateFiles:
        return CertificateFiles(self._folder, name, most=MAX_MEMBERS, lenient=False)

    def __repr__(self) -> str:
        return f"<RecipientGroups {self._folder.path!r}>"


def _is_group_name(text: str) -> bool:
    try:
        return _group_name(text) == text
    except InvalidInputError:
        return False


def _group_name(text: str) -> str:
    """Return the name of a group in the one form in which it is kept.

    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when it is empty, longer than 64 characters or 200 bytes, begins or ends with a dot or a
        blank, or has characters that are not printable or that separate the names of files.
    """
    name = unicodedata.normalize("NFC", as_text(text, "the name of a group"))
    try:
        encoded_len = len(name.encode())
    except UnicodeError:
        encoded_len = _MAX_ENCODED_LEN + 1
    if (
        not 0 < len(name) <= _MAX_NAME_LEN
        or encoded_len > _MAX_ENCODED_LEN
        or not name.isprintable()
        or name.strip(" .") != name
        or set(name) & set("/\\:")
    ):
        raise InvalidInputError(
            f"the name of a group has at most {_MAX_NAME_LEN} printable characters, no slash, backslash or colon, and "
            f"no dot or blank at its ends; {name[:80]!a} is none"
        )
    return name
