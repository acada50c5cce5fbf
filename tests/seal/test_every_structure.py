"""Every structure that is written: OpenSSL takes it apart element by element, and asn1crypto field by field."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gmpki.algorithms import sm3
from gmpki.seal import Consent, DigitalSigner, SealLayout, SealSigner, prepare_file, seal_file
from gmpki.seal.ofd import Stamp as OFDStamp
from gmpki.seal.ofd import prepare_ofd
from gmpki.seal.pdf import prepare_pdf
from seal import asn1crypto_schemas as peer
from seal import samples
from seal.der_tree import Node, parse
from seal.judging import GBT, OLD, signed
from seal.ofd import papers
from seal.pdf import documents
from seal.samples import DIGEST, NOW

OPENSSL = shutil.which("openssl")


def openssl_elements(encoded: bytes) -> list[tuple[int, int, int, bool]]:
    """Return depth, length of the header, length of the contents and whether it holds others, for each element."""
    assert OPENSSL is not None
    run = subprocess.run(
        [OPENSSL, "asn1parse", "-inform", "DER"], input=encoded, capture_output=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr.decode(errors="replace")
    found = re.findall(rb"^ *\d+:d=(\d+) +hl=(\d+) +l= *(\d+) (prim|cons):", run.stdout, re.MULTILINE)
    return [(int(depth), int(head), int(length), kind == b"cons") for depth, head, length, kind in found]


def our_elements(node: Node, depth: int = 0) -> Iterator[tuple[int, int, int, bool]]:
    """Return the same as our reader sees it."""
    content = b"".join(child.encode() for child in node.children) if node.is_constructed else node.content
    yield depth, len(node.encode()) - len(content), len(content), node.is_constructed
    for child in node.children:
        yield from our_elements(child, depth + 1)


def signer(layout: SealLayout = GBT, **options: Any) -> SealSigner:
    person = samples.signer()
    return SealSigner(samples.seal(layout), None, person.certificate, clock=lambda: NOW, **options)


def digital() -> DigitalSigner:
    return DigitalSigner(None, samples.signer().certificate)


def with_consent() -> bytes:
    person = samples.signer()
    consent = Consent.of("id.example.cn", b"a statement", whole=False).to_extension()
    who = SealSigner(samples.seal(), person.key, person.certificate, clock=lambda: NOW, extensions=[consent])
    return who.sign_document(DIGEST, samples.PROPERTY_INFO)


def sealing() -> SealSigner:
    person = samples.signer()
    return SealSigner(samples.seal(), person.key, person.certificate, clock=lambda: NOW)


def digital_signing() -> DigitalSigner:
    person = samples.signer()
    return DigitalSigner(person.key, person.certificate)


def head(state: bytes) -> bytes:
    """Return the structure that stands before a document, behind its length in four bytes."""
    return state[4 : 4 + int.from_bytes(state[:4], "big")]


STRUCTURES: dict[str, tuple[Any, Callable[[], bytes]]] = {
    "seal of 2014": (peer.Seal1, lambda: samples.seal(OLD).der),
    "seal of 2020": (peer.Seal4, lambda: samples.seal(GBT).der),
    "seal with digests": (peer.Seal4, lambda: samples.new_seal(list_digests=True).der),
    "seal with a fifth field": (peer.Seal5, lambda: samples.five_field().to_der()),
    "signature of 2014": (peer.Signature1, lambda: signed(OLD)),
    "signature of 2014 with a time-stamp": (peer.Signature1, lambda: signed(OLD, stamped=True)),
    "signature of 2020": (peer.Signature4, lambda: signed(GBT)),
    "signature of 2020 with a time-stamp": (peer.Signature4, lambda: signed(GBT, stamped=True)),
    "signature with a consent": (peer.Signature4, with_consent),
    "sealed file": (peer.Detached, lambda: seal_file(b"form", sealing(), name="form.html", media_type="text/html")),
    "signed file": (peer.Detached, lambda: seal_file(b"form", digital_signing(), name="form.html")),
    "waiting signature of 2014": (peer.PreparedSeal, lambda: signer(OLD).prepare(DIGEST, "x").to_bytes()),
    "waiting signature of 2020": (peer.PreparedSeal, lambda: signer().prepare(DIGEST, "x").to_bytes()),
    "waiting signature without a seal": (
        peer.PreparedDigital,
        lambda: digital().prepare_document(DIGEST, "x").to_bytes(),
    ),
    "waiting file": (peer.Detached, lambda: prepare_file(b"form", signer(), name="form.html").to_bytes()),
    "head of a waiting OFD package": (
        peer.PreparedOFDHead,
        lambda: head(prepare_ofd(papers.paper(), signer(), OFDStamp(1, 20, 20), time=NOW).to_bytes()),
    ),
    "head of a waiting PDF file": (
        peer.PreparedPDFHead,
        lambda: head(prepare_pdf(documents.single_page(), signer(), time=NOW).to_bytes()),
    ),
}
every = pytest.mark.parametrize("name", STRUCTURES)


@pytest.mark.skipif(OPENSSL is None, reason="peer program: OpenSSL not found")
@every
def test_openssl_sees_the_same_elements(name: str) -> None:
    encoded = STRUCTURES[name][1]()
    assert openssl_elements(encoded) == list(our_elements(parse(encoded)))


@every
def test_asn1crypto_reads_and_writes_the_same(name: str) -> None:
    schema, make = STRUCTURES[name]
    encoded = make()
    peer.load(schema, encoded)
    with pytest.raises(ValueError, match=r"."):
        peer.load(schema, encoded[:-1])


def test_what_waits_is_what_will_be_signed() -> None:
    for layout in samples.LAYOUTS:
        prepared = signer(layout).prepare(DIGEST, samples.PROPERTY_INFO)
        value = peer.load(peer.PreparedSeal, prepared.to_bytes())
        tbs = value["to_sign"]
        assert tbs.dump() == prepared.to_be_signed
        assert (tbs["data_hash"].native, tbs["property_info"].native) == (DIGEST, samples.PROPERTY_INFO)
        assert tbs["eseal"].dump() == samples.seal(layout).der


def test_what_stands_beside_a_file() -> None:
    value = peer.load(peer.Detached, seal_file(b"form", sealing(), name="表.html", media_type="text/html"))
    file = value["file"].native
    assert (file["name"], file["size"], file["type"]) == ("表.html", 4, "text/html")
    assert file["imprint"]["value"] == sm3.digest(b"form")
    inner = peer.load(peer.Signature4, value["signature"].native)
    assert inner["to_sign"]["data_hash"].native == sm3.digest(value["file"].dump())
