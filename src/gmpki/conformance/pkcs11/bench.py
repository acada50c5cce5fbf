"""What a check of a PKCS #11 module is given: the module, a token, sessions, and objects that go when it ends."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, ClassVar

from gmpki.conformance.calling import CallingBench
from gmpki.conformance.model import Permission
from gmpki.conformance.pkcs11.recorded import answer_name
from gmpki.errors import TokenError
from gmpki.tokens.pkcs11.attributes import Mechanism, Template
from gmpki.tokens.pkcs11.header import C, name_of
from gmpki.tokens.pkcs11.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.conformance.pkcs11.recorded import RecordedModule
    from gmpki.conformance.pkcs11.scene import P11Scene
    from gmpki.conformance.scene import Pins
    from gmpki.tokens.pkcs11.attributes import AttributeValue
    from gmpki.tokens.pkcs11.cryptoki import TokenInfo
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap

__all__ = ["OpenSession", "P11Bench"]

# What an output gets before the module says how much it needs.
_ROOM = 4096
_KEY_USES = ("CKA_ENCRYPT", "CKA_DECRYPT", "CKA_SIGN", "CKA_VERIFY")


class OpenSession(Session):
    """A session by comfortable functions, and its handle for calling the module as it is."""

    def __init__(self, module: RecordedModule, slot: int, handle: int) -> None:
        super().__init__(module, slot, handle)
        self.handle = handle


class P11Bench(CallingBench):
    """What a check of a PKCS #11 module is given.

    :ivar module: the module, by functions that negotiate sizes and make answers errors.
    :ivar shared: what all checks of the group share.
    """

    OK: ClassVar[str] = "CKR_OK"
    UNSUPPORTED: ClassVar[str] = "CKR_FUNCTION_NOT_SUPPORTED"
    BYTE: ClassVar[str] = "CK_BYTE"

    def __init__(self, shared: P11Scene) -> None:
        super().__init__(shared.recorder, shared.options)
        self.shared = shared
        self.module: RecordedModule = shared.module
        self._kept: list[Any] = []
        self._listed: tuple[int, ...] | None = None
        self._has_sessions = False

    # ---- calling the module as it is ------------------------------------------------------
    @property
    def ffi(self) -> Any:
        """CFFI with the types of PKCS #11."""
        return self.module.ffi

    def answer(self, function: str, *arguments: Any) -> str:
        """Call a function with arguments as C takes them, and return the name of its answer, such as "CKR_OK".

        :raises TokenUnsupportedError: when the module does not have it.
        """
        return answer_name(self.module.answer(function, *arguments))

    def ulong(self, value: int = 0) -> Any:
        """Return a CK_ULONG to point to."""
        return self.ffi.new("CK_ULONG *", value)

    def data(self, content: bytes) -> Any:
        """Return bytes as an input, never NULL."""
        return self.ffi.new("CK_BYTE[]", content + b"\0")

    def template(self, attributes: Mapping[int, AttributeValue]) -> Template:
        """Return a template for C, which lives until the check ends and is overwritten then."""
        made = Template(self.ffi, attributes)
        self.later(made.__exit__, None, None, None)
        return made

    def mechanism(self, number: int, parameter: bytes | None = None) -> Any:
        """Return a CK_MECHANISM *, which lives until the check ends."""
        built = Mechanism(number, parameter).build(self.ffi)
        self._kept.append(built)
        return built.pointer

    def output(self, function: str, *arguments: Any) -> bytes:
        """Call a function that ends with a buffer and its length and has to succeed; return what it wrote."""
        room, length = self.buffer(_ROOM), self.ulong(_ROOM)
        self.demand(function, *arguments, room.pointer, length)
        self.expect(
            not room.overrun and length[0] <= _ROOM,
            f"{function} wrote beyond the buffer, or says so",
            f"{function} 写出了缓冲区，或所报长度超出缓冲区",
        )
        return room.bytes(int(length[0]))

    # ---- the token ------------------------------------------------------------------------
    @property
    def slot(self) -> int:
        """The slot of the token under test."""
        with self.scene():
            return self.shared.slot

    @property
    def token(self) -> TokenInfo:
        """What the token says of itself."""
        slot = self.slot
        with self.scene():
            return self.module.token_info(slot)

    @property
    def pins(self) -> Pins:
        """The PINs of the token."""
        with self.scene():
            return self.shared.pins

    @property
    def listed(self) -> tuple[int, ...]:
        """The mechanisms that the token lists, asked once."""
        if self._listed is None:
            with self.scene():
                self._listed = self.shared.listed
        return self._listed

    @property
    def numbers(self) -> MechanismMap:
        """The token's numbers for SM2, SM3 and SM4."""
        with self.scene():
            return self.shared.numbers

    def number(self, name: str) -> int:
        """Return the number of an SM mechanism; end the check where the token lists none."""
        found = self.numbers.mechanisms.get(name)
        if found is None:
            self.unsupported(f"the token lists no mechanism for {name}", f"令牌未列出 {name} 对应的机制")
        return found

    def demand_mechanism(self, number: int) -> None:
        """End the check unless the token lists a mechanism."""
        if number not in self.listed:
            name = name_of("CKM_", number) or f"0x{number:X}"
            self.unsupported(f"the token does not list {name}", f"令牌未列出 {name}")

    def demand_own_token(self) -> None:
        """End the check unless the token is one that the suite has initialised."""
        with self.scene():
            is_own = Permission.INIT in self.shared.permissions and self.shared.is_own
        if not is_own:
            self.not_run(
                "it takes --allow-init and a token that is not initialised, or that the suite has initialised",
                "需要 --allow-init，且令牌未初始化或由本套件初始化",
            )

    # ---- sessions -------------------------------------------------------------------------
    def session(self, *, rw: bool = True) -> OpenSession:
        """Open a session, until the end of the check."""
        slot = self.slot
        with self.scene():
            handle = self.open(rw=rw)
        return OpenSession(self.module, slot, handle)

    def open(self, *, rw: bool = True) -> int:
        """Open a session and return its handle; at the end of the check every session of the token is closed.

        :raises TokenError: when the module refuses.
        """
        slot = self.slot
        if not self._has_sessions:
            self._has_sessions = True
            # The logins and the objects of sessions end with the last of them.
            self.later(self._close_sessions)
        flags = C.CKF_SERIAL_SESSION | (C.CKF_RW_SESSION if rw else 0)
        handle = self.ffi.new("CK_SESSION_HANDLE *")
        self.module.call("C_OpenSession", slot, flags, self.ffi.NULL, self.ffi.NULL, handle)
        return int(handle[0])

    def _close_sessions(self) -> None:
        self.module.answer("C_CloseAllSessions", self.shared.slot)

    def user_session(self) -> OpenSession:
        """Open a session that may write, with the user logged in."""
        session = self.session()
        with self.scene():
            self.shared.login(session)
        return session

    def admin_session(self) -> OpenSession:
        """Open a session that may write, with the security officer of the suite's own token logged in."""
        self.demand_own_token()
        session = self.session()
        with self.scene():
            session.login(C.CKU_SO, self.pins.admin)
        return session

    def login(self, session: OpenSession, user: int, pin: bytes) -> str:
        """Call C_Login and return the name of its answer."""
        return self.answer("C_Login", session.handle, user, self.data(pin), len(pin))

    def state(self, session: OpenSession) -> str:
        """Return the name of a session's state, such as "CKS_RW_USER_FUNCTIONS"."""
        with self.scene():
            state = session.state
        return name_of("CKS_", state) or str(state)

    # ---- objects --------------------------------------------------------------------------
    def key(self, session: Session, kind: int, value: bytes, extra: Mapping[int, AttributeValue] | None = None) -> int:
        """Make a secret key of the session with a known value, for every use; return its handle.

        :param extra: more attributes, or other values.
        """
        attributes: dict[int, AttributeValue] = {
            C.CKA_CLASS: C.CKO_SECRET_KEY,
            C.CKA_KEY_TYPE: kind,
            C.CKA_VALUE: value,
            C.CKA_TOKEN: False,
            C.CKA_PRIVATE: True,
            C.CKA_LABEL: self.shared.new_name(),
            **{getattr(C, use): True for use in _KEY_USES},
            **(extra or {}),
        }
        with self.scene():
            return session.create_object(attributes)

    def pair(
        self,
        session: Session,
        mechanism: int,
        public: Mapping[int, AttributeValue],
        private: Mapping[int, AttributeValue] | None = None,
    ) -> tuple[int, int]:
        """Make a key pair of the session; return the handles of its public and its private key.

        :param public: what its public key's template says beside the usual; likewise private.
        """
        both: dict[int, AttributeValue] = {C.CKA_LABEL: self.shared.new_name(), C.CKA_ID: secrets.token_bytes(8)}
        uses = {C.CKA_VERIFY: True, C.CKA_ENCRYPT: True, **public}
        guarded = {C.CKA_PRIVATE: True, C.CKA_SIGN: True, C.CKA_DECRYPT: True, **(private or {})}
        with self.scene():
            try:
                return session.generate_key_pair(
                    Mechanism(mechanism),
                    {C.CKA_TOKEN: False, **both, **uses},
                    {C.CKA_TOKEN: False, **both, **guarded},
                )
            except TokenError:
                if C.CKA_TOKEN in public:
                    raise
            # Many tokens keep pairs in their storage only.
            both = {**both, C.CKA_TOKEN: True, C.CKA_LABEL: self.token_name()}
            return session.generate_key_pair(Mechanism(mechanism), {**uses, **both}, {**guarded, **both})

    def data_object(
        self, session: Session, value: bytes = b"conformance", extra: Mapping[int, AttributeValue] | None = None
    ) -> tuple[int, str]:
        """Make a data object of the session that everybody may see; return its handle and its label."""
        name = self.shared.new_name()
        attributes: dict[int, AttributeValue] = {
            C.CKA_CLASS: C.CKO_DATA,
            C.CKA_TOKEN: False,
            C.CKA_PRIVATE: False,
            C.CKA_LABEL: name,
            C.CKA_VALUE: value,
            **(extra or {}),
        }
        with self.scene():
            return session.create_object(attributes), name

    def token_name(self) -> str:
        """Return a new label for objects of the token; whatever has it is destroyed when the check ends."""
        name = self.shared.new_name()
        self.shared.made(name)
        self.later(self.shared.remove_application, name)
        return name

    def value(self, session: Session, handle: int, kind: int) -> bytes | None:
        """Return an attribute of an object; None when it has none, or keeps it secret."""
        with self.scene():
            return session.attributes(handle, kind).get(kind)
