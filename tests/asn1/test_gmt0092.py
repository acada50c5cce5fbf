"""CSRResponse: both taggings of the key, any order of certificates, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.gmt0009 import SM2Cipher, SM2EnvelopedKey
from gmpki.asn1.gmt0092 import MAX_CERTIFICATES, CSRResponse
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError

KEY = SM2EnvelopedKey(
    AlgorithmIdentifier(oids.SM4_ECB, NULL), SM2Cipher(1, 2, bytes(32), bytes(16)), b"\x04" + bytes(64), bytes(32)
)
# For this structure a certificate is any SEQUENCE.
ONE, TWO, THREE = (der.encode_sequence(der.encode_integer(number)) for number in (1, 2, 3))
RESPONSE = CSRResponse((ONE,), KEY, (TWO,))


def test_round_trips() -> None:
    for response in (RESPONSE, CSRResponse((ONE,)), CSRResponse((ONE, TWO), None, (THREE,)), CSRResponse((ONE,), KEY)):
        assert CSRResponse.from_der(response.to_der()) == response
        assert CSRResponse.from_der(response.to_der(explicit_key=True)) == response


def test_the_tags_are_implicit_unless_asked() -> None:
    fields = der.encode_set_of([ONE]), KEY.to_der(), b"\xa1" + bytes((len(TWO),)) + TWO
    implicit = der.encode_sequence(fields[0], b"\xa0" + fields[1][1:], fields[2])
    explicit = der.encode_sequence(fields[0], der.encode_explicit(0, fields[1]), fields[2])
    assert RESPONSE.to_der() == implicit
    assert RESPONSE.to_der(explicit_key=True) == explicit
    assert CSRResponse.from_der(implicit) == CSRResponse.from_der(explicit) == RESPONSE


def test_certificates_are_written_sorted_and_read_in_any_order() -> None:
    assert CSRResponse((TWO, ONE)).to_der() == CSRResponse((ONE, TWO)).to_der()
    unsorted = der.encode_sequence(der.encode(0x31, TWO + ONE), der.encode(0xA1, THREE + ONE))
    assert CSRResponse.from_der(unsorted) == CSRResponse((TWO, ONE), None, (THREE, ONE))


@pytest.mark.parametrize("explicit", [False, True])
def test_truncated_or_longer_is_refused(explicit: bool) -> None:
    data = RESPONSE.to_der(explicit_key=explicit)
    for length in range(len(data)):
        with pytest.raises(DecodeError):
            CSRResponse.from_der(data[:length])
    with pytest.raises(DecodeError, match="too many"):
        CSRResponse.from_der(data + b"\x00")


SIGNING = der.encode_set_of([ONE])


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [der.encode(0x31, b"")],  # no certificate
        [der.encode_sequence(ONE)],  # SEQUENCE OF
        [der.encode_set_of([der.encode_integer(1)])],  # no certificate inside
        [SIGNING, der.encode(0xA0, b"")],  # an empty key
        [SIGNING, der.encode(0xA0, ONE)],  # something else
        [SIGNING, der.encode(0xA0, KEY.to_der() + KEY.to_der())],
        [SIGNING, der.encode(0xA0, der.encode_explicit(0, KEY.to_der()))],
        [SIGNING, der.encode(0x80, KEY.to_der())],  # primitive
        [SIGNING, der.encode(0xA1, b"")],
        [SIGNING, der.encode(0xA1, der.encode_set_of([TWO]))],  # an explicit tag
        [SIGNING, der.encode(0xA1, TWO), der.encode_explicit(0, KEY.to_der())],  # the wrong order
        [SIGNING, der.encode(0xA2, TWO)],
        [SIGNING, SIGNING],
    ],
)
def test_malformed(parts: list[bytes]) -> None:
    with pytest.raises(DecodeError):
        CSRResponse.from_der(der.encode_sequence(*parts))


def test_the_error_says_where() -> None:
    broken = der.encode_sequence(SIGNING, der.encode(0xA0, ONE + TWO))
    with pytest.raises(DecodeError, match=r"encryptedPrivateKey"):
        CSRResponse.from_der(broken)


def test_the_number_of_certificates_is_bounded() -> None:
    most = CSRResponse((ONE,) * MAX_CERTIFICATES)
    assert CSRResponse.from_der(most.to_der()) == most
    for tag, front in ((0x31, b""), (0xA1, SIGNING)):
        many = der.encode_sequence(front, der.encode(tag, ONE * (MAX_CERTIFICATES + 1)))
        with pytest.raises(DecodeError, match="more than 64"):
            CSRResponse.from_der(many)


def test_misuse() -> None:
    with pytest.raises(InvalidInputError, match="at least one"):
        CSRResponse(())
    for field in range(2):
        parts: list[Any] = [(ONE,), KEY, ()]
        parts[2 * field] = (ONE,) * (MAX_CERTIFICATES + 1)
        with pytest.raises(InvalidInputError, match="at most 64"):
            CSRResponse(*parts)
    wrong: list[Any] = [None, [ONE], ONE, "text"]
    for value in wrong:
        with pytest.raises(InvalidTypeError):
            CSRResponse(value)
        with pytest.raises(InvalidTypeError):
            CSRResponse((ONE,), None, value)
    for value in (b"key", KEY.to_der(), 1):
        with pytest.raises(InvalidTypeError):
            CSRResponse((ONE,), value).to_der()  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        CSRResponse(("text",)).to_der()  # type: ignore[arg-type]
