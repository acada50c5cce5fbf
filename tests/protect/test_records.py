"""Tags of records and seals over tables: the formats, and that every change is found and located."""

from __future__ import annotations

import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki.algorithms.sm3 import digest, sm3
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    TamperedError,
    UnknownKeyError,
    UnsupportedAlgorithm,
)
from gmpki.protect import KeyRing, RecordTagger, TableDifference, TableSealer, records
from gmpki.protect.canonical import encode

RING = KeyRing.generate()
TAGGER = RecordTagger(RING, "grants")
RECORD = {"user": "zhangsan", "role": "clerk", "level": 3, "note": None}
TAG = TAGGER.tag(RECORD, 7)


class TestTags:
    def test_format(self) -> None:
        header = b"GMPR\x01\x01" + RING.primary_id
        data = header + encode(["gmpki record 1", "grants", [7], RECORD])
        assert header + hmac.new(RING.mac_key("gmpki record"), data, sm3).digest() == TAG
        assert len(TAG) == 46

    def test_holds(self) -> None:
        TAGGER.verify(TAG, RECORD, 7)
        TAGGER.verify(bytearray(TAG), dict(reversed(RECORD.items())), (7,))

    @pytest.mark.parametrize(
        ("change", "row"),
        [
            ({"role": "admin"}, 7),
            ({"level": "3"}, 7),
            ({"level": True}, 7),
            ({"note": ""}, 7),
            ({"more": None}, 7),
            ({"user": "clerk", "role": "zhangsan"}, 7),
            ({}, 8),
            ({}, "7"),
            ({}, (7, 7)),
        ],
    )
    def test_changes(self, change: dict[str, Any], row: Any) -> None:
        with pytest.raises(TamperedError, match="of grants is not as it was tagged") as caught:
            TAGGER.verify(TAG, {**RECORD, **change}, row)
        assert caught.value.reason == "changed"
        assert caught.value.place is not None

    def test_removed_column(self) -> None:
        with pytest.raises(TamperedError):
            TAGGER.verify(TAG, {name: value for name, value in RECORD.items() if name != "note"}, 7)

    def test_other_table(self) -> None:
        with pytest.raises(TamperedError):
            RecordTagger(RING, "users").verify(TAG, RECORD, 7)

    def test_untagged(self) -> None:
        with pytest.raises(TamperedError, match="has no tag") as caught:
            TAGGER.verify(None, RECORD, 7)
        assert (caught.value.reason, caught.value.place) == ("untagged", "7")

    def test_every_bit_of_the_tag(self) -> None:
        for at in range(len(TAG)):
            for bit in range(8):
                changed = bytearray(TAG)
                changed[at] ^= 1 << bit
                with pytest.raises((TamperedError, DecodeError, UnknownKeyError, UnsupportedAlgorithm)):
                    TAGGER.verify(changed, RECORD, 7)

    def test_lengths(self) -> None:
        for length in range(len(TAG)):
            with pytest.raises(DecodeError):
                TAGGER.verify(TAG[:length], RECORD, 7)
        with pytest.raises(DecodeError, match="46 bytes"):
            TAGGER.verify(TAG + b"\0", RECORD, 7)

    def test_rotation(self) -> None:
        ring = RING.rotated()
        tagger = RecordTagger(ring, "grants")
        tagger.verify(TAG, RECORD, 7)
        assert not tagger.is_current(TAG)
        assert tagger.is_current(tagger.tag(RECORD, 7))
        with pytest.raises(UnknownKeyError):
            TAGGER.verify(tagger.tag(RECORD, 7), RECORD, 7)

    def test_old_tag_under_the_id_of_a_new_key(self) -> None:
        ring = RING.rotated()
        moved = TAG[:6] + ring.primary_id + TAG[14:]
        with pytest.raises(TamperedError):
            RecordTagger(ring, "grants").verify(moved, RECORD, 7)

    def test_records_without_encoding(self) -> None:
        for record in ({"a": 1.5}, {"a": "e\u0301"}, {1: 1}, None, [("a", 1)], "text"):
            with pytest.raises(InvalidInputError):
                TAGGER.tag(record, 7)  # type: ignore[arg-type]

    def test_hostile_values(self) -> None:
        list(hostile.results(TAGGER.tag, (RECORD, 7)))
        list(hostile.results(TAGGER.verify, (TAG, RECORD, 7)))
        list(hostile.results(TAGGER.is_current, (TAG,)))
        list(hostile.results(RecordTagger, (RING, "grants")))

    @given(st.dictionaries(st.sampled_from("abc"), st.none() | st.integers() | st.binary(max_size=3), max_size=3))
    def test_any_record(self, record: dict[str, Any]) -> None:
        TAGGER.verify(TAGGER.tag(record, 1), record, 1)


SEALER = TableSealer(RING, "grants")
ROWS: list[tuple[Any, dict[str, Any]]] = [(n, {"user": f"u{n}", "role": "clerk"}) for n in range(1, 6)]
SEAL = SEALER.seal(ROWS, number=4)


class TestSeals:
    def test_format(self) -> None:
        key = RING.mac_key("gmpki table")
        entries = []
        for row, record in ROWS:
            mac = hmac.new(key, encode(["gmpki table row 1", "grants", [row], record]), sm3).digest()
            entries.append(digest(encode([row])) + mac + b"\x01" + str(row).encode())
        content = b"GMPT\x01\x01" + RING.primary_id + bytes(7) + b"\x04" + b"\0\0\0\x05" + b"".join(sorted(entries))
        assert content + hmac.new(key, encode(["gmpki table 1", "grants"]) + content, sm3).digest() == SEAL

    def test_holds_in_any_order(self) -> None:
        assert SEALER.verify(SEAL, ROWS) == 4
        assert SEALER.verify(SEAL, iter(ROWS[::-1]), minimum_number=4) == 4

    def test_empty_table(self) -> None:
        seal = SEALER.seal([], number=0)
        assert SEALER.verify(seal, []) == 0
        assert SEALER.differences(seal, ROWS[:1]) == (TableDifference("1", "added"),)

    @pytest.mark.parametrize(
        ("rows", "reason", "place"),
        [
            (ROWS[1:], "removed", "1"),
            (ROWS[:-1], "removed", "5"),
            ([], "removed", "1"),
            ([*ROWS, (6, ROWS[0][1])], "added", "6"),
            ([*ROWS, ("1", ROWS[0][1])], "added", "'1'"),
            ([*ROWS[:2], (3, {"user": "u3", "role": "admin"}), *ROWS[3:]], "changed", "3"),
            ([(1, ROWS[1][1]), (2, ROWS[0][1]), *ROWS[2:]], "changed", "1"),
        ],
    )
    def test_changes_are_located(self, rows: Any, reason: str, place: str) -> None:
        with pytest.raises(TamperedError, match=f"was {reason}") as caught:
            SEALER.verify(SEAL, rows)
        assert (caught.value.reason, caught.value.place) == (reason, place)

    def test_all_differences(self) -> None:
        rows = [(2, {"user": "u2", "role": "admin"}), *ROWS[2:], (9, {})]
        assert SEALER.differences(SEAL, rows) == (("1", "removed"), ("2", "changed"), ("9", "added"))
        with pytest.raises(TamperedError, match="and 2 more"):
            SEALER.verify(SEAL, rows)

    def test_outdated(self) -> None:
        with pytest.raises(TamperedError, match="number 4; at least 5") as caught:
            SEALER.verify(SEAL, ROWS, minimum_number=5)
        assert caught.value.reason == "outdated"

    def test_other_table_and_ring(self) -> None:
        with pytest.raises(TamperedError, match="the seal of users"):
            TableSealer(RING, "users").verify(SEAL, ROWS)
        with pytest.raises(UnknownKeyError):
            TableSealer(KeyRing.generate(), "grants").verify(SEAL, ROWS)
        assert TableSealer(RING.rotated(), "grants").verify(SEAL, ROWS) == 4

    def test_every_byte_of_the_seal(self) -> None:
        for at in range(len(SEAL)):
            changed = bytearray(SEAL)
            changed[at] ^= 0x01
            with pytest.raises((TamperedError, DecodeError, UnknownKeyError, UnsupportedAlgorithm)):
                SEALER.verify(changed, ROWS)

    def test_truncations(self) -> None:
        for length in range(len(SEAL)):
            with pytest.raises((TamperedError, DecodeError)):
                SEALER.verify(SEAL[:length], ROWS)

    def test_rows_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(InvalidInputError, match="stands twice"):
            SEALER.seal([*ROWS, ROWS[0]], number=1)
        for rows in (None, 3, [3], [(1,)], [(None, {})], [(1, None)], "text"):
            with pytest.raises(InvalidTypeError):
                SEALER.seal(rows, number=1)  # type: ignore[arg-type]
        for number in (-1, 1 << 64, None, "1"):
            with pytest.raises(InvalidInputError, match="number"):
                SEALER.seal(ROWS, number=number)  # type: ignore[arg-type]
        monkeypatch.setattr(records, "MAX_ROWS", 4)
        with pytest.raises(LimitExceeded):
            SEALER.seal(ROWS, number=1)

    def test_hostile_values(self) -> None:
        list(hostile.results(lambda rows, number: SEALER.seal(rows, number=number), (ROWS, 1)))
        list(hostile.results(SEALER.differences, (SEAL, ROWS)))
        list(hostile.results(lambda n: SEALER.verify(SEAL, ROWS, minimum_number=n), (1,)))
        with pytest.raises(GmpkiError):
            TableSealer(None, "t")  # type: ignore[arg-type]
