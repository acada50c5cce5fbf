"""Requests read and built, CertIDs, requests in addresses."""

from __future__ import annotations

import copy
import hashlib
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

import hostile
from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1 import der, rfc6960
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, Extension, GeneralName
from gmpki.asn1.rfc5280.ext_points import AccessDescription, AuthorityInfoAccess
from gmpki.asn1.rfc6960 import MAX_REQUESTS, CertID, Nonce, ServiceLocator
from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    LimitExceeded,
    UnsupportedAlgorithm,
)
from gmpki.ocsp.cert_ids import HASH_NAMES, cert_id, hash_name_of, identifies, key_hash, usual_hash_name
from gmpki.ocsp.http import MAX_GET_LEN, get_url, request_in_path
from gmpki.ocsp.request import OCSPRequest
from gmpki.ocsp.request_builder import OCSPRequestBuilder
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.names import build_name
from ocsp.scene import ALGORITHMS, ROOT, certify, key, scene

UNKNOWN = Extension(oids.find("1.2.3"), True, b"\x05\x00")


def built() -> OCSPRequest:
    made = scene()
    return OCSPRequestBuilder().add(made.leaf, made.ca).nonce().build()


# ---- CertIDs ------------------------------------------------------------------------------
@pytest.mark.parametrize("hash_name", HASH_NAMES)
def test_hashes_of_an_identifier(hash_name: str) -> None:
    made = scene()
    identifier = cert_id(made.leaf, made.ca, hash_name)

    def digest(data: bytes) -> bytes:
        return sm3.digest(data) if hash_name == "sm3" else hashlib.new(hash_name, data).digest()

    assert identifier.issuer_name_hash == digest(made.leaf.issuer.to_der())
    assert identifier.issuer_key_hash == digest(made.ca.public_key.to_bytes())  # type: ignore[union-attr]
    assert identifier.serial_number == 0x77
    assert hash_name_of(identifier) == hash_name
    assert identifier.hash_algorithm.parameters == (None if hash_name == "sm3" else NULL)
    assert cert_id(0x77, TrustAnchor.of(made.ca), hash_name) == identifier
    assert identifies(identifier, made.leaf, made.ca)
    assert not identifies(identifier, made.leaf, made.responder)
    assert not identifies(identifier, 0x78, made.ca)


def test_hashes_that_are_not_known() -> None:
    made = scene()
    for name in ("md5", "SM3", "", "sha3_256"):
        with pytest.raises(UnsupportedAlgorithm):
            cert_id(1, made.ca, name)
    identifier = made.identifier()
    for algorithm in (AlgorithmIdentifier(oids.find("1.2.3")), AlgorithmIdentifier(oids.SM3, b"\x04\x00")):
        other = replace(identifier, hash_algorithm=algorithm)
        assert hash_name_of(other) is None
        assert not identifies(other, made.leaf, made.ca)
    synonym = replace(identifier, hash_algorithm=AlgorithmIdentifier(oids.SM3_HASH, NULL))
    assert identifies(synonym, made.leaf, made.ca)


def test_usual_hash() -> None:
    assert [usual_hash_name(scene(algorithm).ca) for algorithm in ALGORITHMS] == ["sm3", "sha1", "sha1"]


def test_hash_of_a_key() -> None:
    made = scene()
    expected = hashlib.sha1(made.ca.public_key_info.subject_public_key).digest()
    assert key_hash(made.ca) == expected


# ---- requests -----------------------------------------------------------------------------
def test_what_a_request_says() -> None:
    made = scene()
    builder = OCSPRequestBuilder().add(made.leaf, made.ca).add(0x99, made.ca, "sha1")
    builder = builder.nonce(b"x" * 16).acceptable_responses().requestor_name(made.leaf.subject)
    request = builder.add_extension(UNKNOWN).build()
    read = OCSPRequest.from_der(request.to_der())
    assert read == request
    assert hash(read) == hash(request)
    assert read.cert_ids == (made.identifier(), cert_id(0x99, made.ca, "sha1"))
    assert read.nonce == b"x" * 16
    assert read.acceptable_responses == (oids.OCSP_BASIC,)
    assert read.requestor_name == GeneralName.directory(made.leaf.subject)
    assert read.extensions.unknown_critical((oids.OCSP_NONCE,)) == ("1.2.3",)
    assert (read.is_signed, read.signature, read.signature_algorithm) == (False, None, None)
    assert read.certificates() == ()
    assert read.quirks == ()
    assert "2 certificates" in repr(read)
    with pytest.raises(InvalidInputError, match="not signed"):
        read.verify_signature(made.leaf)


def test_nonces_are_random() -> None:
    assert len(built().nonce or b"") == 32
    assert built().nonce != built().nonce


@pytest.mark.parametrize("length", [1, 15, 16, 32, 33, 128])
def test_lengths_of_nonces(length: int) -> None:
    made = scene()
    request = OCSPRequestBuilder().add(made.leaf, made.ca).nonce(bytes(length)).build()
    assert OCSPRequest.from_der(request.to_der()).nonce == bytes(length)


@pytest.mark.parametrize(
    "content", [b"", b"\x04\x00", b"\x04\x81\x81" + bytes(129), b"raw bytes without a header", b"\x05\x00"]
)
def test_nonces_that_are_none(content: bytes) -> None:
    made = scene()
    request = OCSPRequestBuilder().add(made.leaf, made.ca).add_extension(Extension(oids.OCSP_NONCE, False, content))
    for lenient in (False, True):
        with pytest.raises(DecodeError):
            OCSPRequest.from_der(_encoded(request), lenient=lenient)


def _encoded(builder: OCSPRequestBuilder) -> bytes:
    """Encode what a builder says, without reading it back."""
    tbs = builder._tbs()
    return rfc6960.OCSPRequest(tbs, tbs.to_der()).to_der()


def test_extensions_twice() -> None:
    made = scene()
    nonce = Extension(oids.OCSP_NONCE, False, Nonce(b"n").to_der())
    tbs = rfc6960.TBSRequest((rfc6960.Request(made.identifier()),), None, (nonce, nonce))
    with pytest.raises(DecodeError, match="twice"):
        OCSPRequest.from_der(rfc6960.OCSPRequest(tbs, tbs.to_der()).to_der())
    tbs = rfc6960.TBSRequest((rfc6960.Request(made.identifier(), (UNKNOWN, UNKNOWN)),))
    data = rfc6960.OCSPRequest(tbs, tbs.to_der()).to_der()
    with pytest.raises(DecodeError, match="twice"):
        OCSPRequest.from_der(data)
    assert [quirk.kind for quirk in OCSPRequest.from_der(data, lenient=True).quirks] == [QuirkKind.DUPLICATE_EXTENSION]


def test_about_nothing() -> None:
    tbs = rfc6960.TBSRequest(())
    with pytest.raises(DecodeError, match="at least one"):
        OCSPRequest.from_der(rfc6960.OCSPRequest(tbs, tbs.to_der()).to_der())
    with pytest.raises(InvalidInputError, match="at least one"):
        OCSPRequestBuilder().nonce().build()


def test_default_version_written_out() -> None:
    data = built().to_der()
    tbs = rfc6960.OCSPRequest.from_der(data).tbs
    version = der.encode_explicit(0, der.encode_integer(0))
    written = der.encode_sequence(version, tbs.to_der()[der.Reader(tbs.to_der()).sequence().offset :])
    encoded = der.encode_sequence(written)
    with pytest.raises(DecodeError):
        OCSPRequest.from_der(encoded)
    read = OCSPRequest.from_der(encoded, lenient=True)
    assert [str(quirk) for quirk in read.quirks] == ["explicit-default at OCSPRequest.tbsRequest.version (byte 6)"]
    assert read.tbs_der == written
    assert pickle.loads(pickle.dumps(read)) == read


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_signed_request(algorithm: str) -> None:
    made = scene(algorithm)
    signer = key(algorithm, "leaf")
    builder = OCSPRequestBuilder().add(made.leaf, made.ca).requestor_name(made.leaf.subject)
    request = OCSPRequest.from_der(builder.sign(signer, [made.leaf]).to_der())
    assert request.is_signed
    assert request.certificates() == (made.leaf,)
    assert request.signature_algorithm == signer.signature_algorithm
    assert request.verify_signature(made.leaf) == ()
    with pytest.raises(InvalidSignature):
        request.verify_signature(made.responder)
    changed = request.to_der().replace(b"\x02\x01\x77", b"\x02\x01\x76", 1)
    with pytest.raises(InvalidSignature):
        OCSPRequest.from_der(changed).verify_signature(made.leaf)
    with pytest.raises(InvalidInputError, match="who asks"):
        OCSPRequestBuilder().add(made.leaf, made.ca).sign(signer)
    with pytest.raises(LimitExceeded):
        builder.sign(signer, [made.leaf] * 33)


def test_service_locator() -> None:
    made = scene()
    locator = AccessDescription(oids.AD_OCSP, GeneralName.uri("http://ocsp.example.cn"))
    public_key = key("sm2", "leaf").public_key
    leaf = certify(build_name(("CN", "x")), public_key, ROOT, made.ca_key, AuthorityInfoAccess((locator,)))
    request = OCSPRequestBuilder().add_with_locator(leaf, made.ca).add_with_locator(made.leaf, made.ca).build()
    found = [extensions.find(ServiceLocator) for extensions in request.single_extensions]
    assert found == [ServiceLocator(ROOT, (locator,)), ServiceLocator(ROOT)]


def test_builders_do_not_change() -> None:
    made = scene()
    empty = OCSPRequestBuilder()
    assert empty.add(made.leaf, made.ca) != empty
    with pytest.raises(InvalidInputError):
        empty.build()
    with pytest.raises(InvalidInputError, match="there already"):
        empty.nonce().nonce()
    with pytest.raises((AttributeError, TypeError)):
        empty.anything = 1  # type: ignore[attr-defined]


def test_bounds() -> None:
    made = scene()
    identifiers = [cert_id(number, made.ca) for number in range(1, MAX_REQUESTS + 1)]
    tbs = rfc6960.TBSRequest(tuple(map(rfc6960.Request, identifiers)))
    data = rfc6960.OCSPRequest(tbs, tbs.to_der()).to_der()
    assert len(OCSPRequest.from_der(data).requests) == MAX_REQUESTS
    with pytest.raises(LimitExceeded):
        OCSPRequest.from_der(data, max_size=1000)
    builder = OCSPRequestBuilder(tuple(map(rfc6960.Request, identifiers)))
    with pytest.raises(LimitExceeded):
        builder.add(made.leaf, made.ca)


def test_immutable() -> None:
    request = built()
    with pytest.raises(AttributeError):
        request.nonce = b""  # type: ignore[misc]
    with pytest.raises(InvalidInputError):
        OCSPRequest()
    assert pickle.loads(pickle.dumps(request)) == request == copy.deepcopy(request)
    assert request != "text"


def test_hostile_values() -> None:
    made = scene()
    request = built()
    builder = OCSPRequestBuilder().add(made.leaf, made.ca)
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (lambda data, size: OCSPRequest.from_der(data, max_size=size), (request.to_der(), 10_000)),
        (OCSPRequestBuilder().add, (made.leaf, made.ca, "sm3")),
        (builder.add_cert_id, (made.identifier(), UNKNOWN)),
        (builder.add_with_locator, (made.leaf, made.ca, "sm3")),
        (builder.nonce, (b"nonce",)),
        (builder.requestor_name, (ROOT,)),
        (builder.acceptable_responses, ("1.2.3",)),
        (lambda value, critical: builder.add_extension(value, critical=critical), (Nonce(b"n"), False)),
        (builder.requestor_name(ROOT).sign, (key("sm2", "leaf"), [made.leaf])),
        (cert_id, (made.leaf, made.ca, "sm3")),
        (identifies, (made.identifier(), made.leaf, made.ca)),
        (usual_hash_name, (made.ca,)),
        (key_hash, (made.ca,)),
        (get_url, ("http://example.cn", b"request")),
        (request_in_path, ("MAA=",)),
    ]
    kinds = (OCSPRequest, OCSPRequestBuilder, CertID, bool, str, bytes, type(None))
    for call, arguments in calls:
        for result in hostile.results(call, arguments):
            assert isinstance(result, kinds)


# ---- addresses ----------------------------------------------------------------------------
def test_requests_in_addresses() -> None:
    made = scene()
    request = OCSPRequestBuilder().add(made.leaf, made.ca).build().to_der()
    for url in ("http://ocsp.example.cn", "http://ocsp.example.cn/", "http://ocsp.example.cn/a/b"):
        address = get_url(url, request)
        assert address is not None
        assert address.startswith(url.rstrip("/") + "/")
        path = address.removeprefix(url.rstrip("/"))
        assert path.isascii()
        assert path.count("/") == 1
        assert request_in_path(path) == request
        assert request_in_path(unquote(path)) == request
    assert get_url("http://ocsp.example.cn", bytes(MAX_GET_LEN)) is None


@pytest.mark.parametrize("path", ["", "/"])
def test_an_empty_path(path: str) -> None:
    assert request_in_path(path) == b""
    with pytest.raises(DecodeError):
        OCSPRequest.from_der(request_in_path(path))


@pytest.mark.parametrize(
    "path", ["/%zz", "MAA", "MAA=\n", "/ MAA=", "MAA=MAA=", "//MAA=", "例", "%ff%fe", "\ud800", "MA A="]
)
def test_paths_that_hold_no_request(path: str) -> None:
    with pytest.raises(DecodeError):
        OCSPRequest.from_der(request_in_path(path))


def test_long_paths() -> None:
    with pytest.raises(LimitExceeded):
        request_in_path("A" * 8193)
    with pytest.raises(InvalidTypeError):
        request_in_path(b"MAA=")  # type: ignore[arg-type]
