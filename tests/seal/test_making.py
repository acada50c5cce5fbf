"""Making seals: what is refused before a key is touched, and what is not released afterwards."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Extension
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage
from gmpki.errors import (
    DecodeError,
    FaultDetected,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    UnsupportedAlgorithm,
    ValidationError,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.rsa import SignaturePadding
from gmpki.seal import PendingSeal, Seal, SealLayout, SealPicture, SealSpec, SealType, make_seal, prepare_seal
from gmpki.x509.certificate import Certificate
from hostile import results
from rsa_keys import rsa_key
from seal import samples
from seal.der_tree import CHANGES, changed, parse, paths, raw

NOW, DAY = samples.NOW, samples.DAY
BOTH = pytest.mark.parametrize("layout", samples.LAYOUTS, ids=lambda layout: layout.name)
EXTENSION = Extension(oids.find("1.2.156.99999.9"), False, b"2.1")


class Remote:
    """A key elsewhere, which does with the signature what it likes."""

    def __init__(self, key: Any, bend: Callable[[bytes], bytes] = bytes) -> None:
        self.public_key = key.public_key
        self.signature_algorithm = key.signature_algorithm
        self._key = key
        self._bend = bend

    def sign(self, message: Any, *, user_id: Any = None) -> bytes:
        return self._bend(self._key.sign(message, user_id=user_id))

    def sign_digest(self, digest: Any) -> bytes:
        return self._bend(self._key.sign_digest(digest))


@cache
def lasting_maker() -> samples.Person:
    """Return a maker whose certificate is valid whenever the test runs."""
    years = {"not_before": NOW.replace(year=2000), "not_after": NOW.replace(year=2099)}
    return samples.certified("示例制章中心", issuer=samples.maker_root(), serial_number=0x23, **years)


# ---- what a seal is to say ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seal_id": ""}, "seal_id has 1 to 255"),
        ({"seal_id": "3" * 256}, "seal_id has 1 to 255"),
        ({"seal_id": "印章"}, "IA5String"),
        ({"name": ""}, "name has 1 to 255"),
        ({"name": "局" * 256}, "name has 1 to 255"),
        ({"name": "\ud800"}, "UTF8String"),
        ({"vendor_id": ""}, "vendor_id has 1 to 255"),
        ({"vendor_id": "示例"}, "IA5String"),
        ({"valid_until": NOW - 2 * DAY}, "before it begins"),
        ({"valid_from": datetime(2026, 1, 1)}, "no time zone"),
        ({"created_at": datetime(2026, 1, 1)}, "no time zone"),
        ({"seal_type": -1}, "seal_type must be"),
        ({"seal_type": 1 << 31}, "seal_type must be"),
        ({"signers": []}, "1 to 4096 signers"),
        ({"signers": [samples.signer().certificate] * 2}, "listed twice"),
        ({"signers": [samples.signer().certificate] * 4097}, "1 to 4096 signers"),
        ({"extensions": [EXTENSION, EXTENSION]}, "there twice"),
        ({"extensions": [EXTENSION] * 1025}, "at most 1024"),
        ({"picture": SealPicture("PNG", b"", 40, 40)}, "shows a picture"),
        ({"picture": SealPicture("", samples.png(), 40, 40)}, "what kind"),
        ({"picture": SealPicture("PNG", b"GIF89a", 40, 40)}, "said to be PNG, and is gif"),
        ({"picture": SealPicture("SVG", b"nothing", 40, 40)}, "no kind of picture"),
        ({"picture": SealPicture("PNG", samples.png(), 0, 40)}, "width_mm must be 1 to 1000"),
        ({"picture": SealPicture("PNG", samples.png(), 40, 1001)}, "height_mm must be 1 to 1000"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value,
)
def test_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        samples.spec(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"seal_id": b"31"},
        {"name": None},
        {"picture": samples.png()},
        {"signers": samples.signer().certificate},
        {"signers": [samples.signer().key]},
        {"valid_from": "2026-01-01"},
        {"seal_type": "organisation"},
        {"list_digests": 1},
        {"extensions": [b"2.1"]},
    ],
    ids=lambda options: next(iter(options)),
)
def test_wrong_types(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        samples.spec(**options)


def test_hostile_values() -> None:
    fields = (
        "31010000000001",
        samples.ORGANISATION,
        samples.picture(),
        [samples.signer().certificate],
        NOW,
        NOW.replace(year=2049),
        1,
        NOW,
        "gmpki",
        False,
        (),
    )
    maker = lasting_maker()
    for spec in results(SealSpec, fields):
        make_seal(spec, maker.key, maker.certificate)
    made = (samples.spec(), samples.maker().key, samples.maker().certificate)
    assert list(results(make_seal, made)) == []
    assert list(results(prepare_seal, (samples.spec(), samples.maker().certificate))) == []
    assert list(results(PendingSeal.from_bytes, (b"",))) == []


def not_to_sign() -> dict[str, Certificate]:
    stamping = Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING,)).to_der())
    return {
        "key-usage": samples.certified("加密", usage=samples.ENCRYPTION, issuer=samples.root()).certificate,
        "extended-key-usage": samples.certified("时间", issuer=samples.root(), extensions=[stamping]).certificate,
    }


@pytest.mark.parametrize("reason", ["key-usage", "extended-key-usage"])
def test_certificates_that_are_not_to_sign_with(reason: str) -> None:
    certificate = not_to_sign()[reason]
    with pytest.raises(ValidationError) as caught:
        samples.spec(signers=[samples.signer().certificate, certificate])
    assert caught.value.reason == reason
    with pytest.raises(ValidationError) as caught:
        prepare_seal(samples.spec(), certificate)
    assert caught.value.reason == reason


# ---- layouts ------------------------------------------------------------------------------
def test_what_a_layout_has_no_place_for() -> None:
    maker = samples.maker().certificate
    for layout, options, message in (
        (SealLayout.GMT0031, {"list_digests": True}, "not their digests"),
        (SealLayout.GMT0031, {"seal_type": 3}, r"the types \[1, 2\], not 3"),
        (SealLayout.GMT0031, {"valid_until": NOW.replace(year=2050)}, "UTCTime"),
        (SealLayout.FIVE_FIELD, {}, "are read, not made"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            prepare_seal(samples.spec(**options), maker, layout=layout)
    with pytest.raises(InvalidTypeError):
        prepare_seal(samples.spec(), maker, layout="GB/T 38540-2020")  # type: ignore[arg-type]


def test_what_the_younger_layout_has_a_place_for() -> None:
    seal = samples.new_seal(seal_type=15, valid_until=NOW.replace(year=2050), list_digests=True)
    assert (seal.seal_type, seal.valid_until.year, len(seal.signer_digests)) == (15, 2050, 2)


def test_a_seal_of_a_person() -> None:
    for layout in samples.LAYOUTS:
        seal = samples.new_seal(layout, seal_type=SealType.PERSON, name="张三")
        assert seal.seal_type == SealType.PERSON


@BOTH
def test_many_signers(layout: SealLayout) -> None:
    made = [samples.certified("李四", issuer=samples.root(), serial_number=n).certificate for n in range(1, 40)]
    seal = samples.new_seal(layout, signers=made)
    assert seal.signer_certificates == tuple(made)
    assert all(seal.names(certificate) for certificate in made)


# ---- the maker ----------------------------------------------------------------------------
def test_the_key_is_that_of_the_certificate() -> None:
    with pytest.raises(KeyMismatchError):
        make_seal(samples.spec(), samples.signer().key, samples.maker().certificate)


@BOTH
@pytest.mark.parametrize("bent", ["another key", "zero", "cut"])
def test_what_does_not_hold_is_not_released(layout: SealLayout, bent: str) -> None:
    maker = samples.maker()
    bends: dict[str, Callable[[bytes], bytes]] = {
        "another key": lambda _: samples.signer().key.sign(b"seal"),
        "zero": lambda signature: bytes(len(signature)),
        "cut": lambda signature: signature[:-1],
    }
    with pytest.raises(FaultDetected):
        make_seal(samples.spec(), Remote(maker.key, bends[bent]), maker.certificate, layout=layout)


@BOTH
def test_a_token_makes_seals(layout: SealLayout) -> None:
    maker = samples.maker()
    seal = make_seal(samples.spec(), Remote(maker.key, raw), maker.certificate, layout=layout)
    assert seal.signature[0] == der.Tag.SEQUENCE
    maker.certificate.public_key.verify(seal.signature, seal.to_be_signed)


@pytest.mark.parametrize("when", [NOW - 2 * DAY, NOW + 1001 * DAY])
def test_the_makers_certificate_is_valid_when_the_seal_is_made(when: datetime) -> None:
    spec = samples.spec(created_at=when, valid_from=when, valid_until=when + DAY)
    with pytest.raises(InvalidInputError, match="not valid at"):
        prepare_seal(spec, samples.maker().certificate)


def test_a_seal_ends_after_it_is_made() -> None:
    spec = samples.spec(valid_from=NOW - 20 * DAY, valid_until=NOW - 2 * DAY, created_at=NOW)
    with pytest.raises(InvalidInputError, match="before it is made"):
        prepare_seal(spec, samples.maker().certificate)


def test_it_is_made_now_unless_told() -> None:
    before = datetime.now(tz=NOW.tzinfo).replace(microsecond=0)
    spec = samples.spec(created_at=None, valid_until=before + 365 * DAY)
    seal = make_seal(spec, lasting_maker().key, lasting_maker().certificate)
    assert before <= seal.created_at <= datetime.now(tz=NOW.tzinfo)


def test_algorithms() -> None:
    rsa = samples.maker("rsa")
    seal = samples.new_seal(SealLayout.GMT0031, by=rsa)
    assert seal.signature_algorithm == oids.RSA_SHA256
    rsa.certificate.public_key.verify(seal.signature, seal.to_be_signed)
    with pytest.raises(UnsupportedAlgorithm, match="SM2-with-SM3"):
        samples.new_seal(by=rsa)
    for other in (
        rsa_key("示例制章中心").using(padding=SignaturePadding.PSS).signature_algorithm,
        rsa_key("示例制章中心").using(hash_name="sha512").signature_algorithm,
        AlgorithmIdentifier(oids.RSA_SHA1),
    ):
        with pytest.raises(UnsupportedAlgorithm):
            prepare_seal(samples.spec(), rsa.certificate, layout=SealLayout.GMT0031, signature_algorithm=other)
    ecdsa = ECDSAPrivateKey.generate()
    name = samples.maker().certificate.subject
    certificate = samples.certify(name, ecdsa.public_key, name, ecdsa)
    for layout in samples.LAYOUTS:
        with pytest.raises(UnsupportedAlgorithm):
            prepare_seal(samples.spec(), certificate, layout=layout)


def test_an_algorithm_that_is_not_the_keys() -> None:
    pending = prepare_seal(
        samples.spec(),
        samples.maker().certificate,
        layout=SealLayout.GMT0031,
        signature_algorithm=AlgorithmIdentifier(oids.RSA_SHA256),
    )
    with pytest.raises(KeyMismatchError):
        pending.finish(bytes(256))


def test_the_synonym_of_the_algorithm_is_not_written() -> None:
    synonym = AlgorithmIdentifier(oids.SM2_SIGN)
    pending = prepare_seal(samples.spec(), samples.maker().certificate, signature_algorithm=synonym)
    assert pending.signature_algorithm == oids.SM2_WITH_SM3


def test_size() -> None:
    picture = SealPicture("PNG", samples.png() + bytes(16 << 20), 40, 40)
    with pytest.raises(LimitExceeded):
        prepare_seal(samples.spec(picture=picture), samples.maker().certificate)


# ---- two phases ---------------------------------------------------------------------------
@BOTH
def test_two_phases(layout: SealLayout) -> None:
    maker = samples.maker()
    pending = prepare_seal(samples.spec(extensions=[EXTENSION]), maker.certificate, layout=layout)
    again = PendingSeal.from_bytes(pending.to_bytes())
    assert again == pending == pickle.loads(pickle.dumps(pending))
    assert pending.digest == maker.certificate.public_key.digest(pending.to_be_signed)
    by_digest = again.finish(maker.key.sign_digest(pending.digest))
    by_bytes = again.finish(raw(maker.key.sign(pending.to_be_signed)))
    for seal in (by_digest, by_bytes):
        assert seal.to_be_signed == pending.to_be_signed
        assert seal.extensions == (EXTENSION,)
        assert Seal.from_der(seal.der) == seal


def test_two_phases_with_rsa() -> None:
    maker = samples.maker("rsa")
    pending = prepare_seal(samples.spec(), maker.certificate, layout=SealLayout.GMT0031)
    assert len(pending.digest) == 32
    seal = PendingSeal.from_bytes(pending.to_bytes()).finish(maker.key.sign_digest(pending.digest))
    assert seal.signature_algorithm == oids.RSA_SHA256


@BOTH
def test_an_answer_that_does_not_hold(layout: SealLayout) -> None:
    maker = samples.maker()
    pending = prepare_seal(samples.spec(), maker.certificate, layout=layout)
    other = prepare_seal(samples.spec(name="示例市公安局"), maker.certificate, layout=layout)
    for signature in (b"", bytes(64), maker.key.sign(b"seal"), maker.key.sign(other.to_be_signed)):
        with pytest.raises(InvalidSignature):
            pending.finish(signature)
    with pytest.raises(InvalidTypeError):
        pending.finish("signature")  # type: ignore[arg-type]


def is_refused(kept: bytes, signature: bytes) -> bool:
    try:
        PendingSeal.from_bytes(kept).finish(signature)
    except GmpkiError as error:
        return bool(str(error))
    return False


CERTIFICATE_PLACE = 3


@BOTH
def test_what_waits_cannot_be_bent(layout: SealLayout) -> None:
    """What was changed while it waited is refused, or the key's answer does not hold for it.

    The maker's certificate is not signed in the younger layout; a verifier finds another one by its path.
    """
    maker = samples.maker()
    pending = prepare_seal(samples.spec(), maker.certificate, layout=layout)
    signature = maker.key.sign(pending.to_be_signed)
    kept = pending.to_bytes()
    tree = parse(kept)
    signed = [path for path in paths(tree) if layout.rules.maker_is_signed or not path or path[0] != CERTIFICATE_PLACE]
    cases = [
        changed(tree, path, change).encode()
        for path in signed
        for change in CHANGES
        if path or change.__name__ in ("other_tag", "longer")
    ]
    cases += [kept[:-1], kept + b"\x00", b""]
    assert [case for case in cases if not is_refused(case, signature)] == []


def test_a_layout_that_is_not_made_does_not_wait() -> None:
    kept = prepare_seal(samples.spec(), samples.maker().certificate).to_bytes()
    for value in ("five-field", "GB/T 38540-2021"):
        bent = kept.replace(der.encode_utf8_string(SealLayout.GBT38540.value), der.encode_utf8_string(value.ljust(15)))
        with pytest.raises(DecodeError, match="no layout"):
            PendingSeal.from_bytes(bent)


def test_certificates_that_only_lenient_reading_takes() -> None:
    key = samples.key("赵六")
    name = samples.signer().certificate.subject
    strict = samples.certify(name, key.public_key, samples.PERSON_ROOT, samples.root().key, samples.SIGNING)
    tree = parse(strict.der)
    # A negative serial number.
    bent = changed(tree, (0, 1), lambda node: (replace(node, content=b"\x81"),)).encode()
    certificate = Certificate.from_der(bent, lenient=True)
    seal = samples.new_seal(signers=[certificate])
    assert seal.is_lenient
    assert seal.names(certificate)
    with pytest.raises(DecodeError):
        Seal.from_der(seal.der)


def test_no_secret_is_shown() -> None:
    pending = prepare_seal(samples.spec(), samples.maker().certificate)
    assert len(repr(pending)) < 300
    assert len(repr(samples.spec())) < 500
