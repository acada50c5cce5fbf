"""Certificates, requests and revocation lists as text for people, complete and safe to print.

Every field is shown, and every extension that is known is shown decoded, others as bytes. Names of object identifiers
stand in English and Chinese. Control characters, marks that change the direction of writing, and everything else that
a terminal would obey or hide is shown in hexadecimal, whatever the object says.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from gmpki import oids
from gmpki.asn1.rfc5280._name_text import shown_text
from gmpki.asn1.rfc5280.algorithm import NULL
from gmpki.oids import ObjectIdentifier
from gmpki.x509._facts import DEFAULT_LIMIT, HexNumber, facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.x509._facts import Facts
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.crl import CertificateRevocationList
    from gmpki.x509.request import CertificateRequest

__all__ = ["INDENT", "dump_lines", "labelled", "object_lines", "oid_text", "quirk_lines", "to_text"]

INDENT: Final = "    "
_WIDTH: Final = 100  # characters of a value that still stands beside its label
_ROW: Final = 16  # bytes in a row of hexadecimal digits
_SHORT_BYTES: Final = 32  # that still stand in one row: identifiers and hashes
_SHORT_NUMBER: Final = 64  # bits of a number that is shown in decimal too

_TITLES: Final = {
    "certificate": "Certificate 证书",
    "request": "Certification request 证书请求",
    "crl": "Certificate revocation list 证书撤销列表",
}
# The labels of the fields of the object, and of those inside it that are not just their key with spaces.
_LABELS: Final = {
    "version": "Version 版本",
    "serial_number": "Serial number 序列号",
    "signature_algorithm": "Signature algorithm 签名算法",
    "issuer": "Issuer 颁发者",
    "not_before": "Not before 生效时间",
    "not_after": "Not after 截止时间",
    "subject": "Subject 主体",
    "public_key": "Public key 公钥",
    "issuer_unique_id": "Issuer unique ID 颁发者唯一标识符",
    "subject_unique_id": "Subject unique ID 主体唯一标识符",
    "extensions": "Extensions 扩展项",
    "attributes": "Attributes 属性",
    "challenge_password": "Challenge password 挑战口令",
    "temporary_public_key": "Temporary public key 临时公钥",
    "this_update": "This update 本次更新",
    "next_update": "Next update 下次更新",
    "revoked_count": "Revoked certificates 已撤销证书",
    "revocation_date": "revoked 撤销时间",
    "signature": "Signature 签名值",
}
# Which attributes of a request are decoded into a field of their own.
_DECODED_ATTRIBUTES: Final[dict[str, str]] = {
    oids.EXTENSION_REQUEST: "extensions",
    oids.CHALLENGE_PASSWORD: "challenge_password",
    oids.GM_CHALLENGE_PASSWORD: "challenge_password",
    oids.CFCA_TEMPORARY_PUBLIC_KEY: "temporary_public_key",
}
_INNER_LABELS: Final = {
    "ca": "CA",
    "path_len": "path length",
    "crl_issuer": "CRL issuer",
    "indirect_crl": "indirect CRL",
    "log_id": "log ID",
    "timestamp_ms": "time in milliseconds",
}


def to_text(value: Certificate | CertificateRequest | CertificateRevocationList, *, limit: int = DEFAULT_LIMIT) -> str:
    """Return everything that a certificate, a request or a revocation list says, as lines of text.

    Identity numbers in extensions and names of persons are shown: the text is as confidential as the object.

    :param limit: how many entries of a revocation list are shown at most.
    :raises InvalidTypeError: when the value is none of the three, or the limit no ``int``.
    :raises InvalidInputError: when the limit is negative.
    """
    facts = facts_of(value, limit)
    return "\n".join(object_lines(facts)) + "\n"


def object_lines(facts: Facts) -> Iterator[str]:
    """Give the lines of a whole object, whose facts are used up.

    What has a shape of its own is taken out of the general rule here.
    """
    yield _TITLES[facts.pop("type")] + ":"
    for key, value in facts.items():
        if key == "extensions":
            yield from _extensions(value, 1)
        elif key == "public_key":
            yield f"{INDENT}{_LABELS[key]}:"
            yield from _fields(_ordered_key(value), 2)
        elif key == "attributes":
            yield from _attributes([item for item in value if not _is_shown_decoded(item["type"], facts)])
        elif key == "revoked":
            yield from _revoked(value, facts["revoked_omitted"])
        elif key == "fingerprints":
            yield f"{INDENT}SM3 fingerprint 指纹: {_colons(value['sm3'])}"
            yield f"{INDENT}SHA-256 fingerprint 指纹: {_colons(value['sha256'])}"
        elif key == "quirks":
            yield from quirk_lines(value)
        elif key != "revoked_omitted":
            yield from _field(key, value, 1)


def _ordered_key(key: Facts) -> Facts:
    """Leave out of a public key what another line says already: the curve's parameters, the encoding of an RSA key."""
    shown = dict(key)
    if shown["curve"] is not None or shown["parameters"] == NULL:
        del shown["parameters"]
    if shown["modulus"] is not None:
        del shown["key"]
    bits = shown.pop("bits")
    return {"algorithm": shown.pop("algorithm"), "size": None if bits is None else f"{bits} bits", **shown}


def quirk_lines(quirks: list[Facts]) -> Iterator[str]:
    """Give the lines of what departs from the standards; none when nothing does."""
    if quirks:
        yield f"{INDENT}Departures from the standards 与标准不符之处 ({len(quirks)}):"
        for quirk in quirks:
            yield INDENT * 2 + shown_text(quirk["text"])


def _is_shown_decoded(attribute: str, request: Facts) -> bool:
    """Tell whether another part of the text says what an attribute of a request holds."""
    key = _DECODED_ATTRIBUTES.get(attribute)
    return key is not None and not _is_absent(request[key])


def _attributes(attributes: list[Facts]) -> Iterator[str]:
    if attributes:
        yield f"{INDENT}{_LABELS['attributes']} ({len(attributes)}):"
    for attribute in attributes:
        yield f"{INDENT * 2}{oid_text(attribute['type'])}:"
        for item in attribute["values"]:
            if item["value"] is not None:
                yield INDENT * 3 + shown_text(item["value"])
            else:
                yield from dump_lines(item["raw"], 3)


def _revoked(entries: list[Facts], omitted: int) -> Iterator[str]:
    for entry in entries:
        yield f"{INDENT * 2}{_LABELS['serial_number']}: {_number(entry['serial_number'])}"
        yield f"{INDENT * 3}{_LABELS['revocation_date']}: {_time(entry['revocation_date'])}"
        if entry["issuer"] is not None:
            yield from _field("issuer", entry["issuer"], 3)
        yield from _extensions(entry["extensions"], 3, headed=False)
    if omitted:
        yield f"{INDENT * 2}... {omitted} more, not shown 其余未显示"


# ---- extensions -----------------------------------------------------------------------------------------------------
def _extensions(extensions: list[Facts], depth: int, *, headed: bool = True) -> Iterator[str]:
    if headed and extensions:
        yield f"{INDENT * depth}{_LABELS['extensions']} ({len(extensions)}):"
        depth += 1
    for extension in extensions:
        critical = ", critical 关键" if extension["critical"] else ""
        yield f"{INDENT * depth}{oid_text(extension['extension'])}{critical}:"
        value = extension["value"]
        if extension["problem"] is not None:
            yield f"{INDENT * (depth + 1)}malformed 无法解析: {shown_text(extension['problem'])}"
        if value is None:
            if extension["text"] is not None:
                yield f"{INDENT * (depth + 1)}text 文本: {shown_text(extension['text'])}"
            yield from dump_lines(extension["raw"], depth + 1)
        else:
            yield from _extension_value(value, depth + 1)


def _extension_value(value: Facts, depth: int) -> Iterator[str]:
    """Give the lines of a value; a label that would only repeat the name of the extension is left out."""
    if not value:
        yield f"{INDENT * depth}(no contents 无内容)"
    elif all(_is_absent(item) for item in value.values()):
        yield f"{INDENT * depth}(empty 空)"
    elif _is_pair(value):
        yield from _bare(value, depth)
    elif len(value) == 1:
        yield from _bare(next(iter(value.values())), depth)
    else:
        yield from _fields(value, depth)


# ---- the general rule -----------------------------------------------------------------------------------------------
def _is_absent(value: Any) -> bool:
    return value is None or value == []


def _fields(facts: Facts, depth: int) -> Iterator[str]:
    for key, value in facts.items():
        yield from _field(key, value, depth)


def _field(key: str, value: Any, depth: int) -> Iterator[str]:
    """Give the lines of a field: beside its label when the value is short, below it otherwise, none when absent."""
    yield from labelled((_LABELS if depth == 1 else _INNER_LABELS).get(key) or key.replace("_", " "), value, depth)


def labelled(label: str, value: Any, depth: int) -> Iterator[str]:
    """Give the lines of a fact under a label, indented by so many levels; none when it is absent."""
    if _is_absent(value):
        return
    pad = INDENT * depth
    inline = _inline(value)
    if inline is not None and (len(inline) <= _WIDTH or not isinstance(value, bytes)):
        yield f"{pad}{label}: {inline}"
    else:
        yield f"{pad}{label}:"
        yield from _bare(value, depth + 1)


def _bare(value: Any, depth: int) -> Iterator[str]:
    """Give the lines of a value without its label."""
    pad = INDENT * depth
    if isinstance(value, bytes) and 0 < len(value) <= _SHORT_BYTES:
        yield pad + _colons(value)
    elif isinstance(value, (bytes, HexNumber)):
        data = value if isinstance(value, bytes) else _magnitude(value)
        for start in range(0, len(data), _ROW):
            yield pad + _colons(data[start : start + _ROW])
        if not data:
            yield f"{pad}(empty 空)"
    elif isinstance(value, list):
        yield from _items(value, depth)
    else:
        inline = _inline(value)
        if inline is None:
            yield from _fields(value, depth)
        else:
            yield pad + (inline or "(empty 空)")


def _items(items: list[Any], depth: int) -> Iterator[str]:
    """Give the lines of a list: words in one line, other values in one line each, structures after a dash."""
    words = [_inline(item) for item in items]
    pad = INDENT * depth
    if all(isinstance(item, (str, int)) and not isinstance(item, ObjectIdentifier) for item in items):
        yield pad + ", ".join(word or "" for word in words)
        return
    for item, word in zip(items, words, strict=True):
        if word is not None:
            yield pad + word
        else:
            lines = list(_bare(item, depth + 1)) or [f"{pad}{INDENT}(empty 空)"]
            yield f"{pad}-   {lines[0].lstrip()}"
            yield from lines[1:]


def _is_pair(value: Facts) -> bool:
    """Tell whether this is a general name or another value with its kind."""
    return value.keys() == {"kind", "value"}


def _inline(value: Any) -> str | None:
    """Return a value as part of one line, safe to print; None when it needs lines of its own."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, ObjectIdentifier):
        return oid_text(value)
    if isinstance(value, str):
        return shown_text(value)
    if isinstance(value, bytes):
        return "NULL" if value == NULL else _colons(value) or "(empty 空)"
    if isinstance(value, int):
        return _number(value)
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, dict):
        return _inline_dict(value)
    return None


def _inline_dict(value: Facts) -> str | None:
    if value.keys() == {"text", "attributes"}:  # a name, whose text is escaped already
        return value["text"] or "(empty 空)"
    if value.keys() == {"algorithm", "parameters"}:
        parameters = value["parameters"]
        if isinstance(parameters, dict):
            return None
        return oid_text(value["algorithm"]) + ("" if parameters is None else f", parameters {_inline(parameters)}")
    if _is_pair(value):
        inner = value["value"]
        if isinstance(inner, dict) and "type" in inner:  # the value of an otherName
            text = inner["value"]
            inner = f"{oid_text(inner['type'])}:{_colons(inner['raw']) if text is None else shown_text(text)}"
        else:
            inner = _inline(inner)
        return inner if value["kind"] is None else f"{value['kind']}:{inner}"
    if value.keys() == {"method", "location"}:
        return f"{oid_text(value['method'])}: {_inline(value['location'])}"
    return None


def oid_text(oid: ObjectIdentifier) -> str:
    """Return an object identifier with its names."""
    dotted = str.__str__(oid)
    if oid.name == dotted:
        return dotted
    return f"{oid.name} {oid.name_zh} ({dotted})" if oid.name_zh else f"{oid.name} ({dotted})"


def _magnitude(number: int) -> bytes:
    return abs(number).to_bytes(abs(number).bit_length() // 8 + 1, "big").lstrip(b"\0") or b"\0"


def _number(number: int) -> str:
    """Return a number in decimal while people can read that, and in hexadecimal for serial numbers and large ones."""
    sign = "-" if number < 0 else ""
    short = number.bit_length() <= _SHORT_NUMBER
    if not isinstance(number, HexNumber) and short:
        return str(number)
    return sign + _colons(_magnitude(number)) + (f" ({int(number)})" if short else "")


def _time(time: datetime) -> str:
    return time.strftime(f"{time.year:04d}-%m-%d %H:%M:%S UTC")


def _colons(data: bytes) -> str:
    return data.hex(":").upper()


def dump_lines(data: bytes, depth: int) -> Iterator[str]:
    """Give bytes as rows of an offset, hexadecimal digits and, where they are printable, ASCII characters."""
    if not data:
        yield f"{INDENT * depth}(empty 空)"
    for start in range(0, len(data), _ROW):
        row = data[start : start + _ROW]
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        yield f"{INDENT * depth}{start:04X}  {row.hex(' ').upper():<{3 * _ROW}} {letters}"
