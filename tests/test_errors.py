"""Errors that another process has to know."""

from __future__ import annotations

import copy
import inspect
import pickle
from datetime import datetime, timezone
from typing import Any

import pytest

from gmpki import errors
from gmpki.errors import GmpkiError

EXAMPLES: dict[str, Any] = {
    "reason": "duplicate",
    "message": "示例",
    "operation": "renew",
    "state": "revoked",
    "code": 7,
    "status": "malformed_request",
    "certificate": None,
    "revoked_at": datetime(2026, 1, 1, tzinfo=timezone.utc),
    "offset": 3,
    "path": ("tbs", "serial"),
    "place": 17,
    "is_unknown": True,
    "tries_left": 2,
    "function": "SKF_VerifyPIN",
    "code_name": "SAR_PIN_INCORRECT",
    "failures": ("bad-alg",),
    "text": "x",
    "revocation_reason": None,
}


def example(kind: type[GmpkiError]) -> GmpkiError:
    """Make an error with all that it can be told."""
    if not inspect.isfunction(kind.__init__):  # that of a built-in exception
        return kind("示例")
    asked = list(inspect.signature(kind).parameters.values())
    named = {each.name: EXAMPLES[each.name] for each in asked if each.kind is each.KEYWORD_ONLY}
    return kind(*(EXAMPLES[each.name] for each in asked if each.kind is each.POSITIONAL_OR_KEYWORD), **named)


KINDS = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("way", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy], ids=["pickle", "copy"])
def test_they_arrive_as_they_were(kind: type[GmpkiError], way: Any) -> None:
    error = example(kind)
    there = way(error)
    assert type(there) is kind
    assert (str(there), there.args, vars(there)) == (str(error), error.args, vars(error))
