"""The schemas of seals and signatures with them: the same bytes again, every malformed field, every quirk by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki import oids
from gmpki.asn1 import der, gbt38540, gmt0031
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5280 import Extension
from gmpki.asn1.rfc5652 import ContentInfo
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError
from hostile import results
from seal import asn1crypto_schemas as peer
from seal.der_tree import CHANGES, Node, changed, parse, paths, put

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=timezone.utc)
EXTENSION = Extension(oids.find("1.2.156.99999.9"), False, b"2.1")
CRITICAL = Extension(oids.find("1.2.156.99999.10"), True, b"\x05\x00")
HEADER = gmt0031.SESHeader("ES", 1, "gmpki")
PICTURE = gmt0031.SESPictureInfo("PNG", b"\x89PNG\r\n\x1a\n", 40, 40)
SM2 = oids.SM2_WITH_SM3
UTC_TIME = der.encode_utc_time(NOW)
GENERALIZED_TIME = der.encode_generalized_time(NOW)
TOKEN = ContentInfo(oids.SIGNED_DATA, der.encode_sequence()).to_der()

PROPERTIES_1 = gmt0031.SESPropertyInfo(1, "示例市社会保障局", (b"one", b"two"), NOW, NOW, NOW)
INFO_1 = gmt0031.SESSealInfo(HEADER, "31010000000001", PROPERTIES_1, PICTURE, (EXTENSION, CRITICAL))
SEAL_1 = gmt0031.SESeal(INFO_1, gmt0031.SESSignInfo(b"maker", SM2, b"value"))
TBS_1 = gmt0031.TBSSign(1, SEAL_1, UTC_TIME, bytes(32), "/Doc_0/Signs/Sign_0/Signature.xml", b"signer", SM2)
SIGNATURE_1 = gmt0031.SESSignature(TBS_1, b"value")

PROPERTIES_4 = gbt38540.SESPropertyInfo(1, "示例市社会保障局", 1, (b"one", b"two"), (), NOW, NOW, NOW)
DIGESTS = (gbt38540.CertDigestObj("SM3", bytes(32)), gbt38540.CertDigestObj("1.2.156.10197.1.401", bytes(32)))
BY_DIGEST = gbt38540.SESPropertyInfo(6, "合同专用章", 2, (), DIGESTS, NOW, NOW, NOW)
HEADER_4 = replace(HEADER, version=4)
INFO_4 = gbt38540.SESSealInfo(HEADER_4, "31010000000001", PROPERTIES_4, PICTURE, (EXTENSION,))
SEAL_4 = gbt38540.SESeal(INFO_4, b"maker", SM2, b"value")
SEAL_4_DIGESTS = gbt38540.SESeal(replace(INFO_4, properties=BY_DIGEST, extensions=()), b"maker", SM2, b"value")
SEAL_5 = gbt38540.SESeal(replace(INFO_4, header=replace(HEADER, version=5)), b"maker", SM2, b"value", b"token")
TBS_4 = gbt38540.TBSSign(4, SEAL_4, NOW, bytes(32), "/Doc_0/Signs/Sign_0/Signature.xml", (EXTENSION,))
SIGNATURE_4 = gbt38540.SESSignature(TBS_4, b"signer", SM2, b"value", b"token")
SIGNATURE_4_BARE = gbt38540.SESSignature(replace(TBS_4, extensions=()), b"signer", SM2, b"value")

SAMPLES: dict[str, Any] = {
    "seal of 2014": SEAL_1,
    "signature of 2014": SIGNATURE_1,
    "seal of 2020": SEAL_4,
    "seal of 2020 with digests": SEAL_4_DIGESTS,
    "seal with a fifth field": SEAL_5,
    "signature of 2020": SIGNATURE_4,
    "bare signature of 2020": SIGNATURE_4_BARE,
}
PEERS: dict[str, Any] = {
    "seal of 2014": peer.Seal1,
    "signature of 2014": peer.Signature1,
    "seal of 2020": peer.Seal4,
    "seal of 2020 with digests": peer.Seal4,
    "seal with a fifth field": peer.Seal5,
    "signature of 2020": peer.Signature4,
    "bare signature of 2020": peer.Signature4,
}


def quirks(kind: Any, encoded: bytes, *, tolerant: bool) -> list[tuple[QuirkKind, str]]:
    """Read a structure and return what was noted, with the last name of each path."""
    log = QuirkLog(tolerant=tolerant)
    kind.from_der(encoded, quirks=log)
    return [(quirk.kind, quirk.path.rpartition(".")[2]) for quirk in log.quirks]


def only_tolerated(kind: Any, encoded: bytes, *expected: tuple[QuirkKind, str]) -> None:
    """Check that strict reading refuses an encoding and tolerant reading notes these departures."""
    for log in (None, QuirkLog(tolerant=False)):
        with pytest.raises(DecodeError):
            kind.from_der(encoded, quirks=log)
    assert quirks(kind, encoded, tolerant=True) == list(expected)


# ---- the same bytes again -----------------------------------------------------------------
@pytest.mark.parametrize("name", SAMPLES)
def test_round_trip(name: str) -> None:
    value = SAMPLES[name]
    encoded = value.to_der()
    log = QuirkLog(tolerant=False)
    read = type(value).from_der(encoded, quirks=log)
    assert read == value
    assert read.to_der() == encoded
    assert log.quirks == ()
    inner = read.tbs if hasattr(read, "tbs") else read.info
    assert inner.to_der() == (read.tbs_der if hasattr(read, "tbs") else read.info_der)


@pytest.mark.parametrize("name", SAMPLES)
def test_an_independent_reader_sees_the_same(name: str) -> None:
    theirs = peer.load(PEERS[name], SAMPLES[name].to_der())
    seal = theirs["to_sign"]["eseal"] if name.endswith(("signature of 2014", "signature of 2020")) else theirs
    info = seal["eseal_info"]
    ours = SAMPLES[name].tbs.seal.info if hasattr(SAMPLES[name], "tbs") else SAMPLES[name].info
    assert info["es_id"].native == ours.seal_id
    assert info["property"]["name"].native == ours.properties.name
    assert info["property"]["create_date"].native == NOW
    assert info["picture"]["data"].native == ours.picture.data
    listed = info["property"]["cert_list"]
    listed = listed.parsed if hasattr(listed, "parsed") and "cert_list_type" in info["property"] else listed
    certificates = [item.native for item in listed] if ours.properties.certificates else []
    assert certificates == list(ours.properties.certificates)


def test_known_encodings() -> None:
    assert HEADER.to_der().hex() == "300e160245530201011605676d706b69"
    assert PICTURE.to_der().hex() == "30151603504e47040889504e470d0a1a0a020128020128"
    assert DIGESTS[0].to_der().hex() == "30271303534d330420" + "00" * 32


texts = st.text("ABCxyz019-/_", max_size=20)
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
times = st.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31)).map(
    lambda t: t.replace(microsecond=0, tzinfo=timezone.utc)
)
numbers = st.integers(0, 1 << 31)
sides = st.integers(0, (1 << 31) - 1)
extensions = st.lists(
    st.builds(Extension, st.just(EXTENSION.extn_id), st.booleans(), st.binary(max_size=40)), max_size=1
).map(tuple)
headers = st.builds(gmt0031.SESHeader, st.just("ES"), st.just(1), texts)
pictures = st.builds(gmt0031.SESPictureInfo, texts, st.binary(max_size=300), sides, sides)
certificates = st.lists(st.binary(max_size=200), max_size=4).map(tuple)
properties_1 = st.builds(gmt0031.SESPropertyInfo, st.sampled_from((1, 2)), names, certificates, times, times, times)
infos_1 = st.builds(gmt0031.SESSealInfo, headers, texts, properties_1, pictures, extensions)
digests = st.lists(st.builds(gbt38540.CertDigestObj, texts.map(lambda t: t.replace("_", "")), st.binary()), min_size=1)
properties_4 = st.one_of(
    st.builds(gbt38540.SESPropertyInfo, numbers, names, st.just(1), certificates, st.just(()), times, times, times),
    st.builds(
        gbt38540.SESPropertyInfo, numbers, names, st.just(2), st.just(()), digests.map(tuple), times, times, times
    ),
)
infos_4 = st.builds(
    gbt38540.SESSealInfo,
    headers.map(lambda header: replace(header, version=4)),
    texts,
    properties_4,
    pictures,
    extensions,
)


@given(infos_1)
def test_any_seal_of_2014(info: gmt0031.SESSealInfo) -> None:
    encoded = info.to_der()
    assert gmt0031.SESSealInfo.from_der(encoded) == info
    theirs = peer.load(peer.SealInfo1, encoded)
    assert theirs["property"]["name"].native == info.properties.name


@given(infos_4)
def test_any_seal_of_2020(info: gbt38540.SESSealInfo) -> None:
    encoded = info.to_der()
    assert gbt38540.SESSealInfo.from_der(encoded) == info
    theirs = peer.load(peer.SealInfo4, encoded)
    assert theirs["property"]["valid_end"].native == info.properties.valid_until


# ---- malformed fields ---------------------------------------------------------------------
def malformed() -> list[Any]:
    found = []
    for name, value in SAMPLES.items():
        tree = parse(value.to_der())
        for path in paths(tree):
            where = ".".join(map(str, path)) or "outermost"
            found += [
                pytest.param(type(value), tree, path, change, id=f"{name}, {where}, {change.__name__}")
                for change in CHANGES
                if path or change.__name__ in ("other_tag", "longer")
            ]
    return found


# What may be left out or repeated: elements of lists, and whole lists that are optional.
def may_change(kind: type, path: tuple[int, ...], change: Callable[[Node], tuple[Node, ...]], node: Node) -> bool:
    in_seal = path
    if kind in (gmt0031.SESSignature, gbt38540.SESSignature):
        if kind is gbt38540.SESSignature and path in ((4,), (0, 5), (0, 5, 0, 0)):
            return change.__name__ == "removed"
        if path[:2] != (0, 1):
            # critical, which is optional, has no place here: its default is not written.
            return False
        in_seal = path[2:]
    if in_seal in ((0, 4), (4,)):  # extensions, time-stamp
        return change.__name__ == "removed"
    place = 3 if kind in (gbt38540.SESeal, gbt38540.SESSignature) else 2
    if in_seal[:3] == (0, 2, place) and len(in_seal) == 4:  # a signer of the list
        return change.__name__ in ("removed", "twice")
    if in_seal[:2] == (0, 4) and len(in_seal) == 3:  # an extension
        return change.__name__ == "removed"
    return in_seal[:2] == (0, 4) and node.tag == der.Tag.BOOLEAN and change.__name__ == "removed"


@pytest.mark.parametrize(("kind", "tree", "path", "change"), malformed())
def test_malformed(kind: Any, tree: Node, path: tuple[int, ...], change: Callable[[Node], tuple[Node, ...]]) -> None:
    there = tree
    for index in path:
        there = there.children[index]
    encoded = changed(tree, path, change).encode()
    if may_change(kind, path, change, there):
        assert kind.from_der(encoded).to_der() == encoded
        return
    with pytest.raises(DecodeError):
        kind.from_der(encoded)


@pytest.mark.parametrize("name", SAMPLES)
def test_cut_short_and_too_long(name: str) -> None:
    value = SAMPLES[name]
    encoded = value.to_der()
    for cut in range(len(encoded)):
        with pytest.raises(DecodeError):
            type(value).from_der(encoded[:cut])
    with pytest.raises(DecodeError):
        type(value).from_der(encoded + b"\x00", quirks=QuirkLog())


@pytest.mark.parametrize("name", SAMPLES)
def test_any_byte_may_be_wrong(name: str) -> None:
    """Whatever is read is written again as it came, and nothing but errors of gmpki is raised."""
    value = SAMPLES[name]
    encoded = value.to_der()
    read = 0
    for place in range(len(encoded)):
        for bits in (0x01, 0x80):
            data = bytearray(encoded)
            data[place] ^= bits
            try:
                found = type(value).from_der(data)
            except DecodeError:
                continue
            read += 1
            assert found.to_der() == data
    assert read > 0


# ---- what is noted, and what only tolerant reading takes -------------------------------------
def test_header() -> None:
    only_tolerated(gmt0031.SESHeader, replace(HEADER, id="EX").to_der(), (QuirkKind.HEADER_ID, "ID"))
    with pytest.raises(DecodeError, match="negative"):
        gmt0031.SESHeader.from_der(replace(HEADER, version=-1).to_der(), quirks=QuirkLog())


def test_version_of_2014_is_an_example() -> None:
    other = replace(INFO_1, header=replace(HEADER, version=3)).to_der()
    assert quirks(gmt0031.SESSealInfo, other, tolerant=False) == [(QuirkKind.VERSION, "header")]


@pytest.mark.parametrize("version", [0, 1, 3, 6])
def test_version_of_2020_is_four(version: int) -> None:
    other = replace(INFO_4, header=replace(HEADER, version=version)).to_der()
    only_tolerated(gbt38540.SESSealInfo, other, (QuirkKind.VERSION, "header"))


@pytest.mark.parametrize("kind", [3, 0, 15, -1])
def test_type_of_seal(kind: int) -> None:
    other = replace(PROPERTIES_1, type=kind).to_der()
    assert quirks(gmt0031.SESPropertyInfo, other, tolerant=False) == [(QuirkKind.SEAL_TYPE, "type")]
    assert quirks(gbt38540.SESPropertyInfo, replace(PROPERTIES_4, type=kind).to_der(), tolerant=False) == []


@pytest.mark.parametrize("info", [INFO_1, INFO_4], ids=["2014", "2020"])
def test_tagged_extensions_of_a_seal(info: Any) -> None:
    tagged = replace(info, extensions_tagged=True)
    encoded = tagged.to_der()
    assert encoded != info.to_der()
    assert quirks(type(info), encoded, tolerant=False) == [(QuirkKind.FIELD_TAGGING, "extDatas")]
    assert type(info).from_der(encoded) == tagged


def test_untagged_extensions_of_a_signature() -> None:
    untagged = replace(TBS_4, extensions_tagged=False)
    encoded = untagged.to_der()
    assert quirks(gbt38540.TBSSign, encoded, tolerant=False) == [(QuirkKind.FIELD_TAGGING, "extDatas")]
    assert gbt38540.TBSSign.from_der(encoded) == untagged


def test_untagged_time_stamp() -> None:
    encoded = put(SIGNATURE_4.to_der(), (4,), der.encode_bit_string(b"token"))
    only_tolerated(gbt38540.SESSignature, encoded, (QuirkKind.FIELD_TAGGING, "timeStamp"))


def test_an_extension_is_there_once() -> None:
    doubled = replace(INFO_4, extensions=(EXTENSION, EXTENSION)).to_der()
    only_tolerated(gbt38540.SESSealInfo, doubled, (QuirkKind.DUPLICATE_EXTENSION, "extData"))


def test_an_empty_list_of_extensions() -> None:
    encoded = INFO_4.to_der()
    for empty in (der.encode_sequence(), der.encode_explicit(0, der.encode_sequence())):
        read = gbt38540.SESSealInfo.from_der(put(encoded, (4,), empty))
        assert read.extensions == ()


def test_text_in_the_list_of_certificates() -> None:
    for value, place in ((PROPERTIES_1, 2), (PROPERTIES_4, 3)):
        encoded = put(value.to_der(), (place, 0), der.encode_ia5_string("CN=zhangsan"))
        only_tolerated(type(value), encoded, (QuirkKind.CERTIFICATE_AS_TEXT, "cert"))
        read: Any = type(value).from_der(encoded, quirks=QuirkLog())
        assert read.certificates == (b"CN=zhangsan", b"two")


@pytest.mark.parametrize(("value", "said"), [(PROPERTIES_4, 2), (BY_DIGEST, 1), (PROPERTIES_4, 0), (BY_DIGEST, 3)])
def test_list_is_what_its_type_says(value: gbt38540.SESPropertyInfo, said: int) -> None:
    encoded = replace(value, list_type=said).to_der()
    only_tolerated(gbt38540.SESPropertyInfo, encoded, (QuirkKind.LIST_TYPE, "certListType"))
    read = gbt38540.SESPropertyInfo.from_der(encoded, quirks=QuirkLog())
    assert (read.certificates, read.digests) == (value.certificates, value.digests)


def test_mixed_lists() -> None:
    for value, extra in ((PROPERTIES_4, DIGESTS[0].to_der()), (BY_DIGEST, der.encode_octet_string(b"one"))):
        listed = parse(value.to_der()).children[3]
        mixed = der.encode_sequence(*(child.encode() for child in listed.children), extra)
        with pytest.raises(DecodeError):
            gbt38540.SESPropertyInfo.from_der(put(value.to_der(), (3,), mixed), quirks=QuirkLog())
    with pytest.raises(InvalidInputError, match="not both"):
        replace(PROPERTIES_4, digests=DIGESTS)


@pytest.mark.parametrize("list_type", [1, 2])
def test_an_empty_list_is_of_any_type(list_type: int) -> None:
    empty = replace(PROPERTIES_4, list_type=list_type, certificates=())
    assert gbt38540.SESPropertyInfo.from_der(empty.to_der()) == empty


@pytest.mark.parametrize("place", [3, 4, 5])
def test_times_of_the_other_type(place: int) -> None:
    other = put(PROPERTIES_1.to_der(), (place,), GENERALIZED_TIME)
    field = ("createDate", "validStart", "validEnd")[place - 3]
    only_tolerated(gmt0031.SESPropertyInfo, other, (QuirkKind.TIME_FORM, field))
    other = put(PROPERTIES_4.to_der(), (place + 1,), UTC_TIME)
    only_tolerated(gbt38540.SESPropertyInfo, other, (QuirkKind.TIME_FORM, field))
    assert gbt38540.SESPropertyInfo.from_der(other, quirks=QuirkLog()) == PROPERTIES_4


@pytest.mark.parametrize("content", [b"20260301080000", b"20260301160000+0800", b"20260301080000.5Z", b"202603010800Z"])
def test_times_of_another_form(content: bytes) -> None:
    encoded = put(PROPERTIES_4.to_der(), (4,), der.encode(der.Tag.GENERALIZED_TIME, content))
    only_tolerated(gbt38540.SESPropertyInfo, encoded, (QuirkKind.TIME_FORM, "createDate"))
    assert gbt38540.SESPropertyInfo.from_der(encoded, quirks=QuirkLog()).created_at == NOW


def test_sides_of_a_picture() -> None:
    for side in (-1, 1 << 31, 1 << 200):
        with pytest.raises(DecodeError):
            gmt0031.SESPictureInfo.from_der(replace(PICTURE, width=side).to_der(), quirks=QuirkLog())
        with pytest.raises(DecodeError):
            gmt0031.SESPictureInfo.from_der(replace(PICTURE, height=side).to_der(), quirks=QuirkLog())


def test_no_unused_bits() -> None:
    for value, place in ((SEAL_4, (3,)), (SIGNATURE_4, (3,)), (SIGNATURE_1, (1,)), (SEAL_1, (1, 2)), (TBS_4, (3,))):
        encoded = put(value.to_der(), place, der.encode_bit_string(b"\xf0", 4))
        with pytest.raises(DecodeError, match="whole bytes"):
            type(value).from_der(encoded, quirks=QuirkLog())


def test_a_version_that_is_not_the_seals() -> None:
    for value in (TBS_1, TBS_4):
        encoded = replace(value, version=7).to_der()
        assert quirks(type(value), encoded, tolerant=False) == [(QuirkKind.VERSION, "version")]


def test_the_fifth_field_is_of_version_five() -> None:
    encoded = replace(SEAL_5, info=INFO_4, info_der=INFO_4.to_der()).to_der()
    with pytest.raises(DecodeError, match="too many"):
        gbt38540.SESeal.from_der(encoded, quirks=QuirkLog())


@pytest.mark.parametrize("properties", [PROPERTIES_1, PROPERTIES_4], ids=["2014", "2020"])
def test_many_signers(properties: Any) -> None:
    most = replace(properties, certificates=(b"",) * gmt0031.MAX_LISTED)
    assert type(properties).from_der(most.to_der()) == most
    more = replace(properties, certificates=(b"",) * (gmt0031.MAX_LISTED + 1))
    with pytest.raises(DecodeError, match="more than 4096 signers"):
        type(properties).from_der(more.to_der(), quirks=QuirkLog())


def test_many_digests_and_extensions() -> None:
    more = replace(BY_DIGEST, digests=DIGESTS[:1] * (gmt0031.MAX_LISTED + 1))
    with pytest.raises(DecodeError, match="more than 4096 signers"):
        gbt38540.SESPropertyInfo.from_der(more.to_der(), quirks=QuirkLog())
    many = replace(INFO_1, extensions=(EXTENSION,) * (gmt0031.MAX_EXTENSIONS + 1))
    with pytest.raises(DecodeError, match="more than 1024 extensions"):
        gmt0031.SESSealInfo.from_der(many.to_der(), quirks=QuirkLog())


# ---- timeInfo of 2014 ------------------------------------------------------------------------
def test_time_info_of_the_standard() -> None:
    assert gmt0031.TimeInfo.of(UTC_TIME) == gmt0031.TimeInfo(time=NOW)
    assert gmt0031.TimeInfo.of(TOKEN) == gmt0031.TimeInfo(token=TOKEN)
    assert quirks(gmt0031.TBSSign, replace(TBS_1, time_info=TOKEN).to_der(), tolerant=False) == []


@pytest.mark.parametrize(
    ("content", "time"),
    [
        (b"2026-03-01T08:00:00.377Z", NOW),
        (b"2026-03-01T08:00:00Z", NOW),
        (b"2026-03-01 16:00:00", NOW),
        (b"2026-03-01T17:30:00+09:30", NOW),
        (b"2026-03-01T03:00:00-0500", NOW),
        (b"2026-13-01 16:00:00", None),
        (b"2026-03-01T16:00:00+99:00", None),
        (b"9999-12-31T23:59:59-23:00", None),
        (b"yesterday", None),
    ],
)
def test_time_info_as_text(content: bytes, time: datetime | None) -> None:
    encoded = replace(TBS_1, time_info=content).to_der()
    only_tolerated(gmt0031.TBSSign, encoded, (QuirkKind.TIME_AS_TEXT, "timeInfo"))
    assert gmt0031.TimeInfo.of(content, lenient=True) == gmt0031.TimeInfo(time=time, text=content.decode())


def test_time_info_of_another_form() -> None:
    encoded = replace(TBS_1, time_info=GENERALIZED_TIME).to_der()
    only_tolerated(gmt0031.TBSSign, encoded, (QuirkKind.TIME_AS_TEXT, "timeInfo"))
    assert gmt0031.TimeInfo.of(GENERALIZED_TIME, lenient=True).time == NOW


NOTHING = {
    "empty": b"",
    "sequence": b"\x30\x00",
    "short": b"\x30\x05abc",
    "long time": UTC_TIME + b"\x00",
    "short time": UTC_TIME[:-1],
    "short token": TOKEN[:-1],
    "bytes": b"\xff\xfe",
    "chinese": "昨天".encode(),
    "long text": b"x" * 65,
}


@pytest.mark.parametrize("content", NOTHING.values(), ids=NOTHING)
def test_time_info_that_is_nothing(content: bytes) -> None:
    with pytest.raises(DecodeError):
        gmt0031.TBSSign.from_der(replace(TBS_1, time_info=content).to_der(), quirks=QuirkLog())
    for lenient in (False, True):
        with pytest.raises(GmpkiError):
            gmt0031.TimeInfo.of(content, lenient=lenient)


# ---- writing -----------------------------------------------------------------------------------
def test_what_is_signed_with_the_signer() -> None:
    inside = parse(TBS_4.with_signer(b"signer", SM2))
    assert inside.children[:-2] == parse(TBS_4.to_der()).children
    assert inside.children[-2].content == b"signer"


def test_years_of_utc_time() -> None:
    late = NOW.replace(year=2050)
    with pytest.raises(InvalidInputError):
        replace(PROPERTIES_1, valid_until=late).to_der()
    assert gbt38540.SESPropertyInfo.from_der(replace(PROPERTIES_4, valid_until=late).to_der()).valid_until == late


def test_fields_of_the_wrong_type() -> None:
    for wrong in (
        lambda: replace(INFO_1, header=PICTURE).to_der(),
        lambda: replace(INFO_4, properties=PROPERTIES_1).to_der(),
        lambda: gbt38540.SESeal(INFO_1, b"", SM2, b""),  # type: ignore[arg-type]
        lambda: gmt0031.SESSignature(TBS_4, b""),  # type: ignore[arg-type]
        lambda: replace(INFO_1, extensions=(PICTURE,)).to_der(),  # type: ignore[arg-type]
        lambda: replace(BY_DIGEST, digests=(EXTENSION,)).to_der(),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidTypeError):
            wrong()


def test_hostile_values() -> None:
    def written(kind: Any) -> Callable[..., bytes]:
        return lambda *fields: kind(*fields).to_der()

    for kind, fields in (
        (gmt0031.SESHeader, ("ES", 1, "gmpki")),
        (gmt0031.SESPictureInfo, ("PNG", b"", 1, 1)),
        (gmt0031.SESPropertyInfo, (1, "", (), NOW, NOW, NOW)),
        (gmt0031.SESSignInfo, (b"", SM2, b"")),
        (gbt38540.CertDigestObj, ("SM3", b"")),
        (gbt38540.SESPropertyInfo, (1, "", 1, (), (), NOW, NOW, NOW)),
        (gbt38540.SESeal, (INFO_4, b"", SM2, b"", None)),
        (gbt38540.SESSignature, (TBS_4, b"", SM2, b"", None)),
    ):
        for _ in results(written(kind), fields):
            pass
    for kind in (gmt0031.SESeal, gmt0031.SESSignature, gbt38540.SESeal, gbt38540.SESSignature, gmt0031.TimeInfo):
        read: Callable[..., Any] = kind.of if kind is gmt0031.TimeInfo else kind.from_der  # type: ignore[attr-defined]
        assert list(results(read, (b"",))) == []
