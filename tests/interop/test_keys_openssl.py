"""OpenSSL's command line and gmpki read each other's keys, signatures and ciphertexts."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

from gmpki.algorithms.sm2 import DEFAULT_USER_ID
from gmpki.errors import DecryptionError, InvalidSignature, PolicyError
from gmpki.keys.diagnose import diagnose_signature
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.loader import identify_key, is_encrypted, load_private_key, load_public_key
from gmpki.keys.rsa import RSAPrivateKey
from gmpki.keys.sm2 import EncryptionProfile, SM2PrivateKey
from rsa_keys import rsa_key

TIMEOUT_S = 60
PASSWORD = b"pass word"
MESSAGE = b"from one to the other\n"
KEY = SM2PrivateKey.generate()


@lru_cache(maxsize=1)
def missing() -> str:
    """Return why OpenSSL cannot be a peer here; "" when it can."""
    program = shutil.which("openssl")
    if program is None:
        return "peer program: openssl not found"
    probe = subprocess.run([program, "ecparam", "-name", "SM2"], capture_output=True, timeout=TIMEOUT_S, check=False)
    return "" if probe.returncode == 0 else "peer program: this openssl has no SM2"


class OpenSSL:
    """Runs OpenSSL in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, name: str, data: bytes) -> str:
        """Write a file; return its name."""
        (self.directory / name).write_bytes(data)
        return name

    def read(self, name: str) -> bytes:
        """Return the contents of a file."""
        return (self.directory / name).read_bytes()

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command, whatever comes of it."""
        return subprocess.run(
            ["openssl", *arguments], cwd=self.directory, capture_output=True, timeout=TIMEOUT_S, check=False
        )

    def run(self, *arguments: str) -> bytes:
        """Run a command that must succeed; return its standard output."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr.decode(errors='replace')}"
        return done.stdout


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSSL:
    """Give OpenSSL in a directory of its own, or skip."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    return OpenSSL(tmp_path)


# ---- their keys, read here --------------------------------------------------------------
def test_pkcs8(openssl: OpenSSL) -> None:
    pem = openssl.run("genpkey", "-algorithm", "SM2")
    key = load_private_key(pem)
    openssl.write("key.pem", pem)
    assert load_public_key(openssl.run("pkey", "-in", "key.pem", "-pubout")) == key.public_key
    assert load_private_key(openssl.run("pkey", "-in", "key.pem", "-outform", "DER")).public_key == key.public_key
    # Both write the very same bytes.
    assert key.to_pem() == pem
    assert key.public_key.to_pem() == openssl.run("pkey", "-in", "key.pem", "-pubout")


@pytest.mark.parametrize("noout", [[], ["-noout"]], ids=["with parameters", "without"])
def test_ecparam_genkey(openssl: OpenSSL, noout: list[str]) -> None:
    pem = openssl.run("ecparam", "-name", "SM2", "-genkey", *noout)
    openssl.write("key.pem", pem)
    assert load_private_key(pem).public_key == load_public_key(openssl.run("pkey", "-in", "key.pem", "-pubout"))


def test_sec1(openssl: OpenSSL) -> None:
    openssl.write("key.pem", KEY.to_pem())
    done = openssl.attempt("pkey", "-in", "key.pem", "-traditional")
    # OpenSSL 3.0 writes the form with "ec" under the label SM2 PRIVATE KEY; other versions with "pkey".
    pem = done.stdout if b"BEGIN" in done.stdout else openssl.run("ec", "-in", "key.pem")
    assert identify_key(pem).form.value in ("SEC 1 ECPrivateKey", "PKCS #8 PrivateKeyInfo")
    assert load_private_key(pem).public_key == KEY.public_key


def test_explicit_parameters(openssl: OpenSSL) -> None:
    openssl.write("key.pem", KEY.to_pem())
    pem = openssl.run("ec", "-in", "key.pem", "-param_enc", "explicit", "-pubout")
    with pytest.raises(PolicyError, match="allow_explicit_curve"):
        load_public_key(pem)
    assert load_public_key(pem, allow_explicit_curve=True) == KEY.public_key


@pytest.mark.parametrize(
    "prf", ["hmacWithSHA1", "hmacWithSHA224", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512"]
)
@pytest.mark.parametrize("cipher", ["sm4-cbc", "aes-128-cbc", "aes-192-cbc", "aes-256-cbc"])
def test_encrypted_pkcs8(openssl: OpenSSL, cipher: str, prf: str) -> None:
    openssl.write("key.pem", KEY.to_pem())
    openssl.write("password", PASSWORD)
    pem = openssl.run("pkcs8", "-topk8", "-in", "key.pem", "-v2", cipher, "-v2prf", prf, "-passout", "file:password")
    assert is_encrypted(pem)
    assert load_private_key(pem, PASSWORD).public_key == KEY.public_key
    with pytest.raises(DecryptionError):
        load_private_key(pem, b"wrong")


# ---- our keys, read there ---------------------------------------------------------------
def test_our_keys(openssl: OpenSSL) -> None:
    public = KEY.public_key.to_pem()
    for number, data in enumerate((KEY.to_pem(), KEY.to_sec1_pem(), KEY.to_sec1_pem(parameters=True))):
        name = openssl.write(f"{number}.pem", data)
        assert openssl.run("pkey", "-in", name, "-pubout") == public
    name = openssl.write("key.der", KEY.to_der())
    assert openssl.run("pkey", "-inform", "DER", "-in", name, "-pubout") == public
    name = openssl.write("public.der", KEY.public_key.to_der())
    assert openssl.run("pkey", "-pubin", "-inform", "DER", "-in", name) == public


def test_our_encrypted_key(openssl: OpenSSL) -> None:
    name = openssl.write("key.pem", KEY.to_pem(PASSWORD, profile=EncryptionProfile.OPENSSL))
    openssl.write("password", PASSWORD)
    public = openssl.run("pkey", "-in", name, "-passin", "file:password", "-pubout")
    assert public == KEY.public_key.to_pem()
    openssl.write("password", b"wrong")
    assert openssl.attempt("pkey", "-in", name, "-passin", "file:password", "-pubout").returncode != 0


@pytest.mark.parametrize("key", [rsa_key(), ECDSAPrivateKey.generate()], ids=["RSA", "ECDSA"])
def test_other_algorithms(openssl: OpenSSL, key: RSAPrivateKey | ECDSAPrivateKey) -> None:
    name = openssl.write("key.pem", key.to_pem(PASSWORD, profile=EncryptionProfile.OPENSSL, iterations=1000))
    openssl.write("password", PASSWORD)
    assert openssl.run("pkey", "-in", name, "-passin", "file:password", "-pubout") == key.public_key.to_pem()
    openssl.write("plain.pem", key.to_pem())
    traditional = openssl.run("pkey", "-in", "plain.pem", "-traditional")
    assert identify_key(traditional).form.value in ("PKCS #1 RSAPrivateKey", "SEC 1 ECPrivateKey")
    assert load_private_key(traditional).public_key == key.public_key


# ---- signatures -------------------------------------------------------------------------
def theirs(openssl: OpenSSL, *options: str) -> bytes:
    openssl.write("message", MESSAGE)
    openssl.write("key.pem", KEY.to_pem())
    sign = ["pkeyutl", "-sign", "-inkey", "key.pem", "-rawin", "-digest", "sm3", "-in", "message", "-out", "signature"]
    openssl.run(*sign, *options)
    return openssl.read("signature")


@pytest.mark.parametrize("user_id", [DEFAULT_USER_ID, b"ALICE123@YAHOO.COM"])
def test_their_signature(openssl: OpenSSL, user_id: bytes) -> None:
    signature = theirs(openssl, "-pkeyopt", f"distid:{user_id.decode()}")
    KEY.public_key.verify(signature, MESSAGE, user_id=user_id)
    with pytest.raises(InvalidSignature):
        KEY.public_key.verify(signature, MESSAGE + b"!", user_id=user_id)


def test_their_signature_without_a_user_id_is_diagnosed(openssl: OpenSSL) -> None:
    """OpenSSL before 4.0 signs with the empty id unless it is told one, 4.0 with the default one."""
    found = diagnose_signature(KEY.public_key, theirs(openssl), MESSAGE)
    assert found.matched in (
        ("DER, over the message with the empty user id",),
        ("DER, over the message with the default user id",),
    )


@pytest.mark.parametrize("user_id", [DEFAULT_USER_ID, b"ALICE123@YAHOO.COM"])
def test_our_signature(openssl: OpenSSL, user_id: bytes) -> None:
    openssl.write("message", MESSAGE)
    openssl.write("public.pem", KEY.public_key.to_pem())
    openssl.write("signature", KEY.sign(MESSAGE, user_id=user_id))
    verify = [
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "public.pem",
        "-rawin",
        "-digest",
        "sm3",
        "-sigfile",
        "signature",
    ]
    options = ["-in", "message", "-pkeyopt", f"distid:{user_id.decode()}"]
    assert b"Signature Verified Successfully" in openssl.run(*verify, *options)
    openssl.write("signature", KEY.sign(MESSAGE + b"!", user_id=user_id))
    assert b"Signature Verification Failure" in openssl.attempt(*verify, *options).stdout


def test_their_digest(openssl: OpenSSL) -> None:
    """A digest signed there without ZA is what verify_digest takes, and never what verify takes."""
    openssl.write("digest", bytes(range(32)))
    openssl.write("key.pem", KEY.to_pem())
    openssl.run("pkeyutl", "-sign", "-inkey", "key.pem", "-in", "digest", "-out", "signature")
    signature = openssl.read("signature")
    KEY.public_key.verify_digest(signature, bytes(range(32)))
    with pytest.raises(InvalidSignature):
        KEY.public_key.verify(signature, bytes(range(32)))


# ---- encryption -------------------------------------------------------------------------
@pytest.mark.parametrize("length", [1, 16, 31, 32, 33, 200])
def test_ciphertexts(openssl: OpenSSL, length: int) -> None:
    message = bytes(range(1, 201))[:length]
    openssl.write("key.pem", KEY.to_pem())
    openssl.write("public.pem", KEY.public_key.to_pem())
    openssl.write("message", message)
    openssl.run("pkeyutl", "-encrypt", "-pubin", "-inkey", "public.pem", "-in", "message", "-out", "ciphertext")
    assert KEY.decrypt(openssl.read("ciphertext")) == message
    openssl.write("ciphertext", KEY.public_key.encrypt(message))
    openssl.run("pkeyutl", "-decrypt", "-inkey", "key.pem", "-in", "ciphertext", "-out", "plain")
    assert openssl.read("plain") == message
