"""Errors of implementations turned into one: Refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from interop.scenario import Refused

__all__ = ["refusing"]

AnyMethod = TypeVar("AnyMethod", bound=Callable[..., Any])


def refusing(*errors: type[Exception], ours: bool = False) -> Callable[[AnyMethod], AnyMethod]:
    """Make methods turn some errors into Refused with their type and text; any other error stays as it is."""

    def decorate(method: AnyMethod) -> AnyMethod:
        @wraps(method)
        def call(*arguments: Any) -> Any:
            try:
                return method(*arguments)
            except errors as error:
                refused = Refused(f"{type(error).__name__}: {error}")
                refused.ours = ours
                raise refused from error

        return call  # type: ignore[return-value]

    return decorate
