"""The session protocol over PC/SC: a card as a device."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member, number
from gmpki.algorithms import sm4
from gmpki.errors import (
    LoginRequiredError,
    PinIncorrectError,
    TokenError,
    TokenUnsupportedError,
)
from gmpki.tokens._device_facts import DEVICE_KEY_LEN, FACTORY_KEY, SOFT_MANUFACTURER, checked_device_key
from gmpki.tokens._opened import Opened, the_only
from gmpki.tokens.interfaces import Ability, DeviceInfo, PinRequest, PinRole, Rights
from gmpki.tokens.pcsc import pin_forms
from gmpki.tokens.pcsc.application import PCSCApplication
from gmpki.tokens.pcsc.card_profile import CardProfile, PinForm
from gmpki.tokens.pcsc.channel import Channel
from gmpki.tokens.pcsc.fields import CardInfo, encoded_name, names
from gmpki.tokens.pins import given_pin
from gmpki.tokens.skf import algorithm_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from gmpki.tokens.pcsc.driver import PCSCDriver
    from gmpki.tokens.pcsc.readers import CardTransport

__all__ = ["PCSCDevice"]

_SM4_ECB: Final = 0x401
_MAX_TRIES: Final = 255
_MAX_RANDOM_LEN: Final = 1 << 20
_MAX_LABEL_LEN: Final = 31
# Asked at once; more than this many cards do not give.
_RANDOM_PIECE_LEN: Final = 128


class PCSCDevice(Opened):
    """A card in a reader; a :class:`~gmpki.tokens.interfaces.Device`. Thread-safe: its calls run one at a time.

    Made by :meth:`PCSCDriver.open <gmpki.tokens.pcsc.driver.PCSCDriver.open>`. Its errors are those that
    :mod:`gmpki.tokens.interfaces` lists for every call.

    :ivar profile: what is known of the card.
    """

    _WHAT = "device"

    def __init__(self, driver: PCSCDriver, transport: CardTransport, name: str) -> None:
        profile = CardProfile.shipped("gmt0017") if driver.profile is None else driver.profile
        channel = Channel(transport, profile, driver.log)
        if driver.profile is None:
            channel.profile = CardProfile.for_manufacturer(_info(channel).manufacturer)
        super().__init__(driver, own_lock=True)
        self.driver = driver
        self._channel = channel
        self._name = name

    @property
    def name(self) -> str:
        """The name of its reader."""
        return self._name

    @property
    def profile(self) -> CardProfile:
        """What is known of the card."""
        return self._channel.profile

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do, by its profile."""
        found = {Ability.RANDOM, Ability.LABEL, Ability.LOCK, Ability.DEVICE_AUTHENTICATION}
        if self.profile.pin_form is PinForm.SM2:
            found.add(Ability.MANAGE_APPLICATIONS)
        return frozenset(found)

    def _opened(self) -> Channel:
        self._use()
        return self._channel

    @property
    def info(self) -> DeviceInfo:
        """What the card says of itself, asked anew each time."""
        with self._lock:
            found = _info(self._opened())
        return DeviceInfo(
            name=self._name,
            label=found.label,
            manufacturer=found.manufacturer,
            issuer=found.issuer,
            serial_number=found.serial_number,
            hardware_version=found.hardware_version,
            firmware_version=found.firmware_version,
            specification_version=found.specification_version,
            algorithms=algorithm_names.names_of(found.alg_sym_cap, found.alg_asym_cap, found.alg_hash_cap),
            device_auth_algorithm=algorithm_names.cipher_name(found.dev_auth_alg_id) if found.dev_auth_alg_id else None,
            total_len=found.total_space,
            free_len=found.free_space,
            max_input_len=found.max_data_len,
            is_software=found.manufacturer == SOFT_MANUFACTURER,
        )

    def set_label(self, label: str) -> None:
        """Give the card a label.

        :param label: less than 32 bytes.
        :raises InvalidTypeError: when it is not ``str``.
        :raises InvalidInputError: when it is longer.
        """
        encoded = encoded_name(label, _MAX_LABEL_LEN, "label")
        with self._lock:
            self._opened().call("SetLabel", encoded)

    def random(self, length: int) -> bytes:
        """Return random bytes made by the card.

        :param length: 1 byte to 1 MiB.
        :raises InvalidTypeError: when it is not an ``int``.
        :raises InvalidInputError: when it is outside.
        """
        number(length, 1, _MAX_RANDOM_LEN, "length")
        found = bytearray()
        with self._lock:
            channel = self._opened()
            while len(found) < length:
                piece = channel.call("GenRandom", le=min(_RANDOM_PIECE_LEN, length - len(found)))
                if not piece:
                    raise TokenError("the card gives no random bytes", function="GenRandom")
                found += piece
        return bytes(found[:length])

    @contextlib.contextmanager
    def lock(self, timeout_ms: int | None = None) -> Iterator[None]:
        """Use the card alone until the context ends: other programs, and other threads of this one, wait.

        :param timeout_ms: None; the resource manager of PC/SC has no limit to the waiting.
        :raises TokenUnsupportedError: for any other limit.
        """
        if timeout_ms is not None:
            raise TokenUnsupportedError("PC/SC waits for a card without limit; timeout_ms must be None")
        with self._lock, self._opened().transport.transaction():
            yield

    # ---- the device key -----------------------------------------------------------------
    def authenticate(self, key: Buffer | None = None) -> None:
        """Authenticate to the card, which creating and deleting applications and changing the key need.

        :param key: 16 bytes; None takes the one that products are delivered with.
        :raises InvalidTypeError: when key is not a buffer.
        :raises InvalidInputError: when it has another length.
        :raises LoginRequiredError: when the card refuses it.
        :raises TokenUnsupportedError: when the card wants another cipher than SM4.
        :standard: GM/T 0016-2012 8.2.3; the command of GM/T 0017 with confidence B, its layout C
        """
        value = checked_device_key(FACTORY_KEY if key is None else key)
        with self._lock:
            channel = self._opened()
            algorithm = _info(channel).dev_auth_alg_id
            if algorithm != _SM4_ECB:
                name = algorithm_names.cipher_name(algorithm)
                raise TokenUnsupportedError(f"the card is authenticated to with {name}, which is not computed here")
            with channel.transport.transaction():
                block = pin_forms.challenge(channel).ljust(DEVICE_KEY_LEN, b"\0")
                try:
                    channel.call("DevAuth", sm4.encrypt(value, block, sm4.Mode.ECB))
                except (LoginRequiredError, PinIncorrectError) as error:
                    raise LoginRequiredError(
                        "the card does not accept the device key",
                        function=error.function,
                        code=error.code,
                        code_name=error.code_name,
                    ) from None

    def change_device_key(self, key: Buffer) -> None:
        """Give the card a new device key, after authenticate.

        :param key: 16 bytes.
        :raises InvalidTypeError: when key is not a buffer.
        :raises InvalidInputError: when it has another length.
        :raises LoginRequiredError: unless authenticated.
        """
        value = checked_device_key(key)
        with self._lock:
            pin_forms.send_protected(self._opened(), "ChangeDevAuthKey", bytearray(value))

    # ---- applications -------------------------------------------------------------------
    def applications(self) -> tuple[str, ...]:
        """Return the names of the applications."""
        with self._lock:
            return names(self._opened().call("EnumApplication", le=-1), "applications")

    def application(self, name: str | None = None) -> PCSCApplication:
        """Open an application; one that is open already is returned again.

        :param name: None is the only one there is.
        :raises InvalidTypeError: when name is not ``str``.
        :raises TokenNotFoundError: when there is none of this name, or None does not say which.
        """
        if name is not None:
            as_text(name, "the name of an application")
        with self._lock:
            self._use()
            if name is None:
                name = the_only(self.applications(), f"the card in {self._name!r}", "application")
            opened = self._below.get(name)
            if isinstance(opened, PCSCApplication):
                return opened
            return PCSCApplication(self, name)

    def create_application(
        self,
        name: str,
        *,
        admin_pin: str | bytes | bytearray,
        user_pin: str | bytes | bytearray,
        admin_tries: int = 10,
        user_tries: int = 10,
        create_file_rights: Rights = Rights.USER,
    ) -> PCSCApplication:
        """Create an application and open it.

        :param admin_tries: wrong tries until the PIN locks, 1 to 255; likewise user_tries.
        :param create_file_rights: who may create files in it.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the name is empty or too long, or a number outside.
        :raises LoginRequiredError: unless the card has been authenticated to.
        :raises TokenExistsError: when there is one of this name.
        :raises TokenFullError: when there is no room.
        :raises PinRejectedError: when a PIN has a length or form that is not taken.
        """
        encoded = encoded_name(name, 255, "the name of an application")
        for what, tries in (("admin_tries", admin_tries), ("user_tries", user_tries)):
            number(tries, 1, _MAX_TRIES, what)
        member(create_file_rights, Rights, "create_file_rights")
        roles = (PinRequest(role, self._name, name, None) for role in (PinRole.ADMIN, PinRole.USER))
        with given_pin(admin_pin, next(roles)) as admin, given_pin(user_pin, next(roles)) as user, self._lock:
            fields = pin_forms.counted([encoded, admin])
            fields += bytes((admin_tries,)) + pin_forms.counted([user]) + bytes((user_tries,))
            fields += int(create_file_rights).to_bytes(4, "big")
            pin_forms.send_protected(self._opened(), "CreateApplication", fields)
            return PCSCApplication(self, name)

    def delete_application(self, name: str) -> None:
        """Delete an application with all that is in it; what is open of it is closed.

        :raises InvalidTypeError: when name is not ``str``.
        :raises InvalidInputError: when it is empty or too long.
        :raises LoginRequiredError: unless the card has been authenticated to.
        :raises TokenNotFoundError: when there is none of this name.
        """
        encoded = encoded_name(name, 255, "the name of an application")
        with self._lock:
            self._opened().call("DeleteApplication", encoded)
            opened = self._below.get(name)
            if opened is not None:
                opened.close()

    def _give_back(self) -> None:
        self._channel.transport.close()

    def __repr__(self) -> str:
        return f"<PCSCDevice {self._name!r}{'' if self._is_open else ', closed'}>"


def _info(channel: Channel) -> CardInfo:
    return CardInfo.from_bytes(channel.call("GetDevInfo", le=-1))
