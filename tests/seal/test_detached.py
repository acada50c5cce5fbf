"""Signatures beside files of any kind."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from gmpki.asn1 import der
from gmpki.asn1.rfc3161 import MessageImprint
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.sealed_file import MAX_FILE_LEN, PROPERTY_INFO, DetachedSignature, FileInfo, SignatureKind
from gmpki.cms.algorithms import digest_algorithm
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    LimitExceeded,
)
from gmpki.oids import SHA1
from gmpki.seal import DigitalForm, DigitalSigner, SealLayout, SealSignature, SealSigner
from gmpki.seal.detached import MAX_CONTAINER_LEN, PreparedFile, prepare_file, seal_file, verify_detached
from gmpki.tsa.imprint import Imprint
from seal import asn1crypto_schemas as peer
from seal import samples
from seal.durable import DAY, NOW

FORM = b"<html><body>\xe7\xa4\xba\xe4\xbe\x8b</body></html>"
NAME = "申请表.html"


def sealer(layout: SealLayout = SealLayout.GBT38540, algorithm: str = "sm2", **options: Any) -> SealSigner:
    me = samples.signer() if algorithm == "sm2" else samples.signer(algorithm=algorithm)
    said = {"clock": lambda: NOW, "timestamp": samples.timestamp} | options
    return SealSigner(samples.seal(layout), me.key, me.certificate, **said)


def signer(form: DigitalForm = DigitalForm.DIGEST, algorithm: str = "sm2") -> DigitalSigner:
    me = samples.signer() if algorithm == "sm2" else samples.signer(algorithm=algorithm)
    return DigitalSigner(me.key, me.certificate, form=form, clock=lambda: NOW, timestamp=samples.timestamp)


SIGNERS: dict[str, Any] = {
    "gbt38540": sealer,
    "gmt0031": lambda: sealer(SealLayout.GMT0031),
    "gmt0031-rsa": lambda: sealer(SealLayout.GMT0031, "rsa"),
    "cms": signer,
    "cms-detached": lambda: signer(DigitalForm.DETACHED),
    "cms-rsa": lambda: signer(DigitalForm.DETACHED, "rsa"),
    "cms-rsa-digest": lambda: signer(DigitalForm.DIGEST, "rsa"),
}


def sealed(by: Any = None, content: bytes = FORM) -> bytes:
    return seal_file(content, by or sealer(), name=NAME, media_type="text/html")


def verified(container: bytes, content: Any = FORM, **options: Any) -> Any:
    trust = options.pop("trust", samples.trust(accept=samples.UNASKED | {"time"}))
    return verify_detached(container, content, trust, now=NOW, **options)


# ---- signing and verifying ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", SIGNERS)
def test_a_file_is_sealed_and_verified(who: str) -> None:
    by = SIGNERS[who]()
    report = verified(sealed(by))
    report.require()
    (found,) = report.signatures
    assert (report.kind, report.name, found.name, found.kind) == ("detached", NAME, NAME, by.kind)
    assert report.digest == Imprint.of(FORM).digest
    assert f"{len(FORM)} bytes, text/html" in found.coverage
    names = [check.name.value for check in found.checks]
    assert names[:4] == ["structure", "references", "coverage", "digest"]
    assert found.signer_certificate == by.certificate
    for content in (FORM + b" ", FORM[:-1], FORM.swapcase(), b""):
        report = verified(sealed(by), content)
        assert (report.verdict.value, report.digest) == ("invalid", Imprint.of(content).digest)
        failed = [check for check in report.signatures[0].checks if check.error is not None]
        assert [(check.name.value, check.error.reason) for check in failed] == [("references", "changed")]


def test_files_and_streams(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(3 << 20) + b"x")
    with path.open("rb") as stream:
        container = seal_file(stream, sealer(), name="large")
    with path.open("rb") as stream:
        verified(container, stream).require()
    verified(container, memoryview(path.read_bytes())).require()
    assert DetachedSignature.from_der(container).file.media_type == "application/octet-stream"
    verified(sealed(content=b""), b"").require()


def test_the_name_of_today_does_not_count() -> None:
    report = verified(sealed(), name="renamed.html")
    assert (report.name, report.signatures[0].name, report.verdict.value) == ("renamed.html", NAME, "valid")


def test_what_is_not_accepted_by_name_leaves_it_open() -> None:
    report = verified(sealed(), trust=samples.trust())
    assert report.verdict.value == "incomplete"


# ---- two phases -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["gbt38540", "gmt0031", "cms", "cms-detached", "cms-rsa"])
def test_two_phases(who: str) -> None:
    by = SIGNERS[who]()
    prepared = prepare_file(io.BytesIO(FORM), by, name=NAME, media_type="text/html")
    stored = prepared.to_bytes()
    again = PreparedFile.from_bytes(stored)
    assert (again.to_be_signed, again.digest) == (prepared.to_be_signed, prepared.digest)
    value = by.signer.sign_digest(again.digest)
    stamp = None if who == "gmt0031" else samples.timestamp
    verified(again.finish(value, stamp)).require()
    with pytest.raises(InvalidSignature):
        again.finish(by.signer.sign_digest(bytes(len(again.digest))))


@pytest.mark.parametrize("cut", [0, 1, 10, -1])
def test_prepared_files_that_are_none(cut: int) -> None:
    stored = prepare_file(FORM, sealer(), name=NAME).to_bytes()
    with pytest.raises(InvalidInputError):
        PreparedFile.from_bytes(stored[:cut])
    with pytest.raises(InvalidInputError):
        PreparedFile.from_bytes(stored + b"\0")


# ---- tampering ------------------------------------------------------------------------------------------------------
def changed(container: bytes, **changes: Any) -> bytes:
    """Return the container with other fields."""
    held = DetachedSignature.from_der(container)
    file = held.file
    fields = {"name": file.name, "size": file.size, "media_type": file.media_type, "imprint": file.imprint}
    own = {"kind": held.kind, "signature": held.signature}
    info = FileInfo(**{name: changes.get(name, value) for name, value in fields.items()})
    return DetachedSignature(info, **{name: changes.get(name, value) for name, value in own.items()}).to_der()


def failures(report: Any) -> dict[str, str]:
    checks = report.signatures[0].checks
    return {check.name.value: getattr(check.error, "reason", "") for check in checks if check.error is not None}


@pytest.mark.parametrize("who", ["gbt38540", "gmt0031", "cms", "cms-detached"])
@pytest.mark.parametrize(
    "change",
    [{"name": "other.html"}, {"media_type": "text/plain"}, {"imprint": Imprint.of(FORM, "sha256").to_structure()}],
    ids=lambda change: next(iter(change)),
)
def test_what_stands_about_the_file_is_signed(who: str, change: dict[str, Any]) -> None:
    found = failures(verified(changed(sealed(SIGNERS[who]()), **change)))
    assert set(found) == {"digest"}


def test_the_signature_of_another_file() -> None:
    other = DetachedSignature.from_der(sealed(content=b"another"))
    found = failures(verified(changed(sealed(), signature=other.signature)))
    assert set(found) == {"digest"}
    # With all that stands about the other file, it is the file that does not fit.
    assert failures(verified(sealed(content=b"another"))) == {"references": "changed"}


def test_the_other_kind() -> None:
    assert set(failures(verified(changed(sealed(), kind=SignatureKind.SIGNATURE)))) == {"structure"}
    assert "structure" in failures(verified(changed(sealed(signer()), kind=SignatureKind.SEAL)))


def test_a_signature_that_was_made_for_another_container() -> None:
    info = DetachedSignature.from_der(sealed()).file
    own = sealer().sign(Imprint.of(info.to_der()).digest, samples.PROPERTY_INFO)
    report = verified(changed(sealed(), signature=own.der))
    assert failures(report) == {"coverage": "property-info"}
    right = sealer().sign(Imprint.of(info.to_der()).digest, PROPERTY_INFO)
    verified(changed(sealed(), signature=right.der)).require()


def test_a_weak_hash() -> None:
    imprint = MessageImprint(AlgorithmIdentifier(SHA1), Imprint.of(FORM, "sha1").digest)
    file = DetachedSignature.from_der(sealed()).file
    info = FileInfo(file.name, file.size, file.media_type, imprint)
    me = samples.signer(algorithm="rsa")
    signed = DigitalSigner(me.key, me.certificate, form=DigitalForm.DETACHED, clock=lambda: NOW)
    signature = signed.sign_document(Imprint.of(info.to_der(), "sha256").digest, "x")
    container = DetachedSignature(info, SignatureKind.SIGNATURE, signature).to_der()
    assert failures(verified(container)) == {"references": "weak-hash"}


def test_every_byte_of_the_container() -> None:
    container = sealed(sealer(timestamp=None))
    for at in range(0, len(container), 11):
        broken = bytearray(container)
        broken[at] ^= 1
        try:
            report = verified(bytes(broken))
        except GmpkiError:
            continue
        assert report.verdict.value != "valid", at


def test_the_seal_is_judged_too() -> None:
    def by(seal: Any) -> bytes:
        me = samples.signer()
        return sealed(SealSigner(seal, me.key, me.certificate, clock=lambda: NOW, timestamp=samples.timestamp))

    forged = by(samples.new_seal(by=samples.other_maker()))
    assert set(failures(verified(forged))) == {"maker-chain"}
    late = verify_detached(
        sealed(), FORM, samples.trust(at=NOW + 400 * DAY, accept=samples.UNASKED), now=NOW + 400 * DAY
    )
    assert late.verdict.value in ("valid", "invalid")
    assert late.signatures[0].check("seal-validity").status.value == "passed"  # it was valid when it was used


# ---- encodings ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", SIGNERS)
def test_another_reader_of_asn1(who: str) -> None:
    container = sealed(SIGNERS[who]())
    read = peer.load(peer.Detached, container)
    assert read["version"].native == 1
    assert (read["file"]["name"].native, read["file"]["size"].native) == (NAME, len(FORM))
    assert read["file"]["type"].native == "text/html"
    assert read["kind"].native == (0 if SIGNERS[who]().kind == "seal" else 1)
    if who == "gbt38540":
        assert SealSignature.from_der(read["signature"].native).property_info == PROPERTY_INFO
    assert DetachedSignature.from_der(container).to_der() == container


def test_containers_that_are_none() -> None:
    container = sealed()
    for wrong in (b"", b"\0", container[:-1], container + b"\0", samples.seal().der, b"\x30\x80\0\0", FORM):
        with pytest.raises(DecodeError):
            verified(wrong)
    with pytest.raises(InvalidTypeError):
        verified("x")  # type: ignore[arg-type]
    with pytest.raises(LimitExceeded):
        verified(bytes(MAX_CONTAINER_LEN + 1))


@pytest.mark.parametrize("field", ["version", "size", "negative", "kind", "imprint", "hash"])
def test_fields_out_of_bounds(field: str) -> None:
    info = DetachedSignature.from_der(sealed()).file
    size = {"size": MAX_FILE_LEN + 1, "negative": -1}.get(field, info.size)
    imprint = info.imprint.to_der()
    if field == "imprint":
        imprint = MessageImprint(digest_algorithm("sm3"), bytes(31)).to_der()
    if field == "hash":
        imprint = MessageImprint(AlgorithmIdentifier("1.2.3"), bytes(32)).to_der()  # type: ignore[arg-type]
    container = der.encode_sequence(
        der.encode_integer(2 if field == "version" else 1),
        der.encode_sequence(der.encode_utf8_string("x"), der.encode_integer(size), der.encode_ia5_string("x"), imprint),
        der.encode_integer(2 if field == "kind" else 0),
        der.encode_octet_string(b""),
    )
    with pytest.raises(DecodeError):
        verified(container)


# ---- inputs ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a\0", "a\n", "x" * 256, "\ud800"])
def test_names_that_do_not_fit(name: str) -> None:
    with pytest.raises(InvalidInputError):
        seal_file(FORM, sealer(), name=name)


@pytest.mark.parametrize("media_type", ["", "文本", "a\n", "x" * 256])
def test_media_types_that_do_not_fit(media_type: str) -> None:
    with pytest.raises(InvalidInputError):
        seal_file(FORM, sealer(), name=NAME, media_type=media_type)


def test_other_types() -> None:
    for call in (
        lambda: seal_file("text", sealer(), name=NAME),  # type: ignore[arg-type]
        lambda: seal_file(7, sealer(), name=NAME),  # type: ignore[arg-type]
        lambda: seal_file(io.StringIO("text"), sealer(), name=NAME),  # type: ignore[arg-type]
        lambda: seal_file(FORM, samples.seal(), name=NAME),  # type: ignore[arg-type]
        lambda: seal_file(FORM, sealer(), name=7),  # type: ignore[arg-type]
        lambda: seal_file(FORM, sealer(), name=NAME, media_type=7),  # type: ignore[arg-type]
        lambda: verify_detached(sealed(), FORM, samples.signer_trust()),  # type: ignore[arg-type]
        lambda: verify_detached(sealed(), "text", samples.trust()),  # type: ignore[arg-type]
        lambda: PreparedFile.from_bytes("x"),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidTypeError):
            call()
    with pytest.raises(InvalidInputError):
        verify_detached(sealed(), FORM, samples.trust(), now=NOW.replace(tzinfo=None))
