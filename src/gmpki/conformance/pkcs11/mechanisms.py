"""Checks of operations, whatever the mechanism: begun, asked for lengths, in parts, ended; and what is listed works.

The answers of hundreds of mechanisms to thousands of vectors are what public suites for PKCS #11 check well; here each
family is compared with software once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import PKCS11, PKCS11_MECHANISMS
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.pkcs11.choices import (
    DIGESTS,
    any_cipher,
    any_digest,
    block_ciphers,
    key_generation,
    wrapping_cipher,
)
from gmpki.conformance.registry import Group
from gmpki.tokens.pkcs11.attributes import Mechanism
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from typing import Any

    from gmpki.conformance.pkcs11.bench import OpenSession, P11Bench
    from gmpki.tokens.pkcs11.attributes import AttributeValue

__all__ = ["GROUP", "expect_lengths", "in_parts"]

GROUP: Final = Group(Kind.PKCS11, "mechanisms", "MEC", Words("Operations and mechanisms", "运算与机制"))

_WRITE: Final = (Permission.WRITE,)
_NO_MECHANISM: Final = 0xFFFF0001
_KEY: Final = bytes(range(16))
_IV: Final = bytes(range(0x30, 0x40))
_MESSAGE: Final = bytes(i * 7 % 256 for i in range(160))
_NOT_BEGUN: Final = ("CKR_OPERATION_NOT_INITIALIZED",)
_BEGUN: Final = ("CKR_OPERATION_ACTIVE",)


def in_parts(data: bytes, *lengths: int) -> list[bytes]:
    """Return data in parts of these lengths, and the rest."""
    parts, at = [], 0
    for length in lengths:
        parts.append(data[at : at + length])
        at += length
    return [*parts, data[at:]]


def expect_lengths(bench: P11Bench, function: str, expected: int | None, *arguments: Any) -> bytes:
    """Call a function with NULL, with one byte too little and with enough: the operation goes on until the last call.

    :param expected: bytes of the result where that is known; else what the function says at first is at least as long.
    """
    length = bench.ulong()
    bench.demand(function, *arguments, bench.ffi.NULL, length)
    told = int(length[0])
    bench.expect(
        0 < told <= 4096 and (expected is None or told >= expected),
        f"{function} says that it needs {told} bytes",
        f"{function} 报告需要 {told} 字节",
    )
    if expected is not None:
        short = bench.buffer(expected - 1)
        length[0] = expected - 1
        words = (f"with one byte less than the {expected} needed", f"比所需的 {expected} 字节少一字节时")
        bench.accepts(("CKR_BUFFER_TOO_SMALL",), *words, function, *arguments, short.pointer, length)
        bench.expect(not short.overrun, f"{function} wrote beyond the buffer", f"{function} 写出了缓冲区")
    room = bench.buffer(told)
    length[0] = told
    bench.demand(function, *arguments, room.pointer, length)
    bench.expect(
        not room.overrun and length[0] <= told and expected in (None, length[0]),
        f"{function} gave {length[0]} bytes",
        f"{function} 给出 {length[0]} 字节",
    )
    return room.bytes(int(length[0]))


# ---- digests --------------------------------------------------------------------------------
@GROUP.check(
    1,
    "Each digest that is listed is right",
    "所列的每种摘要结果正确",
    clause=Clause(PKCS11_MECHANISMS, "", "B"),
    functions=("C_DigestInit", "C_Digest"),
    severity=Severity.RECOMMENDED,
)
def digests(bench: P11Bench) -> None:
    """Digest messages of 0 to 160 bytes, around the ends of blocks, with every listed digest of the standard."""
    import hashlib

    session = bench.session()
    known = {name: digest for name, digest in DIGESTS.items() if getattr(C, name) in bench.listed}
    if not known:
        bench.unsupported("the token lists no digest of the standard", "令牌未列出标准摘要机制")
    for name, digest in known.items():
        for length in (0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 160):
            message = _MESSAGE[:length]
            bench.expect(
                session.digest(Mechanism(getattr(C, name)), message)
                == hashlib.new(digest, message, usedforsecurity=False).digest(),
                f"{name} of {length} bytes is wrong",
                f"{length} 字节的 {name} 结果错误",
            )
    bench.observe("digests", " ".join(known))


@GROUP.check(
    2,
    "A digest in parts is that of the whole",
    "分段摘要与整体摘要一致",
    clause=Clause(PKCS11, "5.10", "B"),
    functions=("C_DigestInit", "C_DigestUpdate", "C_DigestFinal"),
)
def digest_in_parts(bench: P11Bench) -> None:
    """Digest 160 bytes in parts of 1, 63, 0, 64 and the rest."""
    session, digest = bench.session(), any_digest(bench)
    bench.demand("C_DigestInit", session.handle, bench.mechanism(digest.mechanism))
    for part in in_parts(_MESSAGE, 1, 63, 0, 64):
        bench.demand("C_DigestUpdate", session.handle, bench.data(part), len(part))
    found = bench.output("C_DigestFinal", session.handle)
    bench.expect(
        found == digest.function(_MESSAGE), f"{digest.name} in parts is another one", f"分段的 {digest.name} 结果不同"
    )


@GROUP.check(
    3,
    "Asking for the length of a digest leaves the operation as it is",
    "查询摘要长度不影响运算状态",
    clause=Clause(PKCS11, "5.2, 5.10", "B"),
    functions=("C_DigestInit", "C_Digest", "C_DigestUpdate", "C_DigestFinal"),
)
def digest_lengths(bench: P11Bench) -> None:
    """Ask C_Digest and C_DigestFinal for the length, give one byte too little, then enough: the digest is right."""
    session, digest = bench.session(), any_digest(bench)
    expected = digest.function(_MESSAGE)
    data = (bench.data(_MESSAGE), len(_MESSAGE))
    bench.demand("C_DigestInit", session.handle, bench.mechanism(digest.mechanism))
    whole = expect_lengths(bench, "C_Digest", len(expected), session.handle, *data)
    bench.demand("C_DigestInit", session.handle, bench.mechanism(digest.mechanism))
    bench.demand("C_DigestUpdate", session.handle, *data)
    final = expect_lengths(bench, "C_DigestFinal", len(expected), session.handle)
    bench.expect(
        whole == final == expected,
        "after its length was asked for the digest is another one",
        "查询长度之后摘要结果不同",
    )


@GROUP.check(
    4,
    "An operation is begun once, and ends with its result",
    "运算只能开始一次，给出结果后结束",
    clause=Clause(PKCS11, "5.10", "B"),
    functions=("C_DigestInit", "C_Digest", "C_DigestUpdate"),
)
def operation_states(bench: P11Bench) -> None:
    """Digest without beginning, begin twice, and digest after the end."""
    session, digest = bench.session(), any_digest(bench)
    data = (bench.data(_MESSAGE), len(_MESSAGE))
    room, length = bench.buffer(128), bench.ulong(128)
    whole = ("C_Digest", session.handle, *data, room.pointer, length)
    begin = ("C_DigestInit", session.handle, bench.mechanism(digest.mechanism))
    bench.accepts(_NOT_BEGUN, "nothing was begun", "运算未开始", *whole)
    bench.accepts(_NOT_BEGUN, "nothing was begun", "运算未开始", "C_DigestUpdate", session.handle, *data)
    bench.demand(*begin)
    bench.accepts(_BEGUN, "a digest runs", "摘要运算正在进行", *begin)
    bench.demand(*whole)
    length[0] = 128
    bench.accepts(_NOT_BEGUN, "the digest has ended", "摘要运算已结束", *whole)


@GROUP.check(
    5,
    "A mechanism that is not listed is refused",
    "拒绝未列出的机制",
    clause=Clause(PKCS11, "5.10, 5.14", "B"),
    functions=("C_DigestInit", "C_GenerateKey"),
    needs=_WRITE,
)
def unlisted_mechanism(bench: P11Bench) -> None:
    """Begin a digest and make a key with a number that means nothing: CKR_MECHANISM_INVALID."""
    if _NO_MECHANISM in bench.listed:
        bench.not_run("the token lists the number that was to mean nothing", "令牌列出了本应无意义的编号")
    session, mechanism = bench.user_session(), bench.mechanism(_NO_MECHANISM)
    template = bench.template({C.CKA_CLASS: C.CKO_SECRET_KEY, C.CKA_TOKEN: False, C.CKA_VALUE_LEN: 16})
    for call in (
        ("C_DigestInit", session.handle, mechanism),
        ("C_GenerateKey", session.handle, mechanism, template.array, template.count, bench.ulong()),
    ):
        bench.accepts(("CKR_MECHANISM_INVALID",), "the mechanism is not listed", "该机制未列出", *call)


# ---- keys and what they are for -------------------------------------------------------------
@GROUP.check(
    6,
    "A key does only what it is for",
    "密钥只能用于允许的用途",
    clause=Clause(PKCS11, "4.10, 5.8", "B"),
    functions=("C_EncryptInit", "C_DecryptInit"),
    needs=_WRITE,
)
def key_uses(bench: P11Bench) -> None:
    """Encrypt with a key whose CKA_ENCRYPT is false, decrypt with one whose CKA_DECRYPT is false."""
    session, cipher = bench.user_session(), any_cipher(bench)
    for function, use in (("C_EncryptInit", "CKA_ENCRYPT"), ("C_DecryptInit", "CKA_DECRYPT")):
        key = bench.key(session, cipher.key_type, _KEY, {getattr(C, use): False})
        bench.accepts(
            ("CKR_KEY_FUNCTION_NOT_PERMITTED",),
            f"{use} is false",
            f"{use} 为假",
            function,
            session.handle,
            bench.mechanism(cipher.mechanism),
            key,
        )


@GROUP.check(
    7,
    "A key of another type is refused, and one that does not exist",
    "拒绝类型不符的密钥和不存在的密钥",
    clause=Clause(PKCS11, "5.8", "B"),
    functions=("C_EncryptInit",),
    needs=_WRITE,
)
def wrong_keys(bench: P11Bench) -> None:
    """Encrypt with a generic secret, and with the handle 0x7FFFFFF1."""
    session, cipher = bench.user_session(), any_cipher(bench)
    other = bench.key(session, C.CKK_GENERIC_SECRET, _KEY, {C.CKA_ENCRYPT: True})
    begin = ("C_EncryptInit", session.handle, bench.mechanism(cipher.mechanism))
    inconsistent = ("CKR_KEY_TYPE_INCONSISTENT", "CKR_KEY_FUNCTION_NOT_PERMITTED")
    bench.accepts(inconsistent, "the key is a generic secret", "密钥为通用密钥", *begin, other)
    invalid = ("CKR_KEY_HANDLE_INVALID", "CKR_OBJECT_HANDLE_INVALID")
    bench.accepts(invalid, "there is no such key", "无此密钥", *begin, 0x7FFFFFF1)


@GROUP.check(
    8,
    "An error ends the operation, and asking for a length does not",
    "出错时运算结束，查询长度不结束运算",
    clause=Clause(PKCS11, "5.2, 5.8", "B"),
    functions=("C_EncryptInit", "C_Encrypt"),
    needs=_WRITE,
)
def encryption_states(bench: P11Bench) -> None:
    """Encrypt 15 bytes without padding: CKR_DATA_LEN_RANGE, and the operation is over. Then 32 bytes by three calls."""
    session, cipher = bench.user_session(), any_cipher(bench)
    key = bench.key(session, cipher.key_type, _KEY)
    begin = ("C_EncryptInit", session.handle, bench.mechanism(cipher.mechanism), key)
    room, length, odd = bench.buffer(64), bench.ulong(64), bench.data(_MESSAGE[:15])
    bench.demand(*begin)
    refused = ("CKR_DATA_LEN_RANGE", "CKR_DATA_INVALID")
    call = ("C_Encrypt", session.handle, odd, 15, room.pointer, length)
    bench.accepts(refused, "15 bytes are no whole block", "15 字节不是整块", *call)
    length[0] = 64
    bench.accepts(_NOT_BEGUN, "an error has ended the operation", "出错后运算已结束", *call)
    bench.demand(*begin)
    found = expect_lengths(bench, "C_Encrypt", 32, session.handle, bench.data(_MESSAGE[:32]), 32)
    bench.expect(
        found == cipher.encrypt(_KEY, _MESSAGE[:32]),
        "after its length was asked for the ciphertext is another one",
        "查询长度之后密文不同",
    )


@GROUP.check(
    9,
    "Keys that the token makes have the length asked for, and differ",
    "令牌生成的密钥长度正确且互不相同",
    clause=Clause(PKCS11, "5.14", "B"),
    functions=("C_GenerateKey", "C_GetAttributeValue"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def generated_keys(bench: P11Bench) -> None:
    """Make four keys of 16 bytes that may be read, and read them: 16 bytes each, none twice."""
    session, (mechanism, length) = bench.user_session(), key_generation(bench)
    attributes: dict[int, AttributeValue] = {
        C.CKA_TOKEN: False,
        C.CKA_LABEL: bench.shared.new_name(),
        C.CKA_SENSITIVE: False,
        C.CKA_EXTRACTABLE: True,
        **length,
    }
    values = []
    for _ in range(4):
        handle = session.generate_key(Mechanism(mechanism), attributes)
        values.append(bench.value(session, handle, C.CKA_VALUE))
    if None in values:
        bench.unsupported("the token gives no key out that it has made", "令牌不导出其生成的密钥")
    lengths = {len(value or b"") for value in values}
    bench.expect(lengths == {16}, f"the keys have {sorted(lengths)} bytes", f"密钥长度为 {sorted(lengths)} 字节")
    bench.expect(len(set(values)) == len(values), "two keys are the same", "有两个密钥相同")


@GROUP.check(
    10,
    "A key that is wrapped and unwrapped is the same",
    "密钥包裹再解包后不变",
    clause=Clause(PKCS11, "5.14", "B"),
    functions=("C_WrapKey", "C_UnwrapKey"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def wrapped_key(bench: P11Bench) -> None:
    """Wrap a known key of 16 bytes block by block: what software gets; unwrap it: a key that gives the same bytes."""
    session, cipher = bench.user_session(), wrapping_cipher(bench)
    wrapping = bench.key(session, cipher.key_type, _KEY, {C.CKA_WRAP: True, C.CKA_UNWRAP: True})
    value = bytes(range(0x80, 0x90))
    readable: dict[int, AttributeValue] = {C.CKA_SENSITIVE: False, C.CKA_EXTRACTABLE: True}
    key = bench.key(session, cipher.key_type, value, readable)
    wrapped = session.wrap_key(Mechanism(cipher.mechanism), wrapping, key)
    bench.expect(
        wrapped == cipher.encrypt(_KEY, value), "the wrapped key is another one than in software", "包裹结果与软件不同"
    )
    template: dict[int, AttributeValue] = {
        C.CKA_CLASS: C.CKO_SECRET_KEY,
        C.CKA_KEY_TYPE: cipher.key_type,
        C.CKA_TOKEN: False,
        C.CKA_LABEL: bench.shared.new_name(),
        C.CKA_ENCRYPT: True,
        **readable,
    }
    again = session.unwrap_key(Mechanism(cipher.mechanism), wrapping, wrapped, template)
    block = session.encrypt(Mechanism(cipher.mechanism), again, _MESSAGE[:16])
    bench.expect(
        block == cipher.encrypt(value, _MESSAGE[:16]), "the unwrapped key is another one", "解包得到的密钥不同"
    )


# ---- block ciphers --------------------------------------------------------------------------
@GROUP.check(
    11,
    "Block ciphers are right, in one call and in parts",
    "分组密码结果正确，分段与整体一致",
    clause=Clause(PKCS11, "5.8, 5.9", "B"),
    functions=("C_EncryptUpdate", "C_EncryptFinal", "C_DecryptUpdate", "C_DecryptFinal"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def cipher_in_parts(bench: P11Bench) -> None:
    """Encrypt and decrypt 160 bytes block by block, at once and in parts of 1, 15, 16, 33 and the rest."""
    session = bench.user_session()
    ciphers = list(block_ciphers(bench))
    if not ciphers:
        any_cipher(bench)
    for cipher in ciphers:
        key = bench.key(session, cipher.key_type, _KEY)
        expected = cipher.encrypt(_KEY, _MESSAGE)
        at_once = session.encrypt(Mechanism(cipher.mechanism), key, _MESSAGE)
        bench.expect(at_once == expected, f"{cipher.name}: the ciphertext is wrong", f"{cipher.name}：密文错误")
        for name, source, target in (("Encrypt", _MESSAGE, expected), ("Decrypt", expected, _MESSAGE)):
            bench.demand(f"C_{name}Init", session.handle, bench.mechanism(cipher.mechanism), key)
            found = _parts(bench, session, name, source)
            words = (f"{cipher.name}: C_{name}Update gives another result", f"{cipher.name}：C_{name}Update 结果不同")
            bench.expect(found == target, *words)


def _parts(bench: P11Bench, session: OpenSession, name: str, data: bytes) -> bytes:
    """Encrypt or decrypt in parts."""
    pieces = [
        bench.output(f"C_{name}Update", session.handle, bench.data(part), len(part))
        for part in in_parts(data, 1, 15, 16, 33)
    ]
    return b"".join((*pieces, bench.output(f"C_{name}Final", session.handle)))


@GROUP.check(
    12,
    "AES with chaining and padding is right both ways",
    "AES 的链接与填充模式双向正确",
    clause=Clause(PKCS11_MECHANISMS, "", "B"),
    functions=("C_EncryptInit", "C_Encrypt", "C_DecryptInit", "C_Decrypt"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def aes_modes(bench: P11Bench) -> None:
    """Encrypt 160 and 21 bytes with AES-CBC, CBC with padding and CTR, and decrypt what software has encrypted."""
    from cryptography.hazmat.primitives import padding
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    session = bench.user_session()
    counter = bench.ffi.new("CK_AES_CTR_PARAMS *", {"ulCounterBits": 128, "cb": list(_IV)})
    listed = {
        name: (number, parameter, mode, data)
        for name, number, parameter, mode, data in (
            ("AES-CBC", C.CKM_AES_CBC, _IV, modes.CBC(_IV), _MESSAGE),
            ("AES-CBC-PAD", C.CKM_AES_CBC_PAD, _IV, modes.CBC(_IV), _MESSAGE[:21]),
            ("AES-CTR", C.CKM_AES_CTR, bytes(bench.ffi.buffer(counter)), modes.CTR(_IV), _MESSAGE[:21]),
        )
        if number in bench.listed
    }
    if not listed:
        bench.unsupported("the token lists no mode of AES", "令牌未列出 AES 模式")
    key = bench.key(session, C.CKK_AES, _KEY)
    for name, (number, parameter, mode, data) in listed.items():
        padder = padding.PKCS7(128).padder()
        padded = padder.update(data) + padder.finalize() if name.endswith("PAD") else data
        running = Cipher(algorithms.AES(_KEY), mode).encryptor()
        expected = running.update(padded) + running.finalize()
        mechanism = Mechanism(number, parameter)
        bench.expect(
            session.encrypt(mechanism, key, data) == expected, f"{name}: wrong ciphertext", f"{name}：密文错误"
        )
        bench.expect(session.decrypt(mechanism, key, expected) == data, f"{name}: wrong message", f"{name}：明文错误")
    bench.observe("modes", " ".join(listed))


@GROUP.check(
    13,
    "A MAC is right, and a wrong one is refused",
    "MAC 正确，错误的 MAC 被拒绝",
    clause=Clause(PKCS11_MECHANISMS, "", "B"),
    functions=("C_SignInit", "C_Sign", "C_VerifyInit", "C_Verify"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def macs(bench: P11Bench) -> None:
    """Make an HMAC with SHA-256; verify it, one with a bit changed, and one a byte short."""
    import hmac

    bench.demand_mechanism(C.CKM_SHA256_HMAC)
    session, key = bench.user_session(), bytes(range(32))
    handle = bench.key(session, C.CKK_GENERIC_SECRET, key)
    expected = hmac.digest(key, _MESSAGE, "sha256")
    found = session.sign(Mechanism(C.CKM_SHA256_HMAC), handle, _MESSAGE)
    bench.expect(found == expected, "the MAC is wrong", "MAC 错误")
    changed = bytes((expected[0] ^ 1,)) + expected[1:]
    wrong = ("CKR_SIGNATURE_INVALID", "CKR_SIGNATURE_LEN_RANGE")
    data = (bench.data(_MESSAGE), len(_MESSAGE))
    for mac, allowed, en, zh in (
        (expected, (bench.OK,), "it is right", "MAC 正确"),
        (changed, wrong[:1], "a bit is wrong", "有一比特错误"),
        (expected[:-1], wrong, "a byte is missing", "缺少一字节"),
    ):
        bench.demand("C_VerifyInit", session.handle, bench.mechanism(C.CKM_SHA256_HMAC), handle)
        bench.accepts(allowed, en, zh, "C_Verify", session.handle, *data, bench.data(mac), len(mac))


@GROUP.check(
    14,
    "A mechanism without the parameter that it needs is refused",
    "缺少必要参数的机制被拒绝",
    clause=Clause(PKCS11_MECHANISMS, "", "B"),
    functions=("C_EncryptInit",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def missing_parameter(bench: P11Bench) -> None:
    """Begin CBC without an initial vector, and with one of 8 bytes: CKR_MECHANISM_PARAM_INVALID or another refusal."""
    session = bench.user_session()
    sm4 = bench.numbers.mechanisms.get("sm4-cbc"), bench.numbers.key_types.get("sm4")
    aes = (C.CKM_AES_CBC if C.CKM_AES_CBC in bench.listed else None), C.CKK_AES
    for mechanism, kind in (sm4, aes):
        if mechanism is None or kind is None:
            continue
        key = bench.key(session, kind, _KEY)
        for parameter in (None, _IV[:8]):
            bench.accepts(
                ("CKR_MECHANISM_PARAM_INVALID", "CKR_ARGUMENTS_BAD", "CKR_MECHANISM_INVALID"),
                "CBC needs an initial vector of 16 bytes",
                "CBC 需要 16 字节初始向量",
                "C_EncryptInit",
                session.handle,
                bench.mechanism(mechanism, parameter),
                key,
            )
        return
    bench.unsupported("the token lists no CBC of SM4 or AES", "令牌未列出 SM4 或 AES 的 CBC 模式")
