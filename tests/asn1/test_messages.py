"""Every structure of messages and time-stamps: round trips, truncation, changed and arbitrary bytes, odd values."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from asn1.message_samples import SAMPLES
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.asn1.quirks import BER_FRAMING, QuirkLog
from gmpki.errors import DecodeError, LimitExceeded

IDS = [f"{type(sample).__name__}-{index}" for index, sample in enumerate(SAMPLES)]
KINDS = list(dict.fromkeys(type(sample) for sample in SAMPLES))


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_round_trip(sample: Schema) -> None:
    read = type(sample).from_der(bytearray(sample.to_der()))
    assert hash(read) == hash(type(sample).from_der(sample.to_der()))
    assert read.to_der() == sample.to_der()
    # Sets have no order of their own: what was read is in that of DER.
    assert type(read).from_der(read.to_der()) == read


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_truncated_or_longer_is_refused(sample: Schema) -> None:
    data = sample.to_der()
    for length in range(len(data)):
        with pytest.raises(DecodeError):
            type(sample).from_der(data[:length])
    with pytest.raises(DecodeError, match="too many"):
        type(sample).from_der(data + b"\x00")


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_one_field_too_many(sample: Schema) -> None:
    """Whatever has fields has no more of them."""
    data = sample.to_der()
    start = der.Reader(data).inside(data[0]).offset
    longer = der.encode(data[0], data[start:] + b"\x9e\x00")
    if data[0] != der.Tag.SEQUENCE:
        return
    with pytest.raises(DecodeError):
        type(sample).from_der(longer)


@given(sample=st.sampled_from(SAMPLES), place=st.integers(0, 10_000), value=st.integers(1, 255))
def test_changed_byte(sample: Schema, place: int, value: int) -> None:
    data = bytearray(sample.to_der())
    data[place % len(data)] ^= value
    try:
        read = type(sample).from_der(data)
    except DecodeError:
        return
    assert type(sample).from_der(read.to_der()).to_der() == read.to_der()


tags = st.sampled_from([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x17, 0x18, 0x30, 0x31, 0x80, 0x81, 0xA0, 0xA1, 0xA2])
leaves = st.builds(der.encode, tags, st.binary(max_size=16))
trees = st.recursive(
    leaves, lambda inner: st.builds(lambda tag, parts: der.encode(tag, b"".join(parts)), tags, st.lists(inner))
)
logs = st.sampled_from([lambda: None, QuirkLog, lambda: QuirkLog(tolerant=False, accepted=BER_FRAMING)])


@given(kind=st.sampled_from(KINDS), data=st.binary(max_size=64) | trees, log=logs)
def test_arbitrary_bytes(kind: type[Schema], data: bytes, log: Any) -> None:
    place: int | None = 0
    try:
        kind.from_der(data, quirks=log())
    except DecodeError as error:
        place = error.offset
    assert place is None or 0 <= place <= len(data)


@pytest.mark.parametrize("kind", KINDS)
def test_too_long(kind: type[Schema]) -> None:
    with pytest.raises(LimitExceeded):
        kind.from_der(bytes(101), max_size=100)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_hostile_values(sample: Schema) -> None:
    """Whatever stands in a field, only errors of gmpki leave."""
    names = [field.name for field in fields(sample) if field.init]  # type: ignore[arg-type]

    def encoded(*values: Any) -> bytes:
        changed: Schema = replace(sample, **dict(zip(names, values, strict=True)))  # type: ignore[type-var]
        return changed.to_der()

    for result in hostile.results(encoded, tuple(getattr(sample, name) for name in names)):
        assert isinstance(result, bytes)
