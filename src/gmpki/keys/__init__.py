"""Keys: the protocols that everything above works with, and the keys that live in software.

A key is anything that satisfies :class:`~gmpki.keys.interfaces.Signer`, :class:`~gmpki.keys.interfaces.Decryptor` or
:class:`~gmpki.keys.interfaces.KeyAgreer`: a software key of this package, or one that a token keeps. Key files are read
by :func:`gmpki.keys.loader.load_private_key` and :func:`gmpki.keys.loader.load_public_key`.
"""
