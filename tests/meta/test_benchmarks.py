"""The programs of make bench and make bench-check: what they judge, what they name, what they put into the guide."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from typing import Any

import pytest

from docs.examples import GUIDES, ROOT

pytestmark = pytest.mark.once

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def load() -> Any:
    sys.path.insert(0, str(BENCHMARKS))
    yield importlib.import_module
    sys.path.remove(str(BENCHMARKS))


def run_of(load: Any, *rows: tuple[Any, ...]) -> Any:
    """A run of rows: level, operation, implementation, backend, bytes, least."""
    results = load("bench_results")
    run = results.Run(machine={"unit": "TSC cycles", "ticks_per_second": 1e9, "processor": "P", "compiler": "K"})
    for level, operation, implementation, backend, data_len, least in rows:
        run.measurements.append(
            results.Measurement(level, operation, implementation, backend, data_len, least, least, 1)
        )
    return run


def target(**entries: Any) -> dict[str, Any]:
    return {"name": "T", "level": "c", "operation": "sm2_sign", **entries}


def test_a_target_is_reached_at_its_limit_and_not_above(load: Any) -> None:
    targets = load("bench_targets")
    run = run_of(load, ("c", "sm2_sign", "gmpki", "adx", 0, 22_956.0), ("c", "random_32", "gmpki", "", 0, 956.0))
    assert targets.judge(run, target(at_most=22_000, beside="random_32")).reached
    assert not targets.judge(run, target(at_most=21_999, beside="random_32")).reached
    assert not targets.judge(run, target(at_most=22_000)).reached


def test_a_target_for_a_byte_on_one_backend(load: Any) -> None:
    targets = load("bench_targets")
    rows = [("c", "sm4_ctr", "gmpki", "gfni-avx512", 1000, 600.0), ("c", "sm4_ctr", "gmpki", "aesni", 1000, 3300.0)]
    run = run_of(load, *rows, ("c", "sm4_ctr", "libgcrypt", "", 1000, 1200.0))
    one = targets.judge(run, target(operation="sm4_ctr", at_most=0.6, per_byte=True))
    assert (one.verdict, one.ratio, one.kernel) == ("reached", "2.00 x libgcrypt", "gfni-avx512")
    other = targets.judge(run, target(operation="sm4_ctr", at_most=3.2, per_byte=True, backends=["aesni"]))
    assert (other.verdict, other.figure) == ("NOT REACHED", "3.300 c/B")


def test_rates_calls_and_threads_from_python(load: Any) -> None:
    targets = load("bench_targets")
    run = run_of(
        load,
        ("python", "SM3 64 B", "gmpki", "avx2", 64, 1e-6),
        ("python", "two threads: X", "gmpki", targets.ONE, 0, 2.0),
        ("python", "two threads: X", "gmpki", targets.TWO, 0, 1.25),
    )
    python = {"level": "python", "operation": "SM3 64 B"}
    assert targets.judge(run, target(**python, at_most=1000)).reached
    assert not targets.judge(run, target(**python, at_most=999)).reached
    assert targets.judge(run, target(**python, at_least=1_000_000)).reached
    assert not targets.judge(run, target(**python, at_least=64_000_001, rate="bytes")).reached
    threads = target(level="python", operation="two threads: X")
    assert targets.judge(run, {**threads, "speedup": 1.6}).reached
    assert not targets.judge(run, {**threads, "speedup": 1.61}).reached


def test_what_was_not_measured_is_not_reached(load: Any) -> None:
    targets = load("bench_targets")
    found = targets.outcomes(run_of(load))
    assert {one.verdict for one in found} == {"not measured"}
    assert not any(one.reached for one in found)


def test_the_least_of_several_passes_counts(load: Any) -> None:
    first = run_of(load, ("c", "a", "gmpki", "x", 0, 5.0), ("c", "a", "gmpki", "y", 0, 7.0))
    first.merge(run_of(load, ("c", "a", "gmpki", "x", 0, 6.0), ("c", "a", "gmpki", "y", 0, 6.0)))
    assert [(one.backend, one.min, one.samples) for one in first.measurements] == [("x", 5.0, 2), ("y", 6.0, 2)]


def check(load: Any, monkeypatch: pytest.MonkeyPatch, runs: list[Any], counts: dict[str, int], base: Any) -> int:
    """Run bench-check with these runs, one after the other, in place of measurements."""
    program = load("run_bench_check")
    coming = iter(runs)
    monkeypatch.setattr(program.native_bench, "built", lambda **_: None)
    monkeypatch.setattr(program.native_bench, "measure", lambda *_, **__: next(coming))
    monkeypatch.setattr(program.native_bench, "measure_often", lambda *_, **__: next(coming))
    monkeypatch.setattr(program.native_bench, "counts", lambda *_: counts)
    monkeypatch.setattr(program, "BASELINE", base)
    monkeypatch.setattr(sys, "argv", ["run_bench_check.py"])
    return int(program.main())


@pytest.fixture
def base(tmp_path: Any) -> Any:
    path = tmp_path / "baseline.json"
    stored = {"against": "sm2_sign openssl", "ratio": 0.5}
    entry = {
        "machine": {"processor": "P", "compiler": "K"},
        "ratios": {"sm2_sign adx": stored},
        "instructions": {"sm2_sign portable": 1000},
    }
    path.write_text(json.dumps(entry), encoding="utf-8")
    return path


def signing(load: Any, ours: float) -> Any:
    return run_of(load, ("c", "sm2_sign", "gmpki", "adx", 0, ours), ("c", "sm2_sign", "openssl", "", 0, 100.0))


def test_what_stays_slower_is_named(
    load: Any, monkeypatch: pytest.MonkeyPatch, base: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [signing(load, 56.0) for _ in range(4)]
    assert check(load, monkeypatch, runs, {"sm2_sign portable": 1100}, base) == 1
    said = capsys.readouterr().out
    assert "sm2_sign adx: 1.12 times as slow as the baseline, beside sm2_sign openssl" in said
    assert "1 of 1 ratios and 1 of 1 instruction counts compared, 1 more than 10% worse, 1 of them" in said


def test_what_was_slower_once_is_not(load: Any, monkeypatch: pytest.MonkeyPatch, base: Any) -> None:
    runs = [signing(load, 90.0), signing(load, 80.0), signing(load, 55.0)]
    assert check(load, monkeypatch, runs, {"sm2_sign portable": 1100}, base) == 0


def test_more_instructions_are_named(
    load: Any, monkeypatch: pytest.MonkeyPatch, base: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(load, monkeypatch, [signing(load, 50.0)], {"sm2_sign portable": 1101}, base) == 1
    assert "sm2_sign portable: 1,101 instructions, 1,000 in the baseline" in capsys.readouterr().out


def test_what_is_gone_is_named(
    load: Any, monkeypatch: pytest.MonkeyPatch, base: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = run_of(load, ("c", "sm2_verify", "gmpki", "adx", 0, 50.0), ("c", "sm2_sign", "openssl", "", 0, 100.0))
    assert check(load, monkeypatch, [gone], {}, base) == 1
    assert "sm2_sign: in the baseline, and not measured any more" in capsys.readouterr().out


def test_another_machine_does_not_fail(
    load: Any, monkeypatch: pytest.MonkeyPatch, base: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [signing(load, 90.0) for _ in range(4)]
    for run in runs:
        run.machine |= {"processor": "another", "compiler": "another"}
    assert check(load, monkeypatch, runs, {"sm2_sign portable": 2000}, base) == 0
    said = capsys.readouterr().out
    assert said.count("only said:") == 2
    assert "2 more than 10% worse, 0 of them regressions" in said


def test_the_baseline_has_both_kinds_of_figures() -> None:
    stored = json.loads((BENCHMARKS / "baseline.json").read_text(encoding="utf-8"))
    assert set(stored["machine"]) == {"processor", "compiler"}
    assert len(stored["ratios"]) >= 100
    assert len(stored["instructions"]) >= 100
    assert {"portable", "adx"} <= {name.split(" ")[1] for name in stored["instructions"]}


def test_titles_tell_operations_apart(load: Any) -> None:
    title = load("bench_results").title
    names = {"sm2_sign_batch_8", "sm2_sign", "sm3_64", "sm3_batch_16x64", "sm3_hmac_64", "sm4_ctr_8192", "sm4_key"}
    names |= {"sm4_cbc_encrypt_8192", "sm4_cbc_decrypt_8192", "sm4_cbc_batch_16x8192", "sm3_pbkdf2_100_batch_16"}
    assert len({title(name) for name in names}) == len(names)
    assert title("sm4_cbc_decrypt_8192") == "SM4-CBC decrypt 8192 B"
    assert title("sm2_keygen_unchecked_batch_8") == "SM2 key generation, batch of 8"


@pytest.mark.parametrize("language", GUIDES)
def test_the_guide_names_every_target(load: Any, language: str) -> None:
    page = (GUIDES[language] / "performance.md").read_text(encoding="utf-8")
    found = load("bench_targets").outcomes(run_of(load))
    names = [one.name if language == "en" else one.name_zh for one in found]
    assert [name for name in names if f"| {name} |" not in page] == []


def test_tables_are_put_between_their_marks(load: Any) -> None:
    docs = load("bench_docs")
    page = "before\n<!-- x: python benchmarks/bench_docs.py -->\nold\n<!-- end of x -->\nafter"
    assert docs.put(page, "x", "new\\1") == page.replace("old", "new\\1")
    with pytest.raises(SystemExit):
        docs.put(page, "y", "new")


def test_the_readme_shows_rates_in_both_languages(load: Any) -> None:
    rows = [("c", "sm2_sign", "gmpki", "adx", 0, 20_000.0), ("c", "sm4_ctr_8192", "gmpki", "aesni", 8192, 16_384.0)]
    run = run_of(load, *rows, ("c", "sm2_sign", "openssl", "", 0, 800_000.0))
    table = load("bench_docs").speed(run)
    assert "| SM2 签名 SM2 sign | 50,000 /s | 20,000 cycles | 40.00 x openssl | `adx` |" in table
    assert "| SM4-CTR 8192 B | 500 MB/s | 2.000 c/B |  | `aesni` |" in table


def test_the_plot_has_a_bar_for_each_implementation(load: Any) -> None:
    rows = [("c", "sm2_sign", "gmpki", name, 0, least) for name, least in (("adx", 20_000.0), ("portable", 50_000.0))]
    run = run_of(load, *rows, ("c", "sm2_sign", "openssl", "", 0, 800_000.0))
    plot = load("bench_plot")
    drawn = plot.svg(run)
    assert all(f">{words}<" in drawn for words in ("SM2 sign", "20,000 adx", "50,000", "800,000"))
    run.measurements = [replace(one, implementation="a & b") for one in run.measurements if not one.is_ours] + [
        one for one in run.measurements if one.is_ours
    ]
    assert "a &amp; b" in plot.svg(run)
