"""An authority of somebody else in files, for the tests of commands that take one over or trust one."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner

from ca.takeover.old_authority import OldAuthority, owner, serials
from cli import ca_files
from gmpki.cli.main import cli

__all__ = ["ADMINISTRATOR", "write_old", "write_trusted"]

ADMINISTRATOR = ca_files.operator("administrator")


def write_old() -> OldAuthority:
    """Write the folder ``old-ca``, the certificate and key beside it, and a table of holders."""
    old = OldAuthority()
    folder = Path("old-ca")
    folder.mkdir()
    good, bad = old.issue(owner(1)), old.issue(owner(2))
    old.revoke(*serials(bad))
    old.list_revoked()
    for place, certificate in old.material.certificates:
        (folder / f"{place}.pem").write_bytes(certificate.to_pem())
    for place, crl in old.material.crls:
        (folder / f"{place}.crl").write_bytes(crl.to_pem())
    Path("old-ca.pem").write_bytes(old.certificate.to_pem())
    Path("old-ca.key").write_bytes(old.signer.to_pem(ca_files.PASSWORD.encode("ascii"), iterations=1))
    serial = f"{serials(good)[0]:X}"
    Path("holders.csv").write_text(f"serial,name,token_serial\n{serial},示例单位,T0001\n", encoding="utf-8")
    return old


def write_trusted(verb: str) -> None:
    """Write the certificate ``other.pem``, and what else an example of a verb wants."""
    Path("other.pem").write_bytes(OldAuthority().certificate.to_pem())
    if verb == "add":
        return
    _run("ca", "trust", "add", "other.pem")
    if verb == "take-in":
        keys = ("--signer-key", "ca/operators/administrator.key")
        certificate = ("--signer-certificate", "ca/operators/administrator.pem")
        where = ("--password-env", "CA_PASSWORD", "--output", "trusted.p7s")
        ran = CliRunner().invoke(cli, ["ca", "trust", "export", "--form", "signed", *keys, *certificate, *where])
        assert ran.exit_code == 0, ran.output
        shutil.copy("ca/certificates/ca.pem", "signers.pem")


def _run(*arguments: str) -> None:
    ran = CliRunner().invoke(cli, [*arguments, *ADMINISTRATOR])
    assert ran.exit_code == 0, ran.output
