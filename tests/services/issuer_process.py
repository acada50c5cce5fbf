"""An authority that is a process of its own; run with the folder that holds what it needs, and a port.

Prints a line when it listens, and serves until it is ended. A file named ``dies-signing`` or ``dies-answering`` in the
folder lets it end at that place, without a word to anybody.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn

from gmpki.ca.authority.authority import Authority
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.remote.answering import IssuerService, Office
from gmpki.ca.store.store import Store
from gmpki.cms.signer_spec import SignerSpec
from gmpki.keys.loader import load_private_key
from gmpki.protect.keys import KeyRing
from gmpki.services.issuer import create_app
from gmpki.x509.certificate import Certificate

PASSWORD = b"only for tests"
AUTHORITY = "示例"
OFFICE = "示例市LRA"


class Mortal:
    """A private key with which the process ends when it is wanted to."""

    def __init__(self, key: Any, folder: Path) -> None:
        self._key = key
        self._folder = folder
        self.public_key = key.public_key
        self.signature_algorithm = key.signature_algorithm

    def sign(self, message: Any, **options: Any) -> bytes:
        end(self._folder / "dies-signing")
        return bytes(self._key.sign(message, **options))

    def sign_digest(self, digest: Any) -> bytes:
        end(self._folder / "dies-signing")
        return bytes(self._key.sign_digest(digest))


class MortalService(IssuerService):
    """A service whose process ends when it has carried out an order, and before it has answered."""

    folder = Path()

    def answer(self, data: Any) -> bytes:
        answer = super().answer(data)
        end(self.folder / "dies-answering")
        return answer


def end(wanted: Path) -> None:
    """End this process at once, when the file is there."""
    if wanted.exists():
        wanted.unlink()
        os._exit(9)


def main(folder: Path, port: int) -> None:
    """Serve."""

    def key(name: str) -> Any:
        return load_private_key((folder / f"{name}.key").read_bytes())

    service_certificate, office = (
        Certificate.from_der((folder / f"{name}.cer").read_bytes()) for name in ("service", "office")
    )
    with Store.open(f"sqlite:///{folder / 'ca.db'}", KeyRing.load(folder / "ca.ring", PASSWORD)) as store:
        centre = KeyManagementCentre.open(store, key("kmc"))
        authority = Authority.open(store, AUTHORITY, Mortal(key("ca"), folder), key_centre=centre)
        offices = [Office(OFFICE, office, frozenset({"organisation"}))]
        service = MortalService([authority], SignerSpec(key("service"), service_certificate), offices)
        service.folder = folder
        listener = socket.create_server(("127.0.0.1", port))
        print("ready", flush=True)
        uvicorn.Server(uvicorn.Config(create_app(service), log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
