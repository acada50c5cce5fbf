"""Fetching the revocation lists of a trust folder: which addresses there are, and which lists are let in."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, shown_number
from gmpki.algorithms import sm3
from gmpki.asn1.rfc5280 import CRLDistributionPoints, FreshestCRL, IssuingDistributionPoint
from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    LimitExceeded,
    StateError,
    TamperedError,
    ValidationError,
)
from gmpki.keystore.trust_folder import HeldList, TrustRole
from gmpki.keystore.trust_settings import as_url
from gmpki.x509.crl import CertificateRevocationList, load_crl
from gmpki.x509.crl_scope import MAX_POINTS, listed_uris
from gmpki.x509.crl_sources import KnownList
from gmpki.x509.crl_verify import out_of_date, verify_crl
from gmpki.x509.names import name_key
from gmpki.x509.path import PathPolicy, RevocationMode, validate_path
from gmpki.x509.revocation import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from gmpki.keystore.trust_folder import TrustFolder
    from gmpki.x509.certificate import Certificate

__all__ = [
    "Accepted",
    "Authorities",
    "LocationReport",
    "LocationStatus",
    "accept_crl",
    "crl_locations",
    "points_of",
    "update_crls",
]

_MAX_SOURCES: Final = 256
_MAX_SIGNERS: Final = 8  # of one name, tried for one list
_MAX_DETAIL_LEN: Final = 400
_WITHOUT_REVOCATION: Final = PathPolicy(revocation=RevocationMode.NONE)


class LocationStatus(enum.Enum):
    """What came of asking for a revocation list."""

    UPDATED = "updated"
    """A new list is in the folder."""
    UNCHANGED = "unchanged"
    """It is the list that the folder has."""
    KEPT = "kept"
    """What came was refused, or nothing came; the list of this place that the folder has is still good."""
    FAILED = "failed"
    """What came was refused, or nothing came, and the folder has no list of this place that is good."""
    SKIPPED = "skipped"
    """It names no address of HTTP: a directory, for instance."""


@dataclass(frozen=True, slots=True)
class LocationReport:
    """What came of one place where a list is. Immutable.

    :ivar urls: its addresses, of which each leads to the same list; the first that gave one was enough.
    :ivar certificate: that names them, or ``None`` where the settings do.
    :ivar url: where the list came from, or ``None``.
    :ivar held: the list of this place that is in the folder now, or ``None``.
    :ivar detail: why other addresses gave nothing, or nothing that is taken.
    """

    urls: tuple[str, ...]
    certificate: Certificate | None
    status: LocationStatus
    url: str | None = None
    held: HeldList | None = None
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether there is nothing to be done about it."""
        return self.status in (LocationStatus.UPDATED, LocationStatus.UNCHANGED, LocationStatus.SKIPPED)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A list that was let into the folder. Immutable.

    :ivar is_new: whether it is another than the one that was there.
    """

    held: HeldList
    is_new: bool


def crl_locations(folder: TrustFolder) -> tuple[tuple[tuple[str, ...], Certificate | None], ...]:
    """Return the places where lists are, each with the certificate that names it: those of the settings come first.

    The addresses of one distribution point all lead to the same list (RFC 5280 4.2.1.13). A place without an address
    of HTTP has none here.

    :raises LimitExceeded: when there are more than 256.
    :raises GmpkiError: as :class:`~gmpki.keystore.trust_folder.TrustFolder`.
    """
    settings = folder.settings
    found: dict[tuple[str, ...], Certificate | None] = {(url,): None for url in settings.crl_locations}
    if settings.crl_from_certificates:
        for role in TrustRole:
            for certificate in folder.certificates(role):
                for urls in points_of(certificate):
                    found.setdefault(urls, certificate)
    if len(found) > _MAX_SOURCES:
        raise LimitExceeded(
            f"the folder names {len(found)} places of revocation lists; at most {_MAX_SOURCES} are asked"
        )
    return tuple(found.items())


def points_of(certificate: Certificate) -> Iterator[tuple[str, ...]]:
    """Yield the addresses of HTTP of each distribution point of a certificate, possibly none.

    :standard: RFC 5280 4.2.1.13, 4.2.1.15
    """
    for kind in (CRLDistributionPoints, FreshestCRL):
        try:
            listed = certificate.extensions.find(kind)
        except GmpkiError:  # an anchor is read leniently; where its own lists are hardly matters
            continue
        for point in listed.points[:MAX_POINTS] if listed is not None else ():
            yield tuple(dict.fromkeys(url for url in listed_uris(point) if _is_url(url)))


def _is_url(text: str) -> bool:
    try:
        as_url(text, "")
    except InvalidInputError:
        return False
    return True


def update_crls(folder: TrustFolder, fetch: Callable[[str], bytes], now: datetime) -> tuple[LocationReport, ...]:
    """Ask every place; see :meth:`~gmpki.keystore.trust_folder.TrustFolder.update_crls`."""
    places = crl_locations(folder)
    update = _Update(folder, fetch, now)
    reports = tuple(update.ask(urls, certificate) for urls, certificate in places)
    folder._remember_origins({url: one.held.name for one in reports if one.held is not None for url in one.urls})
    return reports


class _Update:
    """One round through the places where lists are."""

    def __init__(self, folder: TrustFolder, fetch: Callable[[str], bytes], now: datetime) -> None:
        self.folder = folder
        self.fetch = fetch
        self.now = now
        self.authorities = Authorities(folder)
        self.origins = folder._origins()

    def ask(self, urls: tuple[str, ...], certificate: Certificate | None) -> LocationReport:
        """Ask one place at its addresses, until one gives a list that is let in."""
        if not urls:
            return LocationReport(urls, certificate, LocationStatus.SKIPPED, detail="no address of http or https")
        notes: list[str] = []
        for url in urls:
            try:
                accepted = self.accepted(url)
            except StateError:  # the folder takes nothing, which no other address mends
                raise
            except Exception as error:  # noqa: BLE001 - the caller's function may raise anything
                notes.append(f"{url}: {said(error)}"[:_MAX_DETAIL_LEN])
                continue
            status = LocationStatus.UPDATED if accepted.is_new else LocationStatus.UNCHANGED
            return LocationReport(urls, certificate, status, url, accepted.held, "; ".join(notes))
        held = self.still_good(urls)
        status = LocationStatus.FAILED if held is None else LocationStatus.KEPT
        return LocationReport(urls, certificate, status, None, held, "; ".join(notes))

    def accepted(self, url: str) -> Accepted:
        """Fetch the list at an address, and let it in.

        :raises Exception: when there is none, or it is refused.
        """
        crl = load_crl(as_bytes(self.fetch(url), "what was fetched"))
        return _accept(self.folder, crl, self.now, self.authorities)

    def still_good(self, urls: Sequence[str]) -> HeldList | None:
        """Return the list that came from a place earlier, if it is there and good."""
        for url in urls:
            held = _readable(self.folder, self.origins.get(url))
            if held is not None and out_of_date(held.crl, self.now) is None:
                return held
        return None


# ---- one list ------------------------------------------------------------------------------
def accept_crl(folder: TrustFolder, crl: CertificateRevocationList, now: datetime) -> Accepted:
    """Verify a list with the certificates of a folder, and put it in the place of its predecessor.

    The predecessor is the list of the same signer, scope and kind. Its number and its date must not be higher
    (RFC 5280 5.2.3): whoever gives out an old list hides what was revoked since.

    :param now: the time for which it has to be good, in UTC.
    :raises ValidationError: when nobody in the folder is its issuer ("crl-issuer"), the issuer must not sign lists
        ("crl-signer") or has no path to an anchor (the reason why), the list is out of date or from the future
        ("crl-time"), has something critical that is not understood ("crl-extension"), or is older than the one that is
        there ("crl-older").
    :raises InvalidSignature: when the signature does not hold.
    :raises LimitExceeded: when the folder has 256 lists.
    :raises GmpkiError: as :meth:`~gmpki.x509.crl.CertificateRevocationList.verify_signature`, and as
        :class:`~gmpki.keystore.trust_folder.TrustFolder`.
    """
    return _accept(folder, crl, now, Authorities(folder))


class Authorities:
    """Those in a folder who may have signed a list, and those who vouch for them. Read once for many lists."""

    def __init__(self, folder: TrustFolder) -> None:
        """Read the certificates; errors as :class:`~gmpki.keystore.trust_folder.TrustFolder`."""
        self.anchors = [*folder.certificates(TrustRole.ANCHOR), *folder.certificates(TrustRole.TIMESTAMP_ANCHOR)]
        self.others = folder.certificates(TrustRole.INTERMEDIATE)

    def signer_of(self, crl: CertificateRevocationList, now: datetime) -> Certificate:
        """Return whose list it is; errors as :func:`accept_crl`."""
        wanted = name_key(crl.issuer)
        named = [one for one in (*self.anchors, *self.others) if name_key(one.subject) == wanted]
        problem: GmpkiError | None = None
        for signer in named[:_MAX_SIGNERS]:
            try:
                verify_crl(crl, signer, at=now)
                if signer not in self.anchors:
                    validate_path(
                        signer, anchors=self.anchors, intermediates=self.others, policy=_WITHOUT_REVOCATION, at=now
                    )
            except GmpkiError as error:
                # Of several keys of one name, what is wrong with the one that signed says more than the others.
                if problem is None or not isinstance(error, InvalidSignature):
                    problem = error
                continue
            return signer
        raise problem or ValidationError("crl-issuer", f"the folder has no certificate of {crl.issuer}")


def _accept(folder: TrustFolder, crl: CertificateRevocationList, now: datetime, authorities: Authorities) -> Accepted:
    known = KnownList.of(crl)
    if known.problem is not None:
        raise ValidationError("crl-extension", f"the list can be used for no certificate: {known.problem}")
    name = _name_of(known, authorities.signer_of(crl, now))
    # Compared under the lock: of two processes that fetched different lists the newer one stays.
    with folder._replacing(name) as put:
        old = _readable(folder, name)
        if old is not None and old.crl == crl:
            return Accepted(old, is_new=False)
        if old is not None:
            _refuse_older(known, KnownList.of(old.crl))
        put(crl)
    return Accepted(HeldList(name, crl), is_new=True)


def _name_of(known: KnownList, signer: Certificate) -> str:
    """Return what a list and its successors go by: who signs it with which key, what it is about, and its kind."""
    crl = known.crl
    scope = crl.extensions.get(IssuingDistributionPoint)
    parts = (
        crl.issuer.to_der(),
        signer.public_key_info.to_der(),
        scope.extn_value if scope is not None else b"",
        b"complete" if known.delta_base is None else b"delta",
    )
    return sm3.digest(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).hex()


def _refuse_older(new: KnownList, old: KnownList) -> None:
    """Refuse a list that is older than the one in the folder.

    :raises ValidationError: "crl-older".
    """
    if old.number is not None and (new.number is None or new.number < old.number):
        came = "no number" if new.number is None else f"the number {shown_number(new.number)}"
        raise ValidationError("crl-older", f"the list has {came}, the one in the folder has {shown_number(old.number)}")
    if new.crl.this_update < old.crl.this_update:
        raise ValidationError(
            "crl-older",
            f"the list is of {new.crl.this_update:%Y-%m-%d %H:%M:%S} UTC, the one in the folder of "
            f"{old.crl.this_update:%Y-%m-%d %H:%M:%S} UTC",
        )


def _readable(folder: TrustFolder, name: str | None) -> HeldList | None:
    """Return the list of a name, None when there is none, or one that was damaged: that is no reason to keep it."""
    try:
        return None if name is None else folder.held(name)
    except (TamperedError, LimitExceeded):
        return None
