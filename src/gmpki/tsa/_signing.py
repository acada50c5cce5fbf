"""Signing what a time-stamp token says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gmpki import oids
from gmpki._inputs import member
from gmpki.cms.digests import ContentDigests
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.signing import sign
from gmpki.tsa.signing_certificate import signing_certificate
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from gmpki.asn1.rfc3161 import TSTInfo
    from gmpki.keys.interfaces import Signer

__all__ = ["TokenForm", "sign_token"]


@dataclass(frozen=True)
class TokenForm:
    """Everything about the tokens of an authority that is the same in each. Immutable.

    :ivar chain: certificates that go along with the authority's own.
    :ivar old_attribute: name the certificate by its SHA-1.
    """

    signer: Signer
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()
    profile: MessageProfile = MessageProfile.RFC5652
    old_attribute: bool = False
    user_id: bytes | None = None
    spec: SignerSpec = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for certificate in self.chain:
            member(certificate, Certificate, "a certificate of the chain")
        member(self.profile, MessageProfile, "profile")
        attribute = signing_certificate(self.certificate, old=self.old_attribute)
        spec = SignerSpec(self.signer, self.certificate, user_id=self.user_id, signed_attributes=(attribute,))
        spec.plan.unsigned(ContentDigests.of(b""), oids.TST_INFO, self.profile)  # refuses what no token can be
        object.__setattr__(self, "spec", spec)


def sign_token(info: TSTInfo, form: TokenForm, *, certificates: bool) -> bytes:
    """Sign the contents of a token; return the DER of the token.

    :param certificates: let those of the authority go along.
    :raises GmpkiError: what the signer raises.
    :standard: RFC 3161 2.4.2; GM/T 0033-2014
    """
    return sign(
        info.to_der(),
        [form.spec],
        profile=form.profile,
        content_type=oids.TST_INFO,
        certificates=form.chain if certificates else (),
        include_signer_certificates=certificates,
    )
