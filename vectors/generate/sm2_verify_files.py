"""sm2/sign_verify.json: what a verifier of SM2 signatures must take and must refuse.

A signature of a digest e can be made for any r, s and point R without a private key: with t = r + s the public key
P = t^-1 (R - sG) makes it hold. So every corner of the verification equation is reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from peers import libcrypto, sm2_verdicts
from reference import der, sm2, sm3
from reference.sm2 import G, N, P
from sm2_key_files import compressed, off_curve_points, out_of_range_points, small_y_point, with_leading_zeros
from sm2_nonce_files import raw
from vectorfile import Document, Group, Source, Test, agree, decode, document, draw, draw_number, repeated, tests

_FLAGS = {
    "Length": "messages and user ids of many lengths",
    "UserId": "a user id other than the one that was signed, or none at all",
    "EdgeValue": "r, s, r + s or e at the edge of its range",
    "XAboveOrder": "x1 of the computed point lies in [n, p)",
    "SpecialKey": "a public key that is a small multiple of G, or has a small coordinate",
    "Doubling": "sG and tP are one point",
    "Infinity": "sG + tP is the point at infinity, which must be refused whatever x it is given",
    "OutOfRange": "r or s outside [1, n-1], or r + s = n, where the equation would hold",
    "BadKey": "a public key that is no point of the curve",
    "Modified": "a valid signature, or what it signs, was changed",
    "Encoding": "not the strict DER of the signature",
    "Truncated": "the first bytes of a valid signature",
    "Ambiguous": "DER of 64 bytes, or a raw signature that begins like DER",
}


class _Case:
    """A key and a signature that belong together, for a chosen digest."""

    def __init__(self, label: str, r: int, s: int, point: sm2.Point | None = None) -> None:
        self.r, self.s = r, s
        point = point or sm2.base(draw_number(f"{label} R", N))
        self.e = (r - point[0]) % N
        difference = sm2.add(point, sm2.negate(sm2.base(s))) if s % N else point
        assert difference is not None
        public = sm2.multiply(pow(r + s, -1, N), difference)
        assert public is not None
        self.public = public


def _encoded(point: sm2.Point) -> bytes:
    return b"\x04" + sm2.xy(point)


def _add(group: Group, comment: str, result: str, flags: list[str], public: sm2.Point, e: int, r: int, s: int, *,
         encoding: str = "RAW") -> None:
    signature = raw((r, s)) if encoding == "RAW" else der.signature(r, s)
    group.add(comment, result, flags, public_key=_encoded(public), digest=sm2.number(e), encoding=encoding,
              signature=signature)


def _messages() -> list[Group]:
    """Signatures of messages, as everybody makes them."""
    groups = []
    scalars = {"drawn": draw_number("verify key", N - 1), "1": 1, "2": 2, "n-2": N - 2, "n-3": N - 3,
               "one with x that begins with 00": with_leading_zeros("x zeros 1", 0),
               "one with y that begins with 00": with_leading_zeros("y zeros 1", 1)}
    sizes = [*range(131), 191, 192, 193, 255, 256, 257, 1000]
    for name, d in scalars.items():
        public = sm2.base(d)
        group = Group("Verify", {"private_key": sm2.number(d), "public_key": _encoded(public),
                                 "user_id": sm2.DEFAULT_USER_ID})
        for i, size in enumerate(sizes if name == "drawn" else (0, 20, 64)):
            message = draw(f"verify message {name} {size}", size)
            r, s = sm2.sign(d, sm2.digest(public, sm2.DEFAULT_USER_ID, message), draw_number(f"verify {name} {size}", N))
            der_form = i % 2 == 0
            group.add(f"{size} bytes, d = {name}", "valid", ["Length"], message=message,
                      encoding="DER" if der_form else "RAW", signature=der.signature(r, s) if der_form else raw((r, s)))
        groups.append(group)
    return groups


def _user_ids() -> Group:
    """User ids of many lengths, and signatures under another one."""
    d = draw_number("verify id", N - 1)
    public, message = sm2.base(d), b"who signed this?"
    group = Group("Verify", {"private_key": sm2.number(d), "public_key": _encoded(public), "message": message,
                             "encoding": "RAW"})

    def signature(label: str, e: int) -> bytes:
        return raw(sm2.sign(d, e, draw_number(f"user id k {label}", N)))

    for size in (0, 1, 15, 16, 17, 31, 32, 33, 55, 56, 63, 64, 65, 255, 256, 8190, 8191):
        user_id = b"\xa5" * size
        group.add(f"user id of {size} bytes", "valid", ["Length"], user_id=repeated(b"\xa5", size),
                  signature=signature(str(size), sm2.digest(public, user_id, message)))
    group.add("user id of 8192 bytes", "invalid", ["OutOfRange"], user_id=repeated(b"\xa5", 8192),
              signature=signature("8192", 7))
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
    group.add("signed under the default id, verified under the empty one", "invalid", ["UserId"], user_id=b"",
              signature=signature("default", sm2.digest(public, default, message)))
    return group


def _edge_values() -> Group:
    """Pairs of r and s from the edges of the range."""
    group = Group("VerifyDigest")
    values = {"1": 1, "2": 2, "128": 128, "2^31": 1 << 31, "2^64-1": (1 << 64) - 1, "2^127": 1 << 127, "2^192": 1 << 192,
              "2^247": 1 << 247, "2^248-1": (1 << 248) - 1, "2^255": 1 << 255, "(n-1)/2": (N - 1) // 2,
              "(n+1)/2": (N + 1) // 2, "n-2": N - 2, "n-1": N - 1}
    for i, (r_name, r) in enumerate(values.items()):
        for j, (s_name, s) in enumerate(values.items()):
            encoding = "DER" if (i + j) % 2 else "RAW"
            if (r + s) % N:
                case = _Case(f"{r_name} {s_name}", r, s)
                _add(group, f"r = {r_name}, s = {s_name}", "valid", ["EdgeValue"], case.public, case.e, r, s,
                     encoding=encoding)
    for zeros in (1, 2, 3, 4, 8, 16, 24, 31):
        for name in ("r", "s"):
            small, other = draw_number(f"{name} zeros {zeros}", 1 << (256 - 8 * zeros)), draw_number(f"zeros {zeros}", N)
            r, s = (small, other) if name == "r" else (other, small)
            case = _Case(f"{name} zeros {zeros}", r, s)
            for encoding in ("DER", "RAW"):
                _add(group, f"{name} with {zeros} leading zero bytes", "valid", ["EdgeValue"], case.public, case.e, r, s,
                     encoding=encoding)
    for t in (1, 2, N - 1, N - 2, (N + 1) // 2, 1 << 255):
        s = draw_number(f"t {t}", N)
        case = _Case(f"t {t}", (t - s) % N, s)
        _add(group, "r + s mod n at the edge", "valid", ["EdgeValue"], case.public, case.e, case.r, s)
    return group


def _digests() -> Group:
    """Digests at the edges: e is a number of 256 bits and may be n or more."""
    group = Group("VerifyDigest")
    for name, e in (("0", 0), ("1", 1), ("n-1", N - 1), ("n", N), ("n+1", N + 1), ("p", P), ("2^256-1", 2**256 - 1)):
        d = draw_number(f"digest key {name}", N - 1)
        r, s = sm2.sign(d, e % N, draw_number(f"digest k {name}", N))
        _add(group, f"e = {name}", "valid", ["EdgeValue"], sm2.base(d), e, r, s)
        _add(group, f"e = {name}, its last bit flipped", "invalid", ["Modified"], sm2.base(d), e ^ 1, r, s)
    for i in range(4):
        # r = x1 + small: e is small, and e + n verifies as well.
        point, s = sm2.base(draw_number(f"small e {i}", N)), draw_number(f"small e s {i}", N)
        case = _Case("small e", (point[0] + i + 1) % N, s, point)
        _add(group, f"e = n + {i + 1}", "valid", ["EdgeValue"], case.public, case.e + N, case.r, s)
    return group


def _x_above_order() -> Group:
    """Points R whose x is n or more: r is compared with (e + x1) mod n."""
    group = Group("VerifyDigest")
    low = [point for x in range(N, N + 12) if (point := sm2.lift(x, x & 1))]
    high = [point for x in range(P - 1, P - 13, -1) if (point := sm2.lift(x, x & 1))]
    middle = [point for i in range(12) if (point := sm2.lift(N + draw_number(f"above {i}", P - N)))]
    for i, point in enumerate(low + high + middle):
        s = draw_number(f"above s {i}", N)
        r = draw_number(f"above r {i}", N)
        case = _Case("above", r, s, point)
        _add(group, f"x1 = {point[0]:x}", "valid", ["XAboveOrder"], case.public, case.e, r, s,
             encoding="DER" if i % 2 else "RAW")
        # e + x1 is 2n or more here, so one subtraction of n does not do.
        r = (N - 1 + point[0]) % N
        if r and (r + s) % N:
            case = _Case("above", r, s, point)
            _add(group, f"x1 = {point[0]:x}, e = n - 1", "valid", ["XAboveOrder"], case.public, N - 1, r, s)
        # The same point one lower: r as if x1 had been reduced mod p only.
        r = point[0] - N + 1
        case = _Case("above", r, s, point)
        _add(group, f"x1 = {point[0]:x}, r is off by one", "invalid", ["XAboveOrder"], case.public, (case.e + 1) % N, r, s)
    return group


def _special_keys() -> Group:
    """Public keys that meet the tables of G, and sums that are doublings or infinity."""
    group = Group("VerifyDigest")
    for multiple in [*range(1, 18), 31, 32, 33, *range(-17, 0)]:
        public = sm2.base(multiple)
        for i in range(2):
            s, t = draw_number(f"special s {multiple} {i}", N), draw_number(f"special t {multiple} {i}", N)
            point = sm2.base(s + t * multiple)
            _add(group, f"P = {multiple} G", "valid", ["SpecialKey"], public, (t - s - point[0]) % N, (t - s) % N, s)
    small_x = next(point for x in count() if (point := sm2.lift(x)))
    for name, public in (("smallest x", small_x), ("smallest y", small_y_point()),
                         ("x with a leading zero byte", sm2.base(with_leading_zeros("x zeros 1", 0)))):
        s, t = draw_number(f"{name} s", N), draw_number(f"{name} t", N)
        total = sm2.add(sm2.base(s), sm2.multiply(t, public))
        assert total is not None
        e = (t - s - total[0]) % N
        for form, encoded in (("", _encoded(public)), (", compressed", compressed(public)), (", bare", sm2.xy(public))):
            group.add(f"{name}{form}", "valid", ["SpecialKey"], public_key=encoded, digest=sm2.number(e), encoding="RAW",
                      signature=raw(((t - s) % N, s)))
    for d in (1, 2, 3, 5, N - 2, N - 3, draw_number("doubling 1", N), draw_number("doubling 2", N)):
        t = draw_number(f"doubling t {d}", N)
        s = t * d % N
        if (t - s) % N:
            _add(group, "sG = tP", "valid", ["Doubling"], sm2.base(d), (t - s - sm2.base(2 * s)[0]) % N, (t - s) % N, s)
        if d != N - 1:
            s = -t * d % N
            r = (t - s) % N
            for x in (0, 1, sm2.base(s)[0], P % N):
                _add(group, f"sG = -tP, as if x1 were {x:x}", "invalid", ["Infinity"], sm2.base(d), (r - x) % N, r, s)
    return group


def _out_of_range() -> Group:
    """r, s and r + s outside their ranges, made so that the equation holds mod n."""
    group = Group("VerifyDigest")
    for i in range(3):
        drawn, point = draw_number(f"range {i}", N), sm2.base(draw_number(f"range R {i}", N))
        for comment, r, s in (("r = 0", 0, drawn), ("s = 0", drawn, 0)):
            case = _Case("range", r, s, point)
            for shown_r, shown_s in ((r, s), (r or N, s or N)):
                what = comment if (shown_r, shown_s) == (r, s) else comment.replace("0", "n")
                for encoding in ("RAW", "DER"):
                    _add(group, what, "invalid", ["OutOfRange"], case.public, case.e, shown_r, shown_s, encoding=encoding)
        small = draw_number(f"range small {i}", 2**256 - N)
        for comment, r, s, shown in (("r + n", small, drawn, (small + N, drawn)), ("s + n", drawn, small, (drawn, small + N)),
                                     ("r + n, s + n", small, small + 1, (small + N, small + 1 + N))):
            case = _Case("range", r, s, point)
            for encoding in ("RAW", "DER"):
                _add(group, comment, "invalid", ["OutOfRange"], case.public, case.e, *shown, encoding=encoding)
            _add(group, f"{comment} before n was added", "valid", ["EdgeValue"], case.public, case.e, r, s)
        for comment, r in (("r + s = n", drawn), ("r + s = n, r = 1", 1), ("r + s = n, r = n - 1", N - 1)):
            s = N - r
            # t = 0: what is left is sG, so the equation holds for every key.
            e = (r - sm2.base(s)[0]) % N
            _add(group, comment, "invalid", ["OutOfRange"], sm2.base(draw_number(f"any key {i}", N)), e, r, s)
    drawn = draw_number("range extreme", N)
    public = sm2.base(draw_number("range key", N))
    for comment, r, s in (("r = s = 0", 0, 0), ("r = s = n", N, N), ("r = p", P, drawn), ("s = p", drawn, P),
                          ("r = 2^256 - 1", 2**256 - 1, drawn), ("s = 2^256 - 1", drawn, 2**256 - 1),
                          ("r = 0, s = n", 0, N), ("r = n, s = 0", N, 0), ("r = 0, s = n - 1", 0, N - 1)):
        for e in (0, draw_number(comment, N)):
            _add(group, f"{comment}, e = {'0' if e == 0 else 'drawn'}", "invalid", ["OutOfRange"], public, e, r, s)
    return group


def _bad_keys() -> Group:
    """Public keys off the curve; the signature is made with the formulas of addition, which do not notice."""
    group = Group("VerifyDigest", {"encoding": "RAW"})
    s, t = draw_number("bad key s", N), draw_number("bad key t", N)
    for name, point in off_curve_points().items():
        total = sm2.add(sm2.base(s), sm2.multiply(t, point)) if point[1] else sm2.base(s)
        assert total is not None
        group.add(f"P is off the curve: {name}", "invalid", ["BadKey"], public_key=_encoded(point),
                  digest=sm2.number((t - s - total[0]) % N), signature=raw(((t - s) % N, s)))
    for name, encoded in out_of_range_points().items():
        x, y = int.from_bytes(encoded[:32], "big") % P, int.from_bytes(encoded[32:], "big") % P
        total = sm2.add(sm2.base(s), sm2.multiply(t, (x, y)) if y else None)
        assert total is not None
        group.add(f"P is out of range: {name}", "invalid", ["BadKey"], public_key=b"\x04" + encoded,
                  digest=sm2.number((t - s - total[0]) % N), signature=raw(((t - s) % N, s)))
    # P = infinity: what is left is sG.
    e = sm2.number((t - s - sm2.base(s)[0]) % N)
    for name, encoded in (("one zero byte", b"\0"), ("04 and zeros", b"\x04" + bytes(64)), ("02 and zeros", b"\x02" + bytes(32)),
                          ("64 zeros", bytes(64)), ("nothing", b"")):
        if name != "02 and zeros" or sm2.lift(0) is None:
            group.add(f"P is infinity: {name}", "invalid", ["BadKey"], public_key=encoded, digest=e,
                      signature=raw(((t - s) % N, s)))
    return group


def _modified() -> Group:
    """One valid signature with one bit changed, in it or in what it signs."""
    d, e = draw_number("modified", N - 1), draw_number("modified e", N)
    public = sm2.base(d)
    r, s = sm2.sign(d, e, draw_number("modified k", N))
    group = Group("VerifyDigest")
    _add(group, "the signature that is changed below", "valid", [], public, e, r, s)
    for bit in range(0, 256, 9):
        _add(group, f"bit {bit} of r flipped", "invalid", ["Modified"], public, e, r ^ 1 << bit, s)
        _add(group, f"bit {bit} of s flipped", "invalid", ["Modified"], public, e, r, s ^ 1 << bit)
        _add(group, f"bit {bit} of e flipped", "invalid", ["Modified"], public, e ^ 1 << bit, r, s)
    for comment, pair in (("r and s swapped", (s, r)), ("-r", (N - r, s)), ("-s", (r, N - s)), ("-r, -s", (N - r, N - s)),
                          ("r twice", (r, r)), ("s + 1", (r, s + 1)), ("-r - s for s", (r, -(r + s) % N)),
                          ("s^-1", (r, pow(s, -1, N)))):
        _add(group, comment, "invalid", ["Modified"], public, e, *pair)
    _add(group, "the key -P", "invalid", ["Modified"], sm2.negate(public), e, r, s)
    _add(group, "the key 2P", "invalid", ["Modified"], sm2.base(2 * d), e, r, s)
    # An ECDSA signature over the same curve and digest.
    k = draw_number("ecdsa k", N)
    x = sm2.base(k)[0] % N
    _add(group, "an ECDSA signature", "invalid", ["Modified"], public, e, x, pow(k, -1, N) * (e + x * d) % N)
    return group


def damaged(encoded: bytes, r: int, s: int) -> Iterator[tuple[str, bytes]]:
    """Encodings of a signature that are not its DER."""
    one, two = der.integer(r), der.integer(s)
    yield "length of the SEQUENCE in long form", der.long_length(encoded)
    yield "length of the SEQUENCE in four bytes", der.long_length(encoded, 4)
    yield "length of r in long form", der.sequence(der.long_length(one), two)
    yield "length of s in long form", der.sequence(one, der.long_length(two))
    yield "length of s in 9 bytes", der.sequence(one, der.long_length(two, 9))
    yield "indefinite length", der.indefinite(encoded)
    for name, left, right in (("r", True, False), ("s", False, True), ("r and s", True, True)):
        def part(value: int, changed: bool, change: bytes) -> bytes:
            return der.tlv(0x02, change + der.integer(value)[2:]) if changed else der.integer(value)

        yield f"zero byte before {name}", der.sequence(part(r, left, b"\0"), part(s, right, b"\0"))
        yield f"32 zero bytes before {name}", der.sequence(part(r, left, bytes(32)), part(s, right, bytes(32)))
        yield f"ff before {name}", der.sequence(part(r, left, b"\xff"), part(s, right, b"\xff"))
        negative = [der.integer(-v) if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} negative", der.sequence(*negative)
        modular = [der.integer(v - N) if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} less n, negative", der.sequence(*modular)
        above = [der.integer(v + (1 << 256)) if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} plus 2^256", der.sequence(*above)
        above = [der.integer(v + N) if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} plus n", der.sequence(*above)
        empty = [der.tlv(0x02, b"") if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} without content", der.sequence(*empty)
        huge = [der.integer(v + (1 << 8000)) if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} of 1001 bytes", der.sequence(*huge)
    yield "r without the zero byte before its first bit", der.sequence(der.tlv(0x02, sm2.number(r)), two)
    yield "s without the zero byte before its first bit", der.sequence(one, der.tlv(0x02, sm2.number(s)))
    for tag in (0x03, 0x04, 0x0A, 0x22, 0x42, 0x82):
        yield f"tag {tag:02x} for r", der.sequence(bytes([tag]) + one[1:], two)
        yield f"tag {tag:02x} for s", der.sequence(one, bytes([tag]) + two[1:])
    for tag in (0x00, 0x10, 0x31, 0x70, 0xB0, 0x24):
        yield f"tag {tag:02x} for the SEQUENCE", bytes([tag]) + encoded[1:]
    yield "tag in long form", b"\x3f\x10" + encoded[1:]
    yield "byte behind", encoded + b"\0"
    yield "signature twice", encoded + encoded
    yield "NULL behind", encoded + b"\x05\0"
    yield "zero byte inside, behind s", der.sequence(one, two, b"\0")
    yield "NULL inside", der.sequence(one, two, b"\x05\0")
    yield "third INTEGER", der.sequence(one, two, der.integer(1))
    yield "s missing", der.sequence(one)
    yield "empty SEQUENCE", der.sequence()
    yield "nothing", b""
    yield "r and s swapped in order", der.sequence(two, one)
    yield "SEQUENCE in a SEQUENCE", der.sequence(encoded)
    yield "in an OCTET STRING", der.octets(encoded)
    yield "in a BIT STRING", der.tlv(0x03, b"\0" + encoded)
    yield "no SEQUENCE around", one + two
    yield "length one too small", bytes([0x30, encoded[1] - 1]) + encoded[2:]
    yield "length one too large", bytes([0x30, encoded[1] + 1]) + encoded[2:]
    yield "length of 2^31 - 1", b"\x30\x84\x7f\xff\xff\xff" + encoded[2:]
    yield "length of 2^64 - 1", b"\x30\x88" + b"\xff" * 8 + encoded[2:]
    yield "reserved length ff", b"\x30\xff" + encoded[2:]
    yield "length of r reaches behind the end", b"\x30" + encoded[1:3] + b"\x7f" + encoded[4:]
    yield "hexadecimal text", encoded.hex().encode()
    yield "raw form with 04 before", b"\x04" + raw((r, s))
    yield "raw form in little endian", sm2.number(r)[::-1] + sm2.number(s)[::-1]


def _encodings() -> Group:
    """Damaged and cut encodings of one signature whose r and s have their top bits set."""
    d, e = draw_number("encoding", N - 1), draw_number("encoding e", N)
    public = sm2.base(d)
    r, s = next(pair for i in count() if min(pair := sm2.sign(d, e, draw_number(f"encoding k {i}", N))) >> 255)
    encoded = der.signature(r, s)
    group = Group("VerifyDigest", {"public_key": _encoded(public), "digest": sm2.number(e), "encoding": "DER"})
    group.add("the signature that is damaged below", "valid", [], signature=encoded)
    for comment, bad in damaged(encoded, r, s):
        group.add(comment, "invalid", ["Encoding"], signature=bad)
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
        r, s = ((0x41 << 8 * (size - 1)) + draw_number(f"short {size}", 1 << 8 * (size - 1)) for size in (r_size, s_size))
        case = _Case(f"short {r_size}", r, s)
        _add(group, f"DER of 64 bytes, {r_size} for r", "valid", ["Ambiguous"], case.public, case.e, r, s, encoding="DER")
    for head in ("303e021d", "3044", "3046022100", "3045022100", "303c", "30"):
        r = int.from_bytes((bytes.fromhex(head) + draw(f"head {head}", 32))[:32], "big")
        case = _Case(f"head {head}", r, draw_number(f"head s {head}", N))
        _add(group, f"raw signature that begins with {head}", "valid", ["Ambiguous"], case.public, case.e, r, case.s)
    return group


def sign_verify_file() -> Document:
    """Put all cases together, and check each with the reference."""
    groups = [*_messages(), _user_ids(), _edge_values(), _digests(), _x_above_order(), _special_keys(), _out_of_range(),
              _bad_keys(), _modified(), _encodings(), _ambiguous()]
    doc = document(
        "SM2 signature", "Generated by vectors/generate/sm2_verify_files.py with the reference in vectors/generate/reference.",
        groups, flags=_FLAGS, notes=NOTES)
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
    agree("valid" if sm2.on_curve(public) and sm2.verify(public, digest_of(test), r, s) else "invalid", test["result"], test)


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


NOTES: list[str] = []


def _confirm_valid(doc: Document) -> int:
    """The valid tests, as far as libcrypto knows their forms; what it says to the others is recorded under peers."""
    listed = [(t, sm2_verdicts.libcrypto_verify(t)) for t in tests(doc) if t["result"] == "valid"]
    return sum(agree(answer, "valid", t) for t, answer in listed if answer is not None)


FILES = (
    Source("sm2/sign_verify.json", sign_verify_file, ((libcrypto.NAME, _confirm_valid),), sm2_verdicts.sign_verify),
)
