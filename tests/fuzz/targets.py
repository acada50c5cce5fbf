"""What is fuzzed: each target takes bytes, and lets nothing out but what is wrong.

Errors of gmpki are the right answer to broken data and end a run. Anything else that leaves a target is a finding:
another exception, a promise that does not hold, or more time than the length of the data allows.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable

from fuzz import authority_targets, conformance_targets, message_targets, seal_targets, seeds, token_targets
from fuzz.promises import promise, quietly
from gmpki.asn1 import der
from gmpki.asn1.ber import ber_to_der
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5280 import Extension, Name, SignedStructure, Validity
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.errors import DecodeError, GmpkiError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.ocsp.request import OCSPRequest
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.verify import check_response
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.delivery import open_delivery
from gmpki.x509.describe import describe
from gmpki.x509.extensions import Extensions
from gmpki.x509.issuing import Issuer
from gmpki.x509.names import format_name, name_key, names_match, parse_name
from gmpki.x509.path import PathPolicy, RevocationMode, validate_path
from gmpki.x509.profile import Profile
from gmpki.x509.request import CertificateRequest
from gmpki.x509.revocation import RevocationContext
from gmpki.x509.signatures import LENIENT_SIGNATURES
from gmpki.x509.text import to_text

__all__ = ["MAX_LEN", "TARGETS", "TooSlow", "one_input"]

MAX_LEN = 16384
# Seconds of processor time for one input: far above what any of this length takes, even instrumented.
MAX_S = 2.0

Parsed = Certificate | CertificateRequest | CertificateRevocationList


class TooSlow(Exception):
    """An input took longer than its length allows."""


def both_modes(
    kind: type[Certificate] | type[CertificateRequest] | type[CertificateRevocationList], data: bytes
) -> Parsed:
    """Read an object leniently; check that strict reading, where it succeeds, reads the same."""
    try:
        strict: Parsed | None = kind.from_der(data)
    except GmpkiError:
        strict = None
    found = kind.from_der(data, lenient=True)
    promise(found.to_der() == data, "re-encoding changes the bytes")
    if strict is not None:
        promise(strict == found and strict.to_der() == data, "strict and lenient reading differ")
        promise(pickle.loads(pickle.dumps(strict)) == strict, "pickling changes the object")
    return found


def show(found: Parsed) -> None:
    """Write the object out in both forms."""
    promise(bool(to_text(found)) and bool(describe(found)), "nothing to show")


def certificate(data: bytes) -> None:
    found = both_modes(Certificate, data)
    assert isinstance(found, Certificate)
    show(found)
    for name in ("basic_constraints", "key_usage", "extended_key_usage", "subject_alt_name", "public_key", "is_ca"):
        quietly(lambda name=name: getattr(found, name))  # type: ignore[misc]
    for extension in found.extensions:
        quietly(lambda oid=extension.extn_id: found.extensions.value(oid))  # type: ignore[misc]
    quietly(lambda: found.verify_signature(found, policy=LENIENT_SIGNATURES))


def request(data: bytes) -> None:
    found = both_modes(CertificateRequest, data)
    assert isinstance(found, CertificateRequest)
    show(found)
    for name in ("extensions", "challenge_password", "temporary_public_key"):
        quietly(lambda name=name: getattr(found, name))  # type: ignore[misc]
    quietly(lambda: found.verify_signature(policy=LENIENT_SIGNATURES))


def crl(data: bytes) -> None:
    found = both_modes(CertificateRevocationList, data)
    assert isinstance(found, CertificateRevocationList)
    entries = list(found)
    promise(len(entries) == len(found), "the number of entries differs")
    for entry in entries[:50]:
        promise(found.find(entry.serial_number, entry.issuer) is not None, "an entry is not found")
    show(found)
    quietly(lambda: found.verify_signature(seeds.sub(), policy=LENIENT_SIGNATURES))


def ocsp_request(data: bytes) -> None:
    found = OCSPRequest.from_der(data, lenient=True)
    promise(found.to_der() == data, "re-encoding changes the bytes")
    quietly(lambda: OCSPRequest.from_der(data))
    for name in ("cert_ids", "requestor_name", "nonce", "acceptable_responses"):
        quietly(lambda name=name: getattr(found, name))  # type: ignore[misc]


def ocsp_response(data: bytes) -> None:
    found = OCSPResponse.from_der(data, lenient=True)
    promise(found.to_der() == data, "re-encoding changes the bytes")
    quietly(lambda: OCSPResponse.from_der(data))
    context = RevocationContext(seeds.AT)
    quietly(lambda: check_response(found, seeds.leaf(), seeds.sub(), context, nonce=bytes(16)))


def name(data: bytes) -> None:
    if data[:1] == b"\x01":
        found = Name.from_der(data[1:], quirks=QuirkLog())
    else:
        found = parse_name(data[1:].decode(errors="surrogateescape"))
        promise(Name.from_der(found.to_der()) == found, "a name that was written is not read back")
    promise(names_match(found, found) and name_key(found) == name_key(found), "a name does not match itself")
    promise(isinstance(format_name(found), str), "a name is not shown")
    quietly(lambda: parse_name(format_name(found)))


def extension(data: bytes) -> None:
    found = Extension.from_der(data, quirks=QuirkLog())
    Extensions((found, found), quirks=QuirkLog())
    quietly(lambda: Extensions((found,)))


def signed(tbs: bytes, key: SM2PrivateKey) -> bytes:
    """Sign what was mutated, so that it gets past the check of the signature."""
    return SignedStructure(tbs, key.signature_algorithm, key.sign(tbs)).to_der()


def path(data: bytes) -> None:
    """The elements are what is signed of the end certificate and of the authority, then a whole revocation list."""
    reader = der.Reader(data)
    elements = [reader.raw_element()]
    while not reader.at_end() and len(elements) < 4:
        elements.append(reader.raw_element())
    leaf = Certificate.from_der(signed(elements[0], seeds.SUB_KEY), lenient=True)
    others = [Certificate.from_der(signed(tbs, seeds.ROOT_KEY), lenient=True) for tbs in elements[1:2]]
    checkers = [CRLChecker([CertificateRevocationList.from_der(each, lenient=True)]) for each in elements[2:]]
    policy = PathPolicy(revocation=RevocationMode.SOFT if checkers else RevocationMode.NONE)
    validate_path(leaf, anchors=[seeds.root()], intermediates=others, policy=policy, checkers=checkers, at=seeds.AT)


def delivery(data: bytes) -> None:
    opened = open_delivery(data, seeds.LEAF_KEY)
    certified = None if opened.pair is None else opened.pair.encryption.public_key
    promise(certified in (None, opened.encryption_key.public_key), "a key that is not the certificate's was opened")


def profile(data: bytes) -> None:
    found = Profile.from_toml(data)
    promise(not (found.is_pair and found.is_ca), "an authority with a pair")


def issuing(data: bytes) -> None:
    """What an applicant signs, whatever it is, gets a certificate of the profile or none."""
    asked = CertificateRequest.from_der(signed(data, seeds.LEAF_KEY), lenient=True)
    authority = Issuer(seeds.root(), seeds.ROOT_KEY)
    validity = Validity(seeds.AT, seeds.END)
    pair = authority.issue_pair(asked, seeds.SUB_KEY, "organisation", validity=validity, at=seeds.AT).pair
    promise(pair.signing.key_usage == KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION, "another usage")
    for one in (pair.signing, pair.encryption):
        promise(not one.is_ca and one.quirks == () and len(one.extensions) <= 5, "more than the profile has")
        show(one)


def ber(data: bytes) -> None:
    normalised, _ = ber_to_der(data)
    again, quirks = ber_to_der(normalised)
    promise(again == normalised and not quirks, "normalising twice differs from once")
    reader = der.Reader(normalised)
    reader.raw_element()
    reader.end()


def planted(data: bytes) -> None:
    """The bug that shows that the fuzzer works: long path lengths, which no seed has, in what is strict DER of a
    certificate otherwise.
    """
    constraints = Certificate.from_der(data).basic_constraints
    if constraints is not None and (constraints.path_len or 0) >= 64:
        raise KeyError("planted")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "certificate": certificate,
    "request": request,
    "crl": crl,
    "ocsp_request": ocsp_request,
    "ocsp_response": ocsp_response,
    "name": name,
    "extension": extension,
    "path": path,
    "delivery": delivery,
    "profile": profile,
    "issuing": issuing,
    "ber": ber,
    **message_targets.TARGETS,
    **seal_targets.TARGETS,
    **token_targets.TARGETS,
    **authority_targets.TARGETS,
    **conformance_targets.TARGETS,
    "planted": planted,
}


def one_input(target: str, data: bytes) -> None:
    """Run a target on one input; errors of gmpki are the answer to broken data.

    :raises TooSlow: when it takes longer than MAX_S seconds of processor time.
    """
    begin = time.process_time()
    try:
        TARGETS[target](data)
    except GmpkiError as error:
        if isinstance(error, DecodeError) and error.offset is not None:
            promise(error.offset >= 0, "an offset is negative")
        str(error)
    spent = time.process_time() - begin
    if spent > MAX_S:
        raise TooSlow(f"{spent:.1f} s for {len(data)} bytes")
