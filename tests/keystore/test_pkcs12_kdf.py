"""The key derivation of PKCS #12: answers that its implementers have shared for long, and SM3 against OpenSSL's."""

from __future__ import annotations

import hashlib

import pytest

from gmpki.errors import InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.keystore._unlocking import MAX_WORK, Unlocking, bmp_password
from gmpki.keystore.pkcs12_kdf import HASHES, KeyPurpose, block_count, derive, hash_len

KEY, IV, MAC = KeyPurpose


@pytest.mark.parametrize(
    ("password", "salt", "iterations", "purpose", "expected"),
    [
        ("smeg", "0A58CF64530D823F", 1, KEY, "8AAAE6297B6CB04642AB5B077851284EB7128F1A2A7FBCA3"),
        ("smeg", "0A58CF64530D823F", 1, IV, "79993DFE048D3B76"),
        ("smeg", "642B99AB44FB4B1F", 1, KEY, "F3A95FEC48D7711E985CFE67908C5AB79FA3D7C5CAA5D966"),
        ("smeg", "642B99AB44FB4B1F", 1, IV, "C0A38D64A79BEA1D"),
        ("smeg", "3D83C0E4546AC140", 1, MAC, "8D967D88F6CAA9D714800AB3D48051D63F73A312"),
        ("queeg", "05DEC959ACFF72F7", 1000, KEY, "ED2034E36328830FF09DF1E1A07DD357185DAC0D4F9EB3D4"),
        ("queeg", "05DEC959ACFF72F7", 1000, IV, "11DEDAD7758D4860"),
        ("queeg", "1682C0FC5B3F7EC5", 1000, KEY, "483DD6E919D7DE2E8E648BA8F862F3FBFBDC2BCB2C02957F"),
        ("queeg", "1682C0FC5B3F7EC5", 1000, IV, "9D461D1B00355C50"),
        ("queeg", "263216FCC2FAB31C", 1000, MAC, "5EC4C7A80DF652294C3925B6489A7AB857C83476"),
    ],
)
def test_known_answers(password: str, salt: str, iterations: int, purpose: KeyPurpose, expected: str) -> None:
    wanted = bytes.fromhex(expected)
    found = derive(
        "sha1",
        bmp_password(password.encode()),
        bytes.fromhex(salt),
        iterations,
        purpose=purpose,
        length=len(wanted),
    )
    assert found == wanted


@pytest.mark.parametrize("name", sorted(set(HASHES.values())))
def test_every_hash_against_the_formula(name: str) -> None:
    """One block and one iteration are H(D || S || P), which needs none of the arithmetic."""
    from gmpki.algorithms.sm3 import sm3

    new = sm3 if name == "sm3" else getattr(hashlib, name)
    block_len = 128 if name in {"sha384", "sha512"} else 64
    salt, password = b"salt", b"\x00p\x00\x00"
    filled = b"".join((part * block_len)[:block_len] for part in (salt, password))
    expected = new(b"\x03" * block_len + filled).digest()
    assert derive(name, password, salt, 1, purpose=MAC, length=hash_len(name)) == expected
    assert derive(name, password, salt, 2, purpose=MAC, length=hash_len(name)) == new(expected).digest()
    assert block_count(name, hash_len(name)) == 1
    assert block_count(name, hash_len(name) + 1) == 2


def test_longer_outputs_begin_with_shorter_ones() -> None:
    long = derive("sm3", b"\x00a\x00\x00", b"12345678", 3, purpose=KEY, length=100)
    for length in (1, 31, 32, 33, 64, 99):
        assert derive("sm3", b"\x00a\x00\x00", b"12345678", 3, purpose=KEY, length=length) == long[:length]


def test_nothing_to_hash_but_the_diversifier() -> None:
    assert len(derive("sha1", b"", b"", 1, purpose=KEY, length=50)) == 50


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("md5", b"", b"", 1, KEY, 16), InvalidInputError),
        (("sm3", b"", b"", 0, KEY, 16), InvalidInputError),
        (("sm3", b"", b"", -1, KEY, 16), InvalidInputError),
        (("sm3", b"", b"", 1, KEY, 0), InvalidInputError),
        (("sm3", b"", b"", 1, KEY, 1025), InvalidInputError),
        (("sm3", b"", bytes(1025), 1, KEY, 16), LimitExceeded),
        (("sm3", "text", b"", 1, KEY, 16), InvalidTypeError),
        (("sm3", b"", None, 1, KEY, 16), InvalidTypeError),
        (("sm3", b"", b"", 1.0, KEY, 16), InvalidTypeError),
        (("sm3", b"", b"", 1, 1, 16), InvalidTypeError),
    ],
)
def test_inputs_that_are_refused(arguments: tuple[object, ...], error: type[Exception]) -> None:
    *first, purpose, length = arguments
    with pytest.raises(error):
        derive(*first, purpose=purpose, length=length)  # type: ignore[arg-type]


# ---- passwords --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("password", "expected"),
    [
        (b"ab", "006100620000"),
        ("口".encode(), "53e30000"),
        ("𠮷".encode(), "d842dfb70000"),  # beyond U+FFFF: a pair of surrogates
        (b"\xff", "00ff0000"),  # no UTF-8
        (b"", "0000"),
    ],
)
def test_passwords_as_utf_16(password: bytes, expected: str) -> None:
    assert bmp_password(password).hex() == expected


def test_forms_of_a_password() -> None:
    assert Unlocking(b"abc").forms == (bmp_password(b"abc"),)
    assert Unlocking(None).forms == (b"", b"\x00\x00")
    assert Unlocking(b"").forms == (b"\x00\x00", b"")
    # OpenSSL before 1.1.0 took each byte of UTF-8 for a character.
    usual, old = Unlocking("é".encode()).forms
    assert (usual.hex(), old.hex()) == ("00e90000", "00c300a90000")


def test_work_is_counted_before_it_is_done() -> None:
    unlocking = Unlocking(b"x", 1000)
    unlocking.spend(1000)
    with pytest.raises(LimitExceeded, match="1001"):
        unlocking.spend(1001)
    for _ in range(MAX_WORK // 4000 - 1):
        unlocking.spend(1000, 4)
    with pytest.raises(LimitExceeded, match="together"):
        unlocking.spend(1000, 4)


@pytest.mark.parametrize("bound", [0, -1, 1 << 31, "1", None, True])
def test_bounds_of_work(bound: object) -> None:
    with pytest.raises(InvalidInputError):
        Unlocking(b"x", bound)  # type: ignore[arg-type]


def test_long_passwords_are_refused() -> None:
    with pytest.raises(LimitExceeded):
        Unlocking(bytes(65537))


def test_a_password_is_not_shown() -> None:
    assert "sesame" not in repr(Unlocking(b"sesame"))
