"""The outside certificates, requests and revocation lists evaluate as their index says, in both reading modes."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import outside_data
from objects.judge import Collection, Entry, read_index


def entries() -> list[Entry]:
    """Return the entries of the index; none where the folder is absent."""
    folder = outside_data()
    return read_index(folder) if (folder / "INDEX.tsv").is_file() else []


@pytest.fixture(scope="module")
def collection(test_data: Path) -> Collection:
    """Give the objects as one set, in which issuers are found."""
    return Collection(read_index(test_data))


def test_the_index_is_read(test_data: Path) -> None:
    assert len(read_index(test_data)) > 0


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_object(collection: Collection, entry: Entry) -> None:
    assert collection.judge(entry).problems == []
