"""Print what test_limits.py measured beside the limits: figure, limit and margin of each row on each path.

Run: ``python benchmarks/limits_report.py build/limits.json``. An algorithm that a path does not have makes its verdict
"incomplete", never "passed"; one that is mandatory in a table, and any limit not kept, makes the target fall short.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "native" / "tools")]

from figures import Figures  # noqa: E402
from gmpki.tokens.limits import (  # noqa: E402
    Judgement,
    LimitProfile,
    Measurement,
    Verdict,
    judge,
    limit_profile,
    limit_profile_names,
)

PATHS = ("software key", "SKF", "PKCS#11")


def read(path: Path) -> dict[str, list[Measurement]]:
    """Return the measurements of each path."""
    found: dict[str, list[Measurement]] = defaultdict(list)
    for entry in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]:
        info, stats = entry["extra_info"], entry["stats"]
        measured = Measurement(
            info["algorithm"], info["operation"], stats["rounds"], stats["mean"], stats["max"], info["data_len"]
        )
        found[info["path"]].append(measured)
    return found


def print_table(profile: LimitProfile, judged: dict[str, Judgement]) -> None:
    """Print a table of limits, and beside each limit the figure and the margin on each path."""
    limit = profile.limits[0]
    print(f"\n{profile.name}: {profile.title} (source: {limit.source}; confidence {limit.confidence})")
    print(f"  {'':18} {'limit':16}" + "".join(f"{name:>28}" for name in judged))
    for limit in profile.limits:
        cells = [one.row(limit.algorithm, limit.operation) for one in judged.values()]
        texts = [f"{cell.shown_figure:>18} {cell.shown_margin:>9}" for cell in cells]
        missed = "  NOT KEPT" if any(cell.verdict is Verdict.FAILED for cell in cells) else ""
        print(f"  {limit.algorithm + ' ' + limit.operation:18} {limit.shown:16}{''.join(texts)}{missed}".rstrip())
    print(f"  {'verdict':18} {'':16}" + "".join(f"{one.verdict.value:>28}" for one in judged.values()))


def hold(figures: Figures, path: str, judgement: Judgement) -> int:
    """Note what is wrong on a path; return how many rows of mandatory algorithms keep their limits."""
    where = f"{judgement.profile.name}, {path}"
    for row in judgement.failed:
        limit = row.limit
        figures.short(f"{where}: {limit.algorithm} {limit.operation}: {row.shown_figure}, limit {limit.shown}")
    for name in judgement.absent_mandatory:
        figures.short(f"{where}: {name} was not measured")
    mandatory = judgement.profile.mandatory
    return sum(row.limit.algorithm in mandatory and row.verdict is Verdict.PASSED for row in judgement.rows)


def main() -> int:
    figures = Figures("bench-limits")
    measured = read(Path(sys.argv[1]))
    kept = demanded = 0
    verdicts: list[str] = []
    margins: list[float] = []
    for name in limit_profile_names():
        profile = limit_profile(name)
        judged = {path: judge(profile, measured.get(path, [])) for path in PATHS}
        print_table(profile, judged)
        for path, judgement in judged.items():
            kept += hold(figures, path, judgement)
            demanded += sum(limit.algorithm in profile.mandatory for limit in profile.limits)
            margins += [row.margin for row in judgement.rows if row.margin is not None]
        absent = sorted({one for judgement in judged.values() for one in judgement.absent})
        worst = {judgement.verdict for judgement in judged.values()}
        verdict = next(one for one in (Verdict.FAILED, Verdict.INCOMPLETE, Verdict.PASSED) if one in worst)
        verdicts.append(f"{name} {verdict.value}" + (f" (absent: {', '.join(absent)})" if absent else ""))
    print()
    figures.count("rows", kept)
    least = f"least margin {min(margins):.1f} x" if margins else "nothing measured"
    rows = f"{kept} of {demanded} mandatory rows on {len(PATHS)} paths within their limits"
    return figures.finish(f"{rows}, {least}; {', '.join(verdicts)}")


if __name__ == "__main__":
    raise SystemExit(main())
