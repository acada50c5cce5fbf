"""``gmpki conformance verify``: who signed a report, when, and whether its other forms say the same."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _cms, _io
from gmpki.cli._conformance import both, read_report, report_argument
from gmpki.cli._files import INPUT
from gmpki.cli._output import Failure, Report, facts, json_option
from gmpki.cli._times import parse_time
from gmpki.cli._trust import timestamps_of, trust_of, trust_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.cli._conformance import StoredReport
    from gmpki.conformance.report import SignedReport

__all__ = ["command"]

MAX_SIGNATURE_LEN = 1 << 24
# What is said of another form of the report beside it.
FORM_WORDS = {
    "same": "与已签名的 JSON 一致 says what the JSON says",
    "differs": "与 JSON 不一致 says something else than the JSON",
    "other-version": "由另一版本 gmpki 生成，未比较 was made by another version of gmpki, and not compared",
}


@click.command(
    name="verify",
    epilog="\b\nExamples:\n  gmpki conformance verify --anchor root.pem acceptance\n"
    "  gmpki conformance verify --signature-only --json acceptance/report.json",
)
@report_argument
@click.option("--signature", type=INPUT, metavar="FILE", help="The signature.  [default: report.json.p7s beside it]")
@trust_options
@click.option("--tsa-anchor", "tsa_anchors", help="Certificates that are trusted for time-stamps.", **_cms.FILES)
@json_option
def command(
    *,
    source: str,
    signature: str | None,
    anchors: tuple[str, ...],
    intermediates: tuple[str, ...],
    crls: tuple[str, ...],
    responses: tuple[str, ...],
    signature_only: bool,
    at_text: str | None,
    tsa_anchors: tuple[str, ...],
) -> Report:
    """Verify the signature of the report in the folder DIR, or of its JSON in FILE: who signed it, and when.

    What was signed is the JSON. The page and the form of JUnit beside it are made again from it, and compared: exit
    code 1 also when one of them says something else. A signature shows who stands behind a self-test; it does not make
    it an accredited one.

    验证报告的签名者与签名时间，并核对同一目录中的 HTML、JUnit 是否与已签名的 JSON 一致。
    """
    from gmpki.conformance.report import verify_report

    if source == "-":
        raise click.UsageError("name a folder or a file: the signature is beside it")
    at = None if at_text is None else parse_time(at_text, "--at")
    trust = trust_of(anchors, intermediates, crls, responses, at, signature_only=signature_only, lenient=False)
    timestamps = timestamps_of(tsa_anchors, intermediates, crls, responses, at, lenient=False)
    stored = read_report(source)
    message = _io.read_input(signature or f"{stored.path}.p7s", max_len=MAX_SIGNATURE_LEN)
    signed = verify_report(stored.data, message, trust, timestamps=timestamps)
    forms = _forms(stored)
    differing = [path for path, said in forms.items() if said == "differs"]
    failure = Failure("TamperedError", f"not what was signed: {', '.join(differing)}") if differing else None
    return Report(_fields(signed, forms), facts(_rows(signed, stored, forms)), failure)


def _forms(stored: StoredReport) -> dict[str, str]:
    """Return what is to be said of each other form that lies beside a report, by its path."""
    import gmpki
    from gmpki.conformance.report import report_page, write_junit
    from gmpki.conformance.report.files import JUNIT_NAME, PAGE_NAME

    made: dict[str, Callable[[], bytes]] = {
        PAGE_NAME: lambda: report_page(stored.report, stored.data).encode("utf-8"),
        JUNIT_NAME: lambda: write_junit(stored.report),
    }
    is_own = stored.report.environment.get("gmpki") == gmpki.__version__
    said: dict[str, str] = {}
    for name, make in made.items():
        path = stored.beside(name)
        if not os.path.isfile(path):
            continue
        if not is_own:
            said[path] = "other-version"
            continue
        octets = make()
        with open(path, "rb") as file:
            said[path] = "same" if file.read(len(octets) + 1) == octets else "differs"
    return said


def _fields(signed: SignedReport, forms: dict[str, str]) -> dict[str, Any]:
    report = signed.report
    return {
        "signers": list(signed.signers),
        "signed_at": None if signed.signed_at is None else signed.signed_at.isoformat(),
        "claimed_at": None if signed.claimed_at is None else signed.claimed_at.isoformat(),
        "is_trusted": signed.is_trusted,
        "verdict": report.verdict.value,
        "driver": report.driver.name,
        "driver_sm3": report.driver.sm3,
        "forms": forms,
    }


def _rows(signed: SignedReport, stored: StoredReport, forms: dict[str, str]) -> list[tuple[str, str, str]]:
    from gmpki.conformance.report.wording import VERDICT

    report = signed.report
    rows = [("签名有效", "the signature holds", stored.path)]
    rows += [("签名者", "signed by", signer) for signer in signed.signers]
    if not signed.is_trusted:
        rows.append(("", "", "未验证证书链 nobody was asked whether these are trusted"))
    if signed.signed_at is not None:
        rows.append(("时间戳", "time-stamped", signed.signed_at.isoformat()))
    if signed.claimed_at is not None:
        rows.append(("自称时间", "time claimed", f"{signed.claimed_at.isoformat()}, 未经证明 which proves nothing"))
    rows.append(("被测", "tested", f"{report.driver.name}, SM3 {report.driver.sm3 or '–'}"))
    rows.append(("结论", "verdict", both(VERDICT[report.verdict])))
    rows += [("", "", f"{path}: {FORM_WORDS[said]}") for path, said in forms.items()]
    return rows
