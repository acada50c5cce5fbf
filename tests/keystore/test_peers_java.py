"""``keytool`` of the JDK, and the key stores of Java and of Bouncy Castle 1.72 through the program in tests/interop.

What they cannot do, each with its refusal below: Java's own provider knows neither SM2 nor SM4, and takes only ASCII
for PBES2; Bouncy Castle's key store knows neither PBMAC1 nor SM3 in the MAC nor SM4, so the program reads such files
part by part: structure, MAC, derivation and cipher are Bouncy Castle's all the same.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gmpki.asn1.quirks import QuirkKind
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.loader import load_private_key
from gmpki.keystore import PKCS12, KeyEntry, StoreProfile, write_pkcs12
from gmpki.x509.issuing import self_signed
from interop.bouncy_castle import BouncyCastle, missing
from interop.scenario import Refused
from keystore.stores import ENCRYPTION_KEY, PASSWORD, SIGNING_KEY, certificates, written
from rsa_keys import rsa_key
from x509 import pair_examples as examples

if TYPE_CHECKING:
    from gmpki.keys.loader import PrivateKey

if missing():
    pytest.skip(missing(), allow_module_level=True)

pytestmark = pytest.mark.once

KEYTOOL = shutil.which("keytool")
ASCII = b"correct horse"


@pytest.fixture(scope="module")
def java() -> Iterator[BouncyCastle]:
    peer = BouncyCastle()
    yield peer
    peer.close()


def entry_of(key: PrivateKey) -> KeyEntry:
    certificate = self_signed(examples.OWNER, key, "root-ca", serial_number=5, at=examples.AT)  # type: ignore[arg-type]
    return KeyEntry(key, certificate, "one")


# ---- Bouncy Castle ----------------------------------------------------------------------
@pytest.mark.parametrize("profile", list(StoreProfile))
def test_bouncy_castle_reads_a_pair(java: BouncyCastle, profile: StoreProfile) -> None:
    data = written(profile)
    found = java.ask("read-pfx", store=data, password=PASSWORD)
    assert [load_private_key(found[f"key{number}"]).public_key for number in range(2)] == [
        SIGNING_KEY.public_key,
        ENCRYPTION_KEY.public_key,
    ]
    assert [found[f"certificate{number}"] for number in range(3)] == [one.der for one in certificates()]
    assert (found["keys"], found["certificates"]) == (b"2", b"3")
    with pytest.raises(Refused, match="MAC does not hold"):
        java.ask("read-pfx", store=data, password=b"wrong")


@pytest.mark.parametrize("encoding", ["DER", "BER"])
def test_we_read_what_bouncy_castle_makes_with_sm4_and_sm3(java: BouncyCastle, encoding: str) -> None:
    signing, _, _ = certificates()
    fields = {"private": SIGNING_KEY.to_der(), "certificate": signing.der, "password": PASSWORD, "encoding": encoding}
    store = PKCS12.from_bytes(java.ask("make-pfx", **fields)["store"], PASSWORD)
    assert store.keys == (KeyEntry(store.keys[0].private_key, signing),)
    assert store.keys[0].private_key.public_key == SIGNING_KEY.public_key
    assert store.mac == "HMAC-SM3, PKCS #12 key derivation (1000 iterations)"
    assert store.protections == ("PBES2, PBKDF2-HMAC-SM3 (1000 iterations), SM4-CBC",)
    assert (QuirkKind.INDEFINITE_LENGTH in [quirk.kind for quirk in store.quirks]) is (encoding == "BER")


@pytest.mark.parametrize("kind", ["PKCS12", "PKCS12-3DES-40RC2", "PKCS12-3DES-3DES", "PKCS12-DEF"])
def test_we_read_the_key_stores_of_bouncy_castle(java: BouncyCastle, kind: str) -> None:
    """They come as BER, with triple DES for keys and RC2 of 40 bits or triple DES for certificates."""
    signing, _, _ = certificates()
    fields = {"private": SIGNING_KEY.to_der(), "certificate": signing.der, "password": PASSWORD}
    made = java.ask("make-store", type=kind, provider="BC", alias="名字", **fields)["store"]
    store = PKCS12.from_bytes(made, PASSWORD)
    (entry,) = store.keys
    assert entry.private_key.public_key == SIGNING_KEY.public_key
    assert (entry.certificate, entry.friendly_name) == (signing, "名字")
    assert QuirkKind.INDEFINITE_LENGTH in [quirk.kind for quirk in store.quirks]


def test_the_key_store_of_bouncy_castle_reads_sm2_keys_under_aes(java: BouncyCastle) -> None:
    found = java.ask("read-store", provider="BC", store=written(StoreProfile.AES), password=PASSWORD)
    read = {load_private_key(found[f"key{number}"]).public_key for number in range(2)}
    assert read == {SIGNING_KEY.public_key, ENCRYPTION_KEY.public_key}
    assert {found["alias0"].decode(), found["alias1"].decode()} == {"签名", "加密"}


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (StoreProfile.GM, "no such algorithm: 1.2.840.113549.1.5.14"),
        (StoreProfile.GM_CLASSIC, "no such algorithm: 1.2.156.10197.1.401"),
        (StoreProfile.OPENSSL, "invalid keyLength value"),
    ],
)
def test_what_the_key_store_of_bouncy_castle_refuses(java: BouncyCastle, profile: StoreProfile, words: str) -> None:
    with pytest.raises(Refused, match=words):
        java.ask("read-store", provider="BC", store=written(profile), password=PASSWORD)


# ---- Java's own -------------------------------------------------------------------------
def test_java_reads_ours(java: BouncyCastle) -> None:
    for key in (rsa_key(), ECDSAPrivateKey.generate()):
        entry = entry_of(key)
        data = write_pkcs12([entry], ASCII, profile=StoreProfile.AES, iterations=5)
        found = java.ask("read-store", provider="SunJSSE", store=data, password=ASCII)
        assert load_private_key(found["key0"]).public_key == key.public_key
        assert entry.certificate is not None
        assert (found["certificate0"], found["alias0"]) == (entry.certificate.der, b"one")
        with pytest.raises(Refused, match="password was incorrect"):
            java.ask("read-store", provider="SunJSSE", store=data, password=b"wrong")


def test_java_knows_neither_sm4_nor_sm3(java: BouncyCastle) -> None:
    for profile in (StoreProfile.GM, StoreProfile.GM_CLASSIC, StoreProfile.OPENSSL):
        with pytest.raises(Refused, match="PBE parameter parsing error"):
            java.ask("read-store", provider="SunJSSE", store=written(profile), password=PASSWORD)


def test_java_takes_only_ascii_for_pbes2(java: BouncyCastle) -> None:
    data = write_pkcs12([entry_of(rsa_key())], PASSWORD, profile=StoreProfile.AES, iterations=5)
    with pytest.raises(Refused, match="password was incorrect"):
        java.ask("read-store", provider="SunJSSE", store=data, password=PASSWORD)


@pytest.mark.parametrize("legacy", [False, True], ids=["current", "legacy"])
@pytest.mark.parametrize(
    "algorithm", [("RSA", "-keysize", "2048"), ("EC", "-groupname", "secp256r1")], ids=["rsa", "ec"]
)
def test_we_read_what_keytool_makes(algorithm: tuple[str, ...], legacy: bool, tmp_path: Path) -> None:
    if KEYTOOL is None:
        pytest.skip("peer program: keytool not found")
    path = tmp_path / "store.p12"
    option = ["-J-Dkeystore.pkcs12.legacy"] if legacy else []
    command = [KEYTOOL, *option, "-genkeypair", "-alias", "one", "-dname", "CN=示例", "-keyalg", *algorithm]
    command += ["-storetype", "PKCS12", "-keystore", str(path), "-storepass", ASCII.decode()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    store = PKCS12.from_bytes(path.read_bytes(), ASCII)
    (entry,) = store.keys
    assert entry.certificate is not None
    assert entry.friendly_name == "one"
    assert ("3-KeyTripleDES" in " ".join(store.protections)) is legacy
    # The certificate is for the key, as the constructor of the entry has checked; keytool reads what we make of it.
    again = tmp_path / "again.p12"
    again.write_bytes(write_pkcs12([entry], ASCII, profile=StoreProfile.AES, iterations=5))
    listed = subprocess.run(
        [KEYTOOL, "-J-Duser.language=en", "-list", "-keystore", str(again), "-storepass", ASCII.decode()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert b"PrivateKeyEntry" in listed.stdout
