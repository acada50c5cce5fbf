"""Programs of other projects at the software token's PKCS#11 module: pkcs11-tool, p11tool, python-pkcs11."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gmpki.tokens.soft import SoftSettings, create_soft_device, library_path
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN

pytestmark = pytest.mark.once

MODULE = os.fspath(library_path("pkcs11"))
TOKEN = f"pkcs11:token={APPLICATION}"
IV = "000102030405060708090a0b0c0d0e0f"


def need(name: str) -> str:
    """Give the path of a program; the test is skipped where there is none."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"peer program: {name} not found")
    return found


def run(*command: str, cwd: Path, expect: int = 0) -> str:
    """Run a program in a folder and give what it printed."""
    environment = {**os.environ, "GNUTLS_PIN": USER_PIN, "GNUTLS_SO_PIN": ADMIN_PIN, "LC_ALL": "C"}
    result = subprocess.run(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
    )
    printed = result.stdout.decode(errors="replace")
    assert result.returncode == expect, printed
    return printed


class Tool:
    """pkcs11-tool at a token of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = need("pkcs11-tool")

    def __call__(self, *arguments: str, expect: int = 0) -> str:
        """Run it without a login."""
        return run(self.program, "--module", MODULE, *arguments, cwd=self.folder, expect=expect)

    def user(self, *arguments: str, expect: int = 0) -> str:
        """Run it with the user logged in."""
        return self("--login", "--pin", USER_PIN, *arguments, expect=expect)

    def file(self, name: str, content: bytes) -> str:
        """Write a file into the folder and give its name."""
        (self.folder / name).write_bytes(content)
        return name

    def read(self, name: str) -> bytes:
        """Give what a file of the folder holds."""
        return (self.folder / name).read_bytes()


@pytest.fixture
def tool(soft_root: Path, tmp_path: Path) -> Tool:
    """Give pkcs11-tool, with a token that it has initialised itself."""
    create_soft_device(SoftSettings(serial="00a1", pin_iterations=1), root=soft_root)
    made = Tool(tmp_path)
    assert "uninitialized" in made("-L")
    printed = made("--init-token", "--slot", "0", "--label", APPLICATION, "--so-pin", ADMIN_PIN)
    assert "Token successfully initialized" in printed
    printed = made("--login", "--login-type", "so", "--so-pin", ADMIN_PIN, "--init-pin", "--new-pin", USER_PIN)
    assert "User PIN successfully initialized" in printed
    return made


@pytest.fixture
def keys(tool: Tool) -> Tool:
    """Give pkcs11-tool with an RSA pair (01) and an AES key (02) that it has made."""
    tool.user("--keypairgen", "--key-type", "rsa:2048", "--label", "con1", "--id", "01")
    tool.user("--keygen", "--key-type", "AES:32", "--label", "aes", "--id", "02")
    return tool


def test_pkcs11_tool_lists(tool: Tool) -> None:
    assert f"token label        : {APPLICATION}" in tool("-L")
    assert "SOFTWARE TOKEN" in tool("-L")
    assert "SHA256-RSA-PKCS-PSS" in tool("-M")
    assert "version: 3.0" in tool("--list-interfaces")
    assert tool("-O").count("Object") == 0


def test_pkcs11_tool_tests_everything_it_knows(keys: Tool) -> None:
    printed = keys.user("--test")
    assert "No errors" in printed
    for line in ("RSA-X-509: OK", "RSA-PKCS: OK", "SHA1-RSA-PKCS: OK", "RSA-PKCS-OAEP", "SHA256: OK"):
        assert line in printed
    assert "ERR" not in printed


@pytest.mark.parametrize("mechanism", ["SHA256-RSA-PKCS", "SHA256-RSA-PKCS-PSS", "SHA512-RSA-PKCS"])
def test_pkcs11_tool_signs_and_verifies(keys: Tool, mechanism: str) -> None:
    data, other = keys.file("data", b"signed" * 20), keys.file("other", b"forged" * 20)
    keys.user("--sign", "-m", mechanism, "--id", "01", "-i", data, "-o", "signature")
    verify = ("--verify", "-m", mechanism, "--id", "01", "--signature-file", "signature")
    assert "Signature is valid" in keys.user(*verify, "-i", data)
    assert "Invalid signature" in keys.user(*verify, "-i", other)  # which it does not count as a failure


def test_pkcs11_tool_signs_a_digest_with_pss(keys: Tool) -> None:
    digest = keys.file("digest", bytes(32))
    options = ("-m", "RSA-PKCS-PSS", "--hash-algorithm", "SHA256", "--id", "01", "-i", digest)
    keys.user("--sign", *options, "-o", "signature")
    assert "Signature is valid" in keys.user("--verify", *options, "--signature-file", "signature")


def test_pkcs11_tool_encrypts_and_decrypts(keys: Tool) -> None:
    data = keys.file("data", b"in parts " * 11)
    options = ("-m", "AES-CBC-PAD", "--iv", IV, "--id", "02")
    keys.user("--encrypt", *options, "-i", data, "-o", "encrypted")
    keys.user("--decrypt", *options, "-i", "encrypted", "-o", "decrypted")
    assert keys.read("encrypted") != keys.read("decrypted") == keys.read(data)


def test_pkcs11_tool_decrypts_oaep_of_openssl(keys: Tool) -> None:
    openssl, secret = need("openssl"), keys.file("secret", b"a key of 16 byte")
    keys.user("--read-object", "--type", "pubkey", "--id", "01", "-o", "public.der")
    padding = ("-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256")
    source = ("-pubin", "-inkey", "public.der", "-keyform", "DER", "-in", secret, "-out", "encrypted")
    run(openssl, "pkeyutl", "-encrypt", *source, *padding, cwd=keys.folder)
    options = ("-m", "RSA-PKCS-OAEP", "--hash-algorithm", "SHA256", "--id", "01")
    keys.user("--decrypt", *options, "-i", "encrypted", "-o", "decrypted")
    assert keys.read("decrypted") == keys.read(secret)


def test_pkcs11_tool_hashes_and_draws_random_bytes(tool: Tool) -> None:
    tool("--hash", "-m", "SHA256", "-i", tool.file("data", b"abc"), "-o", "digest")
    assert tool.read("digest").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    tool("--generate-random", "32", "-o", "random")
    assert len(set(tool.read("random"))) > 8


def test_pkcs11_tool_writes_reads_and_deletes(tool: Tool) -> None:
    openssl = need("openssl")
    subject = ("-subj", "/CN=con2", "-keyout", "key.pem", "-out", "certificate.pem")
    run(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, cwd=tool.folder)
    run(openssl, "x509", "-in", "certificate.pem", "-outform", "DER", "-out", "certificate.der", cwd=tool.folder)
    run(openssl, "rsa", "-in", "key.pem", "-traditional", "-outform", "DER", "-out", "key.der", cwd=tool.folder)
    names = ("--id", "03", "--label", "con2")
    tool.user("--write-object", "key.der", "--type", "privkey", *names)
    tool.user("--write-object", "certificate.der", "--type", "cert", *names)
    tool.user("--write-object", tool.file("note", b"a note"), "--type", "data", "--label", "note")
    tool.user("--read-object", "--type", "cert", "--id", "03", "-o", "read.der")
    assert tool.read("read.der") == tool.read("certificate.der")
    tool.user("--read-object", "--type", "data", "--label", "note", "-o", "read")
    assert tool.read("read") == b"a note"
    tool.user("--delete-object", "--type", "data", "--label", "note")
    for kind in ("privkey", "pubkey", "cert"):
        tool.user("--delete-object", "--type", kind, "--id", "03")
    assert tool.user("-O").count("Object") == 0


def test_pkcs11_tool_changes_the_pin(tool: Tool) -> None:
    assert "PIN successfully changed" in tool.user("--change-pin", "--new-pin", "abcdefgh")
    assert "CKR_PIN_INCORRECT" in tool.user("-O", expect=1)
    assert "PIN successfully changed" in tool("--login", "--pin", "abcdefgh", "--change-pin", "--new-pin", USER_PIN)
    tool.user("-O")


def test_pkcs11_tool_forks(keys: Tool) -> None:
    assert "Calling C_Initialize in forked child process" in keys("--test-fork")


def test_p11tool(soft_root: Path, tmp_path: Path) -> None:
    program = need("p11tool")
    create_soft_device(SoftSettings(serial="00a1", pin_iterations=1), root=soft_root)
    arguments = (program, "--provider", MODULE)
    tool = Tool(tmp_path)
    tool("--init-token", "--slot", "0", "--label", APPLICATION, "--so-pin", ADMIN_PIN)
    tool("--login", "--login-type", "so", "--so-pin", ADMIN_PIN, "--init-pin", "--new-pin", USER_PIN)
    assert f"token={APPLICATION}" in run(*arguments, "--list-tokens", cwd=tmp_path)
    assert "CKM_RSA_PKCS_OAEP" in run(*arguments, "--list-mechanisms", TOKEN, cwd=tmp_path)
    generate = ("--login", "--generate-privkey=rsa", "--bits", "2048", "--label", "con1")
    assert "BEGIN PUBLIC KEY" in run(*arguments, *generate, TOKEN, cwd=tmp_path)
    printed = run(*arguments, "--login", "--test-sign", f"{TOKEN};object=con1", cwd=tmp_path)
    assert printed.count("... ok") == 3
    printed = run(*arguments, "--login", "--list-all", TOKEN, cwd=tmp_path)
    assert "type=public" in printed
    assert "type=private" in printed
    run(*arguments, "--login", "--batch", "--delete", f"{TOKEN};object=con1", cwd=tmp_path)
    assert "No matching objects" in run(*arguments, "--login", "--list-all", TOKEN, cwd=tmp_path, expect=2)


PYTHON_PKCS11 = """
import sys
import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

token = pkcs11.lib(sys.argv[1]).get_token(token_label=sys.argv[2])
with token.open(rw=True, user_pin=sys.argv[3]) as session:
    key = session.generate_key(KeyType.AES, 256, store=True)
    iv = session.generate_random(128)
    assert key.decrypt(key.encrypt(b"message", mechanism_param=iv), mechanism_param=iv) == b"message"
    for stored in (True, False):
        public, private = session.generate_keypair(KeyType.RSA, 1024, store=stored)
        signature = private.sign(b"message", mechanism=Mechanism.SHA256_RSA_PKCS)
        assert public.verify(b"message", signature, mechanism=Mechanism.SHA256_RSA_PKCS)
        assert not public.verify(b"massage", signature, mechanism=Mechanism.SHA256_RSA_PKCS)
        assert private.decrypt(public.encrypt(b"message")) == b"message"
        secret = session.generate_key(KeyType.AES, 128, template={Attribute.EXTRACTABLE: True})
        opened = private.unwrap_key(ObjectClass.SECRET_KEY, KeyType.AES, public.wrap_key(secret))
        assert opened.decrypt(secret.encrypt(b"message", mechanism_param=iv), mechanism_param=iv) == b"message"
        public.destroy()
        private.destroy()
    assert session.digest(b"abc", mechanism=Mechanism.SHA_1).hex() == "a9993e364706816aba3e25717850c26c9cd0d89d"
try:
    token.open(user_pin="00000000")
except pkcs11.exceptions.PinIncorrect:
    print("done")
"""


def test_python_pkcs11(tool: Tool) -> None:
    pytest.importorskip("pkcs11", reason="peer program: python-pkcs11 not found")
    printed = run(sys.executable, "-c", PYTHON_PKCS11, MODULE, APPLICATION, USER_PIN, cwd=tool.folder)
    assert printed.strip() == "done"
