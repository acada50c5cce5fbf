"""A root on a machine without a network: the request goes out, the certificate comes in, each on a medium.

On the machine of the subordinate authority:

    data = request_out(subordinate, ceremony=ceremony)

On the machine of the root, after the digest of the request was compared with the one that was read out:

    answer = sign_request(root, data, digest="66c7 f0f4 ...", actor=actor, ceremony=ceremony)

Back on the first, with the digest of the root's certificate as it was read out there:

    certificate_in(subordinate, answer, issuer_digest="297d a02b ...", actor=actor, ceremony=ceremony)

What travels is public; the digests that people compare are what keeps it from being exchanged on the way.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, member
from gmpki.algorithms import sm3
from gmpki.ca.authority.authority import Authority
from gmpki.ca.ceremony.record import Ceremony, spoken_digest
from gmpki.ca.interfaces import Order
from gmpki.ca.store.columns import digest_text
from gmpki.cms.certificates import read_bundle, write_bundle
from gmpki.errors import InvalidInputError, KeyMismatchError, StateError, ValidationError
from gmpki.x509.names import names_match
from gmpki.x509.request import load_request

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.asn1.rfc5280 import Validity
    from gmpki.ca.interfaces import Actor
    from gmpki.x509.certificate import Certificate

__all__ = ["certificate_in", "request_out", "sign_request"]

_DIGEST: Final = re.compile("[0-9a-f]{64}")
_MAX_REQUEST_LEN: Final = 1 << 20


def request_out(authority: Authority, *, ceremony: Ceremony | None = None) -> bytes:
    """Return the open request of an authority as PEM.

    :param ceremony: gets a step with its digest.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises StateError: when no request is open.
    :raises StoreError: when the database does not do it.
    """
    member(authority, Authority, "authority")
    request = authority.request
    if request is None:
        raise StateError(f"the authority {authority.name} waits for no certificate")
    data = request.to_pem()
    _step(ceremony, f"the request of {authority.name} went out", {"request": data})
    return data


def sign_request(
    root: Authority,
    data: Buffer,
    *,
    digest: str,
    actor: Actor,
    profile: str = "subordinate-ca",
    validity: Validity | None = None,
    ceremony: Ceremony | None = None,
) -> bytes:
    """Certify a request that has come on a medium; return what goes back: a bundle with the certificate and the root's.

    :param data: the file, exactly as :func:`request_out` gave it.
    :param digest: SM3 of the file, as it was read out where it was made; blanks and case do not matter.
    :param ceremony: gets a step with the digests of what came and what goes.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the digest is none.
    :raises ValidationError: with the reason "digest" when the file is another one than was read out.
    :raises GmpkiError: what :meth:`Authority.issue <gmpki.ca.authority.authority.Authority.issue>` raises, and
        :func:`~gmpki.x509.request.load_request`.
    """
    member(root, Authority, "root")
    content = as_bytes(data, "the request")
    if len(content) > _MAX_REQUEST_LEN:
        raise InvalidInputError(f"a request has at most {_MAX_REQUEST_LEN} bytes")
    _demand_digest(content, digest, "the request")
    request = load_request(content)
    # The same request is the same order: a ceremony that was interrupted goes on where it was.
    key = f"ceremony {sm3.digest(request.der).hex()}"
    issued = root.issue(Order(key, root.name, profile, request, validity=validity), actor=actor)
    answer = write_bundle([issued.signing, root.certificate])
    made = {"request": content, "certificate": issued.signing.der, "certificate of the root": root.certificate.der}
    _step(ceremony, f"{root.name} certified {str(issued.signing.subject)[:128]}", made)
    return answer


def certificate_in(
    authority: Authority,
    data: Buffer,
    *,
    issuer_digest: str,
    actor: Actor,
    ceremony: Ceremony | None = None,
) -> Certificate:
    """Take the certificate that has come back on a medium; from now on its key signs.

    :param data: a bundle with the certificate and that of its issuer, as :func:`sign_request` gives it.
    :param issuer_digest: SM3 of the issuer's certificate in DER, as it was read out where the root is.
    :param ceremony: gets a step with the digests.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the digest is none.
    :raises KeyMismatchError: when the bundle has no certificate that was asked for.
    :raises ValidationError: with the reason "issuer" when the bundle has no certificate of its issuer, "digest" when
        that is another one than was read out; and as :meth:`Authority.activate
        <gmpki.ca.authority.authority.Authority.activate>`.
    :raises GmpkiError: otherwise as that, and :func:`~gmpki.cms.certificates.read_bundle`.
    """
    member(authority, Authority, "authority")
    bundle = read_bundle(data)
    known = {generation.public_key_id for generation in authority.generations}
    own = [each for each in bundle.certificates if digest_text(each.public_key.to_der()) in known]
    if len(own) != 1:
        raise KeyMismatchError(f"the bundle has {len(own)} certificates of keys of {authority.name}; one is expected")
    certificate = own[0]
    above = [each for each in bundle.certificates if names_match(each.subject, certificate.issuer)]
    if not above:
        raise ValidationError("issuer", "the bundle has no certificate of the issuer", certificate=certificate)
    _demand_digest(above[0].der, issuer_digest, "the certificate of the issuer")
    authority.activate(certificate, issuer=above[0], actor=actor)
    made = {"certificate": certificate.der, "certificate of the issuer": above[0].der}
    _step(ceremony, f"the certificate of {authority.name} came in", made)
    return certificate


def _demand_digest(data: bytes, said: str, what: str) -> None:
    wanted = "".join(as_text(said, "the digest").split()).lower()
    if _DIGEST.fullmatch(wanted) is None:
        raise InvalidInputError("a digest of SM3 has 64 hexadecimal digits")
    if not hmac.compare_digest(wanted, digest_text(data)):
        raise ValidationError("digest", f"{what} is another one than was read out; this has {spoken_digest(data)}")


def _step(ceremony: Ceremony | None, what: str, made: dict[str, bytes]) -> None:
    if ceremony is not None:
        ceremony.step(what, made)
