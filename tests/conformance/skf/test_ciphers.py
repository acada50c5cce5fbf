"""The checks of symmetric encryption: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.trials import expect_named, trial
from gmpki.conformance.model import Outcome, Result
from gmpki.tokens.skf.library import Library

pytestmark = pytest.mark.once

NAMED = (
    ("clear-key-reversed", "SYM-001", "the key is reversed"),
    ("clear-key-ignored", "SYM-001", "the key is all zeros"),
    ("clear-key-reversed", "SYM-002", "the key is reversed"),
    ("key-for-cbc-is-for-ecb", "SYM-002", "it is ECB"),
    ("cipher-ignores-iv", "SYM-002", "the IV is ignored"),
    ("cipher-ignores-iv", "SYM-003", "the IV is ignored"),
    ("cfb-always-8-bits", "SYM-003", "it is CFB8"),
    ("cipher-ignores-iv", "SYM-004", "the IV is ignored"),
    ("ofb-is-cfb", "SYM-004", "it is CFB128"),
    ("cfb-8-bits-is-128", "SYM-005", "it is CFB128"),
    ("update-forgets-the-chain", "SYM-006", "CBC is another in pieces"),
    ("update-forgets-the-chain", "SYM-007", "CBC is another in pieces"),
    ("update-loses-rest", "SYM-008", "ECB is another in pieces"),
    ("update-loses-rest", "SYM-009", "ECB is another in pieces"),
    ("encrypts-2048-at-most", "SYM-010", "65536 bytes come out wrong"),
    ("padding-with-zeros", "SYM-011", "filled up with zeros"),
    ("padding-not-removed", "SYM-012", "padding is left"),
    ("final-loses-what-is-held", "SYM-013", "the end of 32 bytes is lost"),
    ("padding-not-removed", "SYM-013", "decrypted wrong"),
    ("padding-not-checked", "SYM-014", "ends with 00 00 00"),
    ("padding-not-removed", "SYM-014", "ends with 00 00 00"),
    ("short-block-filled-up", "SYM-015", "filled up with zeros"),
    ("short-block-dropped", "SYM-016", "no whole blocks"),
    ("update-loses-rest", "SYM-017", "4 bytes of 20 are lost"),
    ("init-keeps-the-chain", "SYMS-001", "the first message goes on"),
    ("cipher-ignores-iv", "SYMS-001", "the second message comes out wrong"),
    ("key-for-cbc-is-for-ecb", "SYMS-001", "the second message comes out wrong"),
    ("init-goes-on", "SYMS-002", "what was begun before"),
    ("encrypts-without-init", "SYMS-003", "SKF_Encrypt works without Init"),
    ("decrypts-without-init", "SYMS-004", "SKF_Decrypt works without Init"),
    ("final-begins-anew", "SYMS-005", "with the same IV"),
    ("iv-length-not-checked", "SYMS-007", "IVLen 8"),
    ("padding-type-not-checked", "SYMS-009", "PaddingType 2"),
    ("keys-share-one-slot", "SYMS-011", "key 1 of 2"),
    ("update-forgets-the-chain", "SYMS-011", "key 1 of 2"),
    ("keys-share-one-slot", "SYMS-012", "the other key decrypts it"),
)
WORKED_ROUND = (
    ("feedback-counts-bytes", "SYM-003", "16 is taken"),
    ("feedback-counts-bytes", "SYM-004", "16 is taken"),
    ("update-whole-blocks-only", "SYM-008", "refuses 1 bytes"),
    ("update-whole-blocks-only", "SYM-009", "refuses 1 bytes"),
    ("stream-whole-blocks-only", "SYM-018", "CFB refuses 1 bytes"),
)


def seen(result: Result) -> dict[str, str]:
    return dict(result.observed)


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "SYM", "SYMS", permissions=())
    assert len(results) == 32
    others = {check: result.outcome for check, result in results.items() if result.outcome is not Outcome.PASSED}
    assert others == {"SKF-SYMS-013": Outcome.UNSUPPORTED}
    assert all(result.functions for result in results.values())
    assert seen(results["SKF-SYM-019"])["CBC with padding"] == "SAR_OK, 16 bytes"
    assert seen(results["SKF-SYMS-006"]) == {"encrypts and decrypts at once": "yes"}
    assert seen(results["SKF-SYMS-010"]) == {"in place": "right"}


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check, permissions=())[f"SKF-{check}"], words, Outcome.FAILED)


@pytest.mark.parametrize(
    ("fault", "check", "words"), WORKED_ROUND, ids=[f"{check}-{fault}" for fault, check, _ in WORKED_ROUND]
)
def test_deviation_has_a_workaround(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    result = trial(faulty_skf(fault), check, permissions=())[f"SKF-{check}"]
    assert result.outcome is Outcome.DEVIATION
    assert result.message is not None
    assert words in result.message.en
    assert result.workaround is not None
    assert result.workaround.zh


@pytest.mark.parametrize(
    "function",
    [f"SKF_{verb}{step}" for verb in ("Encrypt", "Decrypt") for step in ("", "Init", "Update", "Final")],
)
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    """It is never called a mistake, nor a refusal, that a driver says what it has not got."""
    results = trial(lacking(function), "SYM", "SYMS", permissions=())
    assert all(result.outcome not in (Outcome.FAILED, Outcome.DEVIATION) for result in results.values())
    assert any(result.outcome is Outcome.UNSUPPORTED for result in results.values())


# ---- what a token claims -----------------------------------------------------------------
def claiming(
    monkeypatch: pytest.MonkeyPatch, capabilities: int, spoil: Callable[[str, tuple[Any, ...]], tuple[Any, ...]]
) -> None:
    """Make the driver claim ciphers, and change arguments before it is called."""
    right = Library.call

    def call(self: Library, layout: Any, function: str, arguments: tuple[Any, ...]) -> int:
        code = right(self, layout, function, spoil(function, arguments))
        if function == "SKF_GetDevInfo":
            arguments[1].AlgSymCap = capabilities
        return code

    monkeypatch.setattr(Library, "call", call)


def sm4_for_others(function: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Let SM4 stand in for SM1 and SSF33, which nobody has in software."""
    if function == "SKF_SetSymmKey":
        device, value, algorithm, cell = arguments
        return device, value, algorithm & 0xFF | 0x400, cell
    return arguments


def one_key_for_others(function: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    changed = sm4_for_others(function, arguments)
    if function == "SKF_SetSymmKey":
        changed[1][0:16] = bytes(16)
    return changed


def test_ciphers_that_nobody_else_computes(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    claiming(monkeypatch, 0x31F, sm4_for_others)
    assert trial(right_driver, "SYMS-013", permissions=())["SKF-SYMS-013"].outcome is Outcome.PASSED


def test_cipher_that_does_not_take_its_key(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    claiming(monkeypatch, 0x103, one_key_for_others)
    result = trial(right_driver, "SYMS-013", permissions=())["SKF-SYMS-013"]
    assert result.outcome is Outcome.FAILED
    assert result.message is not None
    assert "SGD_SM1_ECB is the same under two keys" in result.message.en


@pytest.mark.parametrize(("capabilities", "left"), [(0x103, set()), (0x401, {"001"}), (0x402, {"002"})])
def test_only_what_is_claimed_is_checked(
    capabilities: int, left: set[str], right_driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claiming(monkeypatch, capabilities, lambda _, arguments: arguments)
    results = trial(right_driver, "SYM-001", "SYM-002", "SYM-003", "SYM-004", permissions=())
    for check, result in results.items():
        assert result.outcome is (Outcome.PASSED if check[-3:] in left else Outcome.UNSUPPORTED), check
