"""sm2/sign_verify.json: what a verifier of SM2 signatures must take and must refuse."""

from __future__ import annotations

from itertools import count

from peers import libcrypto, sm2_verdicts
from reference import der, sm2, sm3
from reference.sm2 import G, N
from sm2_damaged import damaged_signatures
from sm2_equation import (
    Case,
    add,
    bad_keys,
    digests,
    edge_values,
    encoded_key,
    meeting_sums,
    out_of_range,
    special_keys,
    wrong_x,
    x_above_order,
)
from sm2_nonce_files import raw
from sm2_specials import with_leading_zeros
from vectorfile import Document, Group, Source, Test, agree, decode, document, draw, draw_number, repeated, tests

_FLAGS = {
    "Length": "messages and user ids of many lengths",
    "UserId": "a user id other than the one that was signed, or none at all",
    "EdgeValue": "r, s, r + s or e at the edge of its range",
    "XAboveOrder": "x1 of the computed point lies in [n, p)",
    "WrongX": "the equation holds for a wrong x1 only",
    "SpecialKey": "a public key that is a small multiple of G, or has a small coordinate",
    "Doubling": "sG and tP, or a part of sG, are one point or opposite",
    "Infinity": "sG + tP is the point at infinity, which must be refused whatever x it is given",
    "OutOfRange": "r or s outside [1, n-1], or r + s = n, where the equation would hold",
    "BadKey": "a public key that is no point of the curve",
    "Modified": "a valid signature, or what it signs, was changed",
    "Encoding": "not the strict DER of the signature",
    "Truncated": "the first bytes of a valid signature",
    "Ambiguous": "DER of 64 bytes, or a raw signature that begins like DER",
}

NOTES = [
    "The lists under peers name the tests that another implementation answered wrongly when it was asked.",
    "OpenSSL libcrypto takes the point at infinity, written as one zero byte, for a public key, and verifies with it.",
    "gmssl (PyPI) takes r = 0 and s >= n, public keys off the curve and coordinates that are not below p.",
    "gmssl skips zero bytes before an INTEGER, what follows s in the SEQUENCE, and what follows a raw signature.",
    "gmssl refuses valid signatures whose sG and tP are one point, and those of the keys 11 G and -11 G.",
]


def _messages() -> list[Group]:
    """Signatures of messages, as everybody makes them."""
    groups = []
    scalars = {
        "drawn": draw_number("verify key", N - 1),
        "1": 1,
        "2": 2,
        "n-2": N - 2,
        "n-3": N - 3,
        "one with x that begins with 00": with_leading_zeros("x zeros 1", 0),
        "one with y that begins with 00": with_leading_zeros("y zeros 1", 1),
    }
    sizes = [*range(131), 191, 192, 193, 255, 256, 257, 1000]
    for name, d in scalars.items():
        public = sm2.base(d)
        group = Group(
            "Verify", {"private_key": sm2.number(d), "public_key": encoded_key(public), "user_id": sm2.DEFAULT_USER_ID}
        )
        for i, size in enumerate(sizes if name == "drawn" else (0, 20, 64)):
            message = draw(f"verify message {name} {size}", size)
            r, s = sm2.sign(
                d, sm2.digest(public, sm2.DEFAULT_USER_ID, message), draw_number(f"verify {name} {size}", N)
            )
            der_form = i % 2 == 0
            group.add(
                f"{size} bytes, d = {name}",
                "valid",
                ["Length"],
                message=message,
                encoding="DER" if der_form else "RAW",
                signature=der.signature(r, s) if der_form else raw((r, s)),
            )
        groups.append(group)
    return groups


def _user_ids() -> Group:
    """User ids of many lengths, and signatures under another one."""
    d = draw_number("verify id", N - 1)
    public, message = sm2.base(d), b"who signed this?"
    group = Group(
        "Verify",
        {"private_key": sm2.number(d), "public_key": encoded_key(public), "message": message, "encoding": "RAW"},
    )

    def signature(label: str, e: int) -> bytes:
        return raw(sm2.sign(d, e, draw_number(f"user id k {label}", N)))

    for size in (0, 1, 15, 16, 17, 31, 32, 33, 55, 56, 63, 64, 65, 255, 256, 8190, 8191):
        user_id = b"\xa5" * size
        group.add(
            f"user id of {size} bytes",
            "valid",
            ["Length"],
            user_id=repeated(b"\xa5", size),
            signature=signature(str(size), sm2.digest(public, user_id, message)),
        )
    group.add(
        "user id of 8192 bytes",
        "invalid",
        ["OutOfRange"],
        user_id=repeated(b"\xa5", 8192),
        signature=signature("8192", 7),
    )
    default, other = sm2.DEFAULT_USER_ID, b"ALICE123@YAHOO.COM"
    wrong_e = {
        "signed under the empty id": sm2.digest(public, b"", message),
        "signed under another id": sm2.digest(public, other, message),
        "signed under the default id without its last character": sm2.digest(public, default[:-1], message),
        "signed under the default id and a zero byte": sm2.digest(public, default + b"\0", message),
        "signed over the plain hash, without ZA": int.from_bytes(sm3.sm3(message), "big"),
        "signed over the message itself as e": int.from_bytes(message.ljust(32, b"\0"), "big"),
        "signed over ZA alone": int.from_bytes(sm2.za(public, default), "big"),
        "signed over SM3(message) under ZA": sm2.digest(public, default, sm3.sm3(message)),
        "signed under ZA of another key": sm2.digest(G, default, message),
        "signed with the message before ZA": int.from_bytes(sm3.sm3(message + sm2.za(public, default)), "big"),
    }
    for comment, e in wrong_e.items():
        group.add(comment, "invalid", ["UserId"], user_id=default, signature=signature(comment, e))
    group.add(
        "signed under the default id, verified under the empty one",
        "invalid",
        ["UserId"],
        user_id=b"",
        signature=signature("default", sm2.digest(public, default, message)),
    )
    return group


def _modified() -> Group:
    """One valid signature with one bit changed, in it or in what it signs."""
    d, e = draw_number("modified", N - 1), draw_number("modified e", N)
    public = sm2.base(d)
    r, s = sm2.sign(d, e, draw_number("modified k", N))
    group = Group("VerifyDigest")
    add(group, "the signature that is changed below", "valid", [], public, e, r, s)
    for bit in range(0, 256, 9):
        add(group, f"bit {bit} of r flipped", "invalid", ["Modified"], public, e, r ^ 1 << bit, s)
        add(group, f"bit {bit} of s flipped", "invalid", ["Modified"], public, e, r, s ^ 1 << bit)
        add(group, f"bit {bit} of e flipped", "invalid", ["Modified"], public, e ^ 1 << bit, r, s)
    for comment, pair in (
        ("r and s swapped", (s, r)),
        ("-r", (N - r, s)),
        ("-s", (r, N - s)),
        ("-r, -s", (N - r, N - s)),
        ("r twice", (r, r)),
        ("s + 1", (r, s + 1)),
        ("-r - s for s", (r, -(r + s) % N)),
        ("s^-1", (r, pow(s, -1, N))),
    ):
        add(group, comment, "invalid", ["Modified"], public, e, *pair)
    add(group, "the key -P", "invalid", ["Modified"], sm2.negate(public), e, r, s)
    add(group, "the key 2P", "invalid", ["Modified"], sm2.base(2 * d), e, r, s)
    # An ECDSA signature over the same curve and digest.
    k = draw_number("ecdsa k", N)
    x = sm2.base(k)[0] % N
    add(group, "an ECDSA signature", "invalid", ["Modified"], public, e, x, pow(k, -1, N) * (e + x * d) % N)
    return group


def _encodings() -> Group:
    """Damaged and cut encodings of one signature whose r and s have their top bits set."""
    d, e = draw_number("encoding", N - 1), draw_number("encoding e", N)
    public = sm2.base(d)
    r, s = next(pair for i in count() if min(pair := sm2.sign(d, e, draw_number(f"encoding k {i}", N))) >> 255)
    encoded = der.signature(r, s)
    group = Group("VerifyDigest", {"public_key": encoded_key(public), "digest": sm2.number(e), "encoding": "DER"})
    group.add("the signature that is damaged below", "valid", [], signature=encoded)
    for comment, bad in damaged_signatures(r, s):
        group.add(comment, "invalid", ["Encoding"], signature=bad)
    # r and s below 2^255, where a zero byte more still leaves 33 bytes.
    low_r, low_s = next(
        pair for i in count() if max(pair := sm2.sign(d, e, draw_number(f"encoding low k {i}", N))) >> 255 == 0
    )
    group.add("r and s below 2^255", "valid", [], signature=der.signature(low_r, low_s))
    for comment, bad in damaged_signatures(low_r, low_s):
        if bad != der.signature(low_r, low_s):  # there is no zero byte in front to leave out
            group.add(f"{comment}, r and s below 2^255", "invalid", ["Encoding"], signature=bad)
    for size in range(1, len(encoded)):
        group.add(f"first {size} bytes of the DER", "invalid", ["Truncated"], signature=encoded[:size])
    whole = raw((r, s))
    group.add("raw", "valid", [], signature=whole, encoding="RAW")
    for size in (*range(1, 64), 65, 66, 96, 128):
        group.add(f"raw, {size} bytes", "invalid", ["Truncated"], signature=(whole * 2)[:size], encoding="RAW")
    return group


def _ambiguous() -> Group:
    group = Group("VerifyDigest")
    for r_size, s_size in ((29, 29), (26, 32), (32, 26)):
        r, s = (
            (0x41 << 8 * (size - 1)) + draw_number(f"short {size}", 1 << 8 * (size - 1)) for size in (r_size, s_size)
        )
        case = Case(f"short {r_size}", r, s)
        add(
            group, f"DER of 64 bytes, {r_size} for r", "valid", ["Ambiguous"], case.public, case.e, r, s, encoding="DER"
        )
    for head in ("303e021d", "3044", "3046022100", "3045022100", "303c", "30"):
        r = int.from_bytes((bytes.fromhex(head) + draw(f"head {head}", 32))[:32], "big")
        case = Case(f"head {head}", r, draw_number(f"head s {head}", N))
        add(group, f"raw signature that begins with {head}", "valid", ["Ambiguous"], case.public, case.e, r, case.s)
    return group


def sign_verify_file() -> Document:
    """Put all cases together, and check each with the reference."""
    groups = [
        *_messages(),
        _user_ids(),
        edge_values(),
        digests(),
        x_above_order(),
        wrong_x(),
        special_keys(),
        meeting_sums(),
        out_of_range(),
        bad_keys(),
        _modified(),
        _encodings(),
        _ambiguous(),
    ]
    doc = document(
        "SM2 signature",
        "Generated by vectors/generate/sm2_verify_files.py with the reference in vectors/generate/reference.",
        groups,
        flags=_FLAGS,
        notes=NOTES,
    )
    for test in tests(doc):
        _check_with_reference(test)
    return doc


def _check_with_reference(test: Test) -> None:
    """Every valid case verifies; an invalid one in a sound encoding does not."""
    key, signature = decode(test["public_key"]), decode(test["signature"])
    if len(key) == 65:
        public = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    elif len(key) == 33:
        lifted = sm2.lift(int.from_bytes(key[1:], "big"), key[0] & 1)
        assert lifted is not None
        public = lifted
    else:
        public = int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big")
    if test["encoding"] == "DER" or len(signature) != 64 or len(decode(test.get("user_id", ""))) > 8191:
        if test["result"] == "valid":
            r, s = _parse(signature)
        else:
            return
    else:
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    agree(
        "valid" if sm2.on_curve(public) and sm2.verify(public, digest_of(test), r, s) else "invalid",
        test["result"],
        test,
    )


def _parse(encoded: bytes) -> tuple[int, int]:
    """Read a good DER signature."""
    size = encoded[3]
    r, s = int.from_bytes(encoded[4 : 4 + size], "big"), int.from_bytes(encoded[6 + size :], "big")
    assert der.signature(r, s) == encoded
    return r, s


def digest_of(test: Test) -> int:
    """The digest e of a test of either type."""
    if "digest" in test:
        return int(test["digest"], 16)
    key = decode(test["public_key"])
    public = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    return sm2.digest(public, decode(test["user_id"]), decode(test["message"]))


def _confirm_valid(doc: Document) -> int:
    """The valid tests, as far as libcrypto knows their forms; what it says to the others is recorded under peers."""
    listed = [(t, sm2_verdicts.libcrypto_verify(t)) for t in tests(doc) if t["result"] == "valid"]
    return sum(agree(answer, "valid", t) for t, answer in listed if answer is not None)


FILES = (
    Source("sm2/sign_verify.json", sign_verify_file, ((libcrypto.NAME, _confirm_valid),), sm2_verdicts.sign_verify),
)
