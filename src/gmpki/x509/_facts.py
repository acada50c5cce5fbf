"""Everything a certificate, request or revocation list says, as one tree of facts, for :mod:`describe` and :mod:`text`.

The tree is made of ``dict``, ``list``, ``str``, ``bool``, ``int``, ``bytes``, ``datetime``, object identifiers and
None. What it holds is meant for people and programs that show things; decisions are made with the objects themselves.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import IntEnum, IntFlag
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from gmpki import _inputs, oids
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, AttributeTypeAndValue, GeneralName, GeneralNameKind, Name, OtherName
from gmpki.asn1.rfc5280.ext_names import Attribute
from gmpki.asn1.rfc6962 import SignedCertificateTimestamp
from gmpki.asn1.rfc8017 import RSASSAPSSParams
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError
from gmpki.oids import ObjectIdentifier
from gmpki.x509._spelling import spelling
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import format_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc5280 import Extension, SubjectPublicKeyInfo
    from gmpki.x509.crl import CertificateRevocationList
    from gmpki.x509.extensions import Extensions
    from gmpki.x509.request import CertificateRequest

__all__ = [
    "DEFAULT_LIMIT",
    "Facts",
    "HexNumber",
    "algorithm_facts",
    "attribute_value_facts",
    "facts_of",
    "name_facts",
    "quirk_facts",
    "value_facts",
]

Facts = dict[str, Any]

DEFAULT_LIMIT: Final = 100
_CURVE_BITS: Final = {oids.SM2: 256, oids.P192: 192, oids.P224: 224, oids.P256: 256, oids.P384: 384, oids.P521: 521}
_EC_KEYS: Final = frozenset((oids.EC_PUBLIC_KEY, oids.SM2, oids.SM2_SIGN))
_RSA_KEYS: Final = frozenset((oids.RSA_ENCRYPTION, oids.RSA_PSS))
_POINT_FORMS: Final = {0x02: 1, 0x03: 1, 0x04: 2, 0x06: 2, 0x07: 2}  # form octet of SEC 1 2.3.3: coordinates after it

_NAME_KINDS: Final = {
    GeneralNameKind.OTHER_NAME: "otherName",
    GeneralNameKind.RFC822_NAME: "email",
    GeneralNameKind.DNS_NAME: "DNS",
    GeneralNameKind.X400_ADDRESS: "X400",
    GeneralNameKind.DIRECTORY_NAME: "DirName",
    GeneralNameKind.EDI_PARTY_NAME: "EDI",
    GeneralNameKind.URI: "URI",
    GeneralNameKind.IP_ADDRESS: "IP",
    GeneralNameKind.REGISTERED_ID: "RID",
}


class HexNumber(int):
    """A number that is shown in hexadecimal: serial numbers and the moduli of keys."""


def facts_of(value: object, limit: int) -> Facts:
    """Return the facts of a certificate, a request or a revocation list.

    :param limit: how many entries of a list at most.
    :raises InvalidTypeError: when it is none of these, or the limit no ``int``.
    :raises InvalidInputError: when the limit is negative.
    """
    _inputs.number(limit, 0, 2**63, "limit")
    if isinstance(value, Certificate):
        return _certificate(value)
    # Loaded only here: who shows certificates needs neither.
    from gmpki.x509.crl import CertificateRevocationList
    from gmpki.x509.request import CertificateRequest

    if isinstance(value, CertificateRequest):
        return _request(value)
    if isinstance(value, CertificateRevocationList):
        return _revocation_list(value, limit)
    raise InvalidTypeError(
        f"a Certificate, CertificateRequest or CertificateRevocationList expected, not {type(value).__name__}"
    )


# ---- the three kinds of objects -------------------------------------------------------------------------------------
def _certificate(certificate: Certificate) -> Facts:
    return {
        "type": "certificate",
        "version": certificate.version,
        "serial_number": HexNumber(certificate.serial_number),
        "signature_algorithm": algorithm_facts(certificate.signature_algorithm),
        "issuer": name_facts(certificate.issuer),
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "subject": name_facts(certificate.subject),
        "public_key": _key(certificate.public_key_info),
        "issuer_unique_id": certificate.issuer_unique_id,
        "subject_unique_id": certificate.subject_unique_id,
        "extensions": _extensions(certificate.extensions),
        **_end(certificate),
    }


def _request(request: CertificateRequest) -> Facts:
    return {
        "type": "request",
        "version": request.version,
        "subject": name_facts(request.subject),
        "public_key": _key(request.public_key_info),
        "attributes": [value_facts(attribute) for attribute in request.attributes],
        "challenge_password": _tried(lambda: request.challenge_password),
        "temporary_public_key": _tried(lambda: _temporary_key(request)),
        "extensions": _extensions(request.extensions),
        "signature_algorithm": algorithm_facts(request.signature_algorithm),
        **_end(request),
    }


def _temporary_key(request: CertificateRequest) -> bytes | None:
    key = request.temporary_public_key
    return None if key is None else key.to_bytes()


def _revocation_list(crl: CertificateRevocationList, limit: int) -> Facts:
    entries = [
        {
            "serial_number": HexNumber(entry.serial_number),
            "revocation_date": entry.revocation_date,
            # The issuer is that of the list unless the list is indirect.
            "issuer": None if entry.issuer == crl.issuer else name_facts(entry.issuer),
            "extensions": _extensions(entry.extensions),
        }
        for entry in islice(crl, limit)
    ]
    return {
        "type": "crl",
        "version": crl.version,
        "signature_algorithm": algorithm_facts(crl.signature_algorithm),
        "issuer": name_facts(crl.issuer),
        "this_update": crl.this_update,
        "next_update": crl.next_update,
        "extensions": _extensions(crl.extensions),
        "revoked_count": len(crl),
        "revoked": entries,
        "revoked_omitted": len(crl) - len(entries),
        **_end(crl),
    }


def _end(value: Certificate | CertificateRequest | CertificateRevocationList) -> Facts:
    return {
        "signature": value.signature,
        "fingerprints": {"sm3": sm3.digest(value.der), "sha256": sha256(value.der).digest()},
        "quirks": [quirk_facts(quirk) for quirk in value.quirks],
    }


def quirk_facts(quirk: Quirk) -> Facts:
    """Return the facts of a departure that was accepted."""
    return {
        "kind": quirk.kind.value,
        "path": quirk.path,
        "offset": quirk.offset if quirk.offset >= 0 else None,
        "times": quirk.times,
        "text": str(quirk),
    }


# ---- algorithms and keys --------------------------------------------------------------------------------------------
def algorithm_facts(algorithm: AlgorithmIdentifier) -> Facts:
    """Return the facts of an algorithm; the parameters of RSASSA-PSS are taken apart."""
    facts: Facts = {"algorithm": algorithm.algorithm, "parameters": algorithm.parameters}
    if algorithm.algorithm == oids.RSA_PSS and algorithm.parameters is not None:
        parameters = _tried(lambda: RSASSAPSSParams.from_der(algorithm.parameters or b"", quirks=QuirkLog()))
        if parameters is not None:
            facts["parameters"] = {
                "hash": parameters.hash_algorithm.algorithm,
                "mask_generation": parameters.mask_gen_algorithm.algorithm,
                "mask_hash": _mask_hash(parameters),
                "salt_length": parameters.salt_length,
                "trailer_field": parameters.trailer_field,
            }
    return facts


def _mask_hash(parameters: RSASSAPSSParams) -> ObjectIdentifier | None:
    """Return the hash inside the mask generation function; None when it is something else."""
    inner = parameters.mask_gen_algorithm.parameters
    if inner is None:
        return None
    found = _tried(lambda: AlgorithmIdentifier.from_der(inner, quirks=QuirkLog()))
    return None if found is None else found.algorithm


def _key(info: SubjectPublicKeyInfo) -> Facts:
    """Describe a public key as it stands there, whether or not it can be used."""
    algorithm = info.algorithm
    key = info.subject_public_key
    facts: Facts = {
        "algorithm": algorithm.algorithm,
        "curve": None,
        "parameters": algorithm.parameters,
        "bits": None,
        "modulus": None,
        "exponent": None,
        "key": key,
    }
    if algorithm.algorithm in _EC_KEYS:
        curve = _tried(lambda: algorithm.parameters_oid)
        if curve is None and algorithm.algorithm != oids.EC_PUBLIC_KEY:
            curve = oids.SM2
        coordinates = _POINT_FORMS.get(key[0]) if key else None
        facts["curve"] = curve
        facts["bits"] = _CURVE_BITS.get(curve) if curve else None
        if facts["bits"] is None and coordinates is not None:
            facts["bits"] = (len(key) - 1) // coordinates * 8
    elif algorithm.algorithm in _RSA_KEYS:
        numbers = _tried(lambda: _rsa_numbers(key))
        if numbers is not None:
            facts["modulus"], facts["exponent"] = HexNumber(numbers[0]), numbers[1]
            facts["bits"] = numbers[0].bit_length()
    elif algorithm.algorithm == oids.ED25519:
        facts["bits"] = len(key) * 8
    return facts


def _rsa_numbers(key: bytes) -> tuple[int, int]:
    """RFC 8017 A.1.1: ``SEQUENCE { modulus INTEGER, publicExponent INTEGER }``."""
    reader = der.Reader(key, quirks=QuirkLog())
    with reader.sequence("RSAPublicKey") as numbers:
        found = numbers.integer("modulus"), numbers.integer("publicExponent")
    reader.end()
    return found


def _tried(read: Callable[[], Any]) -> Any:
    """Return what can be decoded, and None for what cannot: it is then shown as bytes."""
    try:
        return read()
    except (DecodeError, InvalidInputError):
        return None


# ---- extensions -----------------------------------------------------------------------------------------------------
def _extensions(extensions: Extensions) -> list[Facts]:
    return [_extension(extension, extensions) for extension in extensions]


def _extension(extension: Extension, extensions: Extensions) -> Facts:
    problem = extensions.problem(extension.extn_id)
    value = None if problem is not None else extensions.value(extension.extn_id)
    return {
        "extension": extension.extn_id,
        "critical": extension.critical,
        "value": None if value is None else value_facts(value),
        # An extension that gmpki does not know often holds one string.
        "text": _string(extension.extn_value) if value is None else None,
        "raw": extension.extn_value,
        "problem": problem,
    }


def _string(encoded: bytes) -> str | None:
    """Return the text of a DER element that is one character string; None for anything else."""
    if not encoded or encoded[0] not in der.STRING_TAGS:
        return None
    found: str | None = _tried(lambda: _read_string(encoded))
    return found


def _read_string(encoded: bytes) -> str:
    reader = der.Reader(encoded, quirks=QuirkLog())
    text = reader.any_string()
    reader.end()
    return text


# ---- values inside extensions ---------------------------------------------------------------------------------------
def value_facts(value: object) -> Any:
    """Turn a value of an extension into facts: structures become ``dict`` with the names of their fields as keys.

    :raises InvalidTypeError: when it is none.
    """
    if isinstance(value, IntFlag):
        return _flag_names(value)
    if isinstance(value, IntEnum):
        return spelling(value.name)
    if value is None or isinstance(value, (bool, int, bytes, datetime, ObjectIdentifier)):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, tuple):
        return [value_facts(item) for item in value]
    if isinstance(value, Name):
        return name_facts(value)
    if isinstance(value, GeneralName):
        return _general_name(value)
    if isinstance(value, AttributeTypeAndValue):
        return attribute_value_facts(value.type, value.value)
    if isinstance(value, Attribute):
        values = [attribute_value_facts(value.type, item) for item in value.values]
        return {"type": value.type, "values": [{"value": item["value"], "raw": item["raw"]} for item in values]}
    if isinstance(value, SignedCertificateTimestamp):
        shown = {field.name: getattr(value, field.name) for field in fields(value)}
        return {"log_id": shown.pop("log_id"), "time": value.time, **shown}
    if is_dataclass(value):
        return {field.name: _field_facts(field.name, getattr(value, field.name)) for field in fields(value)}
    raise InvalidTypeError(f"a {type(value).__name__} cannot be shown")


def _field_facts(name: str, value: object) -> Any:
    if name == "authority_cert_serial_number" and isinstance(value, int):
        return HexNumber(value)
    return value_facts(value)


def _flag_names(flags: IntFlag) -> list[str]:
    return [spelling(str(flag.name)) for flag in type(flags) if flag & flags]


def name_facts(name: Name) -> Facts:
    """Return the facts of a name."""
    attributes = [
        {**attribute_value_facts(attribute.type, attribute.value), "rdn": index}
        for index, rdn in enumerate(name.rdns)
        for attribute in rdn
    ]
    return {"text": format_name(name, "as-encoded"), "attributes": attributes}


def attribute_value_facts(kind: ObjectIdentifier, encoded: bytes) -> Facts:
    """Return the facts of the value of an attribute: its text, or the DER of what is no string."""
    text = _string(encoded)
    return {"type": kind, "value": text, "raw": encoded if text is None else None}


def _general_name(name: GeneralName) -> Facts:
    value: Any = name.value
    if isinstance(value, Name):
        value = name_facts(value)
    elif isinstance(value, OtherName):
        value = {"type": value.type_id, "value": _string(value.value_der), "raw": value.value_der}
    elif name.kind is GeneralNameKind.IP_ADDRESS:
        value = str(name).partition(":")[2]
    return {"kind": _NAME_KINDS[name.kind], "value": value}
