"""Messages between an authority and a key-management centre: every form that implementations write is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.asn1.gmt0010 import SignedAndEnvelopedData
from gmpki.asn1.gmt0014 import (
    MAX_TASKS,
    ApplyKeyReq,
    ApplyKeyRespond,
    AppUserInfo,
    CARequest,
    EntName,
    ErrorPkgRespond,
    InfoText,
    KMRespond,
    KSRequest,
    KSRespond,
    RestoreKeyReq,
    RestoreKeyRespond,
    RevokeKeyReq,
    RevokeKeyRespond,
    TextForm,
)
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, GeneralName, Name, SubjectPublicKeyInfo
from gmpki.asn1.rfc5652.enveloped import EncryptedContentInfo, KeyTransRecipientInfo
from gmpki.asn1.rfc5652.signed import IssuerAndSerialNumber
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError

AT = datetime(2026, 3, 1, 8, 0, 0, tzinfo=timezone.utc)
SM3 = AlgorithmIdentifier(oids.SM3)
SM2 = AlgorithmIdentifier(oids.SM2_ENCRYPT)
ECB = AlgorithmIdentifier(oids.SM4_ECB, NULL)
KEY = SubjectPublicKeyInfo(AlgorithmIdentifier(oids.EC_PUBLIC_KEY, der.encode_oid(oids.SM2)), b"\x04" + bytes(64))
NAME = Name(())
WHO = EntName(SM3, GeneralName.directory(NAME), bytes(32), 5)
USER = AppUserInfo(7, KEY, AT, AT)
SEALED = SignedAndEnvelopedData(
    1,
    (KeyTransRecipientInfo(1, IssuerAndSerialNumber(NAME, 7), SM2, b"key"),),
    (SM3,),
    EncryptedContentInfo(oids.GM_DATA, ECB, bytes(32)),
)
APPLY = ApplyKeyReq(AlgorithmIdentifier(oids.SM2), 256, SM2, ECB, SM3, USER)
RESTORE = RestoreKeyReq(SM2, ECB, SM3, 7, KEY)
REVOKE = RevokeKeyReq(7)
REQUEST = KSRequest(WHO, (APPLY, RESTORE, REVOKE), AT, 12)
RESPOND = KSRespond(
    WHO,
    (ApplyKeyRespond(7, KEY, SEALED), RestoreKeyRespond(7, KEY, SEALED), RevokeKeyRespond(7), ErrorPkgRespond(3, "错")),
    AT,
    12,
)
SAMPLES: list[Schema] = [
    WHO,
    USER,
    replace(USER, user_name="张三".encode(), ds_code=InfoText((b"1",)), extend_info=InfoText((b"2",), TextForm.OCTETS)),
    replace(USER, extend_info=InfoText(("甲".encode(), b"b"), TextForm.FREE_TEXT)),
    APPLY,
    RESTORE,
    REVOKE,
    REQUEST,
    RESPOND,
    ErrorPkgRespond(3),
    ErrorPkgRespond(-1, "no"),
    CARequest(REQUEST.to_der(), AlgorithmIdentifier(oids.SM2_WITH_SM3), b"signature"),
    KMRespond(RESPOND.to_der(), AlgorithmIdentifier(oids.SM2_WITH_SM3), b"signature"),
]
IDS = [f"{type(sample).__name__}-{index}" for index, sample in enumerate(SAMPLES)]


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_round_trip(sample: Schema) -> None:
    assert type(sample).from_der(sample.to_der()) == sample


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_cut_off_or_longer(sample: Schema) -> None:
    data = sample.to_der()
    for length in range(len(data)):
        with pytest.raises(DecodeError):
            type(sample).from_der(data[:length])
    with pytest.raises(DecodeError):
        type(sample).from_der(data + b"\0")


@given(st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_bytes(data: bytes) -> None:
    for kind in (CARequest, KMRespond, KSRequest, KSRespond):
        for start in (b"", b"\x30", WHO.to_der()):
            with pytest.raises(DecodeError):
                kind.from_der(start + data)


# ---- tagging ------------------------------------------------------------------------------
@pytest.mark.parametrize("message", [REQUEST, RESPOND], ids=["request", "respond"])
def test_explicit_tags(message: Any) -> None:
    explicit = replace(message, explicit_tags=True)
    assert explicit.to_der() != message.to_der()
    read = type(message).from_der(explicit.to_der())
    assert read == explicit
    assert read.explicit_tags


def test_the_tags_stand_in_the_place_of_those_of_the_sequences() -> None:
    assert der.encode_implicit(2, REVOKE.to_der()) == bytes.fromhex("A203020107")
    assert bytes.fromhex("A203020107") in REQUEST.to_der()
    assert bytes.fromhex("A2053003020107") in replace(REQUEST, explicit_tags=True).to_der()


def test_both_taggings_in_one_message() -> None:
    tasks = der.encode_sequence(der.encode_implicit(2, REVOKE.to_der()), der.encode_explicit(2, REVOKE.to_der()))
    with pytest.raises(DecodeError, match="implicitly"):
        KSRequest.from_der(around(tasks))


def around(tasks: bytes, version: int = 1) -> bytes:
    return der.encode_sequence(
        der.encode_integer(version),
        WHO.to_der(),
        tasks,
        der.encode_generalized_time(AT),
        der.encode_integer(12),
    )


@pytest.mark.parametrize(
    "tasks",
    [
        der.encode_sequence(),
        der.encode_sequence(REVOKE.to_der()),
        der.encode_sequence(der.encode_implicit(3, REVOKE.to_der())),
        der.encode_sequence(der.encode(0x82, der.encode_integer(7))),
        der.encode_sequence(der.encode(0xA2, b"")),
        der.encode_sequence(der.encode_implicit(0, REVOKE.to_der())),
        der.encode_sequence(der.encode_explicit(2, der.encode_integer(7) * 2)),
    ],
    ids=["empty", "untagged", "unknown", "primitive", "nothing", "another", "two"],
)
def test_no_list_of_requests(tasks: bytes) -> None:
    with pytest.raises(DecodeError):
        KSRequest.from_der(around(tasks))


def test_how_many() -> None:
    one = der.encode_implicit(2, REVOKE.to_der())
    assert len(KSRequest.from_der(around(der.encode_sequence(*[one] * MAX_TASKS))).requests) == MAX_TASKS
    with pytest.raises(DecodeError):
        KSRequest.from_der(around(der.encode_sequence(*[one] * (MAX_TASKS + 1))))
    for requests in ((), (REVOKE,) * (MAX_TASKS + 1)):
        with pytest.raises(InvalidInputError):
            replace(REQUEST, requests=requests)
    with pytest.raises(InvalidTypeError):
        replace(REQUEST, requests=[REVOKE])


def test_an_answer_is_no_request() -> None:
    with pytest.raises(InvalidInputError):
        replace(REQUEST, requests=(RevokeKeyRespond(7),)).to_der()


@pytest.mark.parametrize("version", [0, 2])
def test_another_version(version: int) -> None:
    data = around(der.encode_sequence(der.encode_implicit(2, REVOKE.to_der())), version)
    with pytest.raises(DecodeError):
        KSRequest.from_der(data)
    log = QuirkLog()
    assert KSRequest.from_der(data, quirks=log).task == 12
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.VERSION]


@pytest.mark.parametrize("number", [-1, 1 << 160])
def test_numbers_out_of_bounds(number: int) -> None:
    for sample in (RevokeKeyReq(number), replace(WHO, serial_number=number), replace(REQUEST, task=number)):
        with pytest.raises(DecodeError):
            type(sample).from_der(sample.to_der())


# ---- texts --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        InfoText((b"ds-1",)),
        InfoText((b"\xff",), TextForm.OCTETS),
        InfoText(("甲".encode(), "乙".encode()), TextForm.FREE_TEXT),
    ],
    ids=["ia5", "octets", "free"],
)
def test_every_type_of_text(text: InfoText) -> None:
    assert AppUserInfo.from_der(replace(USER, ds_code=text).to_der()).ds_code == text


@pytest.mark.parametrize(
    "element",
    [der.encode_sequence(), der.encode_sequence(*[der.encode_utf8_string("a")] * 17), der.encode_integer(1), b""],
    ids=["empty", "many", "integer", "nothing"],
)
def test_no_text(element: bytes) -> None:
    inside = USER.to_der()[2:]
    data = der.encode_sequence(inside if USER.to_der()[1] < 0x80 else USER.to_der()[3:], der.encode(0xA1, element))
    with pytest.raises(DecodeError):
        AppUserInfo.from_der(data)


@pytest.mark.parametrize(
    ("parts", "form"),
    [((), TextForm.IA5), ((b"a", b"b"), TextForm.IA5), ((), TextForm.FREE_TEXT), ((b"a",) * 17, TextForm.FREE_TEXT)],
)
def test_how_many_parts(parts: tuple[bytes, ...], form: TextForm) -> None:
    with pytest.raises(InvalidInputError):
        InfoText(parts, form)


@pytest.mark.parametrize("form", [TextForm.IA5, TextForm.FREE_TEXT])
def test_a_text_that_its_form_cannot_hold(form: TextForm) -> None:
    with pytest.raises(InvalidInputError):
        InfoText((b"\xff",), form).to_der()


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (der.encode(0x80, "错".encode()), "错"),
        (der.encode(0x80, b"\xff"), "\ufffd"),
        (der.encode_explicit(0, der.encode_utf8_string("错")), "错"),
        (der.encode_explicit(0, der.encode_ia5_string("no")), "no"),
        (der.encode_explicit(0, der.encode_printable_string("no")), "no"),
        (der.encode_explicit(0, der.encode_octet_string("错".encode())), "错"),
    ],
    ids=["implicit", "no-utf8", "utf8", "ia5", "printable", "octets"],
)
def test_every_description_of_an_error(element: bytes, text: str) -> None:
    assert ErrorPkgRespond.from_der(der.encode_sequence(der.encode_integer(1), element)).description == text
