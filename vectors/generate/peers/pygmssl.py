"""SM2 from the package gmssl of the Python Package Index: known to be broken, asked on public data only."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

NAME = "gmssl (PyPI)"


def _crypt(**options: Any) -> Any:
    from gmssl.sm2 import CryptSM2

    return CryptSM2(**options)


def installed() -> str:
    """The version."""
    return version("gmssl")


def verify_digest(public: bytes, digest: bytes, signature: bytes, *, asn1: bool) -> bool:
    """Verify a signature of the digest e; whatever it raises is a refusal. It wants the key without the 04."""
    if len(public) not in (64, 65):
        return False
    try:
        engine = _crypt(private_key="", public_key=public[-64:].hex(), asn1=asn1)
        return bool(engine.verify(signature.hex(), digest))
    except Exception:  # noqa: BLE001 - the package raises all kinds
        return False


def decrypt(d: bytes, ciphertext: bytes, *, c1c3c2: bool) -> bytes | None:
    """Decrypt x, y, C3, C2 (or x, y, C2, C3); whatever it raises is a refusal."""
    try:
        plaintext = _crypt(private_key=d.hex(), public_key="", mode=int(c1c3c2)).decrypt(ciphertext)
        return None if plaintext is None else bytes(plaintext)
    except Exception:  # noqa: BLE001
        return None
