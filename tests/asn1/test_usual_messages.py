"""The short way through signed messages of the usual shape finds what the long one finds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asn1.message_samples import BARE, BY_KEY, CERTIFICATE, CONTENT, CRL, MESSAGE, SAMPLES, SIGNED, SIGNER, SM3
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.quirks import BER_FRAMING, QuirkLog
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5652 import Attribute, EncapsulatedContentInfo, SignedData, SignerInfo, encode_attributes
from gmpki.asn1.rfc5652._usual import read_usual
from gmpki.errors import DecodeError

TWO = replace(MESSAGE, signer_infos=(BARE, SIGNER), certificates=(CERTIFICATE, CRL), crls=(CRL,))
DETACHED = replace(MESSAGE, encap_content_info=EncapsulatedContentInfo(oids.DATA), certificates=())
USUAL = [MESSAGE, TWO, DETACHED, replace(MESSAGE, version=3)]
LOGS = (lambda: None, lambda: QuirkLog(tolerant=False, accepted=BER_FRAMING), QuirkLog)


def outcome(data: bytes, log: QuirkLog | None) -> tuple[object, ...]:
    try:
        value = SignedData.from_der(data, quirks=log)
    except DecodeError as error:
        return str(error), error.path, error.offset
    attributes = [(info.attributes(), info.other_attributes()) for info in value.signer_infos]
    return value, attributes, () if log is None else log.quirks


def the_long_way(data: bytes, log: QuirkLog | None) -> tuple[object, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gmpki.asn1.rfc5652.signed.read_usual", lambda _: None)
        patch.setattr("gmpki.asn1.rfc5652.signed.read_usual_signer", lambda _: None)
        return outcome(data, log)


@pytest.mark.parametrize("value", USUAL)
def test_usual_messages_take_the_short_way(value: SignedData) -> None:
    found = read_usual(value.to_der())
    assert found is not None
    assert len(found.signers) == len(value.signer_infos)
    assert outcome(value.to_der(), None) == the_long_way(value.to_der(), None)


@pytest.mark.parametrize(
    "value",
    [
        replace(MESSAGE, version=4),
        replace(MESSAGE, signer_infos=()),
        replace(MESSAGE, signer_infos=(BY_KEY,)),
        replace(MESSAGE, digest_algorithms=()),
        replace(MESSAGE, digest_algorithms=(AlgorithmIdentifier(oids.SM3, NULL),)),
        replace(MESSAGE, certificates=(b"\xa1\x00",)),
        replace(MESSAGE, encap_content_info=EncapsulatedContentInfo(oids.DATA, NULL, is_octet_string=False)),
        replace(MESSAGE, signer_infos=(replace(SIGNER, unsigned_attributes=SIGNED),)),
        replace(MESSAGE, signer_infos=(replace(SIGNER, digest_algorithm=AlgorithmIdentifier(oids.SM3, NULL)),)),
        replace(MESSAGE, signer_infos=(replace(SIGNER, signed_attributes=b""),)),
    ],
)
def test_other_messages_take_the_long_way(value: SignedData) -> None:
    assert read_usual(value.to_der()) is None
    for make in LOGS:
        assert outcome(value.to_der(), make()) == the_long_way(value.to_der(), make())


@given(data=st.data(), value=st.sampled_from(USUAL))
def test_both_ways_find_the_same(data: st.DataObject, value: SignedData) -> None:
    changed = bytearray(value.to_der())
    for _ in range(data.draw(st.integers(0, 2))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    for make in LOGS:
        assert outcome(bytes(changed), make()) == the_long_way(bytes(changed), make())


@pytest.mark.parametrize("length", [0, 1, 100, 115, 127, 128, 255, 256, 1000, 65_535, 65_536, 70_000])
def test_both_ways_read_every_length(length: int) -> None:
    """Headers of one octet of length and more, around the content and around everything."""
    value = replace(MESSAGE, encap_content_info=EncapsulatedContentInfo(oids.GM_DATA, bytes(length)))
    encoded = value.to_der()
    assert outcome(encoded, None) == the_long_way(encoded, None)
    assert SignedData.from_der(encoded) == value
    assert outcome(encoded[:-1], None) == the_long_way(encoded[:-1], None)


values = st.sampled_from([NULL, der.encode_octet_string(b"x"), der.encode_oid("1.2.3"), b"\x06\x01\x80", b"\x17\x00"])
attributes = st.builds(
    lambda kind, found: Attribute(oids.find(f"1.2.{kind}"), tuple(found)),
    st.integers(0, 3),
    st.lists(values, min_size=1, max_size=2),
)


@given(items=st.lists(attributes, min_size=1, max_size=4), in_order=st.booleans())
def test_both_ways_read_the_same_attributes(items: list[Attribute], in_order: bool) -> None:
    encoded = encode_attributes(tuple(items)) if in_order else b"".join(item.to_der() for item in items)
    data = replace(MESSAGE, signer_infos=(replace(SIGNER, signed_attributes=encoded),)).to_der()
    for make in LOGS:
        assert outcome(data, make()) == the_long_way(data, make())


def test_hostile_nesting() -> None:
    """Where no more levels are allowed the long way goes, and says so."""
    with pytest.raises(DecodeError, match="nested too deeply"):
        SignedData.from_der(MESSAGE.to_der(), max_depth=2)
    with pytest.raises(DecodeError, match="nested too deeply"):
        SignerInfo.from_der(SIGNER.to_der(), max_depth=1)


def test_the_samples_are_read_both_ways() -> None:
    for sample in SAMPLES:
        if isinstance(sample, SignedData):
            assert outcome(sample.to_der(), None) == the_long_way(sample.to_der(), None)
    assert CONTENT.to_der() in MESSAGE.to_der()
    assert SM3 in MESSAGE.digest_algorithms
