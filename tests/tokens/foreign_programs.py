"""Programs of other projects at the software token's PKCS#11 module: what they do, and what they must print.

pkcs11-tool of OpenSC, p11tool of GnuTLS and p11-kit, and a program over python-pkcs11.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from certified import certify
from gmpki.keys.loader import load_public_key
from gmpki.tokens.soft import SoftSettings, create_soft_device, library_path
from gmpki.x509.names import build_name
from rsa_keys import rsa_key
from tokens.checks import Absent, Check, Wrong
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN

__all__ = ["p11tool", "pkcs11_tool", "python_pkcs11"]

SOFT_MODULE = "software token, PKCS#11"
TIMEOUT_S = 120
URI = f"pkcs11:token={APPLICATION}"
IV = "000102030405060708090a0b0c0d0e0f"
CBC = ("-m", "AES-CBC-PAD", "--iv", IV, "--id", "02")
OAEP = ("-m", "RSA-PKCS-OAEP", "--hash-algorithm", "SHA256", "--id", "01")
SM3 = "0xC0474D10"

# Who logs in, then the arguments of each operation, and what it must print.
USER = ("--login", "--pin", USER_PIN)
OFFICER = ("--login", "--login-type", "so", "--so-pin", ADMIN_PIN)
PKCS11_TOOL: dict[str, tuple[tuple[str, ...], str]] = {
    "list slots": (("-L",), "uninitialized"),
    "initialise token": (
        ("--init-token", "--slot", "0", "--label", APPLICATION, "--so-pin", ADMIN_PIN),
        "Token successfully initialized",
    ),
    "set user PIN": ((*OFFICER, "--init-pin", "--new-pin", USER_PIN), "User PIN successfully initialized"),
    "show token": (("-L",), f"token label        : {APPLICATION}"),
    "list interfaces": (("--list-interfaces",), "version: 3.0"),
    "list mechanisms": (("-M",), "SHA256-RSA-PKCS-PSS"),
    "make RSA pair": ((*USER, "--keypairgen", "--key-type", "rsa:2048", "--label", "con1", "--id", "01"), "Key pair"),
    "make AES key": ((*USER, "--keygen", "--key-type", "AES:32", "--label", "aes", "--id", "02"), "Key generated"),
    "list objects": ((*USER, "-O"), "Private Key Object; RSA"),
    "test of everything": ((*USER, "--test"), "No errors"),
    "test of fork": (("--test-fork",), "Calling C_Initialize in forked child process"),
    "sign PKCS#1": (
        (*USER, "--sign", "-m", "SHA256-RSA-PKCS", "--id", "01", "-i", "data", "-o", "pkcs1"),
        "SHA256-RSA-PKCS",
    ),
    "verify PKCS#1": (
        (*USER, "--verify", "-m", "SHA256-RSA-PKCS", "--id", "01", "-i", "data", "--signature-file", "pkcs1"),
        "Signature is valid",
    ),
    "refuse a forgery": (
        (*USER, "--verify", "-m", "SHA256-RSA-PKCS", "--id", "01", "-i", "other", "--signature-file", "pkcs1"),
        "Invalid signature",
    ),
    "sign PSS": (
        (*USER, "--sign", "-m", "SHA256-RSA-PKCS-PSS", "--id", "01", "-i", "data", "-o", "pss"),
        "SHA256-RSA-PKCS-PSS",
    ),
    "verify PSS": (
        (*USER, "--verify", "-m", "SHA256-RSA-PKCS-PSS", "--id", "01", "-i", "data", "--signature-file", "pss"),
        "Signature is valid",
    ),
    "encrypt AES-CBC": ((*USER, "--encrypt", *CBC, "-i", "data", "-o", "encrypted"), "AES-CBC-PAD"),
    "decrypt AES-CBC": ((*USER, "--decrypt", *CBC, "-i", "encrypted", "-o", "decrypted"), "AES-CBC-PAD"),
    "decrypt OAEP": ((*USER, "--decrypt", *OAEP, "-i", "wrapped", "-o", "unwrapped"), "RSA-PKCS-OAEP"),
    "hash SHA-256": (("--hash", "-m", "SHA256", "-i", "data", "-o", "sha256"), "SHA256"),
    "hash SM3": (("--hash", "-m", SM3, "-i", "data", "-o", "sm3"), "mechtype-0xC0474D10"),
    "random": (("--generate-random", "32", "-o", "random"), ""),
    "write certificate": (
        (*USER, "--write-object", "certificate.der", "--type", "cert", "--id", "01", "--label", "con1"),
        "Created certificate",
    ),
    "read certificate": (
        (*USER, "--read-object", "--type", "cert", "--id", "01", "-o", "read.der"),
        "",
    ),
    "write data": ((*USER, "--write-object", "data", "--type", "data", "--label", "note"), "Created Data Object"),
    "delete data": ((*USER, "--delete-object", "--type", "data", "--label", "note"), ""),
    "change PIN": ((*USER, "--change-pin", "--new-pin", "abcdefgh"), "PIN successfully changed"),
    "refuse the old PIN": ((*USER, "-O"), "CKR_PIN_INCORRECT"),
}
# Operations whose exit code says that something was refused.
REFUSING = ("refuse the old PIN",)

P11TOOL: dict[str, tuple[tuple[str, ...], str]] = {
    "list tokens": (("--list-tokens",), f"token={APPLICATION}"),
    "list mechanisms": (("--list-mechanisms", URI), "CKM_RSA_PKCS_OAEP"),
    "make RSA pair": (
        ("--login", "--generate-privkey=rsa", "--bits", "2048", "--label", "con1", URI),
        "BEGIN PUBLIC KEY",
    ),
    "test of signing": (("--login", "--test-sign", f"{URI};object=con1"), "... ok"),
    "random": (("--generate-random=16", URI), ""),
    "write certificate": (
        ("--login", "--write", "--load-certificate", "certificate.pem", "--label", "authority", URI),
        "",
    ),
    "export certificate": (("--export", f"{URI};object=authority;type=cert"), "BEGIN CERTIFICATE"),
    "list objects": (("--login", "--list-all", URI), "type=private"),
    "delete pair": (("--login", "--batch", "--delete", f"{URI};object=con1"), ""),
}

# What python-pkcs11 has for RSA, AES and hashes; each line prints its name and OK.
PYTHON_PKCS11 = """
import sys
import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

def done(name, holds=True):
    print(name + (": OK" if holds else ": wrong"))

library = pkcs11.lib(sys.argv[1])
token = library.get_token(token_label=sys.argv[2])
done("find token", token.manufacturer_id == "gmpki SOFTWARE TOKEN")
done("list mechanisms", Mechanism.AES_CBC_PAD in token.slot.get_mechanisms())
with token.open(rw=True, user_pin=sys.argv[3]) as session:
    done("log in")
    iv = session.generate_random(128)
    done("random", len(iv) == 16)
    key = session.generate_key(KeyType.AES, 256, store=True, label="aes")
    done("make AES key")
    sealed = key.encrypt(b"message", mechanism_param=iv)
    done("AES-CBC", key.decrypt(sealed, mechanism_param=iv) == b"message")
    done("find key", session.get_key(label="aes", object_class=ObjectClass.SECRET_KEY) is not None)
    public, private = session.generate_keypair(KeyType.RSA, 2048, store=True, label="con1")
    done("make RSA pair")
    signature = private.sign(b"message", mechanism=Mechanism.SHA256_RSA_PKCS)
    done("sign", public.verify(b"message", signature, mechanism=Mechanism.SHA256_RSA_PKCS))
    done("refuse a forgery", not public.verify(b"massage", signature, mechanism=Mechanism.SHA256_RSA_PKCS))
    done("decrypt RSA", private.decrypt(public.encrypt(b"message")) == b"message")
    secret = session.generate_key(KeyType.AES, 128, template={Attribute.EXTRACTABLE: True})
    opened = private.unwrap_key(ObjectClass.SECRET_KEY, KeyType.AES, public.wrap_key(secret))
    done("wrap and unwrap", opened.decrypt(secret.encrypt(b"m", mechanism_param=iv), mechanism_param=iv) == b"m")
    digest = session.digest(b"abc", mechanism=Mechanism.SHA256).hex()
    done("hash", digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    note = session.create_object({Attribute.CLASS: ObjectClass.DATA, Attribute.TOKEN: True, Attribute.VALUE: b"note"})
    done("store data", note[Attribute.VALUE] == b"note")
    note.destroy()
    public.destroy()
    private.destroy()
    done("delete", not list(session.get_objects({Attribute.LABEL: "con1"})))
try:
    token.open(user_pin="00000000")
except pkcs11.exceptions.PinIncorrect:
    done("refuse a wrong PIN")
"""
PYTHON_PKCS11_OPERATIONS = PYTHON_PKCS11.count('done("')


def _need(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Absent(f"peer program: {name} not found")
    return found


def _printed(folder: Path, command: tuple[str, ...], *, refused: bool = False) -> str:
    """Run a program in a folder; return what it printed."""
    environment = {**os.environ, "GNUTLS_PIN": USER_PIN, "GNUTLS_SO_PIN": ADMIN_PIN, "LC_ALL": "C"}
    result = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT_S,
        check=False,
    )
    printed = result.stdout.decode(errors="replace")
    if (result.returncode != 0) != refused:
        raise Wrong(f"exit code {result.returncode}: {printed.strip()[-300:]}")
    return printed


def _prepare(folder: Path) -> None:
    """Make a device without a token on it, and the files that the operations read."""
    create_soft_device(SoftSettings(serial="00a1", pin_iterations=1))
    (folder / "data").write_bytes(b"signed" * 20)
    (folder / "other").write_bytes(b"forged" * 20)
    key, name = rsa_key(), build_name(("CN", "张三"))
    certificate = certify(name, key.public_key, name, key)
    (folder / "certificate.der").write_bytes(certificate.to_der())
    (folder / "certificate.pem").write_bytes(certificate.to_pem())


def _initialise(folder: Path) -> None:
    """Make a token with a user on the device."""
    program = (_need("pkcs11-tool"), "--module", os.fspath(library_path("pkcs11")))
    for name in ("initialise token", "set user PIN"):
        _printed(folder, (*program, *PKCS11_TOOL[name][0]))


def pkcs11_tool(folder: Path) -> Iterator[Check]:
    """Yield every operation of :data:`PKCS11_TOOL`, and what its files hold afterwards."""
    program = (_need("pkcs11-tool"), "--module", os.fspath(library_path("pkcs11")))
    _prepare(folder)

    def run(name: str) -> None:
        if name == "decrypt OAEP":
            _wrap_for_token(folder, program)
        arguments, wanted = PKCS11_TOOL[name]
        printed = _printed(folder, (*program, *arguments), refused=name in REFUSING)
        if wanted not in printed or (name == "test of everything" and "ERR" in printed):
            raise Wrong(f"{wanted!r} is not in: {printed.strip()[-300:]}")

    def files() -> None:
        from gmpki.algorithms import sm3

        content = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        same = (("decrypted", "data"), ("unwrapped", "secret"), ("read.der", "certificate.der"))
        for one, other in same:
            if content[one] != content[other]:
                raise Wrong(f"{one} is not {other}")
        if content["sm3"] != sm3.digest(content["data"]) or len(set(content["random"])) < 8:
            raise Wrong("the digest or the random bytes are wrong")

    for name in PKCS11_TOOL:
        yield Check("pkcs11-tool", SOFT_MODULE, name, lambda name=name: run(name))  # type: ignore[misc]
    yield Check("pkcs11-tool", SOFT_MODULE, "what was written", files)


def _wrap_for_token(folder: Path, program: tuple[str, ...]) -> None:
    """Encrypt a secret to the token's RSA pair."""
    from gmpki.algorithms.rsa import EncryptionPadding

    arguments = ("--read-object", "--type", "pubkey", "--id", "01", "-o", "public.der")
    _printed(folder, (*program, *USER, *arguments))
    public = load_public_key((folder / "public.der").read_bytes())
    (folder / "secret").write_bytes(b"a key of 16 byte")
    wrapped = public.encrypt(b"a key of 16 byte", padding=EncryptionPadding.OAEP)  # type: ignore[union-attr, call-arg]
    (folder / "wrapped").write_bytes(wrapped)


def p11tool(folder: Path) -> Iterator[Check]:
    """Yield every operation of :data:`P11TOOL`."""
    program = (_need("p11tool"), "--provider", os.fspath(library_path("pkcs11")))
    _prepare(folder)
    _initialise(folder)

    def run(name: str) -> None:
        arguments, wanted = P11TOOL[name]
        printed = _printed(folder, (*program, *arguments))
        if wanted not in printed:
            raise Wrong(f"{wanted!r} is not in: {printed.strip()[-300:]}")

    for name in P11TOOL:
        yield Check("p11tool", SOFT_MODULE, name, lambda name=name: run(name))  # type: ignore[misc]


def python_pkcs11(folder: Path) -> Iterator[Check]:
    """Yield what the program over python-pkcs11 says of each of its operations."""
    try:
        import pkcs11  # noqa: F401
    except ImportError:
        raise Absent("peer program: python-pkcs11 not found") from None
    _prepare(folder)
    _initialise(folder)
    command = (sys.executable, "-c", PYTHON_PKCS11, os.fspath(library_path("pkcs11")), APPLICATION, USER_PIN)
    lines = _printed(folder, command).splitlines()

    def said(line: str) -> None:
        if not line.endswith(": OK"):
            raise Wrong(line)

    def count() -> None:
        if len(lines) != PYTHON_PKCS11_OPERATIONS:
            raise Wrong(f"{len(lines)} of {PYTHON_PKCS11_OPERATIONS} operations")

    for line in lines:
        yield Check("python-pkcs11", SOFT_MODULE, line.split(":")[0], lambda line=line: said(line))  # type: ignore[misc]
    yield Check("python-pkcs11", SOFT_MODULE, "all operations", count)
