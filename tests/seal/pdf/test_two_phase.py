"""PDF files that wait for a signature: kept, finished elsewhere, and changed by somebody on the way."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import hostile
from gmpki.algorithms import sm3
from gmpki.errors import (
    DecodeError,
    FaultDetected,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    LimitExceeded,
    TimestampError,
)
from gmpki.seal.digital import DigitalSigner
from gmpki.seal.pdf import PDFProfile, PreparedPDF, Stamp, _layout, cms_signer, prepare_pdf, two_phase, verify_pdf
from gmpki.seal.report import Verdict
from gmpki.seal.signing import SealSigner
from seal import samples
from seal.pdf import documents, looking

NOW = samples.NOW


def person(algorithm: str = "sm2") -> samples.Person:
    return samples.signer() if algorithm == "sm2" else samples.signer(algorithm=algorithm)


SIGNERS: dict[str, Any] = {
    "seal": lambda: SealSigner(samples.seal(), None, person().certificate, clock=lambda: NOW),
    "cms": lambda: cms_signer(None, person().certificate),
    "cades rsa": lambda: cms_signer(None, person("rsa").certificate, profile=PDFProfile.CADES),
    "digest": lambda: DigitalSigner(None, person().certificate),
}


def prepared(kind: str = "seal", **options: Any) -> PreparedPDF:
    return prepare_pdf(
        documents.many_pages(2), SIGNERS[kind](), Stamp(1, 10, 10), picture=samples.picture(), time=NOW, **options
    )


def signature(waiting: PreparedPDF, kind: str = "seal") -> bytes:
    return person("rsa" if "rsa" in kind else "sm2").key.sign_digest(waiting.digest)


@pytest.mark.parametrize("kind", list(SIGNERS))
def test_file_is_finished_after_it_was_kept(kind: str) -> None:
    waiting = prepared(kind)
    kept = PreparedPDF.from_bytes(waiting.to_bytes())
    assert (kept.digest, kept.to_be_signed) == (waiting.digest, waiting.to_be_signed)
    assert kept.certificate == waiting.certificate
    data = kept.finish(signature(waiting, kind))
    assert verify_pdf(data, samples.trust(accept=samples.UNASKED)).verdict is Verdict.VALID
    assert pickle.loads(pickle.dumps(waiting)).finish(signature(waiting, kind)) != b""


def test_time_stamp_comes_with_the_signature() -> None:
    waiting = prepared()
    data = waiting.finish(signature(waiting), samples.timestamp)
    (found,) = verify_pdf(data, samples.trust(accept=samples.UNASKED)).signatures
    assert found.signed_at == NOW


def test_signature_may_be_two_numbers() -> None:
    waiting = prepared()
    encoded = signature(waiting)
    raw = b"".join(part.to_bytes(32, "big") for part in numbers(encoded))
    assert looking.contents(waiting.finish(raw)) == looking.contents(waiting.finish(encoded))


def numbers(encoded: bytes) -> tuple[int, int]:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    return decode_dss_signature(encoded)


def test_what_is_signed_is_the_file() -> None:
    waiting = prepared()
    assert waiting.document_digest == sm3.digest(looking.covered(waiting.finish(signature(waiting))))


def test_another_process_finishes(tmp_path: Path) -> None:
    waiting = prepared()
    (tmp_path / "waiting").write_bytes(waiting.to_bytes())
    (tmp_path / "signature").write_bytes(signature(waiting))
    program = (
        "from pathlib import Path; from gmpki.seal.pdf import PreparedPDF\n"
        "waiting = PreparedPDF.from_bytes(Path('waiting').read_bytes())\n"
        "Path('sealed.pdf').write_bytes(waiting.finish(Path('signature').read_bytes()))"
    )
    subprocess.run([sys.executable, "-B", "-c", program], cwd=tmp_path, check=True)
    data = (tmp_path / "sealed.pdf").read_bytes()
    assert verify_pdf(data, samples.trust(accept=samples.UNASKED)).verdict is Verdict.VALID


# ---- what is refused ------------------------------------------------------------------------
@pytest.mark.parametrize("kind", list(SIGNERS))
def test_signature_of_something_else(kind: str) -> None:
    waiting = prepared(kind)
    key = person("rsa" if "rsa" in kind else "sm2").key
    with pytest.raises(InvalidSignature):
        waiting.finish(key.sign_digest(bytes(32)))
    with pytest.raises(InvalidSignature):
        waiting.finish(samples.other_signer().key.sign_digest(waiting.digest[:32].ljust(32, b"\0")))


def test_time_stamp_over_something_else() -> None:
    waiting = prepared()
    with pytest.raises(TimestampError):
        waiting.finish(signature(waiting), samples.timestamp(b"something else"))


def test_time_stamp_that_does_not_fit() -> None:
    waiting = prepared(reserve_len=3000)
    waiting.finish(signature(waiting))
    with pytest.raises(LimitExceeded):
        waiting.finish(signature(waiting), samples.timestamp)


def test_part_that_was_prepared_for_another_file() -> None:
    one = prepared()
    other = prepare_pdf(documents.single_page(), SIGNERS["seal"](), time=NOW)
    mixed = PreparedPDF(other._laid, one._signature)
    with pytest.raises(FaultDetected, match="another document"):
        mixed.finish(signature(one))


def test_every_changed_byte_of_what_is_kept() -> None:
    waiting = prepared()
    kept, value = waiting.to_bytes(), signature(waiting)
    sealed = waiting.finish(value)
    for place in [*range(1200), *range(1200, len(kept), 97)]:
        changed = kept[:place] + bytes([kept[place] ^ 0x01]) + kept[place + 1 :]
        try:
            made = PreparedPDF.from_bytes(changed).finish(value)
        except GmpkiError:
            continue
        assert made == sealed, place


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0\0\0", b"\0\0\0\x02\x30\x00", b"\xff" * 40, b"\0\0\0\x10" + b"\x30" * 4],
    ids=["empty", "no head", "empty head", "long head", "cut off"],
)
def test_something_else(data: bytes) -> None:
    with pytest.raises(DecodeError):
        PreparedPDF.from_bytes(data)


def test_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two_phase, "MAX_PDF_LEN", 10)
    monkeypatch.setattr(two_phase, "MAX_HEAD_LEN", 10)
    with pytest.raises(LimitExceeded):
        PreparedPDF.from_bytes(bytes(21))


@pytest.mark.parametrize(
    "changes",
    [{"start": 1}, {"end": 5}, {"start": 2000, "end": 2001}, {"digest_name": "sha256"}, {"digest_name": "md5"}],
    ids=["starts early", "ends early", "elsewhere", "another hash", "no hash"],
)
def test_parts_that_do_not_fit(changes: dict[str, Any]) -> None:
    from dataclasses import replace

    waiting = prepared()
    try:
        kept = PreparedPDF(replace(waiting._laid, **changes), waiting._signature).to_bytes()
    except GmpkiError:
        return
    with pytest.raises((DecodeError, InvalidInputError, FaultDetected)):
        PreparedPDF.from_bytes(kept).finish(signature(waiting))


def test_hostile_arguments() -> None:
    assert not list(hostile.results(PreparedPDF.from_bytes, (prepared().to_bytes(),)))
    assert not list(hostile.results(prepared().finish, (b"",)))
    with pytest.raises(InvalidTypeError):
        prepare_pdf(documents.single_page(), "nobody")  # type: ignore[arg-type]


def test_place_is_looked_for_where_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the library ever write Contents otherwise, nothing is signed."""

    class Writing:
        @staticmethod
        def PdfSignedData(*arguments: Any, bytes_reserved: int, **options: Any) -> Any:  # noqa: N802 - its name
            from pyhanko.sign.signers import pdf_byterange

            return pdf_byterange.PdfSignedData(*arguments, bytes_reserved=bytes_reserved + 2, **options)

    real = _layout.extra
    monkeypatch.setattr(_layout, "extra", lambda name: Writing if name.endswith("pdf_byterange") else real(name))
    with pytest.raises(InvalidInputError, match="not written as it should be"):
        prepared()
