"""Signatures of structures: what each policy accepts, and that the key has the say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import hostile
from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    PolicyError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.ed25519 import Ed25519PrivateKey
from gmpki.keys.interfaces import Signer
from gmpki.keys.rsa import RSAPrivateKey, SignaturePadding
from gmpki.keys.sm2 import SignatureEncoding
from gmpki.x509.named_key import TrustAnchor, key_info_of, public_key_of
from gmpki.x509.signatures import (
    LENIENT_SIGNATURES,
    STANDARD_SIGNATURES,
    SignaturePolicy,
    holding_at_once,
    verify_by,
    verify_signed,
)
from rsa_keys import rsa_key
from x509 import made

MESSAGE = b"what is signed"
SM2 = made.SM2_SIGNATURE
PUBLIC = made.KEY.public_key
RSA = rsa_key()
ANYTHING = DEFAULT_POLICY.allowing("sha1-signature", "rsa-1024")

EMPTY_ID = made.KEY.sign(MESSAGE, user_id=b"")
OTHER_ID = made.KEY.sign(MESSAGE, user_id=b"ALICE")
WITHOUT_ZA = made.KEY.sign_digest(sm3.digest(MESSAGE))
RAW = made.KEY.sign(MESSAGE, encoding=SignatureEncoding.RAW)


def kinds(signature: bytes, policy: SignaturePolicy) -> list[QuirkKind]:
    return [quirk.kind for quirk in verify_signed(PUBLIC, SM2, signature, MESSAGE, policy)]


# ---- SM2 --------------------------------------------------------------------------------
def test_the_standard_signature() -> None:
    signature = made.KEY.sign(MESSAGE)
    for policy in (STANDARD_SIGNATURES, LENIENT_SIGNATURES, SignaturePolicy((b"1234567812345678",))):
        assert kinds(signature, policy) == []


@pytest.mark.parametrize(
    ("signature", "policy", "found"),
    [
        (EMPTY_ID, SignaturePolicy((b"",)), [QuirkKind.EMPTY_USER_ID]),
        (EMPTY_ID, SignaturePolicy((None, b"x", b"")), [QuirkKind.EMPTY_USER_ID]),
        (OTHER_ID, SignaturePolicy((None, b"ALICE")), [QuirkKind.OTHER_USER_ID]),
        (WITHOUT_ZA, SignaturePolicy(without_za=True), [QuirkKind.WITHOUT_ZA]),
        (RAW, SignaturePolicy(raw_sm2=True), [QuirkKind.RAW_SIGNATURE]),
        (EMPTY_ID, LENIENT_SIGNATURES, [QuirkKind.EMPTY_USER_ID]),
        (WITHOUT_ZA, LENIENT_SIGNATURES, [QuirkKind.WITHOUT_ZA]),
        (RAW, LENIENT_SIGNATURES, [QuirkKind.RAW_SIGNATURE]),
        (
            made.KEY.sign(MESSAGE, user_id=b"", encoding=SignatureEncoding.RAW),
            LENIENT_SIGNATURES,
            [QuirkKind.RAW_SIGNATURE, QuirkKind.EMPTY_USER_ID],
        ),
    ],
)
def test_each_departure_needs_its_leave(signature: bytes, policy: SignaturePolicy, found: list[QuirkKind]) -> None:
    assert kinds(signature, policy) == found
    with pytest.raises(InvalidSignature):
        kinds(signature, STANDARD_SIGNATURES)


def test_one_leave_is_not_another() -> None:
    for signature, policy in (
        (EMPTY_ID, SignaturePolicy(without_za=True, raw_sm2=True)),
        (WITHOUT_ZA, SignaturePolicy((None, b""), raw_sm2=True)),
        (RAW, SignaturePolicy((None, b""), without_za=True)),
        (OTHER_ID, LENIENT_SIGNATURES),
        (made.KEY.sign(MESSAGE), SignaturePolicy((b"",))),
    ):
        with pytest.raises(InvalidSignature):
            kinds(signature, policy)


def high_signature() -> bytes:
    """Return r, s with the top bit of both set, so that each INTEGER needs its zero byte."""
    while True:
        raw = made.KEY.sign(MESSAGE, encoding=SignatureEncoding.RAW)
        if raw[0] & raw[32] & 0x80:
            return raw


def test_loose_integers() -> None:
    raw = high_signature()
    r, s = (der.encode(der.Tag.INTEGER, number) for number in (raw[:32], raw[32:]))
    zero_s = der.encode(der.Tag.INTEGER, b"\0" + raw[32:])
    padded = der.encode(der.Tag.INTEGER, b"\0\0\0" + raw[:32])
    long_length = bytes((0x30, 0x81)) + der.encode_sequence(padded, zero_s)[1:]
    for loose in (der.encode_sequence(r, s), der.encode_sequence(padded, zero_s), long_length):
        for policy in (LENIENT_SIGNATURES, SignaturePolicy(loose_integers=True)):
            assert kinds(loose, policy) == [QuirkKind.INTEGER]
        for policy in (STANDARD_SIGNATURES, SignaturePolicy((None, b""), without_za=True, raw_sm2=True)):
            with pytest.raises(InvalidSignature):
                kinds(loose, policy)


def test_loose_integers_have_bounds() -> None:
    raw = high_signature()
    r, s = (der.encode(der.Tag.INTEGER, b"\0" + number) for number in (raw[:32], raw[32:]))
    long = der.encode(der.Tag.INTEGER, b"\1" + raw[:32])
    for wrong in (
        der.encode_sequence(long, s),
        der.encode_sequence(r),
        der.encode_sequence(r, s, b"\x02\x01\x00"),
        der.encode_sequence(r, s) + b"\0",
        der.encode_sequence(s, r),
        der.encode_sequence(der.encode(der.Tag.INTEGER, b""), der.encode(der.Tag.INTEGER, b"")),
    ):
        with pytest.raises(InvalidSignature):
            kinds(wrong, LENIENT_SIGNATURES)


def test_what_was_tried_is_said() -> None:
    with pytest.raises(InvalidSignature, match="1234567812345678, the empty user id, no Z"):
        kinds(OTHER_ID, LENIENT_SIGNATURES)
    with pytest.raises(InvalidSignature, match="64 raw bytes"):
        kinds(RAW, STANDARD_SIGNATURES)
    with pytest.raises(InvalidSignature, match="DER"):
        kinds(b"\x30\x00", STANDARD_SIGNATURES)


def test_broken_encodings_are_invalid_signatures() -> None:
    signature = made.KEY.sign(MESSAGE)
    n = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
    r, s = (int.from_bytes(RAW[place : place + 32], "big") for place in (0, 32))
    from gmpki.asn1.gmt0009 import SM2Signature

    for wrong in (
        b"",
        signature[:-1],
        signature + b"\0",
        b"\x31" + signature[1:],
        b"\x30\x80" + signature[2:] + b"\0\0",
        RAW[:-1],
        RAW + b"\0",
        bytes(64),
        SM2Signature(r, n - s).to_der(),
        SM2Signature(0, s).to_der(),
        SM2Signature(r, 0).to_der(),
        SM2Signature(n, s).to_der(),
        SM2Signature(s, r).to_der(),
    ):
        for policy in (STANDARD_SIGNATURES, LENIENT_SIGNATURES):
            with pytest.raises(InvalidSignature):
                kinds(wrong, policy)


def test_short_der_of_64_bytes_is_der() -> None:
    """Numbers with many leading zeros give DER as long as r, s; it is not taken for raw bytes."""
    from gmpki.asn1.gmt0009 import SM2Signature

    encoded = SM2Signature(1 << 230, 1 << 228).to_der()
    assert len(encoded) == 64
    with pytest.raises(InvalidSignature, match="does not hold"):
        kinds(encoded, STANDARD_SIGNATURES)


# ---- other algorithms -------------------------------------------------------------------
SIGNERS: dict[str, Signer] = {
    "RSA": RSA,
    "RSA SHA-512": RSA.using(hash_name="sha512"),
    "RSA SM3": RSA.using(hash_name="sm3"),
    "RSA PSS": RSA.using(padding=SignaturePadding.PSS),
    "P-256": ECDSAPrivateKey.generate(),
    "P-384": ECDSAPrivateKey.generate("P-384"),
    "P-521": ECDSAPrivateKey.generate("P-521"),
    "Ed25519": Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("name", SIGNERS)
def test_other_algorithms(name: str) -> None:
    signer = SIGNERS[name]
    key = public_key_of(key_info_of(signer.public_key))
    signature = signer.sign(MESSAGE)
    assert verify_signed(key, signer.signature_algorithm, signature, MESSAGE) == ()
    for wrong in (b"", signature[:-1], signature + b"\0", bytes(len(signature)), made.KEY.sign(MESSAGE)):
        with pytest.raises(InvalidSignature):
            verify_signed(key, signer.signature_algorithm, wrong, MESSAGE, LENIENT_SIGNATURES)
    with pytest.raises(InvalidSignature):
        verify_signed(key, signer.signature_algorithm, signature, MESSAGE + b"\0")
    with pytest.raises(KeyMismatchError):
        verify_signed(PUBLIC, signer.signature_algorithm, signature, MESSAGE)
    with pytest.raises(KeyMismatchError):
        verify_signed(key, SM2, signature, MESSAGE, LENIENT_SIGNATURES)


def test_raw_ecdsa_signatures_are_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    signer = SIGNERS["P-256"]
    raw = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(signer.sign(MESSAGE)))
    signer.public_key.verify(raw, MESSAGE)
    for policy in (STANDARD_SIGNATURES, LENIENT_SIGNATURES):
        with pytest.raises(InvalidSignature, match="encoding"):
            verify_signed(signer.public_key, signer.signature_algorithm, raw, MESSAGE, policy)


def test_another_hash_than_the_one_that_is_said() -> None:
    other = AlgorithmIdentifier(oids.RSA_SHA512, NULL)
    with pytest.raises(InvalidSignature):
        verify_signed(RSA.public_key, other, RSA.sign(MESSAGE), MESSAGE)


def test_the_policy_decides_about_hashes_and_sizes() -> None:
    small = RSAPrivateKey.generate(1024, policy=ANYTHING)
    anchor = TrustAnchor(made.ROOT_NAME, SubjectPublicKeyInfo.from_der(small.public_key.to_der()))
    with pytest.raises(PolicyError, match="rsa-1024"):
        verify_by(anchor, small.signature_algorithm, small.sign(MESSAGE), MESSAGE)
    allowed = SignaturePolicy(algorithms=ANYTHING)
    assert verify_by(anchor, small.signature_algorithm, small.sign(MESSAGE), MESSAGE, allowed) == ()
    sha1 = RSAPrivateKey(RSA._handle, hash_name="sha1", policy=ANYTHING)
    with pytest.raises(PolicyError, match="sha1-signature"):
        verify_by(RSA.public_key, sha1.signature_algorithm, sha1.sign(MESSAGE), MESSAGE)
    assert verify_by(RSA.public_key, sha1.signature_algorithm, sha1.sign(MESSAGE), MESSAGE, allowed) == ()


def test_unknown_algorithms() -> None:
    for oid in ("1.2.3", "1.2.156.10197.1.502", "1.2.840.113549.1.1.4"):
        with pytest.raises(UnsupportedAlgorithm):
            verify_signed(RSA.public_key, AlgorithmIdentifier(oids.find(oid), NULL), bytes(256), MESSAGE)
    with pytest.raises(DecodeError):
        verify_signed(PUBLIC, AlgorithmIdentifier(oids.SM2_WITH_SM3, b"\x30\x00"), EMPTY_ID, MESSAGE)


# ---- arguments --------------------------------------------------------------------------
BAD_POLICIES: list[Callable[[], Any]] = [
    lambda: SignaturePolicy(()),
    lambda: SignaturePolicy((None,) * 9),
    lambda: SignaturePolicy([None]),  # type: ignore[arg-type]
    lambda: SignaturePolicy(("id",)),  # type: ignore[arg-type]
    lambda: SignaturePolicy(b""),  # type: ignore[arg-type]
    lambda: SignaturePolicy(without_za=1),  # type: ignore[arg-type]
    lambda: SignaturePolicy(raw_sm2=None),  # type: ignore[arg-type]
    lambda: SignaturePolicy(loose_integers=1),  # type: ignore[arg-type]
    lambda: SignaturePolicy(explicit_curve="no"),  # type: ignore[arg-type]
    lambda: SignaturePolicy(algorithms=None),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("make", BAD_POLICIES)
def test_policies_check_their_fields(make: Callable[[], Any]) -> None:
    with pytest.raises(InvalidInputError):
        make()


def test_an_id_that_is_too_long_is_the_callers_mistake() -> None:
    with pytest.raises(InvalidInputError):
        kinds(OTHER_ID, SignaturePolicy((bytes(8192),)))


def test_hostile_arguments() -> None:
    signature = made.KEY.sign(MESSAGE)
    for call in (verify_signed, verify_by):
        for found in hostile.results(call, (PUBLIC, SM2, signature, MESSAGE, STANDARD_SIGNATURES)):
            assert found is None
    with pytest.raises(InvalidTypeError):
        verify_by(PUBLIC.to_der(), SM2, signature, MESSAGE)  # type: ignore[arg-type]


def test_buffers_of_any_kind() -> None:
    signature = made.KEY.sign(MESSAGE)
    assert verify_signed(PUBLIC, SM2, bytearray(signature), memoryview(MESSAGE)) == ()


# ---- named keys -------------------------------------------------------------------------
def test_keys_are_loaded_once() -> None:
    info = key_info_of(made.OTHER.public_key)
    same = SubjectPublicKeyInfo.from_der(info.to_der())
    assert public_key_of(info) is public_key_of(same)
    assert public_key_of(info) == made.OTHER.public_key


def test_what_refuses_to_load_is_not_remembered() -> None:
    info = SubjectPublicKeyInfo(key_info_of(PUBLIC).algorithm, b"\x04" + bytes(64))
    for _ in range(2):
        with pytest.raises(InvalidInputError):
            public_key_of(info)


@pytest.mark.parametrize("value", [None, [], {}, b"key", made.KEY.public_key])
def test_keys_are_loaded_from_their_structure(value: Any) -> None:
    with pytest.raises(InvalidTypeError):
        public_key_of(value)
    with pytest.raises(InvalidTypeError):
        public_key_of(key_info_of(PUBLIC), policy=value)


@pytest.mark.parametrize("value", [None, b"key", "key", made.ROOT_NAME])
def test_key_info_of_takes_keys(value: Any) -> None:
    with pytest.raises(InvalidTypeError):
        key_info_of(value)


# ---- many at once ---------------------------------------------------------------------------
def _signed() -> list[tuple[Any, AlgorithmIdentifier, bytes, bytes]]:
    """Return signatures of every kind, right ones and wrong ones side by side."""
    right = [(PUBLIC, SM2, made.KEY.sign(MESSAGE + bytes([i])), MESSAGE + bytes([i])) for i in range(9)]
    ed25519 = Ed25519PrivateKey.generate()
    wrong = bytearray(right[0][2])
    wrong[-1] ^= 1
    others: list[tuple[Any, AlgorithmIdentifier, bytes, bytes]] = [
        (PUBLIC, SM2, bytes(wrong), right[0][3]),
        (PUBLIC, SM2, right[0][2], MESSAGE),
        (PUBLIC, SM2, EMPTY_ID, MESSAGE),
        (PUBLIC, SM2, OTHER_ID, MESSAGE),
        (PUBLIC, SM2, WITHOUT_ZA, MESSAGE),
        (PUBLIC, SM2, RAW, MESSAGE),
        (PUBLIC, SM2, b"", MESSAGE),
        (PUBLIC, SM2, right[0][2] + b"\0", right[0][3]),
        (PUBLIC, AlgorithmIdentifier(oids.SM2_WITH_SM3, NULL), right[1][2], right[1][3]),
        (PUBLIC, ed25519.signature_algorithm, right[1][2], right[1][3]),
        (ed25519.public_key, ed25519.signature_algorithm, ed25519.sign(MESSAGE), MESSAGE),
        (ed25519.public_key, SM2, ed25519.sign(MESSAGE), MESSAGE),
        (TrustAnchor(made.ROOT_NAME, key_info_of(PUBLIC)), SM2, right[2][2], right[2][3]),
    ]
    return [each for place in range(9) for each in (right[place], *others[2 * place : 2 * place + 2])]


@pytest.mark.parametrize(
    ("policy", "count"),
    [
        (STANDARD_SIGNATURES, 11),  # nine, the one with NULL parameters, and the one by an anchor
        (LENIENT_SIGNATURES, 11),
        (SignaturePolicy((b"ALICE",)), 1),
        (SignaturePolicy((b"ALICE", None, b"")), 1),
        (SignaturePolicy((bytes(9000),)), 0),
    ],
)
def test_at_once_holds_what_holds_alone(policy: SignaturePolicy, count: int) -> None:
    """What is told at once is what is told alone; what is not usual is left to that."""
    signed = _signed()
    found = holding_at_once(signed, policy)
    assert len(found) == len(signed)
    held = [(each, quirks) for each, quirks in zip(signed, found, strict=True) if quirks is not None]
    assert len(held) == count
    for each, quirks in held:
        assert verify_by(*each, policy) == quirks


def test_at_once_takes_a_policy() -> None:
    assert holding_at_once([]) == []
    with pytest.raises(InvalidTypeError):
        holding_at_once([], None)  # type: ignore[arg-type]
