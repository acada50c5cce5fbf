"""A software token with a pair of certificates, for the tests of commands that use one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from gmpki.tokens import open_token
from gmpki.tokens.interfaces import Rights
from gmpki.tokens.soft import SoftSettings, create_soft_device, library_path
from seal import samples
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN, Issued, provision

__all__ = ["CONTAINER", "DEVICE", "PLACE", "Token", "pkcs11_uri", "set_variables", "write_token"]

DEVICE = "soft:dev=00a1"
PLACE = f"{DEVICE};app={APPLICATION}"
CONTAINER = f"{PLACE};con=con1"


@dataclass(frozen=True)
class Token:
    """What is in the software token 00a1.

    :ivar issued: to the container con1 of the application GMPKI-TEST.
    """

    issued: Issued


def set_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set where devices are, and the PINs that are named in examples."""
    root = Path("tokens").absolute()
    monkeypatch.setenv("GMPKI_SOFTTOKEN_DIR", os.fspath(root))
    for name, value in (("USER_PIN", USER_PIN), ("ADMIN_PIN", ADMIN_PIN), ("NEW_PIN", "11223344")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DEVICE_KEY", "00112233445566778899aabbccddeeff")


def write_token() -> Token:
    """Make the device with its application, a container with both certificates, an application OLD and a file old;
    and the files of certificates, requests and delivery beside it.
    """
    create_soft_device(SoftSettings(serial="00a1", pin_iterations=1))
    with open_token(DEVICE) as token:
        assert token.device is not None
        token.device.authenticate()
        token.device.create_application("OLD", admin_pin=ADMIN_PIN, user_pin=USER_PIN)
        application = token.device.create_application(APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
        application.login(USER_PIN)
        issued = provision(application.create_container("con1"))
        for name in ("old", "notes"):
            application.create_file(name, 5, read_rights=Rights.USER)
            application.write_file(name, b"notes")
    Path("pair").mkdir()
    for folder in ("", "pair"):
        Path(folder, "signing.pem").write_bytes(issued.pair.signing.to_pem())
        Path(folder, "encryption.pem").write_bytes(issued.pair.encryption.to_pem())
    Path("pair", "encryption-key.der").write_bytes(issued.delivered)
    Path("root.pem").write_bytes(samples.root().certificate.to_pem())
    return Token(issued)


def pkcs11_uri(container: str = "con1") -> str:
    """Return the URI of a container behind the PKCS #11 module."""
    return f"pkcs11:token={APPLICATION};object={container}?module-path={library_path('pkcs11')}"
