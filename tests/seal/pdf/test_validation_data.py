"""Validation data and time-stamps over the document: written, not twice, and read by another program."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

import hostile
from gmpki import oids
from gmpki.asn1.rfc5280 import Extension
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    SealError,
    TimestampError,
    UnsupportedAlgorithm,
)
from gmpki.seal.pdf import Stamp, add_document_timestamp, add_validation_data, sign_pdf, validation_data, verify_pdf
from gmpki.seal.report import Verdict
from gmpki.tsa.authority import TimestampAuthority
from gmpki.tsa.validation_data import ValidationData
from gmpki.x509.crl_builder import CRLBuilder
from seal import samples
from seal.pdf import documents, looking
from seal.pdf.crafted import seal_signer, sealed

NOW = samples.NOW


def crl(number: int = 1) -> Any:
    root = samples.root()
    builder = CRLBuilder(
        issuer=root.certificate.subject, this_update=NOW, next_update=NOW + samples.DAY, number=number, entries=[]
    )
    return builder.sign(root.key)


def data_of(*lists: Any) -> ValidationData:
    return ValidationData((samples.root().certificate, samples.maker_root().certificate), lists)


def store(data: bytes) -> Any:
    return looking.reader(data).root["/DSS"]


def streams(array: Any) -> list[bytes]:
    return [array[index].data for index in range(len(array))]


def test_everything_stands_in_the_store() -> None:
    revoked = crl()
    data = add_validation_data(sealed(), data_of(revoked))
    found = store(data)
    assert streams(found["/Certs"]) == [samples.root().certificate.der, samples.maker_root().certificate.der]
    assert streams(found["/CRLs"]) == [revoked.to_der()]
    assert "/OCSPs" not in found
    padded = bytes.fromhex(looking._GAP.findall(data)[0].decode())
    entry = found["/VRI"]["/" + hashlib.sha1(padded, usedforsecurity=False).hexdigest().upper()]
    assert streams(entry["/Cert"]) == streams(found["/Certs"])
    assert streams(entry["/CRL"]) == streams(found["/CRLs"])
    assert data.startswith(sealed())


def test_nothing_is_kept_twice() -> None:
    once = add_validation_data(sealed(), data_of())
    twice = add_validation_data(once, data_of(crl()))
    assert streams(store(twice)["/Certs"]) == streams(store(once)["/Certs"])
    assert len(store(twice)["/CRLs"]) == 1
    assert len(store(twice)["/VRI"]) == 1


def test_later_signatures_have_entries_of_their_own() -> None:
    first = add_validation_data(sealed(), data_of())
    second = sign_pdf(first, seal_signer(), Stamp(2, 10, 10))
    third = add_validation_data(second, ValidationData((samples.signer().certificate,)))
    found = store(third)
    assert len(found["/Certs"]) == 3
    assert sorted(len(found["/VRI"][key]["/Cert"]) for key in found["/VRI"]) == [1, 3]


def test_signatures_stay_valid() -> None:
    data = add_document_timestamp(add_validation_data(sealed(), data_of(crl())), samples.timestamp)
    data = add_document_timestamp(add_validation_data(data, data_of(crl(2))), samples.timestamp)
    assert verify_pdf(data, samples.trust(accept=samples.UNASKED)).verdict is Verdict.VALID


def test_file_that_allows_nothing_else_takes_them() -> None:
    data = sign_pdf(documents.single_page(), seal_signer(), protect_all=True, time=NOW)
    data = add_document_timestamp(add_validation_data(data, data_of()), samples.timestamp)
    assert verify_pdf(data, samples.trust(accept=samples.UNASKED)).verdict is Verdict.VALID


def test_time_stamp_is_over_the_whole_file() -> None:
    asked: list[bytes] = []

    def stamp(octets: bytes) -> bytes:
        asked.append(octets)
        return samples.timestamp(octets)

    data = add_document_timestamp(sealed(), stamp)
    assert asked == [looking.covered(data)]
    field = looking.reader(data).root["/AcroForm"]["/Fields"][1]
    assert (field["/T"], field["/V"]["/Type"], field["/V"]["/SubFilter"]) == (
        "Timestamp1",
        "/DocTimeStamp",
        "/ETSI.RFC3161",
    )
    assert "/M" not in field["/V"]


def test_pyhanko_reads_store_and_time_stamp() -> None:
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    stamping = Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING,)).to_der())
    tsa = samples.certified("示例时间戳", "rsa", issuer=samples.root(), serial_number=0x32, extensions=[stamping])
    authority = TimestampAuthority(
        tsa.key, tsa.certificate, samples._Counter(), [samples.TSA_POLICY], clock=lambda: NOW
    )
    data = add_validation_data(documents_signed(), data_of(crl()))
    data = add_document_timestamp(data, lambda octets: authority.stamp(octets, hash_name="sha256"))
    reader = looking.reader(data)
    found = DocumentSecurityStore.read_dss(reader)
    assert (len(found.certs), len(found.crls), len(found.vri_entries)) == (2, 1, 1)
    (stamp,) = reader.embedded_timestamp_signatures
    stamp.compute_integrity_info()
    assert stamp.evaluate_signature_coverage().name == "ENTIRE_FILE"


def documents_signed() -> bytes:
    from gmpki.seal.pdf import cms_signer

    person = samples.signer(algorithm="rsa")
    return sign_pdf(documents.single_page(), cms_signer(person.key, person.certificate), time=NOW)


# ---- what is refused ------------------------------------------------------------------------
def test_file_that_nobody_signed() -> None:
    with pytest.raises(SealError, match="nobody") as refused:
        add_validation_data(documents.single_page(), data_of())
    assert refused.value.reason == "not-signed"


def test_nothing_to_add() -> None:
    with pytest.raises(InvalidInputError, match="nothing to add"):
        add_validation_data(sealed(), ValidationData())


def test_too_much_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation_data, "_MAX_KEPT", 1)
    with pytest.raises(LimitExceeded):
        add_validation_data(sealed(), data_of())


def test_time_stamp_over_something_else() -> None:
    with pytest.raises(TimestampError):
        add_document_timestamp(sealed(), lambda _: samples.timestamp(b"something else"))


@pytest.mark.parametrize("token", [b"", b"0\0", looking.contents(sealed())], ids=["empty", "empty sequence", "a seal"])
def test_no_time_stamp(token: bytes) -> None:
    with pytest.raises(GmpkiError):
        add_document_timestamp(sealed(), lambda _: token)


def test_place_that_is_too_small() -> None:
    with pytest.raises(LimitExceeded):
        add_document_timestamp(sealed(), samples.timestamp, reserve_len=100)


def with_data(data: bytes) -> bytes:
    return add_validation_data(data, data_of())


def stamped(data: bytes) -> bytes:
    return add_document_timestamp(data, samples.timestamp)


@pytest.mark.parametrize("add", [with_data, stamped])
def test_files_that_are_not_for_this(add: Any) -> None:
    with pytest.raises(UnsupportedAlgorithm, match="encrypted"):
        add(documents.encrypted())
    with pytest.raises(SealError, match="two forms"):
        add(documents.hybrid())
    with pytest.raises(DecodeError):
        add(b"text")


def test_hostile_arguments() -> None:
    made = hostile.results(add_validation_data, (sealed(), data_of()))
    assert all(one.startswith(b"%PDF") for one in made)

    def call(data: Any, reserve_len: Any) -> bytes:
        return add_document_timestamp(data, samples.timestamp, reserve_len=reserve_len)

    assert not list(hostile.results(call, (sealed(), 5000)))
    for value in (None, b"token", "text", samples):
        with pytest.raises(InvalidTypeError):
            add_document_timestamp(sealed(), value)  # type: ignore[arg-type]
