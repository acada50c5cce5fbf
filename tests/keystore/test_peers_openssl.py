"""``openssl pkcs12`` and ``openssl kdf`` of OpenSSL 3, both ways, with SM2, RSA and P-256 keys.

OpenSSL 3.0 has no PRF with SM3 and no PBMAC1: it refuses the profiles GM and GM_CLASSIC, the latter only after it has
checked the MAC with SM3, and reads OPENSSL and AES.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gmpki.errors import DecryptionError, InvalidInputError, UnsupportedAlgorithm
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.loader import load_private_key
from gmpki.keys.pem import read_pem
from gmpki.keystore import PKCS12, KeyEntry, StoreProfile, open_key, write_pkcs12
from gmpki.keystore._unlocking import bmp_password
from gmpki.keystore.pkcs12_kdf import KeyPurpose, derive
from gmpki.x509.certificate import load_certificates
from keystore.stores import ENCRYPTION_KEY, PASSWORD, SIGNING_KEY, certificates, written
from rsa_keys import rsa_key

if TYPE_CHECKING:
    from gmpki.keys.loader import PrivateKey

OPENSSL = shutil.which("openssl")


def openssl(*arguments: str, exit_code: int | None = 0, data: bytes = b"") -> bytes:
    assert OPENSSL is not None
    run = subprocess.run([OPENSSL, *arguments], input=data, capture_output=True, timeout=60, check=False)
    assert exit_code is None or run.returncode == exit_code, run.stderr.decode(errors="replace")
    return run.stdout + run.stderr


if OPENSSL is None or not openssl("version", exit_code=None).startswith(b"OpenSSL 3"):
    pytest.skip("peer program: OpenSSL 3 not found", allow_module_level=True)

KEYS: dict[str, PrivateKey] = {"sm2": SIGNING_KEY, "p256": ECDSAPrivateKey.generate()}


def key_of(name: str) -> PrivateKey:
    return rsa_key() if name == "rsa" else KEYS[name]


# ---- OpenSSL reads ours -----------------------------------------------------------------
def password_file(folder: Path, password: bytes = PASSWORD) -> str:
    (folder / "password").write_bytes(password + b"\n")
    return f"file:{folder / 'password'}"


@pytest.mark.parametrize("profile", [StoreProfile.OPENSSL, StoreProfile.AES])
def test_openssl_reads_a_pair(profile: StoreProfile, tmp_path: Path) -> None:
    (tmp_path / "pair.p12").write_bytes(written(profile))
    out = openssl(
        *("pkcs12", "-in", str(tmp_path / "pair.p12"), "-nodes", "-passin", password_file(tmp_path)), data=b""
    )
    blocks = read_pem(out)
    keys = [load_private_key(block.data) for block in blocks if block.label == "PRIVATE KEY"]
    assert [key.public_key for key in keys] == [SIGNING_KEY.public_key, ENCRYPTION_KEY.public_key]
    assert load_certificates(out) == certificates()
    identifiers = re.findall(rb"localKeyID: ([0-9A-F ]+)\n", out)
    assert len(identifiers) == 4
    assert identifiers[:2] == identifiers[2:]  # of the certificates, then of the keys


@pytest.mark.parametrize("profile", [StoreProfile.OPENSSL, StoreProfile.AES])
@pytest.mark.parametrize("name", ["sm2", "p256", "rsa"])
def test_openssl_reads_keys(name: str, profile: StoreProfile, tmp_path: Path) -> None:
    key = key_of(name)
    (tmp_path / "key.p12").write_bytes(write_pkcs12([KeyEntry(key)], PASSWORD, profile=profile, iterations=5))
    out = openssl("pkcs12", "-in", str(tmp_path / "key.p12"), "-nodes", "-passin", password_file(tmp_path))
    assert open_key(out).keys[0].private_key.public_key == key.public_key
    openssl("pkcs12", "-in", str(tmp_path / "key.p12"), "-nodes", "-passin", "pass:wrong", exit_code=1)


@pytest.mark.parametrize(
    ("profile", "words"),
    [(StoreProfile.GM, b"unknown digest algorithm"), (StoreProfile.GM_CLASSIC, b"unsupported prf")],
)
def test_what_openssl_3_0_does_not_read(profile: StoreProfile, words: bytes, tmp_path: Path) -> None:
    if not openssl("version").startswith(b"OpenSSL 3.0."):
        pytest.skip("peer program: OpenSSL 3.0 not found")
    (tmp_path / "pair.p12").write_bytes(written(profile))
    arguments = ("pkcs12", "-in", str(tmp_path / "pair.p12"), "-nodes", "-passin", password_file(tmp_path))
    assert words in openssl(*arguments, exit_code=1)


def test_openssl_checks_our_mac_with_sm3(tmp_path: Path) -> None:
    (tmp_path / "pair.p12").write_bytes(written(StoreProfile.GM_CLASSIC))
    arguments = ("pkcs12", "-in", str(tmp_path / "pair.p12"), "-info", "-nokeys", "-nocerts", "-passin")
    out = openssl(*arguments, password_file(tmp_path), exit_code=None)
    assert b"MAC: sm3, Iteration 3" in out
    assert b"Mac verify error" not in out
    assert b"Mac verify error" in openssl(*arguments, "pass:wrong", exit_code=1)


# ---- we read OpenSSL's ------------------------------------------------------------------
VARIANTS = {
    "default": (),
    "legacy": ("-legacy",),
    "mac-sm3": ("-macalg", "sm3"),
    "mac-sha512": ("-macalg", "sha512"),
    "sm4": ("-keypbe", "sm4-cbc", "-certpbe", "sm4-cbc"),
    "sm4-and-sm3": ("-keypbe", "sm4-cbc", "-certpbe", "sm4-cbc", "-macalg", "sm3"),
    "aes-128": ("-keypbe", "aes-128-cbc", "-certpbe", "aes-192-cbc"),
    "3des": ("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-2DES"),
    "pbes2-3des": ("-keypbe", "des-ede3-cbc", "-certpbe", "des-ede3-cbc"),
    "rc2": ("-keypbe", "PBE-SHA1-RC2-128", "-certpbe", "PBE-SHA1-RC2-40", "-legacy"),
    "plain-certificate": ("-certpbe", "NONE"),
    "one-iteration": ("-noiter",),
}


def exported(tmp_path: Path, name: str, password: bytes, *options: str) -> bytes:
    (tmp_path / "key.pem").write_bytes(key_of(name).to_pem())
    subject = ("-subj", "/CN=example", "-days", "9", "-x509")
    distid = ("-sigopt", "distid:1234567812345678") if name == "sm2" else ()
    openssl("req", "-new", "-key", str(tmp_path / "key.pem"), *subject, *distid, "-out", str(tmp_path / "cert.pem"))
    files = ("-inkey", str(tmp_path / "key.pem"), "-in", str(tmp_path / "cert.pem"))
    out = tmp_path / "out.p12"
    passwords = ("-passout", password_file(tmp_path, password))
    openssl("pkcs12", "-export", *files, *options, "-name", "名字", *passwords, "-out", str(out))
    return out.read_bytes()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", ["sm2", "rsa"])
def test_we_read_what_openssl_exports(name: str, variant: str, tmp_path: Path) -> None:
    data = exported(tmp_path, name, PASSWORD, *VARIANTS[variant])
    store = PKCS12.from_bytes(data, PASSWORD)
    (entry,) = store.keys
    assert entry.private_key.public_key == key_of(name).public_key
    assert entry.certificate is not None
    assert entry.friendly_name == "名字"
    assert entry.local_key_id == store.certificates[0].local_key_id == entry.certificate.fingerprint("sha1")
    with pytest.raises(DecryptionError):
        PKCS12.from_bytes(data, b"wrong")


@pytest.mark.parametrize("variant", ["default", "legacy", "mac-sm3"])
def test_an_empty_password(variant: str, tmp_path: Path) -> None:
    data = exported(tmp_path, "sm2", b"", *VARIANTS[variant])
    for password in (b"", None):
        assert len(PKCS12.from_bytes(data, password).keys) == 1


def test_no_mac(tmp_path: Path) -> None:
    data = exported(tmp_path, "sm2", PASSWORD, "-nomac")
    with pytest.raises(InvalidInputError, match="no MAC"):
        PKCS12.from_bytes(data, PASSWORD)
    assert PKCS12.from_bytes(data, PASSWORD, allow_no_mac=True).mac is None


def test_rc4_is_named(tmp_path: Path) -> None:
    data = exported(tmp_path, "sm2", PASSWORD, "-legacy", "-keypbe", "PBE-SHA1-RC4-128")
    with pytest.raises(UnsupportedAlgorithm, match="RC4"):
        PKCS12.from_bytes(data, PASSWORD)


# ---- the key derivation -----------------------------------------------------------------
@pytest.mark.parametrize("hash_name", ["sm3", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("purpose", list(KeyPurpose))
def test_key_derivation(hash_name: str, purpose: KeyPurpose) -> None:
    salt, form, length = bytes(range(20)), bmp_password(PASSWORD), 70
    options = {
        "digest": hash_name,
        "hexpass": form.hex(),
        "hexsalt": salt.hex(),
        "iter": "7",
        "id": str(purpose.value),
    }
    arguments = [part for name, value in options.items() for part in ("-kdfopt", f"{name}:{value}")]
    found = openssl("kdf", "-keylen", str(length), *arguments, "PKCS12KDF").decode().strip().replace(":", "")
    assert derive(hash_name, form, salt, 7, purpose=purpose, length=length).hex().upper() == found
