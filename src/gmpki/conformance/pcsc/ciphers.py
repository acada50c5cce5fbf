"""Session keys of a card, and what is done with them, against our own SM4 (by the commands of GM/T 0017-2012)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm4
from gmpki.conformance.clauses import GBT_32918_4, GMT_0016, GMT_0027
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.cipher_calls import CBC, IV, MODES, PADDED_MODES, cut, mistake_in_cipher, plaintext, software
from gmpki.conformance.skf.known_keys import KEY
from gmpki.keys.sm2 import SM2PrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gmpki.conformance.pcsc.bench import PCSCBench
    from gmpki.conformance.skf.cipher_calls import CipherMode
    from gmpki.tokens.pcsc.container import PCSCContainer
    from gmpki.tokens.pcsc.session_keys import PCSCSessionKey

__all__ = ["GROUP"]

_KEYS: Final = Clause(GMT_0016, "7.6", "B")
_MESSAGES: Final = Clause(GMT_0016, "7.6.19-7.6.34", "B")
_WRITE: Final = (Permission.WRITE,)
_PRECONDITION: Final = Words("the card claims SM4 and the mode", "卡片声明支持 SM4 及相应模式")
_ENCRYPT: Final = ("EncryptInit", "Encrypt", "EncryptUpdate", "EncryptFinal")
_DECRYPT: Final = ("DecryptInit", "Decrypt", "DecryptUpdate", "DecryptFinal")
_BLOCK: Final = sm4.BLOCK_LEN
_MOST_KEYS: Final = 64
_LONG_LEN: Final = 3 * 1024  # more than one command takes by the driver

GROUP: Final = Group(Kind.PCSC, "ciphers", "SYM", Words("Session keys and ciphers", "会话密钥与对称加密"))


# ---- fixtures ----------------------------------------------------------------------------
def _claimed(bench: PCSCBench, modes: Iterable[CipherMode] = MODES) -> tuple[CipherMode, ...]:
    """Return those of some modes that the card claims; where it claims none the check ends as unsupported."""
    algorithms = bench.info.algorithms
    found = tuple(mode for mode in modes if f"SM4-{mode.name}" in algorithms)
    if not found:
        bench.unsupported("the card claims none of the modes of SM4", "卡片未声明支持 SM4 的相应模式")
    return found


@contextlib.contextmanager
def _known_key(container: PCSCContainer, encryption_key: SM2PrivateKey, mode: CipherMode) -> Iterator[PCSCSessionKey]:
    """Give a session key whose value is known here, and destroy it afterwards: there are cards with room for one."""
    wrapped = encryption_key.public_key.encrypt(KEY)
    with contextlib.closing(container.import_session_key(f"SM4-{mode.name}", wrapped)) as key:
        yield key


def _expect_ciphertext(bench: PCSCBench, mode: CipherMode, data: bytes, found: bytes) -> None:
    """Fail unless a ciphertext is that of our own SM4; name what it is instead."""
    if found != software(mode, data):
        mistake = mistake_in_cipher(mode, data, found)
        bench.fail(f"{mode.name} is wrong: {mistake.en}", f"{mode.name} 加密结果错误：{mistake.zh}")


# ---- keys --------------------------------------------------------------------------------
@GROUP.check(
    1,
    "A session key that is given out is the one that the card uses",
    "导出的会话密钥与卡内使用的一致",
    clause=_KEYS,
    functions=("ECCExportSessionKey", "EncryptInit", "Encrypt"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def exported_key(bench: PCSCBench) -> None:
    """Have two keys made and encrypted to a key of ours, decrypt them, and compare what the card encrypts with them."""
    mode = _claimed(bench)[0]
    container, _key = bench.signing_container()
    recipient, seen = SM2PrivateKey.generate(), set()
    for _ in range(2):
        key, wrapped = container.new_session_key(f"SM4-{mode.name}", recipient.public_key)
        with contextlib.closing(key):
            value = recipient.decrypt(wrapped)
            bench.expect(len(value) == len(KEY), f"the key has {len(value)} bytes", f"密钥为 {len(value)} 字节")
            found = key.encrypt(plaintext(_BLOCK), iv=mode.iv)
        wanted = software(mode, plaintext(_BLOCK), key=value)
        bench.expect(found == wanted, "the card encrypts with another key", "卡片使用了不同的密钥加密")
        seen.add(value)
    bench.expect(len(seen) == 2, "two session keys are the same", "两个会话密钥相同")


@GROUP.check(
    2,
    "A session key comes from outside only with login",
    "未登录不能导入会话密钥",
    clause=_KEYS,
    functions=("ImportSessionKey",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def importing_needs_login(bench: PCSCBench) -> None:
    """Log out, and import a session key: that uses the private key."""
    dual = bench.dual_container()
    bench.logout()
    wrapped = dual.encryption_key.public_key.encrypt(KEY)
    refused = bench.is_refused("ImportSessionKey", dual.container.import_session_key, "SM4-ECB", wrapped)
    bench.expect(refused, "anybody uses the private key", "任何人都可使用私钥")


@GROUP.check(
    3,
    "A session key that was changed on its way is refused",
    "被篡改的会话密钥密文被拒绝",
    clause=Clause(GBT_32918_4, "7.1", "B"),
    functions=("ImportSessionKey",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def changed_envelope(bench: PCSCBench) -> None:
    """Import a key encrypted to another, and one of which a bit of C2 or C3 is wrong."""
    dual = bench.dual_container()
    right = dual.encryption_key.public_key.encrypt(KEY)
    last = right[:-1] + bytes((right[-1] ^ 1,))
    # Of the DER the octet string C3 comes before C2, which is the end.
    middle = len(right) - len(KEY) - 2 - 1
    hash_bit = right[:middle] + bytes((right[middle] ^ 1,)) + right[middle + 1 :]
    for wrapped, en, zh in (
        (SM2PrivateKey.generate().public_key.encrypt(KEY), "encrypted to another key", "以其他公钥加密"),
        (last, "with a wrong bit in C2", "C2 有错误比特"),
        (hash_bit, "with a wrong bit in C3", "C3 有错误比特"),
    ):
        refused = bench.is_refused("ImportSessionKey", dual.container.import_session_key, "SM4-ECB", wrapped)
        bench.expect(refused, f"a session key {en} is imported", f"接受了{zh}的会话密钥")


@GROUP.check(
    4,
    "A session key that was destroyed is gone, and so are all after a reset",
    "会话密钥销毁或复位后失效",
    clause=_KEYS,
    functions=("DestroySessionKey", "EncryptInit"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def destroyed_key(bench: PCSCBench) -> None:
    """Destroy a key, and begin to encrypt by its number; make one, reset the card, and do the same."""
    container, point = bench.signing_container()
    for resets in (False, True):
        key, _wrapped = container.new_session_key("SM4-ECB", point)
        number = bench.number_of_key(key)
        if resets:
            bench.reset()
        else:
            key.close()
        en, zh = ("after a reset", "复位后") if resets else ("after it was destroyed", "销毁后")
        bench.refuses(f"{en} the key still works", f"{zh}会话密钥仍可使用", "EncryptInit", number + b"\0")


@GROUP.check(
    5,
    "How many session keys there can be",
    "可同时存在的会话密钥数量",
    clause=Clause(GMT_0027, "", "C"),
    functions=("ECCExportSessionKey", "DestroySessionKey"),
    severity=Severity.INFORMATION,
    needs=_WRITE,
)
def how_many_keys(bench: PCSCBench) -> None:
    """Make session keys until one is refused, at most 64, and tell how many; then destroy one and make one."""
    container, point = bench.signing_container()
    keys: list[PCSCSessionKey] = []
    refused = None

    def make() -> None:
        keys.append(container.new_session_key("SM4-ECB", point)[0])
        bench.later(keys[-1].close)

    while len(keys) < _MOST_KEYS and refused is None:
        refused = bench.refusal("ECCExportSessionKey", make)
    bench.observe("session keys", f"{len(keys)}{' or more' if refused is None else ''}")
    if refused is not None and keys:
        keys.pop().close()
        make()


# ---- ciphers -----------------------------------------------------------------------------
@GROUP.check(
    6,
    "SM4 is right in every mode that the card claims",
    "卡片声明的各 SM4 模式计算正确",
    clause=_MESSAGES,
    functions=("ImportSessionKey", *_ENCRYPT, *_DECRYPT),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def known_answers(bench: PCSCBench) -> None:
    """Encrypt seven blocks, one, and more than one command takes, compare with software, and decrypt them again."""
    modes, dual = _claimed(bench), bench.dual_container()
    for mode in modes:
        with _known_key(dual.container, dual.encryption_key, mode) as key:
            # Seven first: of one block alone some mistakes look like another mode.
            for length in (7 * _BLOCK, _BLOCK, _LONG_LEN):
                data = plaintext(length)
                _expect_ciphertext(bench, mode, data, key.encrypt(data, iv=mode.iv))
                back = key.decrypt(software(mode, data), iv=mode.iv)
                bench.expect(back == data, f"{mode.name} decrypts wrong", f"{mode.name} 解密结果错误")
    bench.observe("modes", ", ".join(mode.name for mode in modes))


@GROUP.check(
    7,
    "A message in pieces is encrypted as one",
    "分段加密与一次加密结果相同",
    clause=_MESSAGES,
    functions=("EncryptInit", "EncryptUpdate", "EncryptFinal"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def pieces(bench: PCSCBench) -> None:
    """Encrypt nine blocks in pieces of 16, of 48, and of 1, 15, 17 and 31 bytes, in every mode claimed."""
    modes, dual, data = _claimed(bench), bench.dual_container(), plaintext(9 * _BLOCK)
    for mode in modes:
        with _known_key(dual.container, dual.encryption_key, mode) as key:
            for lengths in ((16,) * 9, (48, 48, 48), (1, 15, 17, 31)):
                bench.call("EncryptInit", bench.number_of_key(key) + b"\0" + mode.iv)
                parts = [
                    bench.call("EncryptUpdate", bench.number_of_key(key) + part, le=-1) for part in cut(data, lengths)
                ]
                parts.append(bench.call("EncryptFinal", bench.number_of_key(key), le=-1))
                shown = ", ".join(str(length) for length in lengths[:4])
                bench.expect(
                    b"".join(parts) == software(mode, data),
                    f"{mode.name} is another in pieces of {shown} bytes",
                    f"{mode.name} 按 {shown} 字节分段时结果错误",
                )


@GROUP.check(
    8,
    "Padding is that of PKCS #7, and a wrong one is refused",
    "填充符合 PKCS#7，错误的填充被拒绝",
    clause=_MESSAGES,
    functions=("EncryptInit", "Encrypt", "DecryptInit", "Decrypt"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def padding(bench: PCSCBench) -> None:
    """Encrypt 1, 15, 16 and 17 bytes with padding; decrypt blocks that end wrong."""
    modes, dual = _claimed(bench, PADDED_MODES), bench.dual_container()
    for mode in modes:
        with _known_key(dual.container, dual.encryption_key, mode) as key:
            for length in (1, 15, 16, 17):
                data = plaintext(length)
                wanted = software(mode, data, padding=1)
                found = key.encrypt(data, iv=mode.iv, padding=True)
                bench.expect(found == wanted, f"{length} bytes are padded otherwise", f"{length} 字节的填充错误")
                back = key.decrypt(wanted, iv=mode.iv, padding=True)
                bench.expect(back == data, f"padding of {length} bytes is not removed", f"{length} 字节的填充未去除")
            for end in (bytes(_BLOCK), bytes((17,)) * _BLOCK, bytes(_BLOCK - 2) + b"\x01\x02"):
                bench.call("DecryptInit", bench.number_of_key(key) + b"\1" + mode.iv)
                data = bench.number_of_key(key) + software(mode, end)
                en = f"padding that ends with {end[-1]:02X} is accepted"
                bench.refuses(en, "接受了错误的填充", "Decrypt", data, le=-1)


@GROUP.check(
    9,
    "Without padding a part of a block is refused",
    "无填充时不完整分组被拒绝",
    clause=_MESSAGES,
    functions=("EncryptInit", "Encrypt"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def part_of_a_block(bench: PCSCBench) -> None:
    """Encrypt 15 and 17 bytes in ECB and CBC."""
    modes, dual = _claimed(bench, PADDED_MODES), bench.dual_container()
    for mode in modes:
        with _known_key(dual.container, dual.encryption_key, mode) as key:
            for length in (_BLOCK - 1, _BLOCK + 1):
                bench.call("EncryptInit", bench.number_of_key(key) + b"\0" + mode.iv)
                en, zh = f"{length} bytes are encrypted in {mode.name}", f"{mode.name} 接受了 {length} 字节"
                bench.refuses(en, zh, "Encrypt", bench.number_of_key(key) + plaintext(length), le=-1)


@GROUP.check(
    10,
    "A MAC is the last block of CBC encryption",
    "MAC 为 CBC 加密结果的最后一个分组",
    clause=_MESSAGES,
    functions=("MacInit", "Mac", "MacUpdate", "MacFinal"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def macs(bench: PCSCBench) -> None:
    """Make MACs of one block, of seven, and of more than one command takes, with an IV of zeros and with another."""
    (mode,) = _claimed(bench, (CBC,))
    dual = bench.dual_container()
    with _known_key(dual.container, dual.encryption_key, mode) as key:
        for iv in (bytes(_BLOCK), IV):
            for length in (_BLOCK, 7 * _BLOCK, _LONG_LEN):
                data = plaintext(length)
                found = key.mac(data, iv=iv)
                ignored = software(mode, data, iv=bytes(_BLOCK))[-_BLOCK:]
                bench.expect(iv == bytes(_BLOCK) or found != ignored, "the IV is ignored", "忽略了 IV")
                wanted = software(mode, data, iv=iv)[-_BLOCK:]
                bench.expect(found == wanted, f"the MAC of {length} bytes is wrong", f"{length} 字节的 MAC 错误")
