"""SM2 pairs made in a token for a check, and what the token's signatures and ciphertexts look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm2
from gmpki.algorithms.sm2 import CiphertextFormat
from gmpki.conformance.model import Words
from gmpki.errors import DecodeError, DecryptionError, InvalidInputError
from gmpki.keys.sm2 import SM2PublicKey
from gmpki.tokens.interfaces import TokenKeyType
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.pkcs11.public_keys import new_pair, public_key_attributes, public_key_info

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gmpki.conformance.pkcs11.bench import OpenSession, P11Bench
    from gmpki.keys.sm2 import SM2PrivateKey
    from gmpki.tokens.pkcs11.attributes import AttributeValue

__all__ = ["FORM_WORDS", "SM2Pair", "ciphertext_form", "readings"]

_NUMBER_LEN: Final = 32
_FIELD_LEN: Final = 64
_FORMS: Final = (
    CiphertextFormat.C1C3C2,
    CiphertextFormat.DER,
    CiphertextFormat.C1C3C2_BARE,
    CiphertextFormat.C1C2C3,
    CiphertextFormat.C1C2C3_BARE,
    CiphertextFormat.C1C3C2_COMPRESSED,
)

FORM_WORDS: Final = {
    "raw": Words("r, s in 64 bytes", "r、s 共 64 字节"),
    "DER": Words("DER", "DER 编码"),
    "right": Words("r, s right-aligned in fields of 64 bytes", "r、s 在 64 字节字段中右对齐"),
    "left": Words("r, s left-aligned in fields of 64 bytes", "r、s 在 64 字节字段中左对齐"),
}
"""What the forms of :func:`readings` are called."""


class SM2Pair:
    """A pair made in the token for this check.

    :ivar public, private: the handles; key: the public key in software.
    """

    def __init__(
        self, bench: P11Bench, session: OpenSession, private: Mapping[int, AttributeValue] | None = None
    ) -> None:
        """Make the pair, and read its public key from the token.

        :param private: what its private key's template says beside the usual.
        """
        bench.number("sm2-key-pair-gen")
        mechanism, template = new_pair(TokenKeyType.SM2, bench.numbers)
        self.public, self.private = bench.pair(session, mechanism, template, private)
        with bench.scene():
            values = session.attributes(self.public, *public_key_attributes(bench.numbers))
        info = public_key_info(values, bench.numbers)
        if info is None:
            bench.fail(
                "the public key of a pair that it made cannot be read: neither CKA_EC_POINT nor coordinates",
                "无法读出所生成密钥对的公钥：既无 CKA_EC_POINT 也无坐标属性",
            )
        try:
            self.key = SM2PublicKey.from_bytes(info.subject_public_key)
        except InvalidInputError:
            bench.fail(
                "the public key of a pair that it made is no point on the curve",
                "所生成密钥对的公钥不是曲线上的点",
            )
        self.point = values.get(C.CKA_EC_POINT)


def readings(signature: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what a signature may be, as the name of its form and r || s in 64 bytes: "raw", "DER", "left", "right"."""
    if len(signature) == 2 * _NUMBER_LEN:
        yield "raw", signature
    if len(signature) == 2 * _FIELD_LEN:
        first, second = signature[:_FIELD_LEN], signature[_FIELD_LEN:]
        yield "right", first[-_NUMBER_LEN:] + second[-_NUMBER_LEN:]
        yield "left", first[:_NUMBER_LEN] + second[:_NUMBER_LEN]
    try:
        yield "DER", sm2.signature_from_der(signature)
    except DecodeError:
        return


def ciphertext_form(key: SM2PrivateKey, ciphertext: bytes, message: bytes) -> CiphertextFormat | None:
    """Return the form in which a ciphertext gives the message; None when it does in none."""
    return next((form for form in _FORMS if _decrypted(key, ciphertext, form) == message), None)


def _decrypted(key: SM2PrivateKey, ciphertext: bytes, form: CiphertextFormat) -> bytes | None:
    """Return what a ciphertext gives in a form; None when it has another one."""
    try:
        return key.decrypt(ciphertext, formats=form)
    except DecryptionError:
        return None
