"""``gmpki cert profiles``: the certificate profiles, and their files."""

from __future__ import annotations

import click

from gmpki.cli._output import Report, columns, json_option

__all__ = ["command"]


@click.command(
    name="profiles", epilog="\b\nExamples:\n  gmpki cert profiles\n  gmpki cert profiles organisation > own.toml"
)
@click.argument("name", required=False)
@json_option
def command(*, name: str | None) -> Report:
    """List the certificate profiles, or print the one called NAME: an own profile is a copy of it, changed.

    列出证书模板，或打印指定模板的内容。
    """
    from gmpki.x509.profile import BUILTIN_PROFILES, load_profile, profile_text

    if name is not None:
        text = profile_text(name)
        return Report({"name": name, "toml": text}, text.splitlines())
    found = [load_profile(known) for known in BUILTIN_PROFILES]
    rows = [(one.name, one.title_zh, one.title) for one in found]
    listed = [
        {"name": one.name, "title": one.title, "title_zh": one.title_zh, "pair": one.is_pair, "ca": one.is_ca}
        for one in found
    ]
    return Report({"profiles": listed}, columns(rows))
