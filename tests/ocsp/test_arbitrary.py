"""Whatever bytes come as request or response: a value or an error of gmpki, and nothing forged is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki import oids
from gmpki.asn1 import der, rfc6960
from gmpki.errors import DecodeError, GmpkiError, UnsupportedAlgorithm
from gmpki.ocsp.request import OCSPRequest
from gmpki.ocsp.request_builder import OCSPRequestBuilder
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.verify import check_response
from gmpki.x509.revocation import RevocationContext, RevocationStatus
from ocsp.scene import ALGORITHMS, NOW, scene

tags = st.sampled_from([0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x18, 0x30, 0x80, 0x82, 0xA0, 0xA1, 0xA2])
leaves = st.builds(der.encode, tags, st.binary(max_size=16))
trees = st.recursive(
    leaves, lambda inner: st.builds(lambda tag, parts: der.encode(tag, b"".join(parts)), tags, st.lists(inner))
)
# An answer whose inside is anything.
answers = st.builds(
    lambda inside: rfc6960.OCSPResponse(rfc6960.ResponseStatus.SUCCESSFUL, oids.OCSP_BASIC, inside).to_der(),
    trees | st.binary(max_size=64),
)


@given(data=st.binary(max_size=100) | trees | answers, lenient=st.booleans())
def test_arbitrary_bytes(data: bytes, lenient: bool) -> None:
    for kind in (OCSPRequest, OCSPResponse):
        try:
            read = kind.from_der(data, lenient=lenient)
        except (DecodeError, UnsupportedAlgorithm):
            continue
        assert read.to_der() == data


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(places=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1, max_size=3))
def test_a_changed_response_is_never_another_answer(algorithm: str, places: list[tuple[int, int]]) -> None:
    """A revoked certificate stays revoked, whatever is changed; most changes leave no answer at all."""
    made = scene(algorithm)
    data = bytearray(REVOKED[algorithm])
    for place, value in places:
        data[place % len(data)] ^= value
    try:
        response = OCSPResponse.from_der(data)
        result = check_response(response, made.leaf, made.ca, RevocationContext(NOW))
    except GmpkiError:
        return
    assert result.status is RevocationStatus.REVOKED


def _revoked(algorithm: str) -> bytes:
    made = scene(algorithm)
    return made.builder(rfc6960.CertStatus.revoked(NOW)).nonce(b"nonce").sign(made.ca_key).to_der()


REVOKED = {algorithm: _revoked(algorithm) for algorithm in ALGORITHMS}


@given(place=st.integers(0, 10_000), value=st.integers(1, 255), lenient=st.booleans())
def test_changed_request(place: int, value: int, lenient: bool) -> None:
    made = scene()
    data = bytearray(OCSPRequestBuilder().add(made.leaf, made.ca).nonce(b"nonce").build().to_der())
    data[place % len(data)] ^= value
    try:
        read = OCSPRequest.from_der(data, lenient=lenient)
    except DecodeError:
        return
    assert read.to_der() == data
    assert read.cert_ids


def test_every_truncation() -> None:
    made = scene()
    request = OCSPRequestBuilder().add(made.leaf, made.ca).nonce(b"nonce").build().to_der()
    for length in range(len(request)):
        with pytest.raises(DecodeError):
            OCSPRequest.from_der(request[:length])
    for length in range(len(REVOKED["sm2"])):
        with pytest.raises(DecodeError):
            OCSPResponse.from_der(REVOKED["sm2"][:length])
    for more in (b"\x00", b"\x30\x00", request):
        with pytest.raises(DecodeError):
            OCSPRequest.from_der(request + more)
        with pytest.raises(DecodeError):
            OCSPResponse.from_der(REVOKED["sm2"] + more)
