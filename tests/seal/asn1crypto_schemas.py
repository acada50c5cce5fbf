"""The structures of seals once more, in asn1crypto: an independent reader of what gmpki writes."""

from __future__ import annotations

from typing import Any, ClassVar

from asn1crypto import algos, cms, core, x509


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


# ---- files beside which a signature stands ------------------------------------------------
class Imprint(core.Sequence):
    """MessageImprint of RFC 3161."""

    _fields: ClassVar[list[Any]] = [("hash", algos.DigestAlgorithm), ("value", core.OctetString)]


class FileInfo(core.Sequence):
    """What is said about a file."""

    _fields: ClassVar[list[Any]] = [
        ("name", core.UTF8String),
        ("size", core.Integer),
        ("type", core.IA5String),
        ("imprint", Imprint),
    ]


class Detached(core.Sequence):
    """What stands beside a file."""

    _fields: ClassVar[list[Any]] = [
        ("version", core.Integer),
        ("file", FileInfo),
        ("kind", core.Integer),
        ("signature", core.OctetString),
    ]


# ---- signatures that wait for their value -------------------------------------------------
class PreparedSeal(core.Sequence):
    """A signature with a seal that waits."""

    _fields: ClassVar[list[Any]] = [
        ("format", core.Integer),
        ("kind", core.UTF8String),
        ("layout", core.UTF8String),
        ("lenient", core.Boolean),
        ("to_sign", core.Any),
        ("cert", core.OctetString),
        ("signature_algorithm", core.ObjectIdentifier),
    ]
    _oid_pair = ("layout", "to_sign")
    _oid_specs: ClassVar[dict[str, Any]] = {"GM/T 0031-2014": ToSign1, "GB/T 38540-2020": ToSign4}


class WaitingSigner(core.Sequence):
    """A signer of a message that waits."""

    _fields: ClassVar[list[Any]] = [
        ("info", cms.SignerInfo),
        ("certificate", x509.Certificate),
        ("user_id", core.OctetString, {"implicit": 0, "optional": True}),
        ("data", core.OctetString, {"implicit": 1, "optional": True}),
        ("digest", core.OctetString, {"implicit": 2, "optional": True}),
    ]


class WaitingSigners(core.SequenceOf):
    """All of them."""

    _child_spec = WaitingSigner


class WaitingCertificates(core.SequenceOf):
    """Certificates that go along."""

    _child_spec = x509.Certificate


class InnerContent(core.Sequence):
    """EncapsulatedContentInfo of a type that need not be known."""

    _fields: ClassVar[list[Any]] = [
        ("type", core.ObjectIdentifier),
        ("content", core.OctetString, {"explicit": 0, "optional": True}),
    ]


class WaitingMessage(core.Sequence):
    """A signed message that waits."""

    _fields: ClassVar[list[Any]] = [
        ("format", core.Integer),
        ("profile", core.UTF8String),
        ("content", InnerContent),
        ("certificates", WaitingCertificates),
        ("crls", core.SequenceOf, {"spec": core.Any}),
        ("signers", WaitingSigners),
    ]


class PreparedDigital(core.Sequence):
    """A signature without a seal that waits."""

    _fields: ClassVar[list[Any]] = [("format", core.Integer), ("kind", core.UTF8String), ("message", WaitingMessage)]


class PreparedOFDHead(core.Sequence):
    """What stands before an OFD package that waits."""

    _fields: ClassVar[list[Any]] = [
        ("format", core.Integer),
        ("description", core.UTF8String),
        ("value", core.UTF8String),
        ("digest_name", core.UTF8String),
        ("digest", core.OctetString),
        ("signature", core.OctetString),
    ]


class PreparedPDFHead(core.Sequence):
    """What stands before a PDF file that waits."""

    _fields: ClassVar[list[Any]] = [
        ("format", core.Integer),
        ("profile", core.UTF8String),
        ("digest_name", core.UTF8String),
        ("start", core.Integer),
        ("end", core.Integer),
        ("digest", core.OctetString),
        ("signature", core.OctetString),
    ]


def load(kind: Any, encoded: bytes) -> Any:
    """Read a structure completely, and check that asn1crypto writes the same bytes."""
    value = kind.load(encoded, strict=True)
    assert value.native
    assert value.dump(force=True) == encoded
    return value
