"""Mock drivers for the tests of the SKF client."""

from __future__ import annotations

import pytest

from gmpki.tokens.skf.layouts import Layout
from tokens.skf import mock_drivers


@pytest.fixture(scope="session")
def mock(tmp_path_factory: pytest.TempPathFactory) -> mock_drivers.Build:
    """A function that builds a mock driver: mock(layout, "DRAFT", ...) returns its path."""
    cc = mock_drivers.compiler()
    if cc is None:
        pytest.skip("peer program: a C compiler")
    folder = tmp_path_factory.mktemp("mock-drivers")

    def build(layout: Layout | None = None, *habits: str) -> str:
        return mock_drivers.build(folder, layout or Layout(), habits, cc)

    return build
