"""Where the software token is: its two libraries in the package, its devices in the user's folder."""

from __future__ import annotations

import os
import sys
from typing import Final

from gmpki._files import as_path
from gmpki._inputs import as_text
from gmpki.errors import InvalidInputError, UnsupportedPlatform

__all__ = ["library_path", "store_root"]

_STEMS: Final = {"skf": "libgmpki_skf", "pkcs11": "libgmpki_p11"}
_ROOT_VARIABLE: Final = "GMPKI_SOFTTOKEN_DIR"


def library_path(kind: str) -> str:
    """Return the path of a library of the software token.

    :param kind: "skf" or "pkcs11".
    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when it is neither.
    :raises UnsupportedPlatform: when this installation of gmpki came without it.
    """
    if as_text(kind, "kind") not in _STEMS:
        raise InvalidInputError(f"the software token has the libraries {', '.join(_STEMS)}, not {kind!r}")
    import gmpki

    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    for folder in gmpki.__path__:
        path = os.path.join(folder, "lib", _STEMS[kind] + suffix)
        if os.path.isfile(path):
            return os.path.abspath(path)
    raise UnsupportedPlatform(f"this installation of gmpki came without {_STEMS[kind]}{suffix}, the software token")


def store_root(root: str | os.PathLike[str] | None = None) -> str:
    """Return the folder that holds the devices.

    :param root: the folder; None is the one that ``GMPKI_SOFTTOKEN_DIR`` names, else ``gmpki/tokens`` in
        ``XDG_DATA_HOME``, else in ``~/.local/share``.
    :raises InvalidTypeError: when it is no path.
    :raises InvalidInputError: when it is empty, or no name that a file can have.
    :raises UnsupportedPlatform: when nothing says where the user's files are.
    """
    if root is not None:
        return as_path(root, "root")
    named = os.environ.get(_ROOT_VARIABLE)
    if named:
        return named
    data = os.environ.get("XDG_DATA_HOME")
    if not data:
        home = os.environ.get("HOME")
        if not home:
            raise UnsupportedPlatform(f"neither {_ROOT_VARIABLE} nor HOME says where software tokens are kept")
        data = os.path.join(home, ".local", "share")
    return os.path.join(data, "gmpki", "tokens")
