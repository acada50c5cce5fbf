"""Every form in which programs of the field write seals and signatures: read, verified, and its oddity named.

Nothing of gmpki wrote or signed what is judged here; see :mod:`seal.field_forms`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from gmpki.algorithms import sm3
from gmpki.asn1.quirks import QuirkKind
from gmpki.cms.report import CheckStatus
from gmpki.seal import Seal, SealSignature, SignatureReport, check_seal_signature, verify_seal
from seal import samples
from seal.field_forms import (
    FIFTH,
    NEW,
    OLD,
    Form,
    bits,
    element,
    explicit,
    extension,
    generalized,
    ia5,
    integer,
    octets,
    oid,
    seq,
    utc,
    utf8,
)
from seal.samples import DAY, NOW

pytest.importorskip("tongsuopy", reason="peer program: tongsuopy not installed")

UTF8, PRINTABLE, IA5, BMP, VISIBLE, UTC_TIME, GENERALIZED_TIME, BOOLEAN = 12, 19, 22, 30, 26, 23, 24, 1
EXTENSION = extension()
LISTED = samples.signer().certificate.der
FINGERPRINT = sm3.digest(LISTED)


@dataclass(frozen=True)
class Odd:
    """What lenient reading names, and whether strict reading takes it too.

    :ivar variants: how many departures in meaning are named.
    """

    form: Form
    kinds: tuple[QuirkKind, ...] = ()
    strict: bool = True
    variants: int = 0


def taken(form: Form, *kinds: QuirkKind, **options: Any) -> Odd:
    """Return a form that both ways of reading take."""
    return Odd(form, kinds, **options)


def tolerated(form: Form, *kinds: QuirkKind, **options: Any) -> Odd:
    """Return a form that lenient reading alone takes."""
    return Odd(form, kinds, strict=False, **options)


def digests(kind: bytes, value: bytes = FINGERPRINT) -> dict[str, Any]:
    return {"list_type": 2, "listed": seq(seq(kind, octets(value)))}


K = QuirkKind
LAYOUTS = {"2014": OLD, "2020": NEW, "five-field": FIFTH}
EVERY: dict[str, Any] = {
    "in order": taken,
    # extDatas: untagged, [0], empty, with a critical that is written or odd
    "extensions": lambda form: taken(replace(form, extensions=seq(EXTENSION))),
    "two extensions": lambda form: taken(replace(form, extensions=seq(EXTENSION, extension("1.2.156.99999.1")))),
    "tagged extensions": lambda form: taken(replace(form, extensions=explicit(0, seq(EXTENSION))), K.FIELD_TAGGING),
    "no extension in a list": lambda form: taken(replace(form, extensions=seq())),
    "no extension in a tagged list": lambda form: taken(replace(form, extensions=explicit(0, seq())), K.FIELD_TAGGING),
    "critical": lambda form: taken(replace(form, extensions=seq(extension(critical=element(BOOLEAN, b"\xff"))))),
    "FALSE written": lambda form: tolerated(
        replace(form, extensions=seq(extension(critical=element(BOOLEAN, b"\0")))), K.EXPLICIT_DEFAULT
    ),
    "TRUE as 01": lambda form: tolerated(
        replace(form, extensions=seq(extension(critical=element(BOOLEAN, b"\1")))), K.BOOLEAN
    ),
    "an extension twice": lambda form: tolerated(
        replace(form, extensions=seq(EXTENSION, EXTENSION)), K.DUPLICATE_EXTENSION
    ),
    # the value of the signature, and what is said to have made it
    "r and s": lambda form: tolerated(replace(form, raw=True), K.RAW_SIGNATURE),
    "kind of key as algorithm": lambda form: tolerated(
        replace(form, algorithm=oid("1.2.156.10197.1.301")), K.OID_SYNONYM, variants=1
    ),
    "EC key as algorithm": lambda form: tolerated(
        replace(form, algorithm=oid("1.2.840.10045.2.1")), K.OID_SYNONYM, variants=1
    ),
    # the list of signers
    "text as certificate": lambda form: tolerated(
        replace(form, listed=seq(ia5("CN=zhangsan"), octets(LISTED))),
        K.CERTIFICATE_AS_TEXT,
        K.CERTIFICATE_UNREADABLE,
    ),
    "bytes as certificate": lambda form: tolerated(
        replace(form, listed=seq(octets(b"0\x03\x02\x01\x01"), octets(LISTED))), K.CERTIFICATE_UNREADABLE
    ),
    "a certificate twice": lambda form: taken(replace(form, listed=seq(octets(LISTED), octets(LISTED)))),
    # pictures
    "picture ofd": lambda form: taken(replace(form, picture_type="ofd", picture=b"PK\x03\x04")),
    "picture png": lambda form: taken(replace(form, picture_type="png")),
    "picture GIF": lambda form: taken(replace(form, picture_type="GIF", picture=b"GIF89a")),
    "picture of no name": lambda form: taken(replace(form, picture_type="")),
    "picture of another kind": lambda form: taken(replace(form, picture_type="JPG"), K.PICTURE_TYPE),
    # times
    "two types of time": lambda form: tolerated(
        replace(form, begins=(generalized if form.is_old else utc)(NOW - DAY)), K.TIME_FORM
    ),
    "times of the other type": lambda form: tolerated(
        replace(
            form,
            created=(generalized if form.is_old else utc)(NOW - DAY),
            begins=(generalized if form.is_old else utc)(NOW - DAY),
            ends=(generalized if form.is_old else utc)(NOW + 365 * DAY),
        ),
        K.TIME_FORM,
    ),
    "time with a fraction": lambda form: tolerated(
        replace(form, begins=element(GENERALIZED_TIME, b"20260228080000.377Z")), K.TIME_FORM
    ),
    "time of China": lambda form: tolerated(
        replace(form, begins=element(GENERALIZED_TIME, b"20260228160000+0800")), K.TIME_FORM
    ),
    "short time of China": lambda form: tolerated(
        replace(form, begins=element(UTC_TIME, b"260228160000+0800")), K.TIME_FORM
    ),
    "time of no zone": lambda form: tolerated(replace(form, begins=element(UTC_TIME, b"260228080000")), K.TIME_FORM),
    "time of no seconds": lambda form: tolerated(replace(form, begins=element(UTC_TIME, b"2602280800Z")), K.TIME_FORM),
    # texts
    "another head": lambda form: tolerated(replace(form, head=ia5("EX")), K.HEADER_ID),
    "no vendor": lambda form: taken(replace(form, vendor=ia5(""))),
    "Chinese vendor": lambda form: tolerated(replace(form, vendor=element(IA5, "示例公司".encode())), K.TEXT_ALPHABET),
    "vendor in GBK": lambda form: tolerated(
        replace(form, vendor=element(IA5, "示例公司".encode("gbk"))), K.TEXT_ALPHABET
    ),
    "vendor in UTF-8": lambda form: tolerated(replace(form, vendor=utf8("示例公司")), K.TEXT_TYPE),
    "name in GBK": lambda form: tolerated(replace(form, name=element(UTF8, "示例".encode("gbk"))), K.TEXT_ALPHABET),
    "name in UTF-16": lambda form: tolerated(replace(form, name=element(BMP, "示例".encode("utf-16-be"))), K.TEXT_TYPE),
    "printable id": lambda form: tolerated(replace(form, seal_id=element(PRINTABLE, b"31010000")), K.TEXT_TYPE),
    "visible id": lambda form: tolerated(replace(form, seal_id=element(VISIBLE, b"31010000")), K.TEXT_TYPE),
}
NEWER: dict[str, Any] = {
    # certListType 2, and lists that are not what it says
    **{
        f"digest, type {text}": lambda form, text=text: taken(
            replace(form, **digests(element(PRINTABLE, text.encode())))
        )
        for text in ("SM3", "sm3", "1.2.156.10197.1.401", "1", "")
    },
    "digest, IA5String": lambda form: tolerated(replace(form, **digests(ia5("SM3"))), K.TEXT_TYPE),
    "digest, UTF8String": lambda form: tolerated(replace(form, **digests(utf8("SM3"))), K.TEXT_TYPE),
    "digests said to be certificates": lambda form: tolerated(
        replace(form, **(digests(element(PRINTABLE, b"SM3")) | {"list_type": 1})), K.LIST_TYPE
    ),
    "certificates said to be digests": lambda form: tolerated(replace(form, list_type=2), K.LIST_TYPE),
    "list of type 0": lambda form: tolerated(replace(form, list_type=0), K.LIST_TYPE),
    **{f"type {kind}": lambda form, kind=kind: taken(replace(form, kind=kind)) for kind in (0, 3, 4, 6, 15, 99)},
}
ONCE: dict[str, Odd] = {
    **{f"2014, type {kind}": taken(replace(OLD, kind=kind), K.SEAL_TYPE) for kind in (0, 3, 15)},
    **{f"2014, version {number}": taken(replace(OLD, version=number), K.VERSION) for number in (0, 2, 3)},
    "2020, version 6": tolerated(replace(NEW, version=6), K.VERSION),
    "five-field with a stamp": taken(replace(FIFTH, seal_stamp=explicit(0, bits(b"token")))),
    "five-field with an untagged stamp": tolerated(replace(FIFTH, seal_stamp=bits(b"token")), K.FIELD_TAGGING),
}
SEALS: dict[str, Odd] = {
    **{f"{layout}, {name}": make(form) for layout, form in LAYOUTS.items() for name, make in EVERY.items()},
    **{f"{layout}, {name}": make(LAYOUTS[layout]) for layout in ("2020", "five-field") for name, make in NEWER.items()},
    **ONCE,
}
TOKEN = samples.timestamp(b"of something else")
SIGNED_EXTENSION = extension("1.3.6.1.5.5.7.1.4", bytes.fromhex("3000"))
SIGNATURES: dict[str, Odd] = {
    # timeInfo of 2014
    "UTCTime": taken(OLD),
    "token": taken(replace(OLD, time=bits(samples.timestamp(samples.DIGEST)))),
    **{
        f"time {text}": tolerated(replace(OLD, time=bits(text.encode())), K.TIME_AS_TEXT)
        for text in ("2026-03-01T08:00:00.377Z", "2026-03-01 16:00:00", "2026-03-01T16:00:00+08:00", "yesterday")
    },
    "GeneralizedTime": tolerated(replace(OLD, time=bits(generalized(NOW))), K.TIME_AS_TEXT),
    # timeInfo of 2020
    "UTCTime in 2020": tolerated(replace(NEW, time=utc(NOW)), K.TIME_FORM),
    "fraction in 2020": tolerated(replace(NEW, time=element(GENERALIZED_TIME, b"20260301080000.123Z")), K.TIME_FORM),
    # extDatas, both ways
    "extensions": taken(replace(NEW, signed_extensions=explicit(0, seq(SIGNED_EXTENSION)))),
    "untagged extensions": taken(replace(NEW, signed_extensions=seq(SIGNED_EXTENSION)), K.FIELD_TAGGING),
    "no extension in a list": taken(replace(NEW, signed_extensions=explicit(0, seq()))),
    "five-field extensions": taken(replace(FIFTH, signed_extensions=explicit(0, seq(SIGNED_EXTENSION)))),
    # propertyInfo
    "empty property": taken(replace(NEW, property_info=ia5(""))),
    "several paths": taken(replace(NEW, property_info=ia5("/Doc_0/Signs/Sign_0/Signature.xml;/OFD.xml"))),
    "byte range": taken(replace(NEW, property_info=ia5("[0 840 960 240]"))),
    "Chinese property": tolerated(replace(NEW, property_info=element(IA5, "保护全部".encode())), K.TEXT_ALPHABET),
    "property in UTF-8": tolerated(replace(NEW, property_info=utf8("保护全部")), K.TEXT_TYPE),
    "property in UTF-8, 2014": tolerated(replace(OLD, property_info=utf8("保护全部")), K.TEXT_TYPE),
    # versions
    "version 1 with a seal of 2020": taken(replace(NEW, signed_version=1), K.VERSION),
    "version 4 with a seal of 2014": taken(replace(OLD, signed_version=4), K.VERSION),
    "five-field": taken(FIFTH),
    # values
    "r and s": tolerated(replace(NEW, raw=True), K.RAW_SIGNATURE, K.RAW_SIGNATURE),
    "r and s, 2014": tolerated(replace(OLD, raw=True), K.RAW_SIGNATURE, K.RAW_SIGNATURE),
    "C0119": tolerated(replace(NEW, with_signer=True), variants=1),
    "five-field C0119": tolerated(replace(FIFTH, with_signer=True), variants=1),
    # time-stamps, here over something else: what is asked is whether they are found
    "stamp": taken(replace(NEW, stamp=explicit(0, bits(TOKEN)))),
    "untagged stamp": tolerated(replace(NEW, stamp=bits(TOKEN)), K.FIELD_TAGGING),
}
STAMPED = {"stamp", "untagged stamp"}


def failed(report: SignatureReport) -> list[str]:
    return [check.name.value for check in report.checks if check.status is CheckStatus.FAILED]


def agrees(strict: SignatureReport, lenient: SignatureReport, odd: Odd, also: list[str]) -> None:
    """Check that a form is taken in the ways that it should be, and that what is named is what is odd."""
    assert failed(lenient) == also, [str(check) for check in lenient.checks]
    assert bool(failed(strict) == also) is odd.strict, [str(check) for check in strict.checks]
    assert {quirk.kind for quirk in lenient.quirks} == set(odd.kinds)
    assert len(lenient.variants) == odd.variants, lenient.variants


@pytest.mark.parametrize("odd", SEALS.values(), ids=SEALS)
def test_seal(odd: Odd) -> None:
    encoded = odd.form.seal()
    strict, lenient = (
        verify_seal(encoded, samples.trust(), lenient=each, at=NOW).signatures[0] for each in (False, True)
    )
    agrees(strict, lenient, odd, [])
    seal = Seal.from_der(encoded, lenient=True)
    assert seal.der == encoded
    assert seal.names(samples.signer().certificate)
    if odd.strict:
        assert seal.structure.to_der() == encoded


@pytest.mark.parametrize("odd", SIGNATURES.values(), ids=SIGNATURES)
def test_signature(odd: Odd, request: pytest.FixtureRequest) -> None:
    encoded = odd.form.signature()
    strict, lenient = (
        check_seal_signature(encoded, samples.DIGEST, samples.trust(), lenient=each) for each in (False, True)
    )
    also = ["time-stamp"] if request.node.callspec.id in STAMPED else []
    agrees(strict, lenient, odd, also)
    signature = SealSignature.from_der(encoded, lenient=True)
    assert signature.der == encoded
    if odd.strict:
        assert signature.structure.to_der() == encoded


@pytest.mark.parametrize("form", LAYOUTS.values(), ids=LAYOUTS)
def test_a_signature_has_the_oddities_of_its_seal(form: Form) -> None:
    odd = replace(form, extensions=explicit(0, seq(EXTENSION)), kind=15, vendor=utf8("示例"))
    report = check_seal_signature(odd.signature(), samples.DIGEST, samples.trust(), lenient=True)
    assert failed(report) == []
    kinds = {quirk.kind for quirk in report.quirks}
    assert kinds == {K.FIELD_TAGGING, K.TEXT_TYPE, *([K.SEAL_TYPE] if form.is_old else [])}


NO_FORM: dict[str, Form] = {
    "text that is none": replace(NEW, vendor=octets(b"vendor")),
    "number as name": replace(NEW, name=integer(1)),
    "certificate not in octets": replace(NEW, listed=seq(LISTED)),
    "text in UTF-8 as certificate": replace(OLD, listed=seq(utf8("CN=zhangsan"))),
    "algorithm with parameters": replace(NEW, algorithm=seq(oid("1.2.156.10197.1.501"), element(5, b""))),
    "bytes after the end": replace(NEW, tail=b"\n"),
    "four fields and a stamp": replace(NEW, seal_stamp=explicit(0, bits(b"token"))),
    "an extension for the list": replace(NEW, extensions=explicit(0, EXTENSION)),
    "a month that is none": replace(NEW, begins=element(GENERALIZED_TIME, b"20261301000000Z")),
    "an empty text of two bytes a character": replace(NEW, name=element(BMP, b"\x00")),
}


@pytest.mark.parametrize("form", NO_FORM.values(), ids=NO_FORM)
def test_what_nobody_takes(form: Form) -> None:
    (report,) = verify_seal(form.seal(), samples.trust(), lenient=True, at=NOW).signatures
    assert failed(report) == ["structure"]
