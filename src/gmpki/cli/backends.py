"""``gmpki backends``: which implementation of each algorithm there is, and which one runs."""

from __future__ import annotations

import click

from gmpki.cli._output import Report, columns, json_option

__all__ = ["command"]


@click.command(
    name="backends",
    epilog="\b\nExamples:\n  gmpki backends\n  GMPKI_BACKEND=sm4=portable gmpki backends --json",
)
@json_option
def command() -> Report:
    """List the implementations of each algorithm, fastest first, and mark the active one.

    列出各算法的实现后端（由快到慢），并标出正在使用的一个。

    GMPKI_BACKEND chooses another one: "sm4=portable", several with commas.
    """
    from gmpki.algorithms import backends

    rows = [("algorithm 算法", "backend 后端", "state 状态")]
    fields = {}
    for algorithm in backends.ALGORITHMS:
        active = backends.active(algorithm)
        known = backends.available(algorithm)
        fields[algorithm] = {
            "active": active,
            "backends": [{"name": backend.name, "available": backend.available} for backend in known],
        }
        for backend in known:
            if backend.name == active:
                state = "active 使用中"
            else:
                state = "available 可用" if backend.available else "not on this processor 本机处理器不支持"
            rows.append((algorithm, backend.name, state))
    return Report({"algorithms": fields}, columns(rows))
