"""Certification requests: read in both modes, verified, built."""

from __future__ import annotations

import base64
import contextlib
import copy
import itertools
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import csr as asn1crypto_csr
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc2986 import CertificationRequestInfo
from gmpki.asn1.rfc5280 import (
    NULL,
    AlgorithmIdentifier,
    Attribute,
    BasicConstraints,
    Extension,
    GeneralName,
    KeyUsage,
    KeyUsages,
    Name,
    SubjectAltName,
    SubjectPublicKeyInfo,
    encode_extensions,
)
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.ed25519 import Ed25519PrivateKey
from gmpki.keys.interfaces import Signer
from gmpki.keys.pending import PendingSignature
from gmpki.keys.rsa import SignaturePadding
from gmpki.keys.sm2 import SignatureEncoding, SM2PrivateKey
from gmpki.x509.extensions import make
from gmpki.x509.request import MAX_REQUEST_LEN, CertificateRequest, RequestBuilder, load_request, verify_requests
from gmpki.x509.signatures import LENIENT_SIGNATURES, STANDARD_SIGNATURES, SignaturePolicy
from rsa_keys import rsa_key
from x509 import made

RSA = rsa_key()
SIGNERS: dict[str, Signer] = {
    "SM2": made.KEY,
    "RSA": RSA,
    "RSA PSS": RSA.using(padding=SignaturePadding.PSS),
    "P-256": ECDSAPrivateKey.generate(),
    "P-384": ECDSAPrivateKey.generate("P-384"),
    "Ed25519": Ed25519PrivateKey.generate(),
}
SAN = SubjectAltName((GeneralName.dns("www.example.cn"),))
USAGE = KeyUsage(KeyUsages.DIGITAL_SIGNATURE)
FULL = (
    RequestBuilder()
    .subject(made.SUBJECT)
    .add_extension(SAN)
    .add_extension(USAGE)
    .challenge_password("pw")
    .sign(made.KEY)
)


def kinds(request: CertificateRequest) -> list[QuirkKind]:
    return [quirk.kind for quirk in request.quirks]


# ---- what is built ----------------------------------------------------------------------
@pytest.mark.parametrize("name", SIGNERS)
def test_every_signer(name: str) -> None:
    signer = SIGNERS[name]
    builder = RequestBuilder().subject(made.SUBJECT).add_extension(SAN).challenge_password("秘密")
    request = builder.sign(signer)
    assert request.verify_signature() == ()
    assert request.quirks == ()
    assert request.version == 1
    assert request.subject == made.SUBJECT
    assert request.public_key.to_der() == signer.public_key.to_der()
    assert request.extensions.find(SubjectAltName) == SAN
    assert request.challenge_password == "秘密"
    assert request.temporary_public_key is None


@pytest.mark.parametrize("name", [name for name in SIGNERS if name != "SM2"])
def test_cryptography_verifies(name: str) -> None:
    request = RequestBuilder().subject(made.SUBJECT).add_extension(SAN).sign(SIGNERS[name])
    foreign = request.to_cryptography()
    assert foreign.is_signature_valid
    assert CertificateRequest.from_cryptography(foreign) == request
    with pytest.raises(InvalidTypeError):
        CertificateRequest.from_cryptography(request)


def test_the_set_of_attributes_is_always_there() -> None:
    request = RequestBuilder().subject(made.SUBJECT).sign(made.KEY)
    assert request.attributes == ()
    assert request.tbs_der.endswith(b"\xa0\x00")
    assert len(request.extensions) == 0


def test_the_identifier_of_the_challenge_password() -> None:
    builder = RequestBuilder().subject(made.SUBJECT)
    for signer, pkcs9, expected in (
        (made.KEY, None, oids.GM_CHALLENGE_PASSWORD),
        (made.KEY, True, oids.CHALLENGE_PASSWORD),
        (SIGNERS["P-256"], None, oids.CHALLENGE_PASSWORD),
        (SIGNERS["P-256"], False, oids.GM_CHALLENGE_PASSWORD),
    ):
        request = builder.challenge_password("111111", pkcs9=pkcs9).sign(signer)
        (attribute,) = request.attributes
        assert attribute == Attribute(expected, (der.encode_printable_string("111111"),))
        assert request.challenge_password == "111111"


def test_asn1crypto_reads_the_same() -> None:
    # It does not know the identifier of GM/T 0092.
    builder = RequestBuilder().subject(made.SUBJECT).add_extension(SAN)
    ours = builder.challenge_password("pw", pkcs9=True).sign(made.KEY)
    theirs = asn1crypto_csr.CertificationRequest.load(ours.der, strict=True)
    info = theirs["certification_request_info"]
    assert info["subject"].dump() == made.SUBJECT.to_der()
    assert {part["type"].dotted for part in info["attributes"]} == {oids.EXTENSION_REQUEST, oids.CHALLENGE_PASSWORD}
    assert theirs.dump(force=True) == ours.der


def test_an_empty_subject_is_allowed() -> None:
    assert RequestBuilder().subject(Name()).sign(made.KEY).subject.is_empty


@pytest.mark.parametrize("name", [name for name in SIGNERS if name != "Ed25519"])
def test_two_phases(name: str) -> None:
    signer = SIGNERS[name]
    tbs = RequestBuilder().subject(made.SUBJECT).add_extension(SAN).to_be_signed(signer.public_key)
    pending = PendingSignature.prepare(signer.public_key, tbs)
    signature = pending.finish(signer.sign_digest(pending.digest))
    request = RequestBuilder.finish(tbs, signer.signature_algorithm, signature)
    assert request.verify_signature() == ()
    with pytest.raises(DecodeError):
        RequestBuilder.finish(tbs[:-1], signer.signature_algorithm, signature)


def test_builders_do_not_change() -> None:
    builder = RequestBuilder().subject(made.SUBJECT)
    builder.challenge_password("x").add_extension(SAN)
    assert builder.sign(made.KEY).attributes == ()
    with pytest.raises(AttributeError):
        builder.anything = 1  # type: ignore[attr-defined]


@given(text=st.text(min_size=1, max_size=255))
def test_any_text_is_a_challenge_password(text: str) -> None:
    try:
        builder = RequestBuilder().subject(made.SUBJECT).challenge_password(text)
    except InvalidInputError:
        with pytest.raises(UnicodeEncodeError):
            text.encode()
        return
    assert builder.sign(made.KEY).challenge_password == text


# ---- what is refused when building ------------------------------------------------------
REFUSED: list[Callable[[], Any]] = [
    lambda: RequestBuilder().sign(made.KEY),
    lambda: RequestBuilder().to_be_signed(made.KEY.public_key),
    lambda: RequestBuilder().subject(made.SUBJECT).subject(made.SUBJECT),
    lambda: RequestBuilder().challenge_password("a").challenge_password("b"),
    lambda: RequestBuilder().challenge_password(""),
    lambda: RequestBuilder().challenge_password("x" * 256),
    lambda: RequestBuilder().challenge_password("\ud800"),
    lambda: RequestBuilder().challenge_password("x", pkcs9=1),  # type: ignore[arg-type]
    lambda: RequestBuilder().challenge_password(b"x"),  # type: ignore[arg-type]
    lambda: RequestBuilder().add_extension(SAN).add_extension(SAN),
    lambda: RequestBuilder().add_extension(SAN, critical="yes"),  # type: ignore[arg-type]
    lambda: RequestBuilder().subject(made.SUBJECT).sign(made.KEY.public_key),  # type: ignore[arg-type]
    lambda: RequestBuilder().subject(made.SUBJECT).to_be_signed(made.KEY.public_key.to_der()),  # type: ignore[arg-type]
    lambda: RequestBuilder().subject(made.SUBJECT).sign(RSA, user_id=b"x"),
    CertificateRequest,
    lambda: CertificationRequestInfo(2, made.SUBJECT, FULL.public_key_info).to_der(),
    lambda: CertificationRequestInfo(1, made.SUBJECT, FULL.public_key_info, (SAN,)).to_der(),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("call", REFUSED)
def test_what_cannot_be_built(call: Callable[[], Any]) -> None:
    with pytest.raises(InvalidInputError):
        call()


@pytest.mark.parametrize("method", ["subject", "add_extension", "challenge_password"])
def test_hostile_arguments(method: str) -> None:
    for found in hostile.results(getattr(RequestBuilder(), method), (None,)):
        assert method == "challenge_password"
        assert isinstance(found, RequestBuilder)
    for read in (CertificateRequest.from_der, CertificateRequest.from_pem, load_request):
        assert list(hostile.results(read, (b"",))) == []


# ---- objects and files ------------------------------------------------------------------
def test_objects() -> None:
    again = CertificateRequest.from_der(FULL.der)
    assert again == FULL
    assert hash(again) == hash(FULL)
    assert pickle.loads(pickle.dumps(FULL)) == copy.deepcopy(FULL) == FULL
    assert FULL.der != FULL
    assert "张三" in repr(FULL)
    with pytest.raises(AttributeError):
        FULL.subject = None  # type: ignore[misc, assignment]


def test_every_armour() -> None:
    text = FULL.to_pem()
    assert text.startswith(b"-----BEGIN CERTIFICATE REQUEST-----")
    for data in (FULL.der, text, base64.b64encode(FULL.der), text.replace(b"CERTIFICATE", b"NEW CERTIFICATE")):
        assert load_request(data) == FULL
    assert CertificateRequest.from_pem(text) == FULL
    for wrong in (text * 2, b"", b"text", made.root().to_pem()):
        with pytest.raises(InvalidInputError):
            load_request(wrong)
    for wrong in (made.root().der, FULL.der + b"\0", FULL.der[:-1]):
        with pytest.raises(DecodeError):
            load_request(wrong)
    with pytest.raises(LimitExceeded):
        CertificateRequest.from_der(bytes(MAX_REQUEST_LEN + 1))


# ---- reading, field by field ------------------------------------------------------------
INFO = FULL.public_key_info.to_der()
ATTRIBUTES = 0xA0


def attribute(oid: str, *values: bytes) -> bytes:
    return der.encode_sequence(der.encode_oid(oid), der.encode_set_of(values))


def request(
    *attributes: bytes,
    version: bytes | None = None,
    key: bytes = INFO,
    absent: bool = False,
    in_order: bool = True,
) -> bytes:
    """Encode and sign a request from encoded attributes."""
    contents = der.encode_set_of(attributes, tag=ATTRIBUTES)
    if not in_order:
        contents = der.encode(ATTRIBUTES, b"".join(attributes))
    info = der.encode_sequence(
        der.encode_integer(0) if version is None else version,
        made.SUBJECT.to_der(),
        key,
        b"" if absent else contents,
    )
    return made.signed(info)


def asked(*values: Any) -> bytes:
    return encode_extensions([make(value) for value in values])


PASSWORD = attribute(oids.CHALLENGE_PASSWORD, der.encode_printable_string("a"))
GM_PASSWORD = attribute(oids.GM_CHALLENGE_PASSWORD, der.encode_printable_string("b"))


def test_absent_attributes_are_accepted_and_noted() -> None:
    for lenient in (False, True):
        found = CertificateRequest.from_der(request(absent=True), lenient=lenient)
        assert kinds(found) == [QuirkKind.ABSENT_ATTRIBUTES]
        assert found.attributes == ()
        assert found.verify_signature() == ()


@pytest.mark.parametrize("kind", [oids.CHALLENGE_PASSWORD, oids.GM_CHALLENGE_PASSWORD])
@pytest.mark.parametrize(
    "value",
    [
        der.encode_printable_string("pw"),
        der.encode_utf8_string("pw"),
        der.encode_ia5_string("pw"),
        der.encode_bmp_string("pw"),
    ],
)
def test_every_identifier_and_string_of_a_password(kind: str, value: bytes) -> None:
    assert CertificateRequest.from_der(request(attribute(kind, value))).challenge_password == "pw"


def test_a_password_that_is_no_string() -> None:
    found = CertificateRequest.from_der(request(attribute(oids.CHALLENGE_PASSWORD, der.encode_octet_string(b"pw"))))
    with pytest.raises(DecodeError):
        _ = found.challenge_password


def test_requests_for_extensions_are_taken_together() -> None:
    two_attributes = (attribute(oids.EXTENSION_REQUEST, asked(SAN)), attribute(oids.EXTENSION_REQUEST, asked(USAGE)))
    two_values = (attribute(oids.EXTENSION_REQUEST, asked(SAN), asked(USAGE)),)
    for parts, lenient in itertools.product((two_attributes, two_values), (False, True)):
        found = CertificateRequest.from_der(request(*parts), lenient=lenient)
        assert kinds(found) == [QuirkKind.DUPLICATE_ATTRIBUTE]
        assert (found.extensions.find(SubjectAltName), found.extensions.find(KeyUsage)) == (SAN, USAGE)


TWICE = (
    attribute(oids.EXTENSION_REQUEST, asked(BasicConstraints())),
    attribute(oids.EXTENSION_REQUEST, asked(BasicConstraints(ca=True))),
)
LENIENT: dict[str, tuple[bytes, QuirkKind]] = {
    "version 2": (request(version=der.encode_integer(1)), QuirkKind.VERSION),
    "version not minimal": (request(version=b"\x02\x02\x00\x00"), QuirkKind.INTEGER),
    "attributes out of order": (request(GM_PASSWORD, attribute("1.2.3", NULL), in_order=False), QuirkKind.SET_ORDER),
    "value without a set": (
        request(der.encode_sequence(der.encode_oid(oids.CHALLENGE_PASSWORD), der.encode_printable_string("a"))),
        QuirkKind.UNWRAPPED_VALUE,
    ),
    "empty set of values": (request(attribute("1.2.3")), QuirkKind.EMPTY_SEQUENCE),
    "two passwords": (request(PASSWORD, GM_PASSWORD), QuirkKind.DUPLICATE_ATTRIBUTE),
    "two values of one password": (
        request(attribute(oids.CHALLENGE_PASSWORD, *map(der.encode_printable_string, "ab"))),
        QuirkKind.DUPLICATE_ATTRIBUTE,
    ),
    "an extension asked for twice": (request(*TWICE), QuirkKind.DUPLICATE_EXTENSION),
    "no extension in the request for them": (
        request(attribute(oids.EXTENSION_REQUEST, made.EMPTY)),
        QuirkKind.EMPTY_SEQUENCE,
    ),
    "a malformed extension": (
        request(attribute(oids.EXTENSION_REQUEST, encode_extensions([Extension(oids.KEY_USAGE, True, b"\x05\x00")]))),
        QuirkKind.MALFORMED_EXTENSION,
    ),
}


@pytest.mark.parametrize("name", LENIENT)
def test_only_lenient_reading(name: str) -> None:
    encoded, kind = LENIENT[name]
    with pytest.raises(DecodeError):
        CertificateRequest.from_der(encoded)
    found = CertificateRequest.from_der(encoded, lenient=True)
    assert kind in kinds(found)
    assert found.der == encoded
    assert found.verify_signature() == ()


def test_of_two_passwords_the_first_counts() -> None:
    found = CertificateRequest.from_der(LENIENT["two passwords"][0], lenient=True)
    assert found.challenge_password == "a"


NO_REQUEST = {
    "no version": request(version=b""),
    "version -1": request(version=der.encode_integer(-1)),
    "version 4": request(version=der.encode_integer(3)),
    "no key": request(key=b""),
    "attribute without type": request(der.encode_sequence(der.encode_set_of([NULL]))),
    "attribute without values": request(der.encode_sequence(der.encode_oid("1.2.3"))),
    "attribute with more": request(der.encode_sequence(der.encode_oid("1.2.3"), der.encode_set_of([NULL]), NULL)),
    "attribute is a set": request(b"\x31\x00"),
    "request for extensions that is none": request(attribute(oids.EXTENSION_REQUEST, NULL)),
    "certificate": made.root().der,
}


@pytest.mark.parametrize("name", NO_REQUEST)
@pytest.mark.parametrize("lenient", [False, True])
def test_what_is_no_request(name: str, lenient: bool) -> None:
    with pytest.raises(DecodeError):
        CertificateRequest.from_der(NO_REQUEST[name], lenient=lenient)


@pytest.mark.parametrize("lenient", [False, True])
def test_every_truncation(lenient: bool) -> None:
    for length in range(len(FULL.der)):
        with pytest.raises(DecodeError):
            CertificateRequest.from_der(FULL.der[:length], lenient=lenient)


@given(data=st.data())
def test_changed_bytes_never_surprise(data: st.DataObject) -> None:
    encoded = bytearray(FULL.der)
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    calls: list[Callable[[CertificateRequest], Any]] = [
        lambda r: r.challenge_password,
        lambda r: r.temporary_public_key,
        lambda r: r.verify_signature(policy=LENIENT_SIGNATURES),
    ]
    for lenient in (False, True):
        with contextlib.suppress(GmpkiError):
            found = CertificateRequest.from_der(encoded, lenient=lenient)
            assert found.der == encoded
            for call in calls:
                with contextlib.suppress(GmpkiError):
                    call(found)


# ---- signatures -------------------------------------------------------------------------
def test_the_key_in_the_request_decides() -> None:
    foreign = SubjectPublicKeyInfo.from_der(made.OTHER.public_key.to_der()).to_der()
    with pytest.raises(InvalidSignature):
        CertificateRequest.from_der(request(key=foreign)).verify_signature()
    with pytest.raises(KeyMismatchError):
        CertificateRequest.from_der(request(key=RSA.public_key.to_der())).verify_signature()
    broken = SubjectPublicKeyInfo(FULL.public_key_info.algorithm, b"")
    with pytest.raises(InvalidInputError):
        CertificateRequest.from_der(request(key=broken.to_der())).verify_signature()


def test_departures_need_leave() -> None:
    empty = RequestBuilder().subject(made.SUBJECT).sign(made.KEY, user_id=b"")
    contents = FULL.tbs_der
    raw = CertificateRequest.from_der(
        made.signed(contents, signature=made.KEY.sign(contents, encoding=SignatureEncoding.RAW)), lenient=True
    )
    assert kinds(raw) == [QuirkKind.RAW_SIGNATURE]
    for found, kind in ((empty, QuirkKind.EMPTY_USER_ID), (raw, QuirkKind.RAW_SIGNATURE)):
        with pytest.raises(InvalidSignature):
            found.verify_signature()
        assert [quirk.kind for quirk in found.verify_signature(policy=LENIENT_SIGNATURES)] == [kind]


def test_null_parameters_are_noted() -> None:
    algorithm = AlgorithmIdentifier(oids.SM2_WITH_SM3, NULL).to_der()
    found = CertificateRequest.from_der(made.signed(FULL.tbs_der, algorithm=algorithm))
    assert kinds(found) == [QuirkKind.NULL_PARAMETERS]
    assert found.verify_signature() == ()


# ---- the double request of CFCA ---------------------------------------------------------
X, Y = made.OTHER.public_key.to_bytes()[1:33], made.OTHER.public_key.to_bytes()[33:]
HEAD = bytes.fromhex("00B4000000010000")


def temporary(blob: bytes, version: int = 1) -> bytes:
    inner = der.encode_sequence(der.encode_integer(version), der.encode_octet_string(blob))
    return der.encode_octet_string(inner)


def cfca(value: bytes) -> bytes:
    oid = der.encode_oid(oids.CFCA_TEMPORARY_PUBLIC_KEY)
    password = der.encode_sequence(der.encode_oid(oids.CHALLENGE_PASSWORD), der.encode_printable_string("111111"))
    return request(password, der.encode_sequence(oid, value))


GOOD_BLOB = HEAD + X + bytes(32) + Y + bytes(32)


def test_the_temporary_key() -> None:
    encoded = cfca(temporary(GOOD_BLOB))
    with pytest.raises(DecodeError, match="SET"):
        CertificateRequest.from_der(encoded)
    found = CertificateRequest.from_der(encoded, lenient=True)
    assert found.temporary_public_key == made.OTHER.public_key
    assert found.challenge_password == "111111"
    assert [str(quirk).split(" (")[0] for quirk in found.quirks] == [
        "unwrapped-value at certificationRequestInfo.attributes.attribute.values"
    ]
    wrapped = request(attribute(oids.CFCA_TEMPORARY_PUBLIC_KEY, temporary(GOOD_BLOB)))
    assert CertificateRequest.from_der(wrapped).temporary_public_key == made.OTHER.public_key


@pytest.mark.parametrize(
    "value",
    [
        temporary(GOOD_BLOB[:-1]),
        temporary(GOOD_BLOB + b"\0"),
        temporary(b""),
        temporary(GOOD_BLOB, version=2),
        temporary(b"\x01" + GOOD_BLOB[1:]),
        temporary(HEAD + X + bytes(31) + b"\1" + Y + bytes(32)),
        temporary(HEAD + X + bytes(32) + Y + b"\1" + bytes(31)),
        temporary(HEAD + bytes(128)),
        temporary(HEAD + X + bytes(32) + X + bytes(32)),
        der.encode_octet_string(GOOD_BLOB),
        der.encode_octet_string(b""),
        NULL,
    ],
)
def test_temporary_keys_that_are_none(value: bytes) -> None:
    found = CertificateRequest.from_der(cfca(value), lenient=True)
    with pytest.raises(InvalidInputError):
        _ = found.temporary_public_key
    assert found.verify_signature() == ()


# ---- other programs and real requests ---------------------------------------------------
def test_openssl(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(made.KEY.to_pem())
    (tmp_path / "ours.pem").write_bytes(FULL.to_pem())
    distid = "distid:1234567812345678"
    verify = ["openssl", "req", "-verify", "-noout", "-in", str(tmp_path / "ours.pem"), "-vfyopt", distid]
    # The exit code says nothing here: only the text does.
    result = subprocess.run(verify, capture_output=True, text=True, check=True)
    assert "verify OK" in result.stderr + result.stdout
    make_one = ["openssl", "req", "-new", "-key", str(tmp_path / "key.pem"), "-subj", "/C=CN/CN=x", "-sm3"]
    make_one += ["-sigopt", distid, "-addext", "subjectAltName=DNS:www.example.cn"]
    theirs = load_request(subprocess.run(make_one, capture_output=True, check=True).stdout)
    assert theirs.verify_signature() == ()
    assert theirs.extensions.find(SubjectAltName) == SAN


REAL = {
    "valid(id=1234567812345678)": [],
    "valid(id=empty)": [QuirkKind.EMPTY_USER_ID],
    "valid(noZ: e=SM3(M))": [QuirkKind.WITHOUT_ZA],
}


def test_real_requests(test_data: Path) -> None:
    rows = [line.split("\t") for line in (test_data / "INDEX.tsv").read_text(encoding="utf-8").splitlines()]
    verdicts = {row[0]: row[2] for row in rows if row[0].startswith("objects/request/")}
    if not verdicts:
        pytest.skip("outside test data: no requests")
    for name, verdict in verdicts.items():
        data = (test_data / name).read_bytes()
        found = load_request(data, lenient=True)
        assert found.der == data
        if verdict == "invalid":
            with pytest.raises(InvalidSignature):
                found.verify_signature(policy=LENIENT_SIGNATURES)
        else:
            quirks = found.verify_signature(policy=LENIENT_SIGNATURES)
            assert [quirk.kind for quirk in quirks] == REAL[verdict], name


# ---- many at once ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("policy", "count"), [(STANDARD_SIGNATURES, 4), (LENIENT_SIGNATURES, 7), (SignaturePolicy((b"ALICE",)), 4)]
)
def test_many_are_verified_as_each_is(policy: SignaturePolicy, count: int) -> None:
    """Right ones, wrong ones, other ids and another algorithm side by side."""
    name = made.SUBJECT
    keys = [SM2PrivateKey.from_bytes(number.to_bytes(32, "big")) for number in range(2, 14)]
    requests = [
        RequestBuilder().subject(name).sign(key, user_id=(None, b"", b"ALICE")[number % 3])
        for number, key in enumerate(keys)
    ]
    for place in (0, 4, 11):
        broken = bytearray(requests[place].der)
        broken[-1] ^= 1
        requests[place] = CertificateRequest.from_der(bytes(broken))
    requests.insert(7, RequestBuilder().subject(name).sign(Ed25519PrivateKey.generate()))
    results = verify_requests(iter(requests), policy=policy)
    assert len(results) == len(requests)
    for request, result in zip(requests, results, strict=True):
        if isinstance(result, GmpkiError):
            with pytest.raises(type(result)) as caught:
                request.verify_signature(policy=policy)
            assert str(caught.value) == str(result)
        else:
            assert request.verify_signature(policy=policy) == result
    assert sum(not isinstance(result, GmpkiError) for result in results) == count
    assert verify_requests([]) == []
    with pytest.raises(InvalidTypeError):
        verify_requests([requests[0].der])  # type: ignore[list-item]
