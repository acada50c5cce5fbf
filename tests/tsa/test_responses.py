"""Responses: whether they grant what was asked for."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc3161 import PKIStatus, PKIStatusInfo, TimeStampResp
from gmpki.errors import (
    DecodeError,
    TimestampError,
    TimestampRejected,
)
from gmpki.tsa.imprint import Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import FailureInfo, TimestampResponse
from tsa.scene import (
    DATA,
    OTHER_POLICY,
    POLICY,
    scene,
    verifier,
)


# ---- responses ------------------------------------------------------------------------------------------------------
def response(token: bytes | None = None, status: PKIStatus = PKIStatus.GRANTED) -> bytes:
    return TimeStampResp(PKIStatusInfo(status), scene().token() if token is None else token).to_der()


REQUEST = TimestampRequest.of(DATA, nonce=5, policy=POLICY)


@pytest.mark.parametrize("status", [PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS])
def test_a_response(status: PKIStatus) -> None:
    encoded = response(scene().token(scene().info(nonce=5)), status)
    for given in (encoded, TimestampResponse.from_der(encoded)):
        assert verifier(scene()).verify_response(given, REQUEST).nonce == 5
    assert pickle.loads(pickle.dumps(TimestampResponse.from_der(encoded))).to_der() == encoded


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("nonce", {"nonce": 6}),
        ("nonce", {"nonce": None}),
        ("policy", {"nonce": 5, "policy": oids.find(OTHER_POLICY)}),
        ("imprint", {"nonce": 5, "message_imprint": Imprint.of(b"other").to_structure()}),
        ("imprint", {"nonce": 5, "message_imprint": Imprint.of(DATA, "sha256").to_structure()}),
    ],
)
def test_responses_to_other_requests(reason: str, changed: dict[str, Any]) -> None:
    with pytest.raises(TimestampError) as caught:
        verifier(scene()).verify_response(response(scene().token(scene().info(**changed))), REQUEST)
    assert caught.value.reason == reason


def test_a_nonce_that_nobody_asked_for() -> None:
    token = scene().token(scene().info(nonce=5))
    with pytest.raises(TimestampError) as caught:
        verifier(scene()).verify_response(response(token), TimestampRequest.of(DATA, nonce=False))
    assert caught.value.reason == "nonce"


def test_a_refusal() -> None:
    refusal = TimestampResponse.refused(FailureInfo.BAD_ALG, "no such hash")
    with pytest.raises(TimestampRejected, match=r"rejection \(badAlg\): no such hash"):
        verifier(scene()).verify_response(refusal, REQUEST)


GOOD_RESPONSE = response()
NO_RESPONSES = {
    "empty": b"",
    "text": b"reply",
    "token alone": scene().token(),
    "truncated": GOOD_RESPONSE[:-1],
    "longer": GOOD_RESPONSE + b"\0",
    "granted without token": der.encode_sequence(der.encode_sequence(der.encode_integer(0))),
    "rejected with token": der.encode_sequence(der.encode_sequence(der.encode_integer(2)), scene().token()),
    "status 6": der.encode_sequence(der.encode_sequence(der.encode_integer(6))),
    "negative status": der.encode_sequence(der.encode_sequence(der.encode_integer(-1))),
    "no status": der.encode_sequence(),
    "two tokens": der.encode_sequence(der.encode_sequence(der.encode_integer(0)), scene().token(), scene().token()),
    "token is no message": der.encode_sequence(der.encode_sequence(der.encode_integer(0)), der.encode_sequence()),
}


@pytest.mark.parametrize("name", NO_RESPONSES)
def test_what_is_no_response(name: str) -> None:
    with pytest.raises(DecodeError):
        TimestampResponse.from_der(NO_RESPONSES[name])
