"""The lists and descriptions of signatures: forms of the field are read, malformed ones refused."""

from __future__ import annotations

import base64
from datetime import datetime, timezone

import pytest

from gmpki.errors import DecodeError, GmpkiError, LimitExceeded
from gmpki.seal.ofd import OFDPackage, build_package
from gmpki.seal.ofd.signatures import Box, SignatureFile, SignatureList, StampAnnotation, signature_lists

NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'
DIGEST = base64.b64encode(bytes(32)).decode()
LIST = "Doc_0/Signs/Signatures.xml"
PATH = "Doc_0/Signs/Sign_0/Signature.xml"
REFERENCE = f'<ofd:Reference FileRef="/OFD.xml"><ofd:CheckValue>{DIGEST}</ofd:CheckValue></ofd:Reference>'


def entry(location: str = "/Doc_0/Signs/Signatures.xml") -> bytes:
    body = f"<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>{location}</ofd:Signatures>"
    return f"<ofd:OFD {NS}>{body}</ofd:DocBody></ofd:OFD>".encode()


def package(files: dict[str, str | bytes]) -> OFDPackage:
    every = {"OFD.xml": entry()} | files
    return OFDPackage.from_bytes(
        build_package({name: data.encode() if isinstance(data, str) else data for name, data in every.items()})
    )


def listed(inside: str) -> SignatureList:
    """Read a list of signatures."""
    return SignatureList.parse(package({LIST: f"<ofd:Signatures {NS}>{inside}</ofd:Signatures>"}), LIST)


def described(
    info: str = "", references: str = REFERENCE, value: str = "SignedValue.dat", method: str = "SM3"
) -> SignatureFile:
    """Read a description of a signature."""
    protected = f'<ofd:References CheckMethod="{method}">{references}</ofd:References>'
    text = f"<ofd:Signature {NS}><ofd:SignedInfo>{info}{protected}</ofd:SignedInfo>"
    text += f"<ofd:SignedValue>{value}</ofd:SignedValue></ofd:Signature>"
    return SignatureFile.parse(package({PATH: text}), PATH)


# ---- lists --------------------------------------------------------------------------------
def test_a_list_of_the_field() -> None:
    found = listed(
        '<ofd:Signature ID="s001" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_0/Signature.xml"/>'
        "<ofd:MaxSignId>s006</ofd:MaxSignId>"
        '<ofd:Signature ID="2" BaseLoc="Sign_1/Signature.xml"/>'
        '<ofd:Signature ID="s008" Type="sign" BaseLoc="Doc_0/Signs/Sign_2/Signature.xml"/>'
        "<ofd:MaxSignId>s008</ofd:MaxSignId>"
    )
    assert [(one.id, one.type) for one in found.entries] == [("s001", "Seal"), ("2", "Seal"), ("s008", "Sign")]
    assert [one.path.rpartition("Sign_")[2] for one in found.entries] == [f"{n}/Signature.xml" for n in range(3)]
    assert found.max_sign_id == "s008"


@pytest.mark.parametrize(
    "inside",
    [
        '<ofd:Signature ID="1" Type="Stamp" BaseLoc="/a.xml"/>',
        '<ofd:Signature ID="1"/>',
        '<ofd:Signature ID="1" BaseLoc="../../../a.xml"/>',
        '<ofd:Signature ID="1" BaseLoc="/a.xml"/><ofd:Signature ID="2" BaseLoc="/a.xml"/>',
        "<ofd:MaxSignId><ofd:A/></ofd:MaxSignId>",
    ],
    ids=["type", "place", "outside", "twice", "number"],
)
def test_lists_that_are_malformed(inside: str) -> None:
    with pytest.raises(DecodeError):
        listed(inside)


def test_lists_without_end() -> None:
    with pytest.raises(LimitExceeded):
        listed("".join(f'<ofd:Signature ID="{n}" BaseLoc="/{n}.xml"/>' for n in range(1001)))


def test_lists_of_a_package() -> None:
    assert signature_lists(package({LIST: f"<ofd:Signatures {NS}/>"}))[0].path == LIST
    assert signature_lists(package({"OFD.xml": entry("")})) == ()
    assert signature_lists(package({"OFD.xml": f"<ofd:OFD {NS}/>"})) == ()


@pytest.mark.parametrize(
    "ofd",
    [
        entry("../Signatures.xml"),
        entry("missing.xml"),
        entry("<ofd:A/>"),
        entry().replace(b"OFD ", b"Doc ").replace(b"OFD>", b"Doc>"),
        entry().replace(b"</ofd:DocBody>", b"</ofd:DocBody>" + entry()[len(f"<ofd:OFD {NS}>") : -len("</ofd:OFD>")]),
    ],
    ids=["outside", "missing", "elements", "root", "shared"],
)
def test_packages_whose_list_is_not_there(ofd: bytes) -> None:
    with pytest.raises(DecodeError):
        signature_lists(package({"OFD.xml": ofd, LIST: f"<ofd:Signatures {NS}/>"}))


# ---- descriptions -------------------------------------------------------------------------
def test_a_description_of_the_field() -> None:
    found = described(
        '<ofd:Provider ProviderName="p" Company="c" Version="1"/>'
        "<ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>"
        "<ofd:SignatureDateTime>20260301080000.123Z</ofd:SignatureDateTime>"
        "<ofd:Seal><ofd:BaseLoc>Seal.esl</ofd:BaseLoc></ofd:Seal>"
        '<ofd:StampAnnot ID="s2" PageRef="1" Boundary="202 40 40 40" Clip="0 0 8 40"/>'
        '<ofd:StampAnnot ID="s3" PageRef="2" Boundary="1.5 2 3e1 4"/>'
    )
    assert (found.provider.name, found.provider.company, found.provider.version) == ("p", "c", "1")
    assert found.time == datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
    assert found.seal == "Doc_0/Signs/Sign_0/Seal.esl"
    assert found.signed_value == "Doc_0/Signs/Sign_0/SignedValue.dat"
    assert found.references[0].path == "OFD.xml"
    assert found.references[0].digest == bytes(32)
    assert found.stamps[0] == StampAnnotation("s2", "1", Box(202, 40, 40, 40), Box(0, 0, 8, 40))
    assert found.stamps[1].visible == Box(1.5, 2, 30, 4)


def test_a_provider_in_elements() -> None:
    info = "<ofd:Provider><ofd:ProviderName>p</ofd:ProviderName><ofd:Version>2</ofd:Version></ofd:Provider>"
    assert (described(info).provider.name, described(info).provider.version) == ("p", "2")


@pytest.mark.parametrize("text", ["2020-01-25 15:31:56", "20261301000000Z", "20260301080000", "", "now"])
def test_times_that_say_no_zone_or_are_none(text: str) -> None:
    assert described(f"<ofd:SignatureDateTime>{text}</ofd:SignatureDateTime>").time is None


def test_what_a_stamp_shows() -> None:
    whole = Box(100, 50, 40, 30)
    assert StampAnnotation("", "", whole, Box(10, 5, 8, 40)).visible == Box(110, 55, 8, 25)
    assert StampAnnotation("", "", whole, Box(-5, -5, 10, 10)).visible == Box(100, 50, 5, 5)
    assert StampAnnotation("", "", whole, Box(90, 90, 5, 5)).visible.width == 0


@pytest.mark.parametrize(
    "references",
    [
        "",
        REFERENCE * 2,
        REFERENCE + REFERENCE.replace("/OFD.xml", "/Doc_0/../OFD.xml"),
        REFERENCE.replace("/OFD.xml", ""),
        REFERENCE.replace("/OFD.xml", "/../OFD.xml"),
        REFERENCE.replace(DIGEST, ""),
        REFERENCE.replace(DIGEST, "é"),
        REFERENCE.replace(DIGEST, "AAA"),
        REFERENCE.replace(DIGEST, "A" * 300),
        REFERENCE.replace(DIGEST, f"{DIGEST}<ofd:A/>"),
    ],
    ids=["none", "twice", "same", "place", "outside", "digest", "letters", "base64", "long", "elements"],
)
def test_references_that_are_malformed(references: str) -> None:
    with pytest.raises(DecodeError):
        described(references=references)


@pytest.mark.parametrize(
    "info",
    [
        '<ofd:StampAnnot Boundary="1 2 3" PageRef="1"/>',
        '<ofd:StampAnnot Boundary="1 2 -3 4" PageRef="1"/>',
        '<ofd:StampAnnot Boundary="1 2 nan 4" PageRef="1"/>',
        '<ofd:StampAnnot PageRef="1"/>',
        '<ofd:StampAnnot Boundary="1 2 3 4" Clip="1" PageRef="1"/>',
        "<ofd:Seal><ofd:BaseLoc>/../a</ofd:BaseLoc></ofd:Seal>",
        "<ofd:Seal/><ofd:Seal/>",
        "<ofd:SignatureMethod>a</ofd:SignatureMethod><ofd:SignatureMethod>b</ofd:SignatureMethod>",
    ],
    ids=["numbers", "negative", "nan", "none", "clip", "outside", "two-seals", "two-methods"],
)
def test_descriptions_that_are_malformed(info: str) -> None:
    with pytest.raises(DecodeError):
        described(info)


@pytest.mark.parametrize(
    "text",
    [
        f"<ofd:Signature {NS}/>",
        f"<ofd:Signature {NS}><ofd:SignedInfo/></ofd:Signature>",
        f"<ofd:Signatures {NS}/>",
        "text",
    ],
)
def test_what_is_no_description(text: str) -> None:
    with pytest.raises(GmpkiError):
        SignatureFile.parse(package({PATH: text}), PATH)


def test_a_description_says_where_its_value_is() -> None:
    with pytest.raises(DecodeError, match="where a file lies"):
        described(value="")
