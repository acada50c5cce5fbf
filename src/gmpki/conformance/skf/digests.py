"""Digests, and e = SM3(Z || M) by which SM2 signs (GM/T 0016-2012 7.6.27 to 7.6.30; GB/T 32918.2-2016 5.5)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm3
from gmpki.algorithms.sm2 import DEFAULT_USER_ID, PointFormat
from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.sm2_blobs import point_blob
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import DigestHandle

__all__ = ["GROUP"]

_INIT: Final = Clause(GMT_0016, "7.6.27")
_DIGEST: Final = Clause(GMT_0016, "7.6.28")
_UPDATE: Final = Clause(GMT_0016, "7.6.29")
_FINAL: Final = Clause(GMT_0016, "7.6.30")
_ALL: Final = ("SKF_DigestInit", "SKF_DigestUpdate", "SKF_DigestFinal")
_DIGEST_LEN: Final = 32
_MESSAGE: Final = b"gmpki conformance: what is signed"
_MAX_PIECE_LEN: Final = 4096

# GB/T 32905-2016 A.1 and A.2.
_KNOWN: Final = (
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
)

# a, b, x and y of the base point, which Z covers (GB/T 32918.5-2017).
_CURVE: Final = bytes.fromhex(
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)

GROUP: Final = Group(Kind.SKF, "digests", "DIG", Words("Digests", "密码杂凑"))


# ---- fixtures ----------------------------------------------------------------------------
def _begun(
    bench: SKFBench, algorithm: str = "SGD_SM3", key: SM2PublicKey | None = None, user_id: bytes = b""
) -> DigestHandle:
    """Begin a digest, closed at the end of the check."""
    point = None if key is None else key.to_bytes(PointFormat.BARE)
    handle = bench.skf.digest_init(bench.device, bench.constant(algorithm), point, user_id)
    bench.later(bench.skf.close_handle, handle)
    return handle


def _in_pieces(bench: SKFBench, handle: DigestHandle, message: bytes, lengths: Iterable[int]) -> bytes:
    """Digest a message in pieces of these lengths; what remains is one more piece."""
    at = 0
    for length in lengths:
        if length and at < len(message):
            bench.skf.digest_update(handle, message[at : at + length])
            at += length
    if at < len(message):
        bench.skf.digest_update(handle, message[at:])
    return bench.skf.digest_final(handle)


def _claimed(bench: SKFBench, algorithm: str) -> None:
    """End the check as unsupported unless the device claims a digest."""
    if not bench.info.alg_hash_cap & bench.constant(algorithm):
        bench.unsupported(f"the device does not claim {algorithm}", f"设备未声明支持 {algorithm}")


def _expect_e(bench: SKFBench, key: SM2PublicKey, user_id: bytes, found: bytes) -> None:
    """Fail unless a digest is e = SM3(Z || M); name what it is instead."""
    if found == key.digest(_MESSAGE, user_id=user_id):
        return
    za = key.za(user_id=user_id)
    mistakes = (
        (sm3.digest(_MESSAGE), Words("Z is ignored: it is SM3(M)", "忽略了 Z：结果为 SM3(M)")),
        (key.digest(_MESSAGE, user_id=b""), Words("the ID is ignored in Z", "计算 Z 时忽略了 ID")),
        (key.digest(_MESSAGE), Words("Z is of the default ID, whatever ID is given", "总是使用默认 ID 计算 Z")),
        (sm3.digest(_MESSAGE + za), Words("Z stands behind the message", "Z 被置于消息之后")),
        (sm3.digest(key.digest(_MESSAGE, user_id=user_id)), Words("it is hashed once more", "又做了一次杂凑")),
        (
            key.digest(_MESSAGE, user_id=user_id[:_DIGEST_LEN]),
            Words("only 32 bytes of the ID are taken", "仅使用 ID 的前 32 字节"),
        ),
        (_entl_in_bytes(key, user_id), Words("ENTL counts bytes instead of bits", "ENTL 按字节而非比特计")),
    )
    for digest, words in mistakes:
        if found == digest:
            bench.fail(words.en, words.zh)
    bench.fail("it is not SM3(Z || M)", "结果不是 SM3(Z‖M)")


def _entl_in_bytes(key: SM2PublicKey, user_id: bytes) -> bytes:
    """Return e with a Z whose ENTL counts bytes (GB/T 32918.2-2016 5.5: it counts bits)."""
    point = key.to_bytes(PointFormat.BARE)
    return sm3.digest(sm3.digest(len(user_id).to_bytes(2, "big") + user_id + _CURVE + point) + _MESSAGE)


# ---- digests -----------------------------------------------------------------------------
@GROUP.check(
    1,
    "SM3 of the standard's examples is right",
    "SM3 对标准示例的计算正确",
    clause=_DIGEST,
    functions=("SKF_DigestInit", "SKF_Digest"),
)
def known_answers(bench: SKFBench) -> None:
    """Digest both examples of GB/T 32905-2016 by one call each."""
    for message, wanted in _KNOWN:
        found = bench.skf.digest(_begun(bench), message).hex()
        bench.expect(found == wanted, f"SM3 of {len(message)} bytes is wrong", f"{len(message)} 字节消息的 SM3 错误")


@GROUP.check(
    2,
    "However a message is cut into pieces, its digest is the same",
    "消息任意分段，摘要不变",
    clause=_UPDATE,
    functions=_ALL,
)
def pieces(bench: SKFBench) -> None:
    """Digest messages in pieces of 1 byte, around a block of 64, and as large as the device takes, at most 4096."""
    most = min(max(bench.info.max_buffer_size, 64), _MAX_PIECE_LEN)
    message = bytes(at * 7 % 251 for at in range(3 * most // 2 + 5))
    cases: dict[str, tuple[bytes, Iterable[int]]] = {
        "1": (message[:130], [1] * 130),
        "63, 1, 1, 64": (message[:200], (63, 1, 1, 64)),
        "64": (message[:256], (64, 64, 64, 64)),
        "65": (message[:260], (65, 65, 65)),
        str(most): (message, (most,)),
    }
    for name, (content, lengths) in cases.items():
        found = _in_pieces(bench, _begun(bench), content, lengths)
        bench.expect(found == sm3.digest(content), f"wrong in pieces of {name} bytes", f"按 {name} 字节分段时结果错误")


@GROUP.check(
    3,
    "SHA-1 is right where the device claims it",
    "声明支持时 SHA-1 计算正确",
    clause=_DIGEST,
    functions=("SKF_DigestInit", "SKF_Digest"),
    severity=Severity.RECOMMENDED,
    precondition=Words("AlgHashCap claims SGD_SHA1", "AlgHashCap 声明 SGD_SHA1"),
)
def sha1(bench: SKFBench) -> None:
    """Digest a message of 100 bytes and compare."""
    _claimed(bench, "SGD_SHA1")
    found = bench.skf.digest(_begun(bench, "SGD_SHA1"), bytes(100))
    wanted = hashlib.sha1(bytes(100), usedforsecurity=False).digest()
    bench.expect(found == wanted, "SHA-1 is wrong", "SHA-1 结果错误")


@GROUP.check(
    4,
    "SHA-256 is right where the device claims it",
    "声明支持时 SHA-256 计算正确",
    clause=_DIGEST,
    functions=("SKF_DigestInit", "SKF_Digest"),
    severity=Severity.RECOMMENDED,
    precondition=Words("AlgHashCap claims SGD_SHA256", "AlgHashCap 声明 SGD_SHA256"),
)
def sha256(bench: SKFBench) -> None:
    """Digest a message of 100 bytes and compare."""
    _claimed(bench, "SGD_SHA256")
    found = bench.skf.digest(_begun(bench, "SGD_SHA256"), bytes(100))
    bench.expect(found == hashlib.sha256(bytes(100)).digest(), "SHA-256 is wrong", "SHA-256 结果错误")


# ---- Z -----------------------------------------------------------------------------------
@GROUP.check(
    5,
    "With a public key and the default ID the digest is e = SM3(Z || M)",
    "给定公钥与默认 ID 时结果为 e = SM3(Z‖M)",
    clause=_INIT,
    functions=("SKF_DigestInit", "SKF_Digest"),
)
def z_of_default_id(bench: SKFBench) -> None:
    """Digest a message with 1234567812345678 and a public key, and compare with the e that software signs."""
    key = SM2PrivateKey.generate().public_key
    _expect_e(bench, key, DEFAULT_USER_ID, bench.skf.digest(_begun(bench, "SGD_SM3", key, DEFAULT_USER_ID), _MESSAGE))


@GROUP.check(
    6,
    "Another ID gives another Z",
    "使用其他 ID 时 Z 相应改变",
    clause=_INIT,
    functions=("SKF_DigestInit", "SKF_Digest"),
)
def z_of_other_id(bench: SKFBench) -> None:
    """Digest with an ID of 18 bytes, and with one of 1 byte."""
    key = SM2PrivateKey.generate().public_key
    for user_id in (b"ALICE123@YAHOO.COM", b"A"):
        _expect_e(bench, key, user_id, bench.skf.digest(_begun(bench, "SGD_SM3", key, user_id), _MESSAGE))


@GROUP.check(
    7,
    "An ID of more than 32 bytes gives its Z",
    "ID 超过 32 字节时 Z 正确",
    clause=Clause(GMT_0016, "7.6.27", "B"),
    functions=("SKF_DigestInit", "SKF_Digest"),
    severity=Severity.RECOMMENDED,
)
def z_of_long_id(bench: SKFBench) -> None:
    """Digest with an ID of 100 bytes: GB/T 32918.2 allows 8191, and the interface sets no other limit here."""
    key, user_id = SM2PrivateKey.generate().public_key, b"0123456789" * 10
    _expect_e(bench, key, user_id, bench.skf.digest(_begun(bench, "SGD_SM3", key, user_id), _MESSAGE))


@GROUP.check(
    8,
    "In pieces too the digest begins with Z",
    "分段计算时同样以 Z 开头",
    clause=_INIT,
    functions=_ALL,
)
def z_in_pieces(bench: SKFBench) -> None:
    """Digest with a public key and an ID by SKF_DigestUpdate and SKF_DigestFinal."""
    key = SM2PrivateKey.generate().public_key
    handle = _begun(bench, "SGD_SM3", key, DEFAULT_USER_ID)
    _expect_e(bench, key, DEFAULT_USER_ID, _in_pieces(bench, handle, _MESSAGE, (1, 7)))


@GROUP.check(
    9,
    "Without an ID it is plain SM3, whatever key is given",
    "ulIDLen 为 0 时为普通 SM3，忽略公钥",
    clause=_INIT,
    functions=("SKF_DigestInit", "SKF_Digest"),
)
def no_id(bench: SKFBench) -> None:
    """Digest with a public key and an ID of no bytes."""
    key = SM2PrivateKey.generate().public_key
    found = bench.skf.digest(_begun(bench, "SGD_SM3", key), _MESSAGE)
    with_z = found in (key.digest(_MESSAGE), key.digest(_MESSAGE, user_id=b""))
    bench.expect(not with_z, "Z is put before the message", "在消息前加了 Z")
    bench.expect(found == sm3.digest(_MESSAGE), "it is not SM3(M)", "结果不是 SM3(M)")


@GROUP.check(
    10,
    "An ID without a public key is refused",
    "给定 ID 但公钥为空时被拒绝",
    clause=Clause(GMT_0016, "7.6.27", "B"),
    functions=("SKF_DigestInit",),
    severity=Severity.RECOMMENDED,
)
def id_without_key(bench: SKFBench) -> None:
    """Begin with the default ID and no key, for which there is no Z."""
    user_id = bench.data(DEFAULT_USER_ID)
    answer = _init_answer(bench, bench.ffi.NULL, user_id, len(DEFAULT_USER_ID))
    bench.observe("SKF_DigestInit", answer)
    bench.expect(answer != "SAR_OK", "there is a Z without a key", "公钥为空仍计算 Z")


def _init_answer(bench: SKFBench, key: Any, user_id: Any, user_id_len: int) -> str:
    """Return what SKF_DigestInit answers with SM3; a digest that it begins is closed at the end of the check."""
    cell = bench.ffi.new("HANDLE *")
    device, number = bench.raw(bench.device), bench.constant("SGD_SM3")
    answer = bench.answer("SKF_DigestInit", device, number, key, user_id, user_id_len, cell)
    if answer == "SAR_OK":
        bench.later(bench.code, "SKF_CloseHandle", cell[0])
    return answer


@GROUP.check(
    11,
    "What a public key that is not on the curve does to a digest",
    "公钥不在曲线上时的行为",
    clause=Clause(GMT_0016, "7.6.27", "B"),
    functions=("SKF_DigestInit",),
    severity=Severity.INFORMATION,
)
def key_off_curve(bench: SKFBench) -> None:
    """Begin with the default ID and coordinates of zero, and tell the answer: Z can be computed of anything."""
    key = point_blob(bench, bytes(64))
    bench.observe("SKF_DigestInit", _init_answer(bench, key.at, bench.data(DEFAULT_USER_ID), len(DEFAULT_USER_ID)))


# ---- handles and states ------------------------------------------------------------------
@GROUP.check(
    13,
    "Nothing has a digest too",
    "空消息的摘要正确",
    clause=Clause(GMT_0016, "7.6.30", "B"),
    functions=("SKF_DigestInit", "SKF_DigestFinal"),
    severity=Severity.RECOMMENDED,
)
def digest_of_nothing(bench: SKFBench) -> None:
    """Begin and finish without any data."""
    found = bench.skf.digest_final(_begun(bench))
    bench.expect(found == sm3.digest(b""), "SM3 of nothing is wrong", "空消息的 SM3 错误")


@GROUP.check(
    14,
    "Two digests at once do not mix",
    "两个摘要对象互不影响",
    clause=Clause(GMT_0016, "7.6.27", "B"),
    functions=_ALL,
    severity=Severity.RECOMMENDED,
)
def two_at_once(bench: SKFBench) -> None:
    """Feed two digests by turns, one of which begins with Z."""
    key = SM2PrivateKey.generate().public_key
    plain, signed = _begun(bench), _begun(bench, "SGD_SM3", key, DEFAULT_USER_ID)
    for piece in (_MESSAGE[:5], _MESSAGE[5:]):
        bench.skf.digest_update(plain, piece)
        bench.skf.digest_update(signed, piece)
    found = bench.skf.digest_final(plain), bench.skf.digest_final(signed)
    bench.expect(found == (sm3.digest(_MESSAGE), key.digest(_MESSAGE)), "they mix", "两个摘要对象相互影响")


@GROUP.check(
    15,
    "A digest of an unknown algorithm is refused",
    "未知杂凑算法标识被拒绝",
    clause=_INIT,
    functions=("SKF_DigestInit",),
    severity=Severity.RECOMMENDED,
)
def unknown_algorithm(bench: SKFBench) -> None:
    """Begin with the identifier of a block cipher."""
    cell, null = bench.ffi.new("HANDLE *"), bench.ffi.NULL
    number = bench.constant("SGD_SM4_ECB")
    answer = bench.answer("SKF_DigestInit", bench.raw(bench.device), number, null, null, 0, cell)
    bench.observe("SKF_DigestInit", answer)
    bench.expect(answer != "SAR_OK", "SGD_SM4_ECB is a digest", "接受了 SGD_SM4_ECB")


@GROUP.check(
    16,
    "What a digest does after its end",
    "结束后继续使用摘要对象的行为",
    clause=Clause(GMT_0016, "7.6.30", "B"),
    functions=_ALL,
    severity=Severity.INFORMATION,
)
def after_the_end(bench: SKFBench) -> None:
    """Update a digest that was finished, and tell the answer."""
    handle = _begun(bench)
    bench.skf.digest_final(handle)
    answer = bench.answer("SKF_DigestUpdate", bench.raw(handle), bench.data(b"more"), 4)
    bench.observe("SKF_DigestUpdate", answer)
