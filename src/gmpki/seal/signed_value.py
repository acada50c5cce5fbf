"""The value of a signature over a seal or with a seal, verified over each form that may have been signed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.cms.algorithms import signature_algorithm
from gmpki.cms.signer_certificate import verifying_key
from gmpki.errors import InvalidInputError, InvalidSignature
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.x509.signatures import verify_signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gmpki.asn1.quirks import Quirk
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.signatures import SignaturePolicy

__all__ = ["verify_value"]


def verify_value(
    certificate: Certificate,
    algorithm: ObjectIdentifier,
    signature: bytes,
    forms: Iterable[tuple[bytes, str]],
    policy: SignaturePolicy,
    *,
    lenient: bool,
) -> tuple[tuple[Quirk, ...], tuple[str, ...]]:
    """Verify the value of a signature.

    :param algorithm: what stands beside the signature: an identifier without parameters.
    :param forms: what may have been signed, in the order in which it is tried, each with a sentence that says how it
        departs from the standard; empty for what the standard has. A generator makes what follows only when it is
        needed, and ends them with InvalidInputError where what was read leniently cannot be written anew.
    :param policy: which signatures are taken.
    :param lenient: take r, s as 64 bytes as well, and the identifier of the key's kind in place of the algorithm's.
    :returns: what departs in form, and in meaning.
    :raises InvalidSignature: when it holds over none of them.
    :raises KeyMismatchError: when the algorithm is not one of the key.
    :raises UnsupportedAlgorithm: when it is not known.
    :raises PolicyError: when the policy refuses the hash or the key.
    :raises GmpkiError: when the key of the certificate cannot be loaded.
    """
    key = verifying_key(certificate, policy)
    named = AlgorithmIdentifier(algorithm)
    variants: list[str] = []
    if lenient:
        policy = replace(policy, raw_sm2=True)
        if isinstance(key, SM2PublicKey):
            named, found = signature_algorithm(named, "sm3", key, policy.algorithms, lenient=True)
            variants += [f"{algorithm.name} stands in the place of the signature algorithm" for _ in found]
    refused: list[InvalidSignature] = []
    for form, departs in _as_many_as_there_are(forms):
        try:
            quirks = verify_signed(key, named, signature, form, policy)
        except InvalidSignature as error:
            refused.append(error)
            continue
        return quirks, (*variants, *([departs] if departs else []))
    raise refused[0] if refused else InvalidSignature("there is nothing that may have been signed")


def _as_many_as_there_are(forms: Iterable[tuple[bytes, str]]) -> Iterator[tuple[bytes, str]]:
    try:
        yield from forms
    except InvalidInputError:
        return
