"""``gmpki trust``, and the commands that verify with a trust folder."""

from __future__ import annotations

import http.server
import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli import message_files, sample_files, seal_files, stamp_files, trust_files
from gmpki.cli import _trust_folder, trust_update
from gmpki.keystore import LocationStatus, TrustFolder, TrustRole, TrustStatus
from gmpki.x509.certificate import load_certificate
from gmpki.x509.crl import load_crl
from gmpki.x509.crl_builder import CRLBuilder, Revocation

pytest.importorskip("httpcore", reason="peer program: httpcore is not installed")

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

FOLDER = ("--trust-folder", "trust")
VARIABLE = "GMPKI_TRUST_FOLDER"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _authority(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    sample_files.write_authority()


@pytest.fixture
def folder(_authority: None) -> TrustFolder:
    """Give a folder with the root, the authority below it, and the lists of both."""
    return trust_files.write_trust()


def new_list(number: int, *revoked: int, since: datetime | None = None, key: Any = None) -> bytes:
    """Return a list of the authority below the root."""
    now = (since or datetime.now(timezone.utc)).replace(microsecond=0)
    entries = [Revocation(one, now) for one in revoked]
    sub = trust_files.certificate("sub")
    builder = CRLBuilder.for_issuer(
        sub, this_update=now - DAY, next_update=now + 7 * DAY, number=number, entries=entries
    )
    return builder.sign(key or sample_files.SUB).der


def user() -> int:
    return trust_files.certificate("user").serial_number


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Give the address of a server, and what it gives for each path."""
    given: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = given.get(self.path)
            self.send_response(404 if data is None else 200)
            self.send_header("Content-Type", "application/pkix-crl")
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{made.server_address[1]}", given
    made.shutdown()
    thread.join()
    made.server_close()


def test_tables_are_those_of_the_library() -> None:
    assert set(_trust_folder.ROLE_WORDS) == {role.value for role in TrustRole} | {"crl"}
    assert set(_trust_folder.STATUS_WORDS) == {status.value for status in TrustStatus}
    assert set(trust_update.LOCATION_WORDS) == {status.value for status in LocationStatus}


# ---- what is in the folder --------------------------------------------------------------------
def test_from_the_beginning(answer: Answer) -> None:
    answer("trust", "init", *FOLDER)
    added = answer("trust", "add", *FOLDER, "--anchor", "root.pem", "--intermediate", "sub.pem")["added"]
    assert [one["role"] for one in added] == ["anchor", "intermediate"]
    root = load_certificate(Path("root.pem").read_bytes())
    assert added[0]["fingerprint"] == root.fingerprint().hex()
    assert added[0]["sha256"] == root.fingerprint("sha256").hex()
    assert [one["new"] for one in answer("trust", "add", *FOLDER, "--anchor", "root.pem")["added"]] == [False]
    (crl,) = answer("trust", "add", *FOLDER, "--crl", "sub.crl")["added"]
    assert crl["number"] == 1
    items = answer("trust", "list", *FOLDER)["items"]
    assert [one["role"] for one in items] == ["anchor", "intermediate", "crl"]
    assert stat.S_IMODE(os.stat("trust").st_mode) == 0o700


def test_what_a_person_sees(run: Run, folder: TrustFolder) -> None:
    folder.add(TrustRole.TIMESTAMP_ANCHOR, trust_files.certificate("root"))
    lines = run("trust", "list", *FOLDER).stdout.splitlines()
    assert len(lines) == 5
    assert "信任锚 anchor" in lines[0]
    assert "CN=示例根" in lines[0]
    assert "有效 valid" in lines[0]
    assert "全部正常  everything in order" in run("trust", "verify", *FOLDER).stdout
    added = run("trust", "add", *FOLDER, "--anchor", "root.pem").stdout
    assert "已有 already there" in added
    assert "SM3" in added


def test_an_empty_folder(run: Run, answer: Answer) -> None:
    assert "trust folder" in run("trust", "init", *FOLDER).stdout
    assert "empty" in run("trust", "list", *FOLDER).stdout
    assert answer("trust", "verify", *FOLDER, exit_code=1)["error"]["type"] == "StateError"
    assert answer("trust", "init", *FOLDER, exit_code=1)["error"]["type"] == "StateError"


def test_what_is_not_in_order(answer: Answer, run: Run, folder: TrustFolder) -> None:
    value = answer("trust", "verify", *FOLDER, "--at", "2060-01-01", exit_code=1)
    assert value["error"]["reason"] == "not-in-order"
    assert {one["status"] for one in value["items"]} == {"expired"}
    assert "已过期 expired" in run("trust", "list", *FOLDER, "--at", "2060-01-01").stdout


def test_show_and_remove(answer: Answer, run: Run, folder: TrustFolder) -> None:
    digits = trust_files.certificate("sub").fingerprint().hex()
    (found,) = answer("trust", "show", *FOLDER, digits[:10])["found"]
    assert found["role"] == "intermediate"
    assert "示例下级" in run("trust", "show", *FOLDER, "--certificate", "sub.pem").stdout
    held = next(one for one in folder.crls if "下级" in str(one.crl.issuer))
    (found,) = answer("trust", "show", *FOLDER, held.name[:8])["found"]
    assert found["role"] == "crl"
    (gone,) = answer("trust", "remove", *FOLDER, held.name)["removed"]
    assert gone["fingerprint"] == held.name
    assert "已移除 removed" in run("trust", "remove", *FOLDER, digits).stdout
    assert answer("trust", "remove", *FOLDER, digits, exit_code=1)["error"]["type"] == "InvalidInputError"


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", *FOLDER),
        ("show", *FOLDER),
        ("remove", *FOLDER),
        ("remove", *FOLDER, "00000000", "--certificate", "root.pem"),
        ("list", *FOLDER, "--at", "yesterday"),
        ("set", *FOLDER, "--period", "1s"),
        ("set", *FOLDER, "--period", "400d"),
        ("set", *FOLDER, "--period", "1h30m"),
        ("set", *FOLDER, "--without-crl-location", "http://x/"),
        ("update", *FOLDER, "--every", "0h"),
        ("list",),
    ],
    ids=" ".join,
)
def test_usage(run: Run, folder: TrustFolder, arguments: tuple[str, ...]) -> None:
    run("trust", *arguments, exit_code=2)
    assert len(folder.crls) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "--anchor", "missing.pem"),
        ("add", "--anchor", "report.pdf"),
        ("add", "--anchor", "root.pem", "--crl", "root.pem"),
        ("show", "12345678"),
        ("show", "not a fingerprint"),
        ("show", "--certificate", "both.pem"),
        ("set", "--crl-location", "file:///etc/passwd"),
        ("set", "--timestamp-url", "tsa.example.cn"),
        ("set", "--crl-location-of", "root.pem"),
    ],
    ids=" ".join,
)
def test_failures(answer: Answer, folder: TrustFolder, arguments: tuple[str, ...]) -> None:
    Path("report.pdf").write_bytes(b"a report")
    before = sorted(str(path) for path in Path("trust").rglob("*"))
    answer("trust", arguments[0], *FOLDER, *arguments[1:], exit_code=1)
    assert sorted(str(path) for path in Path("trust").rglob("*")) == before


def test_what_is_no_trust_folder(answer: Answer) -> None:
    Path("plain").mkdir()
    for path in ("plain", "missing", "root.pem"):
        answer("trust", "list", "--trust-folder", path, exit_code=1)


# ---- settings ---------------------------------------------------------------------------------
def test_settings(answer: Answer, run: Run, folder: TrustFolder) -> None:
    urls = ["http://a.example.cn/1.crl", "http://b.example.cn/2.crl"]
    answer("trust", "set", *FOLDER, "--crl-location", urls[0], "--timestamp-url", "http://tsa.example.cn/")
    answer("trust", "set", *FOLDER, "--crl-location", urls[1], "--period", "12h", "--no-crl-from-certificates")
    value = answer("trust", "set", *FOLDER)
    assert value == {
        "ok": True,
        "timestamp_url": "http://tsa.example.cn/",
        "crl_locations": urls,
        "crl_from_certificates": False,
        "update_period_s": 43200,
    }
    value = answer("trust", "set", *FOLDER, "--without-crl-location", urls[0], "--timestamp-url", "")
    assert value["crl_locations"] == urls[1:]
    assert value["timestamp_url"] is None
    assert "43200 s" in run("trust", "set", *FOLDER).stdout
    assert answer("trust", "set", *FOLDER, "--crl-location", urls[1])["crl_locations"] == urls[1:], "once is enough"


# ---- fetching ---------------------------------------------------------------------------------
@pytest.fixture
def asking(folder: TrustFolder, server: tuple[str, dict[str, bytes]], answer: Answer) -> dict[str, bytes]:
    """Let the folder ask a server for the list of the authority below the root; give what the server has."""
    url, given = server
    answer("trust", "set", *FOLDER, "--crl-location", f"{url}/sub.crl")
    return given


def update(answer: Answer, *arguments: str, exit_code: int = 0) -> str:
    value = answer("trust", "update", *FOLDER, *arguments, exit_code=exit_code)
    (one,) = value["locations"]
    return str(one["status"])


def test_update(answer: Answer, run: Run, asking: dict[str, bytes]) -> None:
    assert update(answer, exit_code=1) == "failed"
    asking["/sub.crl"] = new_list(2, user())
    assert update(answer) == "updated"
    assert update(answer) == "unchanged"
    asking["/sub.crl"] = new_list(1)
    value = answer("trust", "update", *FOLDER, exit_code=1)
    assert value["error"] == {"type": "FetchError", "message": "1 of 1 revocation lists could not be had"}
    assert "the one in the folder has 2" in value["locations"][0]["detail"]
    assert value["locations"][0]["list"]["number"] == 2
    asking["/sub.crl"] = new_list(9, key=None)[:-2] + b"\0\0"
    assert "保留原列表 kept" in run("trust", "update", *FOLDER, exit_code=1).stdout
    assert update(answer, "--allowed-host", "crl.example.cn", exit_code=1) == "kept"
    answer("cert", "verify", *FOLDER, "user.pem", exit_code=1)


def test_nothing_to_ask(answer: Answer, run: Run, folder: TrustFolder) -> None:
    assert answer("trust", "update", *FOLDER)["locations"] == []
    assert "no locations" in run("trust", "update", *FOLDER).stdout


def test_again_and_again(
    run: Run, asking: dict[str, bytes], folder: TrustFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            asking["/sub.crl"] = new_list(5)
        elif len(pauses) == 2:
            os.chmod("trust", 0o777)  # which the folder refuses, and somebody mends
        elif len(pauses) == 3:
            os.chmod("trust", 0o700)
        else:
            raise KeyboardInterrupt

    monkeypatch.setattr(trust_update, "pause", pause)
    output = run("trust", "update", *FOLDER, "--every", "30m", "--json").stdout
    rounds = [json.loads(line) for line in output.splitlines()]
    assert pauses == [1800] * 4
    assert [one["ok"] for one in rounds] == [False, True, False, True, True]
    assert [one["locations"][0]["status"] for one in (rounds[0], rounds[1], rounds[3])] == [
        "failed",
        "updated",
        "unchanged",
    ]
    assert rounds[2]["error"]["type"] == "StateError"
    assert rounds[4] == {"ok": True, "stopped": True}


def test_the_period_of_the_settings(
    run: Run, asking: dict[str, bytes], folder: TrustFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        raise KeyboardInterrupt

    monkeypatch.setattr(trust_update, "pause", pause)
    asking["/sub.crl"] = new_list(5)
    run("trust", "set", *FOLDER, "--period", "2d")
    assert "已更新 updated" in run("trust", "update", *FOLDER, "--every").stdout
    assert pauses == [2 * 86400]


def test_locations_of_a_certificate(answer: Answer, folder: TrustFolder) -> None:
    from keystore import trust_scene

    Path("named.pem").write_bytes(trust_scene.user().to_pem())
    value = answer("trust", "set", *FOLDER, "--crl-location-of", "named.pem")
    assert value["crl_locations"] == [trust_scene.SUB_URL]


# ---- commands that verify ---------------------------------------------------------------------
def test_a_certificate(answer: Answer, folder: TrustFolder) -> None:
    value = answer("cert", "verify", *FOLDER, "user.pem")
    assert value["chain"][0]["revocation"]["status"] == "good"
    folder.add_crl(load_crl(new_list(2, user())), datetime.now(timezone.utc))
    assert answer("cert", "verify", *FOLDER, "user.pem", exit_code=1)["reason"] == "revoked"
    assert answer("cert", "verify", *FOLDER, "--revocation", "none", "user.pem")["valid"]


def test_messages(answer: Answer, folder: TrustFolder) -> None:
    Path("report.pdf").write_bytes(b"a report")
    message_files.write_messages()
    folder.add(TrustRole.TIMESTAMP_ANCHOR, trust_files.certificate("root"))
    assert answer("cms", "verify", *FOLDER, "contract.p7m")["verified"]
    assert answer("verify", *FOLDER, "contract.p7m")["verified"]
    assert answer("verify", *FOLDER, "user.pem")["valid"]
    assert answer("verify", *FOLDER, "sub.crl")["valid"]


def test_the_environment_names_the_folder(
    answer: Answer, run: Run, folder: TrustFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("cert", "verify", "user.pem", exit_code=2)
    monkeypatch.setenv(VARIABLE, "trust")
    assert answer("cert", "verify", "user.pem")["valid"]
    assert len(answer("trust", "list")["items"]) == 4


def test_an_empty_folder_of_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("trust", "init", "--trust-folder", "empty")
    monkeypatch.setenv(VARIABLE, "empty")
    assert "give --anchor" in run("cert", "verify", "user.pem", exit_code=2).stderr


def test_who_names_an_anchor_means_no_other(
    answer: Answer, run: Run, folder: TrustFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that only the environment names adds nobody to those whom the command line names."""
    run("key", "generate", "--no-password", "--output", "foreign.key")
    run("cert", "root", "--key", "foreign.key", "--subject", "C=CN, O=别处, CN=别的根", "--output", "foreign.pem")
    monkeypatch.setenv(VARIABLE, "trust")
    answer("cert", "verify", "--anchor", "foreign.pem", "user.pem", exit_code=1)
    assert answer("cert", "verify", "--anchor", "foreign.pem", *FOLDER, "user.pem")["valid"], "both were named"
    Path("report.pdf").write_bytes(b"a report")
    message_files.write_messages()
    answer("cms", "verify", "--anchor", "foreign.pem", "--intermediate", "sub.pem", "contract.p7m", exit_code=1)
    found = answer("cms", "verify", "--signature-only", "contract.p7m")
    assert [one["status"] for one in found["signers"][0]["checks"] if one["name"] == "chain"] != ["passed"]
    run("cms", "verify", "--signature-only", *FOLDER, "contract.p7m", exit_code=2)


@pytest.mark.parametrize(
    "command", [("cert", "verify"), ("cms", "verify"), ("verify",), ("pdf", "verify")], ids=" ".join
)
def test_a_folder_that_cannot_be_used(answer: Answer, run: Run, command: tuple[str, ...]) -> None:
    answer(*command, "--trust-folder", "missing", "user.pem", exit_code=1)
    run("trust", "init", "--trust-folder", "empty")
    error = run(*command, "--trust-folder", "empty", "user.pem", exit_code=2).stderr
    assert "has no anchor" in error
    os.chmod("empty", 0o777)
    value = answer(*command, "--trust-folder", "empty", "user.pem", exit_code=1)
    assert "others may write" in value["error"]["message"]


def test_seals(answer: Answer) -> None:
    seal_files.write_seals()
    answer("trust", "init", *FOLDER)
    answer("trust", "add", *FOLDER, "--anchor", "maker-root.pem")
    wishes = ("--registry", "seals", "--accept", "maker-revocation", "org.esl")
    kept = answer("seal", "verify", *FOLDER, *wishes)
    assert kept == answer("seal", "verify", "--anchor", "maker-root.pem", *wishes)


# ---- time-stamps ------------------------------------------------------------------------------
class Stamping(http.server.BaseHTTPRequestHandler):
    """A time-stamp service: what it answers, and the requests that came."""

    answer: Callable[[bytes], bytes] = staticmethod(lambda _request: b"")
    came: list[str | None] = []  # noqa: RUF012 - the class is used by one test at a time

    def do_POST(self) -> None:
        self.came.append(self.headers["Content-Type"])
        data = type(self).answer(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the address of a service that gives true time-stamps."""
    Path("report.pdf").write_bytes(b"a report")
    stamp_files.write_stamps()

    monkeypatch.setattr(Stamping, "answer", staticmethod(stamp_files.authority().answer))
    monkeypatch.setattr(Stamping, "came", [])
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stamping)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{made.server_address[1]}/"
    made.shutdown()
    thread.join()
    made.server_close()


def test_a_time_stamp_from_the_service(answer: Answer, run: Run, folder: TrustFolder, service: str) -> None:
    run("tsa", "request", "--fetch", "resp.tsr", *FOLDER, "report.pdf", exit_code=2)
    answer("trust", "set", *FOLDER, "--timestamp-url", service)
    value = answer("tsa", "request", "--fetch", "resp.tsr", "--output", "req.tsq", "--force", *FOLDER, "report.pdf")
    assert value["url"] == service
    assert Stamping.came == ["application/timestamp-query"]
    shown = run("tsa", "request", "--fetch", "resp.tsr", "--force", "--url", service, "report.pdf").stdout
    assert "时间戳" in shown
    trusted = ("--anchor", "root.pem", "--intermediate", "sub.pem")
    answer("tsa", "verify", *trusted, "--response", "resp.tsr", "report.pdf")


@pytest.mark.parametrize("data", [b"", b"nonsense", b"another"])
def test_an_answer_that_is_none(answer: Answer, service: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    given = Path("resp.tsr").read_bytes() if data == b"another" else data  # for another file, with another nonce
    monkeypatch.setattr(Stamping, "answer", staticmethod(lambda _request: given))
    answer("tsa", "request", "--fetch", "fetched.tsr", "--url", service, "report.pdf", exit_code=1)
    assert not Path("fetched.tsr").exists()


@pytest.mark.parametrize("more", [("--no-cert",), ()], ids=["no-cert", "no-service"])
def test_what_cannot_be_asked(run: Run, service: str, more: tuple[str, ...]) -> None:
    url = ("--url", service) if more else ()
    run("tsa", "request", "--fetch", "fetched.tsr", *url, *more, "report.pdf", exit_code=2)
    assert Stamping.came == []
