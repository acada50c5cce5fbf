"""Whatever bytes come, the reader answers with a value or with DecodeError."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.asn1.der import Reader
from gmpki.asn1.gmt0009 import SM2Cipher, SM2Signature
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc5915 import ECPrivateKey
from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo, PrivateKeyInfo
from gmpki.asn1.rfc8018 import PBES2Params, PBKDF2Params
from gmpki.asn1.sec1 import SpecifiedECDomain
from gmpki.errors import DecodeError

METHODS: list[Callable[[Reader], object]] = [
    Reader.boolean,
    Reader.boolean_default_false,
    Reader.integer,
    Reader.enumerated,
    Reader.octet_string,
    Reader.bit_string,
    Reader.bit_string_bytes,
    Reader.null,
    Reader.oid,
    Reader.utf8_string,
    Reader.printable_string,
    Reader.numeric_string,
    Reader.ia5_string,
    Reader.bmp_string,
    Reader.utc_time,
    Reader.generalized_time,
    Reader.sequence,
    Reader.set_of,
    Reader.raw_element,
]
SCHEMAS: list[type[Schema]] = [
    AlgorithmIdentifier,
    SubjectPublicKeyInfo,
    ECPrivateKey,
    PrivateKeyInfo,
    EncryptedPrivateKeyInfo,
    PBES2Params,
    PBKDF2Params,
    SpecifiedECDomain,
    SM2Signature,
    SM2Cipher,
]

# Bytes that look like ASN.1 reach deeper than random ones.
tags = st.sampled_from([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x17, 0x18, 0x30, 0x31, 0x80, 0xA0, 0xA1])
leaves = st.builds(der.encode, tags, st.binary(max_size=16))
trees = st.recursive(
    leaves,
    lambda inner: st.builds(lambda tag, parts: der.encode(tag, b"".join(parts)), tags, st.lists(inner, max_size=6)),
)


# To make data costs more than to read it, so all of them read the same.
@given(data=st.binary(max_size=64) | trees)
def test_readers(data: bytes) -> None:
    for read in METHODS:
        place = 0
        try:
            read(Reader(data))
        except DecodeError as error:
            place = -1 if error.offset is None else error.offset
        assert 0 <= place <= len(data), read


@given(data=st.binary(max_size=64) | trees)
def test_schemas(data: bytes) -> None:
    for schema in SCHEMAS:
        try:
            value = schema.from_der(data)
        except DecodeError:
            continue
        assert value.to_der() == data
