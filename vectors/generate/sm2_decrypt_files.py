"""sm2/decrypt.json: what an SM2 decryption must open and must refuse.

For any point C1 the shared point is d * C1, so ciphertexts are made here with C1 chosen for its bytes, its place off
the curve or its encoding, and with C2 and C3 that fit: each is refused for one reason only.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from peers import libcrypto, sm2_verdicts
from reference import der, sm2, sm3
from reference.sm2 import N, P
from sm2_damaged import damaged_ciphertexts
from sm2_nonce_files import zero_stream_nonce
from sm2_specials import compressed, off_curve_points, out_of_range_points, small_y_point, with_leading_zeros
from vectorfile import Document, Group, Source, agree, document, draw, draw_number, tests

_FLAGS = {
    "Format": "each form of a ciphertext",
    "Length": "plaintexts of many lengths",
    "LeadingZero": "a coordinate of C1, or the key stream, begins with zero bytes",
    "Ambiguous": "x1 begins like another form, or two orders of C2 and C3 fit: C3 decides",
    "NotAllowed": "a good ciphertext in a form that the caller did not allow",
    "Scalar": "a private key at the edge of its range",
    "BadScalar": "a private key outside [1, n-2]",
    "OffCurve": "C1 satisfies no curve equation; C2 and C3 fit what the formulas of the curve make of it",
    "OutOfRange": "a coordinate of C1 is not below p; C2 and C3 fit its residue",
    "Infinity": "C1 is the point at infinity in some form",
    "Prefix": "the first byte is not that of the form",
    "ZeroStream": "the key stream is all zeros",
    "Empty": "there is no C2; C3 fits the empty plaintext",
    "Modified": "a valid ciphertext was changed",
    "Encoding": "not the strict DER of the ciphertext",
    "Truncated": "the first bytes of a valid ciphertext",
}
FORMS = ("DER", "C1C3C2", "C1C3C2_BARE", "C1C2C3", "C1C2C3_BARE", "C1C3C2_COMPRESSED")
_AUTO = frozenset({"DER", "C1C3C2", "C1C3C2_BARE", "C1C3C2_COMPRESSED"})

NOTES = [
    "The lists under peers name the tests that another implementation answered wrongly when it was asked.",
    "OpenSSL libcrypto reduces coordinates of C1 that are not below p, and takes private keys of n - 1 and more.",
    "OpenSSL libcrypto reads BER (long lengths and INTEGERs, indefinite length, pieces) and ignores bytes behind.",
    "gmssl (PyPI) computes C3 and does not compare it: a changed or foreign ciphertext gives a changed plaintext.",
    "gmssl takes C1 off the curve and coordinates that are not below p, and private keys outside [1, n-2].",
]


@dataclass(frozen=True)
class Parts:
    """A ciphertext in its parts."""

    c1: sm2.Point
    c3: bytes
    c2: bytes

    def form(self, name: str) -> bytes:
        """Write it in one form."""
        xy, tail = sm2.xy(self.c1), self.c3 + self.c2
        return {
            "DER": lambda: der.ciphertext(*self.c1, self.c3, self.c2),
            "C1C3C2": lambda: b"\x04" + xy + tail,
            "C1C3C2_BARE": lambda: xy + tail,
            "C1C2C3": lambda: b"\x04" + xy + self.c2 + self.c3,
            "C1C2C3_BARE": lambda: xy + self.c2 + self.c3,
            "C1C3C2_COMPRESSED": lambda: compressed(self.c1) + tail,
        }[name]()


def sealed_to(d: int, c1: sm2.Point, message: bytes) -> Parts:
    """C2 and C3 for any C1, on the curve or not."""
    shared = sm2.multiply(d, c1) if c1[1] else (c1 if d & 1 else None)
    c2, c3 = sm2.seal(shared or (0, 0), message)
    return Parts(c1, c3, c2)


def _add(
    group: Group, comment: str, flag: str, parts: Parts, message: bytes | None, forms: tuple[str, ...] = FORMS
) -> None:
    """Add a test for each form, with what a caller has to allow for it; without a message it must be refused."""
    for name in forms:
        inputs = {"ciphertext": parts.form(name), "format": name, "formats": "AUTO" if name in _AUTO else "ALL"}
        if message is None:
            group.add(f"{comment}, {name}", "invalid", [flag], **inputs)
        else:
            group.add(f"{comment}, {name}", "valid", [flag], **inputs, plaintext=message)


def _key(label: str) -> tuple[int, Group]:
    d = draw_number(label, N - 1)
    return d, Group("Decrypt", {"private_key": sm2.number(d)})


def _lengths() -> Group:
    d, group = _key("decrypt lengths")
    for size in (*range(1, 36), 63, 64, 65, 96, 97, 127, 128, 255, 256, 1000, 4096):
        message = draw(f"decrypt {size}", size)
        parts = sealed_to(d, sm2.base(draw_number(f"decrypt k {size}", N)), message)
        forms = FORMS if size < 5 or size in (32, 64) else (FORMS[size % 6],)
        _add(group, f"{size} bytes", "Length", parts, message, forms)
    return group


def _chosen_points() -> Group:
    """C1 with leading zero bytes, small coordinates, and first bytes that look like another form."""
    d, group = _key("decrypt points")
    zero_points = {
        "x1 begins with a zero byte": sm2.base(with_leading_zeros("x zeros 1", 0)),
        "x1 begins with two zero bytes": sm2.base(with_leading_zeros("x zeros 2", 0, 2)),
        "y1 begins with a zero byte": sm2.base(with_leading_zeros("y zeros 1", 1)),
        "y1 begins with two zero bytes": sm2.base(with_leading_zeros("y zeros 2", 1, 2)),
        "x1 is the smallest": next(point for x in count() if (point := sm2.lift(x))),
        "y1 is the smallest": small_y_point(),
        "x1 is the largest": next(point for x in count(P - 1, -1) if (point := sm2.lift(x))),
        "C1 = G": sm2.G,
        "C1 = -G": sm2.negate(sm2.G),
    }
    for name, point in zero_points.items():
        _add(group, name, "LeadingZero", sealed_to(d, point, b"leading zeros"), b"leading zeros")
    message = b"ambiguous!"
    for head in ("04", "0400", "30", "02", "03", "0404", "3044", "30680220", "3069022100", "306a022100", "308168"):
        start = int.from_bytes(bytes.fromhex(head).ljust(32, b"\x5b"), "big")
        point = next(p for x in count(start) if (p := sm2.lift(x)) and _reads_as_point(p))
        _add(group, f"x1 begins with {head}", "Ambiguous", sealed_to(d, point, message), message)
    for size in (31, 32, 33):
        text = draw(f"order {size}", size)
        parts = sealed_to(d, sm2.base(draw_number(f"order k {size}", N)), text)
        for name in FORMS:
            group.add(
                f"{size} bytes, all forms allowed, {name}",
                "valid",
                ["Ambiguous"],
                ciphertext=parts.form(name),
                format=name,
                formats="ALL",
                plaintext=text,
            )
    return group


def _reads_as_point(point: sm2.Point) -> bool:
    """For x that begins with 02 or 03: whether the rest reads as a compressed point too."""
    encoded = sm2.xy(point)
    return encoded[0] not in (2, 3) or sm2.lift(int.from_bytes(encoded[1:33], "big")) is not None


def _not_allowed() -> Group:
    d, group = _key("decrypt forms")
    parts = sealed_to(d, sm2.base(draw_number("forms k", N)), b"one form only")
    for made in FORMS:
        for allowed in (*FORMS, "AUTO", "ALL"):
            good = allowed in (made, "ALL") or (allowed == "AUTO" and made in _AUTO)
            plaintext = {"plaintext": b"one form only"} if good else {}
            group.add(
                f"{made}, allowed: {allowed}",
                "valid" if good else "invalid",
                ["Format" if good else "NotAllowed"],
                ciphertext=parts.form(made),
                format=made,
                formats=allowed,
                **plaintext,
            )
    return group


def _scalars() -> list[Group]:
    groups = []
    point = sm2.base(draw_number("scalar k", N))
    for name, d in (
        ("1", 1),
        ("2", 2),
        ("3", 3),
        ("n-2", N - 2),
        ("n-3", N - 3),
        ("2^255", 1 << 255),
        ("one with a leading zero byte", draw_number("d zeros 1", 1 << 248)),
    ):
        group = Group("Decrypt", {"private_key": sm2.number(d)})
        _add(group, f"d = {name}", "Scalar", sealed_to(d, point, b"edge"), b"edge")
        groups.append(group)
    for name, d in (("0", 0), ("n-1", N - 1), ("n", N), ("n+1", N + 1), ("2^256-1", 2**256 - 1)):
        group = Group("Decrypt", {"private_key": sm2.number(d)})
        _add(group, f"d = {name}", "BadScalar", sealed_to(d % N, point, b"edge"), None, FORMS[:3])
        groups.append(group)
    return groups


def _bad_points() -> list[Group]:
    groups = []
    for label, d in (("drawn", draw_number("decrypt bad points", N - 1)), ("1", 1), ("2", 2), ("n-2", N - 2)):
        group = Group("Decrypt", {"private_key": sm2.number(d)})
        groups.append(group)
        for name, point in off_curve_points().items():
            forms = FORMS[:5] if label == "drawn" else ("DER", "C1C3C2")
            _add(
                group,
                f"d is {label}, C1 off the curve: {name}",
                "OffCurve",
                sealed_to(d, point, b"invalid curve"),
                None,
                forms,
            )
        for name, encoded in out_of_range_points().items():
            x, y = int.from_bytes(encoded[:32], "big"), int.from_bytes(encoded[32:], "big")
            fitting = sealed_to(d, (x % P, y % P), b"out of range")
            _add(
                group,
                f"d is {label}, C1 out of range: {name}",
                "OutOfRange",
                Parts((x, y), fitting.c3, fitting.c2),
                None,
            )
        for x in [x for x in range(40) if sm2.lift(x) is None][:3]:
            _add(
                group,
                f"d is {label}, compressed, no point has x = {x}",
                "OffCurve",
                sealed_to(d, (x, 0), b"no point"),
                None,
                ("C1C3C2_COMPRESSED",),
            )
    return groups


def _infinity_and_prefixes() -> Group:
    d, group = _key("decrypt infinity")
    # Whatever x2, y2 a decryption takes from the point at infinity: zeros, or one for the y of projective coordinates.
    for shared in ((0, 0), (0, 1), (1, 1)):
        c2, c3 = sm2.seal(shared, b"infinity")
        comment = f"C1 is infinity, x2 = {shared[0]}, y2 = {shared[1]}"
        _add(group, comment, "Infinity", Parts((0, 0), c3, c2), None)
        for encoding in (b"\0", bytes(65), b"\0" * 33):
            group.add(
                f"{comment}, {len(encoding)} zero bytes",
                "invalid",
                ["Infinity"],
                ciphertext=encoding + c3 + c2,
                format="C1C3C2",
                formats="ALL",
            )
    parts = sealed_to(d, sm2.base(draw_number("prefix k", N)), b"prefix")
    bare, short = parts.form("C1C3C2_BARE"), parts.form("C1C3C2_COMPRESSED")
    for prefix in (0, 1, 2, 3, 5, 6, 7, 8, 0x14, 0x30, 0x40, 0x84, 0xFF):
        group.add(
            f"{prefix:02x} before x1, y1",
            "invalid",
            ["Prefix"],
            ciphertext=bytes([prefix]) + bare,
            format="C1C3C2",
            formats="ALL",
        )
    for prefix in (0, 1, 4, 5, 6, 7, 0xFF, short[0] ^ 1):
        group.add(
            f"{prefix:02x} before x1",
            "invalid",
            ["Prefix"],
            ciphertext=bytes([prefix]) + short[1:],
            format="C1C3C2_COMPRESSED",
            formats="ALL",
        )
    return group


# The offset from the drawn nonce at which two bytes of key stream are zero, found by zero_stream_nonce().
_TWO_ZERO_BYTES_AT = 84133


def _key_streams() -> Group:
    d, group = _key("decrypt stream")
    public = sm2.base(d)
    start = draw_number("stream k", N // 2)
    for i in range(3):
        start = zero_stream_nonce(public, start, 1) + 1
        point = sm2.base(start - 1)
        _add(group, f"one byte of key stream, zero ({i + 1})", "ZeroStream", sealed_to(d, point, b"\xa5"), None)
        _add(
            group,
            f"the key stream begins with a zero byte ({i + 1})",
            "LeadingZero",
            sealed_to(d, point, b"\xa5\xa5"),
            b"\xa5\xa5",
            FORMS[:2],
        )
    k = draw_number("stream k", N // 2) + _TWO_ZERO_BYTES_AT
    shared = sm2.multiply(k, public)
    if shared is None or any(sm3.kdf(sm2.xy(shared), 2)):
        raise ValueError("two bytes of key stream are not zero")
    _add(group, "two bytes of key stream, zero", "ZeroStream", sealed_to(d, sm2.base(k), b"\0K"), None)
    _add(group, "the key stream begins with two zero bytes", "LeadingZero", sealed_to(d, sm2.base(k), b"\0K!"), b"\0K!")
    for i in range(2):
        _add(
            group,
            f"empty plaintext ({i + 1})",
            "Empty",
            sealed_to(d, sm2.base(draw_number(f"empty {i}", N)), b""),
            None,
        )
    return group


def _modified() -> Group:
    d, group = _key("decrypt modified")
    message = b"attack at dawn"
    parts = sealed_to(d, sm2.base(draw_number("modified k", N)), message)
    _add(group, "what is changed below", "Format", parts, message)
    for byte in range(32):
        c3 = bytes(b ^ (1 << byte % 8 if i == byte else 0) for i, b in enumerate(parts.c3))
        _add(
            group, f"C3, byte {byte} changed", "Modified", Parts(parts.c1, c3, parts.c2), None, (FORMS[byte % 6], "DER")
        )
    for byte in range(len(message)):
        c2 = bytes(b ^ (1 << byte % 8 if i == byte else 0) for i, b in enumerate(parts.c2))
        _add(
            group, f"C2, byte {byte} changed", "Modified", Parts(parts.c1, parts.c3, c2), None, (FORMS[byte % 6], "DER")
        )
    other = sm2.base(draw_number("modified other", N))
    shared = sm2.multiply(d, parts.c1)
    assert shared is not None
    swapped_hash = sm3.sm3(sm2.number(shared[1]) + message + sm2.number(shared[0]))
    for comment, changed in (
        ("C1 is another point", Parts(other, parts.c3, parts.c2)),
        ("C1 is -C1", Parts(sm2.negate(parts.c1), parts.c3, parts.c2)),
        ("C1 is G", Parts(sm2.G, parts.c3, parts.c2)),
        ("C2 longer by a zero", Parts(parts.c1, parts.c3, parts.c2 + b"\0")),
        ("C2 shorter by a byte", Parts(parts.c1, parts.c3, parts.c2[:-1])),
        ("C2 is the plaintext", Parts(parts.c1, parts.c3, message)),
        ("C3 is zeros", Parts(parts.c1, bytes(32), parts.c2)),
        ("C3 is SM3 of the plaintext", Parts(parts.c1, sm3.sm3(message), parts.c2)),
        ("C3 is over y2, M, x2", Parts(parts.c1, swapped_hash, parts.c2)),
        ("for another key", sealed_to(d + 1, parts.c1, message)),
    ):
        _add(group, comment, "Modified", changed, None)
    for name in ("C1C3C2", "C1C3C2_BARE", "DER"):
        for comment, data in (
            ("a byte behind", parts.form(name) + b"\0"),
            ("a byte before", b"\0" + parts.form(name)),
            ("hexadecimal text", parts.form(name).hex().encode()),
        ):
            group.add(f"{comment}, {name}", "invalid", ["Modified"], ciphertext=data, format=name, formats="ALL")
    return group


def _encodings() -> Group:
    """Damaged DER of a short ciphertext, and of one whose lengths take two bytes."""
    d, group = _key("decrypt encoding")
    points = [sm2.base(draw_number(f"encoding C1 {i}", N)) for i in range(40)]
    high = next(p for p in points if min(p) >> 255)
    low = next(p for p in points if max(p) >> 255 == 0)
    for point, message in ((high, b"fourteen bytes"), (low, b"a hundred and forty bytes.. " * 5)):
        parts = sealed_to(d, point, message)
        size = len(message)
        _add(group, f"what is damaged below ({size})", "Format", parts, message, ("DER",))
        for comment, data in damaged_ciphertexts(parts.c1, parts.c3, parts.c2):
            if data != parts.form("DER"):  # below 2^255 there is no zero byte in front to leave out
                group.add(f"{comment} ({size})", "invalid", ["Encoding"], ciphertext=data, format="DER", formats="ALL")
    on_axis = sm2.lift(0)
    if on_axis is None:
        raise ValueError("the curve has a point with x = 0")
    parts = sealed_to(d, on_axis, b"zero")
    _add(group, "x1 = 0", "LeadingZero", parts, b"zero")
    tail = der.integer(on_axis[1]) + der.octets(parts.c3) + der.octets(parts.c2)
    for comment, zero in (("without content", b""), ("as two zero bytes", b"\0\0"), ("as 80", b"\x80")):
        data = der.sequence(der.tlv(0x02, zero) + tail)
        group.add(f"x1 = 0 {comment}", "invalid", ["Encoding"], ciphertext=data, format="DER", formats="ALL")
    return group


def _truncated() -> Group:
    d, group = _key("decrypt truncated")
    parts = sealed_to(d, sm2.base(draw_number("truncated k", N)), b"short")
    for name in FORMS:
        whole = parts.form(name)
        for size in range(len(whole)):
            group.add(
                f"first {size} bytes of {name}",
                "invalid",
                ["Truncated"],
                ciphertext=whole[:size],
                format=name,
                formats="ALL",
            )
    return group


def decrypt_file() -> Document:
    """Put all cases together."""
    groups = [
        _lengths(),
        _chosen_points(),
        _not_allowed(),
        *_scalars(),
        *_bad_points(),
        _infinity_and_prefixes(),
        _key_streams(),
        _modified(),
        _encodings(),
        _truncated(),
    ]
    return document(
        "SM2 encryption",
        "Generated by vectors/generate/sm2_decrypt_files.py with the reference in vectors/generate/reference.",
        groups,
        flags=_FLAGS,
        notes=NOTES,
    )


def _confirm_valid(doc: Document) -> int:
    """The valid tests, as far as libcrypto knows their forms; what it says to the others is recorded under peers."""
    listed = [(t, sm2_verdicts.libcrypto_decrypt(t)) for t in tests(doc) if t["result"] == "valid"]
    return sum(agree(answer, "valid", t) for t, answer in listed if answer is not None)


FILES = (Source("sm2/decrypt.json", decrypt_file, ((libcrypto.NAME, _confirm_valid),), sm2_verdicts.decrypt),)
