"""Signatures with a seal as they are read: strictly, leniently, and never with an error of something below."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki.asn1 import der, gbt38540
from gmpki.asn1.quirks import QuirkKind
from gmpki.errors import DecodeError, GmpkiError, InvalidTypeError, LimitExceeded
from gmpki.seal import SealLayout, SealSignature
from seal import samples
from seal.forging import forge
from seal.samples import DIGEST, NOW, PROPERTY_INFO

GBT, OLD = SealLayout.GBT38540, SealLayout.GMT0031
layouts = pytest.mark.parametrize("layout", samples.LAYOUTS, ids=lambda layout: layout.name)


def data(layout: SealLayout = GBT) -> bytes:
    return forge(samples.seal(layout), samples.signer())


@layouts
def test_kept_byte_for_byte(layout: SealLayout) -> None:
    encoded = data(layout)
    for form in (encoded, bytearray(encoded), memoryview(encoded)):
        one = SealSignature.from_der(form)
        assert one.der == one.structure.to_der() == encoded
        assert one.to_be_signed in encoded
        assert one.seal.der == samples.seal(layout).der
        assert one.seal.der in one.to_be_signed


@layouts
@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
def test_values(layout: SealLayout, lenient: bool) -> None:
    one = SealSignature.from_der(data(layout), lenient=lenient)
    same = pickle.loads(pickle.dumps(one))
    assert same == one
    assert hash(same) == hash(one)
    assert same.is_lenient is one.is_lenient is one.seal.is_lenient is lenient
    assert one != SealSignature.from_der(forge(samples.seal(layout), samples.signer(), digest=bytes(32)))
    assert one != data(layout)
    assert samples.ORGANISATION in repr(one)
    assert PROPERTY_INFO in repr(one)
    assert (one.data_hash, one.time, one.digest_name) == (DIGEST, NOW, "sm3")
    with pytest.raises(AttributeError):
        one.time = NOW  # type: ignore[misc]
    with pytest.raises(InvalidTypeError):
        SealSignature()


def test_layouts_are_told_apart() -> None:
    assert SealSignature.from_der(data(GBT)).layout is GBT
    assert SealSignature.from_der(data(OLD)).layout is OLD


@pytest.mark.parametrize("name", ["SignedValueV4.dat", "SignedValueV5.dat"])
def test_outside_files(test_data: Path, name: str) -> None:
    path = test_data / "seals" / name
    if not path.is_file():
        pytest.skip(f"outside test data: {name} not present")
    encoded = path.read_bytes()
    one = SealSignature.from_der(encoded)
    assert one.structure.to_der() == encoded
    assert one.quirks == one.seal.quirks == ()
    assert one.seal.names(one.signer_certificate)
    assert one.property_info == "/Doc_0/Signs/Sign_0/Signature.xml"


# ---- departures -------------------------------------------------------------------------------------
def bent(**fields: object) -> bytes:
    """Return a signature with other fields in what is signed, which the signature does not fit any more."""
    structure = SealSignature.from_der(data()).structure
    assert isinstance(structure, gbt38540.SESSignature)
    return replace(structure, tbs=replace(structure.tbs, **fields), tbs_der=b"").to_der()  # type: ignore[arg-type]


def test_quirks_of_the_seal_are_the_seals() -> None:
    """Extensions of the seal in [0], and a version of TBS_Sign that is not the seal's."""
    structure = SealSignature.from_der(data()).structure
    assert isinstance(structure, gbt38540.SESSignature)
    info = replace(structure.tbs.seal.info, extensions=(extension(),), extensions_tagged=True)
    seal = replace(structure.tbs.seal, info=info, info_der=b"")
    one = SealSignature.from_der(bent(seal=seal, seal_der=b"", version=9))
    assert [(quirk.kind, quirk.path) for quirk in one.quirks] == [(QuirkKind.VERSION, "SESSignature.toSign.version")]
    assert [(quirk.kind, quirk.path) for quirk in one.seal.quirks] == [
        (QuirkKind.FIELD_TAGGING, "SESeal.eSealInfo.extDatas")
    ]


def extension() -> object:
    from gmpki.asn1.rfc5280 import Extension
    from gmpki.oids import find

    return Extension(find("1.2.156.99999.7.1"), False, b"value")


def test_signed_extensions_without_their_tag() -> None:
    one = SealSignature.from_der(bent(extensions=(extension(),), extensions_tagged=False))
    assert [quirk.kind for quirk in one.quirks] == [QuirkKind.FIELD_TAGGING]
    assert len(one.extensions) == 1


def test_what_only_lenient_reading_takes() -> None:
    structure = SealSignature.from_der(data()).structure
    assert isinstance(structure, gbt38540.SESSignature)
    bare_stamp = data()[4:] + der.encode_bit_string(b"token")
    untagged = der.encode(der.Tag.SEQUENCE, bare_stamp)
    text = forge(samples.seal(OLD), samples.signer(), time_info=b"2026-03-01T08:00:00.5Z")
    for encoded, kind in ((untagged, QuirkKind.FIELD_TAGGING), (text, QuirkKind.TIME_AS_TEXT)):
        with pytest.raises(DecodeError):
            SealSignature.from_der(encoded)
        one = SealSignature.from_der(encoded, lenient=True)
        assert kind in [quirk.kind for quirk in one.quirks]
        assert one.time == NOW
    assert SealSignature.from_der(untagged, lenient=True).timestamp == b"token"
    assert SealSignature.from_der(text, lenient=True).time_text == "2026-03-01T08:00:00.5Z"


def test_ber() -> None:
    encoded = data()
    indefinite = b"\x30\x80" + encoded[4:] + b"\0\0"
    with pytest.raises(DecodeError):
        SealSignature.from_der(indefinite)
    one = SealSignature.from_der(indefinite, lenient=True)
    assert one.der == indefinite
    assert one.to_be_signed == SealSignature.from_der(encoded).to_be_signed
    assert QuirkKind.INDEFINITE_LENGTH in [quirk.kind for quirk in one.quirks]


@layouts
def test_certificate_that_cannot_be_read(layout: SealLayout) -> None:
    structure = SealSignature.from_der(data(layout)).structure
    if isinstance(structure, gbt38540.SESSignature):
        encoded = replace(structure, certificate=b"none").to_der()
    else:
        encoded = replace(structure, tbs=replace(structure.tbs, certificate=b"none"), tbs_der=b"").to_der()
    for lenient in (False, True):
        with pytest.raises(DecodeError, match="certificate of the signer"):
            SealSignature.from_der(encoded, lenient=lenient)


# ---- hostile data -----------------------------------------------------------------------------------
def test_arguments() -> None:
    for _ in hostile.results(SealSignature.from_der, (data(),)):
        pytest.fail("read something else")
    for lenient in hostile.VALUES:
        if not isinstance(lenient, bool):
            with pytest.raises(InvalidTypeError):
                SealSignature.from_der(data(), lenient=lenient)
    with pytest.raises(LimitExceeded):
        SealSignature.from_der(bytes(17 << 20))


@given(st.binary(min_size=1, max_size=200), st.sampled_from(["noise", "inside", "at the end"]), st.booleans())
def test_arbitrary_bytes(noise: bytes, where: str, lenient: bool) -> None:
    encoded = {
        "noise": noise,
        "inside": der.encode(der.Tag.SEQUENCE, noise),
        "at the end": data()[: -len(noise)] + noise,
    }[where]
    try:
        one = SealSignature.from_der(encoded, lenient=lenient)
    except GmpkiError as error:
        assert str(error)  # noqa: PT017 - noise in the place of the value of the signature may be read
    else:
        assert one.der == encoded


def test_time_before_the_epoch_is_a_time() -> None:
    early = NOW - timedelta(days=365 * 2000)
    assert SealSignature.from_der(forge(samples.seal(), samples.signer(), time=early)).time == early
