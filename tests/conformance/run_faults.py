"""Give the suite a token with one fault after another: every fault has to be seen, by every check that is said to.

Usage: ``python tests/conformance/run_faults.py [--fault NAME ...]``. faults.toml lists the faults; each is built into a
library before the software token (the folder "faulty") and run by the suite as a stranger's driver would be. Every
required check has to be among those that see a fault, or nobody knows that it can fail.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "native" / "tools")]

from conformance import faulty_token  # noqa: E402
from conformance.trials import EVERY_PERMISSION, FAULTS, Fault  # noqa: E402
from figures import Figures  # noqa: E402
from gmpki.conformance import Kind, Options, Outcome, Severity, Target, checks, run  # noqa: E402
from gmpki.tokens.soft import SoftSettings, create_soft_device  # noqa: E402

SEEN = (Outcome.FAILED, Outcome.DEVIATION)
OPTIONS = Options(latency_count=3)
_SERIAL = "00f1"


@dataclass(frozen=True, slots=True)
class Found:
    """What the checks that are to see a fault said of it.

    :ivar seen: the checks that saw it; missed: the others, with what they said instead.
    """

    fault: str
    seen: tuple[str, ...]
    missed: tuple[str, ...]


def try_fault(library: str, fault: Fault) -> Found:
    """Run the checks that are to see a fault on a new token that has it.

    :param library: the path of the faulty driver.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GMPKI_SOFTTOKEN_DIR"] = folder
        create_soft_device(SoftSettings(serial=_SERIAL, pin_iterations=1), root=folder)
        os.environ["GMPKI_FAULT"] = fault.name
        try:
            target = Target(Kind(fault.library), library)
            report = run(target, permissions=EVERY_PERMISSION, select=fault.caught_by, options=OPTIONS)
        finally:
            del os.environ["GMPKI_FAULT"]
    outcomes = {result.check: result for result in report.results}
    seen = tuple(name for name in fault.caught_by if name in outcomes and outcomes[name].outcome in SEEN)
    missed = tuple(
        f"{name} {outcomes[name].outcome.value if name in outcomes else 'did not run'}"
        for name in fault.caught_by
        if name not in seen
    )
    return Found(fault.name, seen, missed)


def unseen_checks(kind: Kind, seen: set[str]) -> list[str]:
    """Return the required checks of an interface that no fault makes fail."""
    return [check.id for check in checks(kind) if check.severity is Severity.REQUIRED and check.id not in seen]


def main() -> int:
    """Try every fault, or those named."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--fault", action="append", help="only this one; may be given again")
    wanted = arguments.parse_args().fault
    chosen = [fault for fault in FAULTS if not wanted or fault.name in wanted]
    figures = Figures("conformance-faults")
    cc = faulty_token.compiler()
    if cc is None:
        figures.short("there is no C compiler")
        return figures.finish("0/0 faults")
    seen: set[str] = set()
    caught = 0
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(os.cpu_count()) as pool:
        for library in dict.fromkeys(fault.library for fault in chosen):
            path = faulty_token.build(library, Path(folder), cc)
            of_library = [fault for fault in chosen if fault.library == library]
            for found in pool.map(partial(try_fault, path), of_library):
                missed = f"  MISSED by {', '.join(found.missed)}" if found.missed else ""
                print(f"{library:7} {found.fault:40} {' '.join(found.seen)}{missed}", flush=True)
                seen.update(found.seen)
                caught += not found.missed and bool(found.seen)
                if missed or not found.seen:
                    figures.short(f"{found.fault} is not seen by every check that is to see it")
    without = [name for kind in (Kind.SKF, Kind.PKCS11) for name in unseen_checks(kind, seen)]
    if not wanted:
        for name in without:
            figures.short(f"no fault makes {name} fail, which is required")
        figures.count("faults", caught)
    return figures.finish(f"{caught}/{len(chosen)} faults caught, {len(without)} required checks without a fault")


if __name__ == "__main__":
    sys.exit(main())
