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
a log that shows every change          :class:`AppendLog`, :func:`verify_log`
login with a certificate               :class:`LoginServer`, :func:`answer_challenge`
programs and files that stay as signed :class:`Manifest`, :func:`open_manifest`, :func:`check_tree`
====================================== ==============================================================

Which needs of GB/T 39786 this serves, and what it does not do for them, is a table in :mod:`gmpki.protect.needs`.
gmpki is no certified cryptographic module; whether a system meets the standard is for an assessment to say.

Each name below is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.protect.blind_index import BlindIndex
    from gmpki.protect.fields import FieldCipher, looks_encrypted
    from gmpki.protect.files import decrypt_file, decrypt_stream, encrypt_file, encrypt_stream, reencrypt_file
    from gmpki.protect.keys import KeyInfo, KeyRing, KeyState
    from gmpki.protect.log import AppendLog, Durability, LogRules
    from gmpki.protect.log_seal import Checkpoint
    from gmpki.protect.log_verify import Finding, LogReport, verify_log
    from gmpki.protect.login import Login, LoginServer, Refusal, answer_challenge
    from gmpki.protect.login_store import ChallengeStore, FileChallengeStore, MemoryChallengeStore
    from gmpki.protect.manifest import Manifest, ManifestFile, SignedManifest, open_manifest, sign_manifest
    from gmpki.protect.manifest_tree import FileDifference, ManifestReport, check_tree
    from gmpki.protect.needs import NEEDS, Need
    from gmpki.protect.records import RecordTagger, TableDifference, TableSealer
    from gmpki.protect.ring_file import change_ring_file
    from gmpki.protect.rotation import FieldJob, FieldStore, Tally
    from gmpki.protect.rotation_stores import DBAPITable, SQLAlchemyTable

__all__ = [
    "NEEDS",
    "AppendLog",
    "BlindIndex",
    "ChallengeStore",
    "Checkpoint",
    "DBAPITable",
    "Durability",
    "FieldCipher",
    "FieldJob",
    "FieldStore",
    "FileChallengeStore",
    "FileDifference",
    "Finding",
    "KeyInfo",
    "KeyRing",
    "KeyState",
    "LogReport",
    "LogRules",
    "Login",
    "LoginServer",
    "Manifest",
    "ManifestFile",
    "ManifestReport",
    "MemoryChallengeStore",
    "Need",
    "RecordTagger",
    "Refusal",
    "SQLAlchemyTable",
    "SignedManifest",
    "TableDifference",
    "TableSealer",
    "Tally",
    "answer_challenge",
    "change_ring_file",
    "check_tree",
    "decrypt_file",
    "decrypt_stream",
    "encrypt_file",
    "encrypt_stream",
    "looks_encrypted",
    "open_manifest",
    "reencrypt_file",
    "sign_manifest",
    "verify_log",
]

_HOMES = {
    "AppendLog": "gmpki.protect.log",
    "BlindIndex": "gmpki.protect.blind_index",
    "ChallengeStore": "gmpki.protect.login_store",
    "Checkpoint": "gmpki.protect.log_seal",
    "DBAPITable": "gmpki.protect.rotation_stores",
    "Durability": "gmpki.protect.log",
    "FieldCipher": "gmpki.protect.fields",
    "FieldJob": "gmpki.protect.rotation",
    "FieldStore": "gmpki.protect.rotation",
    "FileChallengeStore": "gmpki.protect.login_store",
    "FileDifference": "gmpki.protect.manifest_tree",
    "Finding": "gmpki.protect.log_verify",
    "KeyInfo": "gmpki.protect.keys",
    "KeyRing": "gmpki.protect.keys",
    "KeyState": "gmpki.protect.keys",
    "LogReport": "gmpki.protect.log_verify",
    "LogRules": "gmpki.protect.log",
    "Login": "gmpki.protect.login",
    "LoginServer": "gmpki.protect.login",
    "Manifest": "gmpki.protect.manifest",
    "ManifestFile": "gmpki.protect.manifest",
    "ManifestReport": "gmpki.protect.manifest_tree",
    "MemoryChallengeStore": "gmpki.protect.login_store",
    "NEEDS": "gmpki.protect.needs",
    "Need": "gmpki.protect.needs",
    "RecordTagger": "gmpki.protect.records",
    "Refusal": "gmpki.protect.login",
    "SQLAlchemyTable": "gmpki.protect.rotation_stores",
    "SignedManifest": "gmpki.protect.manifest",
    "TableDifference": "gmpki.protect.records",
    "TableSealer": "gmpki.protect.records",
    "Tally": "gmpki.protect.rotation",
    "answer_challenge": "gmpki.protect.login",
    "change_ring_file": "gmpki.protect.ring_file",
    "check_tree": "gmpki.protect.manifest_tree",
    "decrypt_file": "gmpki.protect.files",
    "decrypt_stream": "gmpki.protect.files",
    "encrypt_file": "gmpki.protect.files",
    "encrypt_stream": "gmpki.protect.files",
    "looks_encrypted": "gmpki.protect.fields",
    "open_manifest": "gmpki.protect.manifest",
    "reencrypt_file": "gmpki.protect.files",
    "sign_manifest": "gmpki.protect.manifest",
    "verify_log": "gmpki.protect.log_verify",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
