"""What time-stamp requests, responses and tokens say, as values for ``--json`` and as lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gmpki.asn1.rfc5280 import Name
from gmpki.cli._names import show_name
from gmpki.cli._serial_numbers import show_serial_number
from gmpki.tsa.response import failure_names
from gmpki.x509._spelling import spelling

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from gmpki.asn1.rfc3161 import MessageImprint
    from gmpki.asn1.rfc5280 import Extension
    from gmpki.tsa.request import TimestampRequest
    from gmpki.tsa.response import TimestampResponse
    from gmpki.tsa.token import TimestampToken
    from gmpki.tsa.verify import VerifiedTimestamp
    from gmpki.x509.path.result import ValidatedPath

__all__ = ["describe_request", "describe_response", "describe_stamp", "describe_token", "lines_of"]

# The lines for a person: where a value stands, what it is called.
_LABELS = {
    "kind": ("类型", "kind"),
    "status": ("状态", "status"),
    "failures": ("失败原因", "failures"),
    "text": ("说明", "text"),
    "time": ("时间", "time"),
    "accuracy_s": ("精度（秒）", "accuracy in seconds"),
    "ordering": ("保证次序", "ordering"),
    "serial_number": ("序列号", "serial number"),
    "policy": ("策略", "policy"),
    "hash": ("摘要算法", "hash"),
    "imprint": ("摘要", "imprint"),
    "nonce": ("随机数", "nonce"),
    "certificate_wanted": ("要求证书", "certificate wanted"),
    "authority": ("时间戳机构", "authority"),
    "form": ("格式", "form"),
    "chain": ("证书链", "chain"),
    "subject": ("证书", "certificate"),
}


def describe_request(request: TimestampRequest) -> dict[str, Any]:
    """Return what a request says."""
    return {
        "kind": "request",
        **_imprint(request.message_imprint),
        "policy": None if request.policy is None else str(request.policy),
        "nonce": _number(request.nonce),
        "certificate_wanted": request.certificate_wanted,
        "extensions": _extensions(request.extensions),
        "quirks": [str(quirk) for quirk in request.quirks],
    }


def describe_response(response: TimestampResponse) -> dict[str, Any]:
    """Return what a response says, its token too."""
    fields: dict[str, Any] = {
        "kind": "response",
        "status": spelling(response.status.name),
        "failures": list(failure_names(response.failures)),
        "text": response.text,
    }
    if response.is_granted:
        fields |= describe_token(response.token) | {"kind": "response"}
    return fields


def describe_token(token: TimestampToken) -> dict[str, Any]:
    """Return what a token says, none of it verified."""
    name = token.authority_name
    return {
        "kind": "token",
        "time": _exact(token.time),
        "accuracy_s": _seconds(token.accuracy),
        "ordering": token.ordering,
        "serial_number": show_serial_number(token.serial_number),
        "policy": str(token.policy),
        **_imprint(token.message_imprint),
        "nonce": _number(token.nonce),
        "authority": None if name is None else show_name(name.value) if isinstance(name.value, Name) else str(name),
        "form": token.profile.value,
        "signature_algorithm": token.signer.signature_algorithm.shown,
        "certificates": [
            {"subject": show_name(found.subject), "serial_number": show_serial_number(found.serial_number)}
            for found in token.certificates
        ],
        "extensions": _extensions(token.extensions),
        "quirks": [str(quirk) for quirk in token.quirks],
    }


def describe_stamp(stamp: VerifiedTimestamp) -> dict[str, Any]:
    """Return what a verified token proves."""
    certificate = stamp.certificate
    return {
        "valid": True,
        "time": _exact(stamp.time),
        "accuracy_s": _seconds(stamp.accuracy),
        "ordering": stamp.ordering,
        "serial_number": _number(stamp.serial_number),
        "policy": stamp.policy,
        "hash": None if stamp.imprint is None else stamp.imprint.hash_name,
        "imprint": None if stamp.imprint is None else stamp.imprint.digest.hex(),
        "authority": None if certificate is None else show_name(certificate.subject),
        "chain": "not checked" if stamp.path is None else _chain(stamp.path),
        "quirks": [str(quirk) for quirk in stamp.quirks],
    }


def _chain(path: ValidatedPath) -> str:
    """Name the certificates from that of the authority to the trust anchor."""
    names = [found.subject for found in path.chain] + [path.anchor.subject]
    return " <- ".join(show_name(name) for name in names)


def lines_of(fields: dict[str, Any], indent: str = "") -> list[str]:
    """Return the lines for a person."""
    lines = []
    for name, value in fields.items():
        if name in _LABELS and value not in (None, "", []):
            chinese, english = _LABELS[name]
            lines.append(f"{indent}{chinese} {english}: {_shown(value)}")
    for each in fields.get("extensions", ()):
        critical = " 关键 critical" if each["critical"] else ""
        lines.append(f"{indent}扩展 extension: {each['name']}{critical}: {each['value']}")
    for each in fields.get("certificates", ()):
        lines.append(f"{indent}-")
        lines += lines_of(each, indent + "  ")
    lines += [f"{indent}与标准不符 departure: {quirk}" for quirk in fields.get("quirks", ())]
    return lines


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _imprint(imprint: MessageImprint) -> dict[str, str]:
    return {"hash": imprint.hash_algorithm.shown, "imprint": imprint.hashed_message.hex()}


def _number(value: int | None) -> str | None:
    return None if value is None else show_serial_number(value)


def _seconds(accuracy: timedelta | None) -> float | None:
    return None if accuracy is None else accuracy.total_seconds()


def _exact(time: datetime) -> str:
    """Write a time in UTC with its fraction of a second, where it has one."""
    return time.replace(tzinfo=None).isoformat() + "Z"


def _extensions(extensions: Iterable[Extension]) -> list[dict[str, Any]]:
    return [
        {"oid": str(each.extn_id), "name": each.extn_id.name, "critical": each.critical, "value": each.extn_value.hex()}
        for each in extensions
    ]
