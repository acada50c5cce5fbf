"""The writer and the bounds of the reader refuse what they cannot use, with errors of gmpki."""

from __future__ import annotations

import array
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

import hostile
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.ber import ber_to_der
from gmpki.asn1.gmt0009 import SM2Cipher
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc5915 import ECPrivateKey
from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo, PrivateKeyInfo
from gmpki.asn1.rfc8018 import PBES2Params, PBKDF2Params
from gmpki.errors import InvalidInputError, InvalidTypeError

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
SM2_KEY = AlgorithmIdentifier(oids.EC_PUBLIC_KEY, der.encode_oid(oids.SM2))

CALLS: dict[str, tuple[Callable[..., object], tuple[Any, ...]]] = {
    "encode": (der.encode, (0x30, b"")),
    "encode_bit_string": (der.encode_bit_string, (b"data", 0)),
    "encode_boolean": (der.encode_boolean, (True,)),
    "encode_bmp_string": (der.encode_bmp_string, ("text",)),
    "encode_enumerated": (der.encode_enumerated, (5,)),
    "encode_explicit": (der.encode_explicit, (0, der.encode_null())),
    "encode_generalized_time": (der.encode_generalized_time, (NOW,)),
    "encode_ia5_string": (der.encode_ia5_string, ("text",)),
    "encode_implicit": (der.encode_implicit, (0, der.encode_null())),
    "encode_integer": (der.encode_integer, (5,)),
    "encode_numeric_string": (der.encode_numeric_string, ("5",)),
    "encode_octet_string": (der.encode_octet_string, (b"data",)),
    "encode_oid": (der.encode_oid, ("1.2.3",)),
    "encode_printable_string": (der.encode_printable_string, ("text",)),
    "encode_sequence": (der.encode_sequence, (der.encode_null(),)),
    "encode_set_of": (der.encode_set_of, ([der.encode_null()],)),
    "encode_set_of one": (lambda part: der.encode_set_of([part]), (der.encode_null(),)),
    "encode_time": (der.encode_time, (NOW,)),
    "encode_utc_time": (der.encode_utc_time, (NOW,)),
    "encode_utf8_string": (der.encode_utf8_string, ("text",)),
    "tag": (lambda tag: der.encode_null(tag=tag), (0x80,)),
    "context": (der.Tag.context, (0,)),
    "reader": (
        lambda data, depth, size: der.Reader(data, max_depth=depth, max_size=size).sequence().null(),
        (der.encode_sequence(der.encode_null()), 3, 10),
    ),
    "schema": (
        lambda data, depth, size: SubjectPublicKeyInfo.from_der(data, max_depth=depth, max_size=size),
        (SubjectPublicKeyInfo(SM2_KEY, b"").to_der(), 3, 100),
    ),
    "ber_to_der": (
        lambda data, depth, size, elements: ber_to_der(data, max_depth=depth, max_size=size, max_elements=elements),
        (der.encode_null(), 3, 10, 10),
    ),
    "AlgorithmIdentifier": (lambda *fields: AlgorithmIdentifier(*fields).to_der(), (oids.SM2, der.encode_null())),
    "SubjectPublicKeyInfo": (lambda key: SubjectPublicKeyInfo(SM2_KEY, key).to_der(), (b"key",)),
    "ECPrivateKey": (lambda *fields: ECPrivateKey(*fields).to_der(), (b"d", der.encode_null(), b"point")),
    "PrivateKeyInfo": (lambda *fields: PrivateKeyInfo(SM2_KEY, *fields).to_der(), (b"key", b"\xa0\x00", b"point")),
    "EncryptedPrivateKeyInfo": (lambda data: EncryptedPrivateKeyInfo(SM2_KEY, data).to_der(), (b"data",)),
    "PBKDF2Params": (lambda *fields: PBKDF2Params(*fields).to_der(), (b"salt", 1, 16)),
    "SM2Cipher": (lambda *fields: SM2Cipher(*fields).to_der(), (1, 2, bytes(32), b"data")),
    "inner": (lambda part: PBES2Params(part, SM2_KEY).to_der(), (SM2_KEY,)),
    "outer": (lambda part: SubjectPublicKeyInfo(part, b"key").to_der(), (SM2_KEY,)),
    "prf": (lambda prf: PBKDF2Params(b"salt", 1, None, prf).to_der(), (SM2_KEY,)),
}


@pytest.mark.parametrize("name", CALLS)
def test_only_our_errors_leave(name: str) -> None:
    call, arguments = CALLS[name]
    call(*arguments)
    for result in hostile.results(call, arguments):
        if isinstance(result, bytes) and result and name not in ("encode_explicit", "encode_implicit"):
            end = der.Reader(result)._header(0, len(result), "")[1]
            assert end <= len(result)


def test_messages_say_what_was_wanted_and_what_came() -> None:
    with pytest.raises(InvalidTypeError, match=r"contents must be bytes.*, not str"):
        der.encode_octet_string("text")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match="an object identifier takes str, not float"):
        der.encode_oid(1.2)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="an identifier octet must be 0 to 255, not 256"):
        der.encode(256, b"")
    with pytest.raises(InvalidTypeError, match="max_depth must be an int, not NoneType"):
        der.Reader(b"", max_depth=None)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match="max_elements must be an int, not str"):
        ber_to_der(b"\x05\x00", max_elements="few")  # type: ignore[arg-type]


def test_buffers_are_written_by_their_bytes() -> None:
    assert der.encode_octet_string(array.array("H", [1, 2])) == der.encode_octet_string(  # type: ignore[arg-type]
        array.array("H", [1, 2]).tobytes()
    )
    assert der.encode_sequence(bytearray(der.encode_null())) == b"\x30\x02\x05\x00"  # type: ignore[arg-type]
