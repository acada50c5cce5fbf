"""Name the mistake in an SM2 signature or ciphertext: read it again as a careless driver would have made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki.algorithms import sm3
from gmpki.algorithms.kdf import sm3_kdf
from gmpki.conformance.model import Words
from gmpki.conformance.skf.sm2_blobs import NUMBER_LEN, ORDER, RIGHT, number_of, on_curve
from gmpki.errors import InvalidSignature
from gmpki.keys.sm2 import SM2PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gmpki.conformance.skf.sm2_blobs import CipherParts, Form
    from gmpki.keys.sm2 import SM2PrivateKey

__all__ = [
    "digests_signed",
    "holds",
    "mistake_in",
    "mistake_in_ciphertext",
    "moved_back",
    "random_number_repeats",
    "swapped",
]


def swapped(pair: bytes) -> bytes:
    """Return s || r."""
    return pair[NUMBER_LEN:] + pair[:NUMBER_LEN]


def digests_signed(key: SM2PublicKey, e: bytes) -> Iterator[tuple[bytes, Words]]:
    """Yield what a careless signer signs instead of e, and what that is called; first e itself."""
    yield e, Words("", "")
    yield sm3.digest(e), Words("the digest is hashed once more", "对摘要又做了一次杂凑")
    yield key.digest(e), Words("Z is put before the digest, and both hashed again", "在摘要前加了 Z 并再次杂凑")
    yield (
        key.digest(e, user_id=b""),
        Words("Z of an empty ID is put before the digest, and both hashed again", "在摘要前加了空 ID 的 Z 并再次杂凑"),
    )
    yield e[::-1], Words("the bytes of the digest are reversed", "摘要字节序颠倒")


def holds(key: SM2PublicKey, e: bytes, signature: bytes) -> bool:
    """Tell whether a signature r || s of a digest holds."""
    try:
        key.verify_digest(signature, e)
    except InvalidSignature:
        return False
    return True


def mistake_in(key: SM2PublicKey, e: bytes, readings: Iterable[tuple[Form, bytes]]) -> Words | None:
    """Return what is wrong with a signature; None where it holds.

    :param readings: r || s as each form has it, of :data:`~gmpki.conformance.skf.sm2_blobs.FORMS`.
    """
    for form, pair in readings:
        for signature, order in (
            (pair, Words("", "")),
            (swapped(pair), Words("r and s are swapped", "r 与 s 互换")),
        ):
            for digest, name in digests_signed(key, e):
                if holds(key, digest, signature):
                    form_words = Words("", "") if form is RIGHT else form.words
                    found = [words for words in (form_words, order, name) if words.en]
                    if not found:
                        return None
                    return Words("; ".join(w.en for w in found), "；".join(w.zh for w in found))
    return Words("no known mistake explains it", "原因不明")


def random_number_repeats(signatures: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether two signatures were made with the same random number k.

    r = e + x1 mod n, where x1 is a coordinate of [k]G: r - e shows it (GB/T 32918.2-2016 6.1, A5).

    :param signatures: e and r || s of each.
    """
    seen = [(number_of(pair[:NUMBER_LEN]) - number_of(e)) % ORDER for e, pair in signatures]
    return len(set(seen)) != len(seen)


def moved_back(pair: bytes) -> tuple[bytes, ...]:
    """Return what a signature was before zero bytes were dropped: of r, of s, of both."""
    r, s = pair[:NUMBER_LEN], pair[NUMBER_LEN:]
    back_r, back_s = b"\0" + r[:-1], b"\0" + s[:-1]
    return back_r + s, r + back_s, back_r + back_s


def mistake_in_ciphertext(
    key: SM2PrivateKey, message: bytes, readings: Iterable[tuple[Form, CipherParts]]
) -> Words | None:
    """Return what is wrong with a ciphertext whose message is known; None where it is right.

    :param key: the receiver's private key.
    :param readings: the ciphertext as each form has it.
    """
    for form, parts in readings:
        if not on_curve(parts.c1):
            continue
        mistake = _mistake_behind_c1(key.ecdh(SM2PublicKey.from_bytes(parts.c1)), message, parts)
        if form is RIGHT or mistake is None:
            return mistake if form is RIGHT else form.words
    return Words("C1 is not on the curve", "C1 不在曲线上")


def _mistake_behind_c1(shared: bytes, message: bytes, parts: CipherParts) -> Words | None:
    """Return what is wrong with C2 and C3.

    :param shared: x2 || y2.
    """
    x, y = shared[:NUMBER_LEN], shared[NUMBER_LEN:]
    stream = sm3_kdf(shared, len(message))
    c2, c3 = bytes(a ^ b for a, b in zip(message, stream, strict=True)), sm3.digest(x + message + y)
    if (parts.c2, parts.c3) == (c2, c3):
        return None
    if (parts.c3, parts.c2) == (c2[: len(parts.c3)], c3):
        return Words("C2 and C3 are swapped, the order C1 C2 C3 of 2010", "C2 与 C3 互换（2010 年的 C1C2C3 次序）")
    if parts.c2 == message:
        return Words("C2 is the message: the key stream is all zeros", "C2 即明文：密钥流全零")
    if parts.c2 != c2:
        return Words("C2 is not the message with the key stream over it", "C2 不是明文与密钥流的异或")
    for hashed, words in (
        (message, Words("C3 is SM3(M) instead of SM3(x2 || M || y2)", "C3 为 SM3(M)，而非 SM3(x2‖M‖y2)")),
        (message + x + y, Words("C3 is SM3(M || x2 || y2)", "C3 为 SM3(M‖x2‖y2)")),
        (x + y + message, Words("C3 is SM3(x2 || y2 || M)", "C3 为 SM3(x2‖y2‖M)")),
    ):
        if parts.c3 == sm3.digest(hashed):
            return words
    if not any(parts.c3):
        return Words("C3 is not written: HASH holds zeros", "未写入 C3：HASH 字段全零")
    return Words("C3 is not SM3(x2 || M || y2)", "C3 不是 SM3(x2‖M‖y2)")
