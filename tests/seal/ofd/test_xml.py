"""XML is read without anything that reaches beyond the bytes, and without what would cost more than they."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.errors import DecodeError, GmpkiError, LimitExceeded
from gmpki.seal.ofd import xml

NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def document(inside: str = "", *, attributes: str = "", before: str = "") -> bytes:
    """Return a document."""
    return f"{before}<ofd:OFD {NS} {attributes}>{inside}</ofd:OFD>".encode()


@pytest.mark.parametrize(
    "data",
    [
        document(),
        document(before='<?xml version="1.0" encoding="UTF-8"?>\n'),
        document(before='<?xml version="1.0" encoding="utf8" standalone="yes"?>'),
        b"\xef\xbb\xbf" + document(before='<?xml version="1.0"?>'),
        b'<OFD xmlns="http://www.ofdspec.org/2016"/>',
        b'<OFD xmlns="http://www.ofdspec.org"/>',
        b"<OFD/>",
    ],
    ids=["bare", "declared", "utf8", "mark", "default", "draft", "none"],
)
def test_documents_of_the_field(data: bytes) -> None:
    assert xml.local_name(xml.parse(data)) == "OFD"


@pytest.mark.parametrize(
    "before",
    [
        "<!DOCTYPE ofd>",
        '<!DOCTYPE OFD SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE OFD [<!ENTITY a "b">]>',
        '<!DOCTYPE OFD [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE OFD [<!ENTITY % a SYSTEM "http://localhost/"> %a;]>',
    ],
    ids=["plain", "system", "entity", "external", "parameter"],
)
def test_a_dtd_is_refused(before: str) -> None:
    with pytest.raises(DecodeError, match="DTD"):
        xml.parse(document("&a;", before=before))


def test_entities_that_nobody_declared_are_refused() -> None:
    with pytest.raises(DecodeError):
        xml.parse(document("&a;"))


def test_a_billion_laughs() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    with pytest.raises(DecodeError, match="DTD"):
        xml.parse(document("&a9;", before=f'<!DOCTYPE OFD [<!ENTITY a0 "ha">{entities}]>'))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7", "cp037"])
def test_a_dtd_does_not_hide_in_another_encoding(encoding: str) -> None:
    with pytest.raises(DecodeError):
        xml.parse(document("&a;", before='<!DOCTYPE OFD [<!ENTITY a "b">]>').decode().encode(encoding))


@pytest.mark.parametrize("encoding", ["GBK", "UTF-16", "UTF-7", "ISO-8859-1", "IBM037"])
def test_only_utf8_is_declared(encoding: str) -> None:
    with pytest.raises(DecodeError, match="UTF-8"):
        xml.parse(document(before=f'<?xml version="1.0" encoding="{encoding}"?>'))


@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"<OFD>", b"<OFD></ofd>", b"<a/><b/>", document("\x00"), b"<OFD>\xff</OFD>", b"<OFD a='1' a='2'/>"],
    ids=["empty", "text", "open", "closed", "two", "nul", "bytes", "attribute"],
)
def test_what_is_not_well_formed(data: bytes) -> None:
    with pytest.raises(DecodeError):
        xml.parse(data, name="/OFD.xml")


def test_other_namespaces_are_refused() -> None:
    with pytest.raises(DecodeError, match="namespace"):
        xml.parse(b'<OFD xmlns="http://example.com/"/>')


def test_elements_of_other_namespaces_are_not_seen() -> None:
    root = xml.parse(document('<x:A xmlns:x="http://example.com/">evil</x:A><ofd:A>good</ofd:A><A>bad</A>'))
    assert [xml.text_of(one) for one in xml.children(root, "A")] == ["good"]
    assert [xml.local_name(one) for one in xml.elements(root)] == ["A"]


def test_comments_do_not_cut_text_off() -> None:
    root = xml.parse(document("<ofd:A>/Doc_0/<!-- evil -->Document.xml<?evil ?></ofd:A>"))
    assert xml.text_of(root, "A") == "/Doc_0/Document.xml"


def test_one_element_is_one() -> None:
    root = xml.parse(document("<ofd:A>1</ofd:A><ofd:A>2</ofd:A><ofd:B><ofd:C/></ofd:B>"))
    with pytest.raises(DecodeError, match="2 elements A"):
        xml.child(root, "A")
    with pytest.raises(DecodeError, match="text"):
        xml.text_of(root, "B")
    assert xml.child(root, "D") is None
    assert xml.text_of(root, "D") == xml.text_of(None) == ""
    assert xml.attribute(root, "E", "x") == "x"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (document("<ofd:A>" * 70 + "</ofd:A>" * 70), "deeper"),
        (document(attributes=" ".join(f'a{n}="1"' for n in range(120))), "attributes"),
        (document("<ofd:A/>" * 2_100_000), "elements"),
        (document("x" * 1001), "bytes"),
    ],
    ids=["depth", "attributes", "elements", "length"],
)
def test_limits(data: bytes, what: str) -> None:
    begin = time.perf_counter()
    with pytest.raises(LimitExceeded, match=what):
        xml.parse(data, max_len=1000 if what == "bytes" else 32 << 20)
    assert time.perf_counter() - begin < 2


@pytest.mark.parametrize("levels", [64, 300, 100_000])
def test_depth_is_no_recursion(levels: int) -> None:
    data = b"<a>" * (levels - 1) + b"<a/>" + b"</a>" * (levels - 1)
    if levels <= xml.MAX_DEPTH:
        assert xml.local_name(xml.parse(data)) == "a"
    else:
        with pytest.raises((LimitExceeded, DecodeError)):
            xml.parse(data)


def test_numbers() -> None:
    assert xml.numbers(" 1 -2.5\t.5 3. 1e2\n") == (1.0, -2.5, 0.5, 3.0, 100.0)
    assert xml.numbers("") == ()


@pytest.mark.parametrize(
    "text", ["a", "1,2", "nan", "inf", "-Infinity", "1e999", "0x10", "1_000", "١", "1e", "--1", "9" * 65, "1 2 x"]
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(DecodeError):
        xml.numbers(text)


def test_counts_of_numbers() -> None:
    with pytest.raises(DecodeError, match="should have 4 numbers, not 3"):
        xml.numbers("1 2 3", count=4)
    with pytest.raises(LimitExceeded):
        xml.numbers("1 " * 1_000_001)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    try:
        xml.parse(data)
    except GmpkiError as error:
        assert str(error)  # noqa: PT017 - nearly everything is refused
