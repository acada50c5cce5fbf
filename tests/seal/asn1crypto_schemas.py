"""The structures of seals once more, in asn1crypto: an independent reader of what gmpki writes."""

from __future__ import annotations

from typing import Any, ClassVar

from asn1crypto import core


class Header(core.Sequence):
    """SES_Header."""

    _fields: ClassVar[list[Any]] = [("id", core.IA5String), ("version", core.Integer), ("vid", core.IA5String)]


class Picture(core.Sequence):
    """SES_ESPictrueInfo."""

    _fields: ClassVar[list[Any]] = [
        ("type", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class ExtData(core.Sequence):
    """ExtData."""

    _fields: ClassVar[list[Any]] = [
        ("extn_id", core.ObjectIdentifier),
        ("critical", core.Boolean, {"default": False}),
        ("extn_value", core.OctetString),
    ]


class ExtensionDatas(core.SequenceOf):
    """ExtensionDatas."""

    _child_spec = ExtData


class Certificates(core.SequenceOf):
    """SEQUENCE OF Cert."""

    _child_spec = core.OctetString


# ---- GM/T 0031-2014 -----------------------------------------------------------------------
class Properties1(core.Sequence):
    """SES_ESPropertyInfo of 2014."""

    _fields: ClassVar[list[Any]] = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("cert_list", Certificates),
        ("create_date", core.UTCTime),
        ("valid_start", core.UTCTime),
        ("valid_end", core.UTCTime),
    ]


class SealInfo1(core.Sequence):
    """SES_SealInfo of 2014."""

    _fields: ClassVar[list[Any]] = [
        ("header", Header),
        ("es_id", core.IA5String),
        ("property", Properties1),
        ("picture", Picture),
        ("ext_datas", ExtensionDatas, {"optional": True}),
    ]


class SignInfo1(core.Sequence):
    """SES_SignInfo."""

    _fields: ClassVar[list[Any]] = [
        ("cert", core.OctetString),
        ("signature_algorithm", core.ObjectIdentifier),
        ("sign_data", core.OctetBitString),
    ]


class Seal1(core.Sequence):
    """SESeal of 2014."""

    _fields: ClassVar[list[Any]] = [("eseal_info", SealInfo1), ("sign_info", SignInfo1)]


class ToSign1(core.Sequence):
    """TBS_Sign of 2014."""

    _fields: ClassVar[list[Any]] = [
        ("version", core.Integer),
        ("eseal", Seal1),
        ("time_info", core.OctetBitString),
        ("data_hash", core.OctetBitString),
        ("property_info", core.IA5String),
        ("cert", core.OctetString),
        ("signature_algorithm", core.ObjectIdentifier),
    ]


class Signature1(core.Sequence):
    """SES_Signature of 2014."""

    _fields: ClassVar[list[Any]] = [("to_sign", ToSign1), ("signature", core.OctetBitString)]


# ---- GB/T 38540-2020 ----------------------------------------------------------------------
class CertDigest(core.Sequence):
    """CertDigestObj."""

    _fields: ClassVar[list[Any]] = [("type", core.PrintableString), ("value", core.OctetString)]


class CertDigests(core.SequenceOf):
    """CertDigestList."""

    _child_spec = CertDigest


class Properties4(core.Sequence):
    """SES_ESPropertyInfo of 2020; what the list holds, its type says."""

    _fields: ClassVar[list[Any]] = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("cert_list_type", core.Integer),
        ("cert_list", core.Any),
        ("create_date", core.GeneralizedTime),
        ("valid_start", core.GeneralizedTime),
        ("valid_end", core.GeneralizedTime),
    ]
    _oid_pair = ("cert_list_type", "cert_list")
    _oid_specs: ClassVar[dict[int, Any]] = {1: Certificates, 2: CertDigests}


class SealInfo4(core.Sequence):
    """SES_SealInfo of 2020."""

    _fields: ClassVar[list[Any]] = [
        ("header", Header),
        ("es_id", core.IA5String),
        ("property", Properties4),
        ("picture", Picture),
        ("ext_datas", ExtensionDatas, {"optional": True}),
    ]


class Seal4(core.Sequence):
    """SESeal of 2020."""

    _fields: ClassVar[list[Any]] = [
        ("eseal_info", SealInfo4),
        ("cert", core.OctetString),
        ("sign_alg_id", core.ObjectIdentifier),
        ("signed_value", core.OctetBitString),
    ]


class Seal5(core.Sequence):
    """SESeal with a fifth field."""

    _fields: ClassVar[list[Any]] = [
        *Seal4._fields,
        ("time_stamp", core.OctetBitString, {"explicit": 0, "optional": True}),
    ]


class ToSign4(core.Sequence):
    """TBS_Sign of 2020."""

    _fields: ClassVar[list[Any]] = [
        ("version", core.Integer),
        ("eseal", Seal4),
        ("time_info", core.GeneralizedTime),
        ("data_hash", core.OctetBitString),
        ("property_info", core.IA5String),
        ("ext_datas", ExtensionDatas, {"explicit": 0, "optional": True}),
    ]


class Signature4(core.Sequence):
    """SES_Signature of 2020."""

    _fields: ClassVar[list[Any]] = [
        ("to_sign", ToSign4),
        ("cert", core.OctetString),
        ("signature_alg_id", core.ObjectIdentifier),
        ("signature", core.OctetBitString),
        ("time_stamp", core.OctetBitString, {"explicit": 0, "optional": True}),
    ]


def load(kind: Any, encoded: bytes) -> Any:
    """Read a structure completely, and check that asn1crypto writes the same bytes."""
    value = kind.load(encoded, strict=True)
    assert value.native
    assert value.dump(force=True) == encoded
    return value
