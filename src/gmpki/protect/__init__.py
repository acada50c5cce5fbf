"""Protection of an application's own data: keys, fields, files, records, logs, logins, programs.

====================================== ==============================================================
a need                                 the name
====================================== ==============================================================
secret keys with ids, their rotation   :class:`KeyRing`
a column nobody can read or move       :class:`FieldCipher`; with SQLAlchemy :mod:`gmpki.protect.sqlalchemy`
finding an encrypted value again       :class:`BlindIndex`, which says what it gives away
a table that exists in plaintext       :class:`FieldJob`, resumable
a file                                 :func:`encrypt_file`, :func:`decrypt_file`
rows that nobody changes unseen        :class:`RecordTagger`
a table of rights, removed rows too    :class:`TableSealer`
====================================== ==============================================================

Which needs of GB/T 39786 this serves, and what it does not do for them, is a table in :mod:`gmpki.protect.needs`.
gmpki is no certified cryptographic module; whether a system meets the standard is for an assessment to say.

Each name below is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from gmpki.protect.blind_index import BlindIndex
    from gmpki.protect.fields import FieldCipher, looks_encrypted
    from gmpki.protect.files import decrypt_file, decrypt_stream, encrypt_file, encrypt_stream, reencrypt_file
    from gmpki.protect.keys import KeyInfo, KeyRing, KeyState
    from gmpki.protect.needs import NEEDS, Need
    from gmpki.protect.records import RecordTagger, TableDifference, TableSealer
    from gmpki.protect.ring_file import change_ring_file
    from gmpki.protect.rotation import FieldJob, FieldStore, Tally
    from gmpki.protect.rotation_stores import DBAPITable, SQLAlchemyTable

__all__ = [
    "NEEDS",
    "BlindIndex",
    "DBAPITable",
    "FieldCipher",
    "FieldJob",
    "FieldStore",
    "KeyInfo",
    "KeyRing",
    "KeyState",
    "Need",
    "RecordTagger",
    "SQLAlchemyTable",
    "TableDifference",
    "TableSealer",
    "Tally",
    "change_ring_file",
    "decrypt_file",
    "decrypt_stream",
    "encrypt_file",
    "encrypt_stream",
    "looks_encrypted",
    "reencrypt_file",
]

_HOMES = {
    "NEEDS": "gmpki.protect.needs",
    "BlindIndex": "gmpki.protect.blind_index",
    "DBAPITable": "gmpki.protect.rotation_stores",
    "FieldCipher": "gmpki.protect.fields",
    "FieldJob": "gmpki.protect.rotation",
    "FieldStore": "gmpki.protect.rotation",
    "KeyInfo": "gmpki.protect.keys",
    "KeyRing": "gmpki.protect.keys",
    "KeyState": "gmpki.protect.keys",
    "Need": "gmpki.protect.needs",
    "RecordTagger": "gmpki.protect.records",
    "SQLAlchemyTable": "gmpki.protect.rotation_stores",
    "TableDifference": "gmpki.protect.records",
    "TableSealer": "gmpki.protect.records",
    "Tally": "gmpki.protect.rotation",
    "change_ring_file": "gmpki.protect.ring_file",
    "decrypt_file": "gmpki.protect.files",
    "decrypt_stream": "gmpki.protect.files",
    "encrypt_file": "gmpki.protect.files",
    "encrypt_stream": "gmpki.protect.files",
    "looks_encrypted": "gmpki.protect.fields",
    "reencrypt_file": "gmpki.protect.files",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
