"""Uses of a seal that are refused before there is a signature: grants, the state of the seal, times, people, documents.

The rows with a container are there for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from gmpki.seal import DocumentReport, MemoryGrants, MemorySealRegistry, Seal, SealSigner, seal_file, verify_detached
from gmpki.seal.ofd import Stamp as OFDStamp
from gmpki.seal.ofd import sign_ofd
from gmpki.seal.pdf import Stamp as PDFStamp
from gmpki.seal.pdf import sign_pdf
from gmpki.seal.use_check import UseCheck
from seal import samples
from seal.durable import Clock
from seal.ofd.packages import sealed as sealed_ofd
from seal.pdf import documents
from seal.samples import DAY, NOW
from seal.tampering.table import CONTAINERS, Container, Row

__all__ = ["rows"]

Act = Callable[[Container], DocumentReport | None]


def signer(seal: Seal | None = None, person: Any = None, *, at: datetime = NOW, **options: Any) -> SealSigner:
    who = person or samples.signer()
    return SealSigner(seal or samples.seal(), who.key, who.certificate, clock=lambda: at, **options)


def granted(container: Container, *, uses: int = 1, at: datetime = NOW, purpose: str = "合同", **grant: Any) -> None:
    """Use a seal under one grant."""
    grants = MemoryGrants(clock=Clock())
    said: dict[str, Any] = {"purposes": {"合同"}, "valid_from": NOW, "valid_until": NOW + DAY, "by": "李四"}
    given = grants.grant(
        grant.pop("seal", samples.seal()), grant.pop("person", samples.signer().certificate), **(said | grant)
    )
    if purpose == "taken back":
        grants.revoke(given.grant_id, by="李四", why="离职")
    who = signer(grant=grants, purpose="合同" if purpose == "taken back" else purpose, at=at)
    for _ in range(uses):
        container.sign(who)


def in_state(container: Container, *steps: str) -> None:
    """Use a seal that has gone through some steps."""
    registry = MemorySealRegistry(clock=Clock())
    seal = samples.seal()
    for step in steps:
        if step in ("make", "file"):
            getattr(registry, step)(seal, by="x")
        elif step == "replace":
            registry.replace(seal, samples.new_seal(name="下一个"), by="x", why="y")
        else:
            getattr(registry, step)(seal, by="x", why="y")
    container.sign(signer(grant=UseCheck(registry)))


def bytes_of(container: Container, **options: Any) -> None:
    container.sign(signer(**options))


def other_key(container: Container) -> None:
    """Sign with a key that is not that of the certificate."""
    me = samples.signer()
    container.sign(SealSigner(samples.seal(), samples.other_signer().key, me.certificate))


EVERY: dict[str, tuple[Act, tuple[str, ...]]] = {
    "no grant": (lambda c: granted(c, seal="31010000000002"), ("refused: not-granted",)),
    "grant of somebody else": (
        lambda c: granted(c, person=samples.other_signer().certificate),
        ("refused: not-granted",),
    ),
    "grant expired": (lambda c: granted(c, at=NOW + 2 * DAY), ("refused: grant-expired",)),
    "grant not yet valid": (lambda c: granted(c, valid_from=NOW + DAY / 2), ("refused: grant-not-yet",)),
    "grant for something else": (lambda c: granted(c, purpose="公文"), ("refused: grant-purpose",)),
    "grant used up": (lambda c: granted(c, uses=3, limit=2), ("refused: grant-used-up",)),
    "grant taken back": (lambda c: granted(c, purpose="taken back"), ("refused: grant-revoked",)),
    "seal that nobody knows": (in_state, ("refused: unknown-seal",)),
    "seal not on record": (lambda c: in_state(c, "make"), ("refused: seal-stopped",)),
    "seal stopped": (lambda c: in_state(c, "make", "file", "stop"), ("refused: seal-stopped",)),
    "seal replaced": (lambda c: in_state(c, "make", "file", "replace"), ("refused: seal-replaced",)),
    "seal revoked": (lambda c: in_state(c, "make", "file", "revoke"), ("refused: seal-revoked",)),
    "signer not listed": (lambda c: bytes_of(c, person=samples.other_signer()), ("refused: signer-not-listed",)),
    "key of another": (other_key, ("refused: KeyMismatchError",)),
    "clock before the certificate": (
        lambda c: bytes_of(c, at=NOW - 100 * DAY),
        ("refused: signed-before-certificate",),
    ),
    "clock before the seal": (
        lambda c: bytes_of(c, seal=samples.new_seal(valid_from=NOW + DAY)),
        ("refused: signed-before-seal",),
    ),
    "clock after the seal": (lambda c: bytes_of(c, at=NOW + 500 * DAY), ("refused: signed-after-seal",)),
    "clock after the certificate": (
        lambda c: bytes_of(c, seal=samples.new_seal(valid_until=NOW + 3000 * DAY), at=NOW + 1200 * DAY),
        ("refused: signed-after-certificate",),
    ),
    "time-stamp over something else": (
        lambda c: bytes_of(c, timestamp=lambda _: samples.timestamp(b"another")),
        ("refused: imprint",),
    ),
}


# ---- documents ------------------------------------------------------------------------------
def sign_again_ofd() -> None:
    sign_ofd(sealed_ofd(1, protect_all=True), signer(), OFDStamp(1, 70, 100), time=NOW)


def sign_again_pdf() -> None:
    data = sign_pdf(documents.single_page(), signer(), PDFStamp(1, 20, 20), time=NOW, protect_all=True)
    sign_pdf(data, signer(), PDFStamp(1, 70, 20), time=NOW)


def encrypted_pdf() -> None:
    sign_pdf(documents.encrypted(), signer(), time=NOW)


# ---- files beside which the seal stands -------------------------------------------------------
FILE = "参保登记表".encode()


@cache
def beside(content: bytes = FILE, name: str = "form.html") -> bytes:
    return seal_file(content, signer(), name=name)


def detached(container: bytes, content: bytes = FILE) -> DocumentReport:
    return verify_detached(container, content, samples.trust(accept=samples.UNASKED))


def bent(container: bytes, at: int) -> bytes:
    place = at % len(container)
    return container[:place] + bytes((container[place] ^ 1,)) + container[place + 1 :]


ONCE: dict[str, tuple[Callable[[], DocumentReport | None], tuple[str, ...]]] = {
    "ofd, signing: a list that is protected": (sign_again_ofd, ("refused: protected",)),
    "pdf, signing: a file that is closed": (sign_again_pdf, ("refused: protected",)),
    "pdf, signing: an encrypted file": (encrypted_pdf, ("refused: UnsupportedAlgorithm",)),
    "detached: another file": (lambda: detached(beside(), FILE + b" "), ("references: changed",)),
    "detached: an empty file": (lambda: detached(beside(), b""), ("references: changed",)),
    "detached: the signature of another file": (lambda: detached(beside(b"another"), FILE), ("references: changed",)),
    "detached: the name of the file": (
        lambda: detached(beside().replace(b"form.html", b"farm.html")),
        ("digest: changed",),
    ),
    "detached: the last byte": (lambda: detached(bent(beside(), -1)), ("signature: InvalidSignature",)),
    "detached: the first byte": (lambda: detached(bent(beside(), 0)), ("refused: DecodeError",)),
    "detached: cut off": (lambda: detached(beside()[:-1]), ("refused: DecodeError",)),
    "detached: bytes after the end": (lambda: detached(beside() + b"\0"), ("refused: DecodeError",)),
}


def rows() -> Iterator[Row]:
    """Return the rows."""
    for container in CONTAINERS:
        for name, (act, expected) in EVERY.items():
            yield Row(f"{container.name}, signing: {name}", lambda act=act, c=container: act(c), expected)  # type: ignore[misc]
    for name, (once, expected) in ONCE.items():
        yield Row(name, once, expected)
