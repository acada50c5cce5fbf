"""Text and plain data of certificates, requests and lists: every field, every extension, and safe to print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from extension_samples import KINDS, NOW, SAMPLES
from gmpki import oids
from gmpki.asn1 import der, gmt0015, rfc6960
from gmpki.asn1.rfc5280 import (
    AttributeTypeAndValue,
    BasicConstraints,
    CRLDistributionPoints,
    Extension,
    GeneralName,
    GeneralNameKind,
    IssuingDistributionPoint,
    KeyUsage,
    KeyUsages,
    Name,
    NameConstraints,
    PolicyConstraints,
    ReasonCode,
    SubjectAltName,
)
from gmpki.asn1.rfc5280._extension_value import ExtensionValue
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.oids import find
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.describe import describe
from gmpki.x509.request import CertificateRequest, RequestBuilder
from gmpki.x509.text import to_text
from x509 import made

# What makes a terminal do something, or hides or reorders text.
UNSAFE = re.compile(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def with_extensions(*extensions: ExtensionValue | Extension) -> Certificate:
    builder = made.builder()
    for extension in extensions:
        builder = builder.add_extension(extension)
    return builder.sign(made.KEY)


def value_of(certificate: Certificate, oid: str) -> Any:
    found = [item for item in describe(certificate)["extensions"] if item["extension"]["oid"] == oid]
    assert len(found) == 1
    return found[0]["value"]


# ---- every field ----------------------------------------------------------------------------------------------------
def test_fields_of_a_certificate() -> None:
    certificate = with_extensions(BasicConstraints(ca=True, path_len=2), KeyUsage(KeyUsages.CRL_SIGN))
    described = describe(certificate)
    assert list(described) == [
        "type",
        "version",
        "serial_number",
        "signature_algorithm",
        "issuer",
        "not_before",
        "not_after",
        "subject",
        "public_key",
        "issuer_unique_id",
        "subject_unique_id",
        "extensions",
        "signature",
        "fingerprints",
        "quirks",
    ]
    assert described["type"] == "certificate"
    assert described["version"] == 3
    assert described["serial_number"] == "1234567890"
    assert described["not_before"] == "2026-01-01T00:00:00Z"
    assert described["subject"]["text"] == "C=CN, O=示例市社会保障局, CN=张三"
    assert described["subject"]["attributes"][1] == {
        "type": {"oid": "2.5.4.10", "name": "organizationName", "name_zh": oids.ORGANIZATION_NAME.name_zh},
        "value": "示例市社会保障局",
        "raw": None,
        "rdn": 1,
    }
    assert described["public_key"]["bits"] == 256
    assert described["public_key"]["curve"]["oid"] == "1.2.156.10197.1.301"
    assert described["public_key"]["key"] == made.OTHER.public_key.to_bytes().hex().upper()
    assert described["signature_algorithm"]["algorithm"]["name"] == "SM2-with-SM3"
    assert described["signature_algorithm"]["parameters"] is None
    assert described["signature"] == certificate.signature.hex().upper()
    assert described["fingerprints"]["sm3"] == certificate.fingerprint("sm3").hex().upper()
    assert described["fingerprints"]["sha256"] == certificate.fingerprint("sha256").hex().upper()
    assert described["extensions"][0] == {
        "extension": {"oid": "2.5.29.19", "name": "basicConstraints", "name_zh": "基本约束"},
        "critical": True,
        "value": {"ca": True, "path_len": 2},
        "text": None,
        "raw": "30060101FF020102",
        "problem": None,
    }
    assert described["quirks"] == []


def test_text_of_a_certificate() -> None:
    lines = to_text(with_extensions(BasicConstraints(ca=True, path_len=2), KeyUsage(KeyUsages.CRL_SIGN))).splitlines()
    assert lines[:7] == [
        "Certificate 证书:",
        "    Version 版本: 3",
        "    Serial number 序列号: 12:34:56:78:90 (78187493520)",
        "    Signature algorithm 签名算法: SM2-with-SM3 基于SM2算法和SM3算法的签名 (1.2.156.10197.1.501)",
        "    Issuer 颁发者: C=CN, O=示例市数字证书认证中心, CN=示例根证书",
        "    Not before 生效时间: 2026-01-01 00:00:00 UTC",
        "    Not after 截止时间: 2036-01-01 00:00:00 UTC",
    ]
    assert lines[lines.index("    Extensions 扩展项 (2):") + 1 :][:5] == [
        "        basicConstraints 基本约束 (2.5.29.19), critical 关键:",
        "            CA: TRUE",
        "            path length: 2",
        "        keyUsage 密钥用法 (2.5.29.15), critical 关键:",
        "            cRLSign",
    ]
    assert not any("Departures" in line for line in lines)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_extension_is_shown(kind: type[ExtensionValue]) -> None:
    for sample in (sample for sample in SAMPLES if type(sample) is kind):
        certificate = with_extensions(sample)
        described = describe(certificate)
        assert json.loads(json.dumps(described)) == described
        (extension,) = described["extensions"]
        assert extension["value"] is not None
        text = to_text(certificate)
        assert f" ({str.__str__(kind.OID)})" in text
        assert not UNSAFE.search(text)
        # Every text, number and run of bytes inside stands in the text too.
        for leaf in leaves(extension["value"]):
            assert leaf in text.replace(":\n", ":").replace("\\", ""), leaf


def leaves(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict) and set(value) == {"oid", "name", "name_zh"}:
        yield value["oid"]
    elif isinstance(value, dict):
        for name, item in value.items():
            # The attributes of a name stand in its text, and so do times and bytes that have a readable form.
            if name not in ("attributes", "raw", "rdn") and not (name == "parameters" and item == "0500"):
                yield from leaves(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, key)
    elif isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\dT.*|0x.*|[0-9A-F]{33,}|([0-9A-F]{2})+", value):
        yield value
    elif isinstance(value, bool):
        yield "TRUE" if value else "FALSE"
    elif isinstance(value, int):
        yield str(value)


def test_values_in_both_forms() -> None:
    names = (
        GeneralName.dns("www.example.cn"),
        GeneralName.ip("192.0.2.1"),
        GeneralName.directory(made.SUBJECT),
        GeneralName.other("1.2.3", der.encode_utf8_string("其他")),
        GeneralName.other("1.2.3", b"\x05\x00"),
        GeneralName.registered_id("1.2.4"),
    )
    certificate = with_extensions(SubjectAltName(names))
    assert value_of(certificate, oids.SUBJECT_ALT_NAME)["names"][:2] == [
        {"kind": "DNS", "value": "www.example.cn"},
        {"kind": "IP", "value": "192.0.2.1"},
    ]
    text = to_text(certificate)
    for line in (
        "DNS:www.example.cn",
        "IP:192.0.2.1",
        "DirName:C=CN, O=示例市社会保障局, CN=张三",
        "otherName:1.2.3:其他",
        "otherName:1.2.3:05:00",
        "RID:1.2.4",
    ):
        assert f"\n            {line}\n" in text


def test_identities_have_chinese_names() -> None:
    code = gmt0015.IdentifyCode(gmt0015.IdentifyCodeKind.RESIDENT_ID, "11010119900307001X")
    text = to_text(with_extensions(code, gmt0015.TaxationNumber("000000000000000")))
    assert "identifyCode 个人身份标识码 (1.2.156.10260.4.1.1):\n            residentId:11010119900307001X\n" in text
    assert "taxationNumber 企业税号 (1.2.156.10260.4.1.5):\n            000000000000000\n" in text


def test_unknown_extensions_are_dumped() -> None:
    plain = Extension(find("1.2.3.4"), True, bytes(range(0x30, 0x43)))
    string = Extension(find("1.2.3.5"), False, der.encode_utf8_string("张三"))
    text = to_text(with_extensions(plain, string, Extension(find("1.2.3.6"), False, b"")))
    assert "1.2.3.4, critical 关键:\n" in text
    assert "0000  30 31 32 33 34 35 36 37 38 39 3A 3B 3C 3D 3E 3F  0123456789:;<=>?\n" in text
    assert "0010  40 41 42" in text
    assert "1.2.3.5:\n            text 文本: 张三\n            0000  0C 06" in text
    assert "1.2.3.6:\n            (empty 空)\n" in text


def test_lenient_reading_shows_departures_and_what_is_malformed() -> None:
    wrapped = der.encode_explicit(
        3,
        der.encode_sequence(
            Extension(oids.BASIC_CONSTRAINTS, False, bytes.fromhex("3003010100")).to_der(),
            Extension(oids.KEY_USAGE, True, b"\x05\x00").to_der(),
        ),
    )
    certificate = Certificate.from_der(made.signed(made.tbs(extensions=wrapped)), lenient=True)
    text = to_text(certificate)
    assert "Departures from the standards 与标准不符之处 (2):" in text
    assert "explicit-default at tbsCertificate.extensions.BasicConstraints.cA" in text
    assert "malformed 无法解析: the extension keyUsage" in text
    assert "0000  05 00" in text
    described = describe(certificate)
    assert [quirk["kind"] for quirk in described["quirks"]] == ["explicit-default", "malformed-extension"]
    assert described["extensions"][1]["value"] is None
    assert "keyUsage" in described["extensions"][1]["problem"]


@pytest.mark.parametrize(
    "empty", [SubjectAltName, NameConstraints, PolicyConstraints, CRLDistributionPoints, IssuingDistributionPoint]
)
def test_empty_extensions(empty: type[ExtensionValue]) -> None:
    extensions = der.encode_sequence(Extension(empty.OID, empty.CRITICAL, b"\x30\x00").to_der())
    data = made.signed(made.tbs(extensions=der.encode_explicit(3, extensions)))
    text = to_text(Certificate.from_der(data, lenient=True))
    expected = "only contains user certs: FALSE" if empty is IssuingDistributionPoint else "(empty 空)"
    assert f"({str.__str__(empty.OID)}){', critical 关键' if empty.CRITICAL else ''}:\n            {expected}\n" in text


OCSP_VALUES = [
    rfc6960.Nonce(b"\x00\x1b[2J"),
    rfc6960.CrlID("http://crl.example.cn/1.crl", 5, NOW),
    rfc6960.AcceptableResponses((oids.OCSP_BASIC,)),
    rfc6960.ArchiveCutoff(NOW),
    rfc6960.ServiceLocator(made.ROOT_NAME),
    rfc6960.PreferredSignatureAlgorithms((rfc6960.PreferredSignatureAlgorithm(made.SM2_SIGNATURE),)),
    rfc6960.ExtendedRevoke(),
]


@pytest.mark.parametrize("value", OCSP_VALUES, ids=lambda value: type(value).__name__)
def test_extensions_of_ocsp_are_shown(value: ExtensionValue) -> None:
    certificate = with_extensions(value)
    assert describe(certificate)["extensions"][0]["value"] is not None
    assert f" ({str.__str__(value.OID)}):\n" in to_text(certificate)
    assert not UNSAFE.search(to_text(certificate))


def test_attributes_that_are_no_text() -> None:
    request = RequestBuilder().subject(made.SUBJECT).challenge_password("111111", pkcs9=True).sign(made.OTHER)
    password = der.encode_oid(oids.CHALLENGE_PASSWORD)
    assert request.der.count(password) == 1
    # The same password under a type of attribute that nobody knows, and no string.
    changed = request.der.replace(password, der.encode_oid("1.2.840.113549.1.9.99")).replace(
        b"\x13\x06111111", b"\x04\x06111111"
    )
    text = to_text(CertificateRequest.from_der(changed))
    assert "1.2.840.113549.1.9.99:\n            0000  04 06 31 31 31 31 31 31" in text


@pytest.mark.parametrize(
    ("serial", "shown", "described"),
    [
        (0, "00 (0)", "00"),
        (-1, "-01 (-1)", "-01"),
        (0x80, "80 (128)", "80"),
        (2**159, ":".join(["80"] + ["00"] * 19), "80" + "00" * 19),
    ],
)
def test_odd_serial_numbers(serial: int, shown: str, described: str) -> None:
    data = made.signed(made.tbs(serial=der.encode_integer(serial)))
    certificate = Certificate.from_der(data, lenient=True)
    assert f"序列号: {shown}\n" in to_text(certificate)
    assert describe(certificate)["serial_number"] == described


def test_large_numbers() -> None:
    constraints = Extension(oids.BASIC_CONSTRAINTS, True, BasicConstraints(ca=True, path_len=1 << 20_000).to_der())
    certificate = with_extensions(constraints)
    assert value_of(certificate, oids.BASIC_CONSTRAINTS)["path_len"] == "0x01" + "00" * 2500
    assert "path length: 01:00:00" in to_text(certificate)


# ---- requests and lists ---------------------------------------------------------------------------------------------
def test_request() -> None:
    builder = RequestBuilder().subject(made.SUBJECT).challenge_password("111111")
    request = builder.add_extension(SubjectAltName((GeneralName.dns("www.example.cn"),))).sign(made.OTHER)
    described = describe(request)
    assert described["type"] == "request"
    assert described["version"] == 1
    assert described["challenge_password"] == "111111"
    assert described["temporary_public_key"] is None
    assert described["extensions"][0]["value"] == {"names": [{"kind": "DNS", "value": "www.example.cn"}]}
    assert len(described["attributes"]) == 2
    text = to_text(request)
    assert text.startswith("Certification request 证书请求:\n    Version 版本: 1\n")
    assert "Challenge password 挑战口令: 111111\n" in text
    assert text.count("111111") == 1
    assert "DNS:www.example.cn\n" in text
    assert not UNSAFE.search(text)


def revocation_list(count: int) -> Any:
    entries = [Revocation(number, NOW, ReasonCode.SUPERSEDED) for number in range(1, count + 1)]
    return CRLBuilder(
        issuer=made.ROOT_NAME,
        this_update=NOW,
        next_update=datetime(2026, 3, 1, tzinfo=timezone.utc),
        number=5,
        entries=entries,
    ).sign(made.KEY)


def test_revocation_list() -> None:
    described = describe(revocation_list(3))
    assert described["type"] == "crl"
    assert described["revoked_count"] == 3
    assert described["revoked_omitted"] == 0
    assert described["revoked"][2]["serial_number"] == "03"
    assert described["revoked"][2]["revocation_date"] == "2026-01-31T23:59:59Z"
    assert described["revoked"][2]["issuer"] is None
    assert described["revoked"][2]["extensions"][0]["value"] == {"reason": "superseded"}
    assert json.loads(json.dumps(described)) == described
    text = to_text(revocation_list(3))
    assert text.startswith("Certificate revocation list 证书撤销列表:\n    Version 版本: 2\n")
    assert "Revoked certificates 已撤销证书: 3\n        Serial number 序列号: 01 (1)\n" in text
    assert text.count("superseded") == 3
    assert "not shown" not in text


def test_indirect_revocation_list() -> None:
    crl = CRLBuilder(
        issuer=made.ROOT_NAME,
        this_update=NOW,
        next_update=datetime(2026, 3, 1, tzinfo=timezone.utc),
        number=5,
        entries=[Revocation(1, NOW), Revocation(2, NOW, certificate_issuer=made.SUBJECT)],
        issuing_distribution_point=IssuingDistributionPoint(indirect_crl=True),
    ).sign(made.KEY)
    first, second = describe(crl)["revoked"]
    assert first["issuer"] is None
    assert second["issuer"]["text"] == "C=CN, O=示例市社会保障局, CN=张三"
    text = to_text(crl)
    assert "            issuer: C=CN, O=示例市社会保障局, CN=张三\n" in text
    assert "indirect CRL: TRUE\n" in text


@pytest.mark.parametrize("limit", [0, 2, 5])
def test_entries_are_bounded(limit: int) -> None:
    crl = revocation_list(5)
    described = describe(crl, limit=limit)
    assert len(described["revoked"]) == limit
    assert described["revoked_omitted"] == 5 - limit
    text = to_text(crl, limit=limit)
    assert text.count("superseded") == limit
    assert (f"... {5 - limit} more" in text) is (limit < 5)


# ---- safe to print --------------------------------------------------------------------------------------------------
HOSTILE_TEXT = "\x1b[2J\x1b]0;x\x07\r\n\t\u202egnp.exe\u2066\u200b\ufeff\x85\u2028\x9b31m\x00\x7f"


def test_hostile_text_is_escaped() -> None:
    name = Name(((AttributeTypeAndValue(oids.COMMON_NAME, der.encode_utf8_string(HOSTILE_TEXT)),),))
    hidden = "".join(character for character in HOSTILE_TEXT if character.isascii())
    values = (
        SubjectAltName((GeneralName(GeneralNameKind.DNS_NAME, hidden), GeneralName.directory(name))),
        Extension(find("1.2.3.5"), False, der.encode_utf8_string(HOSTILE_TEXT)),
        Extension(oids.TAXATION_NUMBER, False, HOSTILE_TEXT.encode()),
        Extension(oids.NETSCAPE_COMMENT, False, der.encode_ia5_string(hidden)),
        Extension(oids.SHECA_UNIQUE_ID, False, der.encode_utf8_string(HOSTILE_TEXT)),
    )
    builder = made.builder(name)
    for value in values:
        builder = builder.add_extension(value)
    certificate = builder.sign(made.KEY)
    text = to_text(certificate)
    assert not UNSAFE.search(text)
    assert text.count("\\1B[2J") >= 6
    assert text.isascii() or all(character == "\n" or character.isprintable() for character in text)
    assert describe(certificate)["subject"]["attributes"][0]["value"] == HOSTILE_TEXT


@given(st.text(max_size=20), st.binary(max_size=40))
def test_any_text_is_escaped(words: str, content: bytes) -> None:
    try:
        value = der.encode_utf8_string(words)
    except InvalidInputError:
        return  # lone surrogates are no text
    name = Name(((AttributeTypeAndValue(oids.COMMON_NAME, value),),))
    extensions = der.encode_sequence(
        Extension(oids.TAXATION_NUMBER, False, value).to_der(),
        Extension(oids.SUBJECT_ALT_NAME, False, content).to_der(),
    )
    data = made.signed(
        made.tbs(subject=name.to_der(), extensions=der.encode_explicit(3, extensions)), signature=b"not one"
    )
    certificate = Certificate.from_der(data, lenient=True)
    text = to_text(certificate)
    assert all(character == "\n" or character.isprintable() for character in text)
    json.dumps(describe(certificate))


@pytest.mark.parametrize("value", [None, "text", b"\x30\x00", object(), Certificate])
def test_other_objects_are_refused(value: Any) -> None:
    for show in (to_text, describe):
        with pytest.raises(InvalidTypeError):
            show(value)


def test_hostile_limits() -> None:
    certificate = with_extensions()

    def show(limit: Any) -> str:
        return to_text(certificate, limit=limit)

    assert list(hostile.results(show, (5,))) == []


# ---- keys of every kind ---------------------------------------------------------------------------------------------
def key_of(info: bytes) -> dict[str, Any]:
    certificate = Certificate.from_der(made.signed(made.tbs(key=info)), lenient=True)
    assert not UNSAFE.search(to_text(certificate))
    key: dict[str, Any] = describe(certificate)["public_key"]
    return key


def key_info(algorithm: str, parameters: bytes, key: bytes) -> bytes:
    return der.encode_sequence(der.encode_sequence(der.encode_oid(algorithm), parameters), der.encode_bit_string(key))


def test_rsa_key() -> None:
    modulus = (1 << 2047) | 1
    numbers = der.encode_sequence(der.encode_integer(modulus), der.encode_integer(65537))
    key = key_of(key_info(oids.RSA_ENCRYPTION, der.encode_null(), numbers))
    assert (key["bits"], key["exponent"]) == (2048, 65537)
    assert key["modulus"] == f"{modulus:X}"


def test_pss_parameters() -> None:
    sha256 = der.encode_sequence(der.encode_oid(oids.SHA256), der.encode_null())
    mask = der.encode_sequence(der.encode_oid(oids.MGF1), sha256)
    parameters = der.encode_sequence(
        der.encode_explicit(0, sha256), der.encode_explicit(1, mask), der.encode_explicit(2, der.encode_integer(32))
    )
    for encoded, expected in (
        (parameters, ("id-sha256", "id-mgf1", "id-sha256", 32, 1)),
        (der.encode_sequence(), ("id-sha1", "id-mgf1", "id-sha1", 20, 1)),
        (der.encode_sequence(der.encode_explicit(1, der.encode_sequence(der.encode_oid("1.2.3")))), None),
        (der.encode_sequence(der.encode_null()), "05 00"),
    ):
        algorithm = der.encode_sequence(der.encode_oid(oids.RSA_PSS), encoded)
        data = made.signed(made.tbs(algorithm=algorithm), algorithm=algorithm, signature=b"not one")
        certificate = Certificate.from_der(data, lenient=True)
        shown = describe(certificate)["signature_algorithm"]["parameters"]
        if isinstance(expected, tuple):
            found = (shown["hash"], shown["mask_generation"], shown["mask_hash"])
            assert (*(oid["name"] for oid in found), shown["salt_length"], shown["trailer_field"]) == expected
            assert f"salt length: {expected[3]}\n" in to_text(certificate)
        elif expected is None:
            assert shown["mask_hash"] is None
        else:
            assert shown == encoded.hex().upper()
            assert "parameters 30:02:05:00" in to_text(certificate)


def test_ec_and_other_keys() -> None:
    point = b"\x04" + bytes(64)
    assert key_of(key_info(oids.EC_PUBLIC_KEY, der.encode_oid(oids.P256), point))["bits"] == 256
    unknown_curve = key_of(key_info(oids.EC_PUBLIC_KEY, der.encode_oid("1.2.3"), b"\x02" + bytes(28)))
    assert (unknown_curve["bits"], unknown_curve["curve"]["oid"]) == (224, "1.2.3")
    assert key_of(key_info(oids.SM2, b"", point))["curve"]["name"] == "SM2"
    assert key_of(key_info(oids.ED25519, b"", bytes(32)))["bits"] == 256
    for odd in (
        key_info("1.2.3.4", b"", b"key"),
        key_info(oids.RSA_ENCRYPTION, der.encode_null(), b"no numbers"),
        key_info(oids.EC_PUBLIC_KEY, der.encode_oid("1.2.3"), b""),
    ):
        assert key_of(odd)["bits"] is None
