"""SM2 encryption, both ways against our own SM2 (GM/T 0016-2012 7.6.13, 7.6.18; GB/T 32918.4-2016)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import rand, sm3, sm4
from gmpki.algorithms.kdf import sm3_kdf
from gmpki.algorithms.sm2 import CiphertextFormat, PointFormat
from gmpki.conformance.clauses import DRAFT, GBT_32918_4, GMT_0016, ON_CURVE, SEVERAL_MAKERS
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.samples import wrapped_key
from gmpki.conformance.skf.session_calls import import_answer
from gmpki.conformance.skf.session_probe import SM4_ID, demand_sm4, encrypted, encrypts_as
from gmpki.conformance.skf.sm2_blobs import (
    FORMS,
    NUMBER_LEN,
    Blob,
    CipherParts,
    cipher_blob,
    cipher_len,
    cipher_parts,
    off_curve,
    point_blob,
    private_blob,
    room,
)
from gmpki.conformance.skf.sm2_mistakes import mistake_in_ciphertext
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.conformance.skf.bench import Dual, SKFBench

__all__ = ["GROUP"]

_ENCRYPT: Final = Clause(GMT_0016, "7.6.13")
_SESSION_KEY: Final = Clause(GMT_0016, "7.6.18")
_DECRYPTION: Final = Clause(GBT_32918_4, "7.1")
_BESIDE: Final = Clause(SEVERAL_MAKERS, "", "B")
_MESSAGE: Final = bytes(range(32))  # as long as C3, so that the two can be told apart when they are swapped
_MOST_LEN: Final = 256
_FAR_TOO_LONG: Final = 65536

GROUP: Final = Group(Kind.SKF, "encryption", "ENC", Words("SM2 encryption", "SM2 加密解密"))


# ---- fixtures ----------------------------------------------------------------------------
def _answer_of_encryption(bench: SKFBench, point: bytes, message: bytes, preset: int | None = None) -> tuple[str, Blob]:
    """Encrypt in the token; return the answer and what it wrote.

    :param preset: what CipherLen holds before; None is the capacity, as some drivers demand.
    """
    key, blob = point_blob(bench, point), room(bench, "ECCCIPHERBLOB", len(message))
    blob.at.CipherLen = len(message) if preset is None else preset
    arguments = (bench.raw(bench.device), key.at, bench.data(message), len(message), blob.at)
    answer = bench.supported("SKF_ExtECCEncrypt", *arguments)
    return answer, blob


def _expect_ciphertext(bench: SKFBench, key: SM2PrivateKey, message: bytes) -> CipherParts:
    """Fail unless software opens what the token encrypts; name the mistake. Return the ciphertext."""
    answer, blob = _answer_of_encryption(bench, key.public_key.to_bytes(PointFormat.BARE), message)
    length = len(message)
    bench.expect(answer == "SAR_OK", f"length {length} is refused: {answer}", f"拒绝加密 {length} 字节：{answer}")
    readings = ((form, cipher_parts(bench, blob, length, form)) for form in FORMS)
    mistake = mistake_in_ciphertext(key, message, readings)
    if mistake is not None:
        en, zh = f"length {length}: {mistake.en}", f"长度 {length}：{mistake.zh}"
        bench.fail(f"software cannot decrypt it; {en}", f"软件无法解密；{zh}")
    written = int(blob.at.CipherLen)
    bench.expect(
        written == length, f"CipherLen is {written} instead of {length}", f"CipherLen 为 {written}，应为 {length}"
    )
    return cipher_parts(bench, blob, length)


def _lengths(bench: SKFBench) -> tuple[int, ...]:
    """Return lengths of messages up to what the device takes, in bytes, at most 256."""
    most = min(bench.info.max_ecc_buffer_size or _MOST_LEN, _MOST_LEN)
    return tuple(sorted({length for length in (1, 16, 31, 32, 33, 48, 64, 128, most) if length <= most}))


def _ours(receiver: SM2PublicKey, message: bytes) -> CipherParts:
    """Return a message encrypted by software."""
    return CipherParts.of(wrapped_key(receiver, message))


def _flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def _damaged(parts: CipherParts) -> Iterator[tuple[CipherParts, Words]]:
    """Yield ciphertexts that differ from a good one in one part."""
    other = SM2PrivateKey.generate().public_key.to_bytes(PointFormat.BARE)
    yield replace(parts, c1=other), Words("C1 is another point", "C1 为另一点")
    yield replace(parts, c2=_flipped(parts.c2)), Words("C2 is damaged", "C2 损坏")
    yield replace(parts, c3=_flipped(parts.c3)), Words("C3 is damaged", "C3 损坏")
    yield replace(parts, c3=bytes(NUMBER_LEN)), Words("C3 is zeros", "C3 全零")


def _off_curve(parts: CipherParts) -> Iterator[tuple[CipherParts, Words]]:
    """Yield ciphertexts whose C1 is no point."""
    yield replace(parts, c1=off_curve(parts.c1)), Words("C1 is not on the curve", "C1 不在曲线上")
    yield replace(parts, c1=bytes(2 * NUMBER_LEN)), Words("C1 is zeros", "C1 全零")


def _expect_import_refused(bench: SKFBench, dual: Dual, parts: CipherParts, what: Words) -> None:
    answer = import_answer(bench, dual.container, parts)
    bench.observe("SKF_ImportSessionKey", answer)
    bench.expect(answer != "SAR_OK", f"it is decrypted although {what.en}", f"仍然解密：{what.zh}")


def _decrypted(bench: SKFBench, key: SM2PrivateKey, parts: CipherParts) -> tuple[str, bytes]:
    """Decrypt by SKF_ExtECCDecrypt; return the answer and what was written."""
    private, blob = private_blob(bench, key.to_bytes()), cipher_blob(bench, parts)
    buffer, (_cell, length) = bench.buffer(len(parts.c2), 0), bench.ulong(len(parts.c2))
    arguments = (bench.raw(bench.device), private.at, blob.at, buffer.pointer, length)
    answer = bench.supported("SKF_ExtECCDecrypt", *arguments)
    return answer, buffer.bytes(int(length[0]))


def _decrypted_inside(bench: SKFBench, dual: Dual, parts: CipherParts) -> tuple[str, bytes]:
    """Decrypt by SKF_ECCDecrypt; return the answer and what was written."""
    blob = cipher_blob(bench, parts)
    buffer, (_cell, length) = bench.buffer(len(parts.c2), 0), bench.ulong(len(parts.c2))
    answer = bench.supported("SKF_ECCDecrypt", bench.raw(dual.container), blob.at, buffer.pointer, length)
    return answer, buffer.bytes(int(length[0]))


# ---- encrypting --------------------------------------------------------------------------
@GROUP.check(
    1,
    "Software decrypts what the token encrypts",
    "软件可解密令牌的 SM2 密文",
    clause=_ENCRYPT,
    functions=("SKF_ExtECCEncrypt",),
)
def token_encrypts(bench: SKFBench) -> None:
    """Encrypt 32 bytes to a public key from outside and decrypt them outside; C1, C2 and C3 are looked at each."""
    _expect_ciphertext(bench, SM2PrivateKey.generate(), _MESSAGE)


@GROUP.check(
    2,
    "Messages of every length up to MaxECCBufferSize are encrypted",
    "MaxECCBufferSize 以内各种长度均可加密",
    clause=_ENCRYPT,
    functions=("SKF_ExtECCEncrypt", "SKF_GetDevInfo"),
)
def token_encrypts_lengths(bench: SKFBench) -> None:
    """Encrypt 1 byte and more, around a block of SM3, up to what the device says that it takes, at most 256 bytes."""
    for length in _lengths(bench):
        _expect_ciphertext(bench, SM2PrivateKey.generate(), bytes(at % 251 for at in range(length)))


@GROUP.check(
    3,
    "Each encryption takes a new random number",
    "每次加密使用新的随机数",
    clause=Clause(GBT_32918_4, "6.1"),
    functions=("SKF_ExtECCEncrypt",),
)
def random_number_is_new(bench: SKFBench) -> None:
    """Encrypt one message four times: no C1 comes twice."""
    key = SM2PrivateKey.generate()
    points = [_expect_ciphertext(bench, key, _MESSAGE).c1 for _ in range(4)]
    bench.expect(len(set(points)) == len(points), "C1 comes twice", "C1 重复：随机数未更新")


@GROUP.check(
    4,
    "CipherLen need not hold the capacity before",
    "加密前 CipherLen 无需预置容量",
    clause=Clause(GMT_0016, "7.6.13", "C"),
    functions=("SKF_ExtECCEncrypt",),
    severity=Severity.RECOMMENDED,
)
def capacity_is_not_asked_for(bench: SKFBench) -> None:
    """Encrypt with CipherLen 0: the standard gives this output no capacity, some drivers look for one there."""
    point = SM2PrivateKey.generate().public_key.to_bytes(PointFormat.BARE)
    answer, blob = _answer_of_encryption(bench, point, _MESSAGE, 0)
    bench.observe("SKF_ExtECCEncrypt", answer)
    if answer != "SAR_OK":
        bench.deviate(
            f"it demands the capacity in CipherLen: {answer}",
            f"要求在 CipherLen 中预置容量：{answer}",
            "the client always writes the capacity there",
            "客户端总是预置容量",
        )
    bench.expect(blob.at.CipherLen == len(_MESSAGE), "CipherLen is not written", "未写入 CipherLen")


@GROUP.check(
    5,
    "Nothing is encrypted to a public key that is not on the curve",
    "公钥不在曲线上时拒绝加密",
    clause=ON_CURVE,
    functions=("SKF_ExtECCEncrypt",),
    severity=Severity.RECOMMENDED,
)
def key_off_curve(bench: SKFBench) -> None:
    """Encrypt to coordinates near those of a point, and to zeros."""
    point = SM2PrivateKey.generate().public_key.to_bytes(PointFormat.BARE)
    for bad in (off_curve(point), bytes(2 * NUMBER_LEN)):
        answer, _blob = _answer_of_encryption(bench, bad, _MESSAGE)
        bench.observe("SKF_ExtECCEncrypt", answer)
        bench.expect(answer != "SAR_OK", "it encrypts to what is no point", "以不在曲线上的公钥加密")


@GROUP.check(
    6,
    "What is longer than MaxECCBufferSize is refused or encrypted right",
    "超过 MaxECCBufferSize 的数据被拒绝或正确加密",
    clause=Clause(GMT_0016, "7.6.13", "B"),
    functions=("SKF_ExtECCEncrypt", "SKF_GetDevInfo"),
    severity=Severity.INFORMATION,
)
def too_long(bench: SKFBench) -> None:
    """Encrypt one byte more than the device says that it takes."""
    length = bench.info.max_ecc_buffer_size + 1
    bench.observe("MaxECCBufferSize", length - 1)
    if length > _FAR_TOO_LONG:
        return
    key = SM2PrivateKey.generate()
    answer, _blob = _answer_of_encryption(bench, key.public_key.to_bytes(PointFormat.BARE), bytes(length))
    bench.observe(f"{length} bytes", answer)
    if answer == "SAR_OK":
        _expect_ciphertext(bench, key, bytes(length))


# ---- decrypting by the functions beside the standard's -----------------------------------
@GROUP.check(
    7,
    "SKF_ExtECCDecrypt decrypts what software encrypts",
    "SKF_ExtECCDecrypt 可解密软件的密文",
    clause=DRAFT,
    functions=("SKF_ExtECCDecrypt",),
    severity=Severity.RECOMMENDED,
)
def external_key_decrypts(bench: SKFBench) -> None:
    """Decrypt messages of several lengths with a private key from outside."""
    key = SM2PrivateKey.generate()
    for length in _lengths(bench):
        message = bytes(at % 251 for at in range(length))
        answer, found = _decrypted(bench, key, _ours(key.public_key, message))
        bench.expect(answer == "SAR_OK", f"length {length} is refused: {answer}", f"拒绝解密 {length} 字节：{answer}")
        bench.expect(found == message, f"length {length} comes out wrong", f"长度 {length} 解密结果错误")


@GROUP.check(
    8,
    "SKF_ExtECCDecrypt refuses what is damaged or for another key",
    "SKF_ExtECCDecrypt 拒绝损坏的密文",
    clause=_DECRYPTION,
    functions=("SKF_ExtECCDecrypt",),
    severity=Severity.RECOMMENDED,
)
def external_key_refuses(bench: SKFBench) -> None:
    """Decrypt with one part changed at a time, and with C1 off the curve."""
    key = SM2PrivateKey.generate()
    parts = _ours(key.public_key, _MESSAGE)
    for bad, what in (*_damaged(parts), *_off_curve(parts)):
        answer, _found = _decrypted(bench, key, bad)
        bench.expect(answer != "SAR_OK", f"it is decrypted although {what.en}", f"仍然解密：{what.zh}")


@GROUP.check(
    9,
    "A key stream of zeros is refused",
    "密钥流全零的密文被拒绝",
    clause=_DECRYPTION,
    functions=("SKF_ExtECCDecrypt",),
    severity=Severity.RECOMMENDED,
)
def zero_key_stream(bench: SKFBench) -> None:
    """Decrypt a message of 1 byte that a sender made with a key stream of zero, so that C2 is the message."""
    key = SM2PrivateKey.generate()
    answer, _found = _decrypted(bench, key, _with_zero_stream(key.public_key, b"\x5a"))
    bench.observe("SKF_ExtECCDecrypt", answer)
    bench.expect(answer != "SAR_OK", "what was sent in clear is taken for a ciphertext", "接受了密钥流全零的密文")


def _with_zero_stream(receiver: SM2PublicKey, message: bytes) -> CipherParts:
    """Return a ciphertext of 1 byte whose key stream is zero: one random number in 256 makes it so."""
    while True:
        ephemeral = SM2PrivateKey.generate()
        shared = ephemeral.ecdh(receiver)
        if not any(sm3_kdf(shared, len(message))):
            c3 = sm3.digest(shared[:NUMBER_LEN] + message + shared[NUMBER_LEN:])
            return CipherParts(ephemeral.public_key.to_bytes(PointFormat.BARE), c3, message)


@GROUP.check(
    10,
    "SKF_ECCDecrypt decrypts what software encrypts to the encryption key",
    "SKF_ECCDecrypt 可解密以加密公钥加密的数据",
    clause=_BESIDE,
    functions=("SKF_ECCDecrypt",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def container_decrypts(bench: SKFBench) -> None:
    """Decrypt a message with the imported private key of a container, and refuse it once it is damaged."""
    dual = bench.dual_container()
    parts = _ours(dual.encryption_key.public_key, _MESSAGE)
    answer, found = _decrypted_inside(bench, dual, parts)
    bench.expect(answer == "SAR_OK", f"it is refused: {answer}", f"拒绝解密：{answer}")
    bench.expect(found == _MESSAGE, "it comes out wrong", "解密结果错误")
    for bad, what in (*_damaged(parts), *_off_curve(parts)):
        answer, _found = _decrypted_inside(bench, dual, bad)
        bench.expect(answer != "SAR_OK", f"it is decrypted although {what.en}", f"仍然解密：{what.zh}")


# ---- decrypting session keys -------------------------------------------------------------
@GROUP.check(
    11,
    "A damaged session key is refused",
    "损坏的会话密钥密文被拒绝",
    clause=_DECRYPTION,
    functions=("SKF_ImportSessionKey",),
    needs=(Permission.WRITE,),
)
def damaged_session_key(bench: SKFBench) -> None:
    """Import a key encrypted by software with C1, C2 or C3 changed: C3 has to show each."""
    dual = bench.dual_container()
    for bad, what in _damaged(_ours(dual.encryption_key.public_key, rand.random_bytes(sm4.KEY_LEN))):
        _expect_import_refused(bench, dual, bad, what)


@GROUP.check(
    12,
    "A session key whose C1 is not on the curve is refused",
    "C1 不在曲线上的会话密钥密文被拒绝",
    clause=_DECRYPTION,
    functions=("SKF_ImportSessionKey",),
    needs=(Permission.WRITE,),
)
def session_key_off_curve(bench: SKFBench) -> None:
    """Import a key whose C1 is near a point, and one whose C1 is zeros."""
    dual = bench.dual_container()
    for bad, what in _off_curve(_ours(dual.encryption_key.public_key, rand.random_bytes(sm4.KEY_LEN))):
        _expect_import_refused(bench, dual, bad, what)


@GROUP.check(
    13,
    "Coordinates of C1 that begin with zero bytes are read right",
    "C1 坐标高位字节为零时正确解密",
    clause=_SESSION_KEY,
    functions=("SKF_ImportSessionKey",),
    needs=(Permission.WRITE,),
)
def leading_zeros(bench: SKFBench) -> None:
    """Import keys encrypted with a C1 whose X, and whose Y, begins with a zero byte, and compare what they encrypt."""
    demand_sm4(bench)
    dual = bench.dual_container()
    for at, name in ((0, "X"), (NUMBER_LEN, "Y")):
        value = rand.random_bytes(sm4.KEY_LEN)
        parts = _ours(dual.encryption_key.public_key, value)
        while parts.c1[at]:
            parts = _ours(dual.encryption_key.public_key, value)
        form = CiphertextFormat.C1C3C2_BARE
        wrapped = SM2Ciphertext.from_bytes(parts.c1 + parts.c3 + parts.c2, form)
        key = bench.skf.import_session_key(dual.container, bench.constant(SM4_ID), wrapped)
        right = encrypts_as(value, encrypted(bench, key))
        bench.expect(right, f"another key when {name} begins with a zero byte", f"{name} 高位字节为零时密钥不一致")


@GROUP.check(
    14,
    "A session key that is cut off is refused",
    "截短的会话密钥密文被拒绝",
    clause=Clause(GMT_0016, "7.6.18", "B"),
    functions=("SKF_ImportSessionKey",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def cut_off(bench: SKFBench) -> None:
    """Import a good key but tell the driver a length that ends within C2, and one that ends before it."""
    dual = bench.dual_container()
    parts = _ours(dual.encryption_key.public_key, rand.random_bytes(sm4.KEY_LEN))
    whole = cipher_len(bench, parts)
    for length in (whole - 1, whole - len(parts.c2), 1):
        answer = import_answer(bench, dual.container, parts, length=length)
        bench.observe(f"{length} of {whole} bytes", answer)
        bench.expect(answer != "SAR_OK", "it reads beyond the length that it is told", "读取超出所给长度的数据")
