"""SM2 signatures of software, verified by the token (GM/T 0016-2012 7.6.11; GB/T 32918.2-2016 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm3
from gmpki.algorithms.sm2 import PointFormat
from gmpki.conformance.clauses import DRAFT, GBT_32918_2, GMT_0016, ON_CURVE
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.sm2_blobs import (
    FORMS,
    NUMBER_LEN,
    ORDER,
    Blob,
    bytes_of,
    number_of,
    off_curve,
    point_blob,
    signature_blob,
)
from gmpki.conformance.skf.sm2_mistakes import digests_signed, swapped
from gmpki.keys.sm2 import SignatureEncoding, SM2PrivateKey, SM2PublicKey

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP", "verdict"]

_VERIFY: Final = Clause(GMT_0016, "7.6.11")
_MESSAGE: Final = b"gmpki conformance: what is signed"

GROUP: Final = Group(Kind.SKF, "verification", "VER", Words("SM2 verification", "SM2 验签"))


def verdict(bench: SKFBench, key: Blob, digest: bytes, signature: Blob, function: str = "SKF_ECCVerify") -> str:
    """Return what the driver says of a signature."""
    return bench.supported(function, bench.raw(bench.device), key.at, bench.data(digest), len(digest), signature.at)


def _own_signature(key: SM2PrivateKey, e: bytes) -> bytes:
    return key.sign_digest(e, encoding=SignatureEncoding.RAW)


def _bare(key: SM2PublicKey) -> bytes:
    return key.to_bytes(PointFormat.BARE)


def _expect_accepted(bench: SKFBench, key: SM2PrivateKey, function: str) -> None:
    """Fail unless the driver accepts a signature of ours; find out what it would have accepted instead."""
    public = key.public_key
    e = public.digest(_MESSAGE)
    signature = _own_signature(key, e)
    point = point_blob(bench, _bare(public))
    answer = verdict(bench, point, e, signature_blob(bench, signature), function)
    if answer == "SAR_OK":
        return
    other_forms: list[tuple[Blob, Blob, Words]] = [
        (point_blob(bench, _bare(public), form), signature_blob(bench, signature, form), form.words)
        for form in FORMS[1:]
    ]
    other_forms.append((point, signature_blob(bench, swapped(signature)), Words("r and s are swapped", "r 与 s 互换")))
    for digest, words in digests_signed(public, e):
        other_forms.append((point, signature_blob(bench, _own_signature(key, digest)), words))
    for key_blob, blob, words in other_forms:
        if verdict(bench, key_blob, e, blob, function) == "SAR_OK":
            bench.fail(f"a good signature is refused: {words.en}", f"拒绝了正确的签名：{words.zh}")
    bench.fail(f"a good signature is refused: {answer}", f"拒绝了正确的签名：{answer}")


def _expect_refused(bench: SKFBench, point: bytes, e: bytes, signature: bytes, what: Words) -> None:
    answer = verdict(bench, point_blob(bench, point), e, signature_blob(bench, signature))
    bench.observe("SKF_ECCVerify", answer)
    bench.expect(answer != "SAR_OK", f"a bad signature is accepted: {what.en}", f"接受了错误的签名：{what.zh}")


@GROUP.check(
    1,
    "SKF_ECCVerify accepts a signature of software over e = SM3(Z || M)",
    "SKF_ECCVerify 接受软件对 e = SM3(Z‖M) 的签名",
    clause=_VERIFY,
    functions=("SKF_ECCVerify",),
)
def good_signature_is_accepted(bench: SKFBench) -> None:
    """Sign outside and verify in the token; where it is refused, find out what the token expects."""
    _expect_accepted(bench, SM2PrivateKey.generate(), "SKF_ECCVerify")


@GROUP.check(
    2,
    "SKF_ExtECCVerify accepts the same",
    "SKF_ExtECCVerify 接受同样的签名",
    clause=DRAFT,
    functions=("SKF_ExtECCVerify",),
    severity=Severity.RECOMMENDED,
)
def good_signature_is_accepted_outside(bench: SKFBench) -> None:
    """Sign outside and verify by the function of the draft, which refuses the same signature of another digest."""
    key = SM2PrivateKey.generate()
    _expect_accepted(bench, key, "SKF_ExtECCVerify")
    point = point_blob(bench, _bare(key.public_key))
    signature = signature_blob(bench, _own_signature(key, sm3.digest(b"one")))
    answer = verdict(bench, point, sm3.digest(b"another"), signature, "SKF_ExtECCVerify")
    bench.expect(answer != "SAR_OK", "it accepts a signature of another digest", "接受了另一摘要的签名")


@GROUP.check(
    3,
    "SKF_ECCVerify takes coordinates, r and s that begin with zero bytes",
    "SKF_ECCVerify 接受坐标、r、s 高位字节为零的情形",
    clause=_VERIFY,
    functions=("SKF_ECCVerify",),
)
def leading_zeros_are_accepted(bench: SKFBench) -> None:
    """Verify signatures made for it: with a zero byte before X, before Y, before r, and before s."""
    cases: dict[str, tuple[SM2PrivateKey, bytes, bytes]] = {}
    while len(cases) < 4:
        key = SM2PrivateKey.generate()
        point = _bare(key.public_key)
        e = sm3.digest(point)
        signature = _own_signature(key, e)
        for name, number in (("X", point[0]), ("Y", point[32]), ("r", signature[0]), ("s", signature[32])):
            if number == 0:
                cases.setdefault(name, (key, e, signature))
    for name, (key, e, signature) in sorted(cases.items()):
        answer = verdict(bench, point_blob(bench, _bare(key.public_key)), e, signature_blob(bench, signature))
        bench.expect(
            answer == "SAR_OK",
            f"a good signature is refused whose {name} begins with a zero byte: {answer}",
            f"{name} 高位字节为零时拒绝了正确的签名：{answer}",
        )


def _good(message: bytes = _MESSAGE) -> tuple[bytes, bytes, bytes]:
    """Return a public key, a digest, and the signature of it."""
    key = SM2PrivateKey.generate()
    e = key.public_key.digest(message)
    return _bare(key.public_key), e, _own_signature(key, e)


@GROUP.check(
    4,
    "A signature of another digest is refused",
    "摘要被改动时验签失败",
    clause=_VERIFY,
    functions=("SKF_ECCVerify",),
)
def altered_digest(bench: SKFBench) -> None:
    """Verify with one bit of the digest changed: its first, and its last."""
    point, e, signature = _good()
    first, last = bytes([e[0] ^ 0x80]) + e[1:], e[:-1] + bytes([e[-1] ^ 1])
    _expect_refused(bench, point, first, signature, Words("the first bit of the digest is changed", "摘要首位被改动"))
    _expect_refused(bench, point, last, signature, Words("the last bit of the digest is changed", "摘要末位被改动"))


@GROUP.check(
    5,
    "A signature with another r is refused",
    "r 被改动时验签失败",
    clause=_VERIFY,
    functions=("SKF_ECCVerify",),
)
def altered_r(bench: SKFBench) -> None:
    """Verify with the last bit of r changed."""
    point, e, signature = _good()
    r, s = signature[:NUMBER_LEN], signature[NUMBER_LEN:]
    _expect_refused(bench, point, e, r[:-1] + bytes([r[-1] ^ 1]) + s, Words("r is changed", "r 被改动"))


@GROUP.check(
    6,
    "A signature with another s is refused",
    "s 被改动时验签失败",
    clause=_VERIFY,
    functions=("SKF_ECCVerify",),
)
def altered_s(bench: SKFBench) -> None:
    """Verify with the last bit of s changed."""
    point, e, signature = _good()
    _expect_refused(bench, point, e, signature[:-1] + bytes([signature[-1] ^ 1]), Words("s is changed", "s 被改动"))


@GROUP.check(
    7,
    "Numbers outside 1 to n - 1 are refused",
    "r 或 s 不在[1, n-1]内时验签失败",
    clause=Clause(GBT_32918_2, "7.1"),
    functions=("SKF_ECCVerify",),
)
def numbers_out_of_range(bench: SKFBench) -> None:
    """Verify with r or s of 0 and n, with r + s = n, and with a good signature to which n is added where it fits."""
    point, e, signature = _good()
    r, s = number_of(signature[:NUMBER_LEN]), number_of(signature[NUMBER_LEN:])
    cases = {
        "r = 0": (0, s),
        "s = 0": (r, 0),
        "r = s = 0": (0, 0),
        "r = n": (ORDER, s),
        "s = n": (r, ORDER),
        "r + s = n": (r, ORDER - r),
    }
    for name, (first, second) in cases.items():
        _expect_refused(bench, point, e, bytes_of(first) + bytes_of(second), Words(name, name))


@GROUP.check(
    8,
    "A signature of another key is refused",
    "以其他公钥验签失败",
    clause=_VERIFY,
    functions=("SKF_ECCVerify",),
)
def other_key(bench: SKFBench) -> None:
    """Verify a good signature with the public key of another pair."""
    _point, e, signature = _good()
    point = _bare(SM2PrivateKey.generate().public_key)
    _expect_refused(bench, point, e, signature, Words("it is of another key", "签名来自其他密钥"))


@GROUP.check(
    9,
    "A public key that is not on the curve verifies nothing",
    "公钥不在曲线上时验签失败",
    clause=ON_CURVE,
    functions=("SKF_ECCVerify",),
    severity=Severity.RECOMMENDED,
)
def key_off_curve(bench: SKFBench) -> None:
    """Verify with coordinates near those of the right key, and with zeros."""
    point, e, signature = _good()
    for bad in (off_curve(point), bytes(2 * NUMBER_LEN)):
        _expect_refused(bench, bad, e, signature, Words("the public key is not on the curve", "公钥不在曲线上"))
