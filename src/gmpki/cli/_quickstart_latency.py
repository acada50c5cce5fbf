"""How fast the UKey of quickstart is, beside the limits of the tender; and how long each operation took."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from gmpki.errors import TokenUnsupportedError

if TYPE_CHECKING:
    from gmpki.cli._quickstart_space import Workspace
    from gmpki.tokens.interfaces import Application
    from gmpki.tokens.limits import Judgement

__all__ = ["measure_token"]

_COUNT: Final = 5
_MOST_S: Final = 2.0  # of each operation: the whole run has a minute


def measure_token(space: Workspace, application: Application) -> Judgement:
    """Measure each operation that the tender has a limit for.

    RSA is slower by far and not part of the story, so it is measured as rarely as that can be done.
    """
    from gmpki.tokens.latency import TokenBench, measure
    from gmpki.tokens.limits import judge, limit_profile

    limits = limit_profile("tender")
    measured = []
    with TokenBench(application) as bench:
        for limit in limits.limits:
            with contextlib.suppress(TokenUnsupportedError):  # SM1 and SSF33 exist in hardware alone
                job = bench.job(limit.algorithm, limit.operation)
                most_s = 0.0 if (limit.algorithm, limit.operation) == ("rsa-2048", "generate") else _MOST_S
                measured.append(measure(job, count=_COUNT, most_s=most_s))
    judgement = judge(limits, measured)
    for row in judgement.rows:
        if row.measurement is not None:
            name = f"{row.limit.algorithm} {row.limit.operation}"
            space.tell(name, f"{row.shown_figure}  ({row.shown_limit})  {row.shown_margin}")
    if judgement.absent:
        space.tell("absent 缺少", ", ".join(judgement.absent))
    return judgement
