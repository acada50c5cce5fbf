"""OFD documents that wait for the value of their signature."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.errors import DecodeError, InvalidSignature, InvalidTypeError, LimitExceeded, TimestampError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.seal.digital import DigitalSigner
from gmpki.seal.ofd.package import OFDPackage, PackageLimits
from gmpki.seal.ofd.signing import prepare_ofd, sign_ofd
from gmpki.seal.ofd.stamps import Stamp
from gmpki.seal.ofd.two_phase import PreparedOFD
from gmpki.seal.ofd.verify import verify_ofd
from seal import samples
from seal.ofd import papers


def prepared(**options: Any) -> PreparedOFD:
    """Return a document that 张三 is to sign with a key that is not here."""
    signer = options.pop("signer", None) or papers.seal_signer(signer=None)
    said: dict[str, Any] = {"stamps": Stamp(1, 120, 200), "time": samples.NOW} | options
    return prepare_ofd(said.pop("data", papers.paper()), signer, **said)


def signature(waiting: PreparedOFD) -> bytes:
    value: bytes = samples.signer().key.sign_digest(waiting.digest)
    return value


def require_valid(data: bytes) -> None:
    verify_ofd(data, samples.trust(accept=samples.UNASKED), now=samples.NOW).require()


def test_a_key_elsewhere_signs() -> None:
    waiting = prepared()
    assert waiting.certificate == samples.signer().certificate
    assert waiting.digest == waiting.certificate.public_key.digest(waiting.to_be_signed)
    require_valid(waiting.finish(signature(waiting)))


def test_it_can_be_kept_and_finished_elsewhere() -> None:
    waiting = prepared()
    value = signature(waiting)
    made = waiting.finish(value)
    for again in (PreparedOFD.from_bytes(waiting.to_bytes()), pickle.loads(pickle.dumps(waiting))):
        assert (again.digest, again.to_be_signed) == (waiting.digest, waiting.to_be_signed)
        assert again.document_digest == waiting.document_digest
        assert again.finish(value) == made
        assert again.to_bytes() == waiting.to_bytes()


def test_both_ways_give_the_same_but_for_the_value() -> None:
    waiting = prepared()
    two, one = (
        OFDPackage.from_bytes(data)
        for data in (
            waiting.finish(signature(waiting)),
            sign_ofd(papers.paper(), papers.seal_signer(), Stamp(1, 120, 200), time=samples.NOW),
        )
    )
    assert two.names == one.names
    assert [name for name in two.names if two.read(name) != one.read(name)] == ["Doc_0/Signs/Sign_0/SignedValue.dat"]
    assert waiting.document_digest == sm3.digest(two.read("Doc_0/Signs/Sign_0/Signature.xml"))


def test_further_signatures_wait_too() -> None:
    first = prepared(data=papers.paper(2))
    second = prepared(data=first.finish(signature(first)), protect_all=True)
    again = PreparedOFD.from_bytes(second.to_bytes())
    require_valid(again.finish(signature(again)))


def test_a_signature_without_a_seal_waits() -> None:
    waiting = prepared(signer=DigitalSigner(None, samples.signer().certificate), stamps=())
    again = PreparedOFD.from_bytes(waiting.to_bytes())
    require_valid(again.finish(signature(again)))


def test_a_time_stamp_comes_with_the_value() -> None:
    waiting = prepared()
    for stamp in (samples.timestamp, samples.timestamp(signature(waiting))):
        value = signature(waiting)
        if callable(stamp):
            require_valid(waiting.finish(value, stamp))
        else:
            with pytest.raises(TimestampError):  # SM2 signatures differ each time: it is over another one
                waiting.finish(value, stamp)


def test_a_signature_of_somebody_else_is_refused() -> None:
    waiting = prepared()
    for value in (SM2PrivateKey.generate().sign_digest(waiting.digest), b"", bytes(64)):
        with pytest.raises(InvalidSignature):
            waiting.finish(value)
    with pytest.raises(InvalidTypeError):
        waiting.finish("00")  # type: ignore[arg-type]


def test_a_signature_of_another_document_is_refused() -> None:
    waiting, other = prepared(), prepared(data=papers.paper(2))
    with pytest.raises(InvalidSignature):
        waiting.finish(signature(other))


def parts(data: bytes) -> tuple[list[Any], bytes]:
    """Return the fields of the head, and the document."""
    begin = 4 + int.from_bytes(data[:4], "big")
    reader = der.Reader(data[4:begin], name="head")
    with reader.sequence() as fields:
        number = fields.integer("format")
        texts = [fields.utf8_string("text") for _ in range(3)]
        octets = [fields.octet_string("octets") for _ in range(2)]
    return [number, *texts, *octets], data[begin:]


def joined(head: list[Any], document: bytes) -> bytes:
    encoded = der.encode_sequence(
        der.encode_integer(head[0]),
        *(der.encode_utf8_string(text) for text in head[1:4]),
        *(der.encode_octet_string(octets) for octets in head[4:]),
    )
    return len(encoded).to_bytes(4, "big") + encoded + document


CHANGES: dict[int, Any] = {0: 2, 1: "OFD.xml", 2: "OFD.xml", 3: "md5", 4: bytes(32), 5: b"0"}


@pytest.mark.parametrize("field", CHANGES)
def test_changed_fields_are_refused(field: int) -> None:
    head, document = parts(prepared().to_bytes())
    assert joined(head, document) == prepared_bytes(head, document)
    head[field] = CHANGES[field]
    with pytest.raises(DecodeError):
        PreparedOFD.from_bytes(joined(head, document))


def prepared_bytes(head: list[Any], document: bytes) -> bytes:
    return PreparedOFD.from_bytes(joined(head, document)).to_bytes()


def test_a_changed_description_is_refused() -> None:
    head, document = parts(prepared().to_bytes())
    name = "Doc_0/Signs/Sign_0/Signature.xml"
    package = OFDPackage.from_bytes(document)
    moved = package.read(name).replace(b"120 200", b"100 100")
    with pytest.raises(DecodeError, match="description"):
        PreparedOFD.from_bytes(joined(head, package.with_members({}, replaced={name: moved})))


def test_a_finished_document_waits_no_more() -> None:
    waiting = prepared()
    head, _ = parts(waiting.to_bytes())
    with pytest.raises(DecodeError, match="already"):
        PreparedOFD.from_bytes(joined(head, waiting.finish(signature(waiting))))


def test_other_bytes_are_refused() -> None:
    data = prepared().to_bytes()
    for wrong in (b"", b"\0\0\0\0", b"\xff" * 8, data[:100], data[:-1], data[1:], papers.paper(), data + b"\0"):
        with pytest.raises(DecodeError):
            PreparedOFD.from_bytes(wrong)
    with pytest.raises(InvalidTypeError):
        PreparedOFD.from_bytes("text")  # type: ignore[arg-type]
    with pytest.raises(LimitExceeded):
        PreparedOFD.from_bytes(data, limits=PackageLimits(members=3))
