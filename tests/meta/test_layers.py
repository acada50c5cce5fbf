"""The table of layers holds: imports go down only, and the native module has one importer."""

from __future__ import annotations

from pathlib import Path

import pytest

import figures
from meta import sources

pytestmark = pytest.mark.once

TABLE = figures.tomllib.loads((Path(__file__).parent / "layers.toml").read_text(encoding="utf-8"))
LAYERS: dict[str, float] = TABLE["layers"]

# The package's own face: it forwards lazily to any part.
FACE = ("", "__init__", "__main__")


def files() -> list[Path]:
    return [path for path in sources.package_files() if sources.part(sources.module_name(path)) not in FACE]


def name_of(path: Path) -> str:
    return sources.module_name(path)


def test_every_part_has_a_layer() -> None:
    assert {sources.part(name_of(path)) for path in files()} <= set(LAYERS)


@pytest.mark.parametrize("path", files(), ids=name_of)
def test_imports_go_down(path: Path) -> None:
    own = sources.part(name_of(path))
    for module, line in sources.imports(path):
        other = sources.part(module) if module.startswith("gmpki.") else ""
        if other in LAYERS and other != own:
            assert LAYERS[other] < LAYERS[own], f"{path.name}:{line}: {own} imports {other}"


@pytest.mark.parametrize("path", files(), ids=name_of)
def test_native_module_has_one_importer(path: Path) -> None:
    if sources.part(name_of(path)) not in TABLE["native"]["importers"]:
        for module, line in sources.imports(path):
            assert not module.startswith("gmpki._native"), f"{path.name}:{line}"


@pytest.mark.parametrize("path", files(), ids=name_of)
def test_forbidden_imports(path: Path) -> None:
    forbidden = TABLE["forbidden"].get(sources.part(name_of(path)), [])
    for module, line in sources.imports(path):
        for name in forbidden:
            assert module != name, f"{path.name}:{line}"
            assert not module.startswith(f"{name}."), f"{path.name}:{line}"
