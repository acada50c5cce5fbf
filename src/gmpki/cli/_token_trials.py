"""What ``gmpki token doctor --allow-write`` tries: one operation after the other, in a container made for it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.keys.sm2 import SM2PrivateKey
    from gmpki.tokens.interfaces import Application, Container, Device

__all__ = ["Trials"]

MESSAGE = b"gmpki token doctor"


class Trials:
    """The trials of one application, whose user is logged in."""

    def __init__(self, device: Device, application: Application) -> None:
        """Prepare them; nothing is done yet."""
        self._device = device
        self._application = application
        self._name = f"doctor-{secrets.token_hex(4)}"
        self._container: Any = None
        self._encryption_key: SM2PrivateKey | None = None

    def run(self) -> list[dict[str, str]]:
        """Return the outcome of each trial: "ok", "lacks: ..." or "failed: ..."; the rest needs a signing pair."""
        steps: list[tuple[str, Callable[[], object]]] = [
            ("random", self._random),
            ("container", self._make),
            ("SM2 key pair", self._generate),
            ("SM2 signature", self._sign),
            ("encryption pair", self._import),
            ("SM2 decryption", self._decrypt),
            ("certificate", self._read),
        ]
        outcomes: list[dict[str, str]] = []
        try:
            for name, step in steps:
                outcomes.append({"name": name, "outcome": _outcome(step)})
                if name in ("container", "SM2 key pair") and outcomes[-1]["outcome"] != "ok":
                    break
        finally:
            outcomes.append({"name": "clean-up", "outcome": _outcome(self._delete)})
        return outcomes

    def _random(self) -> None:
        self._device.random(32)

    def _make(self) -> None:
        self._container = self._application.create_container(self._name)

    def _generate(self) -> None:
        self._container.generate()

    def _read(self) -> None:
        self._container.certificate()

    def _sign(self) -> None:
        container: Container = self._container
        key = container.signing_key
        key.public_key.verify(key.sign(MESSAGE), MESSAGE)

    def _import(self) -> None:
        from gmpki.keys.envelope import KeyEnvelope
        from gmpki.keys.sm2 import SM2PrivateKey

        made = SM2PrivateKey.generate()
        self._container.import_encryption_key(KeyEnvelope.seal(made, self._container.public_key()))
        self._encryption_key = made

    def _decrypt(self) -> None:
        from gmpki.errors import GmpkiError, TokenUnsupportedError

        if self._encryption_key is None:
            raise TokenUnsupportedError("there is no encryption pair to try")
        ciphertext = self._encryption_key.public_key.encrypt(MESSAGE)
        if self._container.encryption_key.decrypt(ciphertext) != MESSAGE:
            raise GmpkiError("another message came out than went in")

    def _delete(self) -> None:
        # Behind PKCS #11 a container without a pair is not there at all.
        if self._container is not None and self._name in self._application.containers():
            self._container.close()
            self._application.delete_container(self._name)


def _outcome(step: Callable[[], object]) -> str:
    from gmpki.errors import GmpkiError, TokenUnsupportedError

    try:
        step()
    except TokenUnsupportedError as error:
        return f"lacks: {error}"
    except GmpkiError as error:
        return f"failed: {type(error).__name__}: {error}"
    return "ok"
