"""The UKeys of quickstart: software tokens in the directory of the run."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.cli._quickstart_space import Said

if TYPE_CHECKING:
    from gmpki.cli._quickstart_space import Workspace
    from gmpki.keys.interfaces import Decryptor, Signer
    from gmpki.tokens.interfaces import Application, Container

__all__ = ["UKey", "UKeys"]

_FOLDER: Final = "ukeys"
_VARIABLE: Final = "GMPKI_SOFTTOKEN_DIR"
_APPLICATION: Final = "GMPKI"
_CONTAINER: Final = "con1"


@dataclass(frozen=True)
class UKey:
    """A UKey whose user is logged in, with a signing key made inside it.

    :ivar serial: of the device.
    """

    serial: str
    application: Application
    container: Container

    @property
    def signing_key(self) -> Signer:
        """The signing key, which never leaves it."""
        return self.container.signing_key

    @property
    def encryption_key(self) -> Decryptor:
        """The encryption key, once it was delivered."""
        return self.container.encryption_key


class UKeys:
    """All UKeys of the run. A context: its end closes them, and devices are looked for where they were before."""

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> UKeys:
        folder = self._space.path(_FOLDER)
        os.makedirs(folder, mode=0o700)
        before = os.environ.get(_VARIABLE)
        os.environ[_VARIABLE] = folder

        def restore() -> None:
            if before is None:
                os.environ.pop(_VARIABLE, None)
            else:
                os.environ[_VARIABLE] = before

        self._stack.callback(restore)
        self._space.note(_FOLDER, Said("软件 UKey（不是经认证的硬件）", "software UKeys (no certified hardware)"))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def make(self, serial: str, owner: str) -> UKey:
        """Make a UKey, and the signing key of its owner inside it."""
        from gmpki.algorithms.policy import DEFAULT_POLICY
        from gmpki.tokens import TokenKeyType, open_token
        from gmpki.tokens.soft import SoftSettings, create_soft_device
        from gmpki.tokens.uri import SKFUri

        create_soft_device(SoftSettings(serial=serial, label=owner[:10]))
        # Old RSA keys are made only to be measured.
        token = self._stack.enter_context(open_token(SKFUri(device=serial), policy=DEFAULT_POLICY.allowing("rsa-1024")))
        assert token.device is not None  # noqa: S101 - the URI names one
        token.device.authenticate()
        admin_pin = self._space.secret(f"{serial} administrator", digits=True)
        user_pin = self._space.secret(f"{serial} user", digits=True)
        application = token.device.create_application(_APPLICATION, admin_pin=admin_pin, user_pin=user_pin)
        application.login(user_pin)
        container = application.create_container(_CONTAINER)
        container.generate(TokenKeyType.SM2)
        return UKey(serial, application, container)
