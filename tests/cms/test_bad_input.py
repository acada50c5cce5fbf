"""The table of bad inputs: each is a good message spoilt in one way, is refused, and says why by an error of its own.

Other test files go deeper into each kind; this is the list of what is promised to be noticed.
"""

from __future__ import annotations

import pytest

from cms.bad_envelopes import ENVELOPES
from cms.bad_rows import KINDS, Row, structure_rows
from cms.bad_signatures import SIGNED
from cms.bad_stores import BELOW
from cms.bad_timestamps import STAMPS
from gmpki.errors import DecryptionError, GmpkiError

TABLE: list[Row] = [*structure_rows(), *SIGNED, *STAMPS, *ENVELOPES, *BELOW]


@pytest.mark.parametrize("kind", KINDS)
def test_the_good_ones_are_good(kind: str) -> None:
    assert KINDS[kind].read(KINDS[kind].good)


@pytest.mark.parametrize("row", TABLE, ids=[row.id for row in TABLE])
def test_refused(row: Row) -> None:
    with pytest.raises(GmpkiError) as caught:
        row.call()
    error = caught.value
    assert type(error) is row.error, (row.how, error)
    assert row.says == getattr(error, "reason", None) or row.says in str(error), (row.how, error)


def test_the_table() -> None:
    """Every row has a name of its own, tells how it is made, and names a reason or a phrase."""
    names = [row.id for row in TABLE]
    assert sorted(names) == sorted(set(names))
    assert all(row.how and row.says for row in TABLE)
    uniform = [row for row in TABLE if row.id.startswith("uniform:")]
    assert {(row.error, row.says) for row in uniform} == {(DecryptionError, DecryptionError.MESSAGE)}
    assert len(TABLE) == 295
