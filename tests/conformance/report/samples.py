"""Reports for tests: of a driver that is invented, with every outcome, severity and confidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from gmpki.conformance.model import (
    Call,
    Clause,
    Kind,
    LatencyRow,
    Outcome,
    Permission,
    Result,
    Severity,
    Words,
)
from gmpki.conformance.report.document import DriverFile, Report, ReportedCheck
from gmpki.tokens.limits import limit_profile

STARTED = datetime(2026, 3, 1, 8, 0, tzinfo=timezone.utc)
ENDED = datetime(2026, 3, 1, 8, 12, 34, tzinfo=timezone.utc)
DOCUMENT = "GM/T 0016-2012"

Row = tuple[str, str, str, str, str, Severity, Outcome]

R, S, I = Severity.REQUIRED, Severity.RECOMMENDED, Severity.INFORMATION  # noqa: E741
ROWS: tuple[Row, ...] = (
    ("SKF-BUF-001", "7.1.4", "A", "SKF_EnumDev tells the length", "SKF_EnumDev 报告长度", R, Outcome.PASSED),
    ("SKF-BUF-002", "7.1.4", "A", "A buffer that is too small is refused", "缓冲区不足时拒绝", R, Outcome.FAILED),
    ("SKF-BUF-003", "7.3.3", "B", "A list without entries is two zero bytes", "空列表为两个零字节", S, Outcome.FAILED),
    ("SKF-PIN-001", "7.2.6", "A", "A wrong PIN takes one try", "PIN 错误一次，剩余次数减一", R, Outcome.NOT_RUN),
    ("SKF-PIN-002", "7.2.5", "A", "The counter survives a reconnect", "重新连接后剩余次数不变", R, Outcome.PASSED),
    ("SKF-SGN-001", "7.6.10", "A", "Signatures verify in software", "软件可验证签名", R, Outcome.DEVIATION),
    ("SKF-SGN-002", "7.6.11", "C", "A wrong signature is refused", "错误的签名被拒绝", R, Outcome.PASSED),
    ("SKF-SYM-001", "7.6.20", "A", "SM1 in ECB mode", "SM1 ECB 模式", S, Outcome.UNSUPPORTED),
    ("SKF-COD-001", "", "D", "Which code says that a container exists", "容器已存在时的错误码", I, Outcome.PASSED),
)  # fmt: skip


GROUPS = {
    "BUF": ("buffers", Words("Buffers", "缓冲区")),
    "PIN": ("pins", Words("PINs", "PIN")),
    "SGN": ("signing", Words("Signatures", "签名")),
    "SYM": ("ciphers", Words("Ciphers", "对称算法")),
    "COD": ("codes", Words("Codes", "错误码")),
}


def check_of(row: Row) -> ReportedCheck:
    identifier, clause, confidence, en, zh, severity, outcome = row
    needs = frozenset({Permission.LOCK, Permission.WRITE}) if outcome is Outcome.NOT_RUN else frozenset[Permission]()
    group, group_title = GROUPS[identifier[4:7]]
    return ReportedCheck(
        identifier,
        group,
        group_title,
        Words(en, zh),
        Clause(DOCUMENT, clause, confidence),
        severity,
        needs,
        ("SKF_EnumDev",),
        "Call with a null list, and again with a buffer of the length that came.",
        Words("a container with keys", "一个有密钥的容器") if identifier == "SKF-SGN-001" else None,
    )


def result_of(row: Row) -> Result:
    identifier, outcome = row[0], row[-1]
    functions = ("SKF_ConnectDev", "SKF_ECCVerify" if "SGN" in identifier else "SKF_EnumDev")
    result = Result(identifier, outcome, call_count=3, duration_s=0.25, functions=functions)
    if outcome is Outcome.FAILED:
        message = Words(
            "SKF_EnumDev answered SAR_OK, SAR_BUFFER_TOO_SMALL expected",
            "SKF_EnumDev 返回 SAR_OK，应为 SAR_BUFFER_TOO_SMALL",
        )
        calls = (Call("SKF_EnumDev", "TRUE, NULL, 0", "SAR_OK"), Call("SKF_EnumDev", "TRUE, 4 bytes, 4", ""))
        return replace(result, message=message, calls=calls, observed=(("code", "SAR_OK"), ("length", "18")))
    if outcome is Outcome.DEVIATION:
        return replace(
            result,
            message=Words("the coordinates stand on the left of their 64 bytes", "坐标在 64 字节中左对齐"),
            workaround=Words("the client moves them to the right", "客户端将其右移"),
        )
    if outcome is Outcome.UNSUPPORTED:
        return replace(
            result,
            message=Words("SKF_EncryptInit answered SAR_NOTSUPPORTYETERR", "SKF_EncryptInit 返回 SAR_NOTSUPPORTYETERR"),
        )
    if outcome is Outcome.NOT_RUN:
        return replace(result, message=Words("needs --allow-lock", "需要 --allow-lock"), functions=(), call_count=0)
    return replace(result, observed=(("code", "SAR_FAIL"),)) if row[5] is Severity.INFORMATION else result


def latency() -> tuple[LatencyRow, ...]:
    return (
        LatencyRow("sm2", "generate", 20, 0.210, 0.200, 0.260, 0.300),
        LatencyRow("sm2", "sign", 200, 0.0205, 0.020, 0.025, 0.0312),
        LatencyRow("sm2", "verify", 200, 0.031, 0.030, 0.036, 0.041),
        LatencyRow("rsa-2048", "generate", 20, 4.1, 3.2, 9.9, 12.4),
        LatencyRow("sm4", "encrypt", 50, 0.0125, 0.0124, 0.0131, 0.0140, 16384),
        LatencyRow("sm3", "digest", 50, 0.002, 0.0019, 0.0022, 0.0027, 16384),
    )


def driver() -> DriverFile:
    return DriverFile("libexample_skf.so", "0f" * 32, "a5" * 32, 123456)


def report(*outcomes: tuple[str, Outcome], **fields: Any) -> Report:
    """Return a report.

    :param outcomes: checks that came to something else than in ROWS.
    :param fields: of the report that are otherwise.
    """
    changed = dict(outcomes)
    rows = [(*row[:-1], changed.get(row[0], row[-1])) for row in ROWS]
    whole = Report(
        kind=Kind.SKF,
        driver=driver(),
        started=STARTED,
        ended=ENDED,
        checks=tuple(check_of(row) for row in ROWS),
        results=tuple(result_of(row) for row in rows),
        device={"manufacturer": "示例公司", "label": "Example UKey", "serial_number": "0123456789"},
        driver_profile={"layout": "u32 pack1", "quirks": ["digest-without-init"], "missing": [], "notes": "<none>"},
        permissions=frozenset({Permission.WRITE, Permission.INIT}),
        limits=limit_profile("tender"),
        environment={"gmpki": "0.0", "python": "3.11", "system": "Linux 6.1"},
        latency=latency(),
    )
    return replace(whole, **fields)


def passing(*identifiers: str) -> tuple[tuple[str, Outcome], ...]:
    """Return what lets these checks pass; all when none is named."""
    return tuple((row[0], Outcome.PASSED) for row in ROWS if not identifiers or row[0] in identifiers)
