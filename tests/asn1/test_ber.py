"""The BER normaliser: what it changes, what it reports, what it refuses, and that it stays linear."""

from __future__ import annotations

import pytest
from asn1crypto import core, parser
from hypothesis import given
from hypothesis import strategies as st

from gmpki.asn1 import der
from gmpki.asn1.ber import ber_to_der
from gmpki.asn1.quirks import Quirk, QuirkKind
from gmpki.errors import DecodeError, InvalidTypeError, LimitExceeded

Q = QuirkKind

GOOD = [
    ("DER stays", "3006020101040161", "3006020101040161", []),
    ("indefinite length", "30800201010000", "3003020101", [(Q.INDEFINITE_LENGTH, 0, 1)]),
    ("indefinite in indefinite", "30803080050000000000", "300430020500", [(Q.INDEFINITE_LENGTH, 0, 2)]),
    ("indefinite in definite", "30063080050000" + "00", "300430020500", [(Q.INDEFINITE_LENGTH, 2, 1)]),
    ("definite in indefinite", "3080300205000000", "300430020500", [(Q.INDEFINITE_LENGTH, 0, 1)]),
    ("empty indefinite", "30800000", "3000", [(Q.INDEFINITE_LENGTH, 0, 1)]),
    ("long length", "0281010A", "02010A", [(Q.LONG_LENGTH, 0, 1)]),
    ("long length of eight bytes", "0488000000000000000161", "040161", [(Q.LONG_LENGTH, 0, 1)]),
    ("octet string in segments", "2406040161040162", "04026162", [(Q.CONSTRUCTED_STRING, 0, 1)]),
    (
        "octet string, indefinite",
        "24800401610401620000",
        "04026162",
        [(Q.INDEFINITE_LENGTH, 0, 1), (Q.CONSTRUCTED_STRING, 0, 1)],
    ),
    ("nested segments", "24082403040161040162", "04026162", [(Q.CONSTRUCTED_STRING, 0, 1)]),
    ("empty string in segments", "2400", "0400", [(Q.CONSTRUCTED_STRING, 0, 1)]),
    ("UTF8String in OCTET STRING segments", "2C06040161040162", "0C026162", [(Q.CONSTRUCTED_STRING, 0, 1)]),
    ("UTF8String in its own segments", "2C060C01610C0162", "0C026162", [(Q.CONSTRUCTED_STRING, 0, 1)]),
    ("bit string in segments", "2309030200AA030304BBC0", "030404AABBC0", [(Q.CONSTRUCTED_STRING, 0, 1)]),
    ("boolean 01", "010101", "0101FF", [(Q.BOOLEAN, 0, 1)]),
    ("boolean FALSE", "010100", "010100", []),
    ("integer padded with 00", "0203000001", "020101", [(Q.INTEGER, 0, 1)]),
    ("integer padded with FF", "0203FFFF80", "020180", [(Q.INTEGER, 0, 1)]),
    ("integer zero padded", "02020000", "020100", [(Q.INTEGER, 0, 1)]),
    ("integer whose zero is needed", "02020080", "02020080", []),
    ("enumerated padded", "0A020001", "0A0101", [(Q.INTEGER, 0, 1)]),
    ("unused bits set", "030204FF", "030204F0", [(Q.UNUSED_BITS, 0, 1)]),
    ("set out of order", "3106020102020101", "3106020101020102", [(Q.SET_ORDER, 2, 1)]),
    ("context tag", "A080800161" + "0000", "A003800161", [(Q.INDEFINITE_LENGTH, 0, 1)]),
    ("implicit segments are kept", "A0800401610401620000", "A006040161040162", [(Q.INDEFINITE_LENGTH, 0, 1)]),
]


@pytest.mark.parametrize(("data", "wanted", "quirks"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_becomes_der(data: str, wanted: str, quirks: list[tuple[QuirkKind, int, int]]) -> None:
    result = ber_to_der(bytes.fromhex(data))
    assert result.der.hex().upper() == wanted
    assert list(result.quirks) == [Quirk(*quirk) for quirk in quirks]
    # What comes out is strict DER, and stays.
    assert der.Reader(result.der).raw_element() == result.der
    assert ber_to_der(result.der) == (result.der, ())


def test_inner_sets_are_sorted_before_outer_ones() -> None:
    # { {3, 2}, {3, 1} }: sorted as they come the first would stay first; sorted inside first, it comes last.
    data = bytes.fromhex("3110" + "3106020103020102" + "3106020103020101")
    assert ber_to_der(data).der == bytes.fromhex("3110" + "3106020101020103" + "3106020102020103")


def test_sets_keep_their_order_on_request() -> None:
    data = bytes.fromhex("3106020102020101")
    assert ber_to_der(data, sort_sets=False) == (data, ())


def test_quirks_are_counted() -> None:
    data = bytes.fromhex("3009" + "010101" + "010102" + "010103")
    assert ber_to_der(data).quirks == (Quirk(QuirkKind.BOOLEAN, 2, 3),)


BAD = [
    ("nothing", "", "inside the header"),
    ("trailing bytes", "050000", "1 bytes too many"),
    ("two elements", "05000500", "2 bytes too many"),
    ("no end of contents", "3080020101", "inside the header"),
    ("half an end of contents", "308002010100", "inside the header"),
    ("end of contents alone", "0000", "end-of-contents"),
    ("end of contents in a definite element", "30020000", "end-of-contents"),
    ("end of contents outside its parent", "3004308005000000", None),
    ("primitive of indefinite length", "0480" + "0000", "primitive element of indefinite length"),
    ("length of nine bytes", "0489000000000000000001FF", "at most 8"),
    ("length of 2^63", "04888000000000000000", "are left"),
    ("longer than its parent", "30030204", "are left"),
    ("longer than the parent of an indefinite parent", "3005308004050000000000", "are left"),
    ("high tag number", "1F8101", "above 30"),
    ("constructed integer", "2203020101", "does not exist"),
    ("primitive sequence", "1003020101", "does not exist"),
    ("segment of another type", "2403020101", "as a segment"),
    ("octet segment in a bit string", "2303040100", "as a segment"),
    ("bit segment without contents", "23020300", "unused bits"),
    ("unused bits in the middle", "2308030204F0030200AA", "unused bits"),
    ("nine unused bits", "030209FF", "unused bits"),
    ("empty bit string", "0300", "unused bits"),
    ("empty integer", "0200", "empty"),
    ("empty boolean", "0100", "1 byte"),
]


@pytest.mark.parametrize(("data", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_ber_is_refused(data: str, words: str | None) -> None:
    with pytest.raises(DecodeError, match=words):
        ber_to_der(bytes.fromhex(data))


def test_type_is_checked() -> None:
    with pytest.raises(InvalidTypeError):
        ber_to_der("0500")  # type: ignore[arg-type]


# ---- bounds -----------------------------------------------------------------------------
def test_depth_is_bounded() -> None:
    assert len(ber_to_der(b"\x30\x80" * 32 + b"\x00\x00" * 32).der) == 64
    for unit in (b"\x30\x80", b"\x24\x80"):
        with pytest.raises(DecodeError, match="nested too deeply"):
            ber_to_der(unit * 33 + b"\x00\x00" * 33)
        with pytest.raises(DecodeError, match="nested too deeply"):
            ber_to_der(unit * 500_000)


def test_input_and_output_are_bounded() -> None:
    data = b"\x30\x80" + b"\x05\x00" * 60 + b"\x00\x00"
    assert len(ber_to_der(data, max_size=124).der) == 122
    with pytest.raises(LimitExceeded, match="at most 123 are read"):
        ber_to_der(data, max_size=123)
    # From 64 KiB of contents on, a definite length takes more bytes than the two marks of an indefinite one.
    grows = b"\x30\x80" * 30 + der.encode_octet_string(bytes(70_000)) + b"\x00\x00" * 30
    assert len(ber_to_der(grows).der) == len(grows) + 30
    with pytest.raises(LimitExceeded, match="are written"):
        ber_to_der(grows, max_size=len(grows) + 29)


def test_elements_are_bounded() -> None:
    data = der.encode_sequence(b"\x05\x00" * 99)
    assert ber_to_der(data, max_elements=100).der == data
    with pytest.raises(LimitExceeded, match="more than 99 elements"):
        ber_to_der(data, max_elements=99)


def test_segments_cost_no_elements() -> None:
    data = b"\x24\x80" + b"\x04\x01a" * 1000 + b"\x00\x00"
    assert ber_to_der(data, max_elements=1).der == der.encode_octet_string(b"a" * 1000)


# ---- against another implementation -----------------------------------------------------
def as_ber(data: bytes, choose: st.DataObject) -> bytes:
    """Write one DER element again, each constructed one and each OCTET STRING in a form that BER allows."""
    _, _, _, header, content, _ = parser.parse(data)
    if not header[0] & 0x20:
        if header[0] == 0x04 and choose.draw(st.booleans()):
            middle = len(content) // 2
            segments = der.encode_octet_string(content[:middle]) + der.encode_octet_string(content[middle:])
            return b"\x24\x80" + segments + b"\x00\x00"
        return data
    parts = b""
    while content:
        length = parser.peek(content)
        parts += as_ber(content[:length], choose)
        content = content[length:]
    if choose.draw(st.booleans()):
        return header[:1] + b"\x80" + parts + b"\x00\x00"
    return header[:1] + b"\x84" + len(parts).to_bytes(4, "big") + parts


elements = st.recursive(
    st.integers().map(der.encode_integer) | st.binary(max_size=200).map(der.encode_octet_string),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: der.encode_sequence(*parts)),
    max_leaves=12,
)


@given(elements, st.data())
def test_the_original_comes_back(element: bytes, choose: st.DataObject) -> None:
    disguised = as_ber(element, choose)
    assert ber_to_der(disguised).der == element


@given(st.binary(max_size=200), st.integers(1, 20))
def test_asn1crypto_reads_the_same_octets(content: bytes, size: int) -> None:
    segments = b"".join(der.encode_octet_string(content[i : i + size]) for i in range(0, len(content), size))
    data = b"\x24\x80" + segments + b"\x00\x00"
    assert der.Reader(ber_to_der(data).der).octet_string() == core.OctetString.load(data).native == content


@given(st.binary(max_size=300))
def test_arbitrary_bytes_give_der_or_an_error(data: bytes) -> None:
    try:
        result = ber_to_der(data)
    except DecodeError:
        return
    assert ber_to_der(result.der) == (result.der, ())
