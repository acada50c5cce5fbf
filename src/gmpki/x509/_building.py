"""What the builders of certificates and of requests share: extensions, none of them twice, and the signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki.asn1.rfc5280 import Extension, SignedStructure
from gmpki.errors import FaultDetected, InvalidInputError, InvalidSignature, InvalidTypeError
from gmpki.keys._hashed import HashedPrivateKey
from gmpki.keys.interfaces import Signer
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.extensions import ExtensionValue, make
from gmpki.x509.signatures import SignaturePolicy, verify_signed

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["ExtensionList", "demand_signer", "sign_structure"]

# Far beyond what a certificate has, and a bound for whoever builds one from what strangers send.
_MAX_EXTENSIONS: Final = 1024


class ExtensionList(tuple[Extension, ...]):
    """The extensions that a certificate or request is to have, none of them twice. Immutable."""

    __slots__ = ()

    def adding(self, value: ExtensionValue | Extension, critical: bool | None) -> ExtensionList:
        """Return the list with one more at its end.

        :raises InvalidTypeError: when value is neither an extension nor the contents of one.
        :raises InvalidInputError: when there is one of that kind already, or there are too many.
        """
        if isinstance(value, Extension):
            if critical is not None:
                member(critical, bool, "critical")
                value = Extension(value.extn_id, critical, value.extn_value)
            value.to_der()
        else:
            value = make(value, critical)
        if value.extn_id in [other.extn_id for other in self]:
            raise InvalidInputError(f"the extension {oids.find(value.extn_id).name} ({value.extn_id}) is there already")
        if len(self) >= _MAX_EXTENSIONS:
            raise InvalidInputError(f"more than {_MAX_EXTENSIONS} extensions")
        return ExtensionList((*self, value))


def demand_signer(signer: Signer) -> None:
    """Check what is to sign.

    :raises InvalidTypeError: when it is no Signer.
    """
    # The classes are asked first: what a protocol asks for takes ten times as long to find out.
    if not isinstance(signer, (SM2PrivateKey, HashedPrivateKey, Signer)):
        raise InvalidTypeError(f"signer must be a Signer, not {type(signer).__name__}")


def sign_structure(tbs: bytes, signer: Signer, user_id: Buffer | None, *, verify: bool) -> SignedStructure:
    """Sign the bytes of a structure and return the whole.

    :param verify: verify the signature before it is released.
    :raises FaultDetected: when it was to be verified and does not hold.
    """
    member(verify, bool, "verify")
    algorithm = signer.signature_algorithm
    signature = as_bytes(signer.sign(tbs, user_id=user_id), "the signature")
    if verify:
        tried = SignaturePolicy((None if user_id is None else as_bytes(user_id, "user_id"),))
        try:
            verify_signed(signer.public_key, algorithm, signature, tbs, tried)
        except InvalidSignature as error:
            raise FaultDetected(f"the signature that was just made does not hold: {error}") from None
    return SignedStructure(tbs, algorithm, signature)
