"""Streams that are less than a file."""

from __future__ import annotations

import io


class Pipe(io.BytesIO):
    """What can only be read forward."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation
