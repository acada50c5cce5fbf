"""Authenticate to a device: encrypt its challenge with the device key.

:standard: GM/T 0016-2012 8.2.3
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm4
from gmpki.errors import LoginRequiredError, PinIncorrectError, TokenError
from gmpki.tokens._device_facts import DEVICE_KEY_LEN, FACTORY_KEY, checked_device_key
from gmpki.tokens.skf.driver_profile import DeviceAuthForm
from gmpki.tokens.skf.structures import BlockCipherParam

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.tokens.skf.functions import SKF
    from gmpki.tokens.skf.structures import DeviceHandle

__all__ = ["FACTORY_KEY", "authenticate", "encrypted"]

_SM4_ECB: Final = 0x401


def authenticate(
    skf: SKF, device: DeviceHandle, key: Buffer = FACTORY_KEY, *, form: DeviceAuthForm | None = None
) -> None:
    """Authenticate to a device, by which applications can be created and deleted.

    SM4 is computed here. For another cipher, such as SM1 or SSF33, the device does it, with the key as a session key.

    :param key: 16 bytes.
    :param form: how the challenge is answered; None does what the driver's profile says.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the key has not 16 bytes.
    :raises LoginRequiredError: when the device does not accept the answer: the key is wrong.
    :raises TokenUnsupportedError: when the device wants a cipher that the driver does not offer for keys from outside.
    :raises TokenError: for any other answer of the driver.
    :standard: GM/T 0016-2012 8.2.3
    """
    content = checked_device_key(key)
    chosen = skf.profile.device_auth if form is None else form
    algorithm = skf.get_dev_info(device).dev_auth_alg_id
    challenge = skf.gen_random(device, DEVICE_KEY_LEN if chosen is DeviceAuthForm.RANDOM_16 else DEVICE_KEY_LEN // 2)
    message = challenge.ljust(DEVICE_KEY_LEN, b"\0")
    if chosen is DeviceAuthForm.PADDED:
        message += bytes([DEVICE_KEY_LEN]) * DEVICE_KEY_LEN
    answer = encrypted(skf, device, content, algorithm, message)
    try:
        skf.dev_auth(device, answer)
    except TokenError as error:
        # No code is reserved for it; those with another error of their own say something else.
        if type(error) not in (TokenError, PinIncorrectError, LoginRequiredError):
            raise
        raise LoginRequiredError(
            "the device does not accept the device key",
            function=error.function,
            code=error.code,
            code_name=error.code_name,
        ) from None


def encrypted(skf: SKF, device: DeviceHandle, key: bytes, algorithm: int, message: bytes) -> bytes:
    """Encrypt whole blocks with a device key in ECB; errors as :func:`authenticate`.

    :param algorithm: that the device says its authentication is by.
    """
    if algorithm == _SM4_ECB:
        return sm4.encrypt(key, message, sm4.Mode.ECB)
    return _encrypted_by_device(skf, device, key, algorithm, message)


def _encrypted_by_device(skf: SKF, device: DeviceHandle, key: bytes, algorithm: int, message: bytes) -> bytes:
    handle = skf.set_symm_key(device, key, algorithm)
    try:
        skf.encrypt_init(handle, BlockCipherParam())
        return skf.encrypt(handle, message)
    finally:
        skf.close_handle(handle)
