"""SM2, SM3 and SM4, and the public-key infrastructure built on them.

The names below are loaded when they are first used; ``import gmpki`` itself loads nothing but this file.
"""

from __future__ import annotations

# What typing.TYPE_CHECKING says, without the import of typing, which costs more than everything else here.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from gmpki.algorithms.selftest import selftest
    from gmpki.algorithms.sm3 import sm3
    from gmpki.algorithms.sm4_aead import SM4CCM, SM4GCM
    from gmpki.errors import GmpkiError
    from gmpki.keys.loader import load_private_key, load_public_key
    from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey
    from gmpki.x509.certificate import Certificate, load_certificate, load_certificates
    from gmpki.x509.crl import CertificateRevocationList, load_crl
    from gmpki.x509.path import validate_path
    from gmpki.x509.request import CertificateRequest, load_request

    __version__: str

__all__ = [
    "SM4CCM",
    "SM4GCM",
    "Certificate",
    "CertificateRequest",
    "CertificateRevocationList",
    "GmpkiError",
    "SM2PrivateKey",
    "SM2PublicKey",
    "__version__",
    "load_certificate",
    "load_certificates",
    "load_crl",
    "load_private_key",
    "load_public_key",
    "load_request",
    "selftest",
    "sm3",
    "validate_path",
]

_HOMES = {
    "Certificate": "gmpki.x509.certificate",
    "CertificateRequest": "gmpki.x509.request",
    "CertificateRevocationList": "gmpki.x509.crl",
    "GmpkiError": "gmpki.errors",
    "SM2PrivateKey": "gmpki.keys.sm2",
    "SM2PublicKey": "gmpki.keys.sm2",
    "SM4CCM": "gmpki.algorithms.sm4_aead",
    "SM4GCM": "gmpki.algorithms.sm4_aead",
    "load_certificate": "gmpki.x509.certificate",
    "load_certificates": "gmpki.x509.certificate",
    "load_crl": "gmpki.x509.crl",
    "load_private_key": "gmpki.keys.loader",
    "load_public_key": "gmpki.keys.loader",
    "load_request": "gmpki.x509.request",
    "selftest": "gmpki.algorithms.selftest",
    "sm3": "gmpki.algorithms.sm3",
    "validate_path": "gmpki.x509.path",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "__version__":
        value: Any = import_module("importlib.metadata").version("gmpki")
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
