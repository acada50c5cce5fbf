"""Certificates for the scenes of tests; every person and authority in them is invented."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from gmpki.asn1.rfc5280 import Extension, Name
from gmpki.asn1.rfc5280._extension_value import ExtensionValue
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, SubjectKeyIdentifier
from gmpki.keys.interfaces import Signer
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier

NOW = datetime(2026, 3, 1, 8, 0, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def certify(
    subject: Name,
    public_key: Any,
    issuer: Name,
    signer: Signer,
    *extensions: ExtensionValue | Extension,
    serial_number: int = 1,
    not_before: datetime = NOW - DAY,
    not_after: datetime = NOW + 1000 * DAY,
    identifiers: bool = True,
    user_id: bytes | None = None,
) -> Certificate:
    """Issue a certificate.

    :param identifiers: of both keys, as extensions.
    """
    builder = CertificateBuilder().subject(subject).issuer(issuer).serial_number(serial_number)
    builder = builder.validity(not_before, not_after).public_key(public_key)
    if identifiers:
        builder = builder.add_extension(SubjectKeyIdentifier(key_identifier(public_key)))
        builder = builder.add_extension(AuthorityKeyIdentifier(key_identifier(signer.public_key)))
    for extension in extensions:
        builder = builder.add_extension(extension)
    return builder.sign(signer, user_id=user_id)
