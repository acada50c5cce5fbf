"""What extensions hold: every value comes back from its bytes, and no bytes bring anything but a value or an error."""

from __future__ import annotations

import copy
import pickle
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from extension_samples import DNS, FULL, IDS, KINDS, NOTICE, POLICY, QUALIFIERS, RELATIVE, SAMPLES, URI
from gmpki import oids
from gmpki.asn1 import der, rfc5280
from gmpki.asn1._schema import Schema
from gmpki.asn1.gmt0015 import IdentityValue
from gmpki.asn1.netscape import NetscapeCertType
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc3739 import QCStatement
from gmpki.asn1.rfc5280._extension_value import ExtensionValue
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded

# What stands inside extensions.
PARTS = [
    NOTICE,
    QUALIFIERS[0],
    QUALIFIERS[1],
    QUALIFIERS[-1],
    FULL,
    RELATIVE,
    rfc5280.NoticeReference("示例", (1,)),
    rfc5280.PolicyInformation(POLICY, QUALIFIERS),
    rfc5280.PolicyMapping(POLICY, POLICY),
    rfc5280.DistributionPoint(FULL, rfc5280.ReasonFlags.SUPERSEDED, (DNS,)),
    rfc5280.AccessDescription(oids.AD_OCSP, URI),
    rfc5280.GeneralSubtree(DNS),
    rfc5280.Attribute(POLICY, (b"\x05\x00",)),
    QCStatement(POLICY, b"\x05\x00"),
]
WITH_FLAGS = (
    rfc5280.KeyUsage,
    rfc5280.CRLDistributionPoints,
    rfc5280.FreshestCRL,
    rfc5280.IssuingDistributionPoint,
    NetscapeCertType,
)

tags = st.sampled_from(
    [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x16, 0x18, 0x30, 0x31, *range(0x80, 0x89)]
)
constructed = st.sampled_from([0x30, 0x31, *range(0xA0, 0xA6)])
leaves = st.builds(der.encode, tags, st.binary(max_size=16))
trees = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda tag, parts: der.encode(tag, b"".join(parts)), constructed, st.lists(inner, max_size=4)
    ),
)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_round_trip(sample: ExtensionValue) -> None:
    encoded = sample.to_der()
    log = QuirkLog()
    for value in (type(sample).from_der(encoded), type(sample).from_der(memoryview(encoded), quirks=log)):
        assert value == sample
        assert hash(value) == hash(sample)
        assert value.to_der() == encoded
        assert type(value) is type(sample)
    assert log.quirks == ()
    assert pickle.loads(pickle.dumps(sample)) == sample
    assert copy.deepcopy(sample) == sample


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_differs_from_the_others(sample: ExtensionValue) -> None:
    assert [other for other in SAMPLES if other == sample] == [sample]


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_truncated_or_longer_is_refused(sample: ExtensionValue) -> None:
    encoded = sample.to_der()
    kind = type(sample)
    # An identity extension may be bare text, so that nothing at all is an empty text.
    for length in range(1 if isinstance(sample, IdentityValue) else 0, len(encoded)):
        with pytest.raises(DecodeError):
            kind.from_der(encoded[:length])
        with pytest.raises(DecodeError):
            kind.from_der(encoded[:length], quirks=QuirkLog())
    with pytest.raises(DecodeError, match="too many"):
        kind.from_der(encoded + b"\x00")
    with pytest.raises(LimitExceeded):
        kind.from_der(encoded, max_size=1)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
@given(data=st.data())
def test_changed_bytes(sample: ExtensionValue, data: st.DataObject) -> None:
    changed = bytearray(sample.to_der())
    place = data.draw(st.integers(0, len(changed) - 1))
    changed[place] = data.draw(st.integers(0, 255))
    check_answer(type(sample), bytes(changed))


@given(data=st.binary(max_size=64) | trees)
def test_arbitrary_bytes(data: bytes) -> None:
    """To make data costs more than to read it, so all kinds read the same."""
    for kind in KINDS:
        check_answer(kind, data)


def check_answer(kind: type[ExtensionValue], data: bytes) -> None:
    try:
        tolerant = kind.from_der(data, quirks=QuirkLog())
    except DecodeError:
        tolerant = None
    try:
        value = kind.from_der(data)
    except DecodeError:
        return
    assert tolerant == value
    assert isinstance(repr(value), str)
    try:
        encoded = value.to_der()
    except InvalidInputError:
        return  # read, but not written: a rule that is not one of DER
    # Identities have forms that are read and not written, and bits without a name are not kept.
    assert encoded == data or issubclass(kind, IdentityValue) or kind in WITH_FLAGS
    assert kind.from_der(encoded) == value


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_says_which_extension_it_is(kind: type[ExtensionValue]) -> None:
    assert kind.OID.name != kind.OID, "not in the registry"
    assert oids.find(kind.OID).name == kind.OID.name
    assert kind.CRITICAL in (True, False)
    assert kind.FIXED in (True, False)


def test_each_has_an_identifier_of_its_own() -> None:
    assert len({kind.OID for kind in KINDS}) == len(KINDS)


def test_every_class_of_rfc_5280_is_here() -> None:
    offered = [getattr(rfc5280, name) for name in rfc5280.__all__]
    kinds = {kind for kind in offered if isinstance(kind, type) and issubclass(kind, ExtensionValue)}
    assert kinds <= set(KINDS)
    assert len(kinds) == 25
    with pytest.raises(AttributeError):
        rfc5280.NoSuchName  # noqa: B018
    assert set(rfc5280.__all__) == set(dir(rfc5280))


@pytest.mark.parametrize("sample", [*SAMPLES, *PARTS], ids=[*IDS, *(type(part).__name__ for part in PARTS)])
def test_hostile_values(sample: Schema) -> None:
    kind = type(sample)
    arguments = tuple(getattr(sample, field.name) for field in fields(sample))  # type: ignore[arg-type]

    def build(*values: object) -> bytes:
        return kind(*values).to_der()

    for encoded in hostile.results(build, arguments):
        assert isinstance(encoded, bytes)
    for value in hostile.results(kind.from_der, (sample.to_der(),)):
        assert isinstance(value, kind)
