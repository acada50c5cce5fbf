"""What OCSP requests and responses say, as values for ``--json`` and as lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gmpki.asn1.rfc6960 import CertStatusKind, ResponseStatus
from gmpki.cli import _io
from gmpki.cli._names import show_name
from gmpki.cli._output import Failure, Report, facts
from gmpki.cli._serial_numbers import show_serial_number
from gmpki.cli._times import show_time
from gmpki.errors import GmpkiError
from gmpki.ocsp.cert_ids import hash_name_of
from gmpki.ocsp.response import OCSPResponse
from gmpki.x509._spelling import spelling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.rfc5280 import Extension
    from gmpki.asn1.rfc6960 import CertID, ResponderID, SingleResponse
    from gmpki.ocsp.request import OCSPRequest

__all__ = ["answer_report", "describe_request", "describe_response", "lines_of"]

# The lines for a person: where a value stands, what it is called.
_LABELS = {
    "kind": ("类型", "kind"),
    "status": ("状态", "status"),
    "requestor_name": ("请求者", "asked by"),
    "responder_name": ("响应者", "responder"),
    "responder_key_hash": ("响应者公钥 SHA-1", "responder's key, SHA-1"),
    "produced_at": ("签发时间", "produced at"),
    "nonce": ("随机数", "nonce"),
    "serial_number": ("序列号", "serial number"),
    "hash": ("摘要算法", "hash"),
    "issuer_name_hash": ("颁发者名称摘要", "issuer name hash"),
    "issuer_key_hash": ("颁发者公钥摘要", "issuer key hash"),
    "revoked_at": ("撤销时间", "revoked at"),
    "reason": ("撤销原因", "reason"),
    "this_update": ("本次更新", "this update"),
    "next_update": ("下次更新", "next update"),
    "signature_algorithm": ("签名算法", "signature algorithm"),
    "signature": ("签名", "signature"),
    "subject": ("证书", "certificate"),
}


def describe_request(request: OCSPRequest) -> dict[str, Any]:
    """Return what a request says."""
    algorithm = request.signature_algorithm
    signature = request.signature
    return {
        "kind": "request",
        "requestor_name": None if request.requestor_name is None else str(request.requestor_name),
        "nonce": None if request.nonce is None else request.nonce.hex(),
        "questions": [
            {**_identifier(question.cert_id), "extensions": _extensions(question.extensions)}
            for question in request.requests
        ],
        "extensions": _extensions(request.extensions),
        "signature_algorithm": None if algorithm is None else algorithm.shown,
        "signature": None if signature is None else signature.hex(),
        "quirks": [str(quirk) for quirk in request.quirks],
    }


def describe_response(response: OCSPResponse) -> dict[str, Any]:
    """Return what a response says; of one that is no answer, why."""
    fields: dict[str, Any] = {"kind": "response", "status": response.status.standard_name}
    if response.status is not ResponseStatus.SUCCESSFUL:
        return fields
    return {
        **fields,
        **_responder(response.responder_id),
        "produced_at": show_time(response.produced_at),
        "nonce": None if response.nonce is None else response.nonce.hex(),
        "answers": [_answer(answer) for answer in response.responses],
        "extensions": _extensions(response.extensions),
        "signature_algorithm": response.signature_algorithm.shown,
        "signature": response.signature.hex(),
        "certificates": [_certificate(response, number) for number in range(len(response.certificates_der))],
        "quirks": [str(quirk) for quirk in response.quirks],
    }


def answer_report(encoded: bytes, output: str, *, force: bool) -> Report:
    """Write the response that a responder gave; return what a command answers, a failure where it says only why not.

    :param encoded: its DER.
    """
    _io.write_output(output, encoded, force=force)
    response = OCSPResponse.from_der(encoded)
    status = response.status.standard_name
    lines = facts([("已应答", "answered", status), ("响应", "response", output)])
    is_answer = response.status is ResponseStatus.SUCCESSFUL
    failure = None if is_answer else Failure("ResponderError", f"the OCSP responder answered {status}")
    return Report({**describe_response(response), "output": output}, [] if output == "-" else lines, failure)


def _identifier(identifier: CertID) -> dict[str, Any]:
    return {
        "serial_number": show_serial_number(identifier.serial_number),
        "hash": hash_name_of(identifier) or identifier.hash_algorithm.shown,
        "issuer_name_hash": identifier.issuer_name_hash.hex(),
        "issuer_key_hash": identifier.issuer_key_hash.hex(),
    }


def _responder(identity: ResponderID) -> dict[str, Any]:
    if identity.name is not None:
        return {"responder_name": show_name(identity.name)}
    return {"responder_key_hash": (identity.key_hash or b"").hex()}


def _answer(answer: SingleResponse) -> dict[str, Any]:
    fields = {**_identifier(answer.cert_id), "status": answer.status.kind.value}
    if answer.status.kind is CertStatusKind.REVOKED:
        reason = answer.status.revocation_reason
        fields["revoked_at"] = show_time(answer.status.revocation_time)
        fields["reason"] = None if reason is None else spelling(reason.name)
    fields["this_update"] = show_time(answer.this_update)
    fields["next_update"] = show_time(answer.next_update)
    fields["extensions"] = _extensions(answer.extensions)
    return fields


def _extensions(extensions: Iterable[Extension]) -> list[dict[str, Any]]:
    return [
        {"oid": str(each.extn_id), "name": each.extn_id.name, "critical": each.critical, "value": each.extn_value.hex()}
        for each in extensions
    ]


def _certificate(response: OCSPResponse, number: int) -> dict[str, Any]:
    """Name a certificate that came along; one that cannot be read has no name."""
    encoded = response.certificates_der[number].hex()
    try:
        certificate = response.certificate(number)
    except GmpkiError as error:
        return {"problem": str(error), "der": encoded}
    serial_number = show_serial_number(certificate.serial_number)
    return {"subject": show_name(certificate.subject), "serial_number": serial_number, "der": encoded}


def lines_of(fields: dict[str, Any], indent: str = "") -> list[str]:
    """Return the lines for a person."""
    lines = []
    for name, value in fields.items():
        if name in _LABELS and value is not None:
            chinese, english = _LABELS[name]
            lines.append(f"{indent}{chinese} {english}: {value}")
    for each in fields.get("extensions", ()):
        critical = " 关键 critical" if each["critical"] else ""
        lines.append(f"{indent}扩展 extension: {each['name']}{critical}: {each['value']}")
    for group in ("questions", "answers", "certificates"):
        for each in fields.get(group, ()):
            lines.append(f"{indent}- {each.get('problem', '')}".rstrip())
            lines += lines_of(each, indent + "  ")
    lines += [f"{indent}与标准不符 departure: {quirk}" for quirk in fields.get("quirks", ())]
    return lines
