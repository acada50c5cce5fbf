"""Certificates, requests, revocation lists, messages and seals of others evaluate as their index says."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import outside_data
from fuzz import message_seeds, seeds
from gmpki.asn1.quirks import QuirkKind
from gmpki.cms import SignerSpec, sign
from gmpki.keys.sm2 import SignatureEncoding
from objects.judge import Collection, read_index
from objects.judgement import Entry, Judgement
from objects.message_judge import judge_message
from objects.seal_judge import judge_seal
from seal import samples
from seal.forging import forge
from seal.ofd import packages


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


# ---- messages -----------------------------------------------------------------------------------
def message(*, attributes: bool = False, detached: bool = False) -> bytes:
    spec = SignerSpec(seeds.LEAF_KEY, message_seeds.signer(), attributes=attributes)
    return sign(message_seeds.CONTENT, spec, detached=detached)


def listed(*judged: str, attributes: bool = False) -> str:
    """Return what the index says of a message of one signer."""
    return f"CMS outer=1.2.156.10197.6.1.4.2.2 signers=[('1.2.156.10197.1.301.1', {attributes}, {list(judged)}, [])]"


def judged_message(folder: Path, evaluates_to: str, data: bytes) -> Judgement:
    path = folder / "one.der"
    path.write_bytes(data)
    return judge_message(Entry(path, "cms", evaluates_to, ""))


CONTENT_HOLDS = f"content:{DEFAULT}"
MESSAGE = message()
DAMAGED = MESSAGE[:-1] + bytes((MESSAGE[-1] ^ 1,))


def test_messages_as_listed(tmp_path: Path) -> None:
    assert judged_message(tmp_path, listed(CONTENT_HOLDS), message()).problems == []
    assert judged_message(tmp_path, listed(CONTENT_HOLDS, attributes=True), message(attributes=True)).problems == []
    assert judged_message(tmp_path, listed("detached"), message(detached=True)).problems == []
    assert judged_message(tmp_path, listed("content:invalid"), DAMAGED).problems == []


@pytest.mark.parametrize(
    ("evaluates_to", "data"),
    [
        (listed("detached"), message()),
        (listed(CONTENT_HOLDS), message(detached=True)),
        (listed(CONTENT_HOLDS), message(attributes=True)),
        (listed(CONTENT_HOLDS), DAMAGED),
        (listed(CONTENT_HOLDS), MESSAGE[:-1]),
        (listed(CONTENT_HOLDS).replace("301.1", "301"), message()),
    ],
    ids=["not detached", "detached", "attributes", "damaged", "truncated", "another algorithm"],
)
def test_messages_not_as_listed(tmp_path: Path, evaluates_to: str, data: bytes) -> None:
    assert judged_message(tmp_path, evaluates_to, data).problems != []


# ---- seals and what is sealed -------------------------------------------------------------------
NAMED = "Doc_0/Signs/Sign_0/Signature.xml"
PAGE = "Doc_0/Pages/Page_0/Content.xml"
SEAL = samples.seal().der
SIGNED = forge(samples.seal(), samples.signer())
RAW = forge(
    samples.seal(), samples.signer(), sign=lambda data: samples.signer().key.sign(data, encoding=SignatureEncoding.RAW)
)


def other_end(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


def judged_seal(folder: Path, evaluates_to: str, data: bytes) -> Judgement:
    path = folder / "one.dat"
    path.write_bytes(data)
    return judge_seal(Entry(path, "seal or sealed OFD", evaluates_to, ""))


def test_seals_as_listed(tmp_path: Path) -> None:
    for verdict, data in (
        ("-: VALID", SEAL),
        ("-: VALID", SIGNED),
        ("-: VALID", RAW),
        ("-: INVALID", other_end(SEAL)),
        ("-: INVALID", other_end(SIGNED)),
        (f"{NAMED}: VALID (refs ok=9 bad=0 [])", packages.sealed()),
        (f"{NAMED}: INVALID (refs ok=8 bad=1 ['{PAGE}'])", packages.changed(packages.sealed(), {PAGE: b"<x/>"})),
    ):
        assert judged_seal(tmp_path, verdict, data).problems == []


def test_what_lenient_reading_names(tmp_path: Path) -> None:
    found = judged_seal(tmp_path, "-: VALID", RAW)
    assert not found.strict
    assert found.has(QuirkKind.RAW_SIGNATURE)


@pytest.mark.parametrize(
    ("evaluates_to", "data"),
    [
        ("-: INVALID", SEAL),
        ("-: VALID", other_end(SEAL)),
        ("-: VALID", SEAL[:-1]),
        ("-: INVALID", SEAL[:-1]),
        ("-: INVALID", SIGNED),
        ("-: VALID", other_end(SIGNED)),
        ("-: VALID", packages.sealed()),
        (f"{NAMED}: VALID (refs ok=8 bad=0 [])", packages.sealed()),
        (f"{NAMED}: VALID (refs ok=9 bad=0 [])", packages.changed(packages.sealed(), {PAGE: b"<x/>"})),
        (f"{NAMED}: VALID (refs ok=9 bad=0 [])", packages.sealed()[:-1]),
    ],
    ids=[
        *("not invalid", "damaged seal", "truncated seal", "no seal", "signature not invalid", "damaged signature"),
        *("no package", "other references", "changed page", "truncated package"),
    ],
)
def test_seals_not_as_listed(tmp_path: Path, evaluates_to: str, data: bytes) -> None:
    assert judged_seal(tmp_path, evaluates_to, data).problems != []
