"""Valid messages to an authority and to a key-management centre, shares, backups, batches, settings to begin with."""

from __future__ import annotations

import json
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from fuzz import message_seeds, seeds
from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1.gmt0014 import (
    ApplyKeyReq,
    AppUserInfo,
    ErrorPkgRespond,
    KSRequest,
    KSRespond,
    RestoreKeyReq,
    RevokeKeyReq,
    RevokeKeyRespond,
)
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, ReasonCode, SubjectPublicKeyInfo
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.interfaces import Actor, Order, RevocationOrder
from gmpki.ca.kmc.messages import Party, entity_name, key_type, sign_request, sign_respond
from gmpki.ca.kmc.shares import Share, split
from gmpki.ca.remote.messages import REQUEST_KIND, write_signed
from gmpki.ca.remote.orders import actor_fields, order_fields, revocation_fields
from gmpki.ca.store.backup import back_up
from gmpki.ca.store.store import Store
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.trust import Trust
from gmpki.cms.verification import verify
from gmpki.protect.keys import KeyRing
from gmpki.x509.request import RequestBuilder

__all__ = ["SEEDS", "TASK", "outside", "party", "ring"]

TASK = 7
SECRET = bytes(range(32))


@lru_cache(maxsize=1)
def party() -> Party:
    """Return who signs all messages."""
    return Party(seeds.LEAF_KEY, seeds.certificate("leaf", seeds.LEAF_KEY, "root", seeds.ROOT_KEY))


@lru_cache(maxsize=1)
def ring() -> KeyRing:
    return message_seeds.ring()


def key_messages() -> list[bytes]:
    sm3, sm2 = AlgorithmIdentifier(oids.SM3), AlgorithmIdentifier(oids.SM2_ENCRYPT)
    sm4 = AlgorithmIdentifier(oids.SM4_CBC)
    owner = SubjectPublicKeyInfo.from_der(seeds.SUB_KEY.public_key.to_der())
    user = AppUserInfo(42, owner, seeds.BEGIN, seeds.END)
    kind, length = key_type("SM2")
    name = entity_name(party().certificate)
    requests: list[Any] = [
        ApplyKeyReq(kind, length, sm2, sm4, sm3, user),
        RestoreKeyReq(sm2, sm4, sm3, 42, owner),
        RevokeKeyReq(42),
    ]
    responds = [RevokeKeyRespond(42), ErrorPkgRespond(3, "没有")]
    return [
        *(sign_request(KSRequest(name, (each,), seeds.AT, TASK), party()) for each in requests),
        sign_respond(KSRespond(name, tuple(responds), seeds.AT, TASK), party()),
    ]


def _orders() -> list[dict[str, Any]]:
    request = RequestBuilder().subject(seeds.NAMES["leaf"]).sign(seeds.LEAF_KEY)
    head = {"kind": REQUEST_KIND, "to": "0" * 64, "at": int(seeds.AT.timestamp()), "actor": actor_fields(Actor("张三"))}
    order = Order("k", "示例CA", "personal", request, subject=seeds.NAMES["leaf"], encryption_key=5, replaces=(1, 2))
    revocation = RevocationOrder("r", "示例CA", (1, 2), ReasonCode.KEY_COMPROMISE, seeds.AT)
    return [{**head, "issue": order_fields(order)}, {**head, "revoke": revocation_fields(revocation)}]


@lru_cache(maxsize=1)
def orders() -> list[bytes]:
    spec = SignerSpec(party().signer, party().certificate)
    return [write_signed(each, spec) for each in _orders()]


def contents_of_orders() -> list[bytes]:
    return [json.dumps(each).encode("ascii") for each in _orders()]


@lru_cache(maxsize=1)
def digests_of_orders() -> frozenset[str]:
    """Return the digests of what was signed."""
    trust = Trust.signature_only([party().certificate])
    return frozenset(sm3.digest(verify(each, trust).content or b"").hex() for each in orders())


def shares() -> list[bytes]:
    return [share.to_bytes() for share in split(SECRET, threshold=2, count=3)] + [
        Share(b"8 bytes.", 2, 2, 1, bytes(32), bytes(16)).to_bytes()
    ]


@lru_cache(maxsize=1)
def backups() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder, Store.create("sqlite://", ring()) as store:
        path = Path(folder) / "backup"
        back_up(store, path)
        return [path.read_bytes()]


def batches() -> list[bytes]:
    return [
        '名称,证件号码\r\n张三,110101199003070000\r\n"李\n四",\r\n'.encode(),
        b'{"name": "a", "is_free": true}\n\n{"name": null}\n',
        "\ufeffa,b\n1,2\n".encode(),
    ]


def settings() -> list[bytes]:
    made = AuthoritySettings(crl_uris=("http://crl.example.cn/{generation}/{part}.crl",), crl_parts=4)
    return [made.to_json().encode(), json.dumps({"lists": {"at_once": [1, 2]}}).encode()]


SEEDS = {
    "key_message": key_messages,
    "order": orders,
    "order_content": contents_of_orders,
    "share": shares,
    "backup": backups,
    "batch": batches,
    "settings": settings,
}


def outside(folder: Path, target: str) -> list[bytes]:
    """Return no more: nobody else writes such files."""
    del folder, target
    return []
