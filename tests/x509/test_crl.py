"""Revocation lists are read as strictly as certificates, and what is lenient has a name."""

from __future__ import annotations

import pickle
from datetime import datetime, timezone
from typing import Any

import pytest

import hostile
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import (
    AlgorithmIdentifier,
    CertificateIssuer,
    CRLNumber,
    CRLReason,
    Extension,
    GeneralName,
    IssuingDistributionPoint,
    Name,
    ReasonCode,
    SignedStructure,
    encode_extensions,
)
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidSignature, InvalidTypeError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.oids import find
from gmpki.x509 import crl as module
from gmpki.x509.crl import CertificateRevocationList, load_crl
from gmpki.x509.extensions import make
from gmpki.x509.names import build_name
from gmpki.x509.signatures import LENIENT_SIGNATURES
from x509.crl_world import DAY, NOW, Authority, revoked

ROOT = Authority()
ALGORITHM = ROOT.key.signature_algorithm
TIME = der.encode_time(NOW)
V2 = der.encode_integer(1)
INDIRECT = make(IssuingDistributionPoint(indirect_crl=True))


def entry(serial: bytes = b"\x02\x01\x05", *more: bytes, time: bytes = TIME) -> bytes:
    return der.encode_sequence(serial, time, *more)


def extension(oid: str, value: bytes, *, critical: bool = False) -> Extension:
    return Extension(find(oid), critical, value)


def assemble(  # every field can be replaced by bytes that break a rule
    *entries: bytes,
    version: bytes = V2,
    inner: AlgorithmIdentifier = ALGORITHM,
    outer: AlgorithmIdentifier = ALGORITHM,
    next_update: bytes = TIME,
    extensions: tuple[Extension, ...] = (),
    revoked_field: bytes | None = None,
    tail: bytes = b"",
) -> bytes:
    """Return the DER of a list with a signature that holds."""
    field = der.encode(0x30, b"".join(entries)) if entries else b""
    tbs = der.encode_sequence(
        version,
        inner.to_der(),
        ROOT.name.to_der(),
        TIME,
        next_update,
        field if revoked_field is None else revoked_field,
        der.encode_explicit(0, encode_extensions(extensions)),
        tail,
    )
    return SignedStructure(tbs, outer, ROOT.key.sign(tbs)).to_der()


def refuse(data: bytes, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        CertificateRevocationList.from_der(data)


def lenient(data: bytes, *kinds: QuirkKind) -> CertificateRevocationList:
    """Read leniently, and check which quirks are named."""
    crl = CertificateRevocationList.from_der(data, lenient=True)
    assert [quirk.kind for quirk in crl.quirks] == list(kinds)
    return crl


# ---- as it should be ------------------------------------------------------------------------------------------------
def test_a_list_keeps_its_bytes() -> None:
    crl = ROOT.crl(revoked(5), revoked(6))
    assert crl.to_der() == crl.der == CertificateRevocationList.from_der(crl.der).der
    assert load_crl(crl.to_pem()) == load_crl(crl.der) == crl
    assert CertificateRevocationList.from_pem(b"text\n" + crl.to_pem()) == crl
    assert pickle.loads(pickle.dumps(crl)).find(5) == crl.find(5)
    assert len({crl, load_crl(crl.der)}) == 1
    assert crl != ROOT.crl(revoked(5))
    assert repr(crl) == "<CertificateRevocationList of 'CN=示例根,O=示例市测试机构,C=CN', 2026-06-14, 2 entries>"


def test_a_list_does_not_change() -> None:
    with pytest.raises(AttributeError):
        ROOT.crl().issuer = ROOT.name  # type: ignore[misc]


def test_null_parameters_are_noted_and_accepted() -> None:
    algorithm = AlgorithmIdentifier(ALGORITHM.algorithm, der.encode_null())
    crl = CertificateRevocationList.from_der(assemble(inner=algorithm, outer=algorithm))
    assert {quirk.kind for quirk in crl.quirks} == {QuirkKind.NULL_PARAMETERS}
    crl.verify_signature(ROOT.certificate)


def test_a_list_of_version_1() -> None:
    crl = CertificateRevocationList.from_der(assemble(entry(), version=b""))
    assert (crl.version, len(crl), crl.crl_number, crl.is_indirect) == (1, 1, None, False)


def test_a_list_without_next_update() -> None:
    assert CertificateRevocationList.from_der(assemble(next_update=b"")).next_update is None


def test_unknown_extensions_are_kept() -> None:
    mine = extension("1.2.3.4", b"\xff", critical=True)
    crl = CertificateRevocationList.from_der(
        assemble(entry(b"\x02\x01\x05", encode_extensions([mine])), extensions=(mine,))
    )
    assert tuple(crl.extensions) == (mine,)
    assert crl.unknown_critical_entry_extensions == {"1.2.3.4"}
    assert tuple(crl.find(5).extensions) == (mine,)  # type: ignore[union-attr]


def test_critical_extensions_that_are_understood() -> None:
    reason = extension("2.5.29.21", b"\x0a\x01\x04", critical=True)
    crl = CertificateRevocationList.from_der(assemble(entry(b"\x02\x01\x05", encode_extensions([reason]))))
    assert crl.unknown_critical_entry_extensions == frozenset()
    assert crl.find(5).reason is ReasonCode.SUPERSEDED  # type: ignore[union-attr]


# ---- refused, or named ----------------------------------------------------------------------------------------------
TWO = (make(CRLNumber(1)), make(CRLNumber(2)))
BROKEN_REASON = encode_extensions([extension("2.5.29.21", b"\x02\x01\x01")])
TWICE = encode_extensions([make(CRLReason(ReasonCode.SUPERSEDED)), make(CRLReason(ReasonCode.KEY_COMPROMISE))])
DEPARTURES = {
    "empty list": (assemble(revoked_field=b"\x30\x00"), "leaves revokedCertificates out", QuirkKind.EMPTY_SEQUENCE),
    "zero": (assemble(entry(b"\x02\x01\x00")), "positive", QuirkKind.ZERO_SERIAL),
    "negative": (assemble(entry(b"\x02\x01\x80")), "positive", QuirkKind.NEGATIVE_SERIAL),
    "long": (assemble(entry(b"\x02\x15\x01" + bytes(20))), "21 bytes", QuirkKind.LONG_SERIAL),
    "padded": (assemble(entry(b"\x02\x02\x00\x05")), "not minimal", QuirkKind.INTEGER),
    "early generalized": (
        assemble(entry(time=der.encode_generalized_time(NOW))),
        "until 2049",
        QuirkKind.TIME_FORM,
    ),
    "no seconds": (assemble(entry(time=b"\x17\x0b2606151200Z")), "form", QuirkKind.TIME_FORM),
    "long length": (assemble(b"\x30\x81" + entry()[1:]), "length is not minimal", QuirkKind.LONG_LENGTH),
    "malformed reason": (assemble(entry(b"\x02\x01\x05", BROKEN_REASON)), "malformed", QuirkKind.MALFORMED_EXTENSION),
    "reason twice": (assemble(entry(b"\x02\x01\x05", TWICE)), "twice", QuirkKind.DUPLICATE_EXTENSION),
    "no extensions": (assemble(entry(b"\x02\x01\x05", b"\x30\x00")), "never empty", QuirkKind.EMPTY_SEQUENCE),
    "number twice": (assemble(extensions=TWO), "twice", QuirkKind.DUPLICATE_EXTENSION),
    "malformed number": (
        assemble(extensions=(extension("2.5.29.20", b"\x05\x00"),)),
        "malformed",
        QuirkKind.MALFORMED_EXTENSION,
    ),
    "extensions in version 1": (
        assemble(version=b"", extensions=(make(CRLNumber(1)),)),
        "version 1",
        QuirkKind.VERSION,
    ),
    "entry extensions in version 1": (
        assemble(entry(b"\x02\x01\x05", encode_extensions([make(CRLReason(ReasonCode.SUPERSEDED))])), version=b""),
        "version 1",
        QuirkKind.VERSION,
    ),
    "issuer in a list that is not indirect": (
        assemble(
            entry(b"\x02\x01\x05", encode_extensions([make(CertificateIssuer((GeneralName.directory(ROOT.name),)))]))
        ),
        "not indirect",
        QuirkKind.MALFORMED_EXTENSION,
    ),
    "another algorithm inside": (
        assemble(inner=AlgorithmIdentifier(find("1.2.840.10045.4.3.2"))),
        "not the one beside",
        QuirkKind.ALGORITHM_MISMATCH,
    ),
}


@pytest.mark.parametrize("case", DEPARTURES)
def test_departures_are_refused_or_named(case: str) -> None:
    data, message, kind = DEPARTURES[case]
    refuse(data, message)
    crl = lenient(data, kind)
    assert crl.is_lenient
    crl.verify_signature(ROOT.certificate)
    assert CertificateRevocationList.from_der(crl.der, lenient=True) == crl


def test_what_is_lenient_about_entries_can_be_found() -> None:
    assert lenient(DEPARTURES["zero"][0], QuirkKind.ZERO_SERIAL).find(0)
    assert lenient(DEPARTURES["negative"][0], QuirkKind.NEGATIVE_SERIAL).find(-128)
    assert lenient(DEPARTURES["long"][0], QuirkKind.LONG_SERIAL).find(1 << 160)
    assert lenient(DEPARTURES["padded"][0], QuirkKind.INTEGER).find(5)
    found = lenient(DEPARTURES["malformed reason"][0], QuirkKind.MALFORMED_EXTENSION).find(5)
    assert found is not None
    assert found.reason is None
    assert found.extensions.problem("2.5.29.21")


def test_ber_is_read_leniently() -> None:
    strict = ROOT.crl(revoked(5), revoked(7, ReasonCode.SUPERSEDED))
    outer = der.Reader(strict.der).sequence()
    data = b"\x30\x80" + outer.raw_element() + outer.raw_element() + outer.raw_element() + b"\x00\x00"
    refuse(data, "indefinite")
    crl = lenient(data, QuirkKind.INDEFINITE_LENGTH)
    assert crl.der == data
    assert [e.serial_number for e in crl] == [5, 7]
    assert crl.find(7) == strict.find(7)
    crl.verify_signature(ROOT.certificate)


NOBODY = encode_extensions([make(CertificateIssuer((GeneralName.dns("example.cn"),)))])
TWO_NAMES = encode_extensions(
    [make(CertificateIssuer((GeneralName.directory(ROOT.name), GeneralName.directory(build_name(("CN", "甲"))))))]
)
NOT_NAMES = encode_extensions([extension("2.5.29.29", b"\x05\x00", critical=True)])


@pytest.mark.parametrize("mode", [False, True], ids=["strict", "lenient"])
@pytest.mark.parametrize("extensions", [NOBODY, TWO_NAMES, NOT_NAMES], ids=["dns", "two names", "null"])
def test_the_issuer_of_an_entry_is_one_name(extensions: bytes, mode: bool) -> None:
    data = assemble(entry(b"\x02\x01\x05", extensions), extensions=(INDIRECT,))
    with pytest.raises(DecodeError):
        CertificateRevocationList.from_der(data, lenient=mode)


BROKEN = {
    "nothing": b"",
    "no sequence": b"\x02\x01\x05",
    "version 3": assemble(version=der.encode_integer(2)),
    "version 0 written": assemble(version=der.encode_integer(0)),
    "entry of one field": assemble(b"\x30\x03\x02\x01\x05"),
    "entry of four fields": assemble(entry(b"\x02\x01\x05", b"\x30\x00", b"\x05\x00")),
    "entry that is a set": assemble(b"\x31" + entry()[1:]),
    "entry behind the end": assemble(revoked_field=der.encode(0x30, entry()[:-1])),
    "entry with a longer length": assemble(revoked_field=der.encode(0x30, b"\x30\x13" + entry()[2:])),
    "entry with a shorter length": assemble(revoked_field=der.encode(0x30, b"\x30\x11" + entry()[2:])),
    "empty entry": assemble(b"\x30\x00"),
    "empty serial number": assemble(entry(b"\x02\x00")),
    "serial number of another type": assemble(entry(b"\x0a\x01\x05")),
    "no such day": assemble(entry(time=b"\x17\x0d260230120000Z")),
    "no such hour": assemble(entry(time=b"\x17\x0d260615240000Z")),
    "no leap year": assemble(entry(time=b"\x17\x0d270229000000Z")),
    "rubbish behind": assemble() + b"\x00",
    "a field too many": assemble(tail=b"\x05\x00"),
    "too short": assemble(entry())[:-1],
    "no time": SignedStructure(
        der.encode_sequence(V2, ALGORITHM.to_der(), ROOT.name.to_der()), ALGORITHM, b"x"
    ).to_der(),
}


@pytest.mark.parametrize("mode", [False, True], ids=["strict", "lenient"])
@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_list_is_refused_in_both_modes(case: str, mode: bool) -> None:
    with pytest.raises(DecodeError):
        CertificateRevocationList.from_der(BROKEN[case], lenient=mode)


def test_errors_say_where() -> None:
    data = assemble(entry(), entry(b"\x02\x01\x80"))
    with pytest.raises(DecodeError) as caught:
        CertificateRevocationList.from_der(data)
    assert caught.value.path == ("tbsCertList.revokedCertificates", "userCertificate")
    assert caught.value.offset is not None
    assert data[caught.value.offset :].startswith(b"\x02\x01\x80")


# ---- files ----------------------------------------------------------------------------------------------------------
def test_files_hold_one_list() -> None:
    pem = ROOT.crl().to_pem()
    with pytest.raises(InvalidInputError, match="2 PEM"):
        load_crl(pem + pem)
    with pytest.raises(InvalidInputError, match="no revocation list"):
        load_crl(ROOT.certificate.to_pem())
    with pytest.raises(InvalidInputError):
        CertificateRevocationList.from_pem(ROOT.certificate.to_pem())


def test_long_lists_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    crl = ROOT.crl(revoked(5))
    monkeypatch.setattr(CertificateRevocationList, "_MAX_LEN", len(crl.der) - 1)
    with pytest.raises(GmpkiError, match="at most"):
        CertificateRevocationList.from_der(crl.der)


def test_hostile_values() -> None:
    for call in (CertificateRevocationList.from_der, CertificateRevocationList.from_pem, load_crl):
        for _ in hostile.results(call, (b"",)):
            pytest.fail("a list of nothing")
    assert not list(hostile.results(lambda lenient: load_crl(ROOT.crl().der, lenient=lenient), (None,)))[1:]


def test_the_class_makes_none_itself() -> None:
    with pytest.raises(InvalidTypeError):
        CertificateRevocationList()
    assert module.MAX_CRL_LEN == 64 << 20


# ---- look-up --------------------------------------------------------------------------------------------------------
def test_find_takes_numbers_and_names() -> None:
    crl = ROOT.crl(revoked(5), revoked(300))
    assert [crl.find(n) is not None for n in (5, 300, 6, 0, -5, 1 << 200)] == [True, True, False, False, False, False]
    same = build_name(("C", "cn"), ("O", "示例市测试机构 "), ("CN", "示例根"))
    assert crl.find(5, same) == crl.find(5)
    assert crl.find(5, build_name(("CN", "甲"))) is None
    assert set(hostile.results(crl.find, (5,))) == {None}  # numbers that no entry has; all else is refused
    assert set(hostile.results(lambda issuer: crl.find(5, issuer), (ROOT.name,))) == {crl.find(5)}  # for None


@pytest.mark.parametrize("wrong", [None, "5", 5.0, True, b"\x05"])
def test_serial_numbers_are_numbers(wrong: Any) -> None:
    with pytest.raises(InvalidTypeError):
        ROOT.crl(revoked(5)).find(wrong)


@pytest.mark.parametrize("wrong", ["CN=x", b"", 5])
def test_issuers_are_names(wrong: Any) -> None:
    with pytest.raises(InvalidTypeError):
        ROOT.crl(revoked(5)).find(5, wrong)


def test_entries_of_an_indirect_list_belong_to_the_last_issuer_named() -> None:
    first, second = build_name(("CN", "甲")), build_name(("CN", "乙"))
    crl = ROOT.crl(
        revoked(1),
        revoked(1, ReasonCode.SUPERSEDED, certificate_issuer=first),
        revoked(2, certificate_issuer=first),
        revoked(2, ReasonCode.KEY_COMPROMISE, certificate_issuer=second),
        issuing_distribution_point=IssuingDistributionPoint(indirect_crl=True),
    )
    assert crl.is_indirect
    assert crl.names_issuers

    def reason(number: int, issuer: Name | None = None) -> Any:
        found = crl.find(number, issuer)
        return "none" if found is None else found.reason

    assert (reason(1), reason(2)) == (None, "none")
    assert (reason(1, first), reason(2, first)) == (ReasonCode.SUPERSEDED, None)
    assert (reason(1, second), reason(2, second)) == ("none", ReasonCode.KEY_COMPROMISE)
    assert crl.find(2, first).issuer == first  # type: ignore[union-attr]


def test_a_revocation_counts_more_than_a_removal() -> None:
    removal = revoked(5, ReasonCode.REMOVE_FROM_CRL)
    for entries in ([removal, revoked(5)], [revoked(5), removal], [removal, removal, revoked(5)]):
        assert ROOT.crl(*entries, delta_base=3).find(5).reason is None  # type: ignore[union-attr]
    only = ROOT.crl(removal, removal, delta_base=3).find(5)
    assert only is not None
    assert only.reason is ReasonCode.REMOVE_FROM_CRL


# ---- signatures -----------------------------------------------------------------------------------------------------
def test_signatures() -> None:
    crl = ROOT.crl(revoked(5))
    assert crl.verify_signature(ROOT.certificate) == crl.verify_signature(ROOT.key.public_key) == ()
    with pytest.raises(InvalidSignature):
        crl.verify_signature(SM2PrivateKey.generate().public_key)
    with pytest.raises(InvalidTypeError):
        crl.verify_signature(ROOT.key)  # type: ignore[arg-type]
    changed = CertificateRevocationList.from_der(crl.der.replace(b"\x02\x01\x05", b"\x02\x01\x06"))
    with pytest.raises(InvalidSignature):
        changed.verify_signature(ROOT.certificate)


def test_the_empty_user_id_is_named() -> None:
    crl = ROOT.builder().sign(ROOT.key, user_id=b"")
    with pytest.raises(InvalidSignature):
        crl.verify_signature(ROOT.certificate)
    quirks = crl.verify_signature(ROOT.certificate, policy=LENIENT_SIGNATURES)
    assert [quirk.kind for quirk in quirks] == [QuirkKind.EMPTY_USER_ID]


def test_times_are_utc() -> None:
    crl = ROOT.crl(revoked(5))
    assert crl.this_update.tzinfo is timezone.utc
    assert crl.find(5).revocation_date == NOW - 10 * DAY  # type: ignore[union-attr]
    assert next(iter(crl)).revocation_date < datetime.now(timezone.utc) + 3650 * DAY
