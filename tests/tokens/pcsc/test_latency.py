"""Measuring cards: what they do themselves, and what no command is known for."""

from __future__ import annotations

import pytest

from gmpki.errors import GmpkiError, TokenUnsupportedError
from gmpki.tokens.latency import TokenBench, measure
from gmpki.tokens.pcsc.application import PCSCApplication
from tokens.pcsc.cards import DirectCard

DONE = [
    *((algorithm, operation) for algorithm in ("sm2", "rsa-1024") for operation in ("generate", "sign", "verify")),
    ("sm2", "encrypt"),
    ("sm4", "encrypt"),
    ("sm4", "decrypt"),
    ("sm3", "digest"),
]


@pytest.mark.parametrize(("algorithm", "operation"), DONE)
def test_what_cards_do(card_application: PCSCApplication, algorithm: str, operation: str) -> None:
    with TokenBench(card_application) as bench:
        assert measure(bench.job(algorithm, operation), count=1).mean_s > 0
    assert card_application.containers() == ()


@pytest.mark.parametrize("algorithm", ["sm2", "rsa-1024"])
def test_the_card_verifies(card_application: PCSCApplication, direct: DirectCard, algorithm: str) -> None:
    """What is measured is one command, and a card that is given another digest refuses."""
    with TokenBench(card_application) as bench:
        job = bench.job(algorithm, "verify")
        before = len(direct.commands)
        job.call()
        assert [command[1] for command in direct.commands[before:]] == [0x76 if algorithm == "sm2" else 0x5E]
        container = bench._containers[f"{bench._tag}-{algorithm}"]
        signature = bytes(64 if algorithm == "sm2" else 128)
        with pytest.raises(GmpkiError):
            bench._operations.verify(container, algorithm, bytes(32), signature)()


@pytest.mark.parametrize("row", [("sm2", "decrypt"), ("rsa-2048", "encrypt"), ("sm1", "encrypt"), ("ssf33", "decrypt")])
def test_what_no_command_is_known_for(card_application: PCSCApplication, row: tuple[str, str]) -> None:
    with TokenBench(card_application) as bench, pytest.raises(TokenUnsupportedError):
        bench.job(*row)
