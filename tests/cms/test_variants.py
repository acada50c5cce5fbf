"""Messages as products in the field write them: read leniently each has its name, read strictly most are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cms import signers
from cms.signers import CONTENT, NOW, changed, encoded, message, person, resigned, with_signer
from gmpki import oids
from gmpki.algorithms import sm2, sm3
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5035 import ESSCertID, SigningCertificate
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5652 import Attribute
from gmpki.cms import MessageProfile, SignedMessage, Trust, Variant, verify
from gmpki.errors import DecodeError, GmpkiError, InvalidSignature, MessageError, UnsupportedAlgorithm
from gmpki.keys.pem import write_pem
from gmpki.x509.signatures import LENIENT_SIGNATURES

LOOSE = signers.trust(signatures=LENIENT_SIGNATURES)


@dataclass(frozen=True)
class Case:
    """A message of the field: what lenient reading calls it, and what strict reading says."""

    make: Callable[[], bytes]
    variant: Variant
    strict: type[GmpkiError] | None


def _content_type(value: str) -> Attribute:
    return Attribute(oids.CONTENT_TYPE, (der.encode_oid(value),))


def _yunnan() -> bytes:
    """The inner type is of PKCS #7, the attribute of GM/T 0010."""
    return signers.with_inner(message(signing_time=NOW), content_type=oids.DATA)


def _bjca() -> bytes:
    data = signers.with_inner(message(), content_type=oids.DATA)
    return resigned(data, encoded(data, CONTENT_TYPE=_content_type(oids.DATA)))


def _raw() -> bytes:
    data = message()
    (info,) = SignedMessage.from_der(data).signers
    return with_signer(data, signature=sm2.parse_signature(info.signature))


def _digest_identifier(oid: str, *, announce: bool) -> bytes:
    algorithm = AlgorithmIdentifier(oids.find(oid))
    data = with_signer(message(), digest_algorithm=algorithm)
    return changed(data, digest_algorithms=(algorithm,)) if announce else data


def _algorithm(oid: str, parameters: bytes | None = None) -> bytes:
    return with_signer(message(), signature_algorithm=AlgorithmIdentifier(oids.find(oid), parameters))


def _digest_with_z() -> bytes:
    data = message()
    digest = person().key.public_key.digest(CONTENT)
    attribute = Attribute(oids.MESSAGE_DIGEST, (der.encode_octet_string(digest),))
    return resigned(data, encoded(data, MESSAGE_DIGEST=attribute))


def _gmssl3() -> bytes:
    data = message(attributes=False)
    inner = SignedMessage.from_der(data).signed_data.encap_content_info.to_der()
    return with_signer(data, signature=person().key.sign_digest(sm3.digest(inner)))


def _typed_without_attributes() -> bytes:
    return signers.with_inner(message(attributes=False), content_type=oids.TST_INFO)


CASES = {
    "yunnan-gomain": Case(_yunnan, Variant.INNER_PKCS7_TYPE, MessageError),
    "yunnan-gomain-attribute": Case(_yunnan, Variant.CONTENT_TYPE_SYNONYM, MessageError),
    "bjca": Case(_bjca, Variant.INNER_PKCS7_TYPE, MessageError),
    "pkcs7-around-gm": Case(lambda: changed(message(), outer=oids.SIGNED_DATA), Variant.INNER_GM_TYPE, MessageError),
    "openssl-bouncy-castle": Case(lambda: message(profile=MessageProfile.RFC5652), Variant.SM2_UNDER_PKCS7, None),
    "cfca": Case(
        lambda: message(profile=MessageProfile.CFCA, key_identifier=True), Variant.KEY_IDENTIFIER_SIGNER, None
    ),
    "raw-signature": Case(_raw, Variant.RAW_SIGNATURE, InvalidSignature),
    "digest-hmac": Case(
        lambda: _digest_identifier(oids.HMAC_SM3, announce=True), Variant.DIGEST_HMAC_IDENTIFIER, UnsupportedAlgorithm
    ),
    "digest-not-announced": Case(
        lambda: _digest_identifier(oids.SM3_HASH, announce=False), Variant.DIGEST_NOT_LISTED, MessageError
    ),
    "digest-with-z": Case(_digest_with_z, Variant.DIGEST_WITH_Z, InvalidSignature),
    "curve-as-algorithm": Case(lambda: _algorithm(oids.SM2), Variant.KEY_AS_SIGNATURE_ALGORITHM, UnsupportedAlgorithm),
    "key-as-algorithm": Case(
        lambda: _algorithm(oids.EC_PUBLIC_KEY, der.encode_oid(oids.SM2)),
        Variant.KEY_AS_SIGNATURE_ALGORITHM,
        UnsupportedAlgorithm,
    ),
    "bjca-md2-with-rsa": Case(lambda: _algorithm(oids.RSA_MD2, NULL), Variant.MD2_RSA_FOR_SM2, GmpkiError),
    "gmssl-3": Case(_gmssl3, Variant.GMSSL3, InvalidSignature),
    "typed-without-attributes": Case(_typed_without_attributes, Variant.NO_ATTRIBUTES, MessageError),
}


@pytest.mark.parametrize("name", CASES)
def test_read_leniently(name: str) -> None:
    case = CASES[name]
    verified = verify(SignedMessage.from_der(case.make(), lenient=True), LOOSE)
    assert verified.content == CONTENT
    (report,) = verified.signers
    assert case.variant in (*verified.variants, *report.variants)


@pytest.mark.parametrize("name", CASES)
def test_read_strictly(name: str) -> None:
    case = CASES[name]
    if case.strict is None:
        verified = verify(case.make(), signers.trust())
        assert case.variant in (*verified.variants, *verified.signers[0].variants)
    else:
        with pytest.raises(case.strict):
            verify(case.make(), signers.trust())


@pytest.mark.parametrize("name", CASES)
def test_lenient_reading_believes_no_other_content(name: str) -> None:
    bent = signers.with_inner(CASES[name].make(), content=CONTENT + b"!")
    with pytest.raises(InvalidSignature):
        verify(SignedMessage.from_der(bent, lenient=True), LOOSE)


def test_every_variant_of_signers_is_met() -> None:
    of_envelopes = {
        Variant.CIPHER_WITHOUT_MODE,
        Variant.EXCHANGE_AS_KEY_ENCRYPTION,
        Variant.KEY_IDENTIFIER_RECIPIENT,
        Variant.PUBLIC_KEY_AS_KEY_ENCRYPTION,
        Variant.RAW_CIPHERTEXT,
        Variant.TAG_IN_CONTENT,
    }
    assert {case.variant for case in CASES.values()} == set(Variant) - of_envelopes


def test_nothing_unusual_has_no_name() -> None:
    for lenient in (False, True):
        verified = verify(SignedMessage.from_der(message(), lenient=lenient), LOOSE)
        assert verified.variants == verified.quirks == ()
        assert verified.signers[0].variants == verified.signers[0].quirks == ()


@pytest.mark.parametrize("oid", [oids.SM2_SIGN, oids.SM2_WITH_SM3])
@pytest.mark.parametrize("parameters", [None, NULL], ids=["absent", "null"])
def test_both_identifiers_of_signatures_are_usual(oid: str, parameters: bytes | None) -> None:
    assert verify(_algorithm(oid, parameters), signers.trust()).signers[0].quirks == ()


def test_gmssl3_needs_both_kinds_of_leave() -> None:
    for lenient, trust in ((True, signers.trust()), (False, LOOSE)):
        with pytest.raises(InvalidSignature):
            verify(SignedMessage.from_der(_gmssl3(), lenient=lenient), trust)


def test_lenient_reading_still_wants_all_that_binds() -> None:
    found = encoded(message())
    for attributes in (
        encoded(message(), CONTENT_TYPE=None),
        encoded(message(), MESSAGE_DIGEST=None),
        [*found, *found],
        encoded(message(), CONTENT_TYPE=_content_type(oids.TST_INFO)),
    ):
        with pytest.raises(MessageError):
            verify(SignedMessage.from_der(resigned(message(), attributes), lenient=True), LOOSE)


def test_unsorted_attributes() -> None:
    """Signed as they came, or as DER sorts them: both are met, and only the second is as RFC 5652 5.4 has it."""
    backwards = sorted(encoded(message(signing_time=NOW)), reverse=True)
    as_they_came = resigned(message(), backwards, sort=False)
    as_sorted = with_signer(resigned(message(), backwards), signed_attributes=b"".join(backwards))
    for data, normalised in ((as_they_came, False), (as_sorted, True)):
        with pytest.raises(DecodeError):
            SignedMessage.from_der(data)
        verified = verify(SignedMessage.from_der(data, lenient=True), LOOSE)
        assert QuirkKind.SET_ORDER in [quirk.kind for quirk in verified.quirks]
        assert (QuirkKind.NORMALISED in [quirk.kind for quirk in verified.signers[0].quirks]) is normalised


def test_signing_certificate_by_another_hash() -> None:
    certificate = person().certificate
    identifier = SigningCertificate((ESSCertID(sm3.digest(certificate.der)),))
    attribute = Attribute(oids.SIGNING_CERTIFICATE, (identifier.to_der(),))
    data = message(signed_attributes=(attribute,))
    with pytest.raises(MessageError) as caught:
        verify(data, signers.trust())
    assert caught.value.reason == "signing-certificate"
    assert verify(SignedMessage.from_der(data, lenient=True), LOOSE).ok


def test_ber_and_armour() -> None:
    """Indefinite lengths and a content in segments are BER that RFC 5652 5.1 allows: read in both ways, and noted."""
    data = message()
    half = len(CONTENT) // 2
    segments = der.encode_octet_string(CONTENT[:half]) + der.encode_octet_string(CONTENT[half:])
    content_type, signed = signers.parts(data)
    inside = b"\xa0\x80\x24\x80" + segments + b"\0\0\0\0"
    info = b"\x30\x80" + der.encode_oid(signed.encap_content_info.content_type) + inside + b"\0\0"
    old = signed.encap_content_info.to_der()
    body = signed.to_der()
    fields = der.Reader(body).contents(der.Tag.SEQUENCE).replace(old, info)
    framed = b"\x30\x80" + der.encode_oid(content_type) + b"\xa0\x80\x30\x80" + fields + b"\0\0" * 3
    for lenient in (False, True):
        verified = verify(SignedMessage.from_der(framed, lenient=lenient), signers.trust())
        assert verified.content == CONTENT
        assert {quirk.kind for quirk in verified.quirks} == {QuirkKind.INDEFINITE_LENGTH, QuirkKind.CONSTRUCTED_STRING}
    for label in ("CMS", "PKCS7"):
        assert verify(write_pem(label, data), signers.trust()).content == CONTENT


def test_outside_objects(test_data: Path) -> None:
    """Messages of other software evaluate as their index says."""
    rows = [line.split("\t") for line in (test_data / "INDEX.tsv").read_text("utf-8").splitlines()]
    found = [row for row in rows if row[0].startswith("objects/cms/")]
    assert found
    for path, _, verdict, *_ in found:
        read = SignedMessage.from_der((test_data / path).read_bytes())
        assert f"outer={read.outer_content_type} " in verdict
        (info,) = read.signers
        assert f"('{info.signature_algorithm.algorithm}', {info.signed_attributes is not None}, " in verdict
        assert read.is_detached is ("'detached'" in verdict)
        if "content:valid(id=1234567812345678)" in verdict:
            (report,) = verify(read, Trust.signature_only()).signers
            assert report.ok
        else:
            with pytest.raises(MessageError) as caught:
                verify(read, Trust.signature_only())
            assert caught.value.reason == "content-missing"
