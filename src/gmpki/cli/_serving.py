"""Services that run until they are stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._options import together

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["serve", "serving_options"]

serving_options = together(
    click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where it listens."),
    click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="On which port."),
)


def serve(application: Starlette, host: str, port: int) -> None:
    """Answer requests until the process is told to end.

    :raises UnsupportedPlatform: when uvicorn is not installed.
    """
    click.echo(f"gmpki: 正在服务 listening on http://{host}:{port}/", err=True)
    _run(application, host=host, port=port, log_level="warning", server_header=False)


def _run(application: Starlette, **options: Any) -> None:
    try:
        import uvicorn
    except ImportError:
        from gmpki.errors import UnsupportedPlatform

        raise UnsupportedPlatform('this needs uvicorn: install "gmpki[serve]"') from None
    uvicorn.run(application, **options)
