"""What certificates under one profile share is spliced in, and gives the bytes that the builder gives."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki import oids
from gmpki.asn1.gmt0015 import OrganizationCode
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, GeneralName, Name
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.asn1.rfc5280.ext_names import BasicConstraints, SubjectAltName
from gmpki.errors import DecodeError, FaultDetected, InvalidInputError, LimitExceeded, ProfileError, ValidationError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509 import certificate as certificate_module
from gmpki.x509 import issuing, preparing
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder
from gmpki.x509.issuing import Addresses, Issuer, self_signed
from gmpki.x509.names import build_name
from gmpki.x509.prelint import lint_check
from gmpki.x509.preparing import ToBeSigned
from gmpki.x509.profile import BUILTIN_PROFILES, Profile
from rsa_keys import rsa_key
from x509.pair_examples import (
    ADDRESSES,
    APPLICANT,
    AT,
    ENCRYPTION_KEY,
    HOST,
    OTHER_KEY,
    OWNER,
    ROOT_KEY,
    ROOT_NAME,
    SIGNING_KEY,
    STRANGER,
    issuer,
    own,
    request,
    root,
)

DIVIDED = Addresses(("http://crl.example.cn/{part}.crl", "ldap://example.cn/{part}"), crl_parts=7)


def prepared(by: Issuer, profile: Profile | str, applicant: Any = APPLICANT, **options: Any) -> tuple[ToBeSigned, ...]:
    """Prepare what one application gives."""
    accepted = by.accept(applicant, profile, at=AT, **options)
    key = ENCRYPTION_KEY.public_key if accepted.profile.is_pair else None
    return by.prepare(accepted, encryption_key=key)


def rebuilt(tbs: ToBeSigned, by: Certificate) -> bytes:
    """Return what the builder makes of the same fields, extension by extension as they are read back."""
    read = Certificate._unsigned(tbs.der, tbs.algorithm)
    builder = (
        CertificateBuilder()
        .subject(tbs.subject)
        .issuer(by.subject)
        .serial_number(tbs.serial_number)
        .validity(tbs.validity.not_before, tbs.validity.not_after)
        .public_key(tbs.public_key)
    )
    for extension in read.extensions:
        value = read.extensions.value(extension.extn_id)
        builder = builder.add_extension(extension if value is None else value, critical=extension.critical)
    return builder.to_be_signed(tbs.algorithm)


@pytest.mark.parametrize("addresses", [ADDRESSES, DIVIDED], ids=["whole", "divided"])
@pytest.mark.parametrize("name", BUILTIN_PROFILES[1:])
def test_the_same_bytes_as_the_builder(name: str, addresses: Addresses) -> None:
    addresses = replace(addresses, ocsp=ADDRESSES.ocsp, ca_issuers=ADDRESSES.ca_issuers)
    by = issuer(addresses=addresses)
    for _ in range(3):  # what is remembered of the first is in the others
        for each in prepared(by, name, extensions=[HOST] if name == "device" else []):
            assert each.der == rebuilt(each, root())


@given(
    serial=st.integers(1, (1 << 159) - 1),
    texts=st.lists(st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=30), min_size=2),
    host=st.none() | st.from_regex(r"[a-z]{1,20}\.example\.cn", fullmatch=True),
    number=st.integers(1, 1 << 200),
)
def test_whatever_changes(serial: int, texts: list[str], host: str | None, number: int) -> None:
    key = SM2PrivateKey.from_bytes(number.to_bytes(32, "big")).public_key
    names = [] if host is None else [SubjectAltName((GeneralName.dns(host),))]
    applicant = (build_name(*(("OU", text) for text in texts[1:4]), ("CN", texts[0])), key)
    accepted = issuer().accept(applicant, OPEN, extensions=names, at=AT)
    (each,) = issuer().prepare(accepted, serial_numbers=(serial,))
    assert each.der == rebuilt(each, root())


OPEN = own()


def test_extensions_of_a_request_and_of_the_operator() -> None:
    by = issuer(addresses=ADDRESSES, check=lint_check())
    wanted = [OrganizationCode("12345678-9")]
    for each in prepared(by, "organisation", request(HOST), extensions=wanted):
        assert each.der == rebuilt(each, root())
        assert Certificate._unsigned(each.der, each.algorithm).extensions.find(OrganizationCode) == wanted[0]


def test_keys_of_other_kinds() -> None:
    profile = replace(own(), algorithms=("RSA",))
    (each,) = prepared(issuer(), profile, (build_name(("CN", "x")), rsa_key().public_key))
    assert each.der == rebuilt(each, root())
    assert each.algorithm == AlgorithmIdentifier(oids.SM2_WITH_SM3)


def test_a_root() -> None:
    """Its issuer is its subject, and both identifiers are of its own key."""
    made = root()
    assert made.issuer == made.subject == ROOT_NAME
    identifier = made.authority_key_identifier
    assert identifier is None or identifier.key_identifier == made.subject_key_identifier


def test_extensions_of_one_kind_twice() -> None:
    """A profile that was made by hand may let an operator add what it makes itself; no certificate has both."""
    profile = replace(own(), from_operator=(oids.KEY_USAGE,))
    usage = KeyUsage(KeyUsages.DIGITAL_SIGNATURE)
    with pytest.raises(InvalidInputError, match="same kind"):
        prepared(issuer(), profile, (build_name(("CN", "x")), SIGNING_KEY.public_key), extensions=[usage])


@pytest.mark.parametrize("serial", [0, -1, 1 << 159])
@pytest.mark.parametrize("addresses", [ADDRESSES, DIVIDED], ids=["whole", "divided"])
def test_serial_numbers_out_of_range(serial: int, addresses: Addresses) -> None:
    by = issuer(addresses=replace(addresses, ocsp=ADDRESSES.ocsp))
    accepted = by.accept(APPLICANT, "organisation", at=AT)
    with pytest.raises(InvalidInputError):
        by.prepare(accepted, encryption_key=ENCRYPTION_KEY.public_key, serial_numbers=(serial, 5))


def test_an_issuer_without_a_name() -> None:
    host = SubjectAltName((GeneralName.dns("example.cn"),))
    nameless = (
        CertificateBuilder()
        .subject(Name())
        .issuer(ROOT_NAME)
        .serial_number(7)
        .validity(root().not_before, root().not_after)
        .public_key(OTHER_KEY.public_key)
        .add_extension(BasicConstraints(ca=True))
        .add_extension(host, critical=True)
        .sign(ROOT_KEY)
    )
    with pytest.raises(InvalidInputError, match="has a name"):
        Issuer(nameless, OTHER_KEY).accept(APPLICANT, "organisation", at=AT)


def test_profiles_are_told_apart_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "_MAX_COMMONS", 2)
    by = issuer(addresses=ADDRESSES)
    for name in ("organisation", "personal", "time-stamp", "organisation", "personal"):
        for each in prepared(by, name, (OWNER, SIGNING_KEY.public_key)):
            assert each.der == rebuilt(each, root())
        assert len(by._commons) <= 2


def test_addresses_that_a_profile_needs() -> None:
    demanding = own("[extensions.authorityKeyIdentifier]", "[extensions.cRLDistributionPoints]\nrequired = true")
    applicant = (build_name(("CN", "x")), SIGNING_KEY.public_key)
    with pytest.raises(ProfileError, match="revocation list"):
        prepared(issuer(), demanding, applicant)
    assert prepared(issuer(addresses=ADDRESSES), demanding, applicant)


# ---- what is read once ----------------------------------------------------------------------
def test_what_is_signed_is_as_if_read_from_its_bytes() -> None:
    by = issuer(addresses=ADDRESSES)
    for each in prepared(by, "organisation"):
        signed = by.sign(each)
        read = Certificate.from_der(signed.der)
        assert signed == read
        for name in ("subject", "serial_number", "signature", "tbs_der", "public_key", "quirks", "is_lenient"):
            assert getattr(signed, name) == getattr(read, name)
        assert signed.extensions == read.extensions
        assert pickle.loads(pickle.dumps(signed)) == read


def test_other_bytes_than_were_checked_are_not_issued() -> None:
    by = issuer(addresses=ADDRESSES)
    first, second = prepared(by, "organisation")
    with pytest.raises(FaultDetected):
        by.sign(replace(first, der=second.der))


def test_a_key_that_is_not_that_of_the_certificate_is_not_taken_for_it() -> None:
    (each,) = prepared(issuer(), OPEN, (build_name(("CN", "x")), SIGNING_KEY.public_key))
    read = Certificate._unsigned(each.der, each.algorithm, OTHER_KEY.public_key)
    assert read.public_key == SIGNING_KEY.public_key


def test_a_signature_that_makes_it_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    (each,) = prepared(issuer(), OPEN, (build_name(("CN", "x")), SIGNING_KEY.public_key))
    with pytest.raises(LimitExceeded):
        each._unsigned._signed_with(bytes(certificate_module.MAX_CERTIFICATE_LEN))


def test_a_check_that_reads_for_itself() -> None:
    """A plain function is given the bytes, before anything is signed, and so is the linter when they cannot be read."""
    seen: list[bytes] = []
    first, second = prepared(issuer(check=seen.append, addresses=ADDRESSES), "organisation")
    assert seen == [first.der, second.der]
    with pytest.raises(DecodeError):
        preparing._checked(b"\x30\x00", first.algorithm, first.public_key, None)
    with pytest.raises((DecodeError, ValidationError)):
        preparing._checked(b"\x30\x00", first.algorithm, first.public_key, lint_check())


def test_self_signed_again() -> None:
    assert self_signed(STRANGER, ROOT_KEY, "root-ca", serial_number=5, at=AT).tbs_der == rebuilt_root()


def rebuilt_root() -> bytes:
    made = issuing.prepare_self_signed(STRANGER, ROOT_KEY, "root-ca", serial_number=5, at=AT)
    again = rebuilt(made, Certificate._unsigned(made.der, made.algorithm))
    assert made.der == again
    return again
