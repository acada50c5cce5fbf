"""What the tests of pictures share."""

from __future__ import annotations

import pytest

from gmpki.errors import InvalidInputError
from gmpki.seal.picture import find_font


@pytest.fixture(autouse=True)
def _chinese_font() -> None:
    """Leave tests out where no Chinese font is installed; Debian's fonts-noto-cjk brings one."""
    try:
        find_font()
    except InvalidInputError:
        pytest.skip("outside test data: no Chinese font is installed")
