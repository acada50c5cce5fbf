"""Certificates, revocation lists, requests and messages of real authorities pass the strict reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmpki.asn1 import der
from gmpki.asn1.ber import ber_to_der
from gmpki.keys.loader import load_public_key
from gmpki.keys.pem import is_pem, read_pem


def encodings(folder: Path) -> list[tuple[str, bytes]]:
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            blocks = [block.data for block in read_pem(data)] if is_pem(data) else [data]
            found += [(path.name, block) for block in blocks]
    return found


def test_every_object_is_strict_der(test_data: Path) -> None:
    objects = encodings(test_data / "objects")
    if not objects:
        pytest.skip("outside test data: no objects")
    for name, data in objects:
        reader = der.Reader(data, name=name)
        assert reader.raw_element() == data
        reader.end()
        normalised = ber_to_der(data, sort_sets=False)
        assert normalised == (data, ()), name


def subject_public_key_info(certificate: bytes) -> bytes:
    """Return the field of a certificate (RFC 5280 4.1) without reading the others."""
    fields = der.Reader(certificate).sequence("certificate").sequence("tbsCertificate")
    if fields.next_is(der.Tag.context(0, constructed=True)):
        fields.raw_element("version")
    for name in ("serialNumber", "signature", "issuer", "validity", "subject"):
        fields.raw_element(name)
    return fields.raw_element("subjectPublicKeyInfo")


def test_every_certificate_has_a_key(test_data: Path) -> None:
    certificates = encodings(test_data / "objects" / "certificate")
    if not certificates:
        pytest.skip("outside test data: no certificates")
    for _, data in certificates:
        key = load_public_key(subject_public_key_info(data))
        assert load_public_key(key.to_der()) == key
