"""Containers: their key pairs and certificates, and what their private keys do (GM/T 0016-2012 7.5, 7.6).

Errors: see :mod:`gmpki.tokens.skf.device_functions`; what needs the user's login raises
:class:`~gmpki.errors.LoginRequiredError` without it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gmpki._inputs import member
from gmpki.errors import DecryptionError
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.envelope import KeyEnvelope
from gmpki.tokens.skf import header, sar
from gmpki.tokens.skf.blobs import Blobs
from gmpki.tokens.skf.driver_profile import SM2Numbering
from gmpki.tokens.skf.structures import MAX_RSA_LEN, ApplicationHandle, ContainerHandle, RsaPublicKey

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["ContainerFunctions"]

# The standard allows 64 bytes, headers of drivers 128.
_MAX_NAME_LEN: Final = 128
_MAX_CERTIFICATE_LEN: Final = 65536
_SIGNING_ID: Final = {SM2Numbering.STANDARD: "SGD_SM2_1", SM2Numbering.DRAFT: "SGD_SM2_1_DRAFT"}
_NOT_THIS_ID: Final = ("SAR_INVALIDPARAMERR", "SAR_NOTSUPPORTYETERR")


class ContainerFunctions(Blobs):
    """The functions of containers."""

    def create_container(self, application: ApplicationHandle, name: str) -> ContainerHandle:
        """Create a container.

        :raises TokenExistsError: when there is one of this name and the driver says so.
        :raises TokenFullError: when there is no room.
        """
        return self._container(application, "SKF_CreateContainer", name)

    def open_container(self, application: ApplicationHandle, name: str) -> ContainerHandle:
        """Open a container.

        :raises TokenNotFoundError: when there is none of this name and the driver says so.
        """
        return self._container(application, "SKF_OpenContainer", name)

    def _container(self, application: ApplicationHandle, function: str, name: str) -> ContainerHandle:
        handle, cell = self._handle(application, ApplicationHandle), self._ffi.new("HANDLE *")
        self._call(application.device, function, handle, self._string(name, "the name", most=_MAX_NAME_LEN), cell)
        return self._new_handle(ContainerHandle, cell, application.device)

    def delete_container(self, application: ApplicationHandle, name: str) -> None:
        """Delete a container with its keys and certificates."""
        handle = self._handle(application, ApplicationHandle)
        text = self._string(name, "the name", most=_MAX_NAME_LEN)
        self._call(application.device, "SKF_DeleteContainer", handle, text)

    def close_container(self, container: ContainerHandle) -> None:
        """Close a container."""
        self._on(container, ContainerHandle, "SKF_CloseContainer")

    def enum_container(self, application: ApplicationHandle) -> tuple[str, ...]:
        """Return the names of the containers."""
        handle = self._handle(application, ApplicationHandle)
        return self._name_list(application.device, "SKF_EnumContainer", handle)

    def get_container_type(self, container: ContainerHandle) -> int:
        """Return 0 for an empty container, 1 for RSA, 2 for SM2."""
        _cell, kind = self._number_out()
        self._on(container, ContainerHandle, "SKF_GetContainerType", kind)
        return int(kind[0])

    # ---- certificates and public keys ---------------------------------------------------
    def import_certificate(self, container: ContainerHandle, signing: bool, certificate: Buffer) -> None:
        """Keep a certificate in DER, of the signing pair or else of the encryption pair."""
        handle, flag = self._handle(container, ContainerHandle), self._flag(signing, "signing")
        data, length = self._input(certificate, "the certificate", most=_MAX_CERTIFICATE_LEN)
        self._call(container.device, "SKF_ImportCertificate", handle, flag, data, length)

    def export_certificate(self, container: ContainerHandle, signing: bool) -> bytes:
        """Return a certificate as it is kept.

        :raises TokenNotFoundError: when there is none and the driver says so.
        """
        handle, flag = self._handle(container, ContainerHandle), self._flag(signing, "signing")
        return self._output(container.device, "SKF_ExportCertificate", handle, flag)

    def export_public_key(self, container: ContainerHandle, signing: bool) -> bytes | RsaPublicKey:
        """Return a public key: x || y in 64 bytes for SM2, or the RSA key.

        :raises TokenNotFoundError: when there is none and the driver says so.
        """
        handle, flag = self._handle(container, ContainerHandle), self._flag(signing, "signing")
        return self._exported_key(
            "SKF_ExportPublicKey", self._output(container.device, "SKF_ExportPublicKey", handle, flag)
        )

    # ---- key pairs ----------------------------------------------------------------------
    def gen_ecc_key_pair(self, container: ContainerHandle) -> bytes:
        """Make the signing pair, of SM2, and return its public key x || y in 64 bytes.

        The identifier of the standard is tried first, then that of the drafts; which one it was is kept in the profile.
        """
        handle = self._handle(container, ContainerHandle)
        _buffer, blob = self._room("ECCPUBLICKEYBLOB")
        numbering = self.profile.sm2_numbering
        for tried in SM2Numbering if numbering is None else (numbering,):
            algorithm = header.constants()[_SIGNING_ID[tried]]
            code = self._code(container.device, "SKF_GenECCKeyPair", handle, algorithm, blob)
            if code == sar.OK:
                self._profile = replace(self._profile, sm2_numbering=tried)
                return self._point_of("SKF_GenECCKeyPair", blob)
            if self._named(code) not in _NOT_THIS_ID:
                break
        raise self._error("SKF_GenECCKeyPair", code)

    def import_ecc_key_pair(self, container: ContainerHandle, envelope: KeyEnvelope) -> None:
        """Import the encryption pair, of SM2, encrypted to the container's signing key.

        :raises TokenNotFoundError: when there is no signing key and the driver says so.
        """
        member(envelope, KeyEnvelope, "envelope")
        handle = self._handle(container, ContainerHandle)
        _buffer, blob = self._envelope(envelope)
        self._call(container.device, "SKF_ImportECCKeyPair", handle, blob)

    def gen_rsa_key_pair(self, container: ContainerHandle, bits: int) -> RsaPublicKey:
        """Make the signing pair, of RSA, and return its public key.

        :raises TokenUnsupportedError: for a length that the token does not make.
        """
        handle = self._handle(container, ContainerHandle)
        _buffer, blob = self._room("RSAPUBLICKEYBLOB")
        self._call(container.device, "SKF_GenRSAKeyPair", handle, self._ulong(bits, "bits"), blob)
        return self._rsa_public_of("SKF_GenRSAKeyPair", blob)

    def import_rsa_key_pair(
        self, container: ContainerHandle, algorithm: int, wrapped_key: Buffer, encrypted_key_pair: Buffer
    ) -> None:
        """Import the encryption pair, of RSA.

        :param algorithm: the SGD identifier of the cipher.
        :param wrapped_key: its key, encrypted to the container's signing key.
        :param encrypted_key_pair: the RSAPrivateKey of PKCS#1 in DER, encrypted with it.
        """
        handle, cipher = self._handle(container, ContainerHandle), self._ulong(algorithm, "algorithm")
        key, key_len = self._input(wrapped_key, "wrapped_key", most=MAX_RSA_LEN)
        data, length = self._input(encrypted_key_pair, "encrypted_key_pair", most=_MAX_CERTIFICATE_LEN)
        self._call(container.device, "SKF_ImportRSAKeyPair", handle, cipher, key, key_len, data, length)

    # ---- private operations -------------------------------------------------------------
    def rsa_sign_data(self, container: ContainerHandle, data: Buffer) -> bytes:
        """Return the signature of data, which the token pads by PKCS#1 v1.5 and does not hash."""
        handle = self._handle(container, ContainerHandle)
        copy, length = self._input(data, "data", most=MAX_RSA_LEN)
        return self._output(container.device, "SKF_RSASignData", handle, copy, length, capacity=MAX_RSA_LEN)

    def ecc_sign_data(self, container: ContainerHandle, digest: Buffer) -> bytes:
        """Return the signature r || s, in 64 bytes, of a digest e, which the token does not hash again."""
        handle = self._handle(container, ContainerHandle)
        copy, length = self._input(digest, "digest", most=MAX_RSA_LEN)
        _buffer, blob = self._room("ECCSIGNATUREBLOB")
        self._call(container.device, "SKF_ECCSignData", handle, copy, length, blob)
        return self._signature_of("SKF_ECCSignData", blob)

    def ecc_decrypt(self, container: ContainerHandle, ciphertext: SM2Ciphertext) -> bytes:
        """Return what is encrypted to the container's encryption key; not in the standard.

        :raises DecryptionError: when it cannot be decrypted.
        """
        handle = self._handle(container, ContainerHandle)
        _buffer, blob = self._cipher(ciphertext)
        return self._output(
            container.device,
            "SKF_ECCDecrypt",
            handle,
            blob,
            capacity=len(ciphertext.c2),
            verdict=DecryptionError(),
        )
