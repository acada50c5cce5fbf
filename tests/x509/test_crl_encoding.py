"""Entries encoded in blocks are the very bytes that one at a time gives; what cannot be encoded is refused."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certified import DAY, NOW
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.errors import InvalidInputError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.crl_builder import MAX_NUMBER, CRLBuilder, Revocation
from gmpki.x509.crl_encoding import encode_block
from gmpki.x509.names import build_name

KEY = SM2PrivateKey.generate()
LAST = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc).timestamp())
FIRST = int(datetime(1950, 1, 1, tzinfo=timezone.utc).timestamp())
TIMES = st.integers(FIRST, LAST)
REASONS = st.sampled_from([None, *(int(reason) for reason in ReasonCode if reason is not ReasonCode.REMOVE_FROM_CRL)])


def to_be_signed(entries: Any) -> bytes:
    builder = CRLBuilder(
        issuer=build_name(("CN", "示例根")), this_update=NOW, next_update=NOW + DAY, number=1, entries=entries
    )
    return builder.sign(KEY).tbs_der


def at(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)


@given(rows=st.lists(st.tuples(st.integers(1, MAX_NUMBER), TIMES, REASONS, st.none() | TIMES), max_size=5))
def test_blocks_are_what_single_entries_are(rows: list[tuple[int, int, int | None, int | None]]) -> None:
    single = [
        Revocation(serial, at(revoked), None if reason is None else ReasonCode(reason), at(invalid))  # type: ignore[arg-type]
        for serial, revoked, reason, invalid in rows
    ]
    block = encode_block(rows)
    assert block.entries == len(rows)
    assert to_be_signed([block]) == to_be_signed(single)
    assert to_be_signed([encode_block([row]) for row in rows]) == to_be_signed(single)


@pytest.mark.parametrize(
    "row",
    [
        (-1, 0, None, None),
        (1 << 160, 0, None, None),
        (1, LAST + 1, None, None),
        (1, 1 << 70, None, None),
        (1, -(1 << 70), None, None),
        (1, 0, 7, None),
        (1, 0, -1, None),
        (1, 0, 8, None),
        (1, 0, None, 1 << 70),
    ],
    ids=str,
)
def test_what_cannot_be_encoded(row: tuple[int, int, int | None, int | None]) -> None:
    with pytest.raises(InvalidInputError):
        encode_block([row])


def test_deltas_take_off() -> None:
    assert encode_block([(1, 0, 8, None)], is_delta=True).entries == 1
