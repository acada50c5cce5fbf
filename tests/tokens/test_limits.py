"""Limits of latency: the tables that come with gmpki, files of others, and what measurements make of them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from gmpki.errors import InvalidInputError, InvalidTypeError, ProfileError
from gmpki.tokens.limits import (
    Limit,
    LimitProfile,
    Measurement,
    Rule,
    Verdict,
    judge,
    limit_profile,
    limit_profile_names,
    read_limits,
)

ROOT = Path(__file__).resolve().parent.parent.parent

SMALL = """
format = 1
[mine]
title = "Mine"
source = "a buyer"
confidence = "C"
mandatory = ["sm2"]
[mine.sm2]
generate = { mean_below_ms = 800 }
sign = { each_below_ms = 30, source = "his annex", confidence = "B" }
[mine.sm4]
encrypt = { at_least_kbps = 330 }
decrypt = { above_kbps = 330 }
"""


def small() -> LimitProfile:
    return read_limits(SMALL)["mine"]


def measured(**changes: Measurement) -> list[Measurement]:
    """Return measurements that keep every limit, some of them changed."""
    good = {
        "generate": Measurement.of_times("sm2", "generate", [0.5, 0.6]),
        "sign": Measurement.of_times("sm2", "sign", [0.01, 0.02]),
        "encrypt": Measurement.of_times("sm4", "encrypt", [0.1], data_len=16384),
        "decrypt": Measurement.of_times("sm4", "decrypt", [0.1], data_len=16384),
    }
    return list({**good, **changes}.values())


# ---- the tables that come with gmpki --------------------------------------------------------
def test_the_tender() -> None:
    tender = limit_profile("tender")
    shown = {(limit.algorithm, limit.operation): limit.shown for limit in tender.limits}
    assert shown == {
        ("rsa-1024", "generate"): "mean < 2500 ms",
        ("rsa-1024", "sign"): "each < 25 ms",
        ("rsa-1024", "verify"): "each < 7 ms",
        ("rsa-2048", "generate"): "mean < 6500 ms",
        ("rsa-2048", "sign"): "each < 70 ms",
        ("rsa-2048", "verify"): "each < 10 ms",
        ("sm2", "generate"): "mean < 800 ms",
        ("sm2", "sign"): "each < 30 ms",
        ("sm2", "verify"): "each < 70 ms",
        ("ssf33", "encrypt"): ">= 300 kbps",
        ("ssf33", "decrypt"): ">= 300 kbps",
        ("sm1", "encrypt"): ">= 550 kbps",
        ("sm1", "decrypt"): ">= 550 kbps",
        ("sm4", "encrypt"): ">= 330 kbps",
        ("sm4", "decrypt"): ">= 330 kbps",
    }
    assert tender.mandatory == ("rsa-1024", "rsa-2048", "sm2", "sm4")


def test_annex_a() -> None:
    table = limit_profile("gmt0027")
    assert {limit.confidence for limit in table.limits} == {"A"}
    assert {limit.source for limit in table.limits} == {"GM/T 0027-2014 annex A"}
    shown = {(limit.algorithm, limit.operation): limit.shown for limit in table.limits}
    assert shown["sm2", "generate"] == "mean < 5000 ms"
    assert shown["rsa-2048", "sign"] == "each < 500 ms"
    assert shown["sm4", "decrypt"] == "> 5 kbps"


def test_every_table_has_its_source() -> None:
    assert limit_profile_names() == ("tender", "gmt0027")
    for name in limit_profile_names():
        assert all(limit.source and limit.confidence in "ABCD" for limit in limit_profile(name).limits)


def test_the_benchmarks_read_the_same_file() -> None:
    link = ROOT / "benchmarks" / "limits.toml"
    assert link.is_symlink()
    assert link.resolve() == ROOT / "src" / "gmpki" / "data" / "limits.toml"


def test_a_row_has_the_source_of_its_table_unless_it_has_its_own() -> None:
    sources = {limit.operation: (limit.source, limit.confidence) for limit in small().limits}
    assert sources["generate"] == ("a buyer", "C")
    assert sources["sign"] == ("his annex", "B")


# ---- verdicts -------------------------------------------------------------------------------
def test_everything_kept() -> None:
    judgement = judge(small(), measured())
    assert judgement.verdict is Verdict.PASSED
    assert (judgement.absent, judgement.failed) == ((), ())


@pytest.mark.parametrize("name", ["generate", "sign", "encrypt", "decrypt"])
def test_what_was_not_measured_is_never_passed(name: str) -> None:
    algorithm = "sm4" if name.endswith("crypt") else "sm2"
    judgement = judge(small(), [one for one in measured() if one.operation != name])
    assert judgement.verdict is Verdict.INCOMPLETE
    assert judgement.absent == (f"{algorithm} {name}",)
    assert judgement.absent_mandatory == (("sm2 " + name,) if algorithm == "sm2" else ())
    row = judgement.row(algorithm, name)
    assert (row.verdict, row.figure, row.margin) == (Verdict.INCOMPLETE, None, None)
    assert (row.shown_figure, row.shown_margin) == ("absent", "")


def test_an_algorithm_that_is_not_there() -> None:
    judgement = judge(small(), [one for one in measured() if one.algorithm != "sm4"])
    assert judgement.verdict is Verdict.INCOMPLETE
    assert (judgement.absent, judgement.absent_mandatory) == (("sm4",), ())
    assert judge(small(), []).absent_mandatory == ("sm2",)


def test_a_limit_that_is_not_kept_counts_more_than_what_is_not_there() -> None:
    judgement = judge(small(), [Measurement.of_times("sm2", "sign", [0.01, 0.031])])
    assert judgement.verdict is Verdict.FAILED
    assert [row.limit.operation for row in judgement.failed] == ["sign"]


def test_one_slow_signature_is_enough() -> None:
    slow = Measurement.of_times("sm2", "sign", [0.001] * 999 + [0.030])
    assert slow.mean_s < 0.0011
    assert judge(small(), measured(sign=slow)).row("sm2", "sign").verdict is Verdict.FAILED


def test_of_key_pairs_the_mean_counts() -> None:
    kept = Measurement.of_times("sm2", "generate", [0.1, 0.1, 2.0])
    assert judge(small(), measured(generate=kept)).verdict is Verdict.PASSED
    missed = Measurement.of_times("sm2", "generate", [0.8, 0.8])
    assert judge(small(), measured(generate=missed)).verdict is Verdict.FAILED


def test_bounds_of_rates() -> None:
    at_bound = {"times_s": [0.1], "data_len": 4125}  # 33,000 bits in a tenth of a second
    encrypt = Measurement.of_times("sm4", "encrypt", **at_bound)
    decrypt = Measurement.of_times("sm4", "decrypt", **at_bound)
    judgement = judge(small(), measured(encrypt=encrypt, decrypt=decrypt))
    assert encrypt.rate_kbps == pytest.approx(330)
    assert judgement.row("sm4", "encrypt").verdict is Verdict.PASSED
    assert judgement.row("sm4", "decrypt").verdict is Verdict.FAILED


def test_margins() -> None:
    judgement = judge(small(), measured())
    assert judgement.row("sm2", "sign").margin == pytest.approx(1.5)
    assert judgement.row("sm4", "encrypt").margin == pytest.approx(1310.72 / 330)
    assert judgement.row("sm2", "sign").shown_figure == "20.000 ms"
    assert judgement.row("sm4", "encrypt").shown_figure == "1,311 kbps"


def test_measurements_without_a_row_are_passed_over() -> None:
    extra = Measurement.of_times("rsa-1024", "sign", [9.0])
    assert judge(small(), [*measured(), extra]).verdict is Verdict.PASSED


def test_nothing_is_measured_twice() -> None:
    with pytest.raises(InvalidInputError, match="twice"):
        judge(small(), [*measured(), Measurement.of_times("sm2", "sign", [0.001])])


def test_a_rate_needs_a_length() -> None:
    with pytest.raises(InvalidInputError, match="length"):
        judge(small(), measured(encrypt=Measurement.of_times("sm4", "encrypt", [0.1])))


def test_no_such_row() -> None:
    with pytest.raises(InvalidInputError):
        judge(small(), []).row("sm1", "encrypt")


@pytest.mark.parametrize("wrong", [None, 1, "tender", [1], [None], b"12"])
def test_wrong_types_to_judge(wrong: object) -> None:
    with pytest.raises(InvalidTypeError):
        judge(small(), wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        judge(wrong, [])  # type: ignore[arg-type]


# ---- values that are not possible -----------------------------------------------------------
@pytest.mark.parametrize("time_s", [0.0, -1.0, math.nan, math.inf, 10**400, 2e6])
def test_times(time_s: float) -> None:
    with pytest.raises(InvalidInputError):
        Measurement.of_times("sm2", "sign", [0.01, time_s])
    with pytest.raises(InvalidInputError):
        Measurement("sm2", "sign", 1, 0.01, time_s)


@pytest.mark.parametrize("time_s", [None, "1", True, b"1"])
def test_times_of_wrong_types(time_s: object) -> None:
    with pytest.raises(InvalidTypeError):
        Measurement.of_times("sm2", "sign", [time_s])  # type: ignore[list-item]


def test_no_times() -> None:
    with pytest.raises(InvalidInputError):
        Measurement.of_times("sm2", "sign", [])
    with pytest.raises(InvalidTypeError):
        Measurement.of_times("sm2", "sign", None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        ("sm9", "sign", 1, 0.1, 0.1),
        ("sm2", "hash", 1, 0.1, 0.1),
        ("sm2", "sign", 0, 0.1, 0.1),
        ("sm2", "sign", 1, 0.2, 0.1),
        ("sm2", "sign", 1, 0.1, 0.1, -1),
    ],
)
def test_measurements_that_cannot_be(fields: tuple[object, ...]) -> None:
    with pytest.raises(InvalidInputError):
        Measurement(*fields)  # type: ignore[arg-type]


def test_tiny_and_huge_figures_are_shown() -> None:
    for time_s in (5e-324, 1e6):
        one = Measurement.of_times("sm4", "encrypt", [time_s], data_len=1 << 40)
        row = judge(small(), [one]).row("sm4", "encrypt")
        assert row.shown_figure
        assert row.shown_margin


@pytest.mark.parametrize(
    "fields",
    [
        ("sm9", "sign", Rule.EACH_BELOW, 1, "s", "A"),
        ("sm2", "hash", Rule.EACH_BELOW, 1, "s", "A"),
        ("sm2", "sign", Rule.EACH_BELOW, 0, "s", "A"),
        ("sm2", "sign", Rule.EACH_BELOW, 1, "", "A"),
        ("sm2", "sign", Rule.EACH_BELOW, 1, "a\nb", "A"),
        ("sm2", "sign", Rule.EACH_BELOW, 1, "s", "E"),
    ],
)
def test_limits_that_cannot_be(fields: tuple[object, ...]) -> None:
    with pytest.raises(InvalidInputError):
        Limit(*fields)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        Limit("sm2", "sign", "each_below_ms", 1, "s", "A")  # type: ignore[arg-type]


def test_tables_that_cannot_be() -> None:
    limit = small().limits[0]
    for fields in (
        ("x", "t", "t", (), ()),
        ("x", "t", "t", (), (limit, limit)),
        ("x", "t", "t", ("sm4",), (limit,)),
        ("X y", "t", "t", (), (limit,)),
        ("x", "", "t", (), (limit,)),
        ("x", "t", "t", (), (limit,), ("a\tb",)),
    ):
        with pytest.raises(InvalidInputError):
            LimitProfile(*fields)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        LimitProfile("x", "t", "t", [], (limit,))  # type: ignore[arg-type]


# ---- files ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("format = 1", "format = 2"),
        ("format = 1", ""),
        ("[mine]", "[mine"),
        ('source = "a buyer"', ""),
        ('source = "a buyer"', 'source = ""'),
        ('confidence = "C"', 'confidence = "sure"'),
        ('mandatory = ["sm2"]', 'mandatory = ["sm1"]'),
        ('mandatory = ["sm2"]', 'mandatory = "sm2"'),
        ('mandatory = ["sm2"]', 'mandatory = ["sm2", "sm2"]'),
        ('title = "Mine"', 'title = "Mine"\ncolour = "red"'),
        ("[mine.sm4]", "[mine.sm9]"),
        ("generate =", "make ="),
        ("mean_below_ms = 800", "mean_below_ms = 0"),
        ("mean_below_ms = 800", "mean_below_ms = 0.8"),
        ("mean_below_ms = 800", 'mean_below_ms = "800"'),
        ("mean_below_ms = 800", "mean_below_ms = 1000000001"),
        ("mean_below_ms = 800", "mean_below_s = 1"),
        ("mean_below_ms = 800", "mean_below_ms = 800, each_below_ms = 900"),
        ("mean_below_ms = 800", ""),
        ("{ mean_below_ms = 800 }", "800"),
        ("[mine.sm2]", "[mine]\n[mine.sm2]"),
        ("[mine", "[Mine"),
    ],
)
def test_files_that_are_refused(old: str, new: str) -> None:
    changed = SMALL.replace(old, new) if old == "[mine" else SMALL.replace(old, new, 1)
    assert changed != SMALL
    with pytest.raises(ProfileError):
        read_limits(changed)


@pytest.mark.parametrize("text", ["format = 1", "format = 1\nmine = 3", "x" * 65537, "[" * 5000, "format = 1\n[a]\n"])
def test_files_without_a_table(text: str) -> None:
    with pytest.raises(ProfileError):
        read_limits(text)


def test_the_line_is_named() -> None:
    with pytest.raises(ProfileError, match="line 9"):
        read_limits(SMALL.replace("800", "-800"))


@pytest.mark.parametrize("wrong", [None, 1, b"format = 1"])
def test_what_is_no_text(wrong: object) -> None:
    with pytest.raises(InvalidTypeError):
        read_limits(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        limit_profile(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "Tender", "gmt0028", "../tender", "format"])
def test_no_such_table(name: str) -> None:
    with pytest.raises(InvalidInputError):
        limit_profile(name)
