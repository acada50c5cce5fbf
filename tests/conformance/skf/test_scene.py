"""What the checks of SKF share: an application of the suite's own is removed, whatever the driver does otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gmpki.conformance.model import Kind, Permission
from gmpki.conformance.recording import Recorder
from gmpki.conformance.skf.scene import SKFScene
from gmpki.conformance.target import Options, Target
from gmpki.errors import InvalidInputError


@pytest.mark.parametrize(
    ("function", "is_removed"),
    [(None, True), ("SKF_EnumApplication", True), ("SKF_DeleteApplication", False), ("SKF_DevAuth", False)],
    ids=["right", "no-list", "no-deletion", "no-authentication"],
)
def test_own_application_is_removed(
    function: str | None, is_removed: bool, right_driver: str, lacking: Callable[..., str]
) -> None:
    made: list[str] = []
    removed: list[str] = []
    target = Target(Kind.SKF, right_driver)
    with SKFScene(
        target, tuple(Permission), Options(), Recorder(), on_made=made.append, on_removed=removed.append
    ) as scene:
        name = scene.application_name
        if function is not None:
            lacking(function)
    assert made == [name]
    assert removed == ([name] if is_removed else [])


def test_one_that_is_gone_is_no_error(right_driver: str) -> None:
    removed: list[str] = []
    target = Target(Kind.SKF, right_driver)
    with SKFScene(target, tuple(Permission), Options(), Recorder(), on_removed=removed.append) as scene:
        scene.remove_application("GMPKI-nothing")
    assert removed == ["GMPKI-nothing"]


def test_applications_of_others_are_not_removed(right_driver: str) -> None:
    target = Target(Kind.SKF, right_driver)
    with (
        SKFScene(target, tuple(Permission), Options(), Recorder()) as scene,
        pytest.raises(InvalidInputError, match="only what the suite has made"),
    ):
        scene.remove_application("somebody's")
