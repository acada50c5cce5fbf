"""Seal and verify many documents of one page on several processors, files read and written, and print the times.

Run: ``python benchmarks/seal_batch.py [documents [processes]]``; 1000 and 2 unless told otherwise.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gmpki.cms import Trust
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.seal import Seal, SealLayout, SealSigner, SealTrust, run_batch
from gmpki.seal.ofd import Stamp, sign_ofd, verify_ofd
from gmpki.seal.pdf import sign_pdf, verify_pdf
from gmpki.x509.certificate import Certificate
from seal_documents import NOW, UNASKED, Office, new_ofd, new_pdf


@dataclass(frozen=True)
class Sealer:
    """What each process needs to seal: bytes only, so that it can be passed on."""

    seal: bytes
    key: bytes
    certificate: bytes

    def __call__(self) -> Callable[[str], int]:
        """Load the key and the seal; return what seals one file."""
        certificate = Certificate.from_der(self.certificate)
        signer = SealSigner(Seal.from_der(self.seal), SM2PrivateKey.from_bytes(self.key), certificate)

        def seal_file(name: str) -> int:
            path = Path(name)
            sign = sign_ofd if path.suffix == ".ofd" else sign_pdf
            sealed = sign(path.read_bytes(), signer, [Stamp(1, 130, 230)])
            return path.with_name(f"sealed-{path.name}").write_bytes(sealed)

        return seal_file


@dataclass(frozen=True)
class Verifier:
    """What each process needs to verify."""

    root: bytes

    def __call__(self) -> Callable[[str], None]:
        """Return what verifies one file."""
        trust = Trust([Certificate.from_der(self.root)], at=NOW)
        whom = SealTrust(signers=trust, makers=trust, accept=UNASKED)

        def verify_file(name: str) -> None:
            verify = verify_ofd if name.endswith(".ofd") else verify_pdf
            verify(Path(name).read_bytes(), whom).require()

        return verify_file


def timed(what: str, paths: list[str], worker: Callable[[], Callable[[str], object]], jobs: int) -> None:
    """Work on all files; print how long that took from the start of the processes to the last answer."""
    began = time.perf_counter()
    done = list(run_batch(paths, worker, jobs=jobs))
    took = time.perf_counter() - began
    bad = [one for one in done if one.error is not None]
    print(f"{what:14} {len(done):6} documents {took:8.2f} s {len(done) / took:8.1f} /s  {len(bad)} failed", flush=True)


def main() -> None:
    count, jobs = ([int(argument) for argument in sys.argv[1:]] + [1000, 2][len(sys.argv) - 1 :])[:2]
    office = Office(SealLayout.GBT38540)
    sealer = Sealer(office.seal.der, office.key.to_bytes(), office.certificate.der)
    verifier = Verifier(office.root.der)
    print(f"{jobs} processes; documents of {len(new_ofd(1))} (OFD) and {len(new_pdf(1))} bytes (PDF)")
    for suffix, document in (("ofd", new_ofd(1)), ("pdf", new_pdf(1))):
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, f"{number}.{suffix}") for number in range(count)]
            for path in paths:
                path.write_bytes(document)
            timed(f"{suffix} sealed", [str(path) for path in paths], sealer, jobs)
            timed(f"{suffix} verified", [str(path.with_name(f"sealed-{path.name}")) for path in paths], verifier, jobs)


if __name__ == "__main__":
    main()
