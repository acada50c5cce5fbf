"""The settings of an authority, and their JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca.authorities import SETTINGS
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.revocation.rules import ListRules
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, ProfileError
from gmpki.x509.profile import profile_text

OWN = profile_text("personal").replace('name = "personal"', 'name = "staff"')


@pytest.mark.parametrize(
    "settings",
    [
        AuthoritySettings(),
        SETTINGS,
        AuthoritySettings(
            lists=ListRules(delta_period_s=60, at_once=frozenset((ReasonCode.KEY_COMPROMISE,))),
            delta_uris=("http://a.cn/{generation}-delta.crl",),
            profiles=("device",),
            own_profiles=(OWN,),
            is_production=True,
            software_signers=("a",),
        ),
    ],
    ids=["default", "usual", "all"],
)
def test_json(settings: AuthoritySettings) -> None:
    assert AuthoritySettings.from_json(settings.to_json()) == settings


def test_what_is_not_said_is_as_by_default() -> None:
    assert AuthoritySettings.from_json("{}") == AuthoritySettings()
    assert AuthoritySettings.from_json('{"lists": {"period_s": 60}}').lists == ListRules(period_s=60)


def test_profiles() -> None:
    settings = AuthoritySettings(profiles=("device", "organisation"), own_profiles=(OWN,))
    assert sorted(settings.profile_set()) == ["device", "organisation", "staff"]


def test_addresses_of_a_key() -> None:
    addresses = SETTINGS.addresses(7)
    assert addresses.crl_of(3) == ("http://crl.example.cn/7/3.crl",)
    assert addresses.part_of(5) == 2
    assert SETTINGS.delta_addresses(7).crl == ()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"crl_uris": ["http://a.cn/{generation}.crl"]}, InvalidTypeError),
        ({"crl_uris": (7,)}, InvalidTypeError),
        ({"crl_uris": ("http://a.cn/ca.crl",)}, InvalidInputError),
        ({"delta_uris": ("http://a.cn/ca.crl",)}, InvalidInputError),
        ({"crl_uris": ("{generation}",)}, InvalidInputError),
        ({"crl_uris": ("http://a.cn/{generation}.crl",), "crl_parts": 2}, InvalidInputError),
        ({"crl_uris": ("http://a.cn/{generation}/{part}.crl",)}, InvalidInputError),
        ({"crl_parts": 2}, InvalidInputError),
        ({"crl_parts": -1}, InvalidInputError),
        ({"crl_parts": True}, InvalidTypeError),
        ({"ocsp_uris": ("no uri",)}, InvalidInputError),
        ({"lists": {}}, InvalidTypeError),
        ({"profiles": ("unknown",)}, InvalidInputError),
        ({"profiles": ("device", "device")}, ProfileError),
        ({"own_profiles": (profile_text("personal"),)}, ProfileError),
        ({"own_profiles": ("no toml at all",)}, ProfileError),
        ({"publishers": ("Tree",)}, InvalidInputError),
        ({"publishers": ("tree", "tree")}, InvalidInputError),
        ({"is_production": 1}, InvalidTypeError),
        ({"software_signers": "a"}, InvalidTypeError),
        ({"lease_s": 9}, InvalidInputError),
        ({"lease_s": 1.5}, InvalidTypeError),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else value.__name__,
)
def test_refused(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        AuthoritySettings(**changes)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", InvalidInputError),
        ("[]", InvalidTypeError),
        ("7", InvalidTypeError),
        ('{"unknown": 1}', InvalidInputError),
        ('{"lists": []}', InvalidTypeError),
        ('{"lists": {"unknown": 1}}', InvalidInputError),
        ('{"lists": {"at_once": 1}}', InvalidTypeError),
        ('{"lists": {"at_once": [7]}}', InvalidInputError),
        ('{"lists": {"at_once": ["1"]}}', InvalidTypeError),
        ('{"crl_uris": {"a": 1}}', InvalidTypeError),
        ('{"profiles": null}', InvalidTypeError),
        ("[" * 100_000, InvalidInputError),
        (" " * (1 << 20) + "{}", InvalidInputError),
    ],
    ids=range(13),
)
def test_no_settings(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        AuthoritySettings.from_json(text)


def test_only_text() -> None:
    with pytest.raises(InvalidTypeError):
        AuthoritySettings.from_json(b"{}")  # type: ignore[arg-type]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from(sorted(AuthoritySettings.__slots__)), ANYTHING)
def test_whatever_stands_there(name: str, value: Any) -> None:
    """Any value in any place is taken or refused, and nothing else."""
    try:
        settings = AuthoritySettings.from_json(json.dumps({name: value}))
    except GmpkiError:
        return
    assert AuthoritySettings.from_json(settings.to_json()) == settings
