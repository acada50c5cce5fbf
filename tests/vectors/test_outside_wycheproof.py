"""The vectors of Wycheproof for HMAC-SM3, SM4-GCM and SM4-CCM: all must agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gmpki.algorithms import sm3
from gmpki.algorithms.sm4_aead import SM4CCM, SM4GCM
from gmpki.errors import InvalidInputError, InvalidTag
from outside_vectors import Record, Tally, existing, refused


def cases(path: Path) -> list[dict[str, Any]]:
    """Every test with the parameters of its group."""
    groups = json.loads(path.read_text(encoding="utf-8"))["testGroups"]
    return [{**group, **test} for group in groups for test in group["tests"]]


def test_hmac(test_data: Path, record_property: Record) -> None:
    tally = Tally("wycheproof/hmac_sm3_test.json")
    for case in cases(existing(test_data, tally.name)):
        tag = sm3.hmac(bytes.fromhex(case["key"]), bytes.fromhex(case["msg"]))[: case["tagSize"] // 8]
        tally.check((tag.hex() == case["tag"]) is (case["result"] == "valid"), case)
    tally.finish(record_property, total=174)


@pytest.mark.parametrize(("kind", "name", "total"), [(SM4GCM, "gcm", 104), (SM4CCM, "ccm", 184)])
def test_aead(kind: type[SM4GCM | SM4CCM], name: str, total: int, test_data: Path, record_property: Record) -> None:
    tally = Tally(f"wycheproof/sm4_{name}_test.json")
    for case in cases(existing(test_data, tally.name)):
        key, nonce, data, message = (bytes.fromhex(case[field]) for field in ("key", "iv", "aad", "msg"))
        sealed, tag_len = bytes.fromhex(case["ct"] + case["tag"]), case["tagSize"] // 8

        def opened() -> bytes:
            return kind(key, tag_length=tag_len).decrypt(nonce, sealed, data)  # noqa: B023 - called at once

        if case["result"] == "valid":
            good = kind(key, tag_length=tag_len).encrypt(nonce, message, data) == sealed and opened() == message
            tally.check(good, case)
        else:
            tally.check(refused(opened, InvalidTag, InvalidInputError), case)
    tally.finish(record_property, total=total)
