"""Consent that is bound into a signature: read back as it was given, and gone with any change."""

from __future__ import annotations

from typing import Any

import pytest

import hostile
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import Extension
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, LimitExceeded
from gmpki.seal import Consent, SealLayout, SealSigner, Verdict, check_seal_signature, consent_of
from gmpki.seal.consent import CONSENT, MAX_STATEMENT_LEN
from seal import samples
from seal.forging import changed, forge
from seal.samples import DIGEST, NOW, UNASKED

STATEMENT = "张三于2026年3月1日同意签署".encode()
OWN_OID = "1.2.156.99999.8.1"


def signer(layout: SealLayout = SealLayout.GBT38540) -> SealSigner:
    person = samples.signer()
    return SealSigner(samples.seal(layout), person.key, person.certificate, clock=lambda: NOW)


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "digest"])
@pytest.mark.parametrize("oid", [CONSENT, OWN_OID], ids=["default", "own"])
def test_bound_in_and_read_back(whole: bool, oid: str) -> None:
    consent = Consent.of("身份服务", STATEMENT, whole=whole)
    made = signer().sign(DIGEST, "x", extensions=[consent.to_extension(oid)])
    assert check_seal_signature(made, DIGEST, samples.trust()).verdict(UNASKED) is Verdict.VALID
    found = consent_of(made, oid)
    assert found == consent
    assert (found.service, found.digest) == ("身份服务", sm3.digest(STATEMENT))
    assert found.statement == (STATEMENT if whole else None)
    assert found.matches(STATEMENT)
    assert not found.matches(STATEMENT + b" ")
    assert consent_of(made, "1.2.3") is None


def test_through_two_phases() -> None:
    consent, person = Consent.of("身份服务", STATEMENT), samples.signer()
    remote = SealSigner(samples.seal(), None, person.certificate, clock=lambda: NOW)
    prepared = remote.prepare(DIGEST, "x", extensions=[consent.to_extension()])
    assert STATEMENT in prepared.to_be_signed
    assert consent_of(prepared.complete(person.key.sign_digest(prepared.digest))) == consent


def test_none() -> None:
    assert consent_of(signer().sign(DIGEST, "x")) is None
    assert consent_of(signer(SealLayout.GMT0031).sign(DIGEST, "x")) is None


def test_another_statement_breaks_the_signature() -> None:
    first, second = (Consent.of("身份服务", text).to_extension() for text in (b"yes", b"no!"))
    made = signer().sign(DIGEST, "x", extensions=[first])
    exchanged = made.der.replace(first.to_der(), second.to_der())
    assert exchanged != made.der
    report = check_seal_signature(exchanged, DIGEST, samples.trust())
    assert report.check("signature").status.value == "failed"


def test_the_consent_of_another_signature_breaks_this_one() -> None:
    one = signer().sign(DIGEST, "x", extensions=[Consent.of("身份服务", STATEMENT).to_extension()])
    other = signer().sign(bytes(32), "x")
    report = check_seal_signature(changed(one.der, signature=other.signature), DIGEST, samples.trust())
    assert report.check("signature").status.value == "failed"


def test_no_place_in_the_older_layout() -> None:
    with pytest.raises(InvalidInputError, match="no signed extensions"):
        signer(SealLayout.GMT0031).sign(DIGEST, "x", extensions=[Consent.of("s", b"x").to_extension()])


def read(*parts: bytes) -> Consent:
    return Consent.from_extension(Extension(CONSENT, False, der.encode_sequence(*parts)))


VERSION, SERVICE = der.encode_integer(1), der.encode_utf8_string("身份服务")
BOUND = der.encode_octet_string(b"x", tag=der.Tag.context(0))


def test_malformed() -> None:
    assert read(VERSION, SERVICE, BOUND).statement == b"x"
    digest = der.Tag.context(1)
    refused: list[tuple[bytes, ...]] = [
        (),
        (VERSION,),
        (VERSION, SERVICE),
        (der.encode_integer(2), SERVICE, BOUND),
        (VERSION, der.encode_utf8_string(""), BOUND),
        (VERSION, der.encode_utf8_string("x" * 256), BOUND),
        (VERSION, SERVICE, der.encode_octet_string(b"", tag=der.Tag.context(0))),
        (VERSION, SERVICE, der.encode_octet_string(bytes(31), tag=digest)),
        (VERSION, SERVICE, BOUND, der.encode_octet_string(bytes(32), tag=digest)),
        (VERSION, SERVICE, der.encode_octet_string(b"x")),
    ]
    for parts in refused:
        with pytest.raises(DecodeError):
            read(*parts)
    with pytest.raises(LimitExceeded):
        read(VERSION, SERVICE, der.encode_octet_string(bytes(MAX_STATEMENT_LEN + 1), tag=der.Tag.context(0)))


def test_in_a_signature() -> None:
    garbage = Extension(CONSENT, False, b"garbage")
    with pytest.raises(DecodeError):
        consent_of(signer().sign(DIGEST, "x", extensions=[garbage]))
    twice = [Consent.of("身份服务", text).to_extension() for text in (b"yes", b"no")]
    data = forge(samples.seal(), samples.signer(), extensions=twice)
    with pytest.raises(GmpkiError):
        consent_of(read_signature(data))
    with pytest.raises(DecodeError, match="two consents"):
        consent_of(read_signature(data, lenient=True))


def read_signature(data: bytes, *, lenient: bool = False) -> Any:
    from gmpki.seal import SealSignature

    return SealSignature.from_der(data, lenient=lenient)


def test_arguments() -> None:
    for consent in hostile.results(Consent, ("身份服务", sm3.digest(STATEMENT), STATEMENT)):
        assert consent.digest
    for consent in hostile.results(Consent.of, ("身份服务", STATEMENT)):
        assert Consent.from_extension(consent.to_extension()) == consent
    for _ in hostile.results(Consent.of("s", b"x").to_extension, ("1.2.3",)):
        pytest.fail("took something else for an object identifier")
    with pytest.raises(InvalidInputError, match="not that of the statement"):
        Consent("s", bytes(32), b"x")
    with pytest.raises(LimitExceeded):
        Consent.of("s", bytes(MAX_STATEMENT_LEN + 1))
    assert Consent.of("s", bytes(MAX_STATEMENT_LEN + 1), whole=False).statement is None
