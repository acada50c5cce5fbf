"""The short way through certificates of the usual shape finds what the long one finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asn1.rfc5280_samples import (
    KEY_USAGE,
    START,
    certificate,
)
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5280 import (
    NULL,
    AlgorithmIdentifier,
    AttributeTypeAndValue,
    Extension,
    Name,
    SubjectPublicKeyInfo,
    TBSCertificate,
    Validity,
)
from gmpki.asn1.rfc5280._usual import read_usual
from gmpki.errors import DecodeError

USUAL = certificate(
    validity=Validity(START, START.replace(year=2030)),
    extensions=(KEY_USAGE, Extension(oids.SUBJECT_KEY_IDENTIFIER, False, bytes(200))),
)


def outcome(data: bytes, log: QuirkLog | None) -> tuple[object, ...]:
    try:
        value = TBSCertificate.from_der(data, quirks=log)
    except DecodeError as error:
        return str(error), error.path, error.offset
    return value, () if log is None else log.quirks


def the_long_way(data: bytes, log: QuirkLog | None) -> tuple[object, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gmpki.asn1.rfc5280.certificate.read_usual", lambda _: None)
        return outcome(data, log)


def test_usual_certificates_take_the_short_way() -> None:
    for value in (USUAL, certificate(validity=Validity(START, START), serial_number=2**159 - 1)):
        found = read_usual(value.to_der())
        assert found is not None
        assert found.extensions == value.extensions
    for other in (certificate(), certificate(version=1, extensions=()), certificate(issuer_unique_id=b"i")):
        assert read_usual(other.to_der()) is None


@given(data=st.data())
def test_both_ways_find_the_same(data: st.DataObject) -> None:
    changed = bytearray(USUAL.to_der())
    for _ in range(data.draw(st.integers(0, 2))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    for make in (lambda: None, lambda: QuirkLog(tolerant=False), QuirkLog):
        assert outcome(bytes(changed), make()) == the_long_way(bytes(changed), make())


@pytest.mark.parametrize("place", ["signature", "key"])
def test_unwanted_null_is_noted_both_ways(place: str) -> None:
    if place == "signature":
        value = certificate(signature=AlgorithmIdentifier(oids.SM2_WITH_SM3, NULL), validity=USUAL.validity)
    else:
        key = SubjectPublicKeyInfo(AlgorithmIdentifier(oids.ED25519, NULL), bytes(32))
        value = certificate(subject_public_key_info=key, validity=USUAL.validity)
    short, long = QuirkLog(tolerant=False), QuirkLog(tolerant=False)
    assert outcome(value.to_der(), short) == the_long_way(value.to_der(), long)
    assert len(short) == 1


@pytest.mark.parametrize("length", range(0, 300, 7))
def test_both_ways_read_every_length(length: int) -> None:
    """Headers of one, two and three octets of length."""
    value = certificate(
        validity=USUAL.validity, extensions=(Extension(oids.SUBJECT_KEY_IDENTIFIER, False, bytes(length)),)
    )
    assert read_usual(value.to_der()) is not None
    assert outcome(value.to_der(), None) == the_long_way(value.to_der(), None) == (value, ())
    truncated = value.to_der()[:-1]
    assert outcome(truncated, None) == the_long_way(truncated, None)


def test_parts_of_new_names_are_looked_up() -> None:
    """Inside a name that is new, the parts that others had before are not read again."""
    from gmpki.asn1.rfc5280 import name

    country = ((AttributeTypeAndValue(oids.COUNTRY_NAME, der.encode_printable_string("CN")),),)
    common = [((AttributeTypeAndValue(oids.COMMON_NAME, der.encode_utf8_string(f"部件{n}")),),) for n in range(2)]
    name.read_cached(Name(country + common[0]).to_der())
    before = name._cached_rdn.cache_info()
    name.read_cached(Name(country + common[1]).to_der())
    after = name._cached_rdn.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 1)
