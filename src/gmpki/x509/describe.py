"""Certificates, requests and revocation lists as plain data for JSON.

>>> from gmpki.x509.certificate import load_certificate
>>> certificate = load_certificate(open("server.pem", "rb").read())  # doctest: +SKIP
>>> describe(certificate)["subject"]["text"]  # doctest: +SKIP
'C=CN, O=示例市社会保障局, CN=www.example.cn'
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from gmpki.oids import ObjectIdentifier
from gmpki.x509._facts import DEFAULT_LIMIT, HexNumber, facts_of

if TYPE_CHECKING:
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.crl import CertificateRevocationList
    from gmpki.x509.request import CertificateRequest

__all__ = ["describe", "hex_number", "plain", "plain_number"]

# Numbers that every reader of JSON takes exactly (RFC 8259 section 6).
_EXACT: Final = 2**53


def describe(
    value: Certificate | CertificateRequest | CertificateRevocationList, *, limit: int = DEFAULT_LIMIT
) -> dict[str, Any]:
    """Describe a certificate, a request or a revocation list by ``dict``, ``list``, ``str``, ``int``, ``bool``, None.

    Bytes are hexadecimal digits in upper case. Times are in UTC, as ``2026-01-31T23:59:59Z``. Object identifiers are
    ``{"oid", "name", "name_zh"}``; ``name`` repeats the number when it has none. Serial numbers and moduli are
    hexadecimal digits, an even number of them, behind a minus sign if negative; other numbers from 2**53 on likewise,
    behind ``0x``. Text is as it stands in the object, control characters and all. What is absent is None, or an empty
    list. Keys:

    - all: ``type`` ("certificate", "request" or "crl"), ``version`` as people count, ``signature_algorithm``
      ``{"algorithm", "parameters"}`` (parameters: DER, or for RSASSA-PSS ``{"hash", "mask_generation", "mask_hash",
      "salt_length", "trailer_field"}``), ``signature``, ``fingerprints`` ``{"sm3", "sha256"}``, ``quirks``: a list of
      ``{"kind", "path", "offset", "times", "text"}``;
    - names: ``{"text", "attributes": [{"type", "value", "raw", "rdn"}]}``, ``value`` the text, or None and then
      ``raw`` the DER, ``rdn`` counting from 0;
    - certificate: ``serial_number``, ``issuer``, ``not_before``, ``not_after``, ``subject``, ``public_key``,
      ``issuer_unique_id``, ``subject_unique_id``, ``extensions``;
    - request: ``subject``, ``public_key``, ``attributes``: a list of ``{"type", "values": [{"value", "raw"}]}``,
      ``challenge_password``, ``temporary_public_key``: the second key of a double request, as a point, ``extensions``:
      those it asks for;
    - crl: ``issuer``, ``this_update``, ``next_update``, ``extensions``, ``revoked_count``, ``revoked``: a list of
      ``{"serial_number", "revocation_date", "issuer", "extensions"}`` (issuer: None for that of the list),
      ``revoked_omitted``: how many more there are;
    - ``public_key``: ``{"algorithm", "curve", "parameters", "bits", "modulus", "exponent", "key"}``;
    - ``extensions``: a list of ``{"extension", "critical", "value", "text", "raw", "problem"}``. ``value`` has the
      names of the fields of the class in :mod:`gmpki.asn1` as keys, in snake_case; flags are lists of the standard's
      names, general names ``{"kind", "value"}``. For an extension that is not known it is None, and ``text`` is its
      text if it holds one string. ``problem`` says why a known one could not be decoded.

    :param limit: how many entries of a revocation list are described at most.
    :raises InvalidTypeError: when the value is none of the three, or the limit no ``int``.
    :raises InvalidInputError: when the limit is negative.
    """
    described: dict[str, Any] = plain(facts_of(value, limit))
    return described


def hex_number(number: int) -> str:
    """Return a number as hexadecimal digits, an even number of them, behind a minus sign if it is negative."""
    digits = f"{abs(number):X}"
    return ("-" if number < 0 else "") + digits.zfill(len(digits) + len(digits) % 2)


def plain_number(number: int) -> int | str:
    """Return a number as it is, or, from 2**53 on, as hexadecimal digits behind ``0x``."""
    if -_EXACT < number < _EXACT:
        return number
    return ("-0x" if number < 0 else "0x") + hex_number(abs(number))


def plain(fact: Any) -> Any:
    """Return facts as the values that JSON has, written as :func:`describe` says."""
    if isinstance(fact, dict):
        return {key: plain(value) for key, value in fact.items()}
    if isinstance(fact, list):
        return [plain(value) for value in fact]
    if isinstance(fact, bytes):
        return fact.hex().upper()
    if isinstance(fact, HexNumber):
        return hex_number(fact)
    if isinstance(fact, datetime):
        return fact.strftime(f"{fact.year:04d}-%m-%dT%H:%M:%SZ")
    if isinstance(fact, ObjectIdentifier):
        return {"oid": str.__str__(fact), "name": fact.name, "name_zh": fact.name_zh}
    if isinstance(fact, int) and not isinstance(fact, bool):
        return plain_number(fact)
    return fact
