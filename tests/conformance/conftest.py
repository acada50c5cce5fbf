"""What the tests of the suite share: a software token, and the same with a fault."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance import faulty_token
from gmpki.tokens.soft import SoftSettings, create_soft_device

# Checks drive tokens, in processes of their own: what comes of that does not depend on the interpreter. These files do
# without tokens, and run everywhere.
EVERYWHERE = (
    "pcsc/test_atr.py",
    "pkcs11/test_scene.py",
    "randomness",
    "report",
    "skf/test_cipher_calls.py",
    "skf/test_rsa_numbers.py",
    "skf/test_sm2_blobs.py",
    "skf/test_sm2_mistakes.py",
    "test_blotting.py",
    "test_identity.py",
    "test_journal.py",
    "test_latency.py",
    "test_pin_file.py",
    "test_planning.py",
)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what only the primary interpreter runs; pytest asks only about what is in this folder."""
    folder = Path(__file__).parent
    if not any(folder / name in (item.path, *item.path.parents) for name in EVERYWHERE):
        item.add_marker(pytest.mark.once)


@pytest.fixture
def soft_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the folder of a device of the software token, new, the only one that drivers list."""
    root = tmp_path / "tokens"
    root.mkdir()
    monkeypatch.setenv("GMPKI_SOFTTOKEN_DIR", os.fspath(root))
    monkeypatch.delenv("GMPKI_FAULT", raising=False)
    return create_soft_device(SoftSettings(serial="00a1", pin_iterations=1), root=root).folder


@pytest.fixture(scope="session")
def build_faulty(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Give what builds the faulty driver of an interface, once, and returns its path."""
    built: dict[str, str] = {}

    def build(library: str) -> str:
        if library not in built:
            cc = faulty_token.compiler()
            if cc is None:
                pytest.skip("peer program: a C compiler")
            built[library] = faulty_token.build(library, tmp_path_factory.mktemp("faulty"), cc)
        return built[library]

    return build


@pytest.fixture
def faulty_skf(
    soft_token: str, build_faulty: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], str]:
    """Give what turns a fault on and returns the path of the SKF driver that has it."""

    def turn_on(name: str) -> str:
        path = build_faulty("skf")
        monkeypatch.setenv("GMPKI_FAULT", name)
        return path

    return turn_on
