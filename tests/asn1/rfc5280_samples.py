"""Names, a certificate and general names that several tests read and change."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import (
    AlgorithmIdentifier,
    AttributeTypeAndValue,
    Extension,
    GeneralName,
    GeneralNameKind,
    Name,
    SubjectPublicKeyInfo,
    TBSCertificate,
    Validity,
)

SM2_SM3 = AlgorithmIdentifier(oids.SM2_WITH_SM3)
KEY = SubjectPublicKeyInfo(AlgorithmIdentifier(oids.EC_PUBLIC_KEY, der.encode_oid(oids.SM2)), b"\x04" + bytes(64))
START = datetime(2024, 1, 1, tzinfo=timezone.utc)
END = datetime(2054, 1, 1, tzinfo=timezone.utc)
KEY_USAGE = Extension(oids.KEY_USAGE, True, bytes.fromhex("030206C0"))


def attribute(kind: oids.ObjectIdentifier, text: str) -> AttributeTypeAndValue:
    return AttributeTypeAndValue(kind, der.encode_utf8_string(text))


COUNTRY = AttributeTypeAndValue(oids.COUNTRY_NAME, der.encode_printable_string("CN"))
NAME = Name(((COUNTRY,), (attribute(oids.ORGANIZATION_NAME, "示例"),), (attribute(oids.COMMON_NAME, "张三"),)))


def certificate(**changes: Any) -> TBSCertificate:
    fields: dict[str, Any] = {
        "version": 3,
        "serial_number": 1,
        "signature": SM2_SM3,
        "issuer": NAME,
        "validity": Validity(START, END),
        "subject": NAME,
        "subject_public_key_info": KEY,
        "extensions": (KEY_USAGE,),
    }
    return TBSCertificate(**{**fields, **changes})


GENERAL_NAMES = [
    GeneralName.dns("example.cn"),
    GeneralName.email("zhang.san@example.cn"),
    GeneralName.uri("http://example.cn/a?b=c"),
    GeneralName.ip("10.0.0.1"),
    GeneralName.ip("10.0.0.0/8"),
    GeneralName.ip("fe80::1"),
    GeneralName.ip("fe80::/10"),
    GeneralName.directory(NAME),
    GeneralName.registered_id("1.2.156.10197"),
    GeneralName.other("1.2.3.4", der.encode_utf8_string("x")),
    GeneralName(GeneralNameKind.X400_ADDRESS, bytes.fromhex("A303020101")),
    GeneralName(GeneralNameKind.EDI_PARTY_NAME, bytes.fromhex("A503020101")),
]
