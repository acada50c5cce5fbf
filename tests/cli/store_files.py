"""The key stores that the examples of ``gmpki p12`` name, made with the files of :mod:`cli.sample_files`."""

from __future__ import annotations

import os
from pathlib import Path

from cli.sample_files import KMC, OWNER
from gmpki.keystore import KeyEntry, write_pkcs12
from gmpki.x509.certificate import load_certificate


def write_stores() -> None:
    """Write stores under the password in ``P12_PASSWORD``, and what they are made of."""
    password = os.environ["P12_PASSWORD"].encode()
    signing, encryption, root, server = (
        load_certificate(Path(f"{name}.pem").read_bytes()) for name in ("signing", "encryption", "root", "two")
    )
    Path("encryption.key").write_bytes(KMC.to_pem())
    Path("www.key").write_bytes(OWNER.to_pem())
    Path("www.pem").write_bytes(server.to_pem())
    pair = [KeyEntry(OWNER, signing), KeyEntry(KMC, encryption)]
    for name in ("pair", "browser"):
        Path(f"{name}.p12").write_bytes(write_pkcs12(pair, password, certificates=[root], iterations=1000))
    Path("www.p12").write_bytes(write_pkcs12([KeyEntry(OWNER, server)], password, iterations=1000))
    Path("response.der").write_bytes(Path("pair/response.der").read_bytes())
