"""``gmpki token`` and keys of tokens through PC/SC: the software token as a card in pcscd's virtual reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli.token_files import Token, set_variables, write_token
from gmpki.tokens.soft import pull_out
from tokens.checks import Absent
from tokens.pcsc.reader import virtual_reader
from tokens.scene import APPLICATION

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

PLACE = f"pcsc:app={APPLICATION}"
CONTAINER = f"{PLACE};con=con1"
PIN = ("--pin-env", "USER_PIN")


@pytest.fixture
def token(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Token]:
    set_variables(monkeypatch)
    written = write_token()
    try:
        with virtual_reader("00a1"):
            yield written
    except Absent as absent:
        pytest.skip(str(absent))


def test_a_card(run: Run, answer: Answer, token: Token) -> None:
    """Looked at, signed with, its PIN tried, pulled out: one reader for all, which takes a second to start."""
    (listed,) = answer("token", "list", "pcsc:")["devices"]
    assert listed["serial_number"] == "00a1"
    (application,) = answer("token", "info", "--app", APPLICATION, listed["uri"])["device"]["applications"]
    assert application["containers"][0]["signing"]["certificate"]["subject"].endswith("CN=张三")
    assert run("token", "export-cert", CONTAINER).stdout.encode() == token.issued.pair.signing.to_pem()

    Path("contract.txt").write_text("合同", encoding="utf-8")
    run("cms", "sign", "--key", CONTAINER, *PIN, "--no-time", "--output", "contract.p7m", "contract.txt")
    run("cms", "verify", "--anchor", "root.pem", "--at", "2026-03-01T08:00:00Z", "--output", "out", "contract.p7m")
    run("token", "gen-key", f"{PLACE};con=new", *PIN, "--output", "new.pub")
    run("token", "csr", f"{PLACE};con=new", *PIN, "--subject", "CN=x", "--output", "req.pem")
    assert answer("csr", "verify", "req.pem")["valid"] is True
    found = answer("token", "doctor", "pcsc:")
    assert (found["devices"][0]["serial_number"], found["cards"][0]["confirmed_on_hardware"]) == ("00a1", False)
    assert found["cards"][0]["profile"] in run("token", "doctor", "pcsc:").output
    assert len(bytes.fromhex(answer("token", "random", "pcsc:")["random"])) == 32

    error = answer("token", "pin", "verify", PLACE, "--pin-env", "ADMIN_PIN", exit_code=1)["error"]
    assert (error["type"], "tries left: 9" in error["message"]) == ("PinIncorrectError", True)
    pull_out("00a1")
    gone = answer("cms", "sign", "--key", CONTAINER, *PIN, "contract.txt", "-o", "x", exit_code=1)["error"]
    assert gone["type"] in ("TokenNotFoundError", "TokenRemovedError")
