"""What is to be taken over, worked out before anything is written: which certificates are the authority's, which two
make a pair, which are revoked, and what cannot be taken over, with the reason.

Two certificates make a pair when one signs and the other is encrypted to, and subject, issuer and revocation are the
same. Where a subject has several of each, those with the same validity belong together if there is one of each kind;
then those that begin within a day of each other, likewise. A table that names the partner decides before all that. What
remains stands alone, and its row says so; it can be renewed, revoked and reported as well as a pair.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5280 import SignedStructure
from gmpki.ca.store.columns import public_key_id, serial_text
from gmpki.ca.takeover.revocations import Revoked, collect
from gmpki.errors import GmpkiError, InvalidInputError, InvalidSignature, StateError, ValidationError
from gmpki.x509.names import name_key, names_match
from gmpki.x509.pair import CertificatePair
from gmpki.x509.profile import ENCRYPTION_USAGES, SIGNING_USAGES
from gmpki.x509.request import verify_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from gmpki.ca.authority.rows import Generation
    from gmpki.ca.takeover.index import IndexEntry
    from gmpki.ca.takeover.material import Material
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.request import CertificateRequest

__all__ = ["Bare", "Found", "Holding", "Plan", "Refused", "make_plan"]

_WINDOW: Final = timedelta(days=1)
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A certificate that the authority has issued. Immutable.

    :ivar role: "signing", "encryption", or "only" where its usages say neither or both.
    :ivar tbs: the DER of the TBSCertificate.
    """

    place: str
    certificate: Certificate
    generation: Generation
    role: str
    tbs: bytes = field(repr=False)
    revoked: Revoked | None = None
    entry: IndexEntry | None = None
    request: CertificateRequest | None = None

    @property
    def serial(self) -> int:
        """Its serial number."""
        return self.certificate.serial_number


@dataclass(frozen=True, slots=True)
class Holding:
    """A pair, or a certificate that stands alone. Immutable.

    :ivar first: the signing certificate, or the only one.
    :ivar code: "pair", "single" for a certificate whose usages are those of no pair, "unmatched" when there is no
        other one, "ambiguous" when there are several that might be it, "authority" for a certificate of an authority.
    """

    first: Found
    encryption: Found | None
    code: str

    @property
    def both(self) -> tuple[Found, ...]:
        """Its certificates."""
        return (self.first,) if self.encryption is None else (self.first, self.encryption)


@dataclass(frozen=True, slots=True)
class Bare:
    """A serial number that the authority has used, and whose certificate nobody has. Immutable."""

    serial: int
    generation: Generation
    place: str
    subject: str
    not_after: datetime
    revoked: Revoked | None


@dataclass(frozen=True, slots=True)
class Refused:
    """What cannot be taken over. Immutable.

    :ivar code: a stable code in lower case, such as "not-issued-here".
    """

    place: str
    serial: int | None
    code: str
    message: str


@dataclass(slots=True)
class Plan:
    """What is to be taken over.

    :ivar crl_number: lists have greater numbers than this one.
    :ivar notes: what a person should know before it is carried out.
    """

    holdings: list[Holding] = field(default_factory=list)
    bare: list[Bare] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    crl_number: int = 0


def make_plan(
    material: Material,
    generations: Sequence[Generation],
    now: datetime,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """Work out what is to be taken over; signatures of certificates, lists and requests are verified.

    :param generations: the keys of the authority.
    :param progress: called with how many certificates were looked at, and how many there are.
    :raises StateError: when the authority has no certificate yet.
    :raises GmpkiError: what ``progress`` raises.
    """
    plan = Plan()
    certified = [generation for generation in generations if generation.certificate_der is not None]
    if not certified:
        raise StateError("the authority has no certificate yet")
    revocations = collect(material.crls, material.entries, certified, now)
    plan.crl_number = revocations.crl_number
    plan.notes += revocations.notes
    if not revocations.lists:
        plan.notes.append("no revocation list counts: what was revoked is known from tables only")
    if material.others:
        shown = ", ".join(os.path.basename(place) for place in material.others[:_SHOWN])
        plan.notes.append(f"{len(material.others)} files were passed over, such as {shown}")
    plan.refused += [Refused(each.place, None, "unreadable", each.message) for each in material.problems]
    requests = _requests(material, plan)
    found: dict[int, list[Found]] = defaultdict(list)
    for count, (place, certificate) in enumerate(material.certificates, 1):
        known = _examined(place, certificate, certified, plan)
        if known is not None and all(known.certificate.der != each.certificate.der for each in found[known.serial]):
            entry = material.entries.get(known.serial)
            revoked = revocations.by_serial.get(known.serial)
            request = requests.get(public_key_id(certificate.public_key))
            found[known.serial].append(replace(known, entry=entry, revoked=revoked, request=request))
        if progress is not None and (count % 100 == 0 or count == len(material.certificates)):
            progress(count, len(material.certificates))
    single = list(_without_collisions(found, plan))
    plan.holdings += _holdings(single)
    named = {each.serial for each in single}
    plan.bare += _bare(revocations.by_serial, material.entries, named, certified)
    return plan


# ---- certificates, one by one -------------------------------------------------------------
def _requests(material: Material, plan: Plan) -> dict[str, CertificateRequest]:
    found: dict[str, CertificateRequest] = {}
    verdicts = verify_requests([request for _, request in material.requests])
    for (place, request), verdict in zip(material.requests, verdicts, strict=True):
        if isinstance(verdict, GmpkiError):
            plan.refused.append(Refused(place, None, "request", str(verdict)))
        else:
            found[public_key_id(request.public_key)] = request
    return found


def _examined(place: str, certificate: Certificate, generations: Sequence[Generation], plan: Plan) -> Found | None:
    """Return a certificate that one of the keys has signed; None for another one, which the plan then refuses."""

    def refuse(code: str, message: str) -> None:
        plan.refused.append(Refused(place, certificate.serial_number, code, message))

    own = next((each for each in generations if each.certificate_der == certificate.der), None)
    if own is not None and not certificate.is_self_issued:
        return None  # somebody else has issued it to the authority
    try:
        serial_text(certificate.serial_number)
        generation = _signed_by(certificate, generations)
        role = "only" if certificate.is_ca else _role(certificate)
        tbs = SignedStructure.from_der(certificate.der).tbs_der
        certificate.public_key.to_der()
    except ValidationError as error:
        refuse(error.reason, str(error))
    except InvalidSignature as error:
        refuse("signature", str(error))
    except GmpkiError as error:
        refuse("malformed", str(error))
    else:
        return Found(place, certificate, generation, role, tbs)
    return None


def _signed_by(certificate: Certificate, generations: Sequence[Generation]) -> Generation:
    problem: GmpkiError | None = None
    for generation in generations:
        issuer = generation.certificate
        if not names_match(certificate.issuer, issuer.subject):
            continue
        try:
            certificate.verify_signature(issuer)
        except GmpkiError as error:
            problem = error
        else:
            return generation
    if problem is not None:
        raise problem
    raise ValidationError("not-issued-here", f"issued by {str(certificate.issuer)[:200]}", certificate=certificate)


def _role(certificate: Certificate) -> str:
    usages = certificate.key_usage
    signs = usages is not None and bool(usages & SIGNING_USAGES)
    encrypts = usages is not None and bool(usages & ENCRYPTION_USAGES)
    return "only" if signs == encrypts else "signing" if signs else "encryption"


def _without_collisions(found: dict[int, list[Found]], plan: Plan) -> Iterator[Found]:
    for serial, several in found.items():
        if len(several) == 1:
            yield several[0]
            continue
        places = ", ".join(each.place for each in several[:4])
        message = f"{len(several)} certificates have the serial number {serial:x}: {places}"
        plan.refused += [Refused(each.place, serial, "serial-collision", message) for each in several]


# ---- pairs --------------------------------------------------------------------------------
def _holdings(found: Iterable[Found]) -> Iterator[Holding]:
    subjects: dict[tuple[bytes, int], list[Found]] = defaultdict(list)
    for each in found:
        if each.certificate.is_ca:
            yield Holding(each, None, "authority")
        elif each.role == "only":
            yield Holding(each, None, "single")
        else:
            subjects[name_key(each.certificate.subject), each.generation.id].append(each)
    for several in subjects.values():
        yield from _matched(several)


def _matched(several: list[Found]) -> Iterator[Holding]:
    """Match the certificates of one subject."""
    rest = {each.serial: each for each in several}
    for group in (_partners(rest), _same_validity(several), _close(rest.values())):
        for some in group:
            still = [each for each in some if each.serial in rest]
            pair = _pair_of(still)
            if pair is not None:
                yield pair
                for each in pair.both:
                    del rest[each.serial]
    kinds = {each.role for each in rest.values()}
    for each in rest.values():
        yield Holding(each, None, "ambiguous" if len(kinds) == 2 else "unmatched")


def _partners(rest: dict[int, Found]) -> list[list[Found]]:
    named = []
    for each in rest.values():
        partner = None if each.entry is None or each.entry.partner is None else rest.get(each.entry.partner)
        if partner is not None:
            named.append([each, partner])
    return named


def _same_validity(several: Iterable[Found]) -> list[list[Found]]:
    groups: dict[tuple[datetime, datetime], list[Found]] = defaultdict(list)
    for each in several:
        groups[each.certificate.not_before, each.certificate.not_after].append(each)
    return list(groups.values())


def _close(several: Iterable[Found]) -> Iterator[list[Found]]:
    """Yield those of a subject that begin within a day of each other; they are read when the first is asked for."""
    cluster: list[Found] = []
    for each in sorted(several, key=lambda found: (found.certificate.not_before, found.serial)):
        if cluster and each.certificate.not_before - cluster[-1].certificate.not_before > _WINDOW:
            yield cluster
            cluster = []
        cluster.append(each)
    yield cluster


def _pair_of(some: Sequence[Found]) -> Holding | None:
    """Return the pair, when these are one of each kind that belong together."""
    if sorted(each.role for each in some) != ["encryption", "signing"]:
        return None
    signing, encryption = sorted(some, key=lambda each: each.role, reverse=True)
    if _fate(signing) != _fate(encryption):
        return None
    try:
        CertificatePair(signing.certificate, encryption.certificate)
    except (ValidationError, InvalidInputError):
        return None
    return Holding(signing, encryption, "pair")


def _fate(found: Found) -> str:
    return "" if found.revoked is None else "hold" if found.revoked.is_hold else "revoked"


# ---- serial numbers without a certificate -------------------------------------------------
def _bare(
    revoked: dict[int, Revoked],
    entries: dict[int, IndexEntry],
    named: set[int],
    generations: Sequence[Generation],
) -> Iterator[Bare]:
    for serial in sorted({*revoked, *entries} - named):
        known, entry = revoked.get(serial), entries.get(serial)
        generation = known.generation if known is not None and known.generation is not None else generations[-1]
        end = entry.not_after if entry is not None and entry.not_after is not None else None
        yield Bare(
            serial,
            generation,
            entry.place if entry is not None else known.place if known is not None else "",
            "" if entry is None else entry.subject,
            # Without its own end: none of its certificates outlives the authority's.
            generation.certificate.not_after if end is None else end,
            known,
        )
