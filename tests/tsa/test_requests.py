"""Requests: what is made is what is read, and what is no request is none."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc3161 import MessageImprint, TimeStampReq
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Extension
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, LimitExceeded, UnsupportedAlgorithm
from gmpki.tsa.imprint import HASH_NAMES, STRONG_HASHES, Imprint
from gmpki.tsa.request import MAX_REQUEST_LEN, TimestampRequest
from tsa.scene import DATA, POLICY

EXTENSION = Extension(oids.find("1.2.3.4"), False, b"\x05\x00")


# ---- imprints -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("hash_name", sorted(STRONG_HASHES))
def test_imprints(hash_name: str) -> None:
    imprint = Imprint.of(DATA, hash_name)
    assert imprint == Imprint.of_pieces([DATA[:3], bytearray(DATA[3:])], hash_name)
    assert Imprint.from_structure(imprint.to_structure()) == imprint
    assert imprint.matches(DATA)
    assert imprint.matches(Imprint(hash_name, imprint.digest))
    assert not imprint.matches(DATA + b"!")
    assert imprint.hash_name in repr(imprint)


def test_imprints_of_other_hashes_do_not_match() -> None:
    assert not Imprint("sm3", bytes(32)).matches(Imprint("sha256", bytes(32)))


def test_sha1_is_read_and_not_made() -> None:
    imprint = Imprint.of(DATA, "sha1")
    structure = MessageImprint(AlgorithmIdentifier(oids.SHA1), imprint.digest)
    assert Imprint.from_structure(structure).matches(DATA)
    with pytest.raises(UnsupportedAlgorithm):
        imprint.to_structure()
    with pytest.raises(UnsupportedAlgorithm):
        TimestampRequest.of(DATA, hash_name="sha1")


@pytest.mark.parametrize("length", [0, 20, 31, 33, 64])
def test_imprints_of_another_length(length: int) -> None:
    with pytest.raises(InvalidInputError, match="32 bytes"):
        Imprint("sm3", bytes(length))
    with pytest.raises(DecodeError, match="32 bytes"):
        Imprint.from_structure(MessageImprint(AlgorithmIdentifier(oids.SM3), bytes(length)))


@pytest.mark.parametrize("algorithm", [oids.MD5, oids.HMAC_SM3, oids.SM2_SIGN, oids.SHA224])
def test_imprints_of_unknown_hashes(algorithm: str) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        Imprint.from_structure(MessageImprint(AlgorithmIdentifier(algorithm), bytes(32)))


def test_parameters_of_a_hash() -> None:
    for parameters in (None, b"\x05\x00"):
        structure = MessageImprint(AlgorithmIdentifier(oids.SHA256, parameters), bytes(32))
        assert Imprint.from_structure(structure).hash_name == "sha256"
    with pytest.raises(DecodeError, match="parameters"):
        Imprint.from_structure(MessageImprint(AlgorithmIdentifier(oids.SHA256, b"\x04\x00"), bytes(32)))


@pytest.mark.parametrize("name", ["md5", "SM3", "", "sha3_256"])
def test_names_of_no_hash(name: str) -> None:
    for call in (Imprint.of, Imprint.of_pieces):
        with pytest.raises(UnsupportedAlgorithm, match="imprints are made with"):
            call(b"", name)  # type: ignore[operator]


@pytest.mark.parametrize("wrong", [None, 7, "text", ["a"]])
def test_imprints_of_other_types(wrong: Any) -> None:
    with pytest.raises(InvalidTypeError):
        Imprint.of(wrong)
    with pytest.raises(InvalidTypeError):
        Imprint("sm3", wrong)
    with pytest.raises(InvalidTypeError):
        Imprint.of_pieces([wrong])
    with pytest.raises((InvalidTypeError, UnsupportedAlgorithm)):
        Imprint.of(DATA, wrong)
    with pytest.raises(InvalidTypeError):
        Imprint.of(DATA).matches(wrong)


# ---- requests -------------------------------------------------------------------------------------------------------
def test_a_plain_request() -> None:
    request = TimestampRequest.of(DATA)
    assert request.imprint == Imprint.of(DATA)
    assert request.policy is None
    assert request.nonce is not None
    assert 0 <= request.nonce < 1 << 64
    assert request.certificate_wanted
    assert len(request.extensions) == 0
    assert request.quirks == ()
    assert "SM3" in repr(request)


@pytest.mark.parametrize("hash_name", sorted(STRONG_HASHES))
@pytest.mark.parametrize("certificate", [True, False])
def test_every_field(hash_name: str, certificate: bool) -> None:
    made = TimestampRequest.of(
        DATA, hash_name=hash_name, policy=POLICY, nonce=12345, certificate=certificate, extensions=[EXTENSION]
    )
    read = TimestampRequest.from_der(made.to_der())
    assert read == made
    assert hash(read) == hash(made)
    assert (read.imprint.hash_name, read.policy, read.nonce) == (hash_name, POLICY, 12345)
    assert read.certificate_wanted is certificate
    assert [extension.extn_id for extension in made._structure.extensions] == ["1.2.3.4"]
    assert len(read.extensions) == 1
    assert pickle.loads(pickle.dumps(read)) == read


def test_a_digest_instead_of_data() -> None:
    assert TimestampRequest.of(Imprint.of(DATA, "sha512")).imprint.matches(DATA)


def test_nonces() -> None:
    assert TimestampRequest.of(DATA, nonce=False).nonce is None
    assert TimestampRequest.of(DATA, nonce=0).nonce == 0
    assert TimestampRequest.of(DATA).nonce != TimestampRequest.of(DATA).nonce
    for wrong in (-1, (1 << 512) + 1, None, "1", 1.0):
        with pytest.raises(InvalidInputError):
            TimestampRequest.of(DATA, nonce=wrong)  # type: ignore[arg-type]


def test_a_request_is_read_or_made() -> None:
    with pytest.raises(InvalidInputError):
        TimestampRequest()
    with pytest.raises(AttributeError):
        TimestampRequest.of(DATA).nonce = 1  # type: ignore[misc]


@pytest.mark.parametrize("policy", ["", "1", "policy", "1.2.", "3.1.1"])
def test_policies_that_are_none(policy: str) -> None:
    with pytest.raises(InvalidInputError):
        TimestampRequest.of(DATA, policy=policy)


def test_extensions_twice() -> None:
    with pytest.raises(InvalidInputError):
        TimestampRequest.of(DATA, extensions=[EXTENSION, EXTENSION])


@pytest.mark.parametrize("options", [{"policy": 7}, {"hash_name": None}, {"extensions": 7}, {"extensions": ["a"]}])
def test_options_of_other_types(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        TimestampRequest.of(DATA, **options)


GOOD = TimestampRequest.of(DATA, nonce=5, policy=POLICY).to_der()
IMPRINT = Imprint.of(DATA).to_structure().to_der()
NO_REQUESTS = {
    "empty": b"",
    "text": b"time-stamp",
    "truncated": GOOD[:-1],
    "longer": GOOD + b"\0",
    "empty sequence": der.encode_sequence(),
    "version 2": der.encode_sequence(der.encode_integer(2), IMPRINT),
    "version 0": der.encode_sequence(der.encode_integer(0), IMPRINT),
    "no version": der.encode_sequence(IMPRINT),
    "no imprint": der.encode_sequence(der.encode_integer(1)),
    "imprint twice": der.encode_sequence(der.encode_integer(1), IMPRINT, IMPRINT),
    "nonce before policy": der.encode_sequence(
        der.encode_integer(1), IMPRINT, der.encode_integer(5), der.encode_oid(POLICY)
    ),
    "nonce twice": der.encode_sequence(der.encode_integer(1), IMPRINT, der.encode_integer(5), der.encode_integer(5)),
    "certReq FALSE": der.encode_sequence(der.encode_integer(1), IMPRINT, der.encode_boolean(False)),
    "empty extensions": der.encode_sequence(der.encode_integer(1), IMPRINT, bytes.fromhex("A000")),
    "BER length": b"\x30\x81" + GOOD[1:],
    "something else behind": der.encode_sequence(der.encode_integer(1), IMPRINT, der.encode_null()),
}


@pytest.mark.parametrize("name", NO_REQUESTS)
def test_what_is_no_request(name: str) -> None:
    with pytest.raises(DecodeError):
        TimestampRequest.from_der(NO_REQUESTS[name])


@pytest.mark.parametrize("name", ["certReq FALSE", "version 2"])
def test_what_tolerant_reading_takes(name: str) -> None:
    request = TimestampRequest.from_der(NO_REQUESTS[name], lenient=True)
    assert request.imprint.matches(DATA)
    assert request.quirks
    assert pickle.loads(pickle.dumps(request)).quirks == request.quirks


@pytest.mark.parametrize("lenient", [False, True])
def test_every_truncation(lenient: bool) -> None:
    for length in range(len(GOOD)):
        with pytest.raises(DecodeError):
            TimestampRequest.from_der(GOOD[:length], lenient=lenient)


def test_a_request_that_is_too_long() -> None:
    with pytest.raises(LimitExceeded):
        TimestampRequest.from_der(bytes(MAX_REQUEST_LEN + 1))


@pytest.mark.parametrize("wrong", [None, 1, "text"])
def test_requests_of_other_types(wrong: Any) -> None:
    with pytest.raises(InvalidTypeError):
        TimestampRequest.from_der(wrong)


def test_an_unknown_hash_is_seen_when_it_is_asked_for() -> None:
    structure = TimeStampReq(1, MessageImprint(AlgorithmIdentifier(oids.MD5), bytes(16)))
    request = TimestampRequest.from_der(structure.to_der())
    assert request.message_imprint.hashed_message == bytes(16)
    with pytest.raises(UnsupportedAlgorithm):
        _ = request.imprint


def test_the_names_of_hashes() -> None:
    assert set(HASH_NAMES) == STRONG_HASHES | {"sha1"}
