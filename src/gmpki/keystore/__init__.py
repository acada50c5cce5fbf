"""Key stores: PKCS #12, PEM bundles, and whatever else brings the keys of a pair of certificates to their owner.

The names below are loaded when they are first used. What an authority hands out opens with one function, which says
what it found:

>>> from gmpki import SM2PrivateKey
>>> from gmpki.keystore import KeyEntry, StoreProfile, open_key, write_pkcs12
>>> keys = [KeyEntry(SM2PrivateKey.generate(), friendly_name=name) for name in ("签名", "加密")]
>>> data = write_pkcs12(keys, "口令".encode(), profile=StoreProfile.GM_CLASSIC, iterations=2048)

>>> opened = open_key(data, "口令".encode())
>>> [entry.friendly_name for entry in opened.keys]
['签名', '加密']
>>> for part in opened.found.split("; "):
...     print(part)
PKCS #12, PBES2, PBKDF2-HMAC-SM3 (2048 iterations), SM4-CBC
HMAC-SM3, PKCS #12 key derivation (2048 iterations)

Where a file has both certificates of a pair, ``opened.pairs`` says which key belongs to which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.keystore.delivery import PKCS12Delivery
    from gmpki.keystore.open import OpenedKey, needs_password, open_key
    from gmpki.keystore.pkcs12 import PKCS12, CertificateEntry, KeyEntry, PairEntry, find_pairs
    from gmpki.keystore.pkcs12_writer import StoreProfile, write_pkcs12
    from gmpki.keystore.sm2_file import read_sm2_file, write_sm2_file

__all__ = [
    "PKCS12",
    "CertificateEntry",
    "KeyEntry",
    "OpenedKey",
    "PKCS12Delivery",
    "PairEntry",
    "StoreProfile",
    "find_pairs",
    "needs_password",
    "open_key",
    "read_sm2_file",
    "write_pkcs12",
    "write_sm2_file",
]

_HOMES = {
    "PKCS12": "gmpki.keystore.pkcs12",
    "CertificateEntry": "gmpki.keystore.pkcs12",
    "KeyEntry": "gmpki.keystore.pkcs12",
    "OpenedKey": "gmpki.keystore.open",
    "PKCS12Delivery": "gmpki.keystore.delivery",
    "PairEntry": "gmpki.keystore.pkcs12",
    "StoreProfile": "gmpki.keystore.pkcs12_writer",
    "find_pairs": "gmpki.keystore.pkcs12",
    "needs_password": "gmpki.keystore.open",
    "open_key": "gmpki.keystore.open",
    "read_sm2_file": "gmpki.keystore.sm2_file",
    "write_pkcs12": "gmpki.keystore.pkcs12_writer",
    "write_sm2_file": "gmpki.keystore.sm2_file",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
