"""The table of what stands in signature dictionaries."""

from __future__ import annotations

import pytest

from gmpki.errors import InvalidTypeError
from gmpki.seal.pdf.profiles import PROFILES, PDFProfile, find_profile, piece_name


def test_table_has_every_profile_once() -> None:
    assert set(PROFILES) == set(PDFProfile)
    assert len({row.sub_filter for row in PROFILES.values()}) == len(PROFILES)


@pytest.mark.parametrize("profile", list(PDFProfile))
def test_profiles_are_found_by_their_sub_filter(profile: PDFProfile) -> None:
    assert find_profile(profile.row.sub_filter) is profile
    assert find_profile("/" + profile.row.sub_filter) is profile


@pytest.mark.parametrize("name", ["", "/", "//GM.sm2seal", "gm.sm2seal", "adbe.pkcs7.sha1"])
def test_other_names(name: str) -> None:
    assert find_profile(name) is None


def test_names_are_text() -> None:
    with pytest.raises(InvalidTypeError):
        find_profile(b"GM.sm2seal")  # type: ignore[arg-type]


def test_names_of_pieces() -> None:
    assert piece_name("Seal1", 3) == "Seal1#3"
