"""Tables about certificates: one's own, and the database of ``openssl ca``."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.takeover.index import is_openssl_index, parse_serial, read_openssl_index, read_table
from gmpki.errors import InvalidInputError, InvalidTypeError

AT = datetime(2026, 1, 31, 8, 0, 0, tzinfo=timezone.utc)
VALID = "V\t361231235959Z\t\t1000\tunknown\t/CN=a\n"


@pytest.mark.parametrize(
    ("text", "serial"), [("0A:5b", 0xA5B), ("0x0A5B", 0xA5B), ("000", 0), (" 10 ", 16)], ids=["colons", "0x", "0", "10"]
)
def test_serial_numbers(text: str, serial: int) -> None:
    assert parse_serial(text) == serial


@pytest.mark.parametrize("text", ["", "xyz", "-1", "1" * 41, "0x"])
def test_no_serial_numbers(text: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_serial(text)


@pytest.mark.parametrize(
    ("revocation", "status", "reason", "invalidity"),
    [
        ("260131080000Z", "revoked", ReasonCode.UNSPECIFIED, None),
        ("20260131080000Z,keyCompromise", "revoked", ReasonCode.KEY_COMPROMISE, None),
        ("260131080000Z,CACompromise", "revoked", ReasonCode.CA_COMPROMISE, None),
        ("260131080000Z,certificateHold", "suspended", ReasonCode.CERTIFICATE_HOLD, None),
        ("260131080000Z,holdInstruction,1.2.840.10040.2.3", "suspended", ReasonCode.CERTIFICATE_HOLD, None),
        ("260131080000Z,keyTime,20260131080000Z", "revoked", ReasonCode.KEY_COMPROMISE, AT),
    ],
)
def test_revocations_of_openssl(revocation: str, status: str, reason: ReasonCode, invalidity: datetime | None) -> None:
    line = f"R\t361231235959Z\t{revocation}\t0A\tunknown\t/CN=a\n"
    (entry,), problems = read_openssl_index(line.encode("ascii"))
    assert problems == []
    assert (entry.serial, entry.status, entry.revoked_at) == (10, status, AT)
    assert (entry.reason, entry.invalidity_date) == (reason, invalidity)


@pytest.mark.parametrize(
    "line",
    [
        "V\t361231235959Z\t\t1000\tunknown\n",
        "X\t361231235959Z\t\t1000\tunknown\t/CN=a\n",
        "V\tsoon\t\t1000\tunknown\t/CN=a\n",
        "V\t361331235959Z\t\t1000\tunknown\t/CN=a\n",
        "V\t361231235959Z\t\tzz\tunknown\t/CN=a\n",
        "R\t361231235959Z\t\t1000\tunknown\t/CN=a\n",
        "R\t361231235959Z\t260131080000Z,bored\t1000\tunknown\t/CN=a\n",
    ],
    ids=["columns", "status", "time", "month", "serial", "no-date", "reason"],
)
def test_lines_that_are_none(line: str) -> None:
    entries, problems = read_openssl_index((VALID + line).encode("ascii"))
    assert [entry.serial for entry in entries] == [0x1000]
    assert [problem.place for problem in problems] == ["index.txt:2"]


def test_what_is_such_a_database() -> None:
    assert is_openssl_index(VALID.encode("ascii"))
    assert not is_openssl_index(b"V for victory\n")
    with pytest.raises(InvalidTypeError):
        read_openssl_index("V")  # type: ignore[arg-type]


def test_a_table(tmp_path: Path) -> None:
    path = tmp_path / "holders.csv"
    path.write_text(
        "serial,status,revoked_at,reason,name,partner\n"
        "0A,revoked,2026-01-31T08:00:00Z,keyCompromise,张三,0B\n"
        "0C,revoked,,,,\n"
        "0D,gone,,,,\n"
        ",valid,,,,\n"
        "0E,revoked,yesterday,,,\n"
        "0F,revoked,2026-01-31T08:00:00,,,\n",
        encoding="utf-8",
    )
    (entry,), problems = read_table(path)
    assert (entry.serial, entry.revoked_at, entry.reason, entry.partner) == (10, AT, ReasonCode.KEY_COMPROMISE, 11)
    assert dict(entry.holder) == {"name": "张三"}
    assert "张三" not in repr(entry)
    assert [problem.place for problem in problems] == [f"holders.csv:{number}" for number in range(2, 7)]


def test_a_column_that_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "holders.csv"
    path.write_text("serial,colour\n1,red\n", encoding="ascii")
    with pytest.raises(InvalidInputError, match="colour"):
        read_table(path)
