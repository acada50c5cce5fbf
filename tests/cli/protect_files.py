"""The log and the tree of files that the examples of the help texts name, in the directory where they run."""

from __future__ import annotations

import os
from pathlib import Path

from cli.sample_files import OWNER
from gmpki.protect.keys import KeyRing
from gmpki.protect.log import AppendLog


def write_log() -> None:
    """Write ``audit.log``, sealed by the key of ``signing.pem``, its key ring, a checkpoint, and events to append."""
    ring = KeyRing.generate()
    ring.save("audit.ring", os.environ["PASSWORD"].encode(), iterations=1000)
    with AppendLog.create("audit.log", ring, signer=OWNER) as log:
        log.append("登录 user=zhangsan".encode())
        Path("audit.kept").write_text(str(log.seal()), encoding="ascii")
        log.append(b"logout user=zhangsan")
    Path("events.txt").write_bytes(b"one\ntwo\n\nthree\n")


def write_program() -> None:
    """Write the directory ``program``."""
    for name, contents in (("app", b"code"), ("lib/module.py", b"x = 1\n"), ("log/today", b"a line\n"), ("空", b"")):
        path = Path("program", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
    Path("program/app").chmod(0o755)


def write_manifest() -> None:
    """Write ``program.manifest``, signed by the holder of ``signing.pem``."""
    from gmpki.cms import SignerSpec
    from gmpki.protect.manifest import Manifest, sign_manifest
    from gmpki.x509.certificate import load_certificate

    spec = SignerSpec(OWNER, load_certificate(Path("signing.pem").read_bytes()))
    Path("program.manifest").write_bytes(sign_manifest(Manifest.of_tree("program"), spec))
