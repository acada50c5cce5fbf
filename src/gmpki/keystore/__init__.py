"""Key stores: PKCS #12, PEM bundles, and whatever else brings the keys of a pair of certificates to their owner;
folders of those who are trusted, and of recipients.

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

Whom somebody trusts, and to whom he encrypts, is kept in a folder: :class:`~gmpki.keystore.trust_folder.TrustFolder`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.keystore.crl_update import LocationReport, LocationStatus
    from gmpki.keystore.delivery import PKCS12Delivery
    from gmpki.keystore.open import OpenedKey, needs_password, open_key
    from gmpki.keystore.pkcs12 import PKCS12, CertificateEntry, KeyEntry, PairEntry, find_pairs
    from gmpki.keystore.pkcs12_writer import StoreProfile, write_pkcs12
    from gmpki.keystore.recipients import RecipientGroups
    from gmpki.keystore.sm2_file import read_sm2_file, write_sm2_file
    from gmpki.keystore.trust_check import TrustStatus, certificate_status, check_trust_folder
    from gmpki.keystore.trust_folder import HeldList, TrustFolder, TrustRole
    from gmpki.keystore.trust_settings import TrustSettings

__all__ = [
    "PKCS12",
    "CertificateEntry",
    "HeldList",
    "KeyEntry",
    "LocationReport",
    "LocationStatus",
    "OpenedKey",
    "PKCS12Delivery",
    "PairEntry",
    "RecipientGroups",
    "StoreProfile",
    "TrustFolder",
    "TrustRole",
    "TrustSettings",
    "TrustStatus",
    "certificate_status",
    "check_trust_folder",
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
    "HeldList": "gmpki.keystore.trust_folder",
    "KeyEntry": "gmpki.keystore.pkcs12",
    "LocationReport": "gmpki.keystore.crl_update",
    "LocationStatus": "gmpki.keystore.crl_update",
    "OpenedKey": "gmpki.keystore.open",
    "PKCS12Delivery": "gmpki.keystore.delivery",
    "PairEntry": "gmpki.keystore.pkcs12",
    "RecipientGroups": "gmpki.keystore.recipients",
    "StoreProfile": "gmpki.keystore.pkcs12_writer",
    "TrustFolder": "gmpki.keystore.trust_folder",
    "TrustRole": "gmpki.keystore.trust_folder",
    "TrustSettings": "gmpki.keystore.trust_settings",
    "TrustStatus": "gmpki.keystore.trust_check",
    "certificate_status": "gmpki.keystore.trust_check",
    "check_trust_folder": "gmpki.keystore.trust_check",
    "find_pairs": "gmpki.keystore.pkcs12",
    "needs_password": "gmpki.keystore.open",
    "open_key": "gmpki.keystore.open",
    "read_sm2_file": "gmpki.keystore.sm2_file",
    "write_pkcs12": "gmpki.keystore.pkcs12_writer",
    "write_sm2_file": "gmpki.keystore.sm2_file",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
