"""Seals and signatures with them, without a container; OFD and PDF documents of a hundred pages sealed and verified.

Beside each job stands the cryptography in it alone; the report says which share of the job is something else.
"""

from __future__ import annotations

from typing import Any

import pytest

from gmpki.seal import SealLayout
from seal_documents import Office

OFFICES = {"0031": Office(SealLayout.GMT0031), "38540": Office(SealLayout.GBT38540)}
SEALS = {
    "make_seal": "seal made",
    "check_seal": "seal read and verified with the path of its maker",
    "sign": "signature with a seal made",
    "verify": "signature with a seal read and verified, with its paths",
}
DOCUMENTS = {
    "ofd_sign": "OFD of 100 pages sealed",
    "ofd_verify": "OFD of 100 pages verified",
    "pdf_sign": "PDF of 100 pages sealed",
    "pdf_verify": "PDF of 100 pages verified",
}
OPERATIONS = {
    job: operation
    for name, said in (SEALS | DOCUMENTS).items()
    for job, operation in ((name, said), (f"bare_{name}", f"{said}: the cryptography alone"))
}
CASES = [
    *((job, layout) for job in OPERATIONS if job.removeprefix("bare_") in SEALS for layout in OFFICES),
    *((job, "38540") for job in OPERATIONS if job.removeprefix("bare_") in DOCUMENTS),
]


@pytest.mark.parametrize(("job", "layout"), CASES, ids=[f"{job}-{layout}" for job, layout in CASES])
def test_job(benchmark: Any, job: str, layout: str) -> None:
    call = getattr(OFFICES[layout], job)
    call()  # keys, seals and documents are made before the clock starts
    benchmark.group = OPERATIONS[job]
    benchmark.extra_info["implementation"] = f"gmpki[{layout}]"
    benchmark.extra_info["data_len"] = 0
    benchmark.extra_info["job"] = f"seals_{job}"
    benchmark(call)
