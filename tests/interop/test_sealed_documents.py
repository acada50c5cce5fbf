"""Bouncy Castle verifies what stands in sealed documents, found in their bytes without gmpki."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO

import pytest
from cryptography.hazmat.primitives import hashes

from gmpki.keys.loader import load_private_key
from gmpki.seal import DigitalForm, DigitalSigner, Seal, SealSigner
from gmpki.seal.ofd import Stamp as OFDStamp
from gmpki.seal.ofd import sign_ofd
from gmpki.seal.pdf import PDFProfile, cms_signer, sign_pdf
from gmpki.seal.pdf import Stamp as PDFStamp
from gmpki.x509.certificate import Certificate
from interop import bouncy_castle
from interop.bouncy_castle_messages import BouncyCastle
from interop.our_messages import Ours
from interop.scenario import Hierarchy, Refused
from interop.seal_jobs import NAME, SEAL_ID, SealReading, changed, make_seal
from seal.ofd import papers
from seal.pdf import documents

if bouncy_castle.missing():
    pytest.skip(bouncy_castle.missing(), allow_module_level=True)

SIGN = "Doc_0/Signs/Sign_0/"
LAYOUTS = ("2014", "2020")


@pytest.fixture(scope="module")
def peer() -> Iterator[BouncyCastle]:
    started = BouncyCastle()
    yield started
    started.close()


@pytest.fixture(scope="module")
def made() -> Hierarchy:
    return Hierarchy(Ours(), "sm2")


def sm3(data: bytes) -> bytes:
    """Digest as OpenSSL does."""
    found = hashes.Hash(hashes.SM3())
    found.update(data)
    return found.finalize()


def key(made: Hierarchy) -> object:
    return load_private_key(made.key("user"))


def seal_signer(made: Hierarchy, layout: str) -> SealSigner:
    return SealSigner(
        Seal.from_der(make_seal(made, layout)),
        key(made),  # type: ignore[arg-type]
        Certificate.from_der(made.signing),
    )


def in_package(data: bytes) -> tuple[bytes, bytes]:
    """Return the description of a signature and its value."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        return package.read(SIGN + "Signature.xml"), package.read(SIGN + "SignedValue.dat")


def in_file(data: bytes) -> tuple[bytes, bytes]:
    """Return the bytes that the last signature of a PDF file covers, and the signature with its padding."""
    first, first_len, second, second_len = map(int, re.findall(rb"/ByteRange\s*\[([\d\s]+)\]", data)[-1].split())
    assert first + first_len < second
    covered = data[first : first + first_len] + data[second : second + second_len]
    return covered, bytes.fromhex(data[first_len + 1 : second - 1].decode())


def without_padding(padded: bytes) -> bytes:
    """Return a SEQUENCE with a length of two octets, without what follows it."""
    assert padded[:2] == b"\x30\x82"
    end = 4 + int.from_bytes(padded[2:4], "big")
    assert not any(padded[end:])
    return padded[:end]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("container", ["ofd", "pdf"])
def test_seals(peer: BouncyCastle, made: Hierarchy, container: str, layout: str) -> None:
    signer = seal_signer(made, layout)
    if container == "ofd":
        covered, value = in_package(sign_ofd(papers.paper(1), signer, OFDStamp(1, 20, 100)))
    else:
        covered, padded = in_file(sign_pdf(documents.single_page(), signer, PDFStamp(1, 20, 100)))
        value = without_padding(padded)
    judging = ("sm2", value, sm3(covered), made.sub, made.root)
    assert peer.check_seal_signature(*judging) == SealReading(layout, SEAL_ID, NAME)
    with pytest.raises(Refused, match="another document"):
        peer.check_seal_signature("sm2", value, sm3(covered + b" "), made.sub, made.root)
    with pytest.raises(Refused):
        peer.check_seal_signature("sm2", changed(value, -1), sm3(covered), made.sub, made.root)


@pytest.mark.parametrize("form", [DigitalForm.DIGEST, DigitalForm.DETACHED], ids=lambda form: form.value)
def test_signed_messages_in_packages(peer: BouncyCastle, made: Hierarchy, form: DigitalForm) -> None:
    signer = DigitalSigner(key(made), Certificate.from_der(made.signing), form=form)  # type: ignore[arg-type]
    covered, value = in_package(sign_ofd(papers.paper(1), signer))
    content = b"" if form is DigitalForm.DIGEST else covered
    reading = peer.check_signed("sm2", value, made.sub, content)
    assert reading.content == (content or sm3(covered))
    with pytest.raises(Refused):
        peer.check_signed("sm2", changed(value, -1), made.sub, content)


@pytest.mark.once
@pytest.mark.parametrize("profile", [PDFProfile.CMS, PDFProfile.CADES], ids=lambda profile: profile.value)
def test_signed_messages_in_files(peer: BouncyCastle, made: Hierarchy, profile: PDFProfile) -> None:
    signer = cms_signer(key(made), Certificate.from_der(made.signing), profile=profile)  # type: ignore[arg-type]
    covered, padded = in_file(sign_pdf(documents.single_page(), signer))
    value = without_padding(padded)
    assert peer.check_signed("sm2", value, made.sub, covered).signers == 1
    for bad in ((changed(value, -1), covered), (value, covered + b" ")):
        with pytest.raises(Refused):
            peer.check_signed("sm2", bad[0], made.sub, bad[1])
