"""The one application that a PKCS #11 token is: its PINs, and its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from gmpki._inputs import as_text, member
from gmpki.errors import (
    InvalidInputError,
    StateError,
    TokenExistsError,
    TokenNotFoundError,
    TokenUnsupportedError,
)
from gmpki.tokens._opened import Closing
from gmpki.tokens.interfaces import Ability, FileInfo, PinInfo, PinRequest, PinRole, Rights, TokenKeyType
from gmpki.tokens.pins import given_pin
from gmpki.tokens.pkcs11.container import PKCS11Container
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.pkcs11.objects import read_groups

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.algorithms.policy import AlgorithmPolicy
    from gmpki.tokens.interfaces import PinSource
    from gmpki.tokens.pkcs11.device import PKCS11Device
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
    from gmpki.tokens.pkcs11.objects import Group
    from gmpki.tokens.pkcs11.session import Session

__all__ = ["PKCS11Application"]

_USERS = {PinRole.ADMIN: "CKU_SO", PinRole.USER: "CKU_USER"}
_MAX_LABEL_LEN = 64


class PKCS11Application(Closing):
    """A token as an application. Thread-safe. Made by a device.

    Who logs in does so for every session of this process with the token. PKCS #11 has no files with rights, so there
    are none here.
    """

    def __init__(self, device: PKCS11Device, name: str) -> None:
        """Open a session with the token of a device.

        :raises TokenRemovedError: when the token is gone.
        """
        self._device = device
        self._name = name
        self._session: Session | None = device.module.open_session(device.slot)
        # What containers remember of handles holds until this number changes.
        self.epoch = 0

    @property
    def name(self) -> str:
        """The label of the token."""
        return self._name

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""
        return self._device.abilities

    @property
    def session(self) -> Session:
        """The session, for containers.

        :raises StateError: after close.
        """
        if self._session is None:
            raise StateError("the application is closed")
        return self._session

    @property
    def numbers(self) -> MechanismMap:
        """The token's mechanisms for SM2, for containers."""
        return self._device.numbers

    @property
    def policy(self) -> AlgorithmPolicy:
        """The policy of the driver, for containers."""
        return self._device.policy

    @property
    def is_user_logged_in(self) -> bool:
        """Whether the user has logged in, in this process."""
        return self.session.state in (C.CKS_RW_USER_FUNCTIONS, C.CKS_RO_USER_FUNCTIONS)

    def changed(self) -> None:
        """Say that objects or logins have changed, for containers."""
        self.epoch += 1

    def policy_check(self, kind: TokenKeyType) -> None:
        """Refuse a kind of key that the policy refuses, before it is made.

        :raises PolicyError: for RSA of 1024 bits, unless the driver's policy allows it.
        """
        if kind is TokenKeyType.RSA_1024:
            self.policy.check_key("rsa", 1024)

    # ---- PINs ---------------------------------------------------------------------------
    def pin_info(self, role: PinRole = PinRole.USER) -> PinInfo:
        """Return the state of a PIN, as far as the token's flags tell it: locked, one try left, wrong since it was last
        right, to be changed. A flag that is not set says nothing: tokens need not tell.
        """
        member(role, PinRole, "role")
        flags = self._device.token_info().flags
        locked, last, low, default = (
            (C.CKF_SO_PIN_LOCKED, C.CKF_SO_PIN_FINAL_TRY, C.CKF_SO_PIN_COUNT_LOW, C.CKF_SO_PIN_TO_BE_CHANGED)
            if role is PinRole.ADMIN
            else (
                C.CKF_USER_PIN_LOCKED,
                C.CKF_USER_PIN_FINAL_TRY,
                C.CKF_USER_PIN_COUNT_LOW,
                C.CKF_USER_PIN_TO_BE_CHANGED,
            )
        )
        tries_left = 0 if flags & locked else 1 if flags & last else None
        spent = True if flags & low or tries_left is not None else None
        return PinInfo(role, None, tries_left, True if flags & default else None, spent)

    def login(self, pin: str | bytes | bytearray | PinSource, role: PinRole = PinRole.USER) -> None:
        """Log in; who was logged in before is logged out.

        :raises PinIncorrectError: when the PIN is wrong.
        :raises PinLockedError: when it is locked.
        :raises PinRejectedError: when it has a length or form that the token does not take.
        :raises LoginRequiredError: when the token has no user PIN yet.
        """
        member(role, PinRole, "role")
        session = self.session
        with given_pin(pin, self._request(role)) as value:
            try:
                session.login(getattr(C, _USERS[role]), value)
            finally:
                self.changed()

    def logout(self) -> None:
        """Log out; doing so twice is no error."""
        self.session.logout()
        self.changed()

    def change_pin(
        self, old: str | bytes | bytearray | PinSource, new: str | bytes | bytearray, role: PinRole = PinRole.USER
    ) -> None:
        """Change a PIN; nobody is logged in afterwards.

        :raises PinIncorrectError: when the old one is wrong; likewise PinLockedError and PinRejectedError.
        """
        member(role, PinRole, "role")
        session = self.session
        user = getattr(C, _USERS[role])
        request = self._request(role)
        with given_pin(old, request) as before, given_pin(new, request) as after, session.module.exclusive():
            session.logout()
            try:
                # Nobody logged in stands for the user (5.6.8); the administrator logs in, which checks the old PIN.
                if role is PinRole.ADMIN:
                    session.login(user, before)
                session.set_pin(before, after, user=user)
            finally:
                session.logout()
                self.changed()

    def unblock_pin(
        self, admin_pin: str | bytes | bytearray | PinSource, new_user_pin: str | bytes | bytearray
    ) -> None:
        """Set a new user PIN with the administrator's, as C_InitPIN does; nobody is logged in afterwards.

        :raises PinIncorrectError: when the administrator's PIN is wrong; likewise PinLockedError and PinRejectedError.
        """
        session = self.session
        requests = self._request(PinRole.ADMIN), self._request(PinRole.USER)
        with (
            given_pin(admin_pin, requests[0]) as admin,
            given_pin(new_user_pin, requests[1]) as user,
            session.module.exclusive(),
        ):
            try:
                session.login(C.CKU_SO, admin)
                session.init_pin(user)
            finally:
                session.logout()
                self.changed()

    def _request(self, role: PinRole) -> PinRequest:
        return PinRequest(role, self._device.name, self._name, self.pin_info(role).tries_left)

    # ---- containers ---------------------------------------------------------------------
    def groups(self) -> tuple[Group, ...]:
        """Return what belongs together in the token, as far as who has logged in may see it."""
        session = self.session
        with session.module.exclusive():
            return read_groups(session, self.numbers)

    def group(self, name: str) -> Group | None:
        """Return what belongs to a container, None when nothing does."""
        return next((group for group in self.groups() if group.name == name), None)

    def containers(self) -> tuple[str, ...]:
        """Return the names of the containers."""
        return tuple(group.name for group in self.groups())

    def container(self, name: str) -> PKCS11Container:
        """Open a container.

        :raises InvalidTypeError: when the name is not ``str``.
        :raises TokenNotFoundError: when there is none of this name.
        """
        if self.group(as_text(name, "name")) is None:
            raise TokenNotFoundError(f"token {self._name} has no container {name[:80]!r}")
        return PKCS11Container(self, name)

    def container_of(self, *, label: str | None = None, identifier: bytes | None = None) -> PKCS11Container:
        """Open the container that holds a pair with this CKA_LABEL and this CKA_ID; None matches any.

        :raises TokenNotFoundError: when there is none, or more than one.
        """
        found = [
            group.name
            for group in self.groups()
            if any(label in (None, pair.label) and identifier in (None, pair.identifier) for pair in group.pairs)
        ]
        if len(found) != 1:
            raise TokenNotFoundError(f"token {self._name} has {len(found) or 'no'} containers with these attributes")
        return PKCS11Container(self, found[0])

    def create_container(self, name: str) -> PKCS11Container:
        """Name a new container, which is in the token from its first pair on.

        :raises InvalidTypeError: when the name is not ``str``.
        :raises InvalidInputError: when it is empty, longer than 64 bytes, or not Unicode.
        :raises TokenExistsError: when there is one of this name.
        """
        try:
            length = len(as_text(name, "name").encode("utf-8"))
        except UnicodeEncodeError:
            raise InvalidInputError("the name of a container is Unicode") from None
        if not 0 < length <= _MAX_LABEL_LEN or "\x00" in name or name != name.rstrip():
            raise InvalidInputError(f"the name of a container has 1 to {_MAX_LABEL_LEN} bytes and no blank at its end")
        if self.group(name) is not None:
            raise TokenExistsError(f"token {self._name} has a container {name!r}")
        return PKCS11Container(self, name)

    def delete_container(self, name: str) -> None:
        """Destroy every object of a container.

        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """
        found = self.container(name)
        if not self.is_user_logged_in:
            # Else the private keys, which nobody sees, would be left alone.
            from gmpki.tokens.pkcs11.answers import refusal

            raise refusal("C_DestroyObject", C.CKR_USER_NOT_LOGGED_IN)
        found.delete()

    # ---- files, which there are none of -------------------------------------------------
    def files(self) -> tuple[str, ...]:
        """Return the names of the files: none."""
        self.session  # noqa: B018  a closed application says so
        return ()

    def file_info(self, name: str) -> FileInfo:
        """Refuse, as every call about files does.

        :raises TokenUnsupportedError: always.
        """
        self._no_files(name)

    def create_file(
        self, name: str, size: int, *, read_rights: Rights = Rights.USER, write_rights: Rights = Rights.USER
    ) -> None:
        """Refuse.

        :raises TokenUnsupportedError: always.
        """
        self._no_files(name, size, read_rights, write_rights)

    def delete_file(self, name: str) -> None:
        """Refuse.

        :raises TokenUnsupportedError: always.
        """
        self._no_files(name)

    def read_file(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Refuse.

        :raises TokenUnsupportedError: always.
        """
        self._no_files(name, offset, length)

    def write_file(self, name: str, data: Buffer, offset: int = 0) -> None:
        """Refuse.

        :raises TokenUnsupportedError: always.
        """
        self._no_files(name, data, offset)

    def _no_files(self, *_: object) -> NoReturn:
        raise TokenUnsupportedError("PKCS #11 has no files with rights")

    # ---- its end ------------------------------------------------------------------------
    def close(self) -> None:
        """Close the session; doing so twice is no error."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def __repr__(self) -> str:
        return f"<PKCS11Application {self._name!r}>"
