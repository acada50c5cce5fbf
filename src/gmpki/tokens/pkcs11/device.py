"""A PKCS #11 token as a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from gmpki._inputs import as_text, member, number
from gmpki.errors import StateError, TokenError, TokenExistsError, TokenNotFoundError, TokenUnsupportedError
from gmpki.tokens._opened import Closing
from gmpki.tokens.interfaces import Ability, DeviceInfo, PinRequest, PinRole, Rights
from gmpki.tokens.pins import given_pin
from gmpki.tokens.pkcs11.application import PKCS11Application
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from typing_extensions import Buffer

    from gmpki.algorithms.policy import AlgorithmPolicy
    from gmpki.tokens.pkcs11.cryptoki import Module, TokenInfo
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
    from gmpki.tokens.pkcs11.session import Session

__all__ = ["ALWAYS", "SOFTWARE", "PKCS11Device"]

ALWAYS: Final = frozenset(
    {
        Ability.TWO_KEY_PAIRS,
        Ability.CERTIFICATES,
        Ability.DECRYPTION,
        Ability.RANDOM,
        Ability.EVENTS,
        Ability.PIN_UNBLOCK,
        Ability.MANAGE_APPLICATIONS,
        Ability.MANAGE_CONTAINERS,
    }
)
"""What every PKCS #11 token has, or at least may have: that nobody can ask before trying."""

_BY_MECHANISM: Final = {"sm2-exchange": Ability.AGREEMENT, "sm2-enveloped-key": Ability.IMPORT_KEY_PAIR}
_MAX_RANDOM_LEN: Final = 1 << 20
_MAX_TRIES: Final = 255
SOFTWARE: Final = ("SOFTWARE TOKEN", "SoftHSM")
"""Words by which tokens say of themselves that they are software."""

# How the algorithms of standard mechanisms are called, by the beginning of the mechanism's name.
_ALGORITHMS: Final = {
    "CKM_RSA_PKCS_KEY_PAIR_GEN": "RSA",
    "CKM_EC_KEY_PAIR_GEN": "ECDSA",
    "CKM_DES_ECB": "DES-ECB",
    "CKM_DES_CBC": "DES-CBC",
    "CKM_DES3_ECB": "3DES-ECB",
    "CKM_DES3_CBC": "3DES-CBC",
    "CKM_AES_ECB": "AES-ECB",
    "CKM_AES_CBC": "AES-CBC",
    "CKM_MD5": "MD5",
    "CKM_SHA_1": "SHA1",
    "CKM_SHA256": "SHA256",
    "CKM_SHA384": "SHA384",
    "CKM_SHA512": "SHA512",
}
_SM_ALGORITHMS: Final = {
    "sm2-sign": "SM2",
    "sm2-sign-der": "SM2",
    "sm2-sm3-sign": "SM2",
    "sm3": "SM3",
    "sm4-ecb": "SM4-ECB",
    "sm4-cbc": "SM4-CBC",
    "sm4-cfb": "SM4-CFB",
    "sm4-ofb": "SM4-OFB",
    "sm4-ctr": "SM4-CTR",
    "sm4-mac": "SM4-MAC",
    "sm1-ecb": "SM1-ECB",
    "sm1-cbc": "SM1-CBC",
}


class PKCS11Device(Closing):
    """A token in a slot. Thread-safe. Made by a driver.

    :ivar slot: the number of its slot.
    :ivar numbers: the token's mechanisms for SM2, SM3 and SM4: those of the map that it lists.
    """

    def __init__(
        self, module: Module, slot: int, name: str, mechanism_map: MechanismMap | None, policy: AlgorithmPolicy
    ) -> None:
        """Take the token in a slot; the map is found out unless one is given.

        :raises TokenRemovedError: when the slot holds none.
        """
        from gmpki.tokens.pkcs11.mechanism_map import MechanismMap

        self.module = module
        self.slot = slot
        self.policy = policy
        self._name = name
        self._listed = frozenset(module.mechanisms(slot))
        family = MechanismMap.probe(self._listed) if mechanism_map is None else mechanism_map
        self.numbers = family.offered(self._listed)
        self._session: Session | None = None
        self._applications: list[PKCS11Application] = []
        self._is_open = True

    @property
    def name(self) -> str:
        """How the driver lists it."""
        return self._name

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""
        return ALWAYS | {ability for name, ability in _BY_MECHANISM.items() if name in self.numbers.mechanisms}

    def token_info(self) -> TokenInfo:
        """Return what the module says of the token, in the terms of PKCS #11.

        :raises StateError: after close.
        :raises TokenRemovedError: when the token is gone.
        """
        self._check_open()
        return self.module.token_info(self.slot)

    @property
    def info(self) -> DeviceInfo:
        """What the token says of itself, asked anew each time."""
        token = self.token_info()
        known = {getattr(C, mechanism): algorithm for mechanism, algorithm in _ALGORITHMS.items()}
        algorithms = {algorithm for mechanism, algorithm in known.items() if mechanism in self._listed}
        algorithms |= {_SM_ALGORITHMS[name] for name in self.numbers.mechanisms if name in _SM_ALGORITHMS}
        said = (token.label, token.manufacturer, token.model)
        return DeviceInfo(
            name=self._name,
            label=token.label,
            manufacturer=token.manufacturer,
            issuer="",
            serial_number=token.serial,
            hardware_version=token.hardware_version,
            firmware_version=token.firmware_version,
            specification_version=self.module.info.cryptoki_version,
            algorithms=frozenset(algorithms),
            device_auth_algorithm=None,
            total_len=token.total_len,
            free_len=token.free_len,
            max_input_len=None,
            is_software=any(word in text for word in SOFTWARE for text in said),
        )

    def random(self, length: int) -> bytes:
        """Return random bytes made by the token, up to 1 MiB.

        :raises InvalidTypeError: when length is not an ``int``.
        :raises InvalidInputError: when it is outside.
        """
        number(length, 0, _MAX_RANDOM_LEN, "length")
        self._check_open()
        with self.module.exclusive():
            session = self._session or self.module.open_session(self.slot)
            self._session = None  # until it has worked: one that ended with its token is not used again
            data = session.random(length)
            self._session = session
            return data

    # ---- applications -------------------------------------------------------------------
    def applications(self) -> tuple[str, ...]:
        """Return the label of the token, which is its one application; nothing when it is not initialised."""
        token = self.token_info()
        return (token.label,) if token.is_initialized else ()

    def application(self, name: str | None = None) -> PKCS11Application:
        """Open the application.

        :raises InvalidTypeError: when the name is no text.
        :raises TokenNotFoundError: when the token has another label, or is not initialised.
        """
        there = self.applications()
        wanted = next(iter(there), "") if name is None else as_text(name, "name")
        if wanted not in there:
            raise TokenNotFoundError(
                f"the token has no application {wanted[:80]!r}; it has {', '.join(there) or 'none'}"
            )
        opened = PKCS11Application(self, wanted)
        self._applications.append(opened)
        return opened

    def create_application(
        self,
        name: str,
        *,
        admin_pin: str | bytes | bytearray,
        user_pin: str | bytes | bytearray,
        admin_tries: int = 10,
        user_tries: int = 10,
        create_file_rights: Rights = Rights.USER,
    ) -> PKCS11Application:
        """Initialise the token of an empty slot: label, administrator's PIN and user PIN.

        How many tries there are is the token's own rule, and it has no files: the rest is looked at and not used.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises TokenExistsError: when the token is initialised already; C_InitToken would empty it.
        :raises InvalidInputError: when the name is empty or longer than 32 bytes.
        :raises PinRejectedError: when a PIN has a length or form that the token does not take.
        """
        for tries in (admin_tries, user_tries):
            number(tries, 1, _MAX_TRIES, "the tries of a PIN")
        member(create_file_rights, Rights, "create_file_rights")
        before = self.token_info()
        if before.is_initialized:
            raise TokenExistsError(f"the token is initialised, as {before.label!r}")
        requests = [PinRequest(role, self._name, as_text(name, "name"), None) for role in PinRole]
        with given_pin(admin_pin, requests[0]) as admin, given_pin(user_pin, requests[1]) as user:
            with self.module.exclusive():
                self._close_sessions()
                self.module.init_token(self.slot, admin, name)
                made = self._moved_to(name, before.serial)
                self.slot, self._name = made.slot, f"{made.label}@{made.serial}"
            created = self.application(name)
            try:
                created.unblock_pin(admin, user)
            except TokenError:
                created.close()
                raise
        return created

    def _moved_to(self, label: str, old_serial: str) -> TokenInfo:
        """Return the token just initialised: some modules give it another slot, and a serial number with it."""
        candidates = []
        for slot in self.module.slots():
            token = self.module.token_info(slot)
            if token.is_initialized and token.label == label.rstrip():
                candidates.append(token)
        best = [token for token in candidates if token.slot == self.slot]
        best += [token for token in candidates if token.serial == old_serial] + candidates
        if not best:
            raise TokenNotFoundError(f"the module does not show the token {label!r} that it initialised")
        return best[0]

    def delete_application(self, name: str) -> None:
        """Refuse: PKCS #11 empties a token by initialising it, for which the administrator's PIN is needed.

        :raises TokenUnsupportedError: always; :meth:`reset` does it.
        """
        raise TokenUnsupportedError(f"{as_text(name, 'name')[:80]!r} is emptied by reset, with the administrator's PIN")

    def reset(self, name: str, *, admin_pin: str | bytes | bytearray) -> None:
        """Initialise the token anew: everything on it is lost, the user PIN too, and it has a new label.

        :raises PinIncorrectError: when the administrator's PIN is wrong; likewise PinLockedError.
        :raises InvalidInputError: when the name is empty or longer than 32 bytes.
        """
        request = PinRequest(PinRole.ADMIN, self._name, as_text(name, "name"), None)
        with given_pin(admin_pin, request) as admin, self.module.exclusive():
            self._check_open()
            self._close_sessions()
            self.module.init_token(self.slot, admin, name)

    # ---- what PKCS #11 does not have ----------------------------------------------------
    def set_label(self, label: str) -> None:
        """Refuse: the label is set when a token is initialised.

        :raises TokenUnsupportedError: always.
        """
        self._refuse("a label that can be changed", label)

    def lock(self, timeout_ms: int | None = None) -> AbstractContextManager[None]:
        """Refuse.

        :raises TokenUnsupportedError: always.
        """
        self._refuse("a lock", timeout_ms)

    def authenticate(self, key: Buffer | None = None) -> None:
        """Refuse.

        :raises TokenUnsupportedError: always.
        """
        self._refuse("an authentication of the device", key)

    def change_device_key(self, key: Buffer) -> None:
        """Refuse.

        :raises TokenUnsupportedError: always.
        """
        self._refuse("a key of the device", key)

    def _refuse(self, what: str, *_: object) -> NoReturn:
        raise TokenUnsupportedError(f"PKCS #11 does not have {what}")

    # ---- its end ------------------------------------------------------------------------
    def _check_open(self) -> None:
        if not self._is_open:
            raise StateError("the device is closed")

    def _close_sessions(self) -> None:
        """End every session, which C_InitToken wants (5.5.7)."""
        while self._applications:
            self._applications.pop().close()
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def close(self) -> None:
        """Close the applications, then the device; doing so twice is no error."""
        self._is_open = False
        self._close_sessions()

    def __repr__(self) -> str:
        return f"<PKCS11Device {self._name!r} in slot {self.slot}>"
