"""Messages larger than memory: what a process takes does not grow with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cms import envelope_examples as envelopes
from cms import signers

pytestmark = pytest.mark.once

SIZES = (4 << 20, 48 << 20)
# Pieces of 1 MiB and what is made of them; a message in memory would be 44 MiB more, and its copies.
MOST_GROWTH = 12 << 20
MOST = 64 << 20

# Does some things with files, and tells how much memory the process has taken at most, in KiB.
PROGRAM = """
import sys
from gmpki import cms
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate

class Pipe:
    def __init__(self, stream):
        self.read = stream.read
    def seekable(self):
        return False

key = SM2PrivateKey.from_bytes(bytes.fromhex(sys.argv[1]))
certificate = Certificate.from_der(bytes.fromhex(sys.argv[2]))
{steps}
with open("/proc/self/status") as status:
    print(next(line for line in status if line.startswith("VmHWM:")).split()[1])
"""
STEPS = {
    "sign": """
cms.sign_file("content", "signed", cms.SignerSpec(key, certificate), force=True)
with open("content", "rb") as source, open("once", "wb") as sink:
    cms.sign_stream(Pipe(source), sink, cms.SignerSpec(key, certificate, attributes=False))
""",
    "verify": """
for name in ("signed", "once"):
    cms.verify_file(name, cms.Trust.signature_only(), output="verified", force=True)
""",
    "encrypt": """
gcm = {"profile": cms.MessageProfile.RFC5652, "cipher": cms.ContentCipher.SM4_GCM}
cms.encrypt_file("content", "gcm", [certificate], pem=True, force=True, **gcm)
with open("content", "rb") as source, open("cbc", "wb") as sink:
    cms.encrypt_stream(Pipe(source), sink, [certificate])
""",
    "decrypt": """
for name in ("gcm", "cbc"):
    cms.decrypt_file(name, "opened", [(certificate, key)], force=True)
""",
}
SIGNER = (signers.person().key, signers.person().certificate)
RECIPIENT = (envelopes.ENCRYPTION_KEY, envelopes.PAIR.encryption)


def peak(step: str, folder: Path) -> int:
    """Return the memory that a step takes in a process of its own, in bytes."""
    key, certificate = SIGNER if step in ("sign", "verify") else RECIPIENT
    program = PROGRAM.replace("{steps}", STEPS[step])
    command = [sys.executable, "-c", program, key.to_bytes().hex(), certificate.der.hex()]
    ran = subprocess.run(command, capture_output=True, cwd=folder, check=True, timeout=300)
    return int(ran.stdout) * 1024


@pytest.mark.parametrize("first", ["sign", "encrypt"])
def test_memory_does_not_grow_with_the_content(first: str, tmp_path: Path) -> None:
    second = {"sign": "verify", "encrypt": "decrypt"}[first]
    seen: dict[str, list[int]] = {first: [], second: []}
    for size in SIZES:
        with open(tmp_path / "content", "wb") as content:
            content.truncate(size)
        for step in (first, second):
            seen[step].append(peak(step, tmp_path))
        result = tmp_path / ("verified" if first == "sign" else "opened")
        assert result.stat().st_size == size
    for step, (small, big) in seen.items():
        assert big - small < MOST_GROWTH, step
        assert big < MOST, step
