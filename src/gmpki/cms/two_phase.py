"""Signing in two phases, for keys that live elsewhere: prepare, let somebody sign, finish.

>>> from gmpki.cms import SignerPlan, prepare
>>> prepared = prepare(b"contract", SignerPlan(certificate))  # doctest: +SKIP
>>> stored = prepared.to_bytes()  # kept until the signature comes  # doctest: +SKIP
>>> signature = token.sign_digest(prepared.to_be_signed[0].digest)  # doctest: +SKIP
>>> message = PreparedSignature.from_bytes(stored).finish([signature])  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, iterated, member
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1 import der
from gmpki.asn1.rfc5652 import EncapsulatedContentInfo, SignerInfo
from gmpki.cms.algorithms import digest_name, signature_algorithm
from gmpki.cms.attributes import read_signed
from gmpki.cms.digests import ContentDigests
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.signer_certificate import is_named
from gmpki.cms.signer_spec import SignerPlan
from gmpki.cms.signing import MAX_SIGNERS, assemble, checked_signers, encoded_certificates, encoded_crls
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError
from gmpki.keys.signature_algorithms import key_for
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.der import Reader
    from gmpki.keys.interfaces import PublicKey
    from gmpki.x509.crl import CertificateRevocationList

__all__ = ["PreparedSignature", "ToBeSigned", "prepare"]

_FORMAT: Final = 1
_USER_ID, _DATA, _DIGEST = (der.Tag.context(number) for number in range(3))


@dataclass(frozen=True, slots=True)
class ToBeSigned:
    """What one signer signs. Immutable.

    :ivar certificate: whose key signs.
    :ivar data: the bytes to sign; None where only their digest is known.
    :ivar digest: what the public key's ``digest`` gives for them: for SM2 the 32 bytes e, which a token's function on
        digests takes. None for Ed25519, which signs the bytes alone.
    :ivar user_id: of an SM2 signature; None is the default id.
    """

    certificate: Certificate
    data: bytes | None = field(repr=False)
    digest: bytes | None
    user_id: bytes | None


@dataclass(frozen=True)
class PreparedSignature:
    """A message that waits for its signatures. Immutable; it can be pickled, and kept as bytes.

    Whoever can change it while it waits decides what will be signed: it is kept as carefully as what it signs.
    """

    _profile: MessageProfile
    _inner: EncapsulatedContentInfo = field(repr=False)
    _infos: tuple[SignerInfo, ...] = field(repr=False)
    _certificates: tuple[bytes, ...] = field(repr=False)
    _crls: tuple[bytes, ...] = field(repr=False)
    to_be_signed: tuple[ToBeSigned, ...]

    def finish(self, signatures: Iterable[Buffer]) -> bytes:
        """Put the signatures in, and return the message as DER. Each is verified before.

        :param signatures: one for each of :attr:`to_be_signed`, in that order; SM2 ones as DER, or r, s as 64 bytes.
        :raises InvalidTypeError: when a signature has no buffer.
        :raises InvalidInputError: when their number is another.
        :raises InvalidSignature: when one does not hold.
        """
        given = iterated(signatures, "signatures", most=len(self._infos) + 1)
        if len(given) != len(self._infos):
            raise InvalidInputError(f"{len(self._infos)} signatures are needed, not {len(given)}")
        infos = []
        for info, waiting, signature in zip(self._infos, self.to_be_signed, given, strict=True):
            key = _verifying_key(info, waiting.certificate)
            encoded = key.standard_signature(as_bytes(signature, "a signature"))
            if waiting.data is not None:
                key.verify(encoded, waiting.data, user_id=waiting.user_id)
            else:
                key.verify_digest(encoded, waiting.digest or b"")
            infos.append(replace(info, signature=encoded))
        return assemble(self._profile, self._inner, infos, self._certificates, self._crls)

    # ---- keeping it -------------------------------------------------------------------------
    def to_bytes(self) -> bytes:
        """Return everything as bytes, in a format of this package: to be read by :meth:`from_bytes` alone."""
        signers = []
        for info, waiting in zip(self._infos, self.to_be_signed, strict=True):
            optional = ((_USER_ID, waiting.user_id), (_DATA, waiting.data), (_DIGEST, waiting.digest))
            extra = [der.encode_octet_string(value, tag=tag) for tag, value in optional if value is not None]
            signers.append(der.encode_sequence(info.to_der(), waiting.certificate.der, *extra))
        return der.encode_sequence(
            der.encode_integer(_FORMAT),
            der.encode_utf8_string(self._profile.value),
            self._inner.to_der(),
            der.encode_sequence(*self._certificates),
            der.encode_sequence(*self._crls),
            der.encode_sequence(*signers),
        )

    @classmethod
    def from_bytes(cls, data: Buffer) -> PreparedSignature:
        """Read what :meth:`to_bytes` gave.

        :raises InvalidTypeError: when data has no buffer.
        :raises DecodeError: when it is something else, or parts of it do not fit together: what would be signed is
            checked against the rest of the message, which somebody may have changed.
        :raises LimitExceeded: when it is longer than 64 MiB.
        """
        reader = der.Reader(data, name="PreparedSignature")
        with reader.sequence() as fields:
            fields.integer("format", minimum=_FORMAT, maximum=_FORMAT)
            at = fields.offset
            name = fields.utf8_string("profile")
            if name not in _PROFILES:
                raise fields.error("no profile of messages", "profile", offset=at)
            inner = EncapsulatedContentInfo.read(fields, "content")
            certificates = _elements(fields, "certificates")
            crls = _elements(fields, "crls")
            infos: list[SignerInfo] = []
            waiting: list[ToBeSigned] = []
            with fields.sequence("signers") as signers:
                while not signers.at_end():
                    if len(infos) == MAX_SIGNERS:
                        raise signers.error(f"more than {MAX_SIGNERS} signers")
                    info, one = _read_signer(signers)
                    infos.append(info)
                    waiting.append(one)
        reader.end()
        if not infos:
            raise DecodeError("a signature that is prepared has a signer")
        octets = inner.digested_octets
        digests = None if octets is None else ContentDigests.of(octets)
        for info, one in zip(infos, waiting, strict=True):
            _check_fit(info, one, inner, digests)
        return cls(_PROFILES[name], inner, tuple(infos), certificates, crls, tuple(waiting))

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        """Pickle the bytes."""
        return PreparedSignature.from_bytes, (self.to_bytes(),)


_PROFILES: Final = {profile.value: profile for profile in MessageProfile}


def prepare(
    content: Buffer | None,
    signers: SignerPlan | Iterable[SignerPlan],
    *,
    profile: MessageProfile = MessageProfile.GMT0010,
    detached: bool = False,
    certificates: Iterable[Certificate] = (),
    crls: Iterable[CertificateRevocationList] = (),
    include_signer_certificates: bool = True,
    content_type: str | None = None,
    digests: ContentDigests | None = None,
) -> PreparedSignature:
    """Make everything of a message but its signatures; parameters and errors as :func:`~gmpki.cms.signing.sign`.

    :param content: None when it went past, or is not to be shown here: then ``digests`` are given and the message is
        detached.
    :param digests: of the content that is not given: :meth:`ContentDigests.known` for those computed elsewhere.
    :raises InvalidInputError: also when both or neither of content and digests are given, or digests without
        ``detached``.
    """
    plans = checked_signers(signers, SignerPlan)
    member(profile, MessageProfile, "profile")
    member(detached, bool, "detached")
    octets = None if content is None else as_bytes(content, "content")
    if (octets is None) == (digests is None):
        raise InvalidInputError("either the content is given, or its digests")
    if digests is None:
        digests = ContentDigests.of(octets or b"")
    elif not detached:
        raise InvalidInputError("a message whose content is not given is detached")
    member(digests, ContentDigests, "digests")
    kind = profile.inner_type(content_type)
    own = [plan.certificate for plan in plans] if include_signer_certificates else []
    unsigned = [plan.unsigned(digests, kind, profile) for plan in plans]
    return PreparedSignature(
        profile,
        EncapsulatedContentInfo(kind, None if detached else octets),
        tuple(entry.info for entry in unsigned),
        encoded_certificates((*own, *iterated(certificates, "certificates"))),
        encoded_crls(crls),
        tuple(
            ToBeSigned(plan.certificate, entry.data, entry.digest(), plan.user_id)
            for plan, entry in zip(plans, unsigned, strict=True)
        ),
    )


def _elements(fields: Reader, name: str) -> tuple[bytes, ...]:
    found = []
    with fields.sequence(name) as items:
        while not items.at_end():
            found.append(items.exact(der.Tag.SEQUENCE, "item"))
    return tuple(found)


def _read_signer(signers: Reader) -> tuple[SignerInfo, ToBeSigned]:
    with signers.sequence("signer") as fields:
        info = SignerInfo.read(fields, "info")
        certificate = Certificate.from_der(fields.exact(der.Tag.SEQUENCE, "certificate"), lenient=True)
        user_id, data, digest = (
            fields.octet_string(name, tag=tag) if fields.next_is(tag) else None
            for tag, name in ((_USER_ID, "userId"), (_DATA, "data"), (_DIGEST, "digest"))
        )
        if data is None and digest is None:
            raise fields.error("neither the bytes to sign nor their digest")
    return info, ToBeSigned(certificate, data, digest, user_id)


def _check_fit(
    info: SignerInfo, waiting: ToBeSigned, inner: EncapsulatedContentInfo, digests: ContentDigests | None
) -> None:
    """Check that a signature over what is to be signed will hold in the message.

    :param digests: of the content; None when the message is detached.
    :raises DecodeError: when it would not.
    """
    try:
        problem = _misfit(info, waiting, inner, digests)
    except GmpkiError as error:
        problem = str(error)
    if problem is not None:
        raise DecodeError(f"the parts of the signature that is prepared do not fit together: {problem}")


def _misfit(
    info: SignerInfo, waiting: ToBeSigned, inner: EncapsulatedContentInfo, digests: ContentDigests | None
) -> str | None:
    key = _verifying_key(info, waiting.certificate)
    if not is_named(waiting.certificate, info.sid):
        return "the certificate is not the one that the entry of the signer names"
    if info.signed_attributes is not None:
        if waiting.data != info.signed_attributes_to_sign:
            return "the bytes to sign are not the signed attributes"
        said = read_signed(info.attributes().items, lenient=False)
        if said.content_type != inner.content_type:
            return "the signed content type is not that of the message"
        name = digest_name(info.digest_algorithm, lenient=False)[0]
        if digests is not None and said.message_digest != digests.hash(name):
            return "the signed digest is not that of the content"
    elif digests is not None and waiting.data != digests.content:
        return "the bytes to sign are not the content"
    shown, digest = waiting.data, waiting.digest
    if shown is not None and digest is not None and key.digest(shown, user_id=waiting.user_id) != digest:
        return "the digest to sign is not that of the bytes to sign"
    return None


def _verifying_key(info: SignerInfo, certificate: Certificate) -> PublicKey:
    """Return the key of the certificate as it verifies the signature of an entry."""
    name = digest_name(info.digest_algorithm, lenient=False)[0]
    algorithm, _ = signature_algorithm(
        info.signature_algorithm, name, certificate.public_key, DEFAULT_POLICY, lenient=False
    )
    return key_for(certificate.public_key, algorithm, DEFAULT_POLICY)
