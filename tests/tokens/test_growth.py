"""Nothing grows with the number of operations: signatures, sessions, session keys, wrong PINs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from gmpki.errors import PinIncorrectError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens import open_token
from gmpki.tokens.skf.container import SKFContainer
from tokens.growth import growth_of
from tokens.scene import APPLICATION, USER_PIN

pytestmark = pytest.mark.once


def test_a_leak_is_found() -> None:
    freed = [bytes(1 << 16) for _ in range(200)]
    del freed  # the leak has room in what was freed
    kept: list[object] = []
    assert not growth_of(lambda: kept.append(bytes(2000)), 2000).is_none
    opened: list[int] = []
    assert not growth_of(lambda: opened.append(os.dup(0)), 10).is_none
    for descriptor in opened:
        os.close(descriptor)


def test_a_leak_in_a_child_is_found() -> None:
    leaking = "import sys; kept = []\nfor line in sys.stdin: kept.append(bytes(2000)); print(flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", leaking], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:

        def ask() -> None:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write("\n")
            child.stdin.flush()
            child.stdout.readline()

        assert not growth_of(ask, 2000).is_none


def test_signing(skf_container: SKFContainer) -> None:
    skf_container.generate()
    key = skf_container.signing_key
    growth = growth_of(lambda: key.sign(b"message"))
    assert growth.is_none, growth


def cycle(container: SKFContainer) -> dict[str, Callable[[], object]]:
    receiver = SM2PrivateKey.generate().public_key
    application = container.application

    def wrong_pin() -> None:
        with pytest.raises(PinIncorrectError):
            application.login("00000000")
        application.login(USER_PIN)

    def session() -> None:
        with open_token(f"soft:dev=00a1;app={APPLICATION};con=con1") as token:
            token.login(USER_PIN)
            token.key().sign(b"message")  # type: ignore[union-attr]

    def session_key() -> None:
        key, _ = container.new_session_key("SM4-CBC", receiver)
        key.encrypt(bytes(1000), iv=bytes(16), padding=True)
        key.mac(bytes(1600))
        key.close()

    def reopened() -> None:
        container.close()
        application.container("con1").public_key()

    return {"wrong PIN": wrong_pin, "session": session, "session key": session_key, "container": reopened}


@pytest.mark.parametrize("name", ["wrong PIN", "session", "session key", "container"])
def test_cycles(skf_container: SKFContainer, name: str) -> None:
    skf_container.generate()
    growth = growth_of(cycle(skf_container)[name], 400)
    assert growth.is_none, growth
