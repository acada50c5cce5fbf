"""Vectors for SM4 in GCM and CCM, and for its MACs."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from peers import gcrypt, openssl_sm4
from reference import sm4_wide
from reference.sm4 import SM4
from vectorfile import Document, Group, Source, Test, agree, decode, document, draw, repeated, tests

_FLAGS = {
    "Standard": "published example",
    "Length": "one of a run of lengths",
    "Nonce": "a nonce of unusual length",
    "Tag": "a tag of unusual length",
    "Counter": "a counter that carries or wraps",
    "Modified": "a part of a valid message was changed, which must be refused",
    "OutOfRange": "a length that must be refused",
}
_GENERATED = "Others: vectors/generate/sm4_aead_files.py with the reference in vectors/generate/reference."
_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
_NONCE = bytes.fromhex("00001234567800000000abcd")
_ASSOCIATED = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
_TEXT = bytes.fromhex("".join(digit * 16 for digit in "abcdefea"))
Seal = Callable[[bytes, bytes, bytes, bytes, int], tuple[bytes, bytes]]


def _gcm(key: bytes, nonce: bytes, associated_data: bytes, text: bytes, tag_len: int) -> tuple[bytes, bytes]:
    ciphertext, tag = sm4_wide.gcm(key, nonce, associated_data, text)
    return ciphertext, tag[:tag_len]


def _add(
    group: Group,
    seal: Seal,
    comment: str,
    flags: list[str],
    *,
    label: str,
    size: int = 40,
    associated_len: int = 0,
    nonce: bytes | None = None,
    tag_len: int = 16,
) -> None:
    key, text = draw(f"{label} key", 16), draw(f"{label} text", size)
    associated_data = draw(f"{label} associated", associated_len)
    nonce = draw(f"{label} nonce", 12) if nonce is None else nonce
    ciphertext, tag = seal(key, nonce, associated_data, text, tag_len)
    group.add(
        comment,
        "valid",
        flags,
        key=key,
        nonce=nonce,
        associated_data=associated_data,
        plaintext=text,
        ciphertext=ciphertext,
        tag=tag,
    )


def _lengths(name: str, seal: Seal) -> Group:
    group = Group("Aead")
    for size in range(301):
        _add(group, seal, f"{size} bytes", ["Length"], label=f"{name} {size}", size=size, associated_len=size * 7 % 45)
    for size in [*range(34), 63, 64, 65, 300]:
        _add(
            group, seal, f"{size} bytes of associated data", ["Length"], label=f"{name} ad {size}", associated_len=size
        )
    _add(group, seal, "no message", [], label=f"{name} ad alone", size=0, associated_len=50)
    return group


def _modified(seal: Seal) -> Group:
    """Messages of which one part was changed."""
    key, nonce, text, associated = draw("mod key", 16), draw("mod nonce", 12), draw("mod text", 37), draw("mod ad", 21)
    ciphertext, tag = seal(key, nonce, associated, text, 16)
    whole = {"key": key, "nonce": nonce, "associated_data": associated, "ciphertext": ciphertext, "tag": tag}
    group = Group("Aead")

    def flip(data: bytes, bit: int) -> bytes:
        return bytes(b ^ (1 << bit % 8 if i == bit // 8 else 0) for i, b in enumerate(data))

    for bit in range(128):
        group.add(f"bit {bit} of the tag flipped", "invalid", ["Modified"], **{**whole, "tag": flip(tag, bit)})
    for name in ("key", "nonce", "associated_data", "ciphertext"):
        data = whole[name]
        for bit in (0, 7, 8 * len(data) // 2, 8 * len(data) - 1):
            group.add(f"bit {bit} of {name} flipped", "invalid", ["Modified"], **{**whole, name: flip(data, bit)})
    for comment, change in (
        ("tag of zeros", {"tag": bytes(16)}),
        ("tag of ones", {"tag": b"\xff" * 16}),
        ("every bit of the tag flipped", {"tag": bytes(b ^ 0xFF for b in tag)}),
        ("ciphertext cut by a byte", {"ciphertext": ciphertext[:-1]}),
        ("ciphertext longer by a byte", {"ciphertext": ciphertext + b"\0"}),
        ("ciphertext missing", {"ciphertext": b""}),
        ("associated data missing", {"associated_data": b""}),
        ("associated data longer by a zero", {"associated_data": associated + b"\0"}),
        ("associated data moved into the ciphertext", {"associated_data": b"", "ciphertext": associated + ciphertext}),
    ):
        group.add(comment, "invalid", ["Modified"], **{**whole, **change})
    return group


def _bad_lengths(nonces: tuple[int, ...], tags: tuple[int, ...]) -> Group:
    group = Group("Aead", {"key": _KEY, "associated_data": _ASSOCIATED, "ciphertext": bytes(20)})
    for size in nonces:
        group.add(f"nonce of {size} bytes", "invalid", ["OutOfRange"], nonce=bytes(size), tag=bytes(16))
    for size in tags:
        group.add(f"tag of {size} bytes", "invalid", ["OutOfRange"], nonce=_NONCE, tag=bytes(size))
    for size in (0, 15, 17, 32):
        group.add(f"key of {size} bytes", "invalid", ["OutOfRange"], key=bytes(size), nonce=_NONCE, tag=bytes(16))
    return group


def _gcm_nonce_for(key: bytes, first_counter: bytes) -> bytes:
    """The nonce of 16 bytes from which GCM makes this first counter block: GHASH solved backwards."""
    h = int.from_bytes(SM4(key).encrypt(bytes(16)), "big")
    # h^(2^128 - 2) is the inverse of h: the product of h^(2^i) for i in 1 .. 127.
    squares = [h]
    for _ in range(127):
        squares.append(sm4_wide.gf_multiply(squares[-1], squares[-1]))
    inverse = reduce(sm4_wide.gf_multiply, squares[1:])
    inner = sm4_wide.gf_multiply(int.from_bytes(first_counter, "big"), inverse) ^ 128
    return sm4_wide.gf_multiply(inner, inverse).to_bytes(16, "big")


def gcm_file() -> Document:
    """GCM."""
    standard = Group("Aead")
    standard.add(
        "RFC 8998 A.1",
        "valid",
        ["Standard"],
        key=_KEY,
        nonce=_NONCE,
        associated_data=_ASSOCIATED,
        plaintext=_TEXT,
        tag=bytes.fromhex("83de3541e4c2b58177e065a9bf7b62ec"),
        ciphertext=bytes.fromhex(
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
            "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        ),
    )
    special = Group("Aead")
    for size in [*range(1, 34), 64, 128, 300]:
        _add(special, _gcm, f"nonce of {size} bytes", ["Nonce"], label=f"gcm nonce {size}", nonce=draw("gcm n", size))
    for tag_len in (4, 8, 12, 13, 14, 15):
        _add(special, _gcm, f"tag of {tag_len} bytes", ["Tag"], label=f"gcm tag {tag_len}", tag_len=tag_len)
    for low in (0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFF0, 0xFFFF, 0xFFFFFF):
        label = f"gcm counter {low}"
        nonce = _gcm_nonce_for(draw(f"{label} key", 16), draw(label, 12) + low.to_bytes(4, "big"))
        _add(special, _gcm, f"first counter ends in {low:08x}", ["Counter"], label=label, size=300, nonce=nonce)
    groups = [
        standard,
        _lengths("gcm", _gcm),
        special,
        _modified(_gcm),
        _bad_lengths((0,), (0, 1, 2, 3, 5, 6, 7, 9, 17)),
    ]
    return document("SM4-GCM", f"RFC 8998 A.1, GB/T 36624-2018. {_GENERATED}", groups, flags=_FLAGS)


def ccm_file() -> Document:
    """CCM."""
    standard = Group("Aead")
    standard.add(
        "RFC 8998 A.2",
        "valid",
        ["Standard"],
        key=_KEY,
        nonce=_NONCE,
        associated_data=_ASSOCIATED,
        plaintext=_TEXT,
        tag=bytes.fromhex("16842d4fa186f56ab33256971fa110f4"),
        ciphertext=bytes.fromhex(
            "48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094"
            "fd12e518ce062c98acee28d95df4416bed31a2f04476c18bb40c84a74b97dc5b"
        ),
    )
    special = Group("Aead")
    for size in range(7, 14):
        _add(
            special, sm4_wide.ccm, f"nonce of {size} bytes", ["Nonce"], label=f"ccm nonce {size}", nonce=draw("n", size)
        )
        _add(
            special,
            sm4_wide.ccm,
            f"nonce of {size} bytes, 4200 bytes",
            ["Nonce", "Counter"],
            label=f"ccm long {size}",
            nonce=draw("long", size),
            size=4200,
        )
    for tag_len in (4, 6, 8, 10, 12, 14):
        _add(special, sm4_wide.ccm, f"tag of {tag_len} bytes", ["Tag"], label=f"ccm tag {tag_len}", tag_len=tag_len)
    for count in (0xFEFF, 0xFF00, 0xFF01, 0x10000):
        ciphertext, tag = sm4_wide.ccm(_KEY, _NONCE, b"\xa5" * count, _TEXT, 16)
        special.add(
            f"{count} bytes of associated data",
            "valid",
            ["Length"],
            key=_KEY,
            nonce=_NONCE,
            plaintext=_TEXT,
            associated_data=repeated(b"\xa5", count),
            ciphertext=ciphertext,
            tag=tag,
        )
    refused = Group("AeadEncrypt", {"key": _KEY, "associated_data": b"", "tag_size": 16})
    refused.add(
        "a message too long for a nonce of 13 bytes",
        "invalid",
        ["OutOfRange"],
        nonce=bytes(13),
        plaintext=repeated(b"\0", 0x10000),
    )
    groups = [
        standard,
        _lengths("ccm", sm4_wide.ccm),
        special,
        _modified(sm4_wide.ccm),
        _bad_lengths((0, 6, 14), (0, 1, 2, 3, 5, 7, 9, 11, 13, 15, 17)),
        refused,
    ]
    return document("SM4-CCM", f"RFC 8998 A.2, GB/T 36624-2018. {_GENERATED}", groups, flags=_FLAGS)


def _sealed(test: Test) -> tuple[bytes, bytes, bytes, bytes, int]:
    key, nonce, associated, text = (decode(test[n]) for n in ("key", "nonce", "associated_data", "plaintext"))
    return key, nonce, associated, text, len(decode(test["tag"]))


def _confirm_gcm_openssl(doc: Document) -> int:
    count = 0
    for test in tests(doc):
        if test["result"] == "valid" and 8 <= len(decode(test["nonce"])) <= 128:  # what cryptography takes
            key, nonce, associated, text, tag_len = _sealed(test)
            ciphertext, tag = openssl_sm4.gcm(key, nonce, associated, text)
            count += agree((ciphertext.hex(), tag[:tag_len].hex()), (test["ciphertext"], test["tag"]), test)
    return count


def _confirm_gcrypt(mode: str) -> Callable[[Document], int]:
    def confirmer(doc: Document) -> int:
        count = 0
        for test in tests(doc):
            if test["result"] == "valid":
                key, nonce, associated, text, tag_len = _sealed(test)
                ciphertext, tag = gcrypt.seal(mode, key, nonce, associated, text, tag_len)
                count += agree((ciphertext.hex(), tag.hex()), (test["ciphertext"], test["tag"]), test)
        return count

    return confirmer


def _mac_tags(group: Group, tag: bytes) -> None:
    for size in range(1, 17):
        group.add(f"tag of {size} bytes", "valid", ["Tag"], tag=tag[:size])
    for bit in range(0, 128, 9):
        flipped = bytes(b ^ (1 << bit % 8 if i == bit // 8 else 0) for i, b in enumerate(tag))
        group.add(f"bit {bit} of the tag flipped", "invalid", ["Modified"], tag=flipped)


def cmac_file() -> Document:
    """CMAC of every length."""
    standard = Group("Mac", {"key": _KEY})
    for message, tag in (
        (b"", "29e154322e5c7bd8ee6a25ba549b24bc"),
        (b"This is the test message for mac", "692c437100f3b5ee2b8abcef373d990c"),
        (b"This is the test message ", "4738a6c760b280fc0c8a8af3886e9f5d"),
    ):
        standard.add("GB/T 15852.1-2020 annex B", "valid", ["Standard"], message=message, tag=bytes.fromhex(tag))
    lengths = Group("Mac")
    for size in range(301):
        key, message = draw(f"cmac key {size}", 16), draw(f"cmac {size}", size)
        lengths.add(f"{size} bytes", "valid", ["Length"], key=key, message=message, tag=sm4_wide.cmac(key, message))
    cut = Group("Mac", {"key": _KEY, "message": _TEXT})
    _mac_tags(cut, sm4_wide.cmac(_KEY, _TEXT))
    source = f"GB/T 15852.1-2020 annex B, as the test code of emmansun/gmsm has it. {_GENERATED}"
    return document("SM4-CMAC", source, [standard, lengths, cut], flags=_FLAGS)


def cbc_mac_file() -> Document:
    """CBC-MAC of whole blocks."""
    standard = Group("Mac", {"key": _KEY})
    for message, tag in (
        (b"This is the test message for mac", "16e02904efb765b7"),
        (b"This is the test message for mac\x80" + bytes(15), "4b6553af3c4e27448412315ac7849535"),
        (b"This is the test message \x80" + bytes(6), "421ad1690aa152e2846fa2a5d83445a9"),
    ):
        standard.add(
            "GB/T 15852.1-2020 annex B, padding included",
            "valid",
            ["Standard"],
            message=message,
            tag=bytes.fromhex(tag),
        )
    lengths = Group("Mac")
    for size in range(16, 321, 16):
        key, message = draw(f"cbc mac key {size}", 16), draw(f"cbc mac {size}", size)
        lengths.add(f"{size} bytes", "valid", ["Length"], key=key, message=message, tag=sm4_wide.cbc_mac(key, message))
    cut = Group("Mac", {"key": _KEY, "message": _TEXT})
    _mac_tags(cut, sm4_wide.cbc_mac(_KEY, _TEXT))
    for size in (0, 1, 15, 17, 63):
        cut.add(f"{size} bytes, no whole blocks", "invalid", ["OutOfRange"], message=_TEXT[:size], tag=bytes(16))
    source = f"GB/T 15852.1-2020 annex B, as the test code of emmansun/gmsm has it. {_GENERATED}"
    return document("SM4-CBC-MAC", source, [standard, lengths, cut], flags=_FLAGS)


def _confirm_mac(mac: Callable[[bytes, bytes], bytes]) -> Callable[[Document], int]:
    def confirmer(doc: Document) -> int:
        count = 0
        for test in tests(doc):
            if "OutOfRange" not in test["flags"]:
                tag = decode(test["tag"])
                matches = mac(decode(test["key"]), decode(test["message"]))[: len(tag)] == tag
                count += agree("valid" if matches else "invalid", test["result"], test)
        return count

    return confirmer


def _openssl_cbc_mac(key: bytes, data: bytes) -> bytes:
    return openssl_sm4.cbc(key, bytes(16), data)[-16:]


FILES = (
    Source("sm4/gcm.json", gcm_file, ((openssl_sm4.NAME, _confirm_gcm_openssl), (gcrypt.NAME, _confirm_gcrypt("GCM")))),
    Source("sm4/ccm.json", ccm_file, ((gcrypt.NAME, _confirm_gcrypt("CCM")),)),
    Source(
        "sm4/cmac.json",
        cmac_file,
        ((openssl_sm4.NAME, _confirm_mac(openssl_sm4.cmac)), (gcrypt.NAME, _confirm_mac(gcrypt.cmac))),
    ),
    Source(
        "sm4/cbc_mac.json",
        cbc_mac_file,
        ((f"{openssl_sm4.NAME}: the last block of CBC", _confirm_mac(_openssl_cbc_mac)),),
    ),
)
