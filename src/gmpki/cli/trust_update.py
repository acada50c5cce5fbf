"""``gmpki trust set`` and ``update``: where revocation lists and time-stamps come from, and fetching the lists."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._cms import FILES
from gmpki.cli._fetch import fetcher
from gmpki.cli._names import show_name
from gmpki.cli._output import Failure, Report, columns, facts, json_option, tell
from gmpki.cli._times import now, show_time
from gmpki.cli._trust import load_certificates
from gmpki.cli._trust_folder import folder_option, list_fields, open_folder
from gmpki.errors import GmpkiError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.keystore.crl_update import LocationReport
    from gmpki.keystore.trust_folder import TrustFolder
    from gmpki.keystore.trust_settings import TrustSettings

__all__ = ["set_command", "update"]

SPAN = re.compile(r"([0-9]{1,9})([smhd])", re.ASCII)
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SHORTEST_S, LONGEST_S = 60, 366 * 86400
AS_SET = "as-set"
LOCATION_WORDS = {
    "updated": "已更新 updated",
    "unchanged": "无变化 unchanged",
    "kept": "保留原列表 kept",
    "failed": "失败 failed",
    "skipped": "跳过 skipped",
}
pause = time.sleep


def parse_span(text: str, option: str) -> int:
    """Read a span of time such as 30m, 1h or 2d, and return its seconds.

    :raises click.UsageError: when it is none, shorter than a minute or longer than 366 days.
    """
    found = SPAN.fullmatch(text)
    seconds = int(found[1]) * UNITS_S[found[2]] if found else 0
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise click.UsageError(f"{option} takes 1m to 366d, such as 30m, 1h or 2d, not {text[:40]!r}")
    return seconds


# ---- settings ---------------------------------------------------------------------------------
@click.command(
    name="set",
    epilog="\b\nExamples:\n  gmpki trust set --trust-folder trust --crl-location http://crl.example.cn/ca.crl "
    "--period 12h\n"
    "  gmpki trust set --trust-folder trust --timestamp-url http://tsa.example.cn/ --period 2d\n"
    "  gmpki trust set --trust-folder trust --json",
)
@folder_option
@click.option("--timestamp-url", metavar="URL", help="The time-stamp service; an empty text for none.")
@click.option("--crl-location", "added", metavar="URL", multiple=True, help="Fetch this list too. Several times.")
@click.option("--crl-location-of", "added_of", help="Fetch the lists that certificates in a file name too.", **FILES)
@click.option("--without-crl-location", "dropped", metavar="URL", multiple=True, help="Fetch this list no more.")
@click.option(
    "--crl-from-certificates/--no-crl-from-certificates",
    "from_certificates",
    default=None,
    help="Fetch the lists that certificates in the folder name.",
)
@click.option("--period", metavar="TIME", help="From one update to the next: 30m, 12h, 2d.")
@json_option
def set_command(
    *,
    path: str,
    timestamp_url: str | None,
    added: tuple[str, ...],
    added_of: tuple[str, ...],
    dropped: tuple[str, ...],
    from_certificates: bool | None,
    period: str | None,
) -> Report:
    """Change the settings of the folder, and show them; without an option they are only shown.

    查看或修改设置：时间戳服务地址、撤销列表地址、更新周期。
    """
    folder = open_folder(path)
    wanted = [*added, *_named_in(added_of)]
    period_s = None if period is None else parse_span(period, "--period")

    def change(old: TrustSettings) -> TrustSettings:
        for url in dropped:
            if url not in old.crl_locations:
                raise click.UsageError(f"--without-crl-location {url!r}: the settings have no such address")
        kept = [url for url in dict.fromkeys((*old.crl_locations, *wanted)) if url not in dropped]
        return replace(
            old,
            timestamp_url=old.timestamp_url if timestamp_url is None else timestamp_url or None,
            crl_locations=tuple(kept),
            crl_from_certificates=old.crl_from_certificates if from_certificates is None else from_certificates,
            update_period_s=period_s or old.update_period_s,
        )

    changes = timestamp_url is not None or from_certificates is not None or bool(wanted or dropped or period_s)
    settings = folder.change_settings(change) if changes else folder.settings
    rows = [("时间戳服务", "time-stamp service", settings.timestamp_url or "-")]
    rows += [("撤销列表地址", "CRL location", url) for url in settings.crl_locations]
    rows.append(("取自证书", "from certificates", "是 yes" if settings.crl_from_certificates else "否 no"))
    rows.append(("更新周期", "period", f"{settings.update_period_s} s"))
    fields = {name: getattr(settings, name) for name in type(settings).__dataclass_fields__}
    return Report({**fields, "crl_locations": list(settings.crl_locations)}, facts(rows))


def _named_in(files: Iterable[str]) -> list[str]:
    """Return the addresses of lists that certificates in files name.

    :raises InvalidInputError: when a file names none.
    """
    from gmpki.errors import InvalidInputError
    from gmpki.keystore.crl_update import points_of

    found: list[str] = []
    for name in files:
        urls = [url for one in load_certificates([name], lenient=True) for point in points_of(one) for url in point]
        if not urls:
            raise InvalidInputError(f"{name}: the certificate names no address of a revocation list")
        found += urls
    return found


# ---- fetching ---------------------------------------------------------------------------------
@click.command(
    epilog="\b\nExamples:\n  gmpki trust update --trust-folder trust\n"
    "  gmpki trust update --trust-folder trust --every 1h --allowed-host crl.example.cn",
)
@folder_option
@click.option(
    "--every",
    metavar="TIME",
    is_flag=False,
    flag_value=AS_SET,
    help="Again and again until interrupted, at this interval, such as 30m or 1h; without TIME that of the settings.",
)
@click.option("--timeout", "timeout_s", type=click.FloatRange(0.1, 600), default=10.0, show_default=True)
@click.option("--allowed-host", "hosts", metavar="HOST", multiple=True, help="Ask these hosts only. Several times.")
@json_option
def update(*, path: str, every: str | None, timeout_s: float, hosts: tuple[str, ...]) -> Report:
    """Fetch the revocation lists that the settings and the certificates name, and keep those that are in order.

    A list must be signed by somebody in the folder with a path to an anchor, be good now, and not be older than the one
    that is there, which otherwise stays. Exit code 1 when a list could not be had. With --every each round is told of
    when it is over, with --json in one object on one line.

    下载并验证撤销列表：签名、时效、编号不得倒退；失败时保留原列表。--every 定时重复。
    """
    folder = open_folder(path)
    period_s = None
    if every is not None:
        period_s = folder.settings.update_period_s if every == AS_SET else parse_span(every, "--every")
    fetch = fetcher("fetching lists", timeout_s=timeout_s, allowed_hosts=hosts or None).crl
    report = _round(folder, fetch)
    while period_s is not None:
        tell(report)
        try:
            pause(period_s)
        except KeyboardInterrupt:
            return Report({"stopped": True})
        try:
            report = _round(folder, fetch)
        except GmpkiError as error:  # a full disk, for instance: the next round may find it mended
            report = Report({}, failure=Failure.of(error))
    return report


def _round(folder: TrustFolder, fetch: Any) -> Report:
    """Fetch once, and return what came of it."""
    at = now()
    reports = folder.update_crls(fetch, at)
    told = [_location_fields(one) for one in reports]
    rows = []
    for one, fields in zip(reports, told, strict=True):
        where = one.url or (one.urls[0] if one.urls else f"{fields['certificate']}")
        until = fields["list"]["next_update"][:10] if fields["list"] else ""
        rows.append((LOCATION_WORDS[one.status.value], where, until, one.detail))
    failed = sum(not one.ok for one in reports)
    fields = {"at": show_time(at), "locations": told}
    lines = columns(rows) if rows else facts([("没有地址", "no locations", "gmpki trust set --crl-location")])
    if not failed:
        return Report(fields, lines)
    message = f"{failed} of {len(reports)} revocation lists could not be had"
    return Report(fields, lines, Failure("FetchError", message))


def _location_fields(report: LocationReport) -> dict[str, Any]:
    return {
        "urls": list(report.urls),
        "certificate": None if report.certificate is None else show_name(report.certificate.subject),
        "status": report.status.value,
        "url": report.url,
        "list": None if report.held is None else list_fields(report.held),
        "detail": report.detail,
    }
