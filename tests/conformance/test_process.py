"""What a run and its children tell each other, and children that tell something else."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace

import pytest

from gmpki.conformance import Kind, Options, Permission, Target, process
from gmpki.conformance.call_slots import CallSlots, slots_file
from gmpki.conformance.group_run import Hand
from gmpki.conformance.process import ChildProcess
from gmpki.conformance.wire import Task, line, message
from gmpki.errors import InvalidInputError, StateError

TARGET = Target(Kind.SKF, "driver.so", user_pin=b"31415926", admin_pin=b"\x00\xff", device_key=bytes(range(16)))


def task(slots: int = 3) -> Task:
    return Task(TARGET, frozenset({Permission.INIT, Permission.LOCK}), Options(), slots, ("SKF-A-001",), ("GMPKI-1",))


# ---- messages -----------------------------------------------------------------------------
def test_a_task_arrives_as_it_was_sent() -> None:
    assert Task.from_json(message(line(task().to_json()))) == task()


def test_a_task_does_not_show_what_is_secret() -> None:
    shown = repr(task())
    assert "31415926" not in shown
    assert repr(bytes(range(16))) not in shown


@pytest.mark.parametrize("text", [b"", b"\n", b"5\n", b"[]\n", b"{\n", b"\xff\n", b"[" * 100_000])
def test_no_message(text: bytes) -> None:
    with pytest.raises(InvalidInputError):
        message(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("target", None),
        ("target", {}),
        ("permissions", ["all"]),
        ("permissions", 5),
        ("options", {"more": 1}),
        ("slots", "three"),
        ("checks", 5),
        ("remove", None),
    ],
)
def test_no_task(name: str, value: object) -> None:
    with pytest.raises(InvalidInputError):
        Task.from_json({**task().to_json(), name: value})


# ---- slots --------------------------------------------------------------------------------
def test_another_process_sees_which_calls_run() -> None:
    with slots_file() as descriptor, CallSlots(descriptor) as mine, CallSlots(os.dup(descriptor)) as other:
        inside, leave = threading.Event(), threading.Event()

        def wait() -> None:
            mine.begin("SKF_WaitForDevEvent")
            inside.set()
            leave.wait(10)
            mine.end()

        thread = threading.Thread(target=wait)
        thread.start()
        inside.wait(10)
        mine.begin("SKF_EnumDev")
        assert other.running() == ("SKF_EnumDev", "SKF_WaitForDevEvent")
        mine.end()
        assert other.running() == ("SKF_WaitForDevEvent",)
        leave.set()
        thread.join()
        assert other.running() == ()


def test_names_that_are_too_long_are_cut() -> None:
    with slots_file() as descriptor, CallSlots(descriptor) as slots:
        slots.begin("SKF_" + "x" * 100)
        assert slots.running() == ("SKF_" + "x" * 58,)
        slots.begin("A")
        assert slots.running() == ("A",)


def test_the_last_call_is_known_when_it_has_returned() -> None:
    with slots_file() as descriptor, CallSlots(descriptor) as mine, CallSlots(os.dup(descriptor)) as other:
        assert other.last == ""
        for function in ("SKF_DigestFinal", "SKF_Digest"):
            mine.begin(function)
            assert other.last == function
            mine.end()
            assert (other.last, other.running()) == (function, ())


def test_an_end_without_a_beginning() -> None:
    with slots_file() as descriptor, CallSlots(descriptor) as slots:
        slots.end()
        assert slots.running() == ()


# ---- children -----------------------------------------------------------------------------
def told(monkeypatch: pytest.MonkeyPatch, program: str, wait_s: float = 20) -> tuple[list[dict[str, object]], Hand]:
    """What a program in the place of a child tells, and what has become of it."""
    monkeypatch.setattr(process, "_START", "import sys, os, time; task = sys.stdin.buffer.readline(); " + program)
    monkeypatch.setattr("gmpki.conformance.group_run._SCENE_S", wait_s)
    hand = Hand(task, threading.Event(), {"SKF-A-001": 60.0})
    return list(hand.messages()), hand


def fate(hand: Hand) -> str:
    assert hand.fate is not None
    return hand.fate.en


def test_a_child_gets_its_secrets_by_the_pipe_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import json; shown = open('/proc/self/cmdline').read() + open('/proc/self/environ').read(); "
        "print(json.dumps({'made': str('3141' + '5926' in shown)})); "
        "print(json.dumps({'removed': str(b'3331343135393236' in task)}))"
    )
    messages, _ = told(monkeypatch, program)
    assert messages == [{"made": "False"}, {"removed": "True"}]


@pytest.mark.parametrize("text", ["no message", "5", "[1]", "{"])
def test_what_is_no_message_ends_the_child(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    began = time.monotonic()
    messages, hand = told(monkeypatch, f"print({text!r}, flush=True); time.sleep(60)")
    assert messages == []
    assert fate(hand) == "the driver crashed: SIGKILL"
    assert time.monotonic() - began < 20


def test_a_child_that_closes_its_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    messages, hand = told(monkeypatch, "os.closerange(0, 50); os._exit(7)")
    assert messages == []
    assert fate(hand) == "the driver ended the process, with code 7"


def test_a_child_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _, hand = told(monkeypatch, "time.sleep(60)", wait_s=0.3)
    assert fate(hand) == "the driver did not return in time"


def test_a_child_whose_results_are_taken_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not late itself, whatever it does meanwhile."""
    program = (
        'print(\'{"made": "1"}\\n{"removed": "1"}\', flush=True); time.sleep(1.5); '
        "print('{\"done\": true}', flush=True)"
    )
    monkeypatch.setattr(process, "_START", f"import time; {program}")
    monkeypatch.setattr("gmpki.conformance.group_run._SCENE_S", 1.0)
    hand = Hand(task, threading.Event(), {})
    messages = hand.messages()
    assert next(messages) == {"made": "1"}
    time.sleep(1.1)
    assert list(messages) == [{"removed": "1"}]
    assert hand.fate is None


def test_a_child_that_is_done_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    _, hand = told(monkeypatch, "print('{\"done\": true}', flush=True); time.sleep(60)")
    assert hand.fate is None
    assert time.monotonic() - began < 20


def test_what_it_prints_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    _, hand = told(monkeypatch, "sys.stderr.write('x' * 1_000_000 + 'the end\\x1b 31415926'); os.abort()")
    assert hand.ending is not None
    assert hand.ending.output.endswith("the end  ***")
    assert len(hand.ending.output) <= 4096
    assert fate(hand) == "the driver crashed: SIGABRT"


def test_a_mistake_of_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StateError, match="in SKF-A-001:\nsuch a mistake"):
        told(monkeypatch, 'print(\'{"begin": "SKF-A-001"}\'); print(\'{"bug": "such a mistake"}\', flush=True)')


def test_a_context_that_is_left_early_ends_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_START", "import time; print('{}', flush=True); time.sleep(60)")
    with ChildProcess(task) as child:
        assert child.message(10) == {}
        pid = child._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_half_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is printed the last is kept, and a PIN may stand where it begins."""
    _, hand = told(monkeypatch, "sys.stderr.write('31415926' + 'x' * (4096 - 4)); sys.stderr.flush(); os.abort()")
    assert hand.ending is not None
    assert "5926" not in hand.ending.output


@pytest.mark.parametrize("shown", ["task.hex()", "'33 31 34 31 35 39 32 36'"], ids=["all", "dump"])
def test_a_dump_of_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch, shown: str) -> None:
    _, hand = told(monkeypatch, f"sys.stderr.write({shown}); sys.stderr.flush(); os.abort()")
    assert hand.ending is not None
    assert "3331343135393236" not in hand.ending.output
    assert "33 31 34 31" not in hand.ending.output


def test_a_mistake_of_the_suite_tells_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StateError) as raised:
        told(monkeypatch, 'print(\'{"bug": "KeyError: 31415926"}\', flush=True)')
    assert "31415926" not in str(raised.value)


def test_no_child_leaves_its_memory_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor what it starts, which has its limits."""
    program = (
        "import resource; from gmpki.conformance import child; "
        "child._do = lambda task, slots, stopping, send, notes: "
        "send(removed=str(resource.getrlimit(resource.RLIMIT_CORE))); child.main()"
    )
    monkeypatch.setattr(process, "_START", f"import sys, json; sys.path[:] = json.loads(sys.argv[1]); {program}")
    assert list(Hand(lambda slots: replace(task(slots), slots=slots), threading.Event(), {}).messages()) == [
        {"removed": "(0, 0)"}
    ]
