"""Signatures that reach the corners of the verification equation of SM2.

A signature of a digest e can be made for any r, s and point R without a private key: with t = r + s the public key
P = t^-1 (R - sG) makes it hold.
"""

from __future__ import annotations

from itertools import count

from reference import der, sm2
from reference.sm2 import N, P
from sm2_nonce_files import raw
from sm2_specials import compressed, off_curve_points, out_of_range_points, small_y_point, with_leading_zeros
from vectorfile import Group, draw_number


class Case:
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


def encoded_key(point: sm2.Point) -> bytes:
    """04, x, y."""
    return b"\x04" + sm2.xy(point)


def add(
    group: Group,
    comment: str,
    result: str,
    flags: list[str],
    public: sm2.Point,
    e: int,
    r: int,
    s: int,
    *,
    encoding: str = "RAW",
) -> None:
    """Append a test of one signature of one digest."""
    signature = raw((r, s)) if encoding == "RAW" else der.signature(r, s)
    group.add(
        comment,
        result,
        flags,
        public_key=encoded_key(public),
        digest=sm2.number(e),
        encoding=encoding,
        signature=signature,
    )


def edge_values() -> Group:
    """Pairs of r and s from the edges of the range."""
    group = Group("VerifyDigest")
    values = {
        "1": 1,
        "2": 2,
        "128": 128,
        "2^31": 1 << 31,
        "2^64-1": (1 << 64) - 1,
        "2^127": 1 << 127,
        "2^192": 1 << 192,
        "2^247": 1 << 247,
        "2^248-1": (1 << 248) - 1,
        "2^255": 1 << 255,
        "(n-1)/2": (N - 1) // 2,
        "(n+1)/2": (N + 1) // 2,
        "n-2": N - 2,
        "n-1": N - 1,
    }
    for i, (r_name, r) in enumerate(values.items()):
        for j, (s_name, s) in enumerate(values.items()):
            encoding = "DER" if (i + j) % 2 else "RAW"
            if (r + s) % N:
                case = Case(f"{r_name} {s_name}", r, s)
                add(
                    group,
                    f"r = {r_name}, s = {s_name}",
                    "valid",
                    ["EdgeValue"],
                    case.public,
                    case.e,
                    r,
                    s,
                    encoding=encoding,
                )
    for zeros in (1, 2, 3, 4, 8, 16, 24, 31):
        for name in ("r", "s"):
            small, other = (
                draw_number(f"{name} zeros {zeros}", 1 << (256 - 8 * zeros)),
                draw_number(f"zeros {zeros}", N),
            )
            r, s = (small, other) if name == "r" else (other, small)
            case = Case(f"{name} zeros {zeros}", r, s)
            for encoding in ("DER", "RAW"):
                add(
                    group,
                    f"{name} with {zeros} leading zero bytes",
                    "valid",
                    ["EdgeValue"],
                    case.public,
                    case.e,
                    r,
                    s,
                    encoding=encoding,
                )
    for t in (1, 2, N - 1, N - 2, (N + 1) // 2, 1 << 255):
        s = draw_number(f"t {t}", N)
        case = Case(f"t {t}", (t - s) % N, s)
        add(group, "r + s mod n at the edge", "valid", ["EdgeValue"], case.public, case.e, case.r, s)
    return group


def digests() -> Group:
    """Digests at the edges: e is a number of 256 bits and may be n or more."""
    group = Group("VerifyDigest")
    for name, e in (("0", 0), ("1", 1), ("n-1", N - 1), ("n", N), ("n+1", N + 1), ("p", P), ("2^256-1", 2**256 - 1)):
        d = draw_number(f"digest key {name}", N - 1)
        r, s = sm2.sign(d, e % N, draw_number(f"digest k {name}", N))
        add(group, f"e = {name}", "valid", ["EdgeValue"], sm2.base(d), e, r, s)
        add(group, f"e = {name}, its last bit flipped", "invalid", ["Modified"], sm2.base(d), e ^ 1, r, s)
    for i in range(4):
        # r = x1 + small: e is small, and e + n verifies as well.
        point, s = sm2.base(draw_number(f"small e {i}", N)), draw_number(f"small e s {i}", N)
        case = Case("small e", (point[0] + i + 1) % N, s, point)
        add(group, f"e = n + {i + 1}", "valid", ["EdgeValue"], case.public, case.e + N, case.r, s)
    return group


def x_above_order() -> Group:
    """Points R whose x is n or more: r is compared with (e + x1) mod n."""
    group = Group("VerifyDigest")
    low = [point for x in range(N, N + 12) if (point := sm2.lift(x, x & 1))]
    high = [point for x in range(P - 1, P - 13, -1) if (point := sm2.lift(x, x & 1))]
    middle = [point for i in range(12) if (point := sm2.lift(N + draw_number(f"above {i}", P - N)))]
    for i, point in enumerate(low + high + middle):
        s = draw_number(f"above s {i}", N)
        r = draw_number(f"above r {i}", N)
        case = Case("above", r, s, point)
        add(
            group,
            f"x1 = {point[0]:x}",
            "valid",
            ["XAboveOrder"],
            case.public,
            case.e,
            r,
            s,
            encoding="DER" if i % 2 else "RAW",
        )
        # e + x1 is 2n or more here, so one subtraction of n does not do.
        r = (N - 1 + point[0]) % N
        if r and (r + s) % N:
            case = Case("above", r, s, point)
            add(group, f"x1 = {point[0]:x}, e = n - 1", "valid", ["XAboveOrder"], case.public, N - 1, r, s)
        # The same point one lower: r as if x1 had been reduced mod p only.
        r = point[0] - N + 1
        case = Case("above", r, s, point)
        add(
            group,
            f"x1 = {point[0]:x}, r is off by one",
            "invalid",
            ["XAboveOrder"],
            case.public,
            (case.e + 1) % N,
            r,
            s,
        )
    return group


def wrong_x() -> Group:
    """Signatures that hold for a wrong x1 only: one that slips by a carry, by a reduction, or to another coordinate."""
    group = Group("VerifyDigest")
    for i in range(4):
        point = sm2.base(draw_number(f"wrong x {i}", N))
        x, y = point
        for name, wrong in (
            ("x1 + 2^256", x + 2**256),
            ("x1 - 2^256", x - 2**256),
            ("x1 + p", x + P),
            ("x1 - p", x - P),
            ("-x1", -x),
            ("p - x1", P - x),
            ("x1 + 1", x + 1),
            ("y1", y),
            ("x1^2", x * x % P),
            ("x1 in reversed bytes", int.from_bytes(sm2.number(x), "little")),
        ):
            r, s = draw_number(f"{name} r {i}", N), draw_number(f"{name} s {i}", N)
            case = Case("wrong x", r, s, point)
            add(group, f"as if x1 were {name}", "invalid", ["WrongX"], case.public, (r - wrong) % N, r, s)
    return group


def special_keys() -> Group:
    """Public keys that meet the tables of G, and sums that are doublings or infinity."""
    group = Group("VerifyDigest")
    for multiple in [*range(1, 18), 31, 32, 33, *range(-17, 0)]:
        public = sm2.base(multiple)
        for i in range(2):
            s, t = draw_number(f"special s {multiple} {i}", N), draw_number(f"special t {multiple} {i}", N)
            point = sm2.base(s + t * multiple)
            add(group, f"P = {multiple} G", "valid", ["SpecialKey"], public, (t - s - point[0]) % N, (t - s) % N, s)
    small_x = next(point for x in count() if (point := sm2.lift(x)))
    for name, public in (
        ("smallest x", small_x),
        ("smallest y", small_y_point()),
        ("x with a leading zero byte", sm2.base(with_leading_zeros("x zeros 1", 0))),
    ):
        s, t = draw_number(f"{name} s", N), draw_number(f"{name} t", N)
        total = sm2.add(sm2.base(s), sm2.multiply(t, public))
        assert total is not None
        e = (t - s - total[0]) % N
        for form, encoded in (
            ("", encoded_key(public)),
            (", compressed", compressed(public)),
            (", bare", sm2.xy(public)),
        ):
            group.add(
                f"{name}{form}",
                "valid",
                ["SpecialKey"],
                public_key=encoded,
                digest=sm2.number(e),
                encoding="RAW",
                signature=raw(((t - s) % N, s)),
            )
    for d in (1, 2, 3, 5, N - 2, N - 3, draw_number("doubling 1", N), draw_number("doubling 2", N)):
        t = draw_number(f"doubling t {d}", N)
        s = t * d % N
        if (t - s) % N:
            add(group, "sG = tP", "valid", ["Doubling"], sm2.base(d), (t - s - sm2.base(2 * s)[0]) % N, (t - s) % N, s)
        if d != N - 1:
            s = -t * d % N
            r = (t - s) % N
            for x in (0, 1, sm2.base(s)[0], P % N):
                add(group, f"sG = -tP, as if x1 were {x:x}", "invalid", ["Infinity"], sm2.base(d), (r - x) % N, r, s)
    return group


def meeting_sums() -> Group:
    """Sums that meet inside the multiplication: tP with the part of sG added so far, and the term that comes next.

    s is low + c 2^(wj), as a fixed-base table of w bits adds it up from below. With P = dG, t = (c 2^(wj) - low) / d
    makes the last addition a doubling; t = -low / d makes the sum before it the point at infinity.
    """
    group = Group("VerifyDigest")
    for width in range(3, 9):
        for j in (0, 1, 128 // width, (255 // width) - 1):
            label = f"meeting {width} {j}"
            d = draw_number(f"{label} d", N)
            bits = width * j
            low = draw_number(f"{label} low", 1 << (bits - 1)) if bits > 1 else 0
            high = (1 + j % 3) << bits
            s = low + high
            for name, td in (("equal to the next term", high - low), ("infinite", -low)):
                t = td * pow(d, -1, N) % N
                r = (t - s) % N
                if t and r:
                    e = (r - sm2.base(s + t * d)[0]) % N
                    add(group, f"s = low + {high:x}, sum {name}", "valid", ["Doubling"], sm2.base(d), e, r, s)
    return group


def out_of_range() -> Group:
    """r, s and r + s outside their ranges, made so that the equation holds mod n."""
    group = Group("VerifyDigest")
    for i in range(3):
        drawn, point = draw_number(f"range {i}", N), sm2.base(draw_number(f"range R {i}", N))
        for comment, r, s in (("r = 0", 0, drawn), ("s = 0", drawn, 0)):
            case = Case("range", r, s, point)
            for shown_r, shown_s in ((r, s), (r or N, s or N)):
                what = comment if (shown_r, shown_s) == (r, s) else comment.replace("0", "n")
                for encoding in ("RAW", "DER"):
                    add(
                        group, what, "invalid", ["OutOfRange"], case.public, case.e, shown_r, shown_s, encoding=encoding
                    )
        small = draw_number(f"range small {i}", 2**256 - N)
        for comment, r, s, shown in (
            ("r + n", small, drawn, (small + N, drawn)),
            ("s + n", drawn, small, (drawn, small + N)),
            ("r + n, s + n", small, small + 1, (small + N, small + 1 + N)),
        ):
            case = Case("range", r, s, point)
            for encoding in ("RAW", "DER"):
                add(group, comment, "invalid", ["OutOfRange"], case.public, case.e, *shown, encoding=encoding)
            add(group, f"{comment} before n was added", "valid", ["EdgeValue"], case.public, case.e, r, s)
        for comment, r in (("r + s = n", drawn), ("r + s = n, r = 1", 1), ("r + s = n, r = n - 1", N - 1)):
            s = N - r
            # t = 0: what is left is sG, so the equation holds for every key.
            e = (r - sm2.base(s)[0]) % N
            add(group, comment, "invalid", ["OutOfRange"], sm2.base(draw_number(f"any key {i}", N)), e, r, s)
    drawn = draw_number("range extreme", N)
    public = sm2.base(draw_number("range key", N))
    for comment, r, s in (
        ("r = s = 0", 0, 0),
        ("r = s = n", N, N),
        ("r = p", P, drawn),
        ("s = p", drawn, P),
        ("r = 2^256 - 1", 2**256 - 1, drawn),
        ("s = 2^256 - 1", drawn, 2**256 - 1),
        ("r = 0, s = n", 0, N),
        ("r = n, s = 0", N, 0),
        ("r = 0, s = n - 1", 0, N - 1),
    ):
        for e in (0, draw_number(comment, N)):
            add(group, f"{comment}, e = {'0' if e == 0 else 'drawn'}", "invalid", ["OutOfRange"], public, e, r, s)
    return group


def bad_keys() -> Group:
    """Public keys off the curve; the signature is made with the formulas of addition, which do not notice."""
    group = Group("VerifyDigest", {"encoding": "RAW"})
    s, t = draw_number("bad key s", N), draw_number("bad key t", N)
    for name, point in off_curve_points().items():
        total = sm2.add(sm2.base(s), sm2.multiply(t, point)) if point[1] else sm2.base(s)
        assert total is not None
        group.add(
            f"P is off the curve: {name}",
            "invalid",
            ["BadKey"],
            public_key=encoded_key(point),
            digest=sm2.number((t - s - total[0]) % N),
            signature=raw(((t - s) % N, s)),
        )
    for name, encoded in out_of_range_points().items():
        x, y = int.from_bytes(encoded[:32], "big") % P, int.from_bytes(encoded[32:], "big") % P
        total = sm2.add(sm2.base(s), sm2.multiply(t, (x, y)) if y else None)
        assert total is not None
        group.add(
            f"P is out of range: {name}",
            "invalid",
            ["BadKey"],
            public_key=b"\x04" + encoded,
            digest=sm2.number((t - s - total[0]) % N),
            signature=raw(((t - s) % N, s)),
        )
    # P = infinity: what is left is sG.
    e = sm2.number((t - s - sm2.base(s)[0]) % N)
    for name, encoded in (
        ("one zero byte", b"\0"),
        ("04 and zeros", b"\x04" + bytes(64)),
        ("02 and zeros", b"\x02" + bytes(32)),
        ("64 zeros", bytes(64)),
        ("nothing", b""),
    ):
        if name != "02 and zeros" or sm2.lift(0) is None:
            group.add(
                f"P is infinity: {name}",
                "invalid",
                ["BadKey"],
                public_key=encoded,
                digest=e,
                signature=raw(((t - s) % N, s)),
            )
    return group
