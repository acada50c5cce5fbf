"""What running hashes and MACs share: the shape of ``hashlib``'s objects over a context of the C core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from gmpki.algorithms._call import equal, failure, ffi, new_digest, readable
from gmpki.algorithms._memory import NativeContext
from gmpki.errors import InvalidTag

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["RunningDigest", "RunningMAC"]

_Self = TypeVar("_Self", bound="RunningDigest")


class RunningDigest(NativeContext):
    """A running computation with ``update``, ``digest``, ``hexdigest`` and ``copy``. Per thread."""

    __slots__ = ()

    name: str
    digest_size: int
    block_size: int

    #: Functions of the C core on the context: make memory for one, copy it, add bytes, write the result.
    _new: ClassVar[Any]
    _native_copy: ClassVar[Any]
    _native_update: ClassVar[Any]
    _native_final: ClassVar[Any]

    #: Copies of contexts that wait for the next :meth:`digest`, cleansed, each with memory for a result and its view; a
    #: call takes one off the list and so has it alone. One list for each kind of context.
    _spare: ClassVar[list[tuple[Any, Any, Any]]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "_new" in cls.__dict__:
            cls._spare = []

    def update(self, data: Buffer, /) -> None:
        """Add bytes.

        :param data: any number of bytes.
        :raises InvalidTypeError: when it is not a buffer, for instance ``str``.
        :raises LimitExceeded: past the length that the algorithm is defined for.
        :raises StateError: when another thread is using this object.
        """
        if type(data) is not bytes:
            data = readable(data, "data")
        slot = self._slot
        try:
            memory = slot.pop()
        except IndexError:
            raise self._unavailable() from None
        status = self._native_update(memory, data, len(data))  # type: ignore[arg-type]
        slot.append(memory)
        if status:
            raise failure(status, f"{self.name} update")

    def digest(self) -> bytes:
        """Return the ``digest_size`` bytes of result for what was added so far; more may be added after.

        :raises StateError: when another thread is using this object.
        """
        try:
            spare = self._spare.pop()
        except IndexError:
            out = new_digest()
            spare = self._new(), out, ffi.buffer(out)
        twin, out, view = spare
        slot = self._slot
        try:
            memory = slot.pop()
        except IndexError:
            raise self._unavailable() from None
        status = self._native_copy(twin, memory)
        slot.append(memory)
        if status == 0:
            status = self._native_final(twin, out)
        if status:
            raise failure(status, f"{self.name} digest")
        result: bytes = view[: self.digest_size]
        self._spare.append(spare)
        return result

    def hexdigest(self) -> str:
        """Return :meth:`digest` in hexadecimal.

        :raises StateError: when another thread is using this object.
        """
        return self.digest().hex()

    def copy(self: _Self) -> _Self:
        """Return an independent object in the same state.

        :raises StateError: when another thread is using this object.
        """
        twin = type(self).__new__(type(self))
        NativeContext.__init__(twin, self._duplicate())
        return twin

    def _duplicate(self) -> Any:
        twin = self._new()
        slot = self._slot
        try:
            memory = slot.pop()
        except IndexError:
            raise self._unavailable() from None
        status = self._native_copy(twin, memory)
        slot.append(memory)
        if status:
            raise failure(status, f"{self.name} copy")
        return twin


class RunningMAC(RunningDigest):
    """A running MAC: a :class:`RunningDigest` that can be verified."""

    __slots__ = ()

    def verify(self, mac: Buffer, /) -> None:
        """Compare the result with a MAC that was received, in constant time.

        :param mac: ``digest_size`` bytes.
        :raises InvalidTag: when it differs, or has another length.
        :raises InvalidTypeError: when it is not a buffer.
        :raises StateError: when another thread is using this object.
        """
        received = readable(mac, "mac")
        if len(received) != self.digest_size or not equal(self.digest(), received, self.digest_size):
            raise InvalidTag
