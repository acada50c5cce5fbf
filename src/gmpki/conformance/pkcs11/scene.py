"""What the checks of one group share: the loaded module, and the token that they work on."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.model import Permission
from gmpki.conformance.pkcs11.bench import P11Bench
from gmpki.conformance.pkcs11.recorded import RecordedModule
from gmpki.conformance.scene import OWN_NAME, Pins, Scene
from gmpki.errors import GmpkiError, LoginRequiredError, TokenNotFoundError, TokenRemovedError
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
from gmpki.tokens.skf.library import path_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gmpki.conformance.recording import Recorder
    from gmpki.conformance.target import Options, Target
    from gmpki.tokens.pkcs11.cryptoki import TokenInfo
    from gmpki.tokens.pkcs11.session import Session

__all__ = ["OWN_LABEL", "P11Scene"]

OWN_LABEL: Final = f"{OWN_NAME}CONFORMANCE"
"""The label of a token that the suite has initialised. No token of another label is, once somebody has."""

# Of a token that the suite has initialised. Nothing of anybody's is on it, and a later run has to know them: they are
# no secret. Digits, of a length that every token takes.
_OWN_PINS: Final = Pins(admin=b"31415926", user=b"27182818")


class P11Scene(Scene):
    """A module with a token, for the checks of a group. A context of one thread: its end removes what it made.

    A token that is not initialised, and one that an earlier run has initialised, is the suite's own where the
    permission to initialise is given: it is emptied before the group, so that each begins with the same. PKCS #11 has
    nothing that makes a token as it was before C_InitToken: it stays, empty.

    :ivar module: the module, recorded.
    """

    def __init__(
        self,
        target: Target,
        permissions: Collection[Permission],
        options: Options,
        recorder: Recorder,
        *,
        on_made: Callable[[str], None] = lambda _: None,
        on_removed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Load the module.

        :param on_made: told the label of an object of the token before it is made; on_removed: when it is gone.
        :raises DriverError: when the module cannot be loaded.
        :raises TokenError: when it refuses to be initialised.
        :raises UnsupportedPlatform: when cffi is missing.
        """
        super().__init__(target, permissions, options, recorder, on_made=on_made, on_removed=on_removed)
        self.module = RecordedModule(path_text(target.path), recorder)
        self._slot: int | None = None
        self._name = ("", "")
        self._numbers: MechanismMap | None = None
        self._is_own = False
        self._was_refused = False

    def bench(self) -> P11Bench:
        """Return what the next check is given."""
        return P11Bench(self)

    # ---- the token ------------------------------------------------------------------------
    @property
    def slot(self) -> int:
        """The slot of the token under test; the suite's own is initialised when this is first asked.

        :raises TokenNotFoundError: when there is none, or the target does not say which of several.
        """
        if self._slot is None:
            chosen = self._chosen()
            if Permission.INIT in self.permissions and _may_be_own(chosen):
                chosen = self._initialized(chosen)
                self._is_own = True
            elif not chosen.is_initialized:
                raise TokenNotFoundError("the token is not initialised; it takes --allow-init")
            self._name = (chosen.label, chosen.serial)
            self._slot = chosen.slot
        return self._slot

    def restarted(self) -> None:
        """Look for the token again: a module that is initialised anew may number its slots anew.

        :raises TokenNotFoundError: when it is gone.
        """
        if self._slot is not None:
            found = [one.slot for one in self._tokens() if (one.label, one.serial) == self._name]
            if not found:
                raise TokenNotFoundError("the module does not show the token any more")
            self._slot = found[0]

    @property
    def is_own(self) -> bool:
        """Whether the token is one that the suite has initialised, whose administrator's PIN it knows."""
        return self.slot >= 0 and self._is_own

    @property
    def pins(self) -> Pins:
        """The PINs of the token: those given, and for the suite's own where none are given those it has set."""
        given = self.given_pins
        if self.is_own:
            return Pins(given.admin or _OWN_PINS.admin, given.user or _OWN_PINS.user)
        return given

    @property
    def listed(self) -> tuple[int, ...]:
        """The mechanisms that the token lists."""
        return self.module.mechanisms(self.slot)

    @property
    def numbers(self) -> MechanismMap:
        """The token's numbers for SM2, SM3 and SM4: those of the map that it lists."""
        if self._numbers is None:
            listed = self.listed
            family = self.target.mechanism_map or MechanismMap.probe(listed)
            self._numbers = family.offered(listed)
        return self._numbers

    def _tokens(self) -> list[TokenInfo]:
        found = []
        for slot in self.module.slots():
            with contextlib.suppress(TokenRemovedError):  # pulled out since the slots were listed
                found.append(self.module.token_info(slot))
        return found

    def _chosen(self) -> TokenInfo:
        """Return the token that the target names; of several the suite's own, or the only one there is."""
        tokens = self._tokens()
        wanted = self.target.device
        if wanted is not None:
            named = [token for token in tokens if token.label]
            choices = [[token for token in named if wanted in (token.label, f"{token.label}@{token.serial}")]]
        else:
            choices = [[token for token in tokens if token.is_initialized]]
            if Permission.INIT in self.permissions:
                free = [token for token in tokens if not token.is_initialized]
                choices = [[token for token in tokens if token.label == OWN_LABEL], free[:1], *choices]
        best = next((choice for choice in choices if choice), [])
        if len(best) != 1:
            shown = ", ".join(repr(token.label) for token in tokens) or "none"
            raise TokenNotFoundError(f"name the token to test; the module lists {shown}")
        return best[0]

    def _initialized(self, token: TokenInfo) -> TokenInfo:
        """Initialise a token, set the user's PIN, and return it: some modules give it another slot by this."""
        if token.is_initialized and token.flags & (C.CKF_SO_PIN_COUNT_LOW | C.CKF_SO_PIN_LOCKED):
            raise LoginRequiredError("a try of the administrator's PIN was spent; the suite does not spend the rest")
        pins = Pins(self.target.admin_pin or _OWN_PINS.admin, self.target.user_pin or _OWN_PINS.user)
        self.module.init_token(token.slot, pins.admin, OWN_LABEL)
        found = [one for one in self._tokens() if one.label == OWN_LABEL]
        if not found:
            raise TokenNotFoundError("the module does not show the token that it has initialised")
        made = next((one for one in found if one.slot == token.slot), found[0])
        with contextlib.closing(self.module.open_session(made.slot)) as session:
            session.login(C.CKU_SO, pins.admin)
            session.init_pin(pins.user)
        return made

    # ---- logging in -----------------------------------------------------------------------
    def login(self, session: Session) -> None:
        """Log the user in; a PIN that was given and is wrong costs one try and not one for each group.

        :raises LoginRequiredError: when no PIN was given, or it was refused before.
        :raises TokenError: when the token refuses.
        """
        if not self.pins.user:
            raise LoginRequiredError("it takes the user's PIN: --pin-file")
        low = self.module.token_info(self.slot).flags & (C.CKF_USER_PIN_COUNT_LOW | C.CKF_USER_PIN_LOCKED)
        if self._was_refused or (low and not self.is_own):
            raise LoginRequiredError("a wrong PIN was given before; log in with the right one elsewhere first")
        try:
            session.login(C.CKU_USER, self.pins.user)
        except GmpkiError:
            self._was_refused = not self.is_own
            raise

    # ---- objects of the token -------------------------------------------------------------
    def _remove(self, name: str) -> None:
        """Destroy the objects of the token with this label. Every session with the token ends."""
        self.module.answer("C_CloseAllSessions", self.slot)
        with contextlib.closing(self.module.open_session(self.slot)) as session:
            self.login(session)
            for handle in session.find({C.CKA_LABEL: name}):
                session.destroy_object(handle)

    # ---- what is tested -------------------------------------------------------------------
    def identity(self) -> tuple[dict[str, str], Mapping[str, Any]]:
        """Return what the token says of itself, and what the client had to adapt to. Nothing is initialised.

        :raises TokenNotFoundError: when there is none, or the target does not say which of several.
        """
        token, said = self._chosen(), self.module.info
        listed = self.module.mechanisms(token.slot)
        family = self.target.mechanism_map or MechanismMap.probe(listed)
        offered = family.offered(listed)
        device = {
            "manufacturer": token.manufacturer,
            "label": token.label,
            "model": token.model,
            "serial_number": token.serial,
            "hardware_version": token.hardware_version,
            "firmware_version": token.firmware_version,
            "specification_version": said.cryptoki_version,
            "algorithms": ", ".join(sorted(offered.mechanisms)),
            "mechanisms": str(len(listed)),
            "total_len": "" if token.total_len is None else str(token.total_len),
            "free_len": "" if token.free_len is None else str(token.free_len),
            "is_software": "yes" if _is_software(token) else "no",
        }
        adapted = {
            "name": offered.name,
            "mechanism_map_source": offered.source,
            "mechanism_map_confidence": offered.confidence,
            "mechanisms": {name: f"0x{number:08X}" for name, number in offered.mechanisms.items()},
            "library": f"{said.description} {said.library_version}".strip(),
        }
        return device, adapted

    def close(self) -> None:
        """Remove the objects that were made and finalise the module. What cannot be removed stays noted as made."""
        super().close()
        with contextlib.suppress(GmpkiError):
            self.module.close()


def _may_be_own(token: TokenInfo) -> bool:
    return not token.is_initialized or token.label == OWN_LABEL


def _is_software(token: TokenInfo) -> bool:
    from gmpki.tokens.pkcs11.device import SOFTWARE

    return any(word in text for word in SOFTWARE for text in (token.label, token.manufacturer, token.model))
