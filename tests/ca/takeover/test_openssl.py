"""An authority that ``openssl ca`` has made is taken over: its database, its certificates, its list."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ca import people
from ca.takeover.old_authority import ACTOR
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.interfaces import RevocationOrder
from gmpki.ca.revocation.lists import issue_list, read_list
from gmpki.ca.store.store import Store
from gmpki.ca.takeover.authority import AuthorityKey, take_over
from gmpki.ca.takeover.importing import TakeoverRules, import_all
from gmpki.ca.takeover.material import Material
from gmpki.keys.loader import load_private_key
from gmpki.protect.keys import KeyRing
from gmpki.x509.certificate import load_certificate

pytestmark = pytest.mark.once

CONFIGURATION = """
[ca]
default_ca = old
[old]
dir = .
database = index.txt
new_certs_dir = newcerts
serial = serial
crlnumber = crlnumber
certificate = ca.pem
private_key = ca.key
default_md = {md}
default_days = 3000
default_crl_days = 30
unique_subject = no
policy = any
[any]
countryName = optional
organizationName = optional
commonName = supplied
[signing]
keyUsage = critical, digitalSignature, nonRepudiation
[encryption]
keyUsage = critical, keyEncipherment, dataEncipherment, keyAgreement
"""
# What SM2 needs beside: the id of signers is that of GM/T 0009.
DIST_ID = "distid:1234567812345678"


class OpenSSL:
    """An authority in a folder."""

    def __init__(self, folder: Path, algorithm: str) -> None:
        self.folder = folder
        self.is_sm2 = algorithm == "SM2"
        md = "sm3" if self.is_sm2 else "sha256"
        (folder / "newcerts").mkdir(parents=True)
        (folder / "ca.cnf").write_text(CONFIGURATION.format(md=md), encoding="ascii")
        (folder / "index.txt").touch()
        (folder / "serial").write_text("1000\n", encoding="ascii")
        (folder / "crlnumber").write_text("2A\n", encoding="ascii")
        self.curve = algorithm
        self.key("ca")
        subject = ("-subj", "/C=CN/O=Old Authority/CN=Old Authority")
        self.run(
            "req",
            "-x509",
            "-new",
            "-key",
            "ca.key",
            *self.signed,
            f"-{md}",
            *subject,
            "-days",
            "3650",
            "-out",
            "ca.pem",
        )

    @property
    def signed(self) -> tuple[str, ...]:
        return ("-sigopt", DIST_ID) if self.is_sm2 else ()

    def run(self, *arguments: str) -> None:
        ran = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr.decode()

    def key(self, name: str) -> None:
        parameters = ("-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{self.curve}")
        self.run("genpkey", *parameters, "-pkeyopt", "ec_param_enc:named_curve", "-out", f"{name}.key")

    def issue(self, name: str, usage: str, subject: str) -> None:
        self.key(name)
        self.run("req", "-new", "-key", f"{name}.key", *self.signed, "-subj", subject, "-out", f"{name}.csr")
        verified = ("-vfyopt", DIST_ID) if self.is_sm2 else ()
        what = ("-in", f"{name}.csr", "-extensions", usage, "-out", f"{name}.pem", "-notext")
        self.run("ca", "-batch", "-config", "ca.cnf", *self.signed, *verified, *what)

    def revoke(self, name: str, reason: str) -> None:
        self.run("ca", "-config", "ca.cnf", "-revoke", f"{name}.pem", "-crl_reason", reason)


@pytest.fixture(params=["SM2", "P-256"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> OpenSSL:
    if shutil.which("openssl") is None:
        pytest.skip("peer program: OpenSSL is not installed")
    made = OpenSSL(tmp_path / "old", request.param)
    for number, subject in enumerate(("/C=CN/O=Office 1/CN=Office 1", "/C=CN/O=Office 2/CN=Office 2")):
        made.issue(f"sign{number}", "signing", subject)
        made.issue(f"enc{number}", "encryption", subject)
    made.revoke("sign1", "keyCompromise")
    made.revoke("enc1", "keyCompromise")
    made.run("ca", "-config", "ca.cnf", "-gencrl", *made.signed, "-out", "ca.crl")
    return made


def test_it_is_taken_over(old: OpenSSL) -> None:
    # The clock of OpenSSL is that of the system, so here the store has it too.
    with Store.create("sqlite://", KeyRing.generate()) as store:
        people.add_regions(store)
        signer = load_private_key((old.folder / "ca.key").read_bytes())
        certificate = load_certificate((old.folder / "ca.pem").read_bytes())
        settings = AuthoritySettings(crl_uris=("http://crl.example.cn/{generation}.crl",))
        authority = take_over(store, "old", AuthorityKey(certificate, signer), settings=settings, actor=ACTOR)
        material = Material()
        material.add_folder(old.folder)
        assert material.private_keys == 5
        report = import_all(store, authority, material, rules=TakeoverRules(region_id=1), actor=ACTOR)
        # The files of openssl itself are no material.
        names = {Path(place).name for place in material.others}
        assert {"ca.cnf", "crlnumber", "serial", "index.txt.attr"} <= names
        assert report.is_complete
        assert report.counts["imported:pair"] == 2
        assert report.crl_number == 0x2A
        states = sorted(row.state for row in report.rows if row.code == "pair")
        assert states == ["revoked", "valid"]
        good = next(row for row in report.rows if row.state == "valid" and row.pair_id)
        serials = tuple(int(text, 16) for text in good.serials.split())
        order = RevocationOrder("order", "old", serials, ReasonCode.SUPERSEDED)
        authority.revoke(order, actor=ACTOR)
        made = issue_list(store, authority.list_issuers()[0])
        assert made is not None
        assert (made.crl_number, made.entries) == (0x2B, 4)
        with store.reading() as connection:
            (old.folder / "new.crl").write_bytes(b"".join(read_list(connection, made.id)))
        if not old.is_sm2:  # its crl command takes no id of signers
            old.run("crl", "-inform", "DER", "-in", "new.crl", "-CAfile", "ca.pem", "-noout")
