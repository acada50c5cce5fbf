"""The parts of OpenSSL's own test data that concern SM2, SM3 and SM4."""

from __future__ import annotations

from pathlib import Path

from gmpki import load_private_key
from gmpki.algorithms import sm3, sm4
from gmpki.algorithms.sm4 import Mode, Padding, XTSOrder
from gmpki.algorithms.sm4_aead import SM4CCM, SM4GCM
from gmpki.errors import InvalidSignature
from outside_vectors import Record, Tally, existing, openssl_bytes, refused, stanzas

MODES = {"ECB": Mode.ECB, "CBC": Mode.CBC, "OFB": Mode.OFB, "CFB": Mode.CFB128, "CTR": Mode.CTR}


def test_digests(test_data: Path, record_property: Record) -> None:
    tally = Tally("vectors/openssl/evpmd_sm3.txt")
    for block in map(dict, stanzas(existing(test_data, tally.name))):
        if block.get("Digest") == "SM3":
            tally.check(sm3.digest(openssl_bytes(block["Input"])) == openssl_bytes(block["Output"]), block)
        elif "Digest" in block:
            tally.leave_out("another hash")
    tally.finish(record_property, total=8, left_out=2)


def test_macs(test_data: Path, record_property: Record) -> None:
    tally = Tally("vectors/openssl/evpmac_sm3.txt")
    for block in map(dict, stanzas(existing(test_data, tally.name))):
        if "MAC" in block:
            tag = sm3.hmac(openssl_bytes(block["Key"]), openssl_bytes(block["Input"]))
            tally.check(tag == openssl_bytes(block["Output"]), block)
    tally.finish(record_property, total=4)


def _cipher_holds(block: dict[str, str]) -> bool:
    mode = block["Cipher"].removeprefix("SM4-")
    key, text, expected = (openssl_bytes(block[name]) for name in ("Key", "Plaintext", "Ciphertext"))
    iv = openssl_bytes(block["IV"]) if "IV" in block else None
    if mode in {"GCM", "CCM"}:
        assert iv is not None
        tag, data = openssl_bytes(block["Tag"]), openssl_bytes(block["AAD"])
        cipher = (SM4GCM if mode == "GCM" else SM4CCM)(key, tag_length=len(tag))
        return cipher.encrypt(iv, text, data) == expected + tag and cipher.decrypt(iv, expected + tag, data) == text
    if mode == "XTS":
        assert iv is not None
        order = XTSOrder[block.get("XTSStandard", "GB")]
        return (
            sm4.encrypt_xts(key, iv, text, order=order) == expected
            and sm4.decrypt_xts(key, iv, expected, order=order) == text
        )
    padding = Padding.PKCS7 if len(expected) > len(text) else Padding.NONE
    return (
        sm4.encrypt(key, text, MODES[mode], iv, padding=padding) == expected
        and sm4.decrypt(key, expected, MODES[mode], iv, padding=padding) == text
    )


def test_ciphers(test_data: Path, record_property: Record) -> None:
    tally = Tally("vectors/openssl/evpciph_sm4.txt")
    for block in map(dict, stanzas(existing(test_data, tally.name))):
        if "Cipher" in block:
            tally.check(_cipher_holds(block), block)
    tally.finish(record_property, total=13)


def test_sm2(test_data: Path, record_property: Record) -> None:
    """Its signing tests fix the random source; here their signatures are verified."""
    tally = Tally("vectors/openssl/evppkey_sm2.txt")
    keys = {}
    for lines in stanzas(existing(test_data, tally.name)):
        block = dict(lines)
        if "PrivateKey" in block:
            keys[block["PrivateKey"]] = load_private_key(block["PEM"].encode())
        elif "KeyGen" in block:
            tally.leave_out("makes a key")
        elif "Result" in block:
            tally.leave_out("an error of OpenSSL's interface")
        elif "Decrypt" in block:
            plaintext = keys[block["Decrypt"]].decrypt(openssl_bytes(block["Input"]))
            tally.check(plaintext == openssl_bytes(block["Output"]), block)
        elif "Verify" in block or "Sign" in block:
            public = keys[block.get("Verify") or block["Sign"]].public_key
            signature, digest = openssl_bytes(block["Output"]), openssl_bytes(block["Input"])
            changed = digest[:-1] + bytes([digest[-1] ^ 1])
            public.verify_digest(signature, digest)
            tally.check(refused(lambda: public.verify_digest(signature, changed), InvalidSignature), block)  # noqa: B023
    tally.finish(record_property, total=24, left_out=5)
