"""Put a run into the guide and the README: their tables between marks, and the plot.

Run after ``make bench``: ``python benchmarks/bench_docs.py``, or with the path of another JSON of it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from bench_plot import FROM_PYTHON, PANELS, svg
from bench_results import PYTHON, SCALE, C, Run, shown, title
from bench_targets import Outcome, outcomes

ROOT = Path(__file__).resolve().parent.parent
PLOT = ROOT / "docs" / "images" / "performance.svg"
README = ROOT / "README.md"

# What the README shows.
SPEED = (
    "sm2_keygen_unchecked",
    "sm2_sign",
    "sm2_verify",
    "sm2_verify_table",
    "sm2_sign_batch_8",
    "sm2_verify_batch_8",
    "sm3_8192",
    "sm3_batch_16x8192",
    "sm4_ctr_8192",
    "sm4_gcm_8192",
)

WORDS = {
    "en": {
        "head": "| target | limit | here | | beside the best peer | kernel | others, measured elsewhere |",
        "figures": "| operation | ours | best peer | ratio | kernel | portable |",
        "reached": "reached",
        "NOT REACHED": "**not reached**",
        "not measured": "not measured",
        "machine": "Measured on {date} on {processor} ({system}, {cores} cores, {compiler}); {ticks} million TSC "
        "cycles a second, the core did {core} cycles in each. Peers: {peers}.",
        "scale": "For scale, the same run: {scale}.",
        "count": "{reached} of {all} targets reached.",
    },
    "zh": {
        "head": "| 目标 | 上限或下限 | 本机 | | 与同次最快的其他库相比 | 内核 | 其他实现（在别处测得） |",
        "figures": "| 操作 | 本库 | 最快的其他库 | 倍数 | 内核 | 可移植实现 |",
        "reached": "达到",
        "NOT REACHED": "**未达到**",
        "not measured": "未测",
        "machine": "{date} 测于 {processor}（{system}，{cores} 核，{compiler}）；TSC 每秒 {ticks} 百万周期，"
        "其间内核每 TSC 周期运行 {core} 个时钟周期。其他库：{peers}。",
        "scale": "同次测得，供参照：{scale}。",
        "count": "{all} 项目标达到 {reached} 项。",
    },
}

# English words of names and figures, the longer ones first.
CHINESE = {
    "key generation with its pairwise check": "密钥生成（含成对检验）",
    "verify, table of the key kept": "验签（已备公钥表）",
    ", not in constant time": "（非恒定时间）",
    " in constant time": "（恒定时间）",
    "key generation": "密钥生成",
    "generate": "密钥生成",
    "keygen": "密钥生成",
    "sign": "签名",
    "verify": "验签",
    "encrypt": "加密",
    "decrypt": "解密",
    "cycles": "周期",
    " at 8 KiB": "（8 KiB）",
    "hashlib gains": "hashlib 为",
}


def said(text: str, language: str) -> str:
    """Return a name or a figure in the language of the page."""
    if language == "zh":
        text = re.sub(r", batch of (\d+)", r"，每批 \1 个", text)
        for english, chinese in CHINESE.items():
            text = text.replace(english, chinese)
    return text


def machine(run: Run, words: dict[str, str]) -> str:
    return words["machine"].format(
        **{name: run.machine.get(name, "?") for name in ("date", "processor", "system", "cores", "compiler")},
        ticks=f"{run.ticks_per_second / 1e6:,.0f}",
        core=run.machine.get("core_cycles_per_tick", "?"),
        peers=", ".join(f"{name} {version}" for name, version in run.versions.items() if name != "gmpki"),
    )


def target_row(one: Outcome, language: str) -> str:
    words = WORDS[language]
    name = one.name if language == "en" else one.name_zh
    figure = words["not measured"] if one.figure == "not measured" else one.figure
    kernel = f"`{one.kernel}`" if one.kernel else ""
    beside, elsewhere = said(one.ratio, language), said(one.elsewhere, language)
    cells = [name, one.limit, figure, words[one.verdict], beside, kernel, elsewhere]
    return "| " + " | ".join(cells) + " |"


def targets(run: Run, language: str) -> str:
    found, words = outcomes(run), WORDS[language]
    reached = words["count"].format(reached=sum(one.reached for one in found), all=len(found))
    return "\n".join(
        [machine(run, words), reached, "", words["head"], "|---|--:|--:|---|---|---|---|"]
        + [target_row(one, language) for one in found]
    )


def figure_row(run: Run, level: str, operation: str) -> str | None:
    ours, peer = run.best_ours(level, operation), run.best_peer(level, operation)
    if ours is None:
        return None
    portable = run.best_ours(level, operation, ["portable"])
    cells = [title(operation) if level == C else f"Python: {operation}", shown(run, ours)]
    cells += [f"{shown(run, peer)} {peer.implementation}", f"{peer.min / ours.min:.2f}"] if peer else ["", ""]
    cells += [f"`{ours.backend}`" if ours.backend else "", shown(run, portable) if portable else ""]
    return "| " + " | ".join(cells) + " |"


def figures(run: Run, language: str) -> str:
    words = WORDS[language]
    wanted = [(panel.level, operation) for panel in PANELS if panel.level == C for operation in panel.operations]
    wanted += [(PYTHON, operation) for operation in FROM_PYTHON]
    rows = [said(row, language) for level, operation in wanted if (row := figure_row(run, level, operation))]
    scale = [one for operation in run.operations(C) if operation.startswith(SCALE) for one in run.of(C, operation)]
    shown_scale = [one for one in scale if not one.data_len or one.data_len == 8192]
    listed = ", ".join(f"{title(one.operation)} {shown(run, one)}" for one in shown_scale)
    lines = [words["figures"], "|---|--:|--:|--:|---|--:|", *rows]
    return "\n".join([*lines, "", words["scale"].format(scale=said(listed, language))])


def speed_row(run: Run, operation: str) -> str | None:
    """Return a line of the README: rates on one core, in both languages."""
    ours, peer = run.best_ours(C, operation), run.best_peer(C, operation)
    if ours is None:
        return None
    name, per_second = title(operation), run.ticks_per_second / ours.min
    chinese = said(name, "zh")
    rate = f"{ours.data_len * per_second / 1e6:,.0f} MB/s" if ours.data_len else f"{per_second:,.0f} /s"
    beside = f"{peer.min / ours.min:.2f} x {peer.implementation}" if peer else ""
    cells = [name if chinese == name else f"{chinese} {name}", rate, shown(run, ours), beside, f"`{ours.backend}`"]
    return "| " + " | ".join(cells) + " |"


def speed(run: Run) -> str:
    date, processor = (run.machine.get(name, "?") for name in ("date", "processor"))
    return "\n".join(
        [
            f"{date}，{processor}，一个核，C 接口。 {date}, {processor}, one core, from C.",
            "",
            "| | 速率 rate | TSC 周期 cycles | 同次最快的其他库 best other in the same run | 内核 kernel |",
            "|---|--:|--:|---|---|",
            *(row for operation in SPEED if (row := speed_row(run, operation))),
        ]
    )


def put(page: str, mark: str, text: str) -> str:
    """Replace what stands between a mark and its end."""
    begin, end = f"<!-- {mark}: python benchmarks/bench_docs.py -->", f"<!-- end of {mark} -->"
    found, count = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n{text}\n{end}", page, flags=re.DOTALL
    )
    if count != 1:
        raise SystemExit(f"the page has {count} places for {mark}, one is needed")
    return found


def main() -> int:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "bench" / "bench.json"
    run = Run.load(path)
    for language in WORDS:
        page = ROOT / "docs" / language / "performance.md"
        text = page.read_text(encoding="utf-8")
        text = put(put(text, "targets", targets(run, language)), "figures", figures(run, language))
        page.write_text(text, encoding="utf-8")
    README.write_text(put(README.read_text(encoding="utf-8"), "speed", speed(run)), encoding="utf-8")
    PLOT.write_text(svg(run), encoding="utf-8")
    print(f"README.md, docs/*/performance.md and {PLOT.relative_to(ROOT)}: {len(run.measurements)} measurements")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
