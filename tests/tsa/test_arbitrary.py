"""Whatever bytes come as request, response or token: a value or an error of gmpki, and nothing forged is believed."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.asn1 import der
from gmpki.asn1.rfc3161 import PKIStatus, PKIStatusInfo, TimeStampResp
from gmpki.cms.trust import Trust
from gmpki.errors import GmpkiError
from gmpki.tsa.evidence import Evidence
from gmpki.tsa.evidence_check import verify_evidence
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import TimestampResponse
from gmpki.tsa.token import TimestampToken
from gmpki.tsa.verify import TokenVerifier
from tsa.scene import ALGORITHMS, DATA, NOW, scene
from tsa.world import YEAR, signer_certificate, twice, world

tags = st.sampled_from([0x01, 0x02, 0x04, 0x06, 0x17, 0x18, 0x30, 0x31, 0x80, 0xA0, 0xA1])
leaves = st.builds(der.encode, tags, st.binary(max_size=16))
trees = st.recursive(
    leaves,
    lambda inner: st.builds(lambda tag, parts: der.encode(tag, b"".join(parts)), tags, st.lists(inner, max_size=4)),
    max_leaves=20,
)
responses = st.builds(
    lambda token: TimeStampResp(PKIStatusInfo(PKIStatus.GRANTED), token).to_der(), trees | st.binary(max_size=64)
)


@given(data=st.binary(max_size=100) | trees | responses, lenient=st.booleans())
def test_arbitrary_bytes(data: bytes, lenient: bool) -> None:
    for kind in (TimestampRequest, TimestampResponse, TimestampToken):
        try:
            read = kind.from_der(data, lenient=lenient)
        except GmpkiError:
            continue
        assert read.to_der() == data


@given(contents=trees | st.binary(max_size=64), lenient=st.booleans())
def test_arbitrary_contents_that_are_signed(contents: bytes, lenient: bool) -> None:
    token = scene().token(contents)
    with pytest.raises(GmpkiError):
        TokenVerifier(scene().trust(), lenient=lenient).verify(token, DATA)


@given(data=st.binary(max_size=100) | trees)
def test_an_authority_answers_whatever_comes(data: bytes) -> None:
    assert not TimestampResponse.from_der(scene().authority().answer(data)).is_granted


TOKENS = {algorithm: scene(algorithm).token() for algorithm in ALGORITHMS}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("lenient", [False, True])
@given(places=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1, max_size=3))
def test_a_changed_token_says_nothing_else(algorithm: str, lenient: bool, places: list[tuple[int, int]]) -> None:
    made = scene(algorithm)
    data = bytearray(TOKENS[algorithm])
    for place, value in places:
        data[place % len(data)] ^= value
    try:
        found = TokenVerifier(made.trust(), lenient=lenient).verify(data, DATA)
    except GmpkiError:
        return
    assert (found.time, found.serial_number, found.policy, found.certificate) == (NOW, 7, made.info().policy, made.tsa)


@given(places=st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 255)), min_size=1, max_size=3))
def test_changed_evidence_proves_nothing_else(places: list[tuple[int, int]]) -> None:
    data = bytearray(kept_evidence())
    for place, value in places:
        data[place % len(data)] ^= value
    try:
        report = verify_evidence(Evidence.from_der(data), Trust(anchors=[world().ca], at=NOW + 20 * YEAR))
    except GmpkiError:
        return
    assert (report.signed_at, report.content, report.signer_certificate) == (NOW, DATA, signer_certificate())


@lru_cache(maxsize=1)
def kept_evidence() -> bytes:
    return twice().to_der()
