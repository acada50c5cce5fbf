"""SM2 signatures of the token, verified by software (GM/T 0016-2012 7.6.10; GB/T 32918.2-2016 6.1).

What is signed is e = SM3(Z || M), made by the caller. A signature that does not hold is read again as each mistake that
drivers are known for would have made it, and the mistake is named.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm3
from gmpki.conformance.clauses import DRAFT, GBT_32918_2, GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.sm2_blobs import (
    FORMS,
    NUMBER_LEN,
    Blob,
    bytes_of,
    field_of,
    pair_of,
    point_blob,
    private_blob,
    room,
)
from gmpki.conformance.skf.sm2_mistakes import (
    holds,
    mistake_in,
    moved_back,
    random_number_repeats,
)
from gmpki.conformance.skf.verification import verdict
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import ContainerHandle

__all__ = ["GROUP"]

_SIGN: Final = Clause(GMT_0016, "7.6.10")
_MESSAGE: Final = b"gmpki conformance: what is signed"
_LEAST_SIGNATURES: Final = 100
_MOST_SIGNATURES: Final = 2000
_SIGNING_TIME_S: Final = 20.0

GROUP: Final = Group(Kind.SKF, "signatures", "SIGN", Words("SM2 signatures", "SM2 签名"))


def _signed(bench: SKFBench, container: ContainerHandle, digest: bytes) -> Blob:
    """Return what the driver writes as the signature of a digest."""
    blob = room(bench, "ECCSIGNATUREBLOB")
    bench.demand("SKF_ECCSignData", bench.raw(container), bench.data(digest), len(digest), blob.at)
    return blob


def _expect_signature(bench: SKFBench, key: SM2PublicKey, e: bytes, blob: Blob) -> None:
    """Fail unless a signature as the driver wrote it holds, and name the mistake."""
    before = field_of(bench, blob.at.r)[:-NUMBER_LEN] + field_of(bench, blob.at.s)[:-NUMBER_LEN]
    mistake = mistake_in(key, e, ((form, pair_of(bench, blob.at.r, blob.at.s, form)) for form in FORMS))
    if mistake is not None:
        bench.fail(f"the signature does not hold: {mistake.en}", f"签名验证不通过：{mistake.zh}")
    bench.expect(not any(before), "there are no zeros before r and s in their fields", "r、s 字段的前 32 字节不为零")


@GROUP.check(
    1,
    "A signature of the token is verified by software over e = SM3(Z || M)",
    "软件可验证令牌对 e = SM3(Z‖M) 的签名",
    clause=_SIGN,
    functions=("SKF_ECCSignData",),
    needs=(Permission.WRITE,),
)
def signature_holds(bench: SKFBench) -> None:
    """Sign a digest in the token and verify it outside, with the public key that SKF_GenECCKeyPair answered."""
    container, point = bench.signing_container()
    key = SM2PublicKey.from_bytes(point)
    e = key.digest(_MESSAGE)
    _expect_signature(bench, key, e, _signed(bench, container, e))


@GROUP.check(
    2,
    "Signatures hold with zero bytes before r or s too",
    "大量签名全部有效，包括 r 或 s 高位字节为零的签名",
    clause=_SIGN,
    functions=("SKF_ECCSignData",),
    needs=(Permission.WRITE,),
    timeout_s=300.0,
)
def many_signatures_hold(bench: SKFBench) -> None:
    """Sign 100 digests, and up to 2000 within 20 seconds until a number came whose first byte is zero; verify all."""
    container, point = bench.signing_container()
    key = SM2PublicKey.from_bytes(point)
    end = time.monotonic() + _SIGNING_TIME_S
    made = short = 0
    while made < _LEAST_SIGNATURES or (not short and made < _MOST_SIGNATURES and time.monotonic() < end):
        e = sm3.digest(bytes_of(made))
        blob = _signed(bench, container, e)
        pair = pair_of(bench, blob.at.r, blob.at.s)
        made += 1
        if not holds(key, e, pair):
            bench.expect(
                not any(holds(key, e, moved) for moved in moved_back(pair)),
                f"signature {made}: the zero byte before a number is dropped, and the rest moved forward",
                f"第 {made} 个签名：丢弃了数值高位的零字节并前移",
            )
            _expect_signature(bench, key, e, blob)
        short += pair[0] == 0 or pair[NUMBER_LEN] == 0
    bench.observe("signatures", made)
    bench.observe("with a zero byte first", short)


@GROUP.check(
    3,
    "Each signature takes a new random number",
    "每次签名使用新的随机数",
    clause=Clause(GBT_32918_2, "6.1"),
    functions=("SKF_ECCSignData",),
    needs=(Permission.WRITE,),
)
def random_number_is_new(bench: SKFBench) -> None:
    """Sign one digest twice, and others: no two signatures come from the same k, for two of them give the key away."""
    container, point = bench.signing_container()
    key = SM2PublicKey.from_bytes(point)
    digests = [key.digest(_MESSAGE)] * 2 + [sm3.digest(bytes([at])) for at in range(6)]
    made = []
    for e in digests:
        blob = _signed(bench, container, e)
        made.append((e, pair_of(bench, blob.at.r, blob.at.s)))
    bench.expect(
        not random_number_repeats(made[1:]),
        "two digests are signed with the same random number: the private key can be computed",
        "两个不同摘要的签名使用了相同随机数：可由此推算私钥",
    )
    bench.expect(made[0] != made[1], "two signatures of one digest are the same", "同一摘要的两次签名相同")


@GROUP.check(
    5,
    "Without a signing pair nothing is signed",
    "没有签名密钥对时不能签名",
    clause=_SIGN,
    functions=("SKF_ECCSignData",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def signing_needs_key(bench: SKFBench) -> None:
    """Sign in an empty container, logged in."""
    container = bench.new_container()
    blob = room(bench, "ECCSIGNATUREBLOB")
    arguments = (bench.raw(container), bench.data(bytes(range(32))), 32, blob.at)
    bench.refuses("an empty container signs", "空容器可以签名", "SKF_ECCSignData", *arguments)


@GROUP.check(
    6,
    "The signing key stays what it was when the encryption pair comes",
    "导入加密密钥对后仍以签名密钥签名",
    clause=Clause(GMT_0016, "5.2"),
    functions=("SKF_ImportECCKeyPair", "SKF_ECCSignData"),
    needs=(Permission.WRITE,),
)
def signing_key_stays(bench: SKFBench) -> None:
    """Sign in a container with both pairs, and verify with the key that was there before the encryption pair."""
    dual = bench.dual_container()
    key = SM2PublicKey.from_bytes(dual.signing_point)
    e = key.digest(_MESSAGE)
    blob = _signed(bench, dual.container, e)
    pair = pair_of(bench, blob.at.r, blob.at.s)
    bench.expect(
        not holds(dual.encryption_key.public_key, e, pair), "it signs with the encryption key", "误用加密密钥签名"
    )
    _expect_signature(bench, key, e, blob)


@GROUP.check(
    7,
    "What happens to data of other lengths than 32 bytes",
    "签名输入长度不为 32 字节时的行为",
    clause=Clause(GMT_0016, "7.6.10", "B"),
    functions=("SKF_ECCSignData",),
    severity=Severity.INFORMATION,
    needs=(Permission.WRITE,),
)
def other_lengths(bench: SKFBench) -> None:
    """Sign 0, 1, 20, 31, 33 and 64 bytes, and tell the answers, and whether what was signed is the hash of the data."""
    container, point = bench.signing_container()
    key = SM2PublicKey.from_bytes(point)
    for length in (0, 1, 20, 31, 33, 64):
        data = sm3.digest(b"length")[:length].ljust(length, b"\x5a")
        blob = room(bench, "ECCSIGNATUREBLOB")
        answer = bench.answer("SKF_ECCSignData", bench.raw(container), bench.data(data), length, blob.at)
        if answer == "SAR_OK":
            pair = pair_of(bench, blob.at.r, blob.at.s)
            hashed = holds(key, sm3.digest(data), pair)
            answer += ", hashed first" if hashed else ""
        bench.observe(f"{length} bytes", answer)


@GROUP.check(
    8,
    "Digests that are all ones or all zeros are signed like others",
    "全 1 或全 0 的摘要同样可签名",
    clause=Clause(GBT_32918_2, "6.1", "B"),
    functions=("SKF_ECCSignData",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def extreme_digests(bench: SKFBench) -> None:
    """Sign e = 0 and e = 2^256 - 1, which is more than n, and verify both outside."""
    container, point = bench.signing_container()
    key = SM2PublicKey.from_bytes(point)
    for e in (bytes(NUMBER_LEN), b"\xff" * NUMBER_LEN):
        _expect_signature(bench, key, e, _signed(bench, container, e))


@GROUP.check(
    9,
    "SKF_ExtECCSign signs with a key from outside",
    "SKF_ExtECCSign 以外部私钥签名有效",
    clause=DRAFT,
    functions=("SKF_ExtECCSign",),
    severity=Severity.RECOMMENDED,
)
def external_signature_holds(bench: SKFBench) -> None:
    """Sign a digest with a private key made here, and verify it here."""
    key = SM2PrivateKey.generate()
    e = key.public_key.digest(_MESSAGE)
    private, blob = private_blob(bench, key.to_bytes()), room(bench, "ECCSIGNATUREBLOB")
    arguments = (bench.raw(bench.device), private.at, bench.data(e), len(e), blob.at)
    bench.demand("SKF_ExtECCSign", *arguments)
    _expect_signature(bench, key.public_key, e, blob)


@GROUP.check(
    10,
    "SKF_ECCVerify agrees with SKF_ECCSignData",
    "SKF_ECCVerify 接受本令牌的签名",
    clause=Clause(GMT_0016, "7.6.11"),
    functions=("SKF_ECCSignData", "SKF_ECCVerify"),
    needs=(Permission.WRITE,),
)
def own_signature_is_accepted(bench: SKFBench) -> None:
    """Sign in the token, verify in the token, as it wrote signature and public key."""
    container, point = bench.signing_container()
    e = SM2PublicKey.from_bytes(point).digest(_MESSAGE)
    answer = verdict(bench, point_blob(bench, point), e, _signed(bench, container, e))
    bench.expect(answer == "SAR_OK", f"it refuses its own signature: {answer}", f"拒绝了自己的签名：{answer}")
