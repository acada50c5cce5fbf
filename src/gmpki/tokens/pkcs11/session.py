"""A session with a PKCS #11 token: logging in, objects, keys and their use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, member, number
from gmpki.errors import DriverError, StateError
from gmpki.tokens.pkcs11 import answers
from gmpki.tokens.pkcs11.attributes import Mechanism, Template
from gmpki.tokens.pkcs11.cryptoki import pin_buffer
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from typing_extensions import Buffer

    from gmpki.tokens.pkcs11.attributes import AttributeValue, Built
    from gmpki.tokens.pkcs11.cryptoki import Module

__all__ = ["Session"]

# Against modules that do not keep to their interface: the longest value of an attribute, the most objects of a token.
_MAX_VALUE_LEN: Final = 1 << 20
_MAX_OBJECTS: Final = 4096
_FIND_AT_ONCE: Final = 64
# What is offered before a module says how much it needs: enough for any signature and short ciphertext.
_SPARE_LEN: Final = 1024


class Session:
    """An open session. Thread-safe as its module is. Made by :meth:`gmpki.tokens.pkcs11.cryptoki.Module.open_session`.

    Every method raises :class:`~gmpki.errors.StateError` after close, and for the answers of the module what
    :func:`gmpki.tokens.pkcs11.answers.check` makes of them.

    :ivar slot: the number of its slot.
    """

    def __init__(self, module: Module, slot: int, handle: int) -> None:
        """Wrap the handle of an open session."""
        self.module = module
        self.slot = slot
        self._handle: int | None = handle

    def _answer(self, function: str, *arguments: Any) -> int:
        if self._handle is None:
            raise StateError("the session is closed")
        return self.module.answer(function, self._handle, *arguments)

    def _call(self, function: str, *arguments: Any) -> None:
        answers.check(function, self._answer(function, *arguments))

    def close(self) -> None:
        """Close the session; doing so twice is no error."""
        with self.module.exclusive():
            handle, self._handle = self._handle, None
            if handle is not None:
                self.module.answer("C_CloseSession", handle)

    # ---- who is logged in ---------------------------------------------------------------
    @property
    def state(self) -> int:
        """CKS_RW_PUBLIC_SESSION, CKS_RW_USER_FUNCTIONS or CKS_RW_SO_FUNCTIONS."""
        info = self.module.ffi.new("CK_SESSION_INFO *")
        self._call("C_GetSessionInfo", info)
        return int(info.state)

    def login(self, user: int, pin: bytes | bytearray) -> None:
        """Log in, for every session of this process with the token.

        Where somebody has logged in already the module did not look at the PIN: he is logged out first, and no try is
        spent but one.

        :param user: CKU_USER or CKU_SO.
        :raises PinIncorrectError: when the PIN is wrong; the tries left are told where the token's flags do.
        :raises PinLockedError: when it is locked.
        """
        already = (C.CKR_USER_ALREADY_LOGGED_IN, C.CKR_USER_ANOTHER_ALREADY_LOGGED_IN)
        with self.module.exclusive(), pin_buffer(self.module, pin) as (data, length):
            answer = self._answer("C_Login", user, data, length)
            if answer in already:
                self.logout()
                answer = self._answer("C_Login", user, data, length)
            answers.check("C_Login", answer, lambda: self._tries_left(user))

    def logout(self) -> None:
        """Log out; doing so twice is no error."""
        answer = self._answer("C_Logout")
        if answer != C.CKR_USER_NOT_LOGGED_IN:
            answers.check("C_Logout", answer)

    def init_pin(self, pin: bytes | bytearray) -> None:
        """Set the user's PIN, as the administrator who has logged in."""
        with pin_buffer(self.module, pin) as (data, length):
            self._call("C_InitPIN", data, length)

    def set_pin(self, old: bytes | bytearray, new: bytes | bytearray, *, user: int) -> None:
        """Change the PIN of who is logged in, or the user's when nobody is.

        :param user: whose that is, for the tries left after a wrong old one.
        """
        with pin_buffer(self.module, old) as before, pin_buffer(self.module, new) as after:
            answer = self._answer("C_SetPIN", *before, *after)
            answers.check("C_SetPIN", answer, lambda: self._tries_left(user))

    def _tries_left(self, user: int) -> int | None:
        """Return what the token's flags tell: none, one, or nothing."""
        flags = self.module.token_info(self.slot).flags
        locked, last = (
            (C.CKF_SO_PIN_LOCKED, C.CKF_SO_PIN_FINAL_TRY)
            if user == C.CKU_SO
            else (C.CKF_USER_PIN_LOCKED, C.CKF_USER_PIN_FINAL_TRY)
        )
        return 0 if flags & locked else 1 if flags & last else None

    # ---- objects ------------------------------------------------------------------------
    def find(self, attributes: Mapping[int, AttributeValue]) -> tuple[int, ...]:
        """Return the handles of the objects that have these attributes.

        :raises DriverError: when the module gives more than any token has.
        """
        ffi = self.module.ffi
        found: list[int] = []
        handles = ffi.new("CK_OBJECT_HANDLE[]", _FIND_AT_ONCE)
        count = ffi.new("CK_ULONG *")
        with self.module.exclusive(), Template(ffi, attributes) as template:
            self._call("C_FindObjectsInit", template.array, template.count)
            try:
                while True:
                    self._call("C_FindObjects", handles, _FIND_AT_ONCE, count)
                    if count[0] == 0:
                        return tuple(found)
                    if count[0] > _FIND_AT_ONCE or len(found) > _MAX_OBJECTS:
                        raise DriverError("the module finds more objects than it may", function="C_FindObjects")
                    found.extend(int(handle) for handle in handles[0 : count[0]])
            finally:
                self._answer("C_FindObjectsFinal")

    def attributes(self, handle: int, *kinds: int) -> dict[int, bytes]:
        """Return the values of an object's attributes by number; those that it lacks or keeps secret are left out.

        :raises DriverError: when one is longer than 1 MiB.
        """
        ffi = self.module.ffi
        array = ffi.new("CK_ATTRIBUTE[]", len(kinds))
        for entry, kind in zip(array, kinds, strict=True):
            entry.type = number(kind, 0, self.module.unavailable, "the number of an attribute")
        with self.module.exclusive():
            self._get_attributes(handle, array)
            buffers = []
            for entry in array:
                length = self._length(entry)
                buffers.append(None if length is None else ffi.new("CK_BYTE[]", max(1, length)))
                entry.pValue = buffers[-1] or ffi.NULL
                entry.ulValueLen = length or 0
            self._get_attributes(handle, array)
        found: dict[int, bytes] = {}
        for entry, kind, buffer in zip(array, kinds, buffers, strict=True):
            length = self._length(entry)
            if buffer is not None and length is not None:
                found[kind] = bytes(ffi.buffer(buffer, min(length, len(buffer))))
        return found

    def _get_attributes(self, handle: int, array: Any) -> None:
        answer = self._answer("C_GetAttributeValue", handle, array, len(array))
        # These speak of single attributes; the length of each tells which.
        if answer not in (C.CKR_ATTRIBUTE_SENSITIVE, C.CKR_ATTRIBUTE_TYPE_INVALID):
            answers.check("C_GetAttributeValue", answer)

    def _length(self, entry: Any) -> int | None:
        length = int(entry.ulValueLen)
        if length == self.module.unavailable:
            return None
        if length > _MAX_VALUE_LEN:
            raise DriverError(f"the module claims an attribute of {length} bytes", function="C_GetAttributeValue")
        return length

    def set_attributes(self, handle: int, attributes: Mapping[int, AttributeValue]) -> None:
        """Change attributes of an object."""
        with Template(self.module.ffi, attributes) as template:
            self._call("C_SetAttributeValue", handle, template.array, template.count)

    def create_object(self, attributes: Mapping[int, AttributeValue]) -> int:
        """Create an object; return its handle."""
        return self._made("C_CreateObject", attributes)

    def copy_object(self, handle: int, attributes: Mapping[int, AttributeValue]) -> int:
        """Copy an object, with other values of some attributes; return the copy's handle."""
        return self._made("C_CopyObject", attributes, handle)

    def destroy_object(self, handle: int) -> None:
        """Destroy an object."""
        self._call("C_DestroyObject", handle)

    # ---- keys ---------------------------------------------------------------------------
    def generate_key(self, mechanism: Mechanism, attributes: Mapping[int, AttributeValue]) -> int:
        """Make a secret key; return its handle."""
        built = self._built(mechanism)
        return self._made("C_GenerateKey", attributes, built.pointer)

    def generate_key_pair(
        self, mechanism: Mechanism, public: Mapping[int, AttributeValue], private: Mapping[int, AttributeValue]
    ) -> tuple[int, int]:
        """Make a key pair; return the handles of its public and its private key."""
        ffi = self.module.ffi
        handles = ffi.new("CK_OBJECT_HANDLE[]", 2)
        built = self._built(mechanism)
        with Template(ffi, public) as first, Template(ffi, private) as second:
            templates = (first.array, first.count, second.array, second.count)
            self._call("C_GenerateKeyPair", built.pointer, *templates, handles, handles + 1)
        return int(handles[0]), int(handles[1])

    def unwrap_key(
        self, mechanism: Mechanism, key: int, wrapped: Buffer, attributes: Mapping[int, AttributeValue]
    ) -> int:
        """Decrypt a key inside the token; return its handle.

        :raises DecryptionError: when the token finds that it cannot be decrypted.
        """
        built = self._built(mechanism)
        return self._made("C_UnwrapKey", attributes, built.pointer, key, *self._input(wrapped))

    def wrap_key(self, mechanism: Mechanism, wrapping_key: int, key: int) -> bytes:
        """Encrypt a key inside the token; return the ciphertext."""
        built = self._built(mechanism)
        return self._output("C_WrapKey", _SPARE_LEN, built.pointer, wrapping_key, key)

    def derive_key(self, mechanism: Mechanism, key: int, attributes: Mapping[int, AttributeValue]) -> int:
        """Derive a key from another; return its handle."""
        built = self._built(mechanism)
        return self._made("C_DeriveKey", attributes, built.pointer, key)

    def _built(self, mechanism: Mechanism) -> Built:
        member(mechanism, Mechanism, "mechanism")
        return mechanism.build(self.module.ffi)

    def _made(self, function: str, attributes: Mapping[int, AttributeValue], *before: Any) -> int:
        """Call a function that makes an object: what goes before, a template, and the new handle."""
        handle = self.module.ffi.new("CK_OBJECT_HANDLE *")
        with Template(self.module.ffi, attributes) as template:
            self._call(function, *before, template.array, template.count, handle)
        return int(handle[0])

    # ---- their use ----------------------------------------------------------------------
    def sign(self, mechanism: Mechanism, key: int, data: Buffer) -> bytes:
        """Sign data with a private key, or make a MAC with a secret one."""
        return self._single("C_SignInit", mechanism, key, "C_Sign", data)

    def encrypt(self, mechanism: Mechanism, key: int, data: Buffer) -> bytes:
        """Encrypt data."""
        return self._single("C_EncryptInit", mechanism, key, "C_Encrypt", data)

    def decrypt(self, mechanism: Mechanism, key: int, data: Buffer) -> bytes:
        """Decrypt data.

        :raises DecryptionError: when the token finds that it cannot be decrypted.
        """
        return self._single("C_DecryptInit", mechanism, key, "C_Decrypt", data)

    def digest(self, mechanism: Mechanism, data: Buffer) -> bytes:
        """Return the digest of data."""
        built = self._built(mechanism)
        given = self._input(data)
        with self.module.exclusive():
            self._call("C_DigestInit", built.pointer)
            return self._output("C_Digest", _SPARE_LEN, *given)

    def verify(self, mechanism: Mechanism, key: int, data: Buffer, signature: Buffer) -> None:
        """Verify a signature or a MAC in the token.

        :raises InvalidSignature: when it does not hold.
        """
        built = self._built(mechanism)
        given = (*self._input(data), *self._input(signature))
        with self.module.exclusive():
            self._call("C_VerifyInit", built.pointer, key)
            self._call("C_Verify", *given)

    def random(self, length: int) -> bytes:
        """Return random bytes made by the token, at most 1 MiB."""
        number(length, 0, _MAX_VALUE_LEN, "length")
        data = self.module.ffi.new("CK_BYTE[]", max(1, length))
        self._call("C_GenerateRandom", data, length)
        return bytes(self.module.ffi.buffer(data, length))

    def _single(self, init: str, mechanism: Mechanism, key: int, function: str, data: Buffer) -> bytes:
        built, given = self._built(mechanism), self._input(data)
        with self.module.exclusive():
            self._call(init, built.pointer, key)
            return self._output(function, given[1] + _SPARE_LEN, *given)

    def _input(self, given: Buffer) -> tuple[Any, int]:
        data = as_bytes(given, "the data")
        buffer = self.module.ffi.new("CK_BYTE[]", max(1, len(data)))
        self.module.ffi.memmove(buffer, data, len(data))
        return buffer, len(data)

    def _output(self, function: str, room: int, *arguments: Any) -> bytes:
        """Call a function that ends with a buffer and its length; offer as much as it asks for, once."""
        ffi = self.module.ffi
        length = ffi.new("CK_ULONG *", room)
        buffer = ffi.new("CK_BYTE[]", room)
        try:
            answer = self._answer(function, *arguments, buffer, length)
            if answer == C.CKR_BUFFER_TOO_SMALL and room < length[0] <= _MAX_VALUE_LEN:
                room = int(length[0])
                buffer = ffi.new("CK_BYTE[]", room)
                answer = self._answer(function, *arguments, buffer, length)
            answers.check(function, answer)
            if length[0] > room:
                raise DriverError(f"the module claims to have written {length[0]} bytes into {room}", function=function)
            return bytes(ffi.buffer(buffer, length[0]))
        finally:
            view = ffi.buffer(buffer)
            view[:] = bytes(len(view))
