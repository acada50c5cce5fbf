"""A folder that says whom somebody trusts: anchors, intermediate certificates, revocation lists, settings.

>>> import tempfile
>>> from gmpki import SM2PrivateKey
>>> from gmpki.x509 import parse_name, self_signed
>>> root = self_signed(parse_name("C=CN, O=示例CA, CN=示例根"), SM2PrivateKey.generate())
>>> folder = TrustFolder.create(tempfile.mkdtemp())
>>> folder.add(TrustRole.ANCHOR, root)
True
>>> folder.trust().validate(root).anchor.subject == root.subject
True

``anchors``, ``timestamp-anchors`` and ``intermediates`` hold PEM files that are called by the SM3 fingerprint of their
certificate, ``crls`` holds revocation lists in DER, ``settings.toml`` the settings, ``recipients`` the groups of
recipients. A file that was put there by hand is refused: whoever adds one through this class learns what came in.
"""

from __future__ import annotations

import contextlib
import enum
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _files
from gmpki._inputs import as_text, function, member, utc_seconds
from gmpki.errors import GmpkiError, InvalidInputError, LimitExceeded, StateError, TamperedError
from gmpki.keystore._certificate_files import CertificateFiles, named_by
from gmpki.keystore._guarded_folder import GuardedFolder
from gmpki.keystore.recipients import RecipientGroups
from gmpki.keystore.trust_settings import TrustSettings
from gmpki.x509.crl import MAX_CRL_LEN, CertificateRevocationList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from gmpki.cms.trust import Trust
    from gmpki.keystore.crl_update import LocationReport
    from gmpki.x509.certificate import Certificate

__all__ = ["MAX_CERTIFICATES", "MAX_LISTS", "HeldList", "TrustFolder", "TrustRole"]

MAX_CERTIFICATES: Final = 512
"""How many certificates a folder has in each role."""
MAX_LISTS: Final = 256
"""How many revocation lists a folder has."""
_MAX_LISTS_LEN: Final = 4 * MAX_CRL_LEN  # of all lists together, in bytes: they are read into memory
_SETTINGS: Final = "settings.toml"
_MAX_SETTINGS_LEN: Final = 1 << 18
_LISTS, _SUFFIX = "crls", ".crl"
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_ORIGINS: Final = "crl-origins"
_MAX_ORIGINS: Final = 1024
_MAX_ORIGINS_LEN: Final = 4 << 20
_RECIPIENTS: Final = "recipients"


class TrustRole(enum.Enum):
    """What a certificate in a trust folder is there for."""

    ANCHOR = "anchor"
    """It is trusted."""
    TIMESTAMP_ANCHOR = "timestamp-anchor"
    """It is trusted for time-stamps."""
    INTERMEDIATE = "intermediate"
    """It may stand between, or sign revocation lists; it is not trusted by itself."""


_FOLDERS: Final = {
    TrustRole.ANCHOR: "anchors",
    TrustRole.TIMESTAMP_ANCHOR: "timestamp-anchors",
    TrustRole.INTERMEDIATE: "intermediates",
}


@dataclass(frozen=True, slots=True)
class HeldList:
    """A revocation list in a trust folder. Immutable; thread-safe.

    :ivar name: what it goes by in the folder: 64 hexadecimal digits, the same for its successors.
    """

    name: str
    crl: CertificateRevocationList


class TrustFolder:
    """A trust folder. Thread-safe; any number of processes of one machine may share it.

    Every method raises StateError when the folder cannot be read, written or locked, or others may write there;
    TamperedError when a file is not as it was written; LimitExceeded when there is more than a folder holds.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a folder that :meth:`create` made.

        :raises InvalidTypeError: when path is none.
        :raises InvalidInputError: when it is no name that a file can have.
        :raises StateError: when there is no trust folder, or others may write there.
        """
        self._folder = GuardedFolder(_files.as_path(path), "trust folder")
        # Certificates that are trusted are taken as they are: a widely used root departs from what standards say.
        self._certificates = {
            role: CertificateFiles(
                self._folder, inner, most=MAX_CERTIFICATES, lenient=role is not TrustRole.INTERMEDIATE
            )
            for role, inner in _FOLDERS.items()
        }
        if self._folder.read("", _SETTINGS, max_len=_MAX_SETTINGS_LEN) is None:
            raise StateError(f"{self.path} is no trust folder: it has no {_SETTINGS}")

    @classmethod
    def create(cls, path: str | os.PathLike[str], settings: TrustSettings | None = None) -> TrustFolder:
        """Make a trust folder with nothing in it but settings, for its owner only.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the path is no name that a file can have.
        :raises StateError: when there is a trust folder, or it cannot be made.
        """
        chosen = TrustSettings() if settings is None else settings
        member(chosen, TrustSettings, "settings")
        folder = GuardedFolder(_files.as_path(path), "trust folder")
        folder.make()
        with folder.locked():
            if folder.read("", _SETTINGS, max_len=_MAX_SETTINGS_LEN) is not None:
                raise StateError(f"{folder.path} is a trust folder already")
            folder.make(*_FOLDERS.values(), _LISTS)
            folder.write("", _SETTINGS, chosen.to_toml().encode())
        return cls(path)

    @property
    def path(self) -> str:
        """Where the folder is."""
        return self._folder.path

    @property
    def recipients(self) -> RecipientGroups:
        """The groups of recipients in the folder."""
        return RecipientGroups(os.path.join(self.path, _RECIPIENTS))

    def __repr__(self) -> str:
        return f"<TrustFolder {self.path!r}>"

    # ---- settings -----------------------------------------------------------------------
    @property
    def settings(self) -> TrustSettings:
        """The settings.

        :raises StateError: when they cannot be read, or are no settings; the message names the line where it can.
        """
        data = self._folder.read("", _SETTINGS, max_len=_MAX_SETTINGS_LEN)
        path = self._folder.file("", _SETTINGS)
        try:
            return TrustSettings.from_toml((data or b"").decode(), path)
        except UnicodeError:
            raise StateError(f"{path} is no UTF-8") from None
        except InvalidInputError as error:
            raise StateError(str(error) if path in str(error) else f"{path}: {error}") from error

    def change_settings(self, change: Callable[[TrustSettings], TrustSettings]) -> TrustSettings:
        """Change the settings, so that of two who do so at once neither undoes what the other did; return the new ones.

        :param change: makes new settings of the ones there are; what it raises goes through to the caller.
        :raises InvalidTypeError: when change is no function, or returns something else.
        """
        function(change, "change")
        with self._folder.locked():
            settings = change(self.settings)
            member(settings, TrustSettings, "the settings")
            self._folder.write("", _SETTINGS, settings.to_toml().encode())
        return settings

    # ---- certificates -------------------------------------------------------------------
    def certificates(self, role: TrustRole) -> tuple[Certificate, ...]:
        """Return the certificates of a role, by their fingerprints.

        :raises InvalidTypeError: when role is none.
        """
        member(role, TrustRole, "role")
        return tuple(self._certificates[role])

    def add(self, role: TrustRole, certificate: Certificate) -> bool:
        """Add a certificate; tell whether it is new.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when an intermediate certificate is one that only lenient reading takes.
        """
        member(role, TrustRole, "role")
        with self._folder.locked():
            return self._certificates[role].add(certificate)

    def remove(self, fingerprint: str) -> tuple[tuple[TrustRole, Certificate] | HeldList, ...]:
        """Remove a certificate in all its roles, or a revocation list; return what was removed.

        :param fingerprint: of the certificate by SM3 in hexadecimal, or the name of the list; the first 8 digits or
            more will do.
        :raises InvalidTypeError: when it is not ``str``.
        :raises InvalidInputError: when not exactly one thing in the folder goes by it.
        """
        as_text(fingerprint, "fingerprint")
        with self._folder.locked():
            found = self.find(fingerprint)
            for one in found:
                if isinstance(one, HeldList):
                    self._folder.remove(_LISTS, one.name + _SUFFIX)
                else:
                    self._certificates[one[0]].remove(one[1])
        return found

    def find(self, fingerprint: str) -> tuple[tuple[TrustRole, Certificate] | HeldList, ...]:
        """Return what goes by a fingerprint or name: a certificate in each of its roles, or a revocation list.

        Parameters and errors as :meth:`remove`.
        """
        as_text(fingerprint, "fingerprint")
        owned = [(role, one) for role, files in self._certificates.items() for one in files]
        known = [one.fingerprint().hex() for _, one in owned]
        lists = [name.removesuffix(_SUFFIX) for name in self._list_names()]
        whole = named_by(fingerprint, known + lists)
        if whole in lists:
            held = self.held(whole)
            return () if held is None else (held,)
        return tuple(one for one, own in zip(owned, known, strict=True) if own == whole)

    def paths(self, role: TrustRole) -> list[str]:
        """Return the paths of the files that hold the certificates of a role.

        :raises InvalidTypeError: when role is none.
        """
        member(role, TrustRole, "role")
        return self._certificates[role].paths

    # ---- revocation lists ---------------------------------------------------------------
    @property
    def crl_paths(self) -> list[str]:
        """The paths of the files that hold the revocation lists."""
        return [self._folder.file(_LISTS, name) for name in self._list_names()]

    @property
    def crls(self) -> tuple[HeldList, ...]:
        """The revocation lists, by their names."""
        found: list[HeldList] = []
        total_len = 0
        for name in self._list_names():
            held = self.held(name.removesuffix(_SUFFIX))
            if held is None:
                continue  # somebody has removed it meanwhile
            total_len += len(held.crl.der)
            if total_len > _MAX_LISTS_LEN:
                raise LimitExceeded(f"{self.path}: the revocation lists have more than {_MAX_LISTS_LEN} bytes")
            found.append(held)
        return tuple(found)

    def held(self, name: str) -> HeldList | None:
        """Return the list of a name, or None when there is none.

        :raises InvalidTypeError: when name is not ``str``.
        :raises InvalidInputError: when it is no name of a list.
        """
        if not _is_name(as_text(name, "name")):
            raise InvalidInputError(f"{name[:80]!a} is not the name of a revocation list: 64 hexadecimal digits")
        data = self._folder.read(_LISTS, name + _SUFFIX, max_len=MAX_CRL_LEN)
        if data is None:
            return None
        try:
            return HeldList(name, CertificateRevocationList.from_der(data))
        except GmpkiError as error:
            path = self._folder.file(_LISTS, name + _SUFFIX)
            raise TamperedError("changed", f"{path}: {error}", place=name) from error

    def add_crl(self, crl: CertificateRevocationList, now: datetime) -> HeldList:
        """Add a revocation list in the place of its predecessor, after it was verified.

        :param now: the time for which it has to be good, with a time zone.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when now has no time zone.
        :raises ValidationError: as :func:`~gmpki.keystore.crl_update.accept_crl`.
        :raises InvalidSignature: when the signature does not hold.
        """
        from gmpki.keystore.crl_update import accept_crl

        member(crl, CertificateRevocationList, "crl")
        return accept_crl(self, crl, utc_seconds(now, "now")).held

    def update_crls(self, fetch: Callable[[str], bytes], now: datetime) -> tuple[LocationReport, ...]:
        """Fetch every revocation list that the settings and the certificates name, and take what is in order.

        A list takes the place of its predecessor when somebody in the folder signed it who may, it is good now, and
        neither its number nor its date is lower. Whatever is wrong, the old one stays.

        :param fetch: returns the list at an address, DER, PEM or base64, such as ``Fetcher().crl``; whatever it raises
            means that there is none.
        :param now: the time, with a time zone.
        :raises InvalidTypeError: when fetch is no function, or now no time.
        :raises InvalidInputError: when now has no time zone.
        """
        from gmpki.keystore.crl_update import update_crls

        function(fetch, "fetch")
        return update_crls(self, fetch, utc_seconds(now, "now"))

    def _list_names(self) -> list[str]:
        return self._folder.names(_LISTS, _SUFFIX, most=MAX_LISTS)

    @contextlib.contextmanager
    def _replacing(self, name: str) -> Iterator[Callable[[CertificateRevocationList], None]]:
        """Keep everybody out who writes, and give what puts a list in the place of the one of a name."""
        with self._folder.locked():

            def put(crl: CertificateRevocationList) -> None:
                file = name + _SUFFIX
                names = self._list_names()
                if file not in names and len(names) >= MAX_LISTS:
                    raise LimitExceeded(f"at most {MAX_LISTS} revocation lists are kept")
                self._folder.make(_LISTS)
                self._folder.write(_LISTS, file, crl.der)

            yield put

    def _origins(self) -> dict[str, str]:
        """Return the name of the list that each address gave last. It serves reports alone: what of it is no such line
        is passed over.
        """
        try:
            data = self._folder.read("", _ORIGINS, max_len=_MAX_ORIGINS_LEN) or b""
        except LimitExceeded:
            data = b""
        lines = (line.split(" ") for line in data.decode("ascii", "replace").splitlines())
        return {line[1]: line[0] for line in lines if len(line) == 2 and _is_name(line[0])}

    def _remember_origins(self, origins: Mapping[str, str]) -> None:
        """Note which lists some addresses gave."""
        with self._folder.locked():
            before = self._origins()
            # Addresses that are not asked any more go, once there are many.
            kept = {**before, **origins} if len(before) < _MAX_ORIGINS else origins
            if kept != before:
                text = "".join(f"{name} {url}\n" for url, name in kept.items())
                self._folder.write("", _ORIGINS, text.encode("ascii"))

    # ---- use ----------------------------------------------------------------------------
    def trust(self, at: datetime | None = None) -> Trust:
        """Return whom the folder trusts, for verifying messages and documents.

        With a revocation list in the folder, every certificate of a chain has to be known not to be revoked.

        :param at: the time for which paths have to be valid; None for now.
        :raises InvalidTypeError: when at is no time.
        :raises InvalidInputError: when there is no anchor, or at has no time zone.
        """
        from gmpki.cms.trust import Trust
        from gmpki.x509.crl_checker import CRLChecker

        others = self.certificates(TrustRole.INTERMEDIATE)
        lists = [held.crl for held in self.crls]
        checkers = (CRLChecker(lists, signers=others),) if lists else ()
        return Trust(self.certificates(TrustRole.ANCHOR), others, checkers=checkers, at=at)


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None
