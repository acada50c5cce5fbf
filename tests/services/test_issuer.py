"""An authority as a service: an office that orders from another process, which ends where it hurts."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ca import authorities
from ca.authorities import ACTOR, serials
from ca.remote import remote_scene
from certified import certify
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import RevocationOrder
from gmpki.ca.remote.issuer import RemoteIssuer
from gmpki.ca.remote.messages import MAX_MESSAGE_LEN, MEDIA_TYPE, read_signed
from gmpki.ca.store.certificates import CertificateState
from gmpki.ca.store.schema import certificates, issues
from gmpki.ca.store.store import Store
from gmpki.cms.signer_spec import SignerSpec
from gmpki.errors import FetchError, InvalidTypeError, IssuerRefusedError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.protect.keys import KeyRing
from gmpki.services.issuer import create_app
from gmpki.x509.names import parse_name
from services import issuer_process
from services.asgi import ask


def party(common_name: str) -> SignerSpec:
    """Return somebody whose certificate is valid now: the other process has the system's clock."""
    key, name = SM2PrivateKey.generate(), parse_name(f"CN={common_name},C=CN")
    now = datetime.now(timezone.utc).replace(microsecond=0)
    times = {"not_before": now - timedelta(days=1), "not_after": now + timedelta(days=1)}
    return SignerSpec(key, certify(name, key.public_key, name, key, **times))


SERVICE, OFFICE = party("示例CA服务"), party(issuer_process.OFFICE)


class Elsewhere:
    """An authority in another process, which can be started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ring = KeyRing.generate()
        self.ring.save(folder / "ca.ring", issuer_process.PASSWORD, iterations=1000)
        for name, key in (
            ("ca", authorities.key(authorities.CA_KEY)),
            ("kmc", authorities.key(authorities.MASTER_KEY)),
            ("service", SERVICE.signer),
        ):
            (folder / f"{name}.key").write_bytes(key.to_der())  # type: ignore[attr-defined] - all are of SM2
        (folder / "service.cer").write_bytes(SERVICE.certificate.der)
        (folder / "office.cer").write_bytes(OFFICE.certificate.der)
        with Store.create(self.url, self.ring) as store:
            authorities.found(store)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.start()

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'ca.db'}"

    def start(self) -> None:
        program = [sys.executable, "-B", issuer_process.__file__, str(self.folder), str(self.port)]
        self.process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def backend(self, office: SignerSpec = OFFICE) -> RemoteIssuer:
        return RemoteIssuer(f"http://127.0.0.1:{self.port}/", office, SERVICE.certificate, pause_s=0)

    def counted(self) -> dict[str, int]:
        """Return how many certificates there are in each state, those of authorities left out."""
        query = select(certificates.c.state, func.count()).join(issues, issues.c.id == certificates.c.issue_id)
        query = query.where(issues.c.order_key.like("office:%")).group_by(certificates.c.state)
        with Store.open(self.url, self.ring) as store, store.reading() as connection:
            return {state: count for state, count in connection.execute(query).all()}  # noqa: C416 - rows, not pairs


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Give an authority in another process."""
    made = Elsewhere(tmp_path_factory.mktemp("issuer"))
    yield made
    made.stop()


@pytest.mark.once
def test_between_two_processes(elsewhere: Elsewhere) -> None:
    backend, before = elsewhere.backend(), elsewhere.counted()
    issued = backend.issue(authorities.order(1), actor=ACTOR)
    assert backend.issue(authorities.order(1), actor=ACTOR) == issued
    backend.revoke(RevocationOrder("r", authorities.NAME, serials(issued), ReasonCode.SUPERSEDED), actor=ACTOR)
    after = elsewhere.counted()
    assert after.get("revoked", 0) - before.get("revoked", 0) == 2
    with pytest.raises(IssuerRefusedError) as caught:
        elsewhere.backend(party("陌生LRA")).issue(authorities.order(2), actor=ACTOR)
    assert caught.value.code == "unknown-office"


@pytest.mark.once
@pytest.mark.parametrize(("place", "cancelled"), [("dies-signing", 2), ("dies-answering", 0)])
def test_killed_in_the_middle(elsewhere: Elsewhere, place: str, cancelled: int) -> None:
    backend, before = elsewhere.backend(), elsewhere.counted()
    (elsewhere.folder / place).touch()
    order = authorities.order(3, key=place)
    with pytest.raises(FetchError):
        backend.issue(order, actor=ACTOR)
    assert elsewhere.process.wait(timeout=10) == 9
    elsewhere.stop()
    elsewhere.start()
    issued = backend.issue(order, actor=ACTOR)
    assert backend.issue(order, actor=ACTOR) == issued
    after = elsewhere.counted()
    grown = {state.value: after.get(state.value, 0) - before.get(state.value, 0) for state in CertificateState}
    assert grown == {"meant": 0, "cancelled": cancelled, "valid": 2, "suspended": 0, "revoked": 0}


# ---- the application alone ----------------------------------------------------------------
def test_what_http_can_do_wrong() -> None:
    with Store.create("sqlite://", KeyRing.generate()) as store:
        application = create_app(remote_scene.both(store).service, path="/orders")
        assert ask(application, "GET", "/orders").status_code == 405
        assert ask(application, "POST", "/", b"x", content_type=MEDIA_TYPE).status_code == 404
        assert ask(application, "POST", "/orders", b"x", content_type="text/html").status_code == 415
        long = bytes(MAX_MESSAGE_LEN + 1)
        assert ask(application, "POST", "/orders", long, content_type=MEDIA_TYPE).status_code == 413
        answer = ask(application, "POST", "/orders", b"x", content_type=f"{MEDIA_TYPE}; name=x")
        assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPE)
        assert answer.headers["cache-control"] == "no-store"
        assert b"malformed" in (read_signed(answer.content).unverified_content() or b"")


def test_arguments() -> None:
    with pytest.raises(InvalidTypeError):
        create_app(lambda data: data)  # type: ignore[arg-type]
