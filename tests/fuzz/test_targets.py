"""The fuzz targets accept their seeds, bear a short run of mutations, and the planted bug is a bug."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from conftest import outside_data
from fuzz import all_seeds, mutation, seeds, targets
from fuzz.promises import Broken
from fuzz.run_fuzz import NAMES, PLANTED
from gmpki.seal.ofd import build_package

pytestmark = pytest.mark.once

RUNS = 150
OTHER_PAPER = build_package({"OFD.xml": b"<x/>", "Doc_0/Pages/Page_0/Content.xml": b"<x/>"})


def test_every_target_is_run() -> None:
    assert {*NAMES, PLANTED} == set(targets.TARGETS)


@pytest.mark.parametrize("target", [*NAMES, PLANTED])
def test_seeds_are_valid(target: str) -> None:
    given = all_seeds.seeds_of(target, Path("absent"))
    assert given
    for data in given:
        targets.TARGETS[target](data)


def bent(data: bytes, rng: random.Random) -> bytes:
    """Change, remove or repeat some bytes of what is no DER."""
    start = rng.randrange(len(data) + 1)
    part = data[start : start + rng.randrange(20)]
    instead = rng.choice((b"", part + part, bytes(byte ^ 1 << rng.randrange(8) for byte in part)))
    return data[:start] + instead + data[start + len(part) :]


@pytest.mark.parametrize("target", NAMES)
def test_mutations(target: str) -> None:
    """What the fuzzer does for minutes, for a moment and always the same way."""
    given = all_seeds.seeds_of(target, outside_data())
    rng = random.Random(target)
    for _ in range(RUNS):
        data = mutation.mutate(rng.choice(given), rng.choice(given), rng, targets.MAX_LEN)
        targets.one_input(target, bent(rng.choice(given), rng) if data is None else data)


@pytest.mark.parametrize(
    ("target", "place", "value"),
    [
        ("signed_message", "fuzz.message_seeds.CONTENT", b"another"),
        ("envelope", "fuzz.message_seeds.CONTENT", b"another"),
        ("stream", "fuzz.message_seeds.CONTENT", b"another"),
        ("key_store", "fuzz.message_targets.LEAF_KEY", seeds.ROOT_KEY),
        ("timestamp", "fuzz.message_targets.AT", None),
        ("evidence", "fuzz.message_seeds.CONTENT", b"another"),
        ("protected", "fuzz.message_seeds.CONTENT", b"another"),
        ("log", "fuzz.message_seeds.log", lambda: b"another"),
        ("manifest", "fuzz.message_seeds.manifests", lambda: [b"another"]),
        ("seal", "fuzz.seal_targets.contents_of_seeds", list),
        ("seal_signature", "fuzz.seal_targets.AT", None),
        ("archive", "fuzz.seal_seeds.paper", lambda: OTHER_PAPER),
        ("package", "fuzz.seal_seeds.paper", lambda: OTHER_PAPER),
        ("pdf", "fuzz.seal_seeds.page", lambda: b"another"),
    ],
)
def test_the_seeds_get_to_the_promises(monkeypatch: pytest.MonkeyPatch, target: str, place: str, value: object) -> None:
    """They verify and open: where something else is promised, that is a finding."""
    given = all_seeds.seeds_of(target, Path("absent"))
    monkeypatch.setattr(place, value)

    def is_broken(data: bytes) -> bool:
        try:
            targets.one_input(target, data)
        except Broken:
            return True
        return False

    assert any(map(is_broken, given))


def test_mutations_change_the_tree_and_keep_it() -> None:
    data = all_seeds.seeds_of("certificate", Path("absent"))[2]
    made = [mutation.mutate(data, data, random.Random(number), targets.MAX_LEN) for number in range(200)]
    assert len({each for each in made if each is not None and each != data}) > 100
    assert sum(each is not None and mutation.parse(each) is not None for each in made) > 100


def test_planted_bug() -> None:
    data = all_seeds.seeds_of(PLANTED, Path("absent"))[0]
    assert data.count(bytes.fromhex("30060101FF020101")) == 1  # basicConstraints of the root: an authority, length 1
    with pytest.raises(KeyError, match="planted"):
        targets.one_input(PLANTED, data.replace(bytes.fromhex("30060101FF020101"), bytes.fromhex("30060101FF02017F")))


def test_what_is_slow_or_broken_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "MAX_S", -1.0)
    with pytest.raises(targets.TooSlow):
        targets.one_input("ber", b"\x05\x00")
