"""Whatever stands in the place of an argument: a result, or an error of gmpki."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gmpki.asn1.rfc3161 import FailureInfo
from gmpki.cms.trust import Trust
from gmpki.tsa.clock import ReferenceClock, SteadyClock
from gmpki.tsa.evidence import Evidence
from gmpki.tsa.evidence_check import verify_evidence
from gmpki.tsa.http import TimestampClient
from gmpki.tsa.imprint import Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import TimestampResponse
from gmpki.tsa.serials import FileSerials
from gmpki.tsa.signing_certificate import signing_certificate
from gmpki.tsa.token import TimestampToken
from gmpki.tsa.validation_data import ValidationData
from gmpki.tsa.verify import DEFAULT_TOKENS, TokenPolicy, TokenVerifier
from hostile import results
from tsa.scene import DATA, NOW, POLICY, scene
from tsa.world import authority, crl, fresh, kept, signed, world

VERIFIER = TokenVerifier(scene().trust())
TOKEN = scene().token()
REQUEST = TimestampRequest.of(DATA)
TRUST = Trust(anchors=[world().ca], at=NOW)


def made_request(data: Any, hash_name: Any, policy: Any, nonce: Any, extensions: Any) -> bytes:
    request = TimestampRequest.of(data, hash_name=hash_name, policy=policy, nonce=nonce, extensions=extensions)
    return request.to_der()


def made_authority(policies: Any, chain: Any, digits: Any, hashes: Any, checks: Any, user_id: Any) -> bytes:
    made = scene().authority(
        policies=policies, chain=chain, fraction_digits=digits, hash_names=hashes, checks=checks, user_id=user_id
    )
    return made.answer(REQUEST.to_der())


def made_policy(hashes: Any, policies: Any, accuracy: Any, skew: Any, understood: Any) -> object:
    return TokenPolicy(hashes, policies, accuracy, skew, understood=understood)


CALLS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "Imprint": (Imprint, ("sm3", bytes(32))),
    "Imprint.of": (Imprint.of, (DATA, "sm3")),
    "Imprint.of_pieces": (Imprint.of_pieces, ([DATA], "sm3")),
    "Imprint.from_structure": (Imprint.from_structure, (Imprint.of(DATA).to_structure(),)),
    "Imprint.matches": (Imprint.of(DATA).matches, (DATA,)),
    "TimestampRequest.of": (made_request, (DATA, "sm3", POLICY, 5, ())),
    "TimestampRequest.from_der": (TimestampRequest.from_der, (REQUEST.to_der(),)),
    "TimestampResponse.from_der": (TimestampResponse.from_der, (scene().authority().answer(REQUEST.to_der()),)),
    "TimestampResponse.granted": (TimestampResponse.granted, (TOKEN,)),
    "TimestampResponse.refused": (TimestampResponse.refused, (FailureInfo.BAD_ALG, "text")),
    "TimestampToken.from_der": (TimestampToken.from_der, (TOKEN,)),
    "TokenPolicy": (made_policy, ({"sm3"}, {POLICY}, timedelta(1), timedelta(1), ())),
    "TokenVerifier": (lambda trust, policy: TokenVerifier(trust, policy=policy), (scene().trust(), DEFAULT_TOKENS)),
    "TokenVerifier.verify": (VERIFIER.verify, (TOKEN, DATA)),
    "TokenVerifier.verify_response": (VERIFIER.verify_response, (scene().read(), REQUEST)),
    "TimestampAuthority": (made_authority, ([POLICY], [scene().ca], 3, ["sm3"], (), b"id")),
    "TimestampAuthority.answer": (scene().authority().answer, (REQUEST.to_der(),)),
    "TimestampAuthority.stamp": (
        lambda data, hash_name, policy: scene().authority().stamp(data, hash_name=hash_name, policy=policy),
        (DATA, "sm3", POLICY),
    ),
    "SteadyClock": (SteadyClock, (timedelta(1),)),
    "SteadyClock.check": (SteadyClock().check, (NOW,)),
    "ReferenceClock": (ReferenceClock, (lambda: NOW, timedelta(1))),
    "ReferenceClock.check": (ReferenceClock(lambda: NOW).check, (NOW,)),
    "TimestampClient": (
        lambda url, post, verifier, name, policy: TimestampClient(url, post, verifier, hash_name=name, policy=policy),
        ("http://tsa.example.cn/", print, VERIFIER, "sm3", POLICY),
    ),
    "TimestampClient.stamp": (
        TimestampClient("http://tsa.example.cn/", lambda _, body: scene().authority().answer(body), VERIFIER).stamp,
        (DATA,),
    ),
    "signing_certificate": (signing_certificate, (scene().tsa,)),
    "ValidationData": (ValidationData, ((scene().tsa,), (crl(NOW),), ())),
    "ValidationData.merged": (kept(NOW).merged, (kept(NOW),)),
    "Evidence.from_der": (
        lambda message, content, signer: Evidence.from_der(message, content=content, signer=signer),
        (signed(), None, 0),
    ),
    "Evidence.stamped": (
        lambda name: Evidence.from_der(signed()).stamped(authority(NOW).stamp, hash_name=name),
        ("sm3",),
    ),
    "Evidence.with_data": (Evidence.from_der(signed()).with_data, (kept(NOW),)),
    "Evidence.with_stamp_data": (fresh().with_stamp_data, (kept(NOW),)),
    "Evidence.archive_imprint": (lambda name, older: fresh().archive_imprint(name, older=older), ("sm3", 0)),
    "verify_evidence": (
        lambda evidence, trust, authorities, policy: verify_evidence(
            evidence, trust, authorities=authorities, policy=policy
        ),
        (fresh(), TRUST, TRUST, DEFAULT_TOKENS),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_hostile_values(name: str) -> None:
    call, arguments = CALLS[name]
    assert len(list(results(call, arguments))) < 20 * len(arguments)


def test_hostile_values_as_serial_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # some of the values are names of files

    def created(path: Any, first: Any, block: Any, bits: Any) -> int:
        (tmp_path / "serials").unlink(missing_ok=True)
        return FileSerials.create(path, first=first, block=block, random_bits=bits).next()

    taken = list(results(created, (tmp_path / "serials", 1, 1, 64)))
    assert all(isinstance(number, int) for number in taken)


def test_hostile_serial_numbers() -> None:
    class Source:
        def __init__(self, value: Any) -> None:
            self.value = value

        def next(self) -> Any:
            return self.value

    answers = results(lambda value: scene().authority(serials=Source(value)).answer(REQUEST.to_der()), (1,))
    granted = [TimestampResponse.from_der(answer).is_granted for answer in answers]
    assert granted.count(True) == 1  # 2 to the power of 64 is a serial number
