"""Keys: the protocols that everything above works with, and the keys that live in software.

A key is anything that satisfies :class:`Signer`, :class:`Decryptor` or :class:`KeyAgreer`: a software key of this
package, or one that a token keeps. Key files are read by :func:`load_private_key` and :func:`load_public_key`.
"""

from gmpki.keys.interfaces import AgreedKey, Decryptor, KeyAgreer, KeyExchange, PublicKey, Signer
from gmpki.keys.loader import load_private_key, load_public_key
from gmpki.keys.pending import PendingSignature
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey

__all__ = [
    "AgreedKey",
    "Decryptor",
    "KeyAgreer",
    "KeyExchange",
    "PendingSignature",
    "PublicKey",
    "SM2PrivateKey",
    "SM2PublicKey",
    "Signer",
    "load_private_key",
    "load_public_key",
]
