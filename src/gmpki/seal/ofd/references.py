"""The digests of the files that a signature of an OFD package protects.

:standard: GB/T 33190-2016 chapter 18; digests are over the bytes of a file as it is stored, not over its XML
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.errors import GmpkiError, SealError, UnsupportedAlgorithm
from gmpki.seal.ofd.package import shown

if TYPE_CHECKING:
    from gmpki.algorithms.policy import AlgorithmPolicy
    from gmpki.seal.ofd.package import OFDPackage
    from gmpki.seal.ofd.signatures import Reference, SignatureFile

__all__ = ["ReferenceResult", "check_references", "hash_name_of"]

_SM3_LEN: Final = 32
# How makers write the hash, in lower case: its name, or its identifier. That of HMAC-SM3 stands for SM3 in the field.
_HASHES: Final = {
    "sm3": "sm3",
    "1.2.156.10197.1.401": "sm3",
    "1.2.156.10197.1.401.1": "sm3",
    "1.2.156.10197.1.401.2": "sm3",
    "sha256": "sha256",
    "sha-256": "sha256",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "sha384": "sha384",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "sha512": "sha512",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "sha1": "sha1",
    "sha-1": "sha1",
    "1.3.14.3.2.26": "sha1",
    "md5": "md5",
    "1.2.840.113549.2.5": "md5",
}
_USUAL: Final = ("sm3", "1.2.156.10197.1.401", "1.2.156.10197.1.401.1")
_BROKEN: Final = ("md5", "sha1")


@dataclass(frozen=True, slots=True)
class ReferenceResult:
    """What became of one protected file. Immutable.

    :ivar path: the name of the file, with a slash at its beginning.
    :ivar problem: "" when it is the one that was signed, otherwise "missing", "changed" or "damaged".
    """

    path: str
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the file is the one that was signed."""
        return not self.problem


def hash_name_of(signature: SignatureFile, policy: AlgorithmPolicy) -> tuple[str, str]:
    """Return the hash of the references, and a sentence about it where its name departs from the standard.

    :param policy: whether MD5 and SHA-1 are taken, as for signatures: who prepares a document can make two files of
        one digest, and has the one sealed.
    :raises UnsupportedAlgorithm: when it is unknown.
    :raises SealError: "weak-hash" when it is MD5 or SHA-1 and the policy does not allow that.
    """
    text = signature.check_method.lower()
    if not text and all(len(reference.digest) == _SM3_LEN for reference in signature.references):
        return "sm3", "the references do not say which hash they use; SM3 fits"
    name = _HASHES.get(text or "md5", "sm3" if "sm3" in text else None)
    if name is None:
        raise UnsupportedAlgorithm(f"the hash of the references is {signature.check_method[:60]!r}, which is unknown")
    if name in _BROKEN:
        try:
            policy.check_hash(name)
        except GmpkiError as error:
            message = f"the hash of the references is {name}, for which files can be forged: {error}"
            raise SealError("weak-hash", message) from None
    if text in _USUAL:
        return name, ""
    if name == "sm3":
        return name, f"the hash of the references is named {signature.check_method!r}; SM3 is meant"
    return name, f"the hash of the references is {name}, not SM3"


def check_references(package: OFDPackage, signature: SignatureFile, hash_name: str) -> tuple[ReferenceResult, ...]:
    """Return what became of every protected file, in the order of the references."""
    package.hash_ahead((reference.path for reference in signature.references), hash_name)
    return tuple(_check(package, reference, hash_name) for reference in signature.references)


def _check(package: OFDPackage, reference: Reference, hash_name: str) -> ReferenceResult:
    path = shown(reference.path)
    if reference.path not in package:
        return ReferenceResult(path, "missing")
    try:
        digest = package.digest(reference.path, hash_name)
    except GmpkiError:
        return ReferenceResult(path, "damaged")
    return ReferenceResult(path, "" if hmac.compare_digest(digest, reference.digest) else "changed")
