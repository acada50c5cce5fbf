"""Seals as they are read: ours and outside ones, byte for byte; what they say; every departure by its name."""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der, gbt38540, gmt0031
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import Extension
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.seal import Seal, SealLayout, SealPicture, SealType, SignerDigest
from gmpki.seal._received import MAX_LEN
from hostile import results
from seal import asn1crypto_schemas as peer
from seal import samples
from seal.der_tree import INDEFINITE, as_ber, parse, put

BOTH = pytest.mark.parametrize("layout", samples.LAYOUTS, ids=lambda layout: layout.name)


def noted(seal: Seal) -> list[tuple[QuirkKind, str]]:
    return [(quirk.kind, quirk.path.rpartition(".")[2]) for quirk in seal.quirks]


def only_lenient(encoded: bytes, *expected: tuple[QuirkKind, str]) -> Seal:
    """Check that strict reading refuses a seal and lenient reading notes these departures; return it."""
    with pytest.raises(DecodeError):
        Seal.from_der(encoded)
    seal = Seal.from_der(encoded, lenient=True)
    assert noted(seal) == list(expected)
    assert seal.der == encoded
    return seal


# ---- what a seal says ---------------------------------------------------------------------
@BOTH
def test_what_it_says(layout: SealLayout) -> None:
    seal = samples.seal(layout)
    assert seal.layout is layout
    assert seal.version == layout.rules.version
    assert (seal.seal_id, seal.name, seal.vendor_id) == ("31010000000001", samples.ORGANISATION, "gmpki")
    assert seal.seal_type == SealType.ORGANISATION
    assert seal.signer_certificates == (samples.signer().certificate, samples.signer(algorithm="rsa").certificate)
    assert seal.signer_digests == ()
    assert seal.created_at == seal.valid_from == samples.NOW - samples.DAY
    assert seal.valid_until == samples.NOW + 365 * samples.DAY
    assert seal.picture == samples.picture()
    assert seal.maker_certificate == samples.maker().certificate
    assert seal.signature_algorithm == oids.SM2_WITH_SM3
    assert (seal.extensions, seal.quirks, seal.time_stamp, seal.is_lenient) == ((), (), None, False)
    assert seal.to_be_signed == seal.reencoded_to_be_signed
    samples.maker().certificate.public_key.verify(seal.signature, seal.to_be_signed)
    assert repr(seal) == f"<Seal '示例市社会保障局', id '31010000000001', {layout.value}>"


@BOTH
def test_the_same_bytes_again(layout: SealLayout) -> None:
    seal = samples.seal(layout)
    again = Seal.from_der(bytearray(seal.der))
    assert again == seal
    assert hash(again) == hash(seal)
    assert again.structure.to_der() == seal.der
    assert pickle.loads(pickle.dumps(seal)) == seal
    assert seal != samples.new_seal(layout)  # signed anew
    assert seal != seal.der
    assert len(seal.digest()) == 32
    lenient = Seal.from_der(seal.der, lenient=True)
    assert pickle.loads(pickle.dumps(lenient)).is_lenient


def test_it_is_read_or_made() -> None:
    with pytest.raises(InvalidTypeError, match="from_der"):
        Seal()
    with pytest.raises(AttributeError):
        samples.seal().name = "other"  # type: ignore[misc]


@BOTH
def test_who_may_use_it(layout: SealLayout) -> None:
    seal = samples.seal(layout)
    assert seal.names(samples.signer().certificate)
    assert not seal.names(samples.other_signer().certificate)
    assert not seal.names(samples.maker().certificate)
    # The same name, key and number in other bytes are somebody else.
    again = samples.certified("张三", issuer=samples.root(), serial_number=samples.signer().certificate.serial_number)
    assert again.certificate.public_key == samples.signer().certificate.public_key
    assert not seal.names(again.certificate)
    with pytest.raises(InvalidTypeError):
        seal.names(samples.signer().certificate.der)  # type: ignore[arg-type]


def test_digests_of_those_who_may_use_it() -> None:
    seal = samples.new_seal(list_digests=True)
    certificate = samples.signer().certificate
    assert seal.signer_certificates == ()
    assert seal.signer_digests[0] == SignerDigest("SM3", certificate.fingerprint())
    assert certificate.der not in seal.der
    assert seal.names(certificate)
    assert not seal.names(samples.other_signer().certificate)


@pytest.mark.parametrize(
    ("said", "hash_name", "named"),
    [
        ("SM3", "sm3", True),
        ("sm3", "sm3", True),
        ("1.2.156.10197.1.401", "sm3", True),
        ("", "sm3", True),
        ("certificate digest", "sm3", True),
        ("SHA-256", "sha256", True),
        ("2.16.840.1.101.3.4.2.1", "sha256", True),
        ("sha384", "sha384", True),
        ("SHA512", "sha512", True),
        ("SHA-256", "sm3", False),
        ("SM3", "sha256", False),
        ("SHA1", "sha1", False),
        ("1.3.14.3.2.26", "sha1", False),
    ],
)
def test_hashes_of_digests(said: str, hash_name: str, named: bool) -> None:
    certificate = samples.signer().certificate
    made = samples.new_seal(list_digests=True).structure
    assert isinstance(made, gbt38540.SESeal)
    listed = (gbt38540.CertDigestObj(said, certificate.fingerprint(hash_name)),)
    info = replace(made.info, properties=replace(made.info.properties, digests=listed))
    assert Seal.from_der(replace(made, info=info, info_der=b"").to_der()).names(certificate) is named


# ---- the layout follows from the content --------------------------------------------------
def test_layouts() -> None:
    assert {layout.rules.version for layout in SealLayout} == {1, 4, 5}
    assert [layout.rules.is_made for layout in SealLayout] == [True, True, False]
    assert SealLayout("five-field") is SealLayout.FIVE_FIELD


def test_a_seal_with_a_fifth_field() -> None:
    for time_stamp in (b"token", None):
        seal = Seal.from_der(samples.five_field(time_stamp).to_der())
        assert (seal.layout, seal.time_stamp, seal.quirks) == (SealLayout.FIVE_FIELD, time_stamp, ())
        peer.load(peer.Seal5, seal.der)


@pytest.mark.parametrize(
    "encoded",
    [b"", b"\x30\x00", b"\x30\x80", b"seal", b"\x30\x02\x30\x00", b"\x30\x04\x30\x00\x03\x00", b"\x05\x00"],
    ids=["empty", "empty sequence", "endless", "text", "one element", "bits", "null"],
)
def test_no_seal(encoded: bytes) -> None:
    for lenient in (False, True):
        with pytest.raises(DecodeError):
            Seal.from_der(encoded, lenient=lenient)


def test_a_signature_is_no_seal(test_data: Path) -> None:
    with pytest.raises(DecodeError):
        Seal.from_der((test_data / "seals" / "SignedValueV4.dat").read_bytes(), lenient=True)


def test_size() -> None:
    with pytest.raises(LimitExceeded):
        Seal.from_der(bytes(MAX_LEN + 1))


def test_hostile_input() -> None:
    assert list(results(Seal.from_der, (b"",))) == []
    with pytest.raises(InvalidTypeError):
        Seal.from_der(samples.seal().der, lenient=1)  # type: ignore[arg-type]


# ---- departures ---------------------------------------------------------------------------
def test_picture_of_another_kind() -> None:
    for said, data in (("PNG", b"GIF89a"), ("jpg", samples.png()), ("ofd", b"<svg"), ("SVG", b"nothing")):
        made = samples.seal().structure
        picture = replace(made.info.picture, type=said, data=data)
        seal = Seal.from_der(put(samples.seal().der, (0, 3), picture.to_der()))
        assert noted(seal) == [(QuirkKind.PICTURE_TYPE, "type")]
    for said in ("png", " PNG ", "PnG", "my own"):
        picture = replace(samples.seal().structure.info.picture, type=said)
        assert Seal.from_der(put(samples.seal().der, (0, 3), picture.to_der())).quirks == ()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (samples.png(), "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF87a", "gif"),
        (b"GIF89a", "gif"),
        (b"BM\x00", "bmp"),
        (b"PK\x03\x04", "ofd"),
        (b"<?xml version='1.0'?><svg>", "svg"),
        (b"", ""),
        (b"text", ""),
    ],
    ids=["png", "jpeg", "gif 87", "gif 89", "bmp", "ofd", "svg", "empty", "text"],
)
def test_kinds_of_pictures(data: bytes, kind: str) -> None:
    assert SealPicture("", data, 1, 1).kind == kind


def test_a_picture_that_cannot_be() -> None:
    for fields in (("圖", b"", 1, 1), ("PNG", b"", -1, 1), ("PNG", b"", 1, 1 << 31)):
        with pytest.raises(InvalidInputError):
            SealPicture(*fields)
    for _ in results(SealPicture, ("PNG", b"", 1, 1)):
        pass


@BOTH
def test_unreadable_certificates(layout: SealLayout) -> None:
    encoded = samples.seal(layout).der
    place = (0, 2, 2 if layout is SealLayout.GMT0031 else 3, 0)
    seal = only_lenient(
        put(encoded, place, der.encode_octet_string(b"nobody")), (QuirkKind.CERTIFICATE_UNREADABLE, "certList")
    )
    assert seal.signer_certificates == (samples.signer(algorithm="rsa").certificate,)
    assert not seal.names(samples.signer().certificate)
    only_lenient(
        put(encoded, place, der.encode_ia5_string("CN=zhangsan")),
        (QuirkKind.CERTIFICATE_AS_TEXT, "cert"),
        (QuirkKind.CERTIFICATE_UNREADABLE, "certList"),
    )
    maker = (1, 0) if layout is SealLayout.GMT0031 else (1,)
    for lenient in (False, True):
        with pytest.raises(DecodeError, match="certificate of the maker"):
            Seal.from_der(put(encoded, maker, der.encode_octet_string(b"nobody")), lenient=lenient)


def test_quirks_of_certificates_are_those_of_the_seal() -> None:
    certificate = samples.certified("王五", issuer=samples.root(), serial_number=5).certificate
    # NULL as parameters of the signature algorithm is accepted everywhere, and noted.
    algorithm = der.encode_sequence(der.encode_oid(oids.SM2_WITH_SM3), der.encode_null())
    bent = put(put(certificate.der, (1,), algorithm), (0, 2), algorithm)
    seal = Seal.from_der(put(samples.seal().der, (0, 2, 3, 0), der.encode_octet_string(bent)))
    assert (QuirkKind.NULL_PARAMETERS, "signatureAlgorithm") in noted(seal)
    assert any("certList" in quirk.path for quirk in seal.quirks)


@BOTH
def test_ber(layout: SealLayout) -> None:
    encoded = samples.seal(layout).der
    came = as_ber(encoded)
    seal = only_lenient(came, (QuirkKind.INDEFINITE_LENGTH, ""))
    assert seal.layout is layout
    assert seal.reencoded_to_be_signed == samples.seal(layout).to_be_signed
    assert seal.to_be_signed != seal.reencoded_to_be_signed
    assert bytes((0x30, INDEFINITE)) in seal.to_be_signed[:10]
    assert pickle.loads(pickle.dumps(seal)) == seal


def test_lengths_that_are_too_long() -> None:
    encoded = samples.seal().der
    info = parse(encoded).children[0].encode()
    longer = info[:1] + b"\x83\x00" + info[2:4] + info[4:]
    came = der.encode_sequence(longer, *(child.encode() for child in parse(encoded).children[1:]))
    seal = only_lenient(came, (QuirkKind.LONG_LENGTH, "eSealInfo"))
    assert seal.to_be_signed == longer
    assert seal.reencoded_to_be_signed == info


def test_extensions() -> None:
    extension = Extension(oids.find("1.2.156.10197.6.7.2.2.1"), False, b"2.1")
    for layout in samples.LAYOUTS:
        seal = samples.new_seal(layout, extensions=[extension])
        assert seal.extensions == (extension,)
        tagged = put(seal.der, (0, 4), der.encode_explicit(0, der.encode_sequence(extension.to_der())))
        assert noted(Seal.from_der(tagged)) == [(QuirkKind.FIELD_TAGGING, "extDatas")]
        assert Seal.from_der(tagged).reencoded_to_be_signed == Seal.from_der(tagged).to_be_signed


def read_or_refused(data: bytes, *, lenient: bool) -> None:
    try:
        seal = Seal.from_der(data, lenient=lenient)
    except GmpkiError as error:
        assert str(error)  # noqa: PT017 - some are refused, some are read
    else:
        assert seal.der == data


def test_any_byte_may_be_wrong() -> None:
    """Nothing but errors of gmpki is raised, and what can be read keeps its bytes."""
    for layout in samples.LAYOUTS:
        encoded = samples.seal(layout).der
        for place in range(0, len(encoded), 7):
            data = bytearray(encoded)
            data[place] ^= 0x21
            for lenient in (False, True):
                read_or_refused(bytes(data), lenient=lenient)


# ---- seals of others ----------------------------------------------------------------------
EXPECTED: dict[str, tuple[Any, ...]] = {
    "UserV1.esl": (SealLayout.GMT0031, 1, "OFDRW测试用印章", 1, peer.Seal1),
    "UserV4.esl": (SealLayout.GBT38540, 4, "OFD R&W 测试用印章", 3, peer.Seal4),
    "UserV5.esl": (SealLayout.FIVE_FIELD, 5, "OFD R&W V5测试用印章", 3, peer.Seal5),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_seals_of_others(test_data: Path, name: str) -> None:
    encoded = (test_data / "seals" / name).read_bytes()
    layout, version, called, kind, schema = EXPECTED[name]
    seal = Seal.from_der(encoded)
    assert (seal.layout, seal.version, seal.name, seal.seal_type) == (layout, version, called, kind)
    assert (seal.picture.type, seal.picture.kind, seal.picture.width_mm, seal.picture.height_mm) == (
        "PNG",
        "png",
        40,
        40,
    )
    assert seal.quirks == ()
    assert seal.der == encoded
    assert seal.structure.to_der() == encoded
    assert seal.to_be_signed == seal.reencoded_to_be_signed
    assert seal.names(seal.signer_certificates[0])
    assert not seal.names(seal.maker_certificate)
    seal.maker_certificate.public_key.verify(seal.signature, seal.to_be_signed)
    theirs = peer.load(schema, encoded)
    assert theirs["eseal_info"]["property"]["name"].native == called
    created = theirs["eseal_info"]["property"]["create_date"].native
    assert created == seal.created_at
    assert datetime(2020, 1, 1, tzinfo=timezone.utc) < seal.created_at


def seals_in_packages(folder: Path) -> list[tuple[str, bytes]]:
    found = []
    for path in sorted(folder.glob("*.ofd")):
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as package:
            found += [(name, package.read(name)) for name in sorted(package.namelist()) if name.endswith("Seal.esl")]
    return found


def test_seals_in_packages_of_others(test_data: Path) -> None:
    found = seals_in_packages(test_data / "seals")
    assert len(found) == 4
    for name, encoded in found:
        seal = Seal.from_der(encoded)
        assert seal.structure.to_der() == encoded, name
        assert seal.layout is SealLayout.GBT38540
        seal.maker_certificate.public_key.verify(seal.signature, seal.to_be_signed)
        peer.load(peer.Seal4, encoded)


@pytest.mark.parametrize("name", ["SignedValueV4.dat", "SignedValueV5.dat"])
def test_signatures_of_others_are_written_again_as_they_came(test_data: Path, name: str) -> None:
    encoded = (test_data / "seals" / name).read_bytes()
    signature = gbt38540.SESSignature.from_der(encoded)
    assert signature.to_der() == encoded
    assert signature.tbs.to_der() == signature.tbs_der
    assert replace(signature.tbs, seal_der=b"").to_der() == signature.tbs_der
    peer.load(peer.Signature4, encoded)


def test_a_seal_of_2014_in_a_signature_of_2020() -> None:
    tbs = gbt38540.TBSSign(4, samples.seal().structure, samples.NOW, bytes(32), "")  # type: ignore[arg-type]
    encoded = put(tbs.to_der(), (1,), samples.seal(SealLayout.GMT0031).der)
    with pytest.raises(DecodeError):
        gbt38540.TBSSign.from_der(encoded)
    with pytest.raises(DecodeError):
        gmt0031.TBSSign.from_der(encoded)
