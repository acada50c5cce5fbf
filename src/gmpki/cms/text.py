"""Messages as text for people, complete but for the content itself, and safe to print.

What is carried is shown by :mod:`gmpki.x509.text`, whose rules about invisible characters hold here as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5280._name_text import shown_text
from gmpki.cms._facts import message_facts
from gmpki.x509._facts import DEFAULT_LIMIT
from gmpki.x509.text import INDENT, dump_lines, labelled, object_lines, oid_text, quirk_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gmpki.cms.message import Message
    from gmpki.x509._facts import Facts

__all__ = ["to_text"]

_KINDS: Final = {
    "data": "Data 数据",
    "signed-data": "Signed data 签名数据",
    "enveloped-data": "Enveloped data 数字信封数据",
    "signed-and-enveloped-data": "Signed and enveloped data 签名及数字信封数据",
    "encrypted-data": "Encrypted data 加密数据",
    "digested-data": "Digested data 摘要数据",
    "auth-enveloped-data": "Authenticated enveloped data 鉴别数字信封数据",
    "key-agreement-info": "Key agreement information 密钥协商信息",
}
_LABELS: Final = {
    "content_type": "Content type 内容类型",
    "profile": "Profile 格式",
    "version": "Version 版本",
    "digest_algorithms": "Digest algorithms 摘要算法",
    "digest_algorithm": "Digest algorithm 摘要算法",
    "content": "Content 内容",
    "digest": "Digest 摘要值",
    "issuer": "Issuer 颁发者",
    "serial_number": "Serial number 序列号",
    "key_identifier": "Key identifier 密钥标识符",
    "signature_algorithm": "Signature algorithm 签名算法",
    "signature": "Signature 签名值",
    "signed_attributes": "Signed attributes 签名属性",
    "unsigned_attributes": "Unsigned attributes 非签名属性",
    "authenticated_attributes": "Authenticated attributes 鉴别属性",
    "unauthenticated_attributes": "Unauthenticated attributes 非鉴别属性",
    "unprotected_attributes": "Unprotected attributes 非保护属性",
    "recipient_kind": "Kind 类型",
    "key_encryption_algorithm": "Key encryption 密钥加密算法",
    "encrypted_key": "Encrypted key 密钥密文",
    "encrypted_content": "Encrypted content 密文",
    "content_encryption_algorithm": "Cipher 加密算法",
    "length": "Length in bytes 字节数",
    "detached": "Detached 内容另存",
    "octet_string": "OCTET STRING",
    "sm3": "SM3",
    "sha256": "SHA-256",
    "shared_info1": "Shared information 1 共享信息1",
    "shared_info2": "Shared information 2 共享信息2",
    "mac": "Tag 鉴别码",
    "temporary_public_key": "Temporary public key 临时公钥",
    "user_id": "User ID 用户标识",
    "variants": "Forms of other products 其他产品的写法",
    "time_stamp": "Time-stamp 时间戳",
    "time": "Time 时间",
    "policy": "Policy 策略",
    "hash_algorithm": "Hash algorithm 摘要算法",
    "imprint": "Imprint 被盖时间戳数据的摘要",
    "accuracy": "Accuracy 精度",
    "ordering": "Ordering 有序",
    "nonce": "Nonce 随机数",
    "tsa": "Authority 时间戳机构",
    "raw": "Bytes 原始字节",
}
# Lists of structures: what one of them is called, and where the number of all stands.
_GROUPS: Final = {
    "signers": ("Signer 签名者", "signers_count"),
    "recipients": ("Recipient 接收者", "recipients_count"),
    "certificates": ("Certificate 证书", "certificates_count"),
    "crls": ("Certificate revocation list 证书撤销列表", "crls_count"),
}
_COUNTS: Final = frozenset(count for _, count in _GROUPS.values())
_NESTED: Final = frozenset(("content", "encrypted_content", "time_stamp"))


def to_text(message: Message, *, limit: int = DEFAULT_LIMIT) -> str:
    """Return everything that a message says, as lines of text; nothing is verified or decrypted.

    :param message: as :func:`~gmpki.cms.message.read_message` returns it.
    :param limit: how many certificates, lists, entries of a list, signers and recipients are shown at most.
    :raises InvalidTypeError: when it is no message, or the limit no ``int``.
    :raises InvalidInputError: when the limit is negative.
    """
    return "\n".join(_message(message_facts(message, limit), 0)) + "\n"


def _message(facts: Facts, depth: int) -> Iterator[str]:
    yield f"{INDENT * depth}{_KINDS.get(facts['kind'], 'Message of an unknown type 未知类型的消息')}:"
    rest = {key: value for key, value in facts.items() if key not in ("type", "kind", "quirks")}
    yield from _fields(rest, depth + 1)
    for line in quirk_lines(facts["quirks"]):
        yield INDENT * depth + line


def _fields(facts: Facts, depth: int) -> Iterator[str]:
    for key, value in facts.items():
        if key in _GROUPS:
            yield from _group(key, value, facts, depth)
        elif key.endswith("_attributes"):
            yield from _attributes(_LABELS[key], value, depth)
        elif key in _NESTED and isinstance(value, dict):
            yield f"{INDENT * depth}{_LABELS[key]}:"
            yield from _fields(value, depth + 1)
        elif key not in _COUNTS:
            yield from labelled(_LABELS.get(key, key), value, depth)


def _group(key: str, items: list[Facts], facts: Facts, depth: int) -> Iterator[str]:
    """Give the lines of several structures of a kind, numbered from 1."""
    title, count = _GROUPS[key]
    total = facts.get(count, len(items))
    for number, item in enumerate(items, 1):
        yield f"{INDENT * depth}{title} {number}/{total}:"
        if key in ("signers", "recipients"):
            yield from _fields(item, depth + 1)
        elif item["type"] == "unreadable":
            yield f"{INDENT * (depth + 1)}malformed 无法解析: {shown_text(item['problem'])}"
            yield from dump_lines(item["raw"], depth + 1)
        else:
            for line in list(object_lines(item))[1:]:  # the title stands above
                yield INDENT * depth + line
    if total > len(items):
        yield f"{INDENT * depth}... {total - len(items)} more, not shown 其余未显示"


def _attributes(label: str, attributes: list[Facts], depth: int) -> Iterator[str]:
    if attributes:
        yield f"{INDENT * depth}{label} ({len(attributes)}):"
    for attribute in attributes:
        yield f"{INDENT * (depth + 1)}{oid_text(attribute['type'])}:"
        for item in attribute["values"]:
            yield from _value(item["value"], item, depth + 2)


def _value(value: Any, item: Facts, depth: int) -> Iterator[str]:
    if item["problem"] is not None:
        yield f"{INDENT * depth}malformed 无法解析: {shown_text(item['problem'])}"
    if value is None:
        yield from dump_lines(item["raw"], depth)
    elif isinstance(value, dict) and value.get("type") == "message":
        yield from _message(value, depth)
    elif isinstance(value, dict) and "signed_attributes" in value:
        yield from _fields(value, depth)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from labelled(_LABELS.get(key) or key.replace("_", " "), inner, depth)
    else:
        yield from labelled("value 值", value, depth)
