"""The diagnosis names what was signed, and never passes for a verification."""

from __future__ import annotations

import base64

import pytest

from gmpki.algorithms.sm2 import CiphertextFormat, SignatureEncoding
from gmpki.algorithms.sm3 import sm3
from gmpki.errors import InvalidInputError, InvalidTypeError, StateError
from gmpki.keys.diagnose import TLS13_USER_ID, describe_ciphertext, diagnose_signature
from gmpki.keys.sm2 import SM2PrivateKey

# A key and messages whose signatures have the shapes wanted below are looked for; this one is fixed for the rest.
KEY = SM2PrivateKey.from_bytes(bytes(range(1, 33)))
PUBLIC = KEY.public_key
MESSAGE = b"a message of some length"
RAW, DER = SignatureEncoding.RAW, SignatureEncoding.DER


@pytest.mark.parametrize(
    ("user_id", "words"),
    [
        (None, "the message with the default user id"),
        (b"", "the message with the empty user id"),
        (TLS13_USER_ID, "the message with the TLS 1.3 user id"),
    ],
)
def test_user_ids(user_id: bytes | None, words: str) -> None:
    assert diagnose_signature(PUBLIC, KEY.sign(MESSAGE, user_id=user_id), MESSAGE).matched == (f"DER, over {words}",)
    raw = KEY.sign(MESSAGE, user_id=user_id, encoding=RAW)
    assert diagnose_signature(PUBLIC, raw, MESSAGE).matched == (f"raw r, s, over {words}",)


def test_other_user_ids_on_request() -> None:
    signature = KEY.sign(MESSAGE, user_id=b"alice")
    assert diagnose_signature(PUBLIC, signature, MESSAGE).matched == ()
    found = diagnose_signature(PUBLIC, signature, MESSAGE, user_ids=[b"bob", b"alice"])
    assert found.matched == ("DER, over the message with the user id b'alice'",)
    with pytest.raises(InvalidInputError):
        diagnose_signature(PUBLIC, signature, MESSAGE, user_ids=[bytes(8192)])


def test_digests_that_are_not_e() -> None:
    hashed = sm3(MESSAGE).digest()
    assert diagnose_signature(PUBLIC, KEY.sign_digest(hashed), MESSAGE).matched == (
        "DER, over SM3 of the message, without ZA",
    )
    found = diagnose_signature(PUBLIC, KEY.sign(hashed), MESSAGE)
    assert found.matched == ("DER, over SM3 of the message, signed as a message",)
    message = bytes(range(32))
    found = diagnose_signature(PUBLIC, KEY.sign_digest(message), message)
    assert found.matched == ("DER, over the 32 bytes of the message as e",)


def test_encodings_that_are_none() -> None:
    raw = KEY.sign(MESSAGE, encoding=RAW)
    r, s = raw[:32], raw[32:]
    found = diagnose_signature(PUBLIC, s + r, MESSAGE)
    assert found.matched == ("raw s, r, over the message with the default user id",)
    found = diagnose_signature(PUBLIC, r[::-1] + s[::-1], MESSAGE)
    assert found.matched == ("raw r, s, little endian, over the message with the default user id",)
    padded = bytes.fromhex("3046" + "0221" + "00") + r + bytes.fromhex("0221" + "00") + s
    bare = bytes.fromhex("3044" + "0220") + r + bytes.fromhex("0220") + s
    # One of the two breaks the rules whatever the top bits are, and both are understood.
    for signature in (padded, bare):
        (match,) = diagnose_signature(PUBLIC, signature, MESSAGE).matched
        assert match.startswith("DER")
    broken = [diagnose_signature(PUBLIC, signature, MESSAGE).matched[0] for signature in (padded, bare)]
    assert any("breaks its rules" in match for match in broken)


def test_nothing_fits() -> None:
    found = diagnose_signature(PUBLIC, KEY.sign(b"another message"), MESSAGE)
    assert found.matched == ()
    assert len(found.tried) == 5
    assert str(found).startswith("the signature fits none of: DER, over the message with the default user id; ")
    too_long = bytes.fromhex("3026022101") + bytes(32) + bytes.fromhex("020101")
    assert len(diagnose_signature(PUBLIC, too_long, MESSAGE).tried) == 1
    found = diagnose_signature(PUBLIC, b"no signature", MESSAGE)
    assert (found.matched, len(found.tried)) == ((), 1)
    assert "12 bytes that are no signature" in str(found)


def test_it_has_no_truth_value() -> None:
    found = diagnose_signature(PUBLIC, KEY.sign(MESSAGE), MESSAGE)
    with pytest.raises(StateError, match="not a verification"):
        bool(found)
    assert str(found) == "the signature fits DER, over the message with the default user id"


def test_types() -> None:
    for arguments in ((KEY, b"", b""), (PUBLIC, "", b""), (PUBLIC, b"", "")):
        with pytest.raises(InvalidTypeError):
            diagnose_signature(*arguments)
    with pytest.raises(InvalidTypeError):
        describe_ciphertext("text")


@pytest.mark.parametrize(
    ("fmt", "words"),
    [
        (CiphertextFormat.DER, "DER of a message of 20 bytes"),
        (CiphertextFormat.C1C3C2, "04, C1, C3, C2 or 04, C1, C2, C3 of a message of 20 bytes"),
        (CiphertextFormat.C1C2C3, "04, C1, C3, C2 or 04, C1, C2, C3 of a message of 20 bytes"),
        (CiphertextFormat.C1C3C2_BARE, "without 04, of a message of 20 bytes"),
        (CiphertextFormat.C1C3C2_COMPRESSED, "compressed C1, C3, C2 of a message of 20 bytes"),
    ],
)
def test_ciphertexts(fmt: CiphertextFormat, words: str) -> None:
    ciphertext = PUBLIC.encrypt(bytes(20), fmt=fmt)
    assert words in describe_ciphertext(ciphertext)
    assert "text: perhaps" not in describe_ciphertext(ciphertext)
    assert "text: perhaps hexadecimal or base64" in describe_ciphertext(base64.b64encode(ciphertext))


def test_what_is_no_ciphertext() -> None:
    assert describe_ciphertext(b"") == "0 bytes: no form of an SM2 ciphertext, the shortest of which has 66 bytes"
    assert "no form" in describe_ciphertext(b"\x04" + bytes(64))
    assert "not of an SM2Cipher" in describe_ciphertext(b"\x30\x00")
