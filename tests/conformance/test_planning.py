"""What a run will do, said beforehand."""

from __future__ import annotations

import pytest

from conformance.tiny_group import installed
from gmpki.conformance import Kind, Options, Permission, Plan, Target, plan, planning, registry
from gmpki.errors import InvalidInputError, InvalidTypeError


def planned(*permissions: Permission, kind: Kind = Kind.SKF, **named: object) -> Plan:
    with installed():
        return plan(Target(kind, "driver.so", **named), permissions)  # type: ignore[arg-type]


def said(found: Plan) -> str:
    assert all(line.en and line.zh for line in found.lines)
    return "\n".join(line.en for line in found.lines)


def test_reading_only() -> None:
    found = planned()
    assert found.lines[0].en == "Reads the token and changes nothing on it."
    assert {check.id for check in found.not_permitted} == {"SKF-TINY-006", "SKF-TINY-007", "SKF-TINYB-007"}
    assert len(found.to_run) == 11
    assert "Does not run 1 checks: it takes --allow-write." in said(found)
    assert "Does not run 1 checks: it takes --allow-lock --allow-init." in said(found)


def test_everything() -> None:
    text = said(planned(*Permission))
    assert "named GMPKI-" in text
    assert "the device key that products are delivered with" in text
    assert "in its own application only" in text
    assert "to its own applications only" in text
    assert "Does not run" not in text
    assert "changes nothing" not in text


def test_a_device_key_that_is_given() -> None:
    text = said(planned(Permission.INIT, device_key=bytes(range(16))))
    assert "the device key that was given" in text
    assert bytes(range(16)).hex() not in text


def test_an_application_that_is_named() -> None:
    assert "in the application 'A', and deletes them" in said(planned(Permission.WRITE, application="A"))


def test_nowhere_to_write() -> None:
    assert "Has no application to write to" in said(planned(Permission.WRITE))


def test_permission_to_initialise_makes_an_application_whatever_is_run() -> None:
    """The scene of a check that only reads is the suite's own application then."""
    with installed():
        found = plan(Target(Kind.SKF, "driver.so"), [Permission.INIT], ["TINY-001"])
    assert "Creates applications of its own" in said(found)


@pytest.mark.parametrize(
    ("permission", "words"),
    [
        (Permission.INIT, "Initialises a token that has not been"),
        (Permission.WRITE, "Makes objects on the token and destroys them"),
    ],
    ids=lambda value: getattr(value, "value", ""),
)
def test_pkcs11(permission: Permission, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with installed():
        # As if the groups were of the other interface.
        monkeypatch.setattr(planning, "selected", lambda *_: registry.checks(Kind.SKF))
        found = plan(Target(Kind.PKCS11, "module.so"), [permission])
    assert words in said(found)


def test_what_takes_longer_is_expected_to() -> None:
    assert planned(*Permission).duration_s > planned().duration_s > 0


@pytest.mark.parametrize(
    ("target", "named", "error"),
    [
        (5, {}, InvalidTypeError),
        (Target(Kind.SKF, "d"), {"permissions": ["write"]}, InvalidTypeError),
        (Target(Kind.SKF, "d"), {"permissions": 5}, InvalidTypeError),
        (Target(Kind.SKF, "d"), {"select": ["NONE"]}, InvalidInputError),
        (Target(Kind.SKF, "d"), {"options": 5}, InvalidTypeError),
    ],
    ids=["target", "permission", "permissions", "selection", "options"],
)
def test_wrong_inputs(target: Target, named: dict[str, object], error: type[Exception]) -> None:
    with installed(), pytest.raises(error):
        plan(target, **named)  # type: ignore[arg-type]


def test_options_are_taken() -> None:
    with installed():
        assert plan(Target(Kind.SKF, "d"), options=Options(random_samples=100)).to_run
