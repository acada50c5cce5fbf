"""The trust folder that the examples of the help texts name, with the files of :mod:`cli.sample_files` in it."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from gmpki.keystore import TrustFolder, TrustRole
from gmpki.x509.certificate import Certificate, load_certificate
from gmpki.x509.crl import load_crl

GROUP = "财务处"


def certificate(name: str) -> Certificate:
    return load_certificate(Path(f"{name}.pem").read_bytes())


def write_trust() -> TrustFolder:
    """Make the folder ``trust`` in the current directory."""
    folder = TrustFolder.create("trust")
    folder.add(TrustRole.ANCHOR, certificate("root"))
    folder.add(TrustRole.INTERMEDIATE, certificate("sub"))
    for name in ("root", "sub"):
        folder.add_crl(load_crl(Path(f"{name}.crl").read_bytes()), datetime.now(timezone.utc))
    folder.recipients.add(GROUP, [certificate("encryption")])
    return folder
