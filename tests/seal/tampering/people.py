"""Tampering that no container matters for: who signed, when, with which seal, made by whom, in which state.

Each row is there for both containers and both layouts that are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from gmpki import oids
from gmpki.asn1 import gmt0031
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.seal import DocumentReport, Seal, SealLayout, SealState, SealStatus
from gmpki.tsa.verify import TokenVerifier
from gmpki.x509.crl_builder import Revocation
from seal import forging, samples
from seal.samples import DAY, NOW, Person
from seal.tampering.table import CONTAINERS, Container, Row, at

__all__ = ["rows"]


@dataclass(frozen=True)
class Forger:
    """A signer for containers who signs whatever he is told, with whatever seal."""

    seal: Seal
    person: Person
    options: dict[str, Any]
    kind: str = "seal"
    digest_name: str = "sm3"
    estimated_len: int = 40_000

    @property
    def certificate(self) -> Any:
        """The certificate of the person."""
        return self.person.certificate

    def sign_document(self, digest: Any, property_info: str) -> bytes:
        """Return the forged signature."""
        said = {"digest": bytes(digest), "property_info": property_info} | self.options
        return forging.forge(self.seal, self.person, **said)

    def prepare_document(self, digest: Any, property_info: str) -> Any:
        """Refuse: nobody prepares a forgery here."""
        raise NotImplementedError


class Registry:
    """Keeps account of one seal."""

    def __init__(self, state: SealState, since: datetime = NOW - DAY) -> None:
        self._status = SealStatus(state, since)

    def status(self, seal: Seal, *, at: datetime | None = None) -> SealStatus:
        """Return the status."""
        del seal, at
        return self._status


def _changed_info(seal: Seal, **fields: Any) -> Seal:
    """Return a seal that says something else than its maker signed."""
    structure: Any = seal.structure
    info = replace(structure.info, **fields)
    return Seal.from_der(replace(structure, info=info, info_der=b"").to_der())


def _made_by(layout: SealLayout, maker: Person) -> Seal:
    return samples.new_seal(layout, by=maker)


def _resigned(layout: SealLayout, maker: Person, **times: datetime) -> Seal:
    """Return a seal that whoever it is has signed, with whatever times."""
    structure: Any = samples.seal(layout).structure
    info = replace(structure.info, properties=replace(structure.info.properties, **times))
    if isinstance(structure, gmt0031.SESeal):
        shown, algorithm = maker.certificate.der, oids.SM2_WITH_SM3
        tbs = gmt0031.SESeal.to_be_signed(info.to_der(), shown, algorithm)
        return Seal.from_der(gmt0031.SESeal(info, gmt0031.SESSignInfo(shown, algorithm, maker.key.sign(tbs))).to_der())
    value = maker.key.sign(info.to_der())
    return Seal.from_der(
        replace(structure, info=info, info_der=b"", certificate=maker.certificate.der, signature=value).to_der()
    )


@cache
def _encryption(owner: str, of_makers: bool = False) -> Person:
    issuer = samples.maker_root() if of_makers else samples.root()
    return samples.certified(owner, usage=samples.ENCRYPTION, issuer=issuer, serial_number=0x55)


@cache
def _outsider() -> Person:
    return samples.certified("外人", issuer=samples.maker_root(), serial_number=0x56)


@cache
def _renewed() -> Person:
    return samples.certified("张三", issuer=samples.root(), serial_number=0x57)


@cache
def _short_lived(of_makers: bool = False) -> Person:
    issuer = samples.maker_root() if of_makers else samples.root()
    usage = KeyUsage(KeyUsages.DIGITAL_SIGNATURE)
    return samples.certified("短期", usage=usage, issuer=issuer, serial_number=0x58, not_after=NOW - DAY / 2)


@cache
def _not_yet(of_makers: bool = False) -> Person:
    issuer = samples.maker_root() if of_makers else samples.root()
    return samples.certified("未到期", issuer=issuer, serial_number=0x59, not_before=NOW + DAY)


def _flipped(value: bytes) -> bytes:
    return value[:-1] + bytes((value[-1] ^ 1,))


# ---- the rows -------------------------------------------------------------------------------
Make = Callable[["Case"], DocumentReport]
Expected = tuple[str, ...] | dict[str, tuple[str, ...]]
"""The reasons; for each container where they differ."""


@dataclass(frozen=True)
class Case:
    """One container with one layout."""

    container: Container
    layout: SealLayout

    @property
    def seal(self) -> Seal:
        """The seal of the samples."""
        return samples.seal(self.layout)

    def forged(
        self, seal: Seal | None = None, person: Person | None = None, *, trust: Any = None, **options: Any
    ) -> DocumentReport:
        """Seal a document with a forged signature, and verify it."""
        forger = Forger(seal or self.seal, person or samples.signer(), options)
        return self.container.verified(self.container.sign(forger), trust)

    def listing(self, person: Person, **options: Any) -> DocumentReport:
        """Seal a document with a seal that lists whoever signs."""
        return self.forged(forging.listing(self.seal, person.certificate), person, **options)

    def trusting(self, **options: Any) -> DocumentReport:
        """Verify a document that is in order, with another trust."""
        return self.forged(trust=samples.trust(**({"accept": samples.UNASKED} | options)))


def _revoked(of_makers: bool, days: float, reason: ReasonCode | None = None) -> Callable[[Case], DocumentReport]:
    issuer, who = (samples.maker_root(), samples.maker()) if of_makers else (samples.root(), samples.signer())

    def make(case: Case) -> DocumentReport:
        entry = Revocation(who.certificate.serial_number, NOW + days * DAY, reason)
        today = NOW + 30 * DAY
        checker = samples.checker(issuer, entry, at=today)
        part = samples.maker_trust if of_makers else samples.signer_trust
        name = "makers" if of_makers else "signers"
        return case.trusting(at=today, **{name: part(at=today, checkers=[checker])})

    return make


EVERY: dict[str, tuple[Make, Expected]] = {
    # the signer
    "signer not listed in the seal": (
        lambda c: c.forged(person=samples.other_signer()),
        ("signer-listed: signer-not-listed",),
    ),
    "another certificate over the signer's key": (
        lambda c: c.forged(person=_renewed()),
        ("signer-listed: signer-not-listed",),
    ),
    "certificate of a listed person, key of another": (
        lambda c: c.forged(person=samples.other_signer(), certificate=samples.signer().certificate),
        ("signature: InvalidSignature",),
    ),
    "signer of an authority that is not trusted": (lambda c: c.listing(_outsider()), ("signer-chain: no-path",)),
    "signer's certificate for encryption": (lambda c: c.listing(_encryption("加密")), ("signer-usage: key-usage",)),
    "signer's certificate expired": (
        lambda c: c.listing(_short_lived()),
        ("signer-chain: expired", "time: signed-after-certificate"),
    ),
    "signer's certificate not yet valid": (
        lambda c: c.listing(_not_yet()),
        ("signer-chain: not-yet-valid", "time: signed-before-certificate"),
    ),
    "signer revoked before he signed": (
        _revoked(False, -1, ReasonCode.KEY_COMPROMISE),
        ("signer-revocation: revoked",),
    ),
    "signer revoked since, his key stolen": (
        _revoked(False, 1, ReasonCode.KEY_COMPROMISE),
        ("signer-revocation: revoked",),
    ),
    "signer revoked since, for no reason": (_revoked(False, 1), ("signer-revocation: revoked",)),
    # the time
    "clock before the seal and the certificate": (
        lambda c: c.forged(time=NOW - 400 * DAY),
        ("signer-chain: not-yet-valid", "time: signed-before-certificate", "seal-validity: seal-not-yet-valid"),
    ),
    "clock before the verifier's": (lambda c: c.trusting(at=NOW - DAY / 2), ("time: signed-in-future",)),
    "clock after the seal": (
        lambda c: c.forged(time=NOW + 400 * DAY, trust=at(NOW + 500 * DAY)),
        ("time: signed-after-seal", "seal-validity: seal-expired"),
    ),
    "clock after the certificate": (
        lambda c: c.forged(time=NOW + 1500 * DAY, trust=at(NOW + 1600 * DAY)),
        ("signer-chain: expired", "time: signed-after-certificate", "seal-validity: seal-expired"),
    ),
    "signed in the future": (lambda c: c.forged(time=NOW + 2 * DAY), ("time: signed-in-future",)),
    # the value
    "value of the signature changed": (
        lambda c: c.forged(sign=lambda tbs: _flipped(samples.signer().key.sign(tbs))),
        ("signature: InvalidSignature",),
    ),
    "value of another signature": (
        lambda c: c.forged(sign=lambda _: samples.signer().key.sign(b"another")),
        ("signature: InvalidSignature",),
    ),
    "value of no signature": (lambda c: c.forged(sign=lambda _: b""), ("signature: InvalidSignature",)),
    "signature over another document": (
        lambda c: c.forged(digest=bytes(32)),
        {"ofd": ("digest: changed",), "pdf": ("refused: FaultDetected",)},
    ),
    "signature over a shorter digest": (
        lambda c: c.forged(digest=bytes(31)),
        {"ofd": ("digest: changed",), "pdf": ("refused: FaultDetected",)},
    ),
    # the seal
    "seal expired": (
        lambda c: c.forged(samples.new_seal(c.layout, valid_until=NOW - DAY / 2)),
        ("time: signed-after-seal", "seal-validity: seal-expired"),
    ),
    "seal not yet valid": (
        lambda c: c.forged(samples.new_seal(c.layout, valid_from=NOW + DAY)),
        ("time: signed-before-seal", "seal-validity: seal-not-yet-valid"),
    ),
    "name of the seal changed": (
        lambda c: c.forged(_changed_info(c.seal, seal_id="99")),
        ("seal-signature: InvalidSignature",),
    ),
    "picture of the seal changed": (
        lambda c: c.forged(_changed_info(c.seal, picture=replace(c.seal.structure.info.picture, data=samples.png(20)))),
        ("seal-signature: InvalidSignature",),
    ),
    "signer put into the seal": (
        lambda c: c.forged(
            _changed_info(
                c.seal,
                properties=replace(
                    c.seal.structure.info.properties, certificates=(samples.other_signer().certificate.der,)
                ),
            ),
            samples.other_signer(),
        ),
        ("seal-signature: InvalidSignature",),
    ),
    "period of the seal prolonged": (
        lambda c: c.forged(
            _changed_info(c.seal, properties=replace(c.seal.structure.info.properties, valid_until=NOW + 900 * DAY))
        ),
        ("seal-signature: InvalidSignature",),
    ),
    "signature of another seal": (
        lambda c: c.forged(forging.resealed(c.layout, signature=samples.new_seal(c.layout, seal_id="2").signature)),
        ("seal-signature: InvalidSignature",),
    ),
    "seal's signature changed": (
        lambda c: c.forged(forging.resealed(c.layout, signature=_flipped(c.seal.signature))),
        ("seal-signature: InvalidSignature",),
    ),
    "seal stopped": (lambda c: c.trusting(statuses=Registry(SealState.STOPPED)), ("seal-status: seal-stopped",)),
    "seal replaced": (lambda c: c.trusting(statuses=Registry(SealState.REPLACED)), ("seal-status: seal-replaced",)),
    "seal revoked": (lambda c: c.trusting(statuses=Registry(SealState.REVOKED)), ("seal-status: seal-revoked",)),
    # the maker
    "maker of an authority that is not trusted": (
        lambda c: c.forged(_made_by(c.layout, samples.other_maker())),
        ("maker-chain: no-path",),
    ),
    "another maker's certificate beside the seal's signature": (
        lambda c: c.forged(forging.resealed(c.layout, certificate=samples.other_maker().certificate.der)),
        ("seal-signature: InvalidSignature", "maker-chain: no-path"),
    ),
    "maker's certificate for encryption": (
        lambda c: c.forged(_resigned(c.layout, _encryption("制章加密", True))),
        ("maker-usage: key-usage",),
    ),
    "maker's certificate expired when the seal was made": (
        lambda c: c.forged(_resigned(c.layout, _short_lived(True), created_at=NOW - DAY / 4)),
        ("maker-chain: expired",),
    ),
    "maker's certificate not yet valid": (
        lambda c: c.forged(_resigned(c.layout, _not_yet(True))),
        ("maker-chain: not-yet-valid",),
    ),
    "maker revoked before he made the seal": (
        _revoked(True, -2, ReasonCode.KEY_COMPROMISE),
        ("maker-revocation: revoked",),
    ),
    "maker revoked since, his key stolen": (
        _revoked(True, 1, ReasonCode.KEY_COMPROMISE),
        ("maker-revocation: revoked",),
    ),
    "seal made in the future": (
        lambda c: c.forged(_resigned(c.layout, samples.maker(), created_at=NOW + DAY)),
        ("maker-chain: made-in-future",),
    ),
    # trust
    "nobody trusts the signer": (lambda c: c.trusting(signers=samples.maker_trust()), ("signer-chain: no-path",)),
    "nobody trusts the maker": (lambda c: c.trusting(makers=samples.signer_trust()), ("maker-chain: no-path",)),
    "nobody was asked about anything": (
        lambda c: c.trusting(accept=frozenset()),
        (
            "incomplete: maker-revocation",
            "incomplete: seal-status",
            "incomplete: signer-revocation",
            "incomplete: time-stamp",
        ),
    ),
}
STAMPS: dict[str, tuple[Make, Expected]] = {
    "time-stamp over something else": (
        lambda c: c.forged(stamp=lambda _: samples.timestamp(b"another")),
        ("time-stamp: imprint",),
    ),
    "time-stamp that is none": (
        lambda c: c.forged(stamp=lambda _: b"0\x03\x02\x01\x00"),
        ("time-stamp: InvalidInputError",),
    ),
    "time-stamp older than the signature says": (
        lambda c: c.forged(time=NOW + 4 * DAY / 24, trust=at(NOW + DAY), stamp=samples.timestamp),
        ("time: signed-after-stamp",),
    ),
    "time-stamp of an authority that is not trusted": (
        lambda c: c.forged(
            stamp=samples.timestamp,
            trust=samples.trust(timestamps=TokenVerifier(samples.maker_trust()), accept=samples.UNASKED),
        ),
        ("time-stamp: no-path",),
    ),
}


def rows() -> Iterator[Row]:
    """Return the rows of both containers and both layouts."""
    for container in CONTAINERS:
        for layout in samples.LAYOUTS:
            case = Case(container, layout)
            every = EVERY | (STAMPS if layout is SealLayout.GBT38540 else {})
            for name, (make, expected) in every.items():
                label = f"{container.name}, {layout.name}: {name}"
                reasons = expected[container.name] if isinstance(expected, dict) else expected
                yield Row(label, lambda make=make, case=case: make(case), reasons)  # type: ignore[misc]
