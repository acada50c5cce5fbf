"""``gmpki cert lint``: judge certificates by the standards."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT
from gmpki.cli._output import Failure, Report, columns, json_option
from gmpki.cli._times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.x509.certificate import Certificate
    from gmpki.x509.lint import Finding

__all__ = ["command"]

SEVERITIES = ("error", "warning", "notice", "info")
SEVERITY_ZH = {"error": "错误", "warning": "警告", "notice": "提示", "info": "信息"}
PURPOSES = ("ca", "signing", "encryption", "tls-server", "ocsp", "tsa")
# What the documents of a profile begin with.
PROFILES: dict[str, tuple[str, ...]] = {
    "all": ("",),
    "rfc5280": ("RFC", "X."),
    "gmt0015": ("GM/T", "GB"),
}


@click.command(
    name="lint",
    epilog="\b\nExamples:\n  gmpki cert lint certificate.pem\n"
    "  gmpki cert lint --profile gmt0015 --purpose signing one.pem two.pem\n"
    "  gmpki cert lint --pair signing.pem encryption.pem\n  gmpki cert lint --rules",
)
@click.argument("files", type=INPUT, nargs=-1, metavar="[FILE]...")
@click.option("--profile", type=click.Choice(list(PROFILES)), default="all", help="Whose rules count; all by default.")
@click.option(
    "--severity",
    type=click.Choice(SEVERITIES),
    default="notice",
    help="The least that is shown; notice by default.",
)
@click.option("--purpose", type=click.Choice(PURPOSES), help="What the certificate is meant for.")
@click.option("--at", "at_text", metavar="TIME", help="Also say whether it is valid then: 2026-03-01T08:00:00Z.")
@click.option("--pair", is_flag=True, help="The two certificates are a signing and an encryption certificate.")
@click.option("--rules", "list_rules", is_flag=True, help="List the rules instead.")
@json_option
def command(
    *,
    files: tuple[str, ...],
    profile: str,
    severity: str,
    purpose: str | None,
    at_text: str | None,
    pair: bool,
    list_rules: bool,
) -> Report:
    """Judge every certificate in each FILE (standard input without one) by GM/T 0015, RFC 5280 and others.

    Every finding names its rule, what was found, the clause, and how well we know it: A read in the standard, B
    agreed on by independent software, C by one, D general knowledge. The exit code is 1 when there is an error.
    Nothing is validated; "gmpki cert verify" does that.

    按 GM/T 0015、RFC 5280 等标准检查证书；有错误时退出码为 1。
    """
    from gmpki.x509.lint import CertificatePurpose, lint_certificate, lint_pair

    if list_rules:
        return _rules(profile)
    at = None if at_text is None else parse_time(at_text, "--at")
    found = [(name, certificate) for name in files or ("-",) for certificate in _read(name)]
    if pair:
        if len(found) != 2 or purpose is not None:
            raise click.UsageError("--pair takes two certificates, the signing one first, and no --purpose")
        judged = [("; ".join(name for name, _ in found), lint_pair((found[0][1], found[1][1]), at=at))]
    else:
        meant = None if purpose is None else CertificatePurpose(purpose)
        judged = [(name, lint_certificate(certificate, at=at, purpose=meant)) for name, certificate in found]
    return _report([(name, _chosen(findings, profile, severity)) for name, findings in judged])


def _read(name: str) -> tuple[Certificate, ...]:
    from gmpki.cms.certificates import load_certificates
    from gmpki.x509._armour import MAX_FILE_LEN

    return load_certificates(_io.read_input(name, max_len=MAX_FILE_LEN), lenient=True)


def _chosen(findings: Iterable[Finding], profile: str, severity: str) -> list[Finding]:
    beginnings = PROFILES[profile]
    shown = SEVERITIES[: SEVERITIES.index(severity) + 1]
    return [
        finding
        for finding in findings
        if finding.severity.value in shown and finding.rule.clause.document.startswith(beginnings)
    ]


def _report(judged: list[tuple[str, list[Finding]]]) -> Report:
    lines: list[str] = []
    counts: Counter[str] = Counter()
    fields: list[dict[str, Any]] = []
    for name, findings in judged:
        counts.update(finding.severity.value for finding in findings)
        fields.append({"name": name, "findings": [finding.to_dict() for finding in findings]})
        lines.append(f"{_io.display_name(name)}: {_summary(findings)}")
        lines += [line for finding in findings for line in _finding_lines(finding)]
    failure = None
    if counts["error"]:
        failure = Failure("LintErrors", f"errors: {counts['error']}, certificates judged: {len(judged)}")
    totals = {severity: counts[severity] for severity in SEVERITIES}
    return Report({"certificates": fields, "counts": totals}, lines, failure)


def _summary(findings: list[Finding]) -> str:
    counts = Counter(finding.severity.value for finding in findings)
    parts = [f"{SEVERITY_ZH[severity]} {severity} {counts[severity]}" for severity in SEVERITIES if counts[severity]]
    return ", ".join(parts) or "没有发现问题 nothing found"


def _finding_lines(finding: Finding) -> list[str]:
    clause = finding.rule.clause
    part = "" if finding.part == "certificate" else f" ({finding.part})"
    return [
        f"  {SEVERITY_ZH[finding.severity.value]} {finding.severity.value}  {finding.id}{part}: {finding.text}",
        f"      {finding.rule.title_zh}  {finding.rule.title}  [{clause}, {clause.edition}, {clause.confidence}]",
    ]


def _rules(profile: str) -> Report:
    from gmpki.x509.lint import rules

    chosen = [rule for rule in rules() if rule.clause.document.startswith(PROFILES[profile])]
    rows = [
        (rule.id, rule.severity.value, f"{rule.clause} [{rule.clause.confidence}]", rule.title_zh, rule.title)
        for rule in chosen
    ]
    return Report({"rules": [rule.to_dict() for rule in chosen]}, columns(rows))
