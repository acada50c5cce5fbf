"""What other implementations of SM2 say to each test of a file, and where that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from peers import libcrypto, pygmssl
from reference import der, sm2

Test = dict[str, Any]
Verdict = dict[str, Any]


def _bytes(test: Test, name: str) -> bytes:
    unit, _, count = test[name].partition("*")
    return bytes.fromhex(unit) * int(count or 1)


def _digest(test: Test) -> bytes:
    if "digest" in test:
        return _bytes(test, "digest")
    key = _bytes(test, "public_key")
    public = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    return sm2.number(sm2.digest(public, _bytes(test, "user_id"), _bytes(test, "message")))


def _too_long_user_id(test: Test) -> bool:
    return len(_bytes(test, "user_id")) > 8191 if "user_id" in test else False


def libcrypto_verify(test: Test) -> str | None:
    """libcrypto takes DER only, and keys of 33 and 65 bytes; a raw signature is asked about in DER."""
    key, signature = _bytes(test, "public_key"), _bytes(test, "signature")
    if _too_long_user_id(test) or len(key) == 64:
        return None
    if test["encoding"] == "RAW":
        if len(signature) != 64:
            return None
        signature = der.signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    return "valid" if libcrypto.verify_digest(key, _digest(test), signature) else "invalid"


def pygmssl_verify(test: Test) -> str | None:
    """gmssl takes both forms, and keys of 64 bytes as hexadecimal text."""
    key = _bytes(test, "public_key")
    if _too_long_user_id(test) or len(key) not in (64, 65):
        return None
    good = pygmssl.verify_digest(key, _digest(test), _bytes(test, "signature"), asn1=test["encoding"] == "DER")
    return "valid" if good else "invalid"


def _opened(plaintext: bytes | None, test: Test) -> str:
    """For an invalid test any plaintext is wrong, for a valid one any but the right one."""
    if plaintext is None:
        return "invalid"
    return "valid" if test["result"] == "invalid" or plaintext == _bytes(test, "plaintext") else "invalid"


def libcrypto_decrypt(test: Test) -> str | None:
    """libcrypto takes DER only."""
    if test["format"] != "DER" or len(_bytes(test, "private_key")) != 32:
        return None
    return _opened(libcrypto.decrypt(_bytes(test, "private_key"), _bytes(test, "ciphertext")), test)


def pygmssl_decrypt(test: Test) -> str | None:
    """gmssl takes the forms without the first byte 04; its callers cut that off."""
    form, ciphertext = test["format"], _bytes(test, "ciphertext")
    if form not in {"C1C3C2", "C1C3C2_BARE", "C1C2C3", "C1C2C3_BARE"}:
        return None
    if not form.endswith("_BARE"):
        if ciphertext[:1] != b"\x04":
            return None
        ciphertext = ciphertext[1:]
    plaintext = pygmssl.decrypt(_bytes(test, "private_key"), ciphertext, c1c3c2=form.startswith("C1C3C2"))
    return _opened(plaintext, test)


@dataclass(frozen=True)
class Peer:
    """An implementation and how it is asked about a test: its answer, or None when the question does not fit it."""

    name: str
    version: Callable[[], str]
    answer: Callable[[Test], str | None]

    def verdict(self, listed: Iterable[Test]) -> Verdict:
        """Ask about tests, and list those answered wrongly."""
        answers = [(test, answer) for test in listed if (answer := self.answer(test)) is not None]
        return {
            "implementation": self.name,
            "version": self.version(),
            "tests": len(answers),
            "accepts_invalid": [t["id"] for t, answer in answers if t["result"] == "invalid" and answer == "valid"],
            "refuses_valid": [t["id"] for t, answer in answers if t["result"] == "valid" and answer == "invalid"],
        }


def _allowed(answer: Callable[[Test], str | None]) -> Callable[[Test], str | None]:
    """Do not ask whether a peer refuses a good form that a caller of gmpki did not allow."""
    return lambda test: None if "NotAllowed" in test["flags"] else answer(test)


SIGN_VERIFY = (
    Peer(libcrypto.NAME, libcrypto.version, libcrypto_verify),
    Peer(pygmssl.NAME, pygmssl.installed, pygmssl_verify),
)
DECRYPT = (
    Peer(libcrypto.NAME, libcrypto.version, _allowed(libcrypto_decrypt)),
    Peer(pygmssl.NAME, pygmssl.installed, _allowed(pygmssl_decrypt)),
)


def sign_verify(listed: list[Test]) -> list[Verdict]:
    """Ask all about signatures."""
    return [peer.verdict(listed) for peer in SIGN_VERIFY]


def decrypt(listed: list[Test]) -> list[Verdict]:
    """Ask all about ciphertexts."""
    return [peer.verdict(listed) for peer in DECRYPT]
