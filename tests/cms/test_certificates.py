"""Bundles of certificates and revocation lists."""

from __future__ import annotations

import pytest

import hostile
from cms import signers
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5652 import ContentInfo, EncapsulatedContentInfo, SignedData
from gmpki.cms.certificates import CertificateBundle, load_certificates, read_bundle, write_bundle
from gmpki.cms.message import read_message
from gmpki.cms.profiles import MessageProfile
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, MessageError
from gmpki.keys.pem import write_pem
from gmpki.x509.crl_builder import CRLBuilder

ROOT, LEAF = signers.root(), signers.person().certificate
CRL = CRLBuilder(
    issuer=ROOT.subject, this_update=signers.NOW, next_update=signers.NOW + signers.DAY, number=1, entries=[]
).sign(signers.ROOT_KEY)


@pytest.mark.parametrize("profile", MessageProfile)
def test_round_trip(profile: MessageProfile) -> None:
    data = write_bundle([LEAF, ROOT], [CRL], profile=profile)
    bundle = read_bundle(data)
    assert set(bundle.certificates) == {LEAF, ROOT}
    assert bundle.crls == (CRL,)
    assert bundle.quirks == ()
    assert MessageProfile.of(read_message(data).content_info.content_type) is (
        MessageProfile.RFC5652 if profile is MessageProfile.RFC5652 else MessageProfile.GMT0010
    )


def test_shape() -> None:
    """RFC 2315 9.1: version 1, no digest algorithm, no content, no signer."""
    content = read_message(write_bundle([ROOT])).content
    assert content == SignedData(1, (), EncapsulatedContentInfo(oids.DATA), (ROOT.der,))


def test_a_signed_message_is_a_bundle_too() -> None:
    assert read_bundle(signers.message()).certificates == (LEAF,)


def test_files_of_every_form() -> None:
    bundle = write_bundle([LEAF, ROOT])
    for data in (
        bundle,
        write_pem("PKCS7", bundle),
        write_pem("CMS", bundle),
        LEAF.to_pem() + write_pem("PKCS7", bundle),
    ):
        assert set(load_certificates(data)) == {LEAF, ROOT}
    for data in (ROOT.der, ROOT.to_pem(), bytearray(ROOT.der)):
        assert load_certificates(data) == (ROOT,)


def test_leaves_come_first() -> None:
    """A set has no order; who asks for one certificate means the one that issued none of the others."""
    others = [signers.person(owner=name, serial_number=n).certificate for n, name in enumerate("甲乙丙丁", 1)]
    assert load_certificates(write_bundle([ROOT, *others]))[-1] == ROOT


def test_framing() -> None:
    content = SignedData(1, (), EncapsulatedContentInfo(oids.DATA), (ROOT.der,)).to_der()
    framed = b"\x30\x80" + der.encode_oid(oids.SIGNED_DATA) + b"\xa0\x80" + content + bytes(4)
    assert load_certificates(framed) == (ROOT,)
    assert [quirk.kind for quirk in read_bundle(framed).quirks] == [QuirkKind.INDEFINITE_LENGTH]


def test_other_kinds_are_passed_over() -> None:
    content = SignedData(
        5, (), EncapsulatedContentInfo(oids.DATA), (ROOT.der, b"\xa1\x02\x05\x00"), (b"\xa1\x02\x05\x00",)
    )
    assert read_bundle(ContentInfo(oids.SIGNED_DATA, content.to_der()).to_der()) == CertificateBundle((ROOT,), (), ())


def test_nothing_inside() -> None:
    empty = SignedData(1, (), EncapsulatedContentInfo(oids.DATA))
    data = ContentInfo(oids.SIGNED_DATA, empty.to_der()).to_der()
    for read in (read_bundle, load_certificates):
        with pytest.raises(MessageError) as caught:
            read(data)
        assert caught.value.reason == "empty-bundle"
    with pytest.raises(InvalidInputError, match="at least one certificate"):
        write_bundle([])
    with pytest.raises(InvalidInputError, match="but no certificate"):
        load_certificates(write_bundle([], [CRL]))


def test_messages_of_other_kinds() -> None:
    for kind, content in ((oids.DATA, der.encode_octet_string(b"x")), (oids.SIGNED_DATA, None)):
        with pytest.raises(MessageError) as caught:
            read_bundle(ContentInfo(kind, content).to_der())
        assert caught.value.reason == "not-signed"


def test_broken_certificates() -> None:
    for wrong in (der.encode_sequence(), CRL.der, der.encode_sequence(LEAF.der)):
        content = SignedData(1, (), EncapsulatedContentInfo(oids.DATA), (wrong,)).to_der()
        data = ContentInfo(oids.SIGNED_DATA, content).to_der()
        with pytest.raises(DecodeError):
            load_certificates(data)


def test_wrong_types() -> None:
    with pytest.raises(InvalidTypeError, match="profile"):
        write_bundle([ROOT], profile="rfc5652")  # type: ignore[arg-type]
    for certificates, crls in (([CRL], ()), ([ROOT.der], ()), ((), [ROOT])):
        with pytest.raises(InvalidTypeError):
            write_bundle(certificates, crls)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        load_certificates(write_pem("X509 CRL", CRL.der))


def test_hostile_values() -> None:
    for result in hostile.results(write_bundle, ([ROOT], [CRL])):
        assert isinstance(result, bytes)
    for call in (load_certificates, read_bundle):
        for result in hostile.results(call, (write_bundle([ROOT]),)):
            assert result
