"""Signatures in PDF files as they are written: nothing else changes, what is signed is all but Contents, and what is
asked for in vain is refused.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import hostile
from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.cms import SignedMessage, Trust
from gmpki.cms.digests import hash_of
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.report import CheckStatus
from gmpki.cms.verification import verify
from gmpki.errors import (
    DecodeError,
    FaultDetected,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    SealError,
    StateError,
    UnsupportedAlgorithm,
)
from gmpki.seal.digital import DigitalForm, DigitalSigner
from gmpki.seal.layouts import SealLayout
from gmpki.seal.pdf import (
    FieldStamp,
    PDFProfile,
    SignatureTexts,
    Stamp,
    StraddleStamp,
    _pyhanko,
    cms_signer,
    sign_pdf,
)
from gmpki.seal.seal import SealPicture
from gmpki.seal.signature import SealSignature
from gmpki.seal.signing import SealSigner
from seal import samples
from seal.pdf import documents, looking
from seal.pdf.crafted import seal_signer, sealed

NOW = samples.NOW


def person(algorithm: str = "sm2") -> samples.Person:
    return samples.signer() if algorithm == "sm2" else samples.signer(algorithm=algorithm)


def message_signer(algorithm: str = "sm2", **options: Any) -> DigitalSigner:
    return cms_signer(person(algorithm).key, person(algorithm).certificate, **options)


def dictionary(data: bytes, index: int = -1) -> Any:
    """Return the signature dictionary of a field."""
    fields = looking.reader(data).root["/AcroForm"]["/Fields"]
    return fields[index]["/V"]


# ---- what is written ------------------------------------------------------------------------
@pytest.mark.parametrize("name", list(documents.DOCUMENTS))
def test_only_something_at_the_end_is_new(name: str) -> None:
    data = documents.DOCUMENTS[name]()
    made = sign_pdf(data, seal_signer(), Stamp(1, 50, 50), time=NOW)
    assert made.startswith(data)
    ((first, before, after, rest),) = looking.ranges(made)
    assert (first, after + rest) == (0, len(made))
    assert made[before : before + 1] + made[after - 1 : after] == b"<>"
    assert set(made[before + 1 : after - 1]) <= set(b"0123456789abcdefABCDEF")
    assert made.endswith(b"%%EOF\n")


def test_seal_signature_is_over_what_is_covered() -> None:
    data = sealed()
    signature = SealSignature.from_der(looking.contents(data))
    assert signature.data_hash == sm3.digest(looking.covered(data))
    assert signature.seal == samples.seal()
    assert signature.property_info == "/ByteRange [{} {} {} {}]".format(*looking.ranges(data)[0])
    assert (dictionary(data)["/Filter"], dictionary(data)["/SubFilter"]) == ("/Gomain.GMPkiLite", "/GM.sm2seal")
    assert dictionary(data)["/M"] == "D:20260301080000Z"


@pytest.mark.parametrize("algorithm", ["sm2", "rsa"])
def test_seal_of_the_older_layout(algorithm: str) -> None:
    by = person(algorithm)
    signer = SealSigner(samples.seal(SealLayout.GMT0031), by.key, by.certificate, clock=lambda: NOW)
    data = sign_pdf(documents.single_page(), signer, Stamp(1, 50, 50))
    signature = SealSignature.from_der(looking.contents(data))
    assert signature.data_hash == hash_of(signer.digest_name, looking.covered(data))
    assert signature.layout is SealLayout.GMT0031


@pytest.mark.parametrize("profile", [PDFProfile.CMS, PDFProfile.CADES])
@pytest.mark.parametrize("algorithm", ["sm2", "rsa"])
def test_messages_are_over_what_is_covered(algorithm: str, profile: PDFProfile) -> None:
    signer = message_signer(algorithm, profile=profile, certificates=[samples.root().certificate])
    data = sign_pdf(documents.single_page(), signer)
    message = looking.contents(data)
    verified = verify(message, Trust([samples.root().certificate], at=NOW), content=looking.covered(data))
    assert all(one.check("signature").status is CheckStatus.PASSED for one in verified.signers)
    read = SignedMessage.from_der(message)
    assert read.profile is MessageProfile.RFC5652
    assert samples.root().certificate in read.certificates
    kinds = {attribute.type for attribute in read.signed_data.signer_infos[0].attributes().items}
    assert (oids.SIGNING_CERTIFICATE_V2 in kinds) is (profile is PDFProfile.CADES)
    assert oids.SIGNING_TIME not in kinds
    assert dictionary(data)["/SubFilter"] == f"/{profile.row.sub_filter}"


def test_message_around_the_digest() -> None:
    data = sign_pdf(documents.single_page(), DigitalSigner(person().key, person().certificate))
    verified = verify(looking.contents(data), Trust([samples.root().certificate], at=NOW))
    assert verified.content == sm3.digest(looking.covered(data))
    assert (dictionary(data)["/Filter"], dictionary(data)["/SubFilter"]) == ("/DJ.GMPkiLite", "/GM.sm2cms.detached")


def test_time_stamp_over_the_signature() -> None:
    data = sign_pdf(documents.single_page(), message_signer(timestamp=samples.timestamp))
    verified = verify(
        looking.contents(data),
        Trust([samples.root().certificate], at=NOW),
        content=looking.covered(data),
        timestamps=samples.token_verifier(),
    )
    assert verified.signers[0].signed_at == NOW


def test_what_is_said_for_people_is_signed_along() -> None:
    texts = SignatureTexts("张三", "合同盖章", "示例市", "zhangsan@example.cn")
    data = sign_pdf(documents.single_page(), seal_signer(), texts=texts, time=NOW)
    found = dictionary(data)
    keys = ("/Name", "/Reason", "/Location", "/ContactInfo")
    assert [found[key] for key in keys] == ["张三", "合同盖章", "示例市", "zhangsan@example.cn"]
    assert b"/Reason" in looking.covered(data)


def test_texts_that_are_not_given_are_not_there() -> None:
    assert not {"/Name", "/Reason", "/Location", "/ContactInfo"} & set(dictionary(sealed()))


def test_several_signatures_each_cover_what_came_before() -> None:
    first = sealed()
    second = sign_pdf(first, message_signer(), Stamp(2, 10, 10), picture=samples.picture())
    third = sign_pdf(second, message_signer("rsa"), StraddleStamp(100), picture=samples.picture())
    assert second.startswith(first)
    assert third.startswith(second)
    assert [after + rest for _, _, after, rest in looking.ranges(third)] == [len(first), len(second), len(third)]
    fields = looking.reader(third).root["/AcroForm"]["/Fields"]
    assert [fields[index]["/T"] for index in range(len(fields))] == ["Seal1", "Seal2", "Seal3"]
    assert looking.reader(third).root["/AcroForm"]["/SigFlags"] == 3


def test_field_in_a_form_that_is_there() -> None:
    data = sign_pdf(documents.with_form(), seal_signer(), Stamp(2, 10, 10))
    fields = looking.reader(data).root["/AcroForm"]["/Fields"]
    assert [fields[index]["/T"] for index in range(len(fields))] == ["Name", "Sign here", "Seal1"]


def test_metadata_of_the_document_stays_as_it_is() -> None:
    assert sign_pdf(documents.with_title(), seal_signer()).count(b"/Producer") == 1
    assert b"/Info" not in sealed()


def test_name_of_the_new_field() -> None:
    data = sign_pdf(documents.single_page(), seal_signer(), field_name="合同甲方")
    assert looking.reader(data).root["/AcroForm"]["/Fields"][0]["/T"] == "合同甲方"


def test_invisible_signature_shows_nothing() -> None:
    data = sign_pdf(documents.single_page(), seal_signer())
    assert looking.shown(data).tobytes() == looking.shown(documents.single_page()).tobytes()
    assert b"/Subtype /Image" not in data


def test_reserved_place() -> None:
    data = sign_pdf(documents.single_page(), seal_signer(), reserve_len=5000)
    ((_, before, after, _),) = looking.ranges(data)
    assert after - before == 2 * 5000 + 2


# ---- what signatures allow ------------------------------------------------------------------
def test_nothing_comes_after_a_signature_that_says_so() -> None:
    data = sign_pdf(documents.single_page(), seal_signer(), Stamp(1, 10, 10), protect_all=True)
    root = looking.reader(data).root
    reference = root["/Perms"]["/DocMDP"]["/Reference"][0]
    assert reference["/TransformMethod"] == "/DocMDP"
    assert reference["/TransformParams"]["/P"] == 1
    with pytest.raises(SealError, match="nothing may come after") as refused:
        sign_pdf(data, seal_signer())
    assert refused.value.reason == "protected"


@pytest.mark.parametrize(("level", "allowed"), [(1, False), (2, True), (3, True)])
def test_levels_of_certification(level: int, allowed: bool) -> None:
    data = documents.certified(level)
    if allowed:
        assert sign_pdf(data, seal_signer()).startswith(data)
    else:
        with pytest.raises(SealError, match="nothing may come after"):
            sign_pdf(data, seal_signer())


def test_field_whose_lock_allows_no_more() -> None:
    data = sign_pdf(documents.with_form(locked=True), seal_signer(), FieldStamp("Sign here"))
    reference = dictionary(data)["/Reference"][0]
    assert (reference["/TransformMethod"], reference["/TransformParams"]["/P"]) == ("/FieldMDP", 1)
    with pytest.raises(SealError, match="nothing may come after"):
        sign_pdf(data, seal_signer())


def test_later_signature_cannot_protect_everything() -> None:
    with pytest.raises(SealError, match="only the first") as refused:
        sign_pdf(sealed(), seal_signer(), protect_all=True)
    assert refused.value.reason == "signed"


def test_field_that_makes_demands() -> None:
    data = documents.with_form(demands=True)
    with pytest.raises(SealError, match="demands") as refused:
        sign_pdf(data, seal_signer(), FieldStamp("Sign here"))
    assert refused.value.reason == "field-constraints"
    assert sign_pdf(data, seal_signer(), Stamp(1, 10, 10)).startswith(data)


# ---- what is refused ------------------------------------------------------------------------
def test_encrypted_file() -> None:
    with pytest.raises(UnsupportedAlgorithm, match="encrypted"):
        sign_pdf(documents.encrypted(), seal_signer())


def test_file_that_two_readers_see_differently() -> None:
    with pytest.raises(SealError, match="two forms") as refused:
        sign_pdf(documents.hybrid(), seal_signer())
    assert refused.value.reason == "hybrid"


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-", b"%PDF-1.7\n%%EOF\n", b"PK\x03\x04", b"\0" * 2000 + b"%PDF-1.7", documents.single_page()[:-40]],
    ids=["empty", "head", "head and end", "zip", "head too late", "no end"],
)
def test_no_pdf_file(data: bytes) -> None:
    with pytest.raises(DecodeError):
        sign_pdf(data, seal_signer())


def test_file_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pyhanko, "MAX_PDF_LEN", 1000)
    with pytest.raises(LimitExceeded):
        sign_pdf(documents.single_page(), seal_signer())


def test_place_that_is_too_small() -> None:
    with pytest.raises(LimitExceeded, match="100 were reserved"):
        sign_pdf(documents.single_page(), seal_signer(), reserve_len=100)


def test_place_without_a_picture() -> None:
    with pytest.raises(InvalidInputError, match="no picture"):
        sign_pdf(documents.single_page(), message_signer(), Stamp(1, 10, 10))


@pytest.mark.parametrize("kind", ["ofd", "svg", "text"])
def test_picture_that_pdf_has_no_place_for(kind: str) -> None:
    data = {"ofd": b"PK\x03\x04", "svg": b"<svg/>", "text": b"text"}[kind]
    with pytest.raises(GmpkiError):
        sign_pdf(documents.single_page(), seal_signer(), Stamp(1, 10, 10), picture=SealPicture(kind, data, 40, 40))


def test_picture_that_is_damaged() -> None:
    damaged = SealPicture("PNG", samples.png()[:60], 40, 40)
    with pytest.raises(DecodeError):
        sign_pdf(documents.single_page(), seal_signer(), Stamp(1, 10, 10), picture=damaged)


def test_picture_without_a_size() -> None:
    flat = SealPicture("PNG", samples.png(), 0, 40)
    with pytest.raises(InvalidInputError, match="no size"):
        sign_pdf(documents.single_page(), seal_signer(), Stamp(1, 10, 10), picture=flat)


@pytest.mark.parametrize("name", ["", "a.b", "x" * 201, "a\nb"])
def test_names_that_fields_cannot_have(name: str) -> None:
    with pytest.raises(InvalidInputError, match="name of a field"):
        sign_pdf(documents.single_page(), seal_signer(), field_name=name)


@pytest.mark.parametrize("name", ["Name", "Sign here"])
def test_name_that_is_taken(name: str) -> None:
    with pytest.raises(InvalidInputError, match="already"):
        sign_pdf(documents.with_form(), seal_signer(), field_name=name)


def test_time_without_a_zone() -> None:
    with pytest.raises(InvalidInputError, match="time zone"):
        sign_pdf(documents.single_page(), seal_signer(), time=datetime(2026, 3, 1))


def test_time_in_another_zone_is_written_in_utc() -> None:
    beijing = NOW.astimezone(timezone(timedelta(hours=8)))
    assert dictionary(sign_pdf(documents.single_page(), seal_signer(), time=beijing))["/M"] == "D:20260301080000Z"


def test_signer_without_a_key() -> None:
    with pytest.raises(StateError):
        sign_pdf(documents.single_page(), SealSigner(samples.seal(), None, person().certificate, clock=lambda: NOW))


def test_what_the_signer_refuses_leaves_no_file() -> None:
    late = SealSigner(samples.seal(), person().key, person().certificate, clock=lambda: NOW + 999 * samples.DAY)
    with pytest.raises(SealError) as refused:
        sign_pdf(documents.single_page(), late, Stamp(1, 10, 10))
    assert refused.value.reason == "signed-after-seal"


@pytest.mark.parametrize(
    ("signer", "profile"),
    [
        (seal_signer(), PDFProfile.CMS),
        (seal_signer(), PDFProfile.TIMESTAMP),
        (message_signer(), PDFProfile.SEAL),
        (message_signer(), PDFProfile.GM_CMS),
        (DigitalSigner(person().key, person().certificate), PDFProfile.CADES),
        (DigitalSigner(person("rsa").key, person("rsa").certificate), PDFProfile.GM_CMS),
        (DigitalSigner(person("rsa").key, person("rsa").certificate), None),
    ],
    ids=["seal as message", "seal as time-stamp", "message as seal", "detached", "not detached", "rsa", "rsa unasked"],
)
def test_forms_that_a_signer_does_not_make(signer: Any, profile: PDFProfile | None) -> None:
    with pytest.raises(InvalidInputError):
        sign_pdf(documents.single_page(), signer, profile=profile)


def test_detached_message_of_gm_t_0010_in_the_common_form() -> None:
    signer = DigitalSigner(person().key, person().certificate, form=DigitalForm.DETACHED)
    data = sign_pdf(documents.single_page(), signer)
    assert dictionary(data)["/SubFilter"] == "/adbe.pkcs7.detached"
    assert SignedMessage.from_der(looking.contents(data)).profile is MessageProfile.GMT0010


@pytest.mark.parametrize("profile", [PDFProfile.SEAL, PDFProfile.GM_CMS, PDFProfile.GM_SM2, "cms", None])
def test_forms_that_messages_do_not_have(profile: Any) -> None:
    if profile == "cms":  # a name is as good as the member
        assert isinstance(message_signer(profile=profile), DigitalSigner)
    else:
        with pytest.raises(InvalidInputError):
            message_signer(profile=profile)


class Other:
    """A signer who returns what somebody else signed."""

    def __init__(self, contents: bytes) -> None:
        self._contents = contents

    kind = "seal"
    seal = None
    certificate = property(lambda _: person().certificate)
    digest_name = "sm3"
    estimated_len = 5000

    def sign_document(self, digest: bytes, property_info: str) -> bytes:  # noqa: ARG002 - the protocol has them
        return self._contents

    def prepare_document(self, digest: bytes, property_info: str) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize("case", ["another document", "no signature", "nothing"])
def test_signature_over_something_else_is_not_released(case: str) -> None:
    contents = {"another document": looking.contents(sealed()), "no signature": b"0\0", "nothing": b""}[case]
    with pytest.raises(FaultDetected):
        sign_pdf(documents.single_page(), Other(contents))


# ---- whatever comes -------------------------------------------------------------------------
def test_hostile_arguments() -> None:
    def call(
        data: Any, signer: Any, stamps: Any, picture: Any, texts: Any, name: Any, time: Any, reserve: Any
    ) -> bytes:
        return sign_pdf(
            data, signer, stamps, picture=picture, texts=texts, field_name=name, time=time, reserve_len=reserve
        )

    good = (documents.single_page(), seal_signer(), (), None, None, None, NOW, None)
    assert all(made.startswith(b"%PDF") for made in hostile.results(call, good))
    assert all(isinstance(one, SignatureTexts) for one in hostile.results(SignatureTexts, ("a", "b", "c", "d")))


@pytest.mark.parametrize("signer", [None, "text", samples.seal(), object()], ids=["none", "text", "seal", "object"])
def test_signers_that_are_none(signer: Any) -> None:
    with pytest.raises(InvalidTypeError):
        sign_pdf(documents.single_page(), signer)


@pytest.mark.parametrize("name", ["single page", "xref stream", "form"])
def test_changed_bytes_end_in_errors_of_this_project(name: str) -> None:
    data = documents.DOCUMENTS[name]()
    stamps = FieldStamp("Sign here") if name == "form" else Stamp(1, 10, 10)
    signed = refused = 0
    for place in range(0, len(data), 41):
        for value in (data[place] ^ 0x01, 0x00, 0xFF):
            changed = data[:place] + bytes([value]) + data[place + 1 :]
            try:
                made = sign_pdf(changed, seal_signer(), stamps, time=NOW)
            except GmpkiError as error:
                assert str(error)  # noqa: PT017 - most changes are refused, a few do no harm
                refused += 1
            else:
                assert made.startswith(changed)
                signed += 1
    assert signed
    assert refused
