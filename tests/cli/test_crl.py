"""``gmpki crl``: what a list says, whether it can be relied on, and whether a certificate is on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Run
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import IssuingDistributionPoint, KeyUsages, ReasonCode
from x509.crl_world import NOW, Authority, name, revoked

ROOT = Authority()
AT = ("--at", "2026-06-15T12:00:00Z")
Answer = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    """Write a list in both forms, and its issuer's certificate."""
    crl = ROOT.crl(revoked(0xABCD, ReasonCode.KEY_COMPROMISE, invalidity_date=NOW), revoked(5))
    (tmp_path / "list.pem").write_bytes(crl.to_pem())
    (tmp_path / "list.der").write_bytes(crl.der)
    (tmp_path / "root.pem").write_bytes(ROOT.certificate.to_pem())


# ---- show -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("source", ["list.pem", "list.der"])
def test_show(run: Run, source: str) -> None:
    shown = run("crl", "show", source).stdout
    for text in ("示例根", "2026-06-14 12:00:00", "keyCompromise", "cRLNumber", "AB:CD"):
        assert text in shown


def test_show_reads_standard_input(run: Run, tmp_path: Path) -> None:
    assert "示例根" in run("crl", "show", stdin=(tmp_path / "list.pem").read_bytes()).stdout


def test_show_json(answer: Answer) -> None:
    crl = answer("crl", "show", "list.pem")["crl"]
    assert (crl["type"], crl["version"], crl["revoked_count"]) == ("crl", 2, 2)
    assert [entry["serial_number"] for entry in crl["revoked"]] == ["ABCD", "05"]
    limited = answer("crl", "show", "--limit", "1", "list.pem")["crl"]
    assert (len(limited["revoked"]), limited["revoked_omitted"]) == (1, 1)


@pytest.mark.parametrize("serial", ["abcd", "AB:CD", "0xABCD", "00abcd", " AB:CD "])
def test_find(run: Run, answer: Answer, serial: str) -> None:
    shown = run("crl", "show", "--find", serial, "list.pem").stdout
    assert "ABCD" in shown
    assert "keyCompromise" in shown
    assert "cRLNumber" not in shown
    assert answer("crl", "show", "--find", serial, "list.pem")["found"] == {
        "serial_number": "ABCD",
        "issuer": "C=CN, O=示例市测试机构, CN=示例根",
        "revocation_date": "2026-06-05T12:00:00Z",
        "reason": "keyCompromise",
        "invalidity_date": "2026-06-15T12:00:00Z",
    }


def test_find_what_is_not_there(run: Run, answer: Answer) -> None:
    assert "不在列表中" in run("crl", "show", "--find", "ABCE", "list.pem").stdout
    assert answer("crl", "show", "--find", "ABCE", "list.pem")["found"] is None
    assert answer("crl", "show", "--find", "5", "list.pem")["found"]["reason"] is None


def test_find_in_an_indirect_list(answer: Answer, tmp_path: Path) -> None:
    scope = IssuingDistributionPoint(indirect_crl=True)
    crl = ROOT.crl(revoked(9, certificate_issuer=name("甲")), issuing_distribution_point=scope)
    (tmp_path / "indirect.pem").write_bytes(crl.to_pem())
    assert answer("crl", "show", "--find", "9", "indirect.pem")["found"] is None
    owner = ("--certificate-issuer", "C=CN, O=示例市测试机构, CN=甲")
    assert answer("crl", "show", "--find", "9", *owner, "indirect.pem")["found"]["serial_number"] == "09"


@pytest.mark.parametrize(("reason", "shown"), [(r, None) for r in ReasonCode])
def test_reasons_are_spelt_as_in_the_standard(
    answer: Answer, tmp_path: Path, reason: ReasonCode, shown: str | None
) -> None:
    crl = ROOT.crl(revoked(9, reason), delta_base=1)
    (tmp_path / "delta.pem").write_bytes(crl.to_pem())
    shown = answer("crl", "show", "delta.pem")["crl"]["revoked"][0]["extensions"]
    expected = shown[0]["value"]["reason"] if shown else None
    assert answer("crl", "show", "--find", "9", "delta.pem")["found"]["reason"] == expected


@pytest.mark.parametrize("serial", ["", "xyz", "0x", "1_0", "5 5", "-", "f" * 257, "５"])
def test_serial_numbers_are_hexadecimal(answer: Answer, serial: str) -> None:
    assert answer("crl", "show", "--find", serial, "list.pem", exit_code=2)["error"]["type"] == "UsageError"


def test_options_that_need_each_other(answer: Answer) -> None:
    owner = ("--certificate-issuer", "CN=x")
    answer("crl", "show", *owner, "list.pem", exit_code=2)
    answer("crl", "verify", "--issuer", "root.pem", *owner, "list.pem", exit_code=2)
    answer("crl", "verify", "list.pem", exit_code=2)
    answer("crl", "show", "--limit", "-1", "list.pem", exit_code=2)


# ---- lenient --------------------------------------------------------------------------------------------------------
def test_an_option_that_would_accept_the_signature_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "foreign.crl").write_bytes(ROOT.builder().sign(ROOT.key, user_id=b"").der)
    refusal = run("crl", "verify", "--issuer", "root.pem", *AT, "foreign.crl", exit_code=1).stderr
    assert "it holds with empty-user-id, which --lenient accepts" in refusal
    run("crl", "verify", "--lenient", "--issuer", "root.pem", *AT, "foreign.crl")


def test_departures_are_named(answer: Answer, run: Run, tmp_path: Path) -> None:
    fields = der.Reader(ROOT.crl().tbs_der).sequence()
    parts = []
    while not fields.at_end():
        parts.append(fields.raw_element())
    tbs = der.encode_sequence(*parts[:5], b"\x30\x00", *parts[5:])
    signature = der.encode_bit_string(ROOT.key.sign(tbs, user_id=b""))
    (tmp_path / "odd.der").write_bytes(der.encode_sequence(tbs, parts[1], signature))
    error = answer("crl", "show", "odd.der", exit_code=1)["error"]
    assert error["type"] == "DecodeError"
    assert "--lenient may read it" in error["message"]
    assert "empty-sequence" in run("crl", "show", "--lenient", "odd.der").stdout
    verified = answer("crl", "verify", "--lenient", "--issuer", "root.pem", *AT, "odd.der")
    assert [text.split()[0] for text in verified["quirks"]] == ["empty-sequence", "empty-user-id"]


@pytest.mark.parametrize("data", [b"", b"rubbish", b"0\x80", ROOT.certificate.to_pem()])
@pytest.mark.parametrize("mode", [(), ("--lenient",)])
def test_what_is_no_list(answer: Answer, tmp_path: Path, data: bytes, mode: tuple[str, ...]) -> None:
    (tmp_path / "odd").write_bytes(data)
    answer("crl", "show", *mode, "odd", exit_code=1)
    answer("crl", "verify", "--issuer", "root.pem", *mode, "odd", exit_code=1)


# ---- verify ---------------------------------------------------------------------------------------------------------
def test_verify(run: Run, answer: Answer) -> None:
    shown = run("crl", "verify", "--issuer", "root.pem", *AT, "list.pem").stdout
    assert "撤销列表有效" in shown
    assert "2026-06-16 12:00:00" in shown
    assert answer("crl", "verify", "--issuer", "root.pem", *AT, "list.pem") == {
        "ok": True,
        "valid": True,
        "issuer": "C=CN, O=示例市测试机构, CN=示例根",
        "number": 10,
        "delta_base": None,
        "this_update": "2026-06-14T12:00:00Z",
        "next_update": "2026-06-16T12:00:00Z",
        "revoked_count": 2,
        "quirks": [],
    }


def test_verify_and_find(answer: Answer, run: Run) -> None:
    options = ("--issuer", "root.pem", *AT, "--find", "ABCD")
    assert answer("crl", "verify", *options, "list.pem")["found"]["reason"] == "keyCompromise"
    assert "keyCompromise" in run("crl", "verify", *options, "list.pem").stdout


@pytest.mark.parametrize(
    ("at", "message"),
    [("2026-06-14T11:59:59Z", "after the time in question"), ("2026-06-16T12:00:01Z", "out of date since 2026-06-16")],
)
def test_times(answer: Answer, at: str, message: str) -> None:
    error = answer("crl", "verify", "--issuer", "root.pem", "--at", at, "list.pem", exit_code=1)["error"]
    assert error["type"] == "ValidationError"
    assert message in error["message"]


def test_now_is_the_time_without_another(answer: Answer, tmp_path: Path) -> None:
    from datetime import datetime, timedelta, timezone

    now = datetime.now(timezone.utc).replace(microsecond=0)
    crl = ROOT.crl(this_update=now - timedelta(hours=1), next_update=now + timedelta(hours=1))
    (tmp_path / "now.pem").write_bytes(crl.to_pem())
    answer("crl", "verify", "--issuer", "root.pem", "now.pem")


@pytest.mark.parametrize("at", ["yesterday", "", "2026-13-01", "2026-06-15T12:00:00ZZ", "２０２６-01-01"])
def test_times_are_iso_8601(answer: Answer, at: str) -> None:
    answer("crl", "verify", "--issuer", "root.pem", "--at", at, "list.pem", exit_code=2)


@pytest.mark.parametrize("at", ["2026-06-15", "2026-06-15T20:00:00+08:00", "2026-06-15 12:00:00"])
def test_times_have_several_forms(answer: Answer, at: str) -> None:
    answer("crl", "verify", "--issuer", "root.pem", "--at", at, "list.pem")


def other_issuers() -> dict[str, tuple[Any, str, str]]:
    return {
        "another key": (Authority(key_label="别人").certificate, "InvalidSignature", "does not hold"),
        "another name": (
            Authority("别人", ROOT.label).certificate,
            "ValidationError",
            "not by CN=别人",
        ),
        "no cRLSign": (
            Authority(usage=KeyUsages.KEY_CERT_SIGN).certificate,
            "ValidationError",
            "no cRLSign",
        ),
    }


@pytest.mark.parametrize("case", ["another key", "another name", "no cRLSign"])
def test_issuers(answer: Answer, tmp_path: Path, case: str) -> None:
    certificate, kind, message = other_issuers()[case]
    (tmp_path / "other.pem").write_bytes(certificate.to_pem())
    error = answer("crl", "verify", "--issuer", "other.pem", *AT, "list.pem", exit_code=1)["error"]
    assert error["type"] == kind
    assert message in error["message"]


def test_a_changed_list(answer: Answer, tmp_path: Path) -> None:
    data = (tmp_path / "list.der").read_bytes()
    (tmp_path / "changed.der").write_bytes(data.replace(b"\x02\x01\x05", b"\x02\x01\x06"))
    error = answer("crl", "verify", "--issuer", "root.pem", *AT, "changed.der", exit_code=1)["error"]
    assert error["type"] == "InvalidSignature"


def test_files_that_are_not_there(answer: Answer) -> None:
    answer("crl", "show", "nowhere.pem", exit_code=1)
    answer("crl", "verify", "--issuer", "nowhere.pem", "list.pem", exit_code=1)
    answer("crl", "verify", "--issuer", "list.pem", "list.pem", exit_code=1)
