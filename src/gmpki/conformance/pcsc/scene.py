"""What the checks of one group share: the way to the card, and the application that the suite works in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.conformance.device_key import DeviceKey
from gmpki.conformance.model import Permission
from gmpki.conformance.pcsc.bench import OWN_TRIES, PCSCBench
from gmpki.conformance.pcsc.recorded import RecordedCard
from gmpki.conformance.scene import Pins, Scene
from gmpki.errors import StateError, TokenNotFoundError, TokenUnsupportedError
from gmpki.tokens._device_facts import FACTORY_KEY
from gmpki.tokens.interfaces import Ability, Rights
from gmpki.tokens.pcsc import PCSCDriver
from gmpki.tokens.pcsc.readers import Readers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gmpki.conformance.pcsc.recorded import Card
    from gmpki.conformance.recording import Recorder
    from gmpki.conformance.target import Options, Target
    from gmpki.tokens.interfaces import DeviceInfo
    from gmpki.tokens.pcsc.card_profile import CardProfile
    from gmpki.tokens.pcsc.device import PCSCDevice

__all__ = ["PCSCScene"]

_UNKNOWN: Final = "without a reader"


class PCSCScene(Scene):
    """A card in a reader, for the checks of a group. A context of one thread: its end removes what it made.

    Each check begins with the card as it is after a reset: letting it go resets it.
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
        is_key_refused: bool = False,
        on_key_refused: Callable[[], None] = lambda: None,
        connect: Callable[[], Card] | None = None,
    ) -> None:
        """Reach the resource manager.

        :param on_made: told the name of an application before it is created; on_removed: when it is gone.
        :param is_key_refused: whether the device was found to refuse the device key; on_key_refused: told that it does.
        :param connect: switches a card on that something else than a reader leads to; None is a reader of PC/SC.
        :raises UnsupportedPlatform: when pyscard is not installed, or no resource manager runs.
        """
        super().__init__(target, permissions, options, recorder, on_made=on_made, on_removed=on_removed)
        key = target.device_key or FACTORY_KEY
        self.device_key = DeviceKey(key, is_refused=is_key_refused, on_refused=on_key_refused)
        self._readers = Readers() if connect is None else None
        self._connect = self._from_reader if connect is None else connect
        self._driver = PCSCDriver(policy=DEFAULT_POLICY.allowing("rsa-1024"))
        self._card: RecordedCard | None = None
        self._device: PCSCDevice | None = None
        self._application_name: str | None = None
        self._pins: Pins | None = None

    def bench(self) -> PCSCBench:
        """Return what the next check is given."""
        return PCSCBench(self)

    # ---- the card ---------------------------------------------------------------------------
    @property
    def reader(self) -> str:
        """The name of the reader with the card under test.

        :raises TokenNotFoundError: when there is none, or the target does not say which of several.
        :raises TokenError: when the resource manager fails.
        """
        if self._readers is None:
            return _UNKNOWN
        present = self._readers.with_card()
        wanted = self.target.path or self.target.device
        if wanted and wanted not in present:
            raise TokenNotFoundError(
                f"no card is in the reader {wanted!r}; cards are in {', '.join(present) or 'none'}"
            )
        if not wanted and len(present) != 1:
            raise TokenNotFoundError(f"{len(present)} readers have a card; name the one to test")
        return wanted or present[0]

    @property
    def card(self) -> RecordedCard:
        """The card, switched on when this is first asked; errors as :attr:`reader`."""
        if self._card is None:
            self._card = RecordedCard(self._connect(), self.recorder)
        return self._card

    def _from_reader(self) -> Card:
        if self._readers is None:
            raise StateError("the scene has no readers")
        return self._readers.connect(self.reader)

    @property
    def device(self) -> PCSCDevice:
        """The card as a device.

        :raises TokenError: when it does not say what it is; and as :attr:`reader`.
        """
        if self._device is None:
            card, self._card = self.card, None  # it is closed when it does not answer
            self._device = self._driver.open_card(card, self.reader)
            self._card = card
            card.name_commands(self._device.profile)
        return self._device

    def disconnect(self) -> None:
        """Let the card go, which resets it; doing so twice is no error."""
        card, self._card = self._card, None
        device, self._device = self._device, None
        if device is not None:
            device.close()
        elif card is not None:
            card.close()

    # ---- applications ---------------------------------------------------------------------
    @property
    def pins(self) -> Pins:
        """The PINs of the application that the suite works in."""
        _ = self.application_name  # which sets those of an application that it creates
        return self._pins or self.given_pins

    @property
    def application_name(self) -> str:
        """The application that the suite works in: its own, or the one that the target names.

        :raises TokenNotFoundError: when none may be created, or it is not known how, and none is named.
        :raises TokenError: when the card refuses.
        """
        if self._application_name is None:
            may_create = Permission.INIT in self.permissions
            # How cards want a PIN protected that is new is known of few: then a named one has to do.
            if may_create and (self.target.application is None or self.can_create):
                self._application_name = self._create_own()
            elif self.target.application is not None:
                self._application_name = self.target.application
            else:
                raise TokenNotFoundError("it takes --allow-init or --application")
        return self._application_name

    @property
    def can_create(self) -> bool:
        """Whether it is known how the card's applications are created; errors as :attr:`device`."""
        return Ability.MANAGE_APPLICATIONS in self.device.abilities

    def _create_own(self) -> str:
        name, pins = self.new_name(), Pins.new()
        self.create_application(name, pins, OWN_TRIES, Rights.USER)
        self._pins = pins
        return name

    def create_application(self, name: str, pins: Pins, tries: int, create_file_rights: Rights) -> None:
        """Create an application, and note that it has to be removed; it is closed again.

        :param tries: wrong ones of each PIN until it locks.
        :raises TokenUnsupportedError: when it is not known how the card wants that.
        :raises TokenError: when the card refuses.
        """
        device = self.device
        if not self.can_create:  # before anything is tried with the device key
            raise TokenUnsupportedError(f"how cards of the kind {device.profile.name} create applications is not known")
        self.device_key.use(device.authenticate)
        self.made(name)
        device.create_application(
            name,
            admin_pin=pins.admin,
            user_pin=pins.user,
            admin_tries=tries,
            user_tries=tries,
            create_file_rights=create_file_rights,
        ).close()

    def _remove(self, name: str) -> None:
        device = self.device
        if name in device.applications():
            self.device_key.use(device.authenticate)
            device.delete_application(name)

    # ---- what is tested -------------------------------------------------------------------
    def identity(self) -> tuple[dict[str, str], Mapping[str, Any]]:
        """Return what the card says of itself, and what the client had to adapt to.

        :raises TokenNotFoundError: when there is none, or the target does not say which of several.
        :raises TokenError: when the card does not say what it is.
        """
        try:
            info, atr = self.device.info, self.card.atr.hex(" ").upper()
            return {**_described(info), "reader": info.name, "atr": atr}, _adapted(self.device.profile)
        finally:
            self.disconnect()

    def close(self) -> None:
        """Remove the applications that were made. What cannot be removed stays noted as made."""
        super().close()
        self.disconnect()
        self._driver.close()
        if self._readers is not None:
            self._readers.close()


def _described(info: DeviceInfo) -> dict[str, str]:
    return {
        "manufacturer": info.manufacturer,
        "issuer": info.issuer or "",
        "label": info.label,
        "serial_number": info.serial_number,
        "hardware_version": info.hardware_version or "",
        "firmware_version": info.firmware_version or "",
        "specification_version": info.specification_version or "",
        "algorithms": ", ".join(sorted(info.algorithms)),
        "device_auth_algorithm": info.device_auth_algorithm or "",
        "total_len": "" if info.total_len is None else str(info.total_len),
        "free_len": "" if info.free_len is None else str(info.free_len),
        "is_software": "yes" if info.is_software else "no",
    }


def _adapted(profile: CardProfile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "confidence": profile.confidence,
        "pin_form": profile.pin_form.value,
        "pin_padding": profile.pin_padding.value,
        "extended": profile.extended,
        "max_data_len": profile.max_data_len,
        "signing_flag": profile.signing_flag,
        "commands": {name: f"0x{number:02X}" for name, number in profile.commands.items()},
        "missing": list(profile.missing),
        "words": {f"0x{word:04X}": meaning for word, meaning in profile.words.items()},
        "notes": list(profile.notes),
    }
