"""Messages in files: an output appears whole, when everything was in order, or not at all."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cms import envelope_examples as envelopes
from cms import signers
from gmpki import cms
from gmpki.cms import ContentCipher, MessageProfile, Trust
from gmpki.errors import DecodeError, DecryptionError, GmpkiError, InvalidSignature, InvalidTypeError
from gmpki.keys import pem

CONTENT = signers.CONTENT * 1000
SIGNATURES = Trust.signature_only()
GCM: dict[str, Any] = {"profile": MessageProfile.RFC5652, "cipher": ContentCipher.SM4_GCM}


@pytest.fixture(autouse=True)
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("content").write_bytes(CONTENT)


def mode_of(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.mark.parametrize("as_pem", [False, True])
@pytest.mark.parametrize("detached", [False, True])
def test_signed_and_verified(as_pem: bool, detached: bool) -> None:
    cms.sign_file("content", Path("message"), signers.person().spec(), detached=detached, pem=as_pem)
    assert pem.is_pem(Path("message").read_bytes()) is as_pem
    beside = "content" if detached else None
    found = cms.verify_file("message", signers.trust(), content=beside, output="verified")
    assert found.ok
    assert Path("verified").read_bytes() == CONTENT
    assert sorted(os.listdir()) == ["content", "message", "verified"]
    assert cms.verify_file(Path("message"), signers.trust(), content=beside).ok


@pytest.mark.parametrize("as_pem", [False, True])
@pytest.mark.parametrize("options", [{}, GCM], ids=["cbc", "gcm"])
def test_encrypted_and_decrypted(as_pem: bool, options: dict[str, Any]) -> None:
    cms.encrypt_file("content", "message", [envelopes.PAIR], pem=as_pem, **options)
    assert pem.is_pem(Path("message").read_bytes()) is as_pem
    opened = cms.decrypt_file("message", "opened", envelopes.KEYS)
    assert opened.content_len == len(CONTENT)
    assert Path("opened").read_bytes() == CONTENT
    assert mode_of("opened") == 0o600
    assert sorted(os.listdir()) == ["content", "message", "opened"]


@pytest.mark.parametrize("place", ["tag", "content", "length"])
def test_a_message_with_a_wrong_tag_leaves_nothing(place: str) -> None:
    cms.encrypt_file("content", "message", [envelopes.PAIR], **GCM)
    data = bytearray(Path("message").read_bytes())
    if place == "length":
        del data[-1]
    else:
        data[-1 if place == "tag" else -100] ^= 1
    Path("message").write_bytes(data)
    with pytest.raises(DecodeError if place == "length" else DecryptionError):
        cms.decrypt_file("message", "opened", envelopes.KEYS)
    assert sorted(os.listdir()) == ["content", "message"]
    Path("opened").write_bytes(b"old")
    with pytest.raises(GmpkiError):
        cms.decrypt_file("message", "opened", envelopes.KEYS, force=True)
    assert Path("opened").read_bytes() == b"old"
    assert sorted(os.listdir()) == ["content", "message", "opened"]


@pytest.mark.parametrize("collect", [False, True])
def test_a_signature_that_does_not_hold_leaves_nothing(collect: bool) -> None:
    cms.sign_file("content", "message", signers.person().spec())
    data = Path("message").read_bytes()
    Path("message").write_bytes(data.replace(signers.CONTENT, b"X" * len(signers.CONTENT), 1))
    if collect:
        found = cms.verify_file("message", signers.trust(), output="verified", collect=True)
        assert not found.ok
        assert found.signers[0].check("digest").error is not None
    else:
        with pytest.raises(InvalidSignature):
            cms.verify_file("message", signers.trust(), output="verified")
    assert sorted(os.listdir()) == ["content", "message"]


def test_a_message_of_nobody_one_trusts_leaves_nothing() -> None:
    cms.sign_file("content", "message", signers.person().spec())
    stranger = signers.certify(signers.other().key.public_key, ca=True, serial_number=9, issuer_key=signers.other().key)
    found = cms.verify_file("message", Trust([stranger], at=signers.NOW), output="verified", collect=True)
    assert not found.ok
    assert sorted(os.listdir()) == ["content", "message"]


@pytest.mark.parametrize(
    "run",
    [
        lambda output, force: cms.sign_file("content", output, signers.person().spec(), force=force),
        lambda output, force: cms.encrypt_file("content", output, [envelopes.PAIR], force=force),
        lambda output, force: cms.verify_file("signed", SIGNATURES, output=output, force=force),
        lambda output, force: cms.decrypt_file("encrypted", output, envelopes.KEYS, force=force),
    ],
    ids=["sign", "encrypt", "verify", "decrypt"],
)
def test_files_that_exist_are_replaced_only_when_told(run: Callable[[str, bool], object]) -> None:
    cms.sign_file("content", "signed", signers.person().spec())
    cms.encrypt_file("content", "encrypted", [envelopes.PAIR])
    Path("output").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        run("output", False)
    assert Path("output").read_bytes() == b"old"
    run("output", True)
    assert Path("output").read_bytes() != b"old"
    with pytest.raises(FileNotFoundError):
        run("missing/output", False)
    with pytest.raises(IsADirectoryError):
        run(".", True)
    assert sorted(os.listdir()) == ["content", "encrypted", "output", "signed"]


def test_sources_that_are_not_there() -> None:
    for run in (
        lambda: cms.sign_file("missing", "output", signers.person().spec()),
        lambda: cms.encrypt_file("missing", "output", [envelopes.PAIR]),
        lambda: cms.verify_file("missing", SIGNATURES, output="output"),
        lambda: cms.verify_file("content", SIGNATURES, content="missing"),
        lambda: cms.decrypt_file("missing", "output", envelopes.KEYS),
    ):
        with pytest.raises(FileNotFoundError):
            run()
    assert os.listdir() == ["content"]


def test_files_that_are_no_messages() -> None:
    for name, data in {
        "empty": b"",
        "text": b"hello",
        "pem": b"-----BEGIN CMS-----\nMIAA\n",
        "der": b"\x30\x00",
    }.items():
        Path(name).write_bytes(data)
        with pytest.raises(DecodeError):
            cms.verify_file(name, SIGNATURES, output="output")
        with pytest.raises(DecodeError):
            cms.decrypt_file(name, "output", envelopes.KEYS)
    assert not Path("output").exists()


def test_pem_is_yes_or_no() -> None:
    with pytest.raises(InvalidTypeError):
        cms.sign_file("content", "output", signers.person().spec(), pem="yes")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        cms.encrypt_file("content", "output", [envelopes.PAIR], pem=1)  # type: ignore[arg-type]


# Opens an envelope, and stops when half of its content has been written.
HALF_WAY = """
import sys, time
from gmpki import cms
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate

key = SM2PrivateKey.from_bytes(bytes.fromhex(sys.argv[1]))
certificate = Certificate.from_der(bytes.fromhex(sys.argv[2]))

def wait(done, total):
    if done > total // 2:
        print("half", flush=True)
        time.sleep(60)

cms.decrypt_file("message", "opened", [(certificate, key)], progress=wait)
"""


@pytest.mark.once
def test_a_process_that_is_killed_leaves_what_only_the_owner_reads(tmp_path: Path) -> None:
    Path("content").write_bytes(bytes(3 << 20))
    cms.encrypt_file("content", "message", [envelopes.PAIR], **GCM)
    secret = envelopes.ENCRYPTION_KEY.to_bytes().hex()
    command = [sys.executable, "-c", HALF_WAY, secret, envelopes.PAIR.encryption.der.hex()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"half\n"
        finally:
            process.send_signal(signal.SIGKILL)
    assert not Path("opened").exists()
    (left,) = set(os.listdir()) - {"content", "message"}
    assert left.startswith(".gmpki-")
    assert mode_of(left) == 0o600


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give the folder of a disk of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("peer program: no tmpfs can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    Path("content").write_bytes(bytes(1 << 20))
    cms.sign_file("content", "signed", signers.person().spec())
    cms.encrypt_file("content", "encrypted", [envelopes.PAIR])
    output = small_disk / "output"
    for run in (
        lambda: cms.sign_file("content", output, signers.person().spec()),
        lambda: cms.encrypt_file("content", output, [envelopes.PAIR], pem=True),
        lambda: cms.verify_file("signed", SIGNATURES, output=output),
        lambda: cms.verify_file("signed", SIGNATURES, output=output, collect=True),
        lambda: cms.decrypt_file("encrypted", output, envelopes.KEYS),
    ):
        with pytest.raises(OSError, match="No space left") as caught:
            run()
        assert caught.value.errno == errno.ENOSPC
        assert caught.value.filename == str(output)
        assert os.listdir(small_disk) == []


def test_a_pipe_gets_nothing_of_a_message_that_is_forged(tmp_path: Path) -> None:
    cms.encrypt_file("content", "message", [envelopes.PAIR], **GCM)
    data = bytearray(Path("message").read_bytes())
    data[-1] ^= 1
    Path("message").write_bytes(data)
    os.mkfifo("pipe")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE, cwd=tmp_path) as reader:
        time.sleep(0.1)
        with pytest.raises(DecryptionError):
            cms.decrypt_file("message", "pipe", envelopes.KEYS)
        assert reader.communicate(timeout=30)[0] == b""
