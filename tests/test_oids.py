"""The registry: every number once, valid, named in English and where in use in Chinese, and known by its constant."""

from __future__ import annotations

import pickle
import re

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.oids import ObjectIdentifier

CONSTANTS = {name: value for name, value in vars(oids).items() if isinstance(value, ObjectIdentifier)}
REGISTERED = oids.registered()
GM = "1.2.156.10197"

# Read off the tables of the standards and of the encodings that those tables' readers computed.
KNOWN_DER = {
    "06072A811CCF550166": oids.SM1,
    "06072A811CCF550168": oids.SM4,
    "06082A811CCF5501822D": oids.SM2,
    "06092A811CCF5501822D01": oids.SM2_SIGN,
    "06092A811CCF5501822D03": oids.SM2_ENCRYPT,
    "06082A811CCF5501822E": oids.SM9,
    "06082A811CCF55018311": oids.SM3,
    "060A2A811CCF550183110301": oids.HMAC_SM3_0091,
    "06082A811CCF55018375": oids.SM2_WITH_SM3,
    "06082A811CCF55018376": oids.SM9_WITH_SM3,
    "06082A811CCF55018378": oids.RSA_WITH_SM3,
    "06082A811CCF55016802": oids.SM4_CBC,
    "060A2A811CCF550601040201": oids.GM_DATA,
    "060A2A811CCF550601040202": oids.GM_SIGNED_DATA,
    "06072A8648CE3D0201": oids.EC_PUBLIC_KEY,
    "06082A811CD014040101": oids.IDENTIFY_CODE,
    "06082A811CD014040105": oids.TAXATION_NUMBER,
    "0603551D0F": oids.KEY_USAGE,
    "0603551D13": oids.BASIC_CONSTRAINTS,
    "060355040 3".replace(" ", ""): oids.COMMON_NAME,
}


def test_every_constant_is_registered_and_every_number_has_one() -> None:
    assert len(set(REGISTERED)) == len(REGISTERED) == len(CONSTANTS)
    assert {id(value) for value in CONSTANTS.values()} == {id(value) for value in REGISTERED}


@pytest.mark.parametrize("oid", REGISTERED, ids=str)
def test_each_line(oid: ObjectIdentifier) -> None:
    assert der.Reader(der.encode_oid(oid)).oid() is oids.find(oid) is oid
    assert oid.name
    assert oid.name != oid
    assert oid.source
    assert oid.name == oid.name.strip()
    assert oid.source == oid.source.strip()


def test_names_are_unique() -> None:
    names = [oid.name for oid in REGISTERED]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("oid", [oid for oid in REGISTERED if oid.startswith((GM, "1.2.156", "1.2.86"))], ids=str)
def test_chinese_arcs_have_chinese_names(oid: ObjectIdentifier) -> None:
    assert oid.name_zh


@pytest.mark.parametrize("oid", [oid for oid in REGISTERED if oid.startswith(("2.5.4.", "2.5.29."))], ids=str)
def test_attributes_and_extensions_have_chinese_names(oid: ObjectIdentifier) -> None:
    assert re.search(r"[\u4e00-\u9fff]", oid.name_zh)


def test_what_was_not_read_says_so() -> None:
    """Of the Chinese arcs only GB/T 33560, GM/T 0009 and GM/T 0092 were read: the others carry their confidence."""
    for oid in REGISTERED:
        if oid.startswith(("1.2.156", "1.2.86")):
            read = oid.source.startswith(("GB/T 33560-2017", "GM/T 0092-2020"))
            assert read != bool(re.search(r"\[[BCD]\]", oid.source)), oid


@pytest.mark.parametrize(("encoded", "oid"), KNOWN_DER.items(), ids=KNOWN_DER)
def test_known_encodings(encoded: str, oid: ObjectIdentifier) -> None:
    assert der.encode_oid(oid).hex().upper() == encoded


def test_the_standard_holds_where_numbers_are_disputed() -> None:
    assert oids.find(f"{GM}.1.502") is oids.SM9_WITH_SM3
    assert oids.find(f"{GM}.1.504") is oids.RSA_WITH_SM3
    for number in (503, 505, 506):
        assert oids.find(f"{GM}.1.{number}").name == f"{GM}.1.{number}"


def test_unknown_numbers_have_no_name() -> None:
    unknown = oids.find("1.2.3.4")
    assert unknown == "1.2.3.4"
    assert (unknown.name, unknown.name_zh, unknown.source) == ("1.2.3.4", "", "")
    assert repr(unknown) == "<ObjectIdentifier 1.2.3.4>"
    assert unknown not in REGISTERED


def test_identifiers_are_immutable_text() -> None:
    assert f"{GM}.1.401" == oids.SM3
    assert {oids.SM3: 1}[f"{GM}.1.401"] == 1  # type: ignore[index]
    assert "SM3" in repr(oids.SM3)
    again = pickle.loads(pickle.dumps(oids.SM3))
    assert (again, again.name, again.source) == (oids.SM3, oids.SM3.name, oids.SM3.source)
    with pytest.raises(AttributeError):
        oids.SM3.name = "x"
    with pytest.raises(AttributeError):
        del oids.SM3.name
