"""A small log tampered with in every way there is; each way is found, and said to be where it is."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms import sm3
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, TamperedError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.protect.log_record import LogKey, Record
from gmpki.protect.log_seal import Checkpoint, Header
from gmpki.protect.log_verify import MAX_FINDINGS, Finding, LogReport, verify_log
from protect.log_scene import KEYS, OTHER, SIGNER, Clock, Keys, create, small_log

PUBLIC = (SIGNER.public_key,)
COUNT = 8  # the records of the small log
LAST_SEAL = 7


class Scene:
    """The lines of a log, and a file to put changed ones into."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "audit.log"
        self.lines = small_log(self.path)
        self.bytes = b"".join(self.lines)

    def checkpoint(self, number: int) -> Checkpoint:
        log_id = Header.of(Record.of_line(self.lines[0])).log_id
        return Checkpoint(log_id, number, sm3.digest(self.lines[number - 1]))

    def verify(self, data: bytes | list[bytes], **options: Any) -> LogReport:
        whole = data if isinstance(data, bytes) else b"".join(data)
        with open(self.path, "r+b") as file:  # to cut it off and write it anew takes longer than to verify it
            file.truncate(len(whole))
            file.write(whole)
        return verify_log(self.path, **({"keys": KEYS, "signers": PUBLIC} | options))

    def found(self, data: bytes | list[bytes], **options: Any) -> TamperedError:
        with pytest.raises(TamperedError) as caught:
            self.verify(data, **options)
        return caught.value

    def findings(self, data: bytes | list[bytes], **options: Any) -> list[tuple[str, int]]:
        report = self.verify(data, collect=True, **options)
        assert not report.ok
        assert report.checkpoint is None
        return [(finding.reason, finding.place) for finding in report.findings]

    def number_at(self, offset: int) -> int:
        """Return the number of the record that a byte belongs to."""
        ends = itertools.accumulate(len(line) for line in self.lines)
        return next(number for number, end in enumerate(ends, start=1) if offset < end)


SCENES: list[Scene] = []  # for tests that many examples are given, and no fixture
SEAL_WORDS = (
    "log=[0-9a-f]{30,34} part=[0-9]{1,2} key=(01){0,9} signer=[0-9a-f]{62,66} "
    "algorithm=[A-Za-z0-9+/=]{0,24} signature=.{0,20}"
)


@pytest.fixture(scope="module", autouse=True)
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    made = Scene(tmp_path_factory.mktemp("log"))
    SCENES[:] = [made]
    return made


def test_what_was_not_touched_is_in_order(scene: Scene) -> None:
    report = scene.verify(scene.lines)
    assert (report.first, report.last, report.entries, report.seals) == (1, COUNT, 5, 2)
    assert (report.sealed_through, report.unsealed, report.macs_verified) == (LAST_SEAL, 1, True)
    assert report.checkpoint == scene.checkpoint(COUNT)
    report.require()


@pytest.mark.once
def test_every_flipped_bit_is_found_in_its_record(scene: Scene) -> None:
    # Every bit of the first record, an entry and a seal; of the others, which have their forms, one bit of each byte.
    flips = [
        (offset, bit)
        for offset in range(len(scene.bytes))
        for bit in (range(8) if scene.number_at(offset) in (1, 2, 4) else (offset % 8,))
    ]
    for offset, bit in flips:
        changed = bytearray(scene.bytes)
        changed[offset] ^= 1 << bit
        error = scene.found(bytes(changed), signers=())
        assert error.place == scene.number_at(offset), (offset, bit, str(error))
        assert error.reason in ("changed", "torn", "no-key")
    assert len(flips) > 7000


@pytest.mark.once
def test_an_auditor_without_keys_finds_every_changed_byte_up_to_the_last_seal(scene: Scene) -> None:
    # The MAC of the seal itself is not under its signature; it does not need to be.
    before_mac = len(b"".join(scene.lines[: LAST_SEAL - 1]))
    end = len(b"".join(scene.lines[:LAST_SEAL]))
    found = 0
    for offset in (*range(before_mac), *range(before_mac + 64, end)):
        changed = bytearray(scene.bytes)
        changed[offset] ^= 1 << offset % 8
        error = scene.found(bytes(changed), keys=None)
        number = scene.number_at(offset)
        # What links a record to the one before may have been changed on either side; an end of line makes two one.
        last = number + (scene.bytes[offset] == ord("\n"))
        assert number - 1 <= error.place <= last, (offset, str(error))
        found += 1
    assert found > 1800


@pytest.mark.once
def test_every_replaced_byte_of_the_end_is_found(scene: Scene) -> None:
    start = len(scene.bytes) - 12
    for offset, value in itertools.product(range(start, len(scene.bytes)), range(256)):
        changed = bytearray(scene.bytes)
        if changed[offset] != value:
            changed[offset] = value
            assert scene.found(bytes(changed), signers=()).place == COUNT


@pytest.mark.parametrize("keys", [KEYS, None], ids=["with-keys", "auditor"])
@pytest.mark.parametrize("number", range(1, COUNT))
def test_every_removed_record_is_found(scene: Scene, number: int, keys: Keys | None) -> None:
    error = scene.found(scene.lines[: number - 1] + scene.lines[number:], keys=keys)
    assert error.place == number
    assert error.reason == ("removed" if number > 1 else "changed")


@pytest.mark.parametrize("keys", [KEYS, None], ids=["with-keys", "auditor"])
def test_every_removed_stretch_is_found(scene: Scene, keys: Keys | None) -> None:
    for start, end in itertools.combinations(range(1, COUNT), 2):
        error = scene.found(scene.lines[:start] + scene.lines[end:], keys=keys)
        assert (error.reason, error.place) == ("removed", start + 1)


@pytest.mark.parametrize("keys", [KEYS, None], ids=["with-keys", "auditor"])
def test_every_record_put_in_once_more_is_found(scene: Scene, keys: Keys | None) -> None:
    for copied, position in itertools.product(range(COUNT), range(COUNT + 1)):
        changed = [*scene.lines[:position], scene.lines[copied], *scene.lines[position:]]
        error = scene.found(changed, keys=keys)
        # Of two that are the same and follow each other, the second is one too many.
        assert error.place == position + 1 + (copied == position), (copied, position, str(error))
        assert error.reason in ("moved", "removed", "changed")


@pytest.mark.parametrize("keys", [KEYS, None], ids=["with-keys", "auditor"])
def test_every_two_exchanged_records_are_found(scene: Scene, keys: Keys | None) -> None:
    for first, second in itertools.combinations(range(COUNT), 2):
        changed = list(scene.lines)
        changed[first], changed[second] = changed[second], changed[first]
        assert scene.found(changed, keys=keys).place == first + 1


def test_every_order_of_five_records_but_the_right_one_is_found(scene: Scene) -> None:
    for order in itertools.permutations(range(1, 6)):
        changed = [scene.lines[0], *(scene.lines[index] for index in order), *scene.lines[6:]]
        if order == (1, 2, 3, 4, 5):
            assert scene.verify(changed).ok
        else:
            wrong = next(index for index, is_there in enumerate(order, start=1) if index != is_there)
            assert scene.found(changed).place == wrong + 1


@pytest.mark.parametrize("length", range(COUNT))
def test_every_truncation_is_found_with_a_checkpoint(scene: Scene, length: int) -> None:
    error = scene.found(scene.lines[:length], expected=scene.checkpoint(COUNT))
    assert (error.reason, error.place) == ("truncated", length + 1)


@pytest.mark.parametrize("length", range(1, COUNT))
def test_what_no_checkpoint_was_kept_of_can_be_cut_off_between_records(scene: Scene, length: int) -> None:
    # What is written in the module, and the reason for checkpoints.
    report = scene.verify(scene.lines[:length])
    assert report.last == length
    assert report.sealed_through == max((seal for seal in (4, 7) if seal <= length), default=None)


def test_every_truncation_within_a_record_is_found(scene: Scene) -> None:
    ends = set(itertools.accumulate(len(line) for line in scene.lines))
    for length in range(1, len(scene.bytes)):
        if length not in ends:
            error = scene.found(scene.bytes[:length], signers=())
            assert (error.reason, error.place) == ("torn", scene.number_at(length))


def test_an_empty_file_is_no_log(scene: Scene) -> None:
    assert (scene.found(b"").reason, scene.found(b"").place) == ("truncated", 1)


@pytest.mark.parametrize("number", range(1, COUNT + 1))
def test_a_checkpoint_of_each_record_holds(scene: Scene, number: int) -> None:
    assert scene.verify(scene.lines, expected=scene.checkpoint(number)).ok
    assert scene.verify(scene.lines, keys=None, expected=scene.checkpoint(number)).ok


@pytest.mark.parametrize("number", range(2, COUNT + 1))
def test_a_checkpoint_of_another_history_does_not(scene: Scene, number: int) -> None:
    real = scene.checkpoint(number)
    error = scene.found(scene.lines, expected=Checkpoint(real.log_id, number, bytes(32)))
    assert (error.reason, error.place) == ("rewritten", number)


def test_a_checkpoint_of_another_log(scene: Scene) -> None:
    real = scene.checkpoint(COUNT)
    error = scene.found(scene.lines, expected=Checkpoint(bytes(16), COUNT, real.head))
    assert (error.reason, error.place) == ("replaced", 1)


# ---- who has the MAC key, and not the signing key --------------------------------------------------------------------
def rewritten(lines: list[bytes], number: int, contents: bytes, *, fix_macs: bool = True) -> list[bytes]:
    """Change the contents of a record and make all that follows fit it again, as far as that takes no signature."""
    header = Header.of(Record.of_line(lines[0]))
    key = LogKey.of(KEYS, header.log_id, header.key_id)
    changed = lines[: number - 1]
    for line in lines[number - 1 :]:
        fields = line[:-1].split(b" ", 7)
        fields[6] = sm3.digest(changed[-1]).hex().encode()
        if len(changed) == number - 1:
            fields[7] = contents
        body = b" ".join(fields[1:])
        changed.append((key.mac(body) if fix_macs else fields[0]) + b" " + body + b"\n")
    return changed


@pytest.mark.parametrize("number", [2, 3, 5, 6])
def test_a_history_written_anew_with_the_mac_key_fails_at_the_next_seal(scene: Scene, number: int) -> None:
    changed = rewritten(scene.lines, number, b"=forged")
    seal = 4 if number < 4 else 7
    for keys in (KEYS, None):
        error = scene.found(changed, keys=keys)
        assert (error.reason, error.place) == ("seal", seal)
    assert scene.verify(changed, signers=()).ok  # the MAC key alone can do that


def test_a_history_written_anew_behind_the_last_seal_shows_with_a_checkpoint(scene: Scene) -> None:
    changed = rewritten(scene.lines, 8, b"=forged")
    assert scene.verify(changed).ok
    error = scene.found(changed, expected=scene.checkpoint(8))
    assert (error.reason, error.place) == ("rewritten", 8)


def test_digests_made_to_fit_without_the_mac_key(scene: Scene) -> None:
    changed = rewritten(scene.lines, 3, b"=forged", fix_macs=False)
    assert scene.found(changed).place == 3
    error = scene.found(changed, keys=None)  # an auditor knows between which seals
    assert (error.reason, error.place) == ("seal", 4)
    assert "between the beginning and here" in str(error)
    later = scene.found(rewritten(scene.lines, 6, b"=forged", fix_macs=False), keys=None)
    assert (later.place, "between record 4 and here" in str(later)) == (7, True)


def test_an_entry_behind_the_last_seal_is_nothing_that_an_auditor_can_judge(scene: Scene) -> None:
    report = scene.verify(rewritten(scene.lines, 8, b"=forged", fix_macs=False), keys=None)
    assert (report.unsealed, report.macs_verified) == (1, False)


@pytest.mark.parametrize("length", range(1, COUNT + 1))
def test_without_keys_and_seals_nothing_is_proved(scene: Scene, length: int) -> None:
    if length < 4:
        error = scene.found(scene.lines[:length], keys=None)
        assert (error.reason, error.place) == ("no-seal", 1)
        # A checkpoint proves what it stands for.
        assert scene.verify(scene.lines[:length], keys=None, expected=scene.checkpoint(length)).sealed_through is None
    else:
        assert scene.verify(scene.lines[:length], keys=None).sealed_through == (4 if length < 7 else 7)


def test_a_log_of_somebody_without_seals(scene: Scene, tmp_path: Path) -> None:
    """Whoever has no key at all can write lines whose digests fit, and leave out the seals."""
    entries_only = [scene.lines[0], *rewritten([scene.lines[0], scene.lines[1]], 2, b"=forged", fix_macs=False)[1:]]
    assert scene.found(entries_only, keys=None).reason == "no-seal"


def test_seals_of_another_key(scene: Scene, tmp_path: Path) -> None:
    error = scene.found(scene.lines, signers=(OTHER.public_key,))
    assert (error.reason, error.place) == ("seal", 4)
    assert "another key" in str(error)


def test_seals_of_two_logs_exchanged(scene: Scene, tmp_path: Path) -> None:
    other = small_log(tmp_path / "other.log")
    changed = [*scene.lines[:3], other[3], *scene.lines[4:]]
    assert scene.found(changed).place == 4
    assert scene.found(changed, keys=None).place in (3, 4)


def test_an_entry_of_another_log_with_the_same_keys(scene: Scene, tmp_path: Path) -> None:
    other = small_log(tmp_path / "other.log")
    assert scene.findings([*scene.lines[:4], other[4], *scene.lines[5:]]) == [("changed", 5)]


def test_two_histories_spliced(tmp_path: Path) -> None:
    """The file was copied, the log went on, and the copy went on as well: both have the right MACs."""
    path, copy = tmp_path / "audit.log", tmp_path / "copy"
    clock = Clock()
    with create(path, clock=clock) as log:
        log.append(b"common")
        copy.write_bytes(path.read_bytes())
        log.append(b"this")
        log.append(b"and this")
    real = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(copy.read_bytes())
    from protect.log_scene import reopen

    with reopen(path, clock=clock) as log:
        log.append(b"that")
        log.append(b"and that")
    other = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*real[:3], other[3]]))
    with pytest.raises(TamperedError) as caught:
        verify_log(path, keys=KEYS)
    assert (caught.value.reason, caught.value.place) == ("spliced", 4)


@given(st.binary(max_size=60).filter(lambda data: b"\n" not in data) | st.from_regex(SEAL_WORDS, fullmatch=True))
def test_any_contents_of_a_seal_are_refused(contents: bytes | str) -> None:
    """An auditor reads what anybody may have written, digests that fit included."""
    scene = SCENES[0]
    raw = contents if isinstance(contents, bytes) else contents.encode()
    error = scene.found(rewritten(scene.lines, 4, raw, fix_macs=False), keys=None)
    assert (error.reason, error.place) == ("seal", 4)


@given(st.binary(max_size=200))
def test_any_bytes_behind_a_log_are_found(data: bytes) -> None:
    scene = SCENES[0]
    if data:
        assert scene.found(scene.bytes + data).place == COUNT + 1


# ---- several things at once ------------------------------------------------------------------------------------------
def test_each_of_several_is_told(scene: Scene) -> None:
    lines = list(scene.lines)
    lines[1] = lines[1].replace(b"=one", b"=two")
    lines[7] = lines[7].replace(b"=five", b"=nine")
    del lines[4]
    assert scene.findings(lines) == [("changed", 2), ("removed", 5), ("changed", 8)]


def test_lines_that_are_no_records(scene: Scene) -> None:
    for junk in (b"\n", b"junk\n", b"\0" * 100 + b"\n", b" " + scene.lines[2], b"\xff" * 3_000_000 + b"\n"):
        assert scene.findings([*scene.lines[:3], junk, *scene.lines[3:]]) == [("changed", 4)]


def test_findings_are_bounded(scene: Scene) -> None:
    report = scene.verify(scene.bytes + b"junk\n" * 1000, collect=True)
    assert (len(report.findings), report.finding_count) == (MAX_FINDINGS, 1000)
    assert report.findings[0] == Finding("changed", 9, str(scene.path), 9, "this is not the line of a record")
    with pytest.raises(TamperedError, match=r"record 9 .*line 9") as caught:
        report.require()
    assert caught.value.place == 9


def test_the_wrong_keys(scene: Scene) -> None:
    assert scene.found(scene.lines, keys=Keys(b"\x02" * 8)).reason == "no-key"

    class Lying(Keys):
        def mac_key(self, purpose: str, key_id: Any = None) -> bytes:
            return super().mac_key(purpose + "s", key_id)

    assert (scene.found(scene.lines, keys=Lying()).reason, scene.found(scene.lines, keys=Lying()).place) == (
        "changed",
        1,
    )


def test_entries_are_told_in_their_order(scene: Scene) -> None:
    seen: list[tuple[int, bytes]] = []
    steps: list[tuple[int, int]] = []
    report = scene.verify(
        scene.lines,
        on_entry=lambda record: seen.append((record.number, record.data)),
        progress=lambda *step: steps.append(step),
    )
    assert seen == [(2, b"one"), (3, "二".encode()), (5, b"\x00\xff"), (6, b""), (8, b"five")]
    assert report.entries == len(seen)
    assert steps[-1] == (len(scene.bytes), len(scene.bytes))
    assert len(steps) == COUNT


@pytest.mark.parametrize(
    "options",
    [
        {"keys": None, "signers": ()},
        {"keys": b"key"},
        {"signers": 5},
        {"signers": [b"key"]},
        {"signers": [SIGNER]},
        {"expected": "gmpki-log"},
    ],
    ids=str,
)
def test_arguments_that_make_no_sense(scene: Scene, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        scene.verify(scene.lines, **options)


@pytest.mark.parametrize("source", [b"audit.log", 5, None, [], [5], "a\0b", ""], ids=repr)
def test_sources_that_make_no_sense(source: Any) -> None:
    with pytest.raises(InvalidInputError):
        verify_log(source, keys=KEYS)


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        verify_log(tmp_path / "audit.log", keys=KEYS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["", "gmpki-log", "gmpki-log 00 1 00", "gmpki-log " + "0" * 32 + " 0 " + "0" * 64, "GMPKI-LOG " + "0" * 32],
)
def test_texts_that_are_no_checkpoint(text: str) -> None:
    with pytest.raises(GmpkiError):
        Checkpoint.from_text(text)


def test_a_checkpoint_as_text(scene: Scene) -> None:
    made = scene.checkpoint(5)
    assert Checkpoint.from_text(f"  {made}\n") == made
    with pytest.raises(InvalidTypeError):
        Checkpoint.from_text(b"gmpki-log")  # type: ignore[arg-type]
    for wrong in (
        (b"short", 1, bytes(32)),
        (bytes(16), 0, bytes(32)),
        (bytes(16), 1, b""),
        (bytes(16), "1", bytes(32)),
    ):
        with pytest.raises(InvalidInputError):
            Checkpoint(*wrong)  # type: ignore[arg-type]


def test_a_key_of_another_algorithm_seals(tmp_path: Path) -> None:
    from gmpki.keys.ecdsa import ECDSAPrivateKey

    for signer in (ECDSAPrivateKey.generate(), SM2PrivateKey.generate()):
        path = tmp_path / type(signer).__name__
        lines = small_log(path, signer=signer)
        assert verify_log(path, signers=[signer.public_key]).seals == 2
        path.write_bytes(b"".join(lines).replace(b"signature=", b"signature=A", 1))
        with pytest.raises(TamperedError):
            verify_log(path, signers=[signer.public_key])
