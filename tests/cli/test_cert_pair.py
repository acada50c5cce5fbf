"""``gmpki cert root``, ``issue``, ``pair`` and ``profiles``: an authority on the command line."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki.asn1.gmt0015 import IdentifyCode, OrganizationCode
from gmpki.asn1.rfc5280.ext_points import AuthorityInfoAccess, CRLDistributionPoints
from gmpki.keys.loader import load_private_key
from gmpki.x509.certificate import Certificate, load_certificate
from gmpki.x509.describe import hex_number
from gmpki.x509.issuing import Issuer
from gmpki.x509.names import format_name
from gmpki.x509.pair import load_pair
from gmpki.x509.profile import BUILTIN_PROFILES
from x509.pair_examples import ENCRYPTION_KEY, OTHER_KEY, ROOT_KEY, SIGNING_KEY

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

ROOT = "C=CN, O=示例市数字证书认证中心, CN=示例根"
OWNER = "C=CN, O=示例市社会保障局, CN=示例市社会保障局"
CA = ("--ca", "root.pem", "--ca-key", "root.key")
ISSUE = ("cert", "issue", *CA, "--request", "owner.csr")
PAIR = ("cert", "pair", "issue", *CA, "--request", "owner.csr")


def mode_of(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def certificate(path: str) -> Certificate:
    return load_certificate(Path(path).read_bytes())


@pytest.fixture
def authority(run: Run) -> None:
    """Make a root and a request in the empty directory."""
    for name, key in (("root", ROOT_KEY), ("owner", SIGNING_KEY), ("kmc", ENCRYPTION_KEY), ("other", OTHER_KEY)):
        Path(f"{name}.key").write_bytes(key.to_pem())
    run("cert", "root", "--key", "root.key", "--subject", ROOT, "--output", "root.pem")
    run("csr", "new", "--key", "owner.key", "--subject", OWNER, "--output", "owner.csr")


# ---- root and single certificates -------------------------------------------------------
@pytest.mark.usefixtures("authority")
def test_a_root(answer: Answer) -> None:
    root = certificate("root.pem")
    root.verify_signature(root)
    assert root.is_ca
    told = answer("cert", "root", "--key", "root.key", "--subject", ROOT, "--serial", "0A0b", "--days", "10")
    other = load_certificate(told["pem"].encode())
    assert told["serial_number"] == "0A0B"
    assert other.serial_number == 0x0A0B
    assert (other.not_after - other.not_before).days == 10
    assert told["subject"] == told["issuer"] == format_name(other.subject, "as-encoded")


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize("profile", ["e-seal-maker", "time-stamp", "ocsp-responder"])
def test_single_certificates(profile: str, answer: Answer) -> None:
    told = answer(*ISSUE, "--profile", profile, "--output", "out.pem")
    issued = certificate("out.pem")
    issued.verify_signature(certificate("root.pem"))
    assert told["serial_number"] == answer("cert", "show", "out.pem")["certificates"][0]["serial_number"]
    assert issued.public_key == SIGNING_KEY.public_key


@pytest.mark.usefixtures("authority")
def test_an_authority_below_that_issues(run: Run) -> None:
    run("csr", "new", "--key", "other.key", "--subject", "C=CN, O=示例, CN=示例下级", "--output", "sub.csr")
    run("cert", "issue", *CA, "--request", "sub.csr", "--profile", "subordinate-ca", "--output", "sub.pem")
    Issuer(certificate("sub.pem"), OTHER_KEY)
    below = ("--ca", "sub.pem", "--ca-key", "other.key", "--request", "owner.csr")
    run("cert", "issue", *below, "--profile", "e-seal-maker", "--output", "out.pem")
    certificate("out.pem").verify_signature(certificate("sub.pem"))
    run("cert", "issue", *below, "--profile", "subordinate-ca", "--output", "no.pem", exit_code=1)
    assert not Path("no.pem").exists()


@pytest.mark.usefixtures("authority")
def test_what_is_added(run: Run) -> None:
    addresses = ("--crl-uri", "http://crl.example.cn/a", "--ocsp-uri", "http://ocsp.example.cn")
    code = ("--identity", "organizationCode=91310000000000000X")
    run(*ISSUE, *addresses, *code, "--profile", "e-seal-maker", "--days", "30", "--output", "out.pem")
    issued = certificate("out.pem")
    assert issued.extensions.find(OrganizationCode) == OrganizationCode("91310000000000000X")
    assert CRLDistributionPoints in issued.extensions
    assert AuthorityInfoAccess in issued.extensions
    assert (issued.not_after - issued.not_before).days == 30


@pytest.mark.usefixtures("authority")
def test_another_subject_and_an_own_profile(run: Run) -> None:
    text = run("cert", "profiles", "e-seal-maker").stdout
    Path("own.toml").write_text(text.replace('name = "e-seal-maker"', 'name = "own"'), encoding="utf-8")
    run(*ISSUE, "--profile", "own.toml", "--subject", "/C=CN/O=X/CN=Y", "--output", "out.pem")
    assert str(certificate("out.pem").subject) == "CN=Y,O=X,C=CN"
    Path("own.toml").write_text(text.replace("critical = true", 'critical = "yes"', 1), encoding="utf-8")
    error = run(*ISSUE, "--profile", "own.toml", "--output", "no.pem", exit_code=1).stderr
    assert "own.toml, line" in error
    assert "extensions.basicConstraints.critical" in error


REFUSED = [
    (["--profile", "organisation"], 1, "issues pairs"),
    (["--profile", "nothing"], 1, "root-ca, subordinate-ca"),
    (["--profile", "ocsp-responder", "--days", "91"], 1, "90 days at most"),
    (["--profile", "ocsp-responder", "--days", "0"], 2, "36525"),
    (["--profile", "time-stamp", "--san", "DNS:example.cn"], 1, "subjectAltName"),
    (["--profile", "time-stamp", "--san", "example.cn"], 2, "DNS:..."),
    (["--profile", "time-stamp", "--identity", "taxationNumber=1"], 1, "taxationNumber"),
    (["--profile", "e-seal-maker", "--identity", "identifyCode=1"], 1, "identifyCode"),
    (["--profile", "e-seal-maker", "--identity", "number=1"], 2, "organizationCode"),
    (["--profile", "e-seal-maker", "--identity", "taxationNumber="], 1, "empty"),
    (["--profile", "e-seal-maker", "--subject", "CN=x"], 1, "needs"),
    (["--profile", "e-seal-maker", "--subject", "nonsense"], 1, ""),
    (["--profile", "e-seal-maker", "--serial", "xyz"], 2, "hexadecimal"),
    (["--profile", "e-seal-maker", "--serial", "0"], 1, "serial_number"),
    (["--profile", "e-seal-maker", "--serial", "1" * 41], 2, "40"),
    (["--profile", "e-seal-maker", "--crl-uri", "crl"], 1, "URI"),
    ([], 2, "--profile"),
]


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize(("options", "code", "problem"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_what_is_refused(options: list[str], code: int, problem: str, run: Run) -> None:
    result = run(*ISSUE, *options, "--output", "no.pem", exit_code=code)
    assert problem in result.stderr
    assert not Path("no.pem").exists()


@pytest.mark.usefixtures("authority")
def test_files_that_do_not_fit(run: Run, answer: Answer) -> None:
    wrong_key = ("cert", "issue", "--ca", "root.pem", "--ca-key", "other.key", "--request", "owner.csr")
    assert answer(*wrong_key, "--profile", "e-seal-maker", exit_code=1)["error"]["type"] == "KeyMismatchError"
    run(*ISSUE, "--profile", "e-seal-maker", "--output", "leaf.pem")
    leaf = ("cert", "issue", "--ca", "leaf.pem", "--ca-key", "owner.key", "--request", "owner.csr")
    assert answer(*leaf, "--profile", "e-seal-maker", exit_code=1)["error"]["type"] == "ValidationError"
    mixed = ("cert", "issue", *CA, "--request", "root.pem", "--profile", "e-seal-maker")
    assert answer(*mixed, exit_code=1)["error"]["type"] in ("InvalidInputError", "DecodeError")
    missing = ("cert", "issue", *CA, "--request", "none.csr", "--profile", "e-seal-maker")
    assert answer(*missing, exit_code=1)["error"]["type"] == "FileNotFoundError"
    run(*ISSUE, "--profile", "e-seal-maker", "--output", "leaf.pem", exit_code=1)
    run(*ISSUE, "--profile", "e-seal-maker", "--output", "leaf.pem", "--force")


@pytest.mark.usefixtures("authority")
def test_requests_that_openssl_made_need_leave(run: Run) -> None:
    from gmpki.x509.names import parse_name
    from gmpki.x509.request import RequestBuilder

    foreign = RequestBuilder().subject(parse_name(OWNER)).sign(SIGNING_KEY, user_id=b"")
    Path("owner.csr").write_bytes(foreign.to_pem())
    for command in (
        ("cert", "issue", "--profile", "e-seal-maker"),
        ("cert", "pair", "issue", "--profile", "organisation"),
    ):
        told = run(*command, *CA, "--request", "owner.csr", "--output", "no", exit_code=1).stderr
        assert "it holds with empty-user-id, which --openssl-request accepts" in told
    run(*ISSUE, "--profile", "e-seal-maker", "--openssl-request", "--output", "out.pem")


@pytest.mark.usefixtures("authority")
def test_the_linter_stands_before_the_signature(run: Run, answer: Answer) -> None:
    text = run("cert", "profiles", "e-seal-maker").stdout
    bad = text.replace("[extensions.authorityKeyIdentifier]", "")
    Path("bad.toml").write_text(bad, encoding="utf-8")
    told = answer(*ISSUE, "--profile", "bad.toml", "--output", "no.pem", exit_code=1)
    assert told["error"]["type"] == "ValidationError"
    assert "authorityKeyIdentifier" in told["error"]["message"]
    assert not Path("no.pem").exists()
    run(*ISSUE, "--profile", "bad.toml", "--no-lint", "--output", "out.pem")
    assert certificate("out.pem").authority_key_identifier is None


# ---- pairs ------------------------------------------------------------------------------
@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize(
    ("form", "file"), [("envelope", "encryption-key.der"), ("response", "response.der"), ("skf", "encryption-key.skf")]
)
def test_a_pair_from_the_request_to_the_keys(form: str, file: str, run: Run, answer: Answer) -> None:
    given = ("--encryption-key", "kmc.key", "--delivery", form)
    told = answer(*PAIR, *given, "--profile", "organisation", "--output", "pair")
    assert sorted(os.listdir("pair")) == sorted(["signing.pem", "encryption.pem", file])
    pair = load_pair(Path("pair/signing.pem").read_bytes(), Path("pair/encryption.pem").read_bytes())
    assert told["signing_serial_number"] == hex_number(pair.signing.serial_number)
    assert told["encryption_serial_number"] == hex_number(pair.encryption.serial_number)
    assert told["files"] == ["pair/signing.pem", "pair/encryption.pem", f"pair/{file}"]
    for one in (pair.signing, pair.encryption):
        one.verify_signature(certificate("root.pem"))

    checking = ("--pair", "pair/signing.pem", "--pair", "pair/encryption.pem")
    new = ("--new-password-env", "PASSWORD")
    taken = answer("cert", "pair", "open", "--key", "owner.key", *checking, *new, "-o", "out.key", f"pair/{file}")
    assert taken["encrypted"] is True
    assert taken["public_key"] == ENCRYPTION_KEY.public_key.to_hex()
    assert mode_of("out.key") == 0o600
    data = Path("out.key").read_bytes()
    assert data.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert load_private_key(data, os.environb[b"PASSWORD"]).public_key == ENCRYPTION_KEY.public_key

    keys = ("--key", "out.key", "--key", "owner.key", "--password-env", "PASSWORD")
    matched = answer("cert", "pair", "check", "pair/encryption.pem", "pair/signing.pem", *keys)
    assert (matched["signing_key"], matched["encryption_key"]) == ("owner.key", "out.key")
    assert "双证书匹配" in run("cert", "pair", "check", "pair/signing.pem", "pair/encryption.pem").stdout


@pytest.mark.usefixtures("authority")
def test_a_new_encryption_key_and_the_certificates_of_a_response(run: Run) -> None:
    run(*PAIR, "--profile", "personal", "--delivery", "response", "--output", "pair")
    opening = ("cert", "pair", "open", "--key", "owner.key", "--no-password", "pair/response.der")
    run(*opening, "--certificates", "both.pem", "--output", "out.key")
    key = load_private_key(Path("out.key").read_bytes())
    pair = load_pair(Path("both.pem").read_bytes())
    assert key.public_key == pair.encryption.public_key
    assert pair == load_pair(Path("pair/signing.pem").read_bytes(), Path("pair/encryption.pem").read_bytes())


@pytest.mark.usefixtures("authority")
def test_a_device(run: Run) -> None:
    options = ("--profile", "device", "--san", "DNS:www.example.cn", "--san", "IP:192.0.2.1")
    run(*PAIR, *options, "--signing-serial", "11", "--encryption-serial", "12", "--output", "pair")
    one = certificate("pair/signing.pem")
    assert one.serial_number == 0x11
    assert one.subject_alt_name is not None
    assert [str(name) for name in one.subject_alt_name.names] == ["DNS:www.example.cn", "IP:192.0.2.1"]


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize(
    ("options", "code", "problem"),
    [
        (["--profile", "time-stamp"], 1, "single certificates"),
        (["--profile", "device"], 1, "subjectAltName"),
        (["--profile", "organisation", "--encryption-key", "owner.key"], 1, "never one"),
        (["--profile", "organisation", "--encryption-key", "root.key"], 1, "issuer's own"),
        (["--profile", "organisation", "--encryption-key", "root.pem"], 1, "private key"),
        (["--profile", "organisation", "--delivery", "mail"], 2, "envelope"),
        (["--profile", "organisation", "--signing-serial", "5", "--encryption-serial", "05"], 1, "different"),
        (["--profile", "personal", "--identity", "identifyCode=110101190001010000"], 1, "identifyCode"),
    ],
)
def test_pairs_that_are_refused(options: list[str], code: int, problem: str, run: Run) -> None:
    assert problem in run(*PAIR, *options, "--output", "pair", exit_code=code).stderr
    assert not Path("pair").exists()


@pytest.mark.usefixtures("authority")
def test_nothing_is_written_over_and_nothing_is_left_behind(run: Run) -> None:
    issuing = (*PAIR, "--profile", "organisation", "--output", "pair")
    run(*issuing)
    before = {name: Path("pair", name).read_bytes() for name in os.listdir("pair")}
    assert "exists" in run(*issuing, exit_code=1).stderr
    assert {name: Path("pair", name).read_bytes() for name in os.listdir("pair")} == before
    run(*issuing, "--force")
    assert Path("pair/signing.pem").read_bytes() != before["signing.pem"]
    Path("file").write_text("x", encoding="utf-8")
    run(*PAIR, "--profile", "organisation", "--output", "file", exit_code=1)


@pytest.mark.usefixtures("authority")
def test_deliveries_that_do_not_open(run: Run, answer: Answer) -> None:
    run(*PAIR, "--profile", "organisation", "--encryption-key", "kmc.key", "--output", "pair")
    run(*PAIR, "--profile", "organisation", "--output", "second")
    start = ("cert", "pair", "open", "--no-password", "--output", "no.key", "pair/encryption-key.der")
    for options, error in (
        (("--key", "other.key"), "DecryptionError"),
        (("--key", "owner.key", "--pair", "second/signing.pem", "--pair", "second/encryption.pem"), "KeyMismatchError"),
        (("--key", "owner.key", "--pair", "pair/signing.pem"), "InvalidInputError"),
        (("--key", "owner.key", "--pair", "pair/signing.pem", "--pair", "root.pem"), "InvalidInputError"),
    ):
        assert answer(*start, *options, exit_code=1)["error"]["type"] == error
    data = ("cert", "pair", "open", "--key", "owner.key", "--no-password", "--output", "no.key", "root.pem")
    assert answer(*data, exit_code=1)["error"]["type"] == "InvalidInputError"
    envelope = ("cert", "pair", "open", "--key", "owner.key", "--output", "no.key", "pair/encryption-key.der")
    assert "no certificates" in run(*envelope, "--no-password", "--certificates", "c.pem", exit_code=2).stderr
    assert "--no-password" in run(*envelope, "--no-password", "--new-password-env", "X", exit_code=2).stderr
    assert "--output" in run(*envelope[:5], "pair/encryption-key.der", "--no-password", exit_code=2).stderr
    assert not Path("no.key").exists()
    assert not Path("c.pem").exists()


@pytest.mark.usefixtures("authority")
def test_an_encryption_key_goes_to_standard_output_when_asked(run: Run, answer: Answer) -> None:
    run(*PAIR, "--profile", "organisation", "--encryption-key", "kmc.key", "--output", "pair")
    opening = ("cert", "pair", "open", "--key", "owner.key", "--no-password", "-o", "-", "pair/encryption-key.der")
    assert load_private_key(run(*opening).stdout_bytes).public_key == ENCRYPTION_KEY.public_key
    assert load_private_key(answer(*opening)["pem"].encode()).public_key == ENCRYPTION_KEY.public_key


@pytest.mark.usefixtures("authority")
def test_a_key_without_a_password_is_asked_for_by_name(
    process: Callable[..., subprocess.CompletedProcess[bytes]], run: Run
) -> None:
    run(*PAIR, "--profile", "organisation", "--output", "pair")
    result = process("cert", "pair", "open", "--key", "owner.key", "--output", "out.key", "pair/encryption-key.der")
    assert result.returncode == 2
    assert b"--new-password-env" in result.stderr
    assert not Path("out.key").exists()


@pytest.mark.usefixtures("authority")
def test_two_that_are_no_pair(run: Run, answer: Answer) -> None:
    run(*PAIR, "--profile", "organisation", "--output", "one")
    run(*PAIR, "--profile", "organisation", "--subject", "C=CN, O=示例公司, CN=示例公司", "--output", "two")
    mixed = answer("cert", "pair", "check", "one/signing.pem", "two/encryption.pem", exit_code=1)
    assert mixed["error"]["type"] == "ValidationError"
    assert "different subjects" in mixed["error"]["message"]
    alone = answer("cert", "pair", "check", "one/signing.pem", exit_code=1)
    assert "1 and 0" in alone["error"]["message"]
    stranger = answer(
        "cert", "pair", "check", "one/signing.pem", "one/encryption.pem", "--key", "other.key", exit_code=1
    )
    assert stranger["error"]["type"] == "KeyMismatchError"
    assert "FILE" in run("cert", "pair", "check", exit_code=2).stderr


# ---- profiles ---------------------------------------------------------------------------
def test_profiles_are_listed_and_printed(run: Run, answer: Answer) -> None:
    listed = answer("cert", "profiles")["profiles"]
    assert [one["name"] for one in listed] == list(BUILTIN_PROFILES)
    assert "机构双证书" in run("cert", "profiles").stdout
    for name in BUILTIN_PROFILES:
        assert f'name = "{name}"' in run("cert", "profiles", name).stdout
    assert answer("cert", "profiles", "organisation")["toml"].startswith("# ")
    assert "there is no profile" in run("cert", "profiles", "nothing", exit_code=1).stderr


def test_personal_numbers_in_a_closed_system(run: Run, authority: None) -> None:
    text = run("cert", "profiles", "personal").stdout.replace("published = true", "published = false")
    Path("closed.toml").write_text(text + '\n[extensions.identity]\nkinds = ["identifyCode"]\n', encoding="utf-8")
    number = ("--identity", "identifyCode=110101190001010000")
    run(*PAIR, "--profile", "closed.toml", "--subject", "C=CN, CN=张三", *number, "--output", "pair")
    found = certificate("pair/signing.pem").extensions.find(IdentifyCode)
    assert found is not None
    assert found.value == "110101190001010000"


@pytest.mark.usefixtures("authority")
def test_the_directory_of_a_pair_is_no_file(answer: Answer) -> None:
    error = answer(*PAIR, "--profile", "organisation", "--output", "root.pem", exit_code=1)["error"]
    assert error == {"type": "NotADirectoryError", "message": "Not a directory: root.pem"}


@pytest.mark.usefixtures("authority")
def test_a_program_is_told_why_a_pair_is_none(answer: Answer) -> None:
    run_pair = (*PAIR, "--profile", "organisation")
    for name in ("one", "two"):
        answer(*run_pair, "--output", name)
    answer("cert", "pair", "check", "one/signing.pem", "two/encryption.pem")
    answer(*run_pair, "--subject", "C=CN, O=示例, CN=别人", "--output", "three")
    error = answer("cert", "pair", "check", "one/signing.pem", "three/encryption.pem", exit_code=1)["error"]
    assert (error["type"], error["reason"]) == ("ValidationError", "pair-subject")
