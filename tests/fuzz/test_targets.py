"""The fuzz targets accept their seeds, bear a short run of mutations, and the planted bug is a bug."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from conftest import outside_data
from fuzz import mutation, seeds, targets
from fuzz.run_fuzz import NAMES, PLANTED

RUNS = 150


def test_every_target_is_run() -> None:
    assert {*NAMES, PLANTED} == set(targets.TARGETS)


@pytest.mark.parametrize("target", [*NAMES, PLANTED])
def test_seeds_are_valid(target: str) -> None:
    given = seeds.seeds_of(target, Path("absent"))
    assert given
    for data in given:
        targets.TARGETS[target](data)


@pytest.mark.parametrize("target", NAMES)
def test_mutations(target: str) -> None:
    """What the fuzzer does for minutes, for a moment and always the same way."""
    given = seeds.seeds_of(target, outside_data())
    rng = random.Random(target)
    for _ in range(RUNS):
        data = mutation.mutate(rng.choice(given), rng.choice(given), rng, targets.MAX_LEN)
        if data is not None:
            targets.one_input(target, data)


def test_mutations_change_the_tree_and_keep_it() -> None:
    data = seeds.seeds_of("certificate", Path("absent"))[2]
    made = [mutation.mutate(data, data, random.Random(number), targets.MAX_LEN) for number in range(200)]
    assert len({each for each in made if each is not None and each != data}) > 100
    assert sum(each is not None and mutation.parse(each) is not None for each in made) > 100


def test_planted_bug() -> None:
    data = seeds.seeds_of(PLANTED, Path("absent"))[0]
    assert data.count(bytes.fromhex("30060101FF020101")) == 1  # basicConstraints of the root: an authority, length 1
    with pytest.raises(KeyError, match="planted"):
        targets.one_input(PLANTED, data.replace(bytes.fromhex("30060101FF020101"), bytes.fromhex("30060101FF02017F")))


def test_what_is_slow_or_broken_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "MAX_S", -1.0)
    with pytest.raises(targets.TooSlow):
        targets.one_input("ber", b"\x05\x00")
