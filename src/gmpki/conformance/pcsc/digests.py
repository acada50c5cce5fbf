"""Digests of a card, and e = SM3(Z || M) by which SM2 signs (GB/T 32905-2016, GB/T 32918.2-2016 5.5)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm3
from gmpki.algorithms.sm2 import DEFAULT_USER_ID, PointFormat
from gmpki.conformance.clauses import GBT_32905, GBT_32918_2, GMT_0017
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.keys.sm2 import SM2PrivateKey

if TYPE_CHECKING:
    from gmpki.conformance.pcsc.bench import PCSCBench

__all__ = ["GROUP"]

_DIGEST: Final = Clause(GMT_0017, "9", "C")
_Z: Final = Clause(GBT_32918_2, "5.5", "B")
_PIECES: Final = ("DigestInit", "DigestUpdate", "DigestFinal")
_SM3, _SHA1, _SHA256 = 1, 2, 3  # P2 of DigestInit
_MESSAGE: Final = b"gmpki conformance: what is signed"
# GB/T 32905-2016 A.1 and A.2.
_KNOWN: Final = (
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
)

GROUP: Final = Group(Kind.PCSC, "digests", "DIG", Words("Digests", "密码杂凑"))


def _whole(bench: PCSCBench, message: bytes, *, algorithm: int = _SM3, signer: bytes = b"") -> bytes:
    """Return the digest of a message by one command.

    :param signer: x, y and the id of a signer, for Z; empty for none.
    """
    bench.call("DigestInit", signer, p2=algorithm)
    return bench.call("Digest", message, le=-1)


def _in_pieces(bench: PCSCBench, message: bytes, length: int) -> bytes:
    """Return the digest of a message in pieces."""
    bench.call("DigestInit", p2=_SM3)
    for start in range(0, len(message), length):
        bench.call("DigestUpdate", message[start : start + length])
    return bench.call("DigestFinal", le=-1)


@GROUP.check(
    1,
    "SM3 of the standard's examples is right",
    "SM3 对标准示例的计算正确",
    clause=Clause(GBT_32905, "annex A", "B"),
    functions=("DigestInit", "Digest"),
    severity=Severity.RECOMMENDED,
)
def known_answers(bench: PCSCBench) -> None:
    """Digest both examples of GB/T 32905-2016."""
    for message, wanted in _KNOWN:
        found = _whole(bench, message).hex()
        bench.expect(found == wanted, f"SM3 of {len(message)} bytes is wrong", f"{len(message)} 字节消息的 SM3 错误")


@GROUP.check(
    2,
    "However a message is cut into pieces, its digest is the same",
    "消息任意分段，摘要不变",
    clause=_DIGEST,
    functions=_PIECES,
    severity=Severity.RECOMMENDED,
)
def pieces(bench: PCSCBench) -> None:
    """Digest a message in pieces of 1, 63, 64, 65 and 200 bytes."""
    for length in (1, 63, 64, 65, 200):
        message = bytes(at * 7 % 251 for at in range(min(20 * length, 500)))
        found = _in_pieces(bench, message, length)
        bench.expect(
            found == sm3.digest(message), f"wrong in pieces of {length} bytes", f"按 {length} 字节分段时结果错误"
        )


@GROUP.check(
    3,
    "Other digests that the card claims are right",
    "声明支持的其他杂凑算法计算正确",
    clause=_DIGEST,
    functions=("DigestInit", "Digest"),
    severity=Severity.RECOMMENDED,
    precondition=Words("the card claims SHA-1 or SHA-256", "卡片声明支持 SHA-1 或 SHA-256"),
)
def other_digests(bench: PCSCBench) -> None:
    """Digest 100 bytes with SHA-1 and with SHA-256, as far as they are claimed."""
    claimed = bench.info.algorithms
    known = (("SHA1", _SHA1, hashlib.sha1), ("SHA256", _SHA256, hashlib.sha256))
    chosen = [entry for entry in known if entry[0] in claimed]
    if not chosen:
        bench.unsupported("the card claims neither", "卡片均未声明支持")
    for name, number, make in chosen:
        found = _whole(bench, bytes(100), algorithm=number)
        bench.expect(found == make(bytes(100), usedforsecurity=False).digest(), f"{name} is wrong", f"{name} 结果错误")


@GROUP.check(
    4,
    "With a public key and an ID the digest is e = SM3(Z || M)",
    "给定公钥与 ID 时结果为 e = SM3(Z‖M)",
    clause=_Z,
    functions=("DigestInit", "Digest"),
    severity=Severity.RECOMMENDED,
)
def with_z(bench: PCSCBench) -> None:
    """Digest with the default id and with one of 18 bytes, and compare with the e that software signs."""
    key = SM2PrivateKey.generate().public_key
    for user_id in (DEFAULT_USER_ID, b"ALICE123@YAHOO.COM"):
        found = _whole(bench, _MESSAGE, signer=key.to_bytes(PointFormat.BARE) + user_id)
        for digest, words in (
            (sm3.digest(_MESSAGE), Words("Z is ignored: it is SM3(M)", "忽略了 Z：结果为 SM3(M)")),
            (key.digest(_MESSAGE, user_id=b""), Words("the ID is ignored in Z", "计算 Z 时忽略了 ID")),
            (sm3.digest(key.digest(_MESSAGE, user_id=user_id)), Words("it is hashed once more", "又做了一次杂凑")),
        ):
            bench.expect(found != digest, words.en, words.zh)
        bench.expect(found == key.digest(_MESSAGE, user_id=user_id), "it is not SM3(Z || M)", "结果不是 SM3(Z‖M)")


@GROUP.check(
    5,
    "Nothing is digested before DigestInit, or after the end",
    "未初始化或结束后不能继续计算",
    clause=_DIGEST,
    functions=_PIECES,
    severity=Severity.RECOMMENDED,
)
def without_init(bench: PCSCBench) -> None:
    """Reset the card and send DigestUpdate and DigestFinal; then finish a digest, and finish it again."""
    bench.reset()
    for name, data in (("DigestUpdate", b"data"), ("DigestFinal", b"")):
        bench.refuses(
            f"{name} works without DigestInit", f"未初始化时 {name} 成功", name, data, le=-1 if not data else 0
        )
    _in_pieces(bench, _MESSAGE, 16)
    bench.refuses("a digest is finished twice", "杂凑可重复结束", "DigestFinal", le=-1)


@GROUP.check(
    6,
    "An algorithm that there is none of is refused",
    "不存在的杂凑算法被拒绝",
    clause=_DIGEST,
    functions=("DigestInit",),
    severity=Severity.RECOMMENDED,
)
def unknown_algorithm(bench: PCSCBench) -> None:
    """Begin with 7F in P2."""
    bench.refuses("an unknown algorithm is taken", "接受了未知算法", "DigestInit", p2=0x7F)
