"""The extensions of an object: order, decoding, criticality, duplicates, what is malformed, what is not known."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from extension_samples import DNS, IDS, KINDS, SAMPLES
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.gmt0015 import TaxationNumber
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5280 import (
    AuthorityKeyIdentifier,
    BasicConstraints,
    CRLNumber,
    DeltaCRLIndicator,
    Extension,
    KeyUsage,
    KeyUsages,
    NameConstraints,
    SubjectAltName,
    SubjectKeyIdentifier,
)
from gmpki.asn1.rfc6962 import PrecertificatePoison
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError
from gmpki.oids import find
from gmpki.x509 import extensions as module
from gmpki.x509.extensions import Extensions, ExtensionValue, known_type, make, parse

UNKNOWN = Extension(find("1.2.3.4"), False, b"not DER at all")
UNKNOWN_CRITICAL = Extension(find("1.2.3.5"), True, b"")
CA = BasicConstraints(ca=True, path_len=1)
USAGE = KeyUsage(KeyUsages.KEY_CERT_SIGN)
# Explicit FALSE, as several authorities write it.
LOOSE = Extension(oids.BASIC_CONSTRAINTS, False, bytes.fromhex("3003010100"))
BROKEN = Extension(oids.KEY_USAGE, True, b"\x05\x00")


def test_every_kind_is_known() -> None:
    for kind in KINDS:
        assert known_type(kind.OID) is kind
    for dotted in module._KNOWN:
        found = known_type(dotted)
        assert found is not None
        assert dotted == found.OID
    assert known_type("1.2.3") is None
    assert known_type("") is None


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_make_and_parse(sample: ExtensionValue) -> None:
    extension = make(sample)
    assert extension == Extension(sample.OID, sample.CRITICAL, sample.to_der())
    assert parse(extension) == sample
    held = Extensions((UNKNOWN, extension))
    assert held.find(type(sample)) == sample
    assert held.value(sample.OID) == sample
    assert held.get(type(sample)) is held[1] is extension
    assert held.is_critical(type(sample)) is sample.CRITICAL


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.FIXED], ids=lambda kind: kind.__name__)
def test_criticality_that_is_not_free(kind: type[ExtensionValue]) -> None:
    sample = next(sample for sample in SAMPLES if type(sample) is kind)
    assert make(sample, kind.CRITICAL) == make(sample)
    with pytest.raises(InvalidInputError, match="critical"):
        make(sample, not kind.CRITICAL)


def test_which_criticality_is_not_free() -> None:
    assert AuthorityKeyIdentifier.FIXED
    assert not AuthorityKeyIdentifier.CRITICAL
    assert SubjectKeyIdentifier.FIXED
    for kind in (NameConstraints, DeltaCRLIndicator, PrecertificatePoison):
        assert kind.FIXED
        assert kind.CRITICAL
    for free in (KeyUsage, BasicConstraints, SubjectAltName):
        assert not free.FIXED


def test_free_criticality() -> None:
    assert make(USAGE).critical
    assert not make(USAGE, False).critical
    assert make(SubjectAltName((DNS,)), True).critical


@pytest.mark.parametrize("value", [None, "2.5.29.19", BasicConstraints, make(CA), b"\x30\x00"])
def test_make_takes_values_only(value: object) -> None:
    with pytest.raises(InvalidTypeError):
        make(value)  # type: ignore[arg-type]


def test_make_refuses_what_cannot_be_written() -> None:
    with pytest.raises(InvalidInputError):
        make(CRLNumber(-1))
    with pytest.raises(InvalidTypeError):
        make(CA, 1)  # type: ignore[arg-type]


def test_order_and_lookups() -> None:
    held = Extensions((UNKNOWN_CRITICAL, make(CA), UNKNOWN, make(USAGE)))
    assert list(held) == [UNKNOWN_CRITICAL, make(CA), UNKNOWN, make(USAGE)]
    assert held.oids == ("1.2.3.5", "2.5.29.19", "1.2.3.4", "2.5.29.15")
    assert len(held) == 4
    assert held[-1] == make(USAGE)
    assert held.get("1.2.3.4") is UNKNOWN
    assert held.get("1.2.3") is None
    assert held.value("1.2.3.4") is None
    assert held.find(SubjectAltName) is None
    assert "1.2.3.4" in held
    assert KeyUsage in held
    assert SubjectAltName not in held
    assert held.is_critical(KeyUsage)
    assert held.is_critical("1.2.3.5")
    assert not held.is_critical("1.2.3.4")
    assert not held.is_critical("9.9.9")
    assert repr(held) == "<Extensions 1.2.3.5, basicConstraints, 1.2.3.4, keyUsage>"


def test_unknown_critical() -> None:
    held = Extensions((UNKNOWN_CRITICAL, make(CA), UNKNOWN, make(USAGE)))
    assert held.unknown_critical(()) == ("1.2.3.5", "2.5.29.19", "2.5.29.15")
    assert held.unknown_critical({"2.5.29.19", "2.5.29.15"}) == ("1.2.3.5",)
    assert held.unknown_critical({"2.5.29.19", "2.5.29.15", "1.2.3.5"}) == ()


def test_a_value() -> None:
    one, same = Extensions((make(CA), UNKNOWN)), Extensions([make(CA), UNKNOWN])
    assert one == same
    assert hash(one) == hash(same)
    assert one != Extensions((UNKNOWN, make(CA)))
    assert one != (make(CA), UNKNOWN)
    assert pickle.loads(pickle.dumps(one)) == one
    assert len(Extensions()) == 0
    with pytest.raises(AttributeError):
        one.anything = 1  # type: ignore[attr-defined]


def test_strict_refuses_what_is_malformed() -> None:
    for bad in (LOOSE, BROKEN):
        with pytest.raises(DecodeError, match="malformed"):
            Extensions((bad,))
        with pytest.raises(DecodeError, match=bad.extn_id):
            Extensions((UNKNOWN, bad), quirks=QuirkLog(tolerant=False))
        with pytest.raises(DecodeError):
            parse(bad)


def test_strict_refuses_duplicates() -> None:
    for twice in (UNKNOWN, make(CA)):
        with pytest.raises(DecodeError, match="stands twice"):
            Extensions((twice, make(USAGE), twice))


def test_lenient_decodes_what_has_a_meaning() -> None:
    log = QuirkLog()
    held = Extensions((LOOSE,), quirks=log, path="tbsCertificate.extensions")
    assert held.find(BasicConstraints) == BasicConstraints()
    assert list(map(str, log.quirks)) == ["explicit-default at tbsCertificate.extensions.BasicConstraints.cA"]
    assert held.problem(oids.BASIC_CONSTRAINTS) is None
    assert pickle.loads(pickle.dumps(held)) == held


@pytest.mark.parametrize("tolerant", [False, True])
def test_forms_accepted_in_both_modes_are_noted(tolerant: bool) -> None:
    log = QuirkLog(tolerant=tolerant)
    bare = Extension(oids.TAXATION_NUMBER, False, b"000000000000000")
    held = Extensions((bare, make(CA)), quirks=log)
    assert held.find(TaxationNumber) == TaxationNumber("000000000000000")
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.UNTYPED_VALUE]
    assert Extensions((bare,)).find(TaxationNumber) == TaxationNumber("000000000000000")


def test_lenient_keeps_what_is_malformed() -> None:
    log = QuirkLog()
    held = Extensions((BROKEN, make(CA)), quirks=log)
    assert [(quirk.kind, quirk.path) for quirk in log.quirks] == [
        (QuirkKind.MALFORMED_EXTENSION, "extensions.keyUsage")
    ]
    assert held[0] is BROKEN
    assert held.is_critical(KeyUsage)
    assert held.find(BasicConstraints) == CA
    for _ in range(2):
        with pytest.raises(DecodeError, match="keyUsage"):
            held.find(KeyUsage)
        with pytest.raises(DecodeError, match="keyUsage"):
            held.value(oids.KEY_USAGE)
    assert "NULL found" in str(held.problem(oids.KEY_USAGE))


@pytest.mark.parametrize("pair", [(make(CA), LOOSE), (LOOSE, make(CA)), (make(CA), make(CA))])
def test_lenient_uses_no_duplicate(pair: tuple[Extension, Extension]) -> None:
    log = QuirkLog()
    held = Extensions((*pair, make(USAGE)), quirks=log)
    assert QuirkKind.DUPLICATE_EXTENSION in {quirk.kind for quirk in log.quirks}
    assert len(held) == 3
    assert held.get(BasicConstraints) is pair[0]
    with pytest.raises(DecodeError, match="twice"):
        held.find(BasicConstraints)
    assert held.find(KeyUsage) == USAGE


def test_a_class_of_the_callers_own() -> None:
    class Own(BasicConstraints):
        __slots__ = ()

    held = Extensions((LOOSE,), quirks=QuirkLog())
    assert held.find(Own) == Own()
    assert type(held.find(Own)) is Own


@pytest.mark.parametrize("kind", [None, 1, "2.5.29.19", str, CA, Extension])
def test_find_takes_classes_of_values_only(kind: Any) -> None:
    with pytest.raises(InvalidTypeError):
        Extensions((make(CA),)).find(kind)


def test_hostile_values() -> None:
    held = Extensions((make(CA),))
    for call in (held.get, held.is_critical, held.value, held.problem, known_type, parse):
        for _ in hostile.results(call, ("2.5.29.19",)):
            pass
    for result in hostile.results(Extensions, ((make(CA),),)):
        assert len(result) == 0
    for result in hostile.results(
        lambda *values: Extensions((Extension(*values),)), ("2.5.29.15", True, b"\x03\x01\x00")
    ):
        assert len(result) == 1


def test_what_repeats_is_shared() -> None:
    first, second = Extensions((make(CA),)), Extensions((make(CA),))
    assert first.find(BasicConstraints) is second.find(BasicConstraints)
    san = make(SubjectAltName((DNS,)))
    assert Extensions((san,)).find(SubjectAltName) is not Extensions((san,)).find(SubjectAltName)


contents = st.binary(max_size=24) | st.sampled_from(SAMPLES).map(lambda sample: sample.to_der())
numbers = st.sampled_from([kind.OID for kind in KINDS] + [find("1.2.3.4"), find("1.2.3.5")])


@given(st.lists(st.builds(Extension, numbers, st.booleans(), contents), max_size=5))
def test_arbitrary_extensions(items: list[Extension]) -> None:
    held = Extensions(items, quirks=QuirkLog())
    assert list(held) == items
    try:
        strict = Extensions(items)
    except DecodeError:
        return
    assert strict == held
    for item in items:
        assert strict.value(item.extn_id) == held.value(item.extn_id)
        assert der.encode_oid(item.extn_id)


@pytest.mark.parametrize(
    "understood", [None, 5, "2.5.29.15", b"2.5.29.15", object()], ids=lambda value: repr(value)[:12]
)
def test_what_is_understood_is_a_set(understood: Any) -> None:
    """In text, a part of an identifier would count as the identifier."""
    with pytest.raises(InvalidTypeError):
        Extensions((make(KeyUsage(KeyUsages.CRL_SIGN)),)).unknown_critical(understood)
    with pytest.raises(InvalidTypeError):
        Extensions((), quirks=understood or 5)
