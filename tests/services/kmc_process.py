"""A key-management centre that is a process of its own; run with the folder that holds what it needs.

Prints the port that it listens on, and serves until it is ended.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn

from gmpki.ca.kmc.answering import KeyManagementService
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.kmc.messages import Party
from gmpki.ca.store.store import Store
from gmpki.keys.loader import load_private_key
from gmpki.protect.keys import KeyRing
from gmpki.services.kmc import create_app
from gmpki.x509.certificate import Certificate

PASSWORD = b"only for tests"


def main(folder: Path) -> None:
    """Serve."""
    key = load_private_key((folder / "kmc.key").read_bytes())
    certificate, authority = (Certificate.from_der((folder / name).read_bytes()) for name in ("kmc.cer", "ca.cer"))
    with Store.open(f"sqlite:///{folder / 'kmc.db'}", KeyRing.load(folder / "kmc.ring", PASSWORD)) as store:
        centre = KeyManagementCentre.open(store, key)  # type: ignore[arg-type] - it is one of SM2
        service = KeyManagementService(centre, Party(key, certificate), {"示例CA": authority})
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(uvicorn.Config(create_app(service), log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
