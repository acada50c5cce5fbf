"""The outside certificates, requests and revocation lists evaluate as their index says, in both reading modes."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import outside_data
from fuzz import seeds
from gmpki.asn1.quirks import QuirkKind
from objects.judge import Collection, Entry, Judgement, read_index


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


# ---- the judge itself: it sees where an object is not what the index says -----------------------
ROOT = seeds.root().to_der()
SUB = seeds.sub().to_der()
DEFAULT = "valid(id=1234567812345678)"


def judged(folder: Path, evaluates_to: str, data: bytes = SUB, note: str = " ", *others: bytes) -> Judgement:
    """Judge one object of a folder of its own."""
    (folder / "one.der").write_bytes(data)
    lines = ["file\tkind\tevaluates_to\tsource\tnote\tsha256", f"one.der\tcertificate\t{evaluates_to}\ts\t{note}\th"]
    for number, other in enumerate(others):
        (folder / f"{number}.der").write_bytes(other)
        lines.append(f"{number}.der\tcertificate\tself-signed {DEFAULT}\ts\t \th")
    (folder / "INDEX.tsv").write_text("\n".join(lines), encoding="utf-8")
    collection = Collection(read_index(folder))
    return collection.judge(collection.entries[0])


def test_what_is_as_listed(tmp_path: Path) -> None:
    assert judged(tmp_path, DEFAULT, SUB, " ", ROOT).problems == []
    assert judged(tmp_path, f"self-signed {DEFAULT}", ROOT).problems == []
    assert judged(tmp_path, "issuer not in set").problems == []
    # Without its issuer nothing can be said against it.
    assert judged(tmp_path, "valid(id=empty)").problems == []


@pytest.mark.parametrize(
    ("evaluates_to", "data", "note"),
    [
        ("valid(id=empty)", SUB, " "),
        ("invalid", SUB, " "),
        ("valid(noZ: e=SM3(M))", SUB, " "),
        (DEFAULT, SUB[:-1] + bytes((SUB[-1] ^ 1,)), " "),
        (DEFAULT, SUB[:-1], " "),
        (DEFAULT, SUB, "NULL subject"),
        (f"self-signed {DEFAULT}", SUB, " "),
    ],
    ids=["another id", "not invalid", "with Z", "damaged", "truncated", "no NULL", "not self-signed"],
)
def test_what_is_not_as_listed(tmp_path: Path, evaluates_to: str, data: bytes, note: str) -> None:
    assert judged(tmp_path, evaluates_to, data, note, ROOT).problems != []


def test_quirks_are_named(tmp_path: Path) -> None:
    """The last element before the signature is its algorithm: NULL parameters make it and the whole longer."""
    algorithm = bytes.fromhex("300A06082A811CCF55018375")
    assert SUB.count(algorithm) == 2
    with_null = bytes.fromhex("300C06082A811CCF550183750500")
    at = SUB.rindex(algorithm)
    body = SUB[4:at] + with_null + SUB[at + len(algorithm) :]
    found = judged(tmp_path, DEFAULT, b"\x30\x82" + len(body).to_bytes(2, "big") + body, " ", ROOT)
    assert found.has(QuirkKind.NULL_PARAMETERS)
    assert not found.strict
