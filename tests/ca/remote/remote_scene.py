"""A registration office and an authority that only messages join, and the line between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ca import authorities, people
from ca import office as scenes
from ca.authorities import Authorities
from ca.office import Scene
from certified import certify
from gmpki.ca.registration.office import RegistrationOffice
from gmpki.ca.remote.answering import IssuerService, Office
from gmpki.ca.remote.issuer import RemoteIssuer
from gmpki.ca.store.store import Store
from gmpki.cms.signer_spec import SignerSpec
from gmpki.errors import FetchError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import build_name

URL = "http://ca.example.cn/orders"
NAME = "示例市LRA"
PROFILES = frozenset({"personal", "organisation"})


@cache
def spec(name: str, **times: Any) -> SignerSpec:
    """Return somebody who signs messages."""
    key, subject = SM2PrivateKey.generate(), build_name(("C", "CN"), ("CN", name))
    return SignerSpec(key, certify(subject, key.public_key, subject, key, **times))


def forged(certificate: Certificate, signer: Any) -> SignerSpec:
    """Return somebody who gives his key the name and number of another's certificate."""
    serial, name = certificate.serial_number, certificate.issuer
    return SignerSpec(signer, certify(certificate.subject, signer.public_key, name, signer, serial_number=serial))


@dataclass
class Line:
    """Carries messages to a service in this process.

    :ivar loses: of the next messages: "message", "answer" or "" for none.
    """

    service: IssuerService
    loses: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)

    def post(self, url: str, content: bytes, *, content_type: str, answer_types: Any, max_answer_len: int) -> bytes:
        assert (url, content_type) == (URL, "application/pkcs7-mime")
        assert content_type in answer_types
        self.messages.append(content)
        lost = self.loses.pop(0) if self.loses else ""
        if lost == "message":
            raise FetchError("lost")
        answer = self.service.answer(content)
        if lost == "answer":
            raise FetchError("lost")
        assert len(answer) <= max_answer_len
        return answer


@dataclass(frozen=True)
class Both:
    """Both sides.

    :ivar made: what is at the authority.
    """

    made: Authorities
    service: IssuerService
    line: Line
    backend: RemoteIssuer


def office(name: str = NAME, **changes: Any) -> Office:
    """Return an office as the authority knows it."""
    return Office(**{"name": name, "certificate": spec(name).certificate, "profiles": PROFILES, **changes})


def both(store: Store, *offices: Office) -> Both:
    """Set up an authority in a store, and an office that orders there."""
    made = authorities.found(store)
    service = IssuerService([made.authority], spec("示例CA服务"), offices or (office(), office("另一LRA")))
    line = Line(service)
    return Both(made, service, line, backend_of(line, store))


def backend_of(line: Line, store: Store, name: str = NAME, **changes: Any) -> RemoteIssuer:
    """Return the backend of an office."""
    options = {"sender": line, "pause_s": 0, "clock": store.now, **changes}
    return RemoteIssuer(URL, spec(name), spec("示例CA服务").certificate, **options)


def at_work(store: Store, sides: Both) -> Scene:
    """Open the office in an empty store of its own."""
    (region_id,) = people.add_regions(store)
    centre = sides.made.centre
    desk = RegistrationOffice(store, sides.backend, keys=centre)
    operators = scenes.appoint(store, region_id)
    applicant_id = people.register(store, people.person())
    return Scene(store, desk, sides.made.authority, centre, operators, applicant_id)


__all__ = ["NAME", "PROFILES", "URL", "Both", "Line", "at_work", "backend_of", "both", "forged", "office", "spec"]
