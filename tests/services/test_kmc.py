"""The key-management centre as a service: two processes that speak GM/T 0014, and what HTTP can do wrong."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from certified import certify
from gmpki.asn1.gmt0014 import ErrorPkgRespond, KMRespond
from gmpki.ca.interfaces import KeyWanted
from gmpki.ca.kmc.answering import KeyManagementService
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.kmc.messages import MAX_MESSAGE_LEN, MEDIA_TYPE, Party
from gmpki.ca.kmc.remote import RemoteKeyCentre
from gmpki.ca.store.store import Store
from gmpki.errors import FetchError, IssuerRefusedError
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.protect.keys import KeyRing
from gmpki.services.kmc import create_app
from gmpki.x509.names import parse_name
from services import kmc_process

AUTHORITY = "示例CA"
OWNER = SM2PrivateKey.generate()


def party(common_name: str) -> Party:
    """Return somebody whose certificate is valid now: the other process has the system's clock."""
    key, name = SM2PrivateKey.generate(), parse_name(f"CN={common_name},C=CN")
    now = datetime.now(timezone.utc).replace(microsecond=0)
    times = {"not_before": now - timedelta(days=1), "not_after": now + timedelta(days=1)}
    return Party(key, certify(name, key.public_key, name, key, **times))


CA, KMC = party("示例CA"), party("示例KMC")


def wanted(serial: int) -> KeyWanted:
    now = datetime.now(timezone.utc)
    return KeyWanted(AUTHORITY, serial, OWNER.public_key, now, now + timedelta(days=1))


# ---- two processes ------------------------------------------------------------------------
@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a centre in another process."""
    folder = tmp_path_factory.mktemp("kmc")
    ring = KeyRing.generate()
    ring.save(folder / "kmc.ring", kmc_process.PASSWORD, iterations=1000)
    (folder / "kmc.key").write_bytes(KMC.signer.to_der())  # type: ignore[attr-defined]
    (folder / "kmc.cer").write_bytes(KMC.certificate.der)
    (folder / "ca.cer").write_bytes(CA.certificate.der)
    with Store.create(f"sqlite:///{folder / 'kmc.db'}", ring) as store:
        KeyManagementCentre.create(store, KMC.certificate.public_key)  # type: ignore[arg-type]
    program = [sys.executable, "-B", kmc_process.__file__, str(folder)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        yield f"http://127.0.0.1:{port}/"
        process.terminate()
        process.wait(timeout=10)
    assert Path(folder / "kmc.db").stat().st_mode & 0o077 == 0


@pytest.mark.once
def test_between_two_processes(address: str) -> None:
    keys = RemoteKeyCentre(address, AUTHORITY, CA, KMC.certificate)
    given = keys.allot([wanted(serial) for serial in range(1, 21)])
    opened = [KeyEnvelope.from_der(each.delivery).open(OWNER) for each in given]
    assert [key.public_key for key in opened] == [each.public_key for each in given]
    signing_key = SM2PrivateKey.generate()
    recovered = keys.recover(AUTHORITY, 3, signing_key.public_key)
    assert KeyEnvelope.from_der(recovered.delivery).open(signing_key).to_bytes() == opened[2].to_bytes()
    keys.retire(AUTHORITY, [1, 2])
    with pytest.raises(IssuerRefusedError):
        keys.allot([wanted(1)])


@pytest.mark.once
def test_a_stranger(address: str) -> None:
    stranger = party("陌生CA")
    with pytest.raises(IssuerRefusedError):
        RemoteKeyCentre(address, AUTHORITY, stranger, KMC.certificate).allot([wanted(99)])
    with pytest.raises(IssuerRefusedError):
        RemoteKeyCentre(address, AUTHORITY, CA, stranger.certificate).allot([wanted(98)])


@pytest.mark.once
def test_another_address(address: str) -> None:
    with pytest.raises(FetchError):
        RemoteKeyCentre(address + "elsewhere", AUTHORITY, CA, KMC.certificate).allot([wanted(97)])


# ---- the application alone ----------------------------------------------------------------
@pytest.fixture
def service() -> Iterator[KeyManagementService]:
    with Store.create("sqlite://", KeyRing.generate()) as store:
        centre = KeyManagementCentre.create(store, OWNER.public_key)
        yield KeyManagementService(centre, KMC, {AUTHORITY: CA.certificate})


def ask(
    service: KeyManagementService, *parts: bytes, method: str = "POST", content_type: str = MEDIA_TYPE
) -> tuple[int, bytes]:
    """Send a request to the application; return the status and the body of the answer."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"content-type", content_type.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    events = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    events.append({"type": "http.request", "body": b"", "more_body": False})
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0) if events else {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        answers.append(dict(event))

    asyncio.run(create_app(service)(scope, receive, send))
    return answers[0]["status"], b"".join(event.get("body", b"") for event in answers[1:])


def test_what_is_no_request_is_answered(service: KeyManagementService) -> None:
    status, body = ask(service, b"no ", b"request")
    assert status == 200
    assert isinstance(KMRespond.from_der(body).respond().responds[0], ErrorPkgRespond)


def test_another_method(service: KeyManagementService) -> None:
    assert ask(service, method="GET")[0] == 405


@pytest.mark.parametrize("content_type", ["", "text/html", "application/octet-streams"])
def test_another_media_type(service: KeyManagementService, content_type: str) -> None:
    assert ask(service, b"x", content_type=content_type)[0] == 415


def test_media_type_with_parameters(service: KeyManagementService) -> None:
    assert ask(service, b"x", content_type="Application/Octet-Stream; charset=x")[0] == 200


def test_too_long(service: KeyManagementService) -> None:
    half = bytes(MAX_MESSAGE_LEN // 2)
    assert ask(service, half, half)[0] == 200
    assert ask(service, half, half, b"x")[0] == 413


def test_the_database_is_gone(service: KeyManagementService, caplog: pytest.LogCaptureFixture) -> None:
    with service._store.transaction() as tx:
        tx.connection.exec_driver_sql("DROP TABLE audit_head")
    status, body = ask(service, b"x")
    assert (status, body) == (503, b"")
    assert "could not be answered" in caplog.text
