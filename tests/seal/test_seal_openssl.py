"""OpenSSL takes our seals apart element by element, and verifies the maker's signature over what stands there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gmpki.seal import SealLayout
from seal import samples

OPENSSL = shutil.which("openssl")


def openssl(*arguments: str, exit_code: int | None = 0) -> str:
    assert OPENSSL is not None
    run = subprocess.run([OPENSSL, *arguments], capture_output=True, timeout=60, check=False)
    text = (run.stdout + run.stderr).decode(errors="replace")
    assert exit_code is None or run.returncode == exit_code, text
    return text


if OPENSSL is None or not openssl("version", exit_code=None).startswith("OpenSSL 3"):
    pytest.skip("peer program: OpenSSL 3 not found", allow_module_level=True)

CERTIFICATES = ["OCTET STRING", "OCTET STRING"]
DIGESTS = ["SEQUENCE", "PRINTABLESTRING", "OCTET STRING"] * 2
HEAD = ["SEQUENCE", "SEQUENCE", "SEQUENCE", "IA5STRING", "INTEGER", "IA5STRING", "IA5STRING", "SEQUENCE"]
PICTURE = ["SEQUENCE", "IA5STRING", "OCTET STRING", "INTEGER", "INTEGER"]
SIGNED = ["OCTET STRING", "OBJECT", "BIT STRING"]


def of_2014() -> list[str]:
    times = ["UTCTIME"] * 3
    return [*HEAD, "INTEGER", "UTF8STRING", "SEQUENCE", *CERTIFICATES, *times, *PICTURE, "SEQUENCE", *SIGNED]


def of_2020(listed: list[str]) -> list[str]:
    times = ["GENERALIZEDTIME"] * 3
    return [*HEAD, "INTEGER", "UTF8STRING", "INTEGER", "SEQUENCE", *listed, *times, *PICTURE, *SIGNED]


CASES = {
    "2014": (SealLayout.GMT0031, False, of_2014()),
    "2020": (SealLayout.GBT38540, False, of_2020(CERTIFICATES)),
    "digests": (SealLayout.GBT38540, True, of_2020(DIGESTS)),
}


@pytest.mark.parametrize("case", CASES)
def test_elements(tmp_path: Path, case: str) -> None:
    layout, list_digests, expected = CASES[case]
    seal = samples.new_seal(layout, list_digests=list_digests)
    path = tmp_path / "seal.esl"
    path.write_bytes(seal.der)
    text = openssl("asn1parse", "-inform", "DER", "-in", str(path))
    assert re.findall(r"(?:prim|cons): ([A-Z0-9 ]+?)\s*(?::|\[|$)", text, re.MULTILINE) == expected
    assert "IA5STRING         :31010000000001" in text
    assert "OBJECT            :SM2-with-SM3" in text


@pytest.mark.parametrize("layout", samples.LAYOUTS, ids=lambda layout: layout.name)
def test_signature_of_the_maker(tmp_path: Path, layout: SealLayout) -> None:
    seal = samples.seal(layout)
    for name, content in (
        ("key.pem", seal.maker_certificate.public_key.to_pem()),
        ("signed", seal.to_be_signed),
        ("changed", seal.to_be_signed[:-1] + bytes((seal.to_be_signed[-1] ^ 1,))),
        ("signature", seal.signature),
    ):
        (tmp_path / name).write_bytes(content)
    command = ["pkeyutl", "-verify", "-pubin", "-inkey", str(tmp_path / "key.pem"), "-sigfile"]
    command += [str(tmp_path / "signature"), "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-in"]
    assert "Verified Successfully" in openssl(*command, str(tmp_path / "signed"))
    assert "Verif" in openssl(*command, str(tmp_path / "changed"), exit_code=1)
