"""An authority of somebody else with what it has issued, as it comes to be taken over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ca import authorities, people
from ca.office import Scene, appoint
from certified import NOW
from gmpki.asn1.rfc5280 import Name, ReasonCode, Validity
from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.interfaces import Actor
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.kmc.pool import PoolLevel
from gmpki.ca.registration.office import RegistrationOffice
from gmpki.ca.store.store import Store
from gmpki.ca.takeover.authority import AuthorityKey, take_over
from gmpki.ca.takeover.importing import TakeoverRules, import_all
from gmpki.ca.takeover.material import Material
from gmpki.ca.takeover.report import TakeoverReport
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.issuing import IssuedPair, Issuer, self_signed
from gmpki.x509.names import build_name

ACTOR = Actor("admin")
NAME = "old"
SUBJECT = build_name(("C", "CN"), ("O", "示例旧CA"), ("CN", "示例旧CA"))
BEGAN = NOW - timedelta(days=400)
KEY, OWNER_KEYS, ENCRYPTION_KEYS = -50, 1000, 2000


@dataclass
class OldAuthority:
    """It issues, revokes, and makes lists; what it has done is its material."""

    material: Material = field(default_factory=Material)
    revoked: list[Revocation] = field(default_factory=list)
    issued: int = 0

    def __post_init__(self) -> None:
        self.signer = authorities.key(KEY)
        validity = Validity(BEGAN, BEGAN + timedelta(days=4000))
        self.certificate = self_signed(SUBJECT, self.signer, "root-ca", at=BEGAN, validity=validity)
        self.issuer = Issuer(self.certificate, self.signer)

    def issue(self, subject: Name, *, at: datetime = NOW - timedelta(days=100), **more: Any) -> IssuedPair:
        """Issue a pair, and keep its certificates."""
        self.issued += 1
        owner = authorities.key(OWNER_KEYS + self.issued)
        encryption = authorities.key(ENCRYPTION_KEYS + self.issued)
        given = {"profile": "organisation", "at": at, **more}
        made = self.issuer.issue_pair((subject, owner.public_key), encryption, **given)
        self.keep(made)
        return made

    def keep(self, made: IssuedPair) -> None:
        """Put the certificates of a pair among the material."""
        for number, certificate in enumerate((made.pair.signing, made.pair.encryption), 1):
            self.material.certificates.append((f"pair{self.issued}-{number}", certificate))

    def revoke(self, *serials: int, reason: ReasonCode | None = ReasonCode.SUPERSEDED, days_ago: int = 30) -> None:
        """Revoke certificates."""
        at = NOW - timedelta(days=days_ago)
        self.revoked += [Revocation(serial, at, reason) for serial in serials]

    def list_revoked(self, number: int = 41, *, at: datetime = NOW - timedelta(hours=1), **more: Any) -> None:
        """Make a list, and put it among the material."""
        builder = CRLBuilder.for_issuer(
            self.certificate,
            this_update=at,
            next_update=at + timedelta(days=7),
            number=number,
            entries=tuple(self.revoked),
        )
        self.material.crls.append((f"list{number}", replace(builder, **more).sign(self.signer)))

    # ---- taken over ---------------------------------------------------------------------
    def taken_over(self, store: Store, *, settings: AuthoritySettings | None = None, **more: Any) -> Authority:
        """Make it an authority of the store."""
        key = AuthorityKey(self.certificate, self.signer)
        return take_over(store, NAME, [key], actor=ACTOR, settings=settings, **more)

    def imported(self, store: Store, authority: Authority, **more: Any) -> TakeoverReport:
        """Write what it has issued into the store."""
        rules = more.pop("rules", TakeoverRules(region_id=1))
        return import_all(store, authority, self.material, rules=rules, actor=ACTOR, **more)


def owner(number: int) -> Name:
    """Return the name of one of several organisations."""
    return build_name(("C", "CN"), ("O", f"示例单位{number}"), ("CN", f"示例单位{number}"))


def serials(made: IssuedPair) -> tuple[int, int]:
    """Return the serial numbers of a pair."""
    return made.pair.signing.serial_number, made.pair.encryption.serial_number


def centre(store: Store) -> KeyManagementCentre:
    """Make a key-management centre in a store."""
    levels = {"SM2": PoolLevel(1, 4)}
    master = authorities.key(authorities.MASTER_KEY)
    KeyManagementCentre.create(store, master.public_key, levels=levels).close()
    return KeyManagementCentre.open(store, master, levels=levels)


def scene(store: Store, authority: Authority) -> Scene:
    """Return an office in front of it, with its people."""
    office = RegistrationOffice(store, authority)
    return Scene(store, office, authority, None, appoint(store, 1), people.register(store, people.person()))
