"""Good input: gmpki and asn1crypto read the same values and write the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from asn1crypto import core, keys
from hypothesis import given
from hypothesis import strategies as st

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.der import Reader
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc5915 import ECPrivateKey
from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo, PrivateKeyInfo
from gmpki.asn1.rfc8018 import PBKDF2Params


@dataclass(frozen=True)
class Sample:
    """A value in both libraries."""

    ours: bytes
    theirs: Any
    read: Any  # how our reader takes it
    value: Any


texts = st.text(st.characters(codec="utf-8"), max_size=40)
bmp_texts = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=40)
ascii_texts = st.text(st.characters(max_codepoint=127), max_size=40)
printable_texts = st.text("ABCxyz019 '()+,-./:=?", max_size=40)
times = st.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31)).map(
    lambda t: t.replace(microsecond=0, tzinfo=timezone.utc)
)
oid_texts = st.builds(
    lambda head, tail: ".".join(map(str, (*head, *tail))),
    st.tuples(st.integers(0, 1), st.integers(0, 39)) | st.tuples(st.just(2), st.integers(0, 999)),
    st.lists(st.integers(0, 2**64), max_size=8),
)

samples = st.one_of(
    st.integers(-(2**300), 2**300).map(lambda v: Sample(der.encode_integer(v), core.Integer(v), Reader.integer, v)),
    st.booleans().map(lambda v: Sample(der.encode_boolean(v), core.Boolean(v), Reader.boolean, v)),
    st.binary(max_size=300).map(
        lambda v: Sample(der.encode_octet_string(v), core.OctetString(v), Reader.octet_string, v)
    ),
    st.binary(max_size=300).map(
        lambda v: Sample(der.encode_bit_string(v), core.OctetBitString(v), Reader.bit_string_bytes, v)
    ),
    st.just(Sample(der.encode_null(), core.Null(), Reader.null, None)),
    oid_texts.map(lambda v: Sample(der.encode_oid(v), core.ObjectIdentifier(v), Reader.oid, v)),
    texts.map(lambda v: Sample(der.encode_utf8_string(v), core.UTF8String(v), Reader.utf8_string, v)),
    bmp_texts.map(lambda v: Sample(der.encode_bmp_string(v), core.BMPString(v), Reader.bmp_string, v)),
    ascii_texts.map(lambda v: Sample(der.encode_ia5_string(v), core.IA5String(v), Reader.ia5_string, v)),
    printable_texts.map(
        lambda v: Sample(der.encode_printable_string(v), core.PrintableString(v), Reader.printable_string, v)
    ),
    times.map(lambda v: Sample(der.encode_utc_time(v), core.UTCTime(v), Reader.utc_time, v)),
    times.map(lambda v: Sample(der.encode_generalized_time(v), core.GeneralizedTime(v), Reader.generalized_time, v)),
)


class AnySequence(core.SequenceOf):
    """SEQUENCE OF ANY, asn1crypto's way."""

    _child_spec = core.Any


@given(samples)
def test_values_and_encodings_agree(sample: Sample) -> None:
    assert sample.theirs.dump() == sample.ours
    assert type(sample.theirs).load(sample.ours, strict=True).native == sample.theirs.native
    reader = Reader(sample.ours)
    assert sample.read(reader) == sample.value
    reader.end()


@given(st.lists(samples, max_size=8), st.integers(0, 30))
def test_structures_agree(members: list[Sample], number: int) -> None:
    theirs = AnySequence([core.Any(member.theirs) for member in members])
    ours = der.encode_sequence(*(member.ours for member in members))
    assert theirs.dump() == ours
    wrapped = der.encode_explicit(number, ours)
    assert AnySequence(theirs, explicit=number).dump() == wrapped
    outer = Reader(wrapped)
    with outer.explicit(number) as inside, inside.sequence() as fields:
        assert [member.read(fields) for member in members] == [member.value for member in members]
    outer.end()
    assert Reader(wrapped).raw_element() == wrapped


@given(st.lists(st.integers(), max_size=8))
def test_set_of_agrees(values: list[int]) -> None:
    class Integers(core.SetOf):
        _child_spec = core.Integer

    ours = der.encode_set_of(map(der.encode_integer, values))
    assert Integers(values).dump() == ours
    with Reader(ours).set_of() as members:
        found = []
        while not members.at_end():
            found.append(members.integer())
    assert sorted(found) == sorted(values)


bytes_ = st.binary(max_size=64)
filled = st.binary(min_size=1, max_size=64)


# asn1crypto writes a private key without its leading zeros, so they are left to other tests.
scalars = filled.filter(lambda scalar: scalar[0] != 0)


@given(scalars, st.none() | filled)
def test_ec_private_key(private_key: bytes, public_key: bytes | None) -> None:
    ours = ECPrivateKey(private_key, der.encode_oid(oids.P256), public_key)
    theirs = keys.ECPrivateKey.load(ours.to_der(), strict=True)
    assert theirs["private_key"].contents == private_key
    assert theirs["parameters"].native == "secp256r1"
    assert (theirs["public_key"].native or None) == public_key
    assert theirs.dump(force=True) == ours.to_der()
    assert ECPrivateKey.from_der(theirs.dump()) == ours


@given(scalars)
def test_private_key_info(private_key: bytes) -> None:
    inner = ECPrivateKey(private_key).to_der()
    ours = PrivateKeyInfo(AlgorithmIdentifier(oids.EC_PUBLIC_KEY, der.encode_oid(oids.P256)), inner)
    theirs = keys.PrivateKeyInfo.load(ours.to_der(), strict=True)
    assert theirs["private_key_algorithm"].native == {"algorithm": "ec", "parameters": "secp256r1"}
    assert theirs["private_key"].contents == inner
    assert theirs.dump(force=True) == ours.to_der()
    assert PrivateKeyInfo.from_der(theirs.dump()) == ours


@given(bytes_, filled, st.integers(1, 2**31), st.none() | st.integers(1, 64))
def test_encrypted_private_key_info(data: bytes, salt: bytes, iterations: int, key_length: int | None) -> None:
    prf = AlgorithmIdentifier(oids.HMAC_SHA256, der.encode_null())
    derivation = AlgorithmIdentifier(oids.PBKDF2, PBKDF2Params(salt, iterations, key_length, prf).to_der())
    parameters = der.encode_sequence(
        derivation.to_der(), AlgorithmIdentifier(oids.AES128_CBC, der.encode_octet_string(bytes(16))).to_der()
    )
    ours = EncryptedPrivateKeyInfo(AlgorithmIdentifier(oids.PBES2, parameters), data)
    theirs = keys.EncryptedPrivateKeyInfo.load(ours.to_der(), strict=True)
    pbkdf2 = theirs["encryption_algorithm"]["parameters"]["key_derivation_func"]["parameters"].native
    assert pbkdf2["salt"] == salt
    assert (pbkdf2["iteration_count"], pbkdf2["key_length"]) == (iterations, key_length)
    assert pbkdf2["prf"]["algorithm"] == "sha256"
    assert theirs["encrypted_data"].native == data
    assert EncryptedPrivateKeyInfo.from_der(theirs.dump()) == ours


@given(filled)
def test_subject_public_key_info(point: bytes) -> None:
    ours = SubjectPublicKeyInfo(AlgorithmIdentifier(oids.EC_PUBLIC_KEY, der.encode_oid(oids.P256)), point)
    theirs = keys.PublicKeyInfo.load(ours.to_der(), strict=True)
    assert theirs["public_key"].contents == b"\x00" + point
    assert theirs.dump(force=True) == ours.to_der()
