"""Certificates as files of a guarded folder, each called by its SM3 fingerprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import member
from gmpki.errors import GmpkiError, InvalidInputError, LimitExceeded, TamperedError
from gmpki.x509.certificate import MAX_CERTIFICATE_LEN, Certificate, load_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.keystore._guarded_folder import GuardedFolder

__all__ = ["CertificateFiles", "named_by"]

_SUFFIX: Final = ".pem"
_MAX_FILE_LEN: Final = 2 * MAX_CERTIFICATE_LEN  # base64 makes a third more of it
_MIN_PREFIX_LEN: Final = 8
_FINGERPRINT_LEN: Final = 64  # in hexadecimal digits


class CertificateFiles:
    """The certificates in one folder. Thread-safe; several processes may share it.

    Methods raise StateError when the folder cannot be read or written, or is not guarded.
    """

    def __init__(self, folder: GuardedFolder, inner: str, *, most: int, lenient: bool) -> None:
        """Name the folder.

        :param most: how many certificates there may be.
        :param lenient: read certificates leniently.
        """
        self._folder = folder
        self._inner = inner
        self._most = most
        self._lenient = lenient

    def __iter__(self) -> Iterator[Certificate]:
        """Go through the certificates, by their fingerprints.

        :raises LimitExceeded: when there are more than may be.
        :raises TamperedError: when a file holds another certificate than its name says, or none.
        """
        for name in self._names():
            found = self._read(name)
            if found is not None:  # somebody may have removed it meanwhile
                yield found

    @property
    def paths(self) -> list[str]:
        """The paths of the files.

        :raises LimitExceeded: when there are more than may be.
        """
        return [self._folder.file(self._inner, name) for name in self._names()]

    def __contains__(self, certificate: Certificate) -> bool:
        return self._read(_name_of(certificate)) is not None

    def add(self, certificate: Certificate) -> bool:
        """Add a certificate under the lock of the folder, which the caller holds; tell whether it is new.

        :raises InvalidTypeError: when it is none.
        :raises InvalidInputError: when it is read leniently only, and the folder is not.
        :raises LimitExceeded: when there is no room for more.
        """
        member(certificate, Certificate, "certificate")
        if not self._lenient:
            try:
                Certificate.from_der(certificate.der)
            except GmpkiError as error:
                raise InvalidInputError(f"only an anchor may depart from the standard: {error}") from error
        if certificate in self:
            return False
        if len(self._names()) >= self._most:
            raise LimitExceeded(f"at most {self._most} certificates are kept in {self._inner}")
        self._folder.make(self._inner)
        self._folder.write(self._inner, _name_of(certificate), certificate.to_pem())
        return True

    def remove(self, certificate: Certificate) -> None:
        """Remove a certificate under the lock of the folder, which the caller holds."""
        self._folder.remove(self._inner, _name_of(certificate))

    def _names(self) -> list[str]:
        return self._folder.names(self._inner, _SUFFIX, most=self._most)

    def _read(self, name: str) -> Certificate | None:
        data = self._folder.read(self._inner, name, max_len=_MAX_FILE_LEN)
        if data is None:
            return None
        path = self._folder.file(self._inner, name)
        try:
            certificate = load_certificate(data, lenient=self._lenient)
        except GmpkiError as error:
            raise TamperedError("changed", f"{path}: {error}", place=name) from error
        if _name_of(certificate) != name:
            raise TamperedError("changed", f"{path}: the certificate has another fingerprint", place=name)
        return certificate


def _name_of(certificate: Certificate) -> str:
    return certificate.fingerprint().hex() + _SUFFIX


def named_by(prefix: str, fingerprints: list[str]) -> str:
    """Return the one fingerprint that begins with some hexadecimal digits, at least 8; colons and case do not count.

    :raises InvalidInputError: when they are no digits or too few, or none or more than one begins so.
    """
    digits = prefix.replace(":", "").lower()
    if not _MIN_PREFIX_LEN <= len(digits) <= _FINGERPRINT_LEN or not set(digits) <= set("0123456789abcdef"):
        raise InvalidInputError(
            f"a fingerprint, or its first {_MIN_PREFIX_LEN} hexadecimal digits or more, expected, not {prefix[:80]!a}"
        )
    found = sorted({one for one in fingerprints if one.startswith(digits)})
    if len(found) != 1:
        raise InvalidInputError(f"{len(found) or 'nothing'} in the folder has a fingerprint that begins with {digits}")
    return found[0]
