"""What is found out after the signature: signers who were revoked, seals that were taken out of use."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.errors import FetchError
from gmpki.seal import SealLayout, SealState, SealStatus, Verdict
from gmpki.x509.crl_builder import Revocation
from seal import samples
from seal.judging import OLD, Account, in_state, judged, reasons, signed, status
from seal.samples import DAY, NOW, UNASKED

layouts = pytest.mark.parametrize("layout", samples.LAYOUTS, ids=lambda layout: layout.name)


# ---- revocation -------------------------------------------------------------------------------------
HARMED, UNHARMED = ReasonCode.KEY_COMPROMISE, ReasonCode.SUPERSEDED


@pytest.mark.parametrize(
    ("days", "reason", "stamped", "stands"),
    [
        (-0.5, HARMED, False, False),
        (-0.5, HARMED, True, False),
        (-0.5, UNHARMED, False, False),
        (-0.5, UNHARMED, True, False),
        (5, HARMED, False, False),  # he may have written any time
        (5, HARMED, True, True),
        (5, None, False, False),
        (5, UNHARMED, False, True),
        (5, UNHARMED, True, True),
    ],
)
@layouts
def test_signer_revoked(layout: SealLayout, days: float, reason: Any, stamped: bool, stands: bool) -> None:
    today = NOW + 10 * DAY
    revoked = Revocation(samples.signer().certificate.serial_number, NOW + days * DAY, reason)
    checker = samples.checker(samples.root(), revoked, at=today)
    trust = samples.trust(at=today, signers=samples.signer_trust(at=today, checkers=[checker]))
    report = judged(signed(layout, stamped=stamped), trust)
    if layout is OLD and stamped and reason is HARMED:
        stands = False  # a time-stamp that is signed along is no proof that the signature existed
    assert reasons(report) == ({} if stands else {"signer-revocation": "revoked"})
    assert status(report, "signer-chain") == "passed"


def test_nobody_knows_about_revocation() -> None:
    stale = samples.checker(samples.root(), at=NOW - 90 * DAY)
    trust = samples.trust(signers=samples.signer_trust(checkers=[stale]))
    report = judged(signed(), trust)
    assert set(reasons(report)) == {"signer-revocation"}


# ---- the status of the seal -----------------------------------------------------------------------------
@pytest.mark.parametrize("state", [SealState.STOPPED, SealState.REVOKED, SealState.REPLACED], ids=lambda s: s.name)
@layouts
def test_seal_out_of_use(layout: SealLayout, state: SealState) -> None:
    report = judged(signed(layout), samples.trust(statuses=in_state(state)))
    assert reasons(report) == {"seal-status": f"seal-{state.value}"}
    assert state.value in report.check("seal-status").detail


@pytest.mark.parametrize(
    ("state", "reason", "stamped", "stands"),
    [
        (SealState.REVOKED, None, False, False),
        (SealState.REVOKED, None, True, True),
        (SealState.REVOKED, ReasonCode.UNSPECIFIED, False, False),
        (SealState.REVOKED, ReasonCode.UNSPECIFIED, True, True),
        (SealState.STOPPED, ReasonCode.CERTIFICATE_HOLD, False, False),
        (SealState.STOPPED, ReasonCode.CERTIFICATE_HOLD, True, True),
        (SealState.REPLACED, ReasonCode.SUPERSEDED, False, True),
        (SealState.REVOKED, ReasonCode.CESSATION_OF_OPERATION, False, True),
    ],
)
def test_seal_out_of_use_since(state: SealState, reason: Any, stamped: bool, stands: bool) -> None:
    trust = samples.trust(at=NOW + 10 * DAY, statuses=in_state(state, 5, reason))
    report = judged(signed(stamped=stamped), trust)
    assert reasons(report) == ({} if stands else {"seal-status": f"seal-{state.value}"})


def test_seal_taken_up_again() -> None:
    stopped = SealStatus(SealState.STOPPED, NOW - 3 * DAY)
    account = Account((NOW - 3 * DAY, stopped), (NOW - DAY, SealStatus(SealState.IN_USE, NOW - DAY)))
    assert reasons(judged(signed(), samples.trust(statuses=account))) == {}


@pytest.mark.parametrize(
    "source",
    [
        None,
        in_state(SealState.UNKNOWN),
        Mock(**{"status.side_effect": FetchError("nobody there")}),
        Mock(**{"status.side_effect": RuntimeError("out of order")}),
        Mock(**{"status.return_value": "in use"}),
    ],
    ids=["nobody", "unknown", "unreachable", "broken", "babbling"],
)
def test_status_that_nobody_tells(source: Any) -> None:
    report = judged(signed(), samples.trust(statuses=source))
    assert reasons(report) == {}
    assert status(report, "seal-status") == "not-checked"
    assert report.verdict(UNASKED - {"seal-status"}) is Verdict.INCOMPLETE


@pytest.mark.parametrize(
    ("now", "stamped", "expected"),
    [
        (SealStatus(SealState.UNKNOWN), False, "not-checked"),
        (SealStatus(SealState.REVOKED), False, "failed"),
        (SealStatus(SealState.REVOKED), True, "passed"),  # then in use: revoked since, whenever that was
        (SealStatus(SealState.REPLACED, reason=ReasonCode.SUPERSEDED), False, "passed"),
    ],
    ids=["forgotten", "revoked", "stamped", "replaced"],
)
def test_seal_out_of_use_nobody_knows_since_when(now: SealStatus, stamped: bool, expected: str) -> None:
    source = Mock(**{"status.side_effect": [SealStatus(SealState.IN_USE), now]})
    report = judged(signed(stamped=stamped), samples.trust(at=NOW + DAY, statuses=source))
    assert status(report, "seal-status") == expected
    assert [call.kwargs["at"] for call in source.status.call_args_list] == [NOW, NOW + DAY]


def test_a_seal_revoked_for_no_stated_reason_takes_unproved_signatures_with_it() -> None:
    """Such a reason says nothing of whose hands the seal is in, and is what a registry writes when nobody says more."""
    account = in_state(SealState.REVOKED, 0.25, ReasonCode.UNSPECIFIED)
    trust = samples.trust(at=NOW + DAY, statuses=account)
    assert reasons(judged(signed(), trust)) == {"seal-status": "seal-revoked"}
    assert reasons(judged(signed(stamped=True), trust)) == {}
