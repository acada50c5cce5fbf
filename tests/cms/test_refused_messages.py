"""Every refusal of a signed message has its own error, and gives no content away."""

from __future__ import annotations

import pytest

from cms.refused_messages import BAD
from cms.signers import CONTENT
from gmpki.cms import verify
from gmpki.errors import (
    DecodeError,
    MessageError,
)


@pytest.mark.parametrize("name", BAD)
def test_refused(name: str) -> None:
    case = BAD[name]
    options = case.options()
    with pytest.raises(case.error) as caught:
        verify(case.make(), case.trust(), **options)
    if case.reason:
        assert getattr(caught.value, "reason", None) == case.reason
    assert str(caught.value)


@pytest.mark.parametrize("name", [name for name, case in BAD.items() if not case.options().get("collect")])
def test_content_of_a_refused_message_stays_out_of_reach(name: str) -> None:
    case = BAD[name]
    try:
        verified = verify(case.make(), case.trust(), collect=True, **case.options())
    except (MessageError, DecodeError):
        return  # not even a report: nothing to reach
    assert not verified.ok
    for call in (verified.require, lambda: verified.content):
        with pytest.raises(case.error):
            call()
    assert CONTENT not in repr(verified).encode()
