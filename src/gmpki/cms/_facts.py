"""Everything a message says, as one tree of facts, for :mod:`describe` and :mod:`text`.

The tree is made of the same things as that of :mod:`gmpki.x509._facts`. Nothing is verified or decrypted for it, and
the content itself is not in it: only its length and its hashes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from gmpki import _inputs, oids
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.gmt0010 import KeyAgreementInfo, SignedAndEnvelopedData
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc3161 import TSTInfo
from gmpki.asn1.rfc5035 import SigningCertificate, SigningCertificateV2
from gmpki.asn1.rfc5083 import AuthEnvelopedData
from gmpki.asn1.rfc5126 import CompleteCertificateRefs, CompleteRevocationRefs
from gmpki.asn1.rfc5652 import (
    DigestedData,
    EncryptedData,
    EnvelopedData,
    IssuerAndSerialNumber,
    KeyTransRecipientInfo,
    SignedData,
    SignerInfo,
    read_attributes,
)
from gmpki.cms._visible import envelope_variants, signer_variants
from gmpki.cms.message import Message, read_message
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.signed import SignedMessage
from gmpki.errors import GmpkiError
from gmpki.x509._facts import HexNumber, algorithm_facts, attribute_value_facts, facts_of, name_facts, quirk_facts
from gmpki.x509._facts import value_facts as plain_facts
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gmpki.asn1.rfc5652 import Attribute, EncapsulatedContentInfo, EncryptedContentInfo, RecipientInfo
    from gmpki.cms.variants import Variant
    from gmpki.x509._facts import Facts

__all__ = ["message_facts"]

# Counter-signatures and time-stamps stand inside attributes, and have attributes again.
_MAX_NESTING: Final = 4
_OTHER_RECIPIENTS: Final = {0xA1: "key-agreement", 0xA2: "key-encryption-key", 0xA3: "password", 0xA4: "other"}


def message_facts(message: Message, limit: int) -> Facts:
    """Return the facts of a message.

    :param limit: how many certificates, lists, entries of a list, signers and recipients are told at most.
    :raises InvalidTypeError: when the limit is no ``int``, or the message none.
    :raises InvalidInputError: when the limit is negative.
    """
    _inputs.number(limit, 0, 2**63, "limit")
    _inputs.member(message, Message, "message")
    return _Teller(limit).message(message)


class _Teller:
    """Tells messages, those inside attributes too."""

    def __init__(self, limit: int, nesting: int = 0) -> None:
        self.limit = limit
        self.nesting = nesting

    # ---- whole messages -----------------------------------------------------------------
    def message(self, message: Message) -> Facts:
        info = message.content_info
        profile = MessageProfile.of(info.content_type)
        content, variants = self._content(message)
        return {
            "type": "message",
            "kind": None if message.kind is None else message.kind.value,
            "content_type": info.content_type,
            "profile": None if profile is None else profile.value,
            **content,
            "variants": [variant.value for variant in dict.fromkeys(variants)],
            "quirks": [quirk_facts(quirk) for quirk in message.quirks],
        }

    def _content(self, message: Message) -> tuple[Facts, list[Variant]]:
        content = message.content
        outer = message.content_info.content_type
        if isinstance(content, SignedData):
            return self._signed(content, message)
        if isinstance(content, SignedAndEnvelopedData):
            envelope = self._envelope(content)
            signers = self._signers(content.signer_infos)
            carried = self._carried(content.certificates, content.crls)
            variants = envelope_variants(outer, content.encrypted_content_info, content.recipient_infos)
            algorithms = _algorithms(content.digest_algorithms)
            return {**envelope, "digest_algorithms": algorithms, **carried, **signers}, variants
        if isinstance(content, (EnvelopedData, AuthEnvelopedData)):
            variants = envelope_variants(outer, content.encrypted_content_info, content.recipient_infos)
            return self._enveloped(content), variants
        if isinstance(content, EncryptedData):
            facts = {"version": content.version, "encrypted_content": _encrypted(content.encrypted_content_info)}
            facts["unprotected_attributes"] = self._set(content.unprotected_attributes)
            return facts, envelope_variants(outer, content.encrypted_content_info, ())
        if isinstance(content, DigestedData):
            return {
                "version": content.version,
                "digest_algorithm": algorithm_facts(content.digest_algorithm),
                "content": _encapsulated(content.encap_content_info),
                "digest": content.digest,
            }, []
        if isinstance(content, KeyAgreementInfo):
            return {
                "version": content.version,
                "temporary_public_key": content.temporary_public_key,
                "user_id": content.user_id,
                "certificates": [_object(Certificate, content.user_certificate, self.limit)],
            }, []
        return {"content": _octets(content if isinstance(content, bytes) else message.content_info.content)}, []

    def _signed(self, content: SignedData, message: Message) -> tuple[Facts, list[Variant]]:
        try:
            outer = message.content_info.content_type
            variants = list(SignedMessage.of(outer, content, message.quirks, lenient=True).variants)
        except GmpkiError:  # a certificate that cannot be read; it is told as such below
            variants = []
        for signer in content.signer_infos:
            variants += signer_variants(signer, content)
        facts = {
            "version": content.version,
            "digest_algorithms": _algorithms(content.digest_algorithms),
            "content": _encapsulated(content.encap_content_info),
        }
        return {
            **facts,
            **self._carried(content.certificates, content.crls),
            **self._signers(content.signer_infos),
        }, variants

    def _envelope(self, content: EnvelopedData | AuthEnvelopedData | SignedAndEnvelopedData) -> Facts:
        return {
            "version": content.version,
            "recipients_count": len(content.recipient_infos),
            "recipients": [_recipient(info) for info in content.recipient_infos[: self.limit]],
            "encrypted_content": _encrypted(content.encrypted_content_info),
        }

    def _enveloped(self, content: EnvelopedData | AuthEnvelopedData) -> Facts:
        facts = self._envelope(content)
        originator = content.originator_info
        if originator is not None:
            facts.update(self._carried(originator.certificates, originator.crls))
        if isinstance(content, EnvelopedData):
            return {**facts, "unprotected_attributes": self._set(content.unprotected_attributes)}
        return {
            **facts,
            "authenticated_attributes": self._set(content.authenticated_attributes),
            "mac": content.mac,
            "unauthenticated_attributes": self._set(content.unauthenticated_attributes),
        }

    def _carried(self, certificates: tuple[bytes, ...], crls: tuple[bytes, ...]) -> Facts:
        return {
            "certificates_count": len(certificates),
            "certificates": [_object(Certificate, item, self.limit) for item in certificates[: self.limit]],
            "crls_count": len(crls),
            "crls": [_object(CertificateRevocationList, item, self.limit) for item in crls[: self.limit]],
        }

    # ---- signers and attributes ---------------------------------------------------------
    def _signers(self, signers: tuple[SignerInfo, ...]) -> Facts:
        return {"signers_count": len(signers), "signers": [self.signer(signer) for signer in signers[: self.limit]]}

    def signer(self, signer: SignerInfo) -> Facts:
        return {
            "version": signer.version,
            **_identifier(signer.sid),
            "digest_algorithm": algorithm_facts(signer.digest_algorithm),
            "signed_attributes": [self._attribute(item) for item in signer.attributes()],
            "signature_algorithm": algorithm_facts(signer.signature_algorithm),
            "signature": signer.signature,
            "unsigned_attributes": [self._attribute(item) for item in signer.other_attributes()],
        }

    def _set(self, octets: bytes | None) -> list[Facts]:
        if octets is None:
            return []
        reader = der.Reader(der.encode(der.Tag.SET, octets), quirks=QuirkLog())
        return [self._attribute(item) for item in read_attributes(reader, "attributes", der.Tag.SET)[1]]

    def _attribute(self, attribute: Attribute) -> Facts:
        return {"type": attribute.type, "values": [self._value(attribute.type, value) for value in attribute.values]}

    def _value(self, kind: str, encoded: bytes) -> Facts:
        """Tell a value: decoded where its type is known, as text where it is a string, else its DER."""
        facts = attribute_value_facts(oids.find(kind), encoded)
        found: Facts = {"value": facts["value"], "raw": facts["raw"], "problem": None}
        tell = _SIMPLE.get(kind)
        try:
            if tell is not None:
                found["value"], found["raw"] = tell(encoded), None
            elif kind in (oids.COUNTERSIGNATURE, oids.TIME_STAMP_TOKEN) and self.nesting < _MAX_NESTING:
                inner = _Teller(self.limit, self.nesting + 1)
                found["value"], found["raw"] = inner.nested(kind, encoded), None
        except GmpkiError as error:
            found["problem"] = str(error)
        return found

    def nested(self, kind: str, encoded: bytes) -> Facts:
        """Tell the counter-signature or the time-stamp token that an attribute holds."""
        if kind == oids.COUNTERSIGNATURE:
            return self.signer(SignerInfo.from_der(encoded, quirks=QuirkLog()))
        message = read_message(encoded, lenient=True)
        facts = self.message(message)
        content = message.content
        if isinstance(content, SignedData) and content.encap_content_info.content_type == oids.TST_INFO:
            octets = content.encap_content_info.content or b""
            facts["time_stamp"] = _time_stamp(TSTInfo.from_der(octets, quirks=QuirkLog()))
        return facts


# ---- parts ----------------------------------------------------------------------------------------------------------
def _algorithms(algorithms: Iterable[Any]) -> list[Facts]:
    return [algorithm_facts(algorithm) for algorithm in algorithms]


def _identifier(identifier: IssuerAndSerialNumber | bytes) -> Facts:
    """Tell how a certificate is named."""
    if isinstance(identifier, IssuerAndSerialNumber):
        number = HexNumber(identifier.serial_number)
        return {"issuer": name_facts(identifier.issuer), "serial_number": number, "key_identifier": None}
    return {"issuer": None, "serial_number": None, "key_identifier": identifier}


def _recipient(info: RecipientInfo) -> Facts:
    if not isinstance(info, KeyTransRecipientInfo):
        return {"recipient_kind": _OTHER_RECIPIENTS.get(info.der[0], "other"), "raw": info.der}
    return {
        "recipient_kind": "key-transport",
        "version": info.version,
        **_identifier(info.rid),
        "key_encryption_algorithm": algorithm_facts(info.key_encryption_algorithm),
        "encrypted_key": info.encrypted_key,
    }


def _octets(content: bytes | None) -> Facts | None:
    if content is None:
        return None
    return {"length": len(content), "sm3": sm3.digest(content), "sha256": sha256(content).digest()}


def _encapsulated(info: EncapsulatedContentInfo) -> Facts:
    return {
        "content_type": info.content_type,
        "detached": info.content is None,
        "octet_string": info.is_octet_string,
        **(_octets(info.digested_octets) or {"length": None, "sm3": None, "sha256": None}),
    }


def _encrypted(info: EncryptedContentInfo) -> Facts:
    return {
        "content_type": info.content_type,
        "content_encryption_algorithm": algorithm_facts(info.content_encryption_algorithm),
        "length": None if info.encrypted_content is None else len(info.encrypted_content),
        "shared_info1": info.shared_info1,
        "shared_info2": info.shared_info2,
    }


def _object(kind: type[Certificate | CertificateRevocationList], encoded: bytes, limit: int) -> Facts:
    """Tell a certificate or a list that is carried; of one that cannot be read, why, and its bytes."""
    try:
        return facts_of(kind.from_der(encoded, lenient=True), limit)
    except GmpkiError as error:
        return {"type": "unreadable", "problem": str(error), "raw": encoded}


def _time_stamp(token: TSTInfo) -> Facts:
    accuracy = token.accuracy
    return {
        "time": token.gen_time,
        "policy": token.policy,
        "serial_number": HexNumber(token.serial_number),
        "hash_algorithm": algorithm_facts(token.message_imprint.hash_algorithm),
        "imprint": token.message_imprint.hashed_message,
        "accuracy": None if accuracy is None else plain_facts(accuracy),
        "ordering": token.ordering,
        "nonce": None if token.nonce is None else HexNumber(token.nonce),
        "tsa": None if token.tsa is None else plain_facts(token.tsa),
    }


def _with_reader(read: Callable[[der.Reader], Any]) -> Callable[[bytes], Any]:
    def tell(encoded: bytes) -> Any:
        reader = der.Reader(encoded, quirks=QuirkLog())
        value = read(reader)
        reader.end()
        return value

    return tell


# What the values of attributes are, where that can be told without looking further.
_SIMPLE: Final[dict[str, Callable[[bytes], Any]]] = {
    oids.CONTENT_TYPE: _with_reader(lambda reader: reader.oid()),
    oids.MESSAGE_DIGEST: _with_reader(lambda reader: reader.octet_string()),
    oids.SIGNING_TIME: _with_reader(lambda reader: reader.time()),
    **{
        oid: _with_reader(lambda reader, schema=schema: plain_facts(schema.read(reader)))  # type: ignore[misc]
        for oid, schema in (
            (oids.SIGNING_CERTIFICATE, SigningCertificate),
            (oids.SIGNING_CERTIFICATE_V2, SigningCertificateV2),
            (oids.CERTIFICATE_REFS, CompleteCertificateRefs),
            (oids.REVOCATION_REFS, CompleteRevocationRefs),
        )
    },
}
