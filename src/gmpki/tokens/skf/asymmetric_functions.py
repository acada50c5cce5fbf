"""Public and external keys, session keys under public keys, and the SM2 key exchange (GM/T 0016-2012 7.6).

Errors: see :mod:`gmpki.tokens.skf.device_functions`. The standard has no code for a signature that does not hold: codes
that sar.py marks as possible verdicts become :class:`~gmpki.errors.InvalidSignature`, all others stay what they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes
from gmpki.errors import DecryptionError, InvalidInputError, InvalidSignature
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.tokens.skf.blobs import Blobs
from gmpki.tokens.skf.structures import (
    MAX_RSA_LEN,
    AgreementHandle,
    ContainerHandle,
    DeviceHandle,
    KeyHandle,
    RsaPrivateKey,
    RsaPublicKey,
)

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["AsymmetricFunctions"]

# More than any session key has.
_KEY_CAPACITY: Final = 256
_MAX_DIGEST_LEN: Final = 64
_NUMBER_LEN: Final = 32
_MAX_USER_ID_LEN: Final = 8191  # GB/T 32918.2 counts its bits in 16 bits; GM/T 0016-2012 allows 32 bytes


class AsymmetricFunctions(Blobs):
    """The functions with keys that are not the container's own, and the key exchange."""

    # ---- RSA ----------------------------------------------------------------------------
    def gen_ext_rsa_key(self, device: DeviceHandle, bits: int) -> RsaPrivateKey:
        """Make an RSA key pair that leaves the device; from the draft of 2009."""
        handle = self._handle(device, DeviceHandle)
        buffer, blob = self._room("RSAPRIVATEKEYBLOB")
        try:
            self._call(device.device, "SKF_GenExtRSAKey", handle, self._ulong(bits, "bits"), blob)
            return self._rsa_private_of("SKF_GenExtRSAKey", blob)
        finally:
            self._wipe(buffer)

    def rsa_verify(self, device: DeviceHandle, public_key: RsaPublicKey, data: Buffer, signature: Buffer) -> None:
        """Verify a signature of data, which the token does not hash.

        :raises InvalidSignature: when it does not hold.
        """
        handle = self._handle(device, DeviceHandle)
        _buffer, blob = self._rsa_public(public_key)
        copy, length = self._input(data, "data", most=MAX_RSA_LEN)
        signed, signed_len = self._input(signature, "the signature", most=MAX_RSA_LEN)
        wrong = InvalidSignature("the token says that the RSA signature does not hold")
        self._judged(device.device, "SKF_RSAVerify", wrong, handle, blob, copy, length, signed, signed_len)

    def ext_rsa_pub_key_operation(self, device: DeviceHandle, public_key: RsaPublicKey, data: Buffer) -> bytes:
        """Return the result of the bare operation with a public key; from the draft of 2009."""
        handle = self._handle(device, DeviceHandle)
        _buffer, blob = self._rsa_public(public_key)
        copy, length = self._input(data, "data", most=MAX_RSA_LEN)
        return self._output(
            device.device, "SKF_ExtRSAPubKeyOperation", handle, blob, copy, length, capacity=MAX_RSA_LEN
        )

    def ext_rsa_pri_key_operation(self, device: DeviceHandle, private_key: RsaPrivateKey, data: Buffer) -> bytes:
        """Return the result of the bare operation with a private key from outside; from the draft of 2009."""
        handle = self._handle(device, DeviceHandle)
        buffer, blob = self._rsa_private(private_key)
        try:
            copy, length = self._input(data, "data", most=MAX_RSA_LEN)
            return self._output(
                device.device, "SKF_ExtRSAPriKeyOperation", handle, blob, copy, length, capacity=MAX_RSA_LEN
            )
        finally:
            self._wipe(buffer)

    def rsa_export_session_key(
        self, container: ContainerHandle, algorithm: int, public_key: RsaPublicKey
    ) -> tuple[bytes, KeyHandle]:
        """Make a session key; return it encrypted to a public key by PKCS#1 v1.5, and its handle.

        :param algorithm: the SGD identifier of its cipher.
        """
        handle, cipher = self._handle(container, ContainerHandle), self._ulong(algorithm, "algorithm")
        _buffer, blob = self._rsa_public(public_key)
        cell = self._ffi.new("HANDLE *")
        # No size query: a driver might make a key for it.
        wrapped = self._output(
            container.device, "SKF_RSAExportSessionKey", handle, cipher, blob, capacity=MAX_RSA_LEN, after=(cell,)
        )
        return wrapped, self._new_handle(KeyHandle, cell, container.device)

    # ---- SM2 ----------------------------------------------------------------------------
    def ecc_verify(self, device: DeviceHandle, public_key: Buffer, digest: Buffer, signature: Buffer) -> None:
        """Verify a signature r || s of a digest e.

        :param public_key: x || y in 64 bytes.
        :raises InvalidSignature: when it does not hold.
        """
        self._verify("SKF_ECCVerify", device, public_key, digest, signature)

    def ext_ecc_verify(self, device: DeviceHandle, public_key: Buffer, digest: Buffer, signature: Buffer) -> None:
        """Verify as :meth:`ecc_verify`; from the draft of 2009.

        :raises InvalidSignature: when it does not hold.
        """
        self._verify("SKF_ExtECCVerify", device, public_key, digest, signature)

    def _verify(
        self, function: str, device: DeviceHandle, public_key: Buffer, digest: Buffer, signature: Buffer
    ) -> None:
        handle = self._handle(device, DeviceHandle)
        _key_buffer, key = self._public_key(public_key)
        copy, length = self._input(digest, "digest", most=_MAX_DIGEST_LEN)
        _buffer, blob = self._signature(signature)
        wrong = InvalidSignature("the token says that the SM2 signature does not hold")
        self._judged(device.device, function, wrong, handle, key, copy, length, blob)

    def ext_ecc_sign(self, device: DeviceHandle, private_key: Buffer, digest: Buffer) -> bytes:
        """Return the signature r || s of a digest e by a private key of 32 bytes from outside; draft of 2009."""
        handle = self._handle(device, DeviceHandle)
        copy, length = self._input(digest, "digest", most=_MAX_DIGEST_LEN)
        key_buffer, key = self._private_key(private_key)
        try:
            _buffer, blob = self._room("ECCSIGNATUREBLOB")
            self._call(device.device, "SKF_ExtECCSign", handle, key, copy, length, blob)
            return self._signature_of("SKF_ExtECCSign", blob)
        finally:
            self._wipe(key_buffer)

    def ext_ecc_encrypt(self, device: DeviceHandle, public_key: Buffer, plaintext: Buffer) -> SM2Ciphertext:
        """Return a message encrypted to a public key x || y of 64 bytes."""
        handle = self._handle(device, DeviceHandle)
        _key_buffer, key = self._public_key(public_key)
        copy, length = self._input(plaintext, "plaintext")
        _buffer, blob = self._cipher_room(length)
        self._call(device.device, "SKF_ExtECCEncrypt", handle, key, copy, length, blob)
        return self._cipher_of("SKF_ExtECCEncrypt", blob, length)

    def ext_ecc_decrypt(self, device: DeviceHandle, private_key: Buffer, ciphertext: SM2Ciphertext) -> bytes:
        """Return what is encrypted to a private key of 32 bytes from outside; from the draft of 2009.

        :raises DecryptionError: when it cannot be decrypted.
        """
        handle = self._handle(device, DeviceHandle)
        _buffer, blob = self._cipher(ciphertext)
        key_buffer, key = self._private_key(private_key)
        try:
            return self._output(
                device.device,
                "SKF_ExtECCDecrypt",
                handle,
                key,
                blob,
                capacity=len(ciphertext.c2),
                verdict=DecryptionError(),
            )
        finally:
            self._wipe(key_buffer)

    def _private_key(self, private_key: Buffer) -> tuple[Any, Any]:
        content = as_bytes(private_key, "the private key")
        if len(content) != _NUMBER_LEN:
            raise InvalidInputError(f"the private key must be {_NUMBER_LEN} bytes long, not {len(content)}")
        buffer, blob = self._room("ECCPRIVATEKEYBLOB")
        blob.BitLen = 8 * _NUMBER_LEN
        self._fill(blob.PrivateKey, content)
        return buffer, blob

    # ---- session keys under public keys -------------------------------------------------
    def ecc_export_session_key(
        self, container: ContainerHandle, algorithm: int, public_key: Buffer
    ) -> tuple[SM2Ciphertext, KeyHandle]:
        """Make a session key; return it encrypted to a public key x || y of 64 bytes, and its handle.

        :param algorithm: the SGD identifier of its cipher.
        """
        handle, cipher = self._handle(container, ContainerHandle), self._ulong(algorithm, "algorithm")
        _key_buffer, key = self._public_key(public_key)
        _buffer, blob = self._cipher_room(_KEY_CAPACITY)
        cell = self._ffi.new("HANDLE *")
        self._call(container.device, "SKF_ECCExportSessionKey", handle, cipher, key, blob, cell)
        session_key = self._new_handle(KeyHandle, cell, container.device)
        return self._cipher_of("SKF_ECCExportSessionKey", blob, _KEY_CAPACITY), session_key

    def ecc_export_session_key_ex(self, key: KeyHandle, public_key: Buffer) -> SM2Ciphertext:
        """Return a session key that exists already, encrypted to one more public key; not in the standard."""
        handle = self._handle(key, KeyHandle)
        _key_buffer, receiver = self._public_key(public_key)
        _buffer, blob = self._cipher_room(_KEY_CAPACITY)
        _cell, length = self._number_out()
        length[0] = self._ffi.sizeof("ECCCIPHERBLOB") + _KEY_CAPACITY
        data = self._ffi.cast("BYTE *", blob)
        self._call(key.device, "SKF_ECCExportSessionKeyEx", handle, receiver, data, length)
        return self._cipher_of("SKF_ECCExportSessionKeyEx", blob, _KEY_CAPACITY)

    def import_session_key(
        self, container: ContainerHandle, algorithm: int, wrapped: SM2Ciphertext | Buffer
    ) -> KeyHandle:
        """Import a session key that is encrypted to the container's encryption key.

        :param wrapped: an SM2 ciphertext, or the bytes of an RSA block.
        :raises DecryptionError: when it cannot be decrypted.
        """
        handle, cipher = self._handle(container, ContainerHandle), self._ulong(algorithm, "algorithm")
        if isinstance(wrapped, SM2Ciphertext):
            buffer, _blob = self._cipher(wrapped)
            data, length = self._ffi.cast("BYTE *", buffer), self._cipher_len(wrapped)
        else:
            data, length = self._input(wrapped, "wrapped", most=MAX_RSA_LEN)
        cell = self._ffi.new("HANDLE *")
        arguments = (handle, cipher, data, length, cell)
        self._judged(container.device, "SKF_ImportSessionKey", DecryptionError(), *arguments)
        return self._new_handle(KeyHandle, cell, container.device)

    # ---- key exchange -------------------------------------------------------------------
    def generate_agreement_data_with_ecc(
        self, container: ContainerHandle, algorithm: int, user_id: Buffer
    ) -> tuple[bytes, AgreementHandle]:
        """Begin the key exchange as its initiator; return the ephemeral public key and what waits for the answer.

        :param algorithm: the SGD identifier of the cipher of the key that is agreed on.
        """
        handle, cipher = self._handle(container, ContainerHandle), self._ulong(algorithm, "algorithm")
        own_id, own_id_len = self._input(user_id, "user_id", most=_MAX_USER_ID_LEN)
        _buffer, ephemeral = self._room("ECCPUBLICKEYBLOB")
        cell = self._ffi.new("HANDLE *")
        function = "SKF_GenerateAgreementDataWithECC"
        self._call(container.device, function, handle, cipher, ephemeral, own_id, own_id_len, cell)
        return self._point_of(function, ephemeral), self._new_handle(AgreementHandle, cell, container.device)

    def generate_agreement_data_and_key_with_ecc(
        self,
        container: ContainerHandle,
        algorithm: int,
        initiator_key: Buffer,
        initiator_ephemeral: Buffer,
        *,
        user_id: Buffer,
        initiator_id: Buffer,
    ) -> tuple[bytes, KeyHandle]:
        """Do the key exchange as its responder; return the ephemeral public key for the initiator, and the key.

        :param initiator_key: x || y in 64 bytes, as initiator_ephemeral.
        """
        handle, cipher = self._handle(container, ContainerHandle), self._ulong(algorithm, "algorithm")
        _key_buffer, key = self._public_key(initiator_key, "initiator_key")
        _other_buffer, other = self._public_key(initiator_ephemeral, "initiator_ephemeral")
        own_id, own_id_len = self._input(user_id, "user_id", most=_MAX_USER_ID_LEN)
        other_id, other_id_len = self._input(initiator_id, "initiator_id", most=_MAX_USER_ID_LEN)
        _buffer, ephemeral = self._room("ECCPUBLICKEYBLOB")
        cell = self._ffi.new("HANDLE *")
        function = "SKF_GenerateAgreementDataAndKeyWithECC"
        ids = (own_id, own_id_len, other_id, other_id_len)
        self._call(container.device, function, handle, cipher, key, other, ephemeral, *ids, cell)
        return self._point_of(function, ephemeral), self._new_handle(KeyHandle, cell, container.device)

    def generate_key_with_ecc(
        self, agreement: AgreementHandle, responder_key: Buffer, responder_ephemeral: Buffer, responder_id: Buffer
    ) -> KeyHandle:
        """End the key exchange as its initiator, and return the key.

        :param responder_key: x || y in 64 bytes, as responder_ephemeral.
        """
        handle = self._handle(agreement, AgreementHandle)
        _key_buffer, key = self._public_key(responder_key, "responder_key")
        _other_buffer, other = self._public_key(responder_ephemeral, "responder_ephemeral")
        other_id, other_id_len = self._input(responder_id, "responder_id", most=_MAX_USER_ID_LEN)
        cell = self._ffi.new("HANDLE *")
        self._call(agreement.device, "SKF_GenerateKeyWithECC", handle, key, other, other_id, other_id_len, cell)
        return self._new_handle(KeyHandle, cell, agreement.device)
