"""What a check of a card is given: the card, commands by their names, and an application of its own with keys in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from gmpki.conformance.bench import Bench
from gmpki.conformance.model import Permission
from gmpki.conformance.pcsc.recorded import GET_RESPONSE, word_name
from gmpki.conformance.scene import Pins
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    DriverError,
    TokenError,
    TokenRemovedError,
    TokenUnsupportedError,
)
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey
from gmpki.tokens.interfaces import KeyUsage, PinRole, Rights
from gmpki.tokens.pcsc import status_words
from gmpki.tokens.pcsc.apdu import Answer, Command
from gmpki.tokens.pcsc.channel import PLAIN, Channel
from gmpki.tokens.pcsc.command_table import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gmpki.conformance.pcsc.recorded import RecordedCard
    from gmpki.conformance.pcsc.scene import PCSCScene
    from gmpki.tokens.interfaces import DeviceInfo
    from gmpki.tokens.pcsc.application import PCSCApplication
    from gmpki.tokens.pcsc.container import PCSCContainer
    from gmpki.tokens.pcsc.device import PCSCDevice
    from gmpki.tokens.pcsc.session_keys import PCSCSessionKey

__all__ = ["OWN_TRIES", "Dual", "OwnApplication", "PCSCBench"]

OWN_TRIES: Final = 6
"""How many wrong PINs the suite's own applications take."""

_DONE, _MORE, _WRONG_LE = 0x90, 0x61, 0x6C
_SHORT_LE: Final = 256
_MAX_PIECES: Final = 256  # of 256 bytes: the longest answer that there can be
_INS_UNKNOWN: Final = 0x6D00
_CLA_UNKNOWN: Final = 0x6E00


@dataclass(frozen=True, slots=True)
class OwnApplication:
    """An application that the suite made. Immutable."""

    name: str
    pins: Pins


@dataclass(frozen=True, slots=True)
class Dual:
    """A container with both pairs. Immutable.

    :ivar encryption_key: made outside and imported, so that it is known here.
    """

    container: PCSCContainer
    signing_key: SM2PublicKey
    encryption_key: SM2PrivateKey


class PCSCBench(Bench):
    """What a check of a card is given.

    :ivar shared: what all checks of the group share.
    """

    def __init__(self, shared: PCSCScene) -> None:
        super().__init__(shared.recorder, shared.options)
        self.shared = shared
        self._application: PCSCApplication | None = None
        self._has_card = False

    # ---- commands as they are -------------------------------------------------------------
    @property
    def card(self) -> RecordedCard:
        """The card, switched on for this check."""
        if not self._has_card:
            self._has_card = True
            self.later(self.shared.disconnect)
        with self.scene():
            return self.shared.card

    def send(self, command: Command | bytes) -> Answer:
        """Send one command as it is, and return its one answer, whatever that is.

        :raises DriverError: when the answer has no status word.
        :raises TokenError: when the reader does not take the command.
        """
        encoded = command if isinstance(command, bytes) else command.to_bytes()
        try:
            return Answer.from_bytes(self.card.transmit(encoded))
        except DecodeError as error:
            raise DriverError(f"the card does not answer as cards do: {error}") from None

    def command(self, name: str, data: bytes = b"", *, p1: int = 0, p2: int = 0, le: int = 0) -> Command:
        """Return a command by its name, with the number that the card's profile has."""
        ins = self.device.profile.commands.get(name, COMMANDS[name].ins)
        return Command(PLAIN, ins, p1, p2, data, le)

    def refused(self, command: Command | bytes, en: str, zh: str) -> int | None:
        """Send what has to be refused as it is, and return the word; None where the reader does not pass it on.

        :param en: what it means when it is not refused; zh: the same in Chinese.
        :raises TokenRemovedError: when the card is gone.
        """
        try:
            answer = self.send(command)
        except TokenRemovedError:
            raise
        except TokenError:
            self.observe("refused by", "the reader")
            return None
        self.observe("answer", word_name(answer.status))
        self.expect(answer.status >> 8 not in (_DONE, _MORE, _WRONG_LE), en, zh)
        return answer.status

    def rest(self, answer: Answer) -> bytes:
        """Fetch the rest of an answer by GET RESPONSE, and return the whole; the check fails where that does not work.

        :raises TokenError: when the reader fails.
        """
        parts = [answer.data]
        while answer.status >> 8 == _MORE:
            answer = self.send(Command(0, GET_RESPONSE, le=(answer.status & 0xFF) or _SHORT_LE))
            self.expect(
                answer.data and answer.status >> 8 in (_DONE, _MORE),
                f"GET RESPONSE for what the card says it has is answered with {word_name(answer.status)}",
                f"卡片声明有后续数据，GET RESPONSE 却返回 {word_name(answer.status)}",
            )
            parts.append(answer.data)
            self.expect(len(parts) <= _MAX_PIECES, "the answer does not come to an end", "响应没有结束")
        return b"".join(parts)

    def exchange(
        self, name: str, data: bytes = b"", *, p1: int = 0, p2: int = 0, cla: int = PLAIN, le: int = 0
    ) -> tuple[int, bytes]:
        """Send a command by its name, and return its status word and the whole of its answer.

        :param le: how many bytes of answer are expected; 0 is none, -1 any number.
        :raises TokenUnsupportedError: when the card's profile lacks the command.
        :raises TokenError: when the reader or the card fails.
        """
        return Channel(self.card, self.device.profile).exchange(name, data, p1=p1, p2=p2, cla=cla, le=le)

    def call(self, name: str, data: bytes = b"", *, p1: int = 0, p2: int = 0, le: int = 0) -> bytes:
        """Send a command that has to succeed, and return its answer; the check fails where it does not.

        Errors as :meth:`exchange`.
        """
        status, answer = self.exchange(name, data, p1=p1, p2=p2, le=le)
        self._end_if_unsupported(name, status)
        self.expect(
            status == status_words.OK,
            f"{name} is answered with {word_name(status)}",
            f"{name} 返回 {word_name(status)}",
        )
        return answer

    def refuses(self, en: str, zh: str, name: str, data: bytes = b"", *, p1: int = 0, p2: int = 0, le: int = 0) -> int:
        """Send a command that has to be refused, by whatever word, tell which it was, and return it.

        :param en: what it means when it is not; zh: the same in Chinese.
        """
        status, _ = self.exchange(name, data, p1=p1, p2=p2, le=le)
        self._end_if_unsupported(name, status)
        self.observe(name, word_name(status))
        self.expect(status != status_words.OK, en, zh)
        return status

    def refusal(self, name: str, call: Callable[..., object], *arguments: object) -> TokenError | None:
        """Do something that comes to a command; return how the command was refused, None when it was not.

        :raises TokenUnsupportedError: when the card has no such command, or how it wants it is not known.
        :raises TokenError: when another command is refused.
        """
        try:
            call(*arguments)
        except TokenUnsupportedError:
            raise
        except TokenError as error:
            if error.function != name:
                raise
            self.observe(name, error.code_name)
            return error
        return None

    def is_refused(self, name: str, call: Callable[..., object], *arguments: object) -> bool:
        """Tell whether a command is refused that something comes to; errors as :meth:`refusal`."""
        try:
            return self.refusal(name, call, *arguments) is not None
        except DecryptionError:  # what drivers make of the card's refusal to decrypt
            return True

    def expect_word(self, status: int, usual: Collection[int], name: str) -> None:
        """End the check as a deviation where a command is refused by another word than is usual."""
        if status not in usual:
            shown = " or ".join(word_name(word) for word in usual)
            self.deviate(
                f"{name} is refused with {word_name(status)}, and not {shown}",
                f"{name} 以 {word_name(status)} 拒绝，通常为 {shown.replace(' or ', ' 或 ')}",
                "give the word its meaning in the card's profile",
                "在卡片配置中说明该状态字的含义",
            )

    def _end_if_unsupported(self, name: str, status: int) -> None:
        if status in (_INS_UNKNOWN, _CLA_UNKNOWN):
            self.unsupported(f"the card has no {name}: {word_name(status)}", f"卡片不支持 {name}：{word_name(status)}")

    # ---- the device -----------------------------------------------------------------------
    @property
    def device(self) -> PCSCDevice:
        """The card as a device."""
        _ = self.card
        with self.scene():
            return self.shared.device

    @property
    def info(self) -> DeviceInfo:
        """What the card says of itself."""
        device = self.device
        with self.scene():
            return device.info

    def reset(self) -> None:
        """Let the card go and switch it on again: what was open is closed, and is opened anew when it is next used."""
        self._application = None
        self.shared.disconnect()

    def authenticate(self) -> None:
        """Authenticate to the card, which takes the permission to initialise."""
        self._demand_init()
        device = self.device
        with self.scene():
            self.shared.device_key.use(device.authenticate)

    def _demand_init(self) -> None:
        if Permission.INIT not in self.shared.permissions:
            self.not_run("it takes --allow-init", "需要 --allow-init")

    # ---- the application ------------------------------------------------------------------
    @property
    def pins(self) -> Pins:
        """The PINs of :attr:`application`."""
        _ = self.card
        with self.scene():
            return self.shared.pins

    @property
    def application(self) -> PCSCApplication:
        """The application that the suite works in, opened for this check; nobody has logged in."""
        if self._application is None:
            device = self.device
            with self.scene():
                self._application = device.application(self.shared.application_name)
                self._application.logout()
        return self._application

    def login(self) -> None:
        """Log the user in to :attr:`application`."""
        application, pin = self.application, self.pins.user
        if not pin:
            # A PIN that nobody gave would be a wrong one, and count.
            self.not_run("it takes a PIN of the application", "需要该应用的 PIN")
        with self.scene():
            if not self.shared.is_own_name(application.name):
                self._spare_tries(application)
            application.login(pin)

    def _spare_tries(self, application: PCSCApplication) -> None:
        """End the check where a PIN was wrong before: otherwise each check would spend one more try of its owner's."""
        try:
            state = application.pin_info(PinRole.USER)
        except TokenError:
            return  # such a card is tried once for each check: nothing tells better
        if state.some_spent:
            left = f"{state.tries_left}/{state.max_tries}"
            self.not_run(
                f"a wrong PIN was given before ({left} tries left); the suite spends no more of them",
                f"此前输入过错误的 PIN（剩余 {left} 次），检测不再消耗尝试次数",
            )

    def logout(self) -> None:
        """Log out whoever has logged in to :attr:`application`."""
        application = self.application
        with self.scene():
            application.logout()

    def new_application(self, *, tries: int = OWN_TRIES, create_file_rights: Rights = Rights.USER) -> OwnApplication:
        """Create one more application with PINs of its own, until the end of the check; nobody has logged in.

        :param tries: wrong ones of each PIN until it locks.
        :param create_file_rights: who may create files.
        """
        self._demand_init()
        _ = self.card
        name, pins = self.shared.new_name(), Pins.new()
        self.later(self.shared.remove_application, name)
        with self.scene():
            self.shared.create_application(name, pins, tries, create_file_rights)
        return OwnApplication(name, pins)

    def opened(self, own: OwnApplication) -> PCSCApplication:
        """Return an application that :meth:`new_application` made, open."""
        device = self.device
        with self.scene():
            return device.application(own.name)

    def number_of(self, application: PCSCApplication) -> bytes:
        """Return the number of an open application, which its commands begin with."""
        with self.scene():
            return application._open()[1]

    def login_state(self, application: PCSCApplication) -> bool:
        """Tell whether the user has logged in: whether a container can be created, which is deleted again."""
        own, name = self.number_of(application), self.shared.new_name().encode()
        status, _ = self.exchange("CreateContainer", own + name, le=2)
        if status == status_words.OK:
            self.exchange("DeleteContainer", own + name)
        self._end_if_unsupported("CreateContainer", status)
        return status == status_words.OK

    # ---- containers -----------------------------------------------------------------------
    def new_container(self) -> PCSCContainer:
        """Create a container, until the end of the check; the user is logged in for it."""
        self.login()
        name, application = self.shared.new_name(), self.application
        self.later(self._delete_container, name)
        with self.scene():
            return application.create_container(name)

    def _delete_container(self, name: str) -> None:
        self.login()
        self.application.delete_container(name)

    def numbers_of(self, container: PCSCContainer) -> bytes:
        """Return the numbers of the application and the container, which commands of containers begin with."""
        with self.scene():
            return container._open()[1]

    def p1(self, usage: KeyUsage) -> int:
        """Return P1 of the commands that ask for a pair or its certificate."""
        signing = self.device.profile.signing_flag
        return signing if usage is KeyUsage.SIGNING else 1 - signing

    def signing_container(self) -> tuple[PCSCContainer, SM2PublicKey]:
        """Create a container with a signing pair; return it and the public key."""
        container = self.new_container()
        with self.scene():
            key = container.generate()
        return container, cast("SM2PublicKey", key)

    @staticmethod
    def number_of_key(key: PCSCSessionKey) -> bytes:
        """Return the number of a session key, which its commands begin with."""
        return key._number

    def dual_container(self) -> Dual:
        """Create a container with both pairs."""
        container, signing_key = self.signing_container()
        key = SM2PrivateKey.generate()
        with self.scene():
            container.import_encryption_key(KeyEnvelope.seal(key, signing_key))
        return Dual(container, signing_key, key)
