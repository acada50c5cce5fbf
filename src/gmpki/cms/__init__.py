"""Messages (GM/T 0010, RFC 5652): signed, enveloped and encrypted, written and read, whole or as streams.

The names below are loaded when they are first used. Somebody signs, somebody else verifies:

>>> from datetime import datetime, timedelta, timezone
>>> from gmpki import SM2PrivateKey
>>> from gmpki.cms import SignerSpec, Trust, sign, verify
>>> from gmpki.x509.certificate_builder import CertificateBuilder
>>> from gmpki.x509.names import build_name
>>> now = datetime.now(timezone.utc).replace(microsecond=0)
>>> key, name = SM2PrivateKey.generate(), build_name(("C", "CN"), ("CN", "张三"))
>>> builder = CertificateBuilder().subject(name).issuer(name).serial_number(1).public_key(key.public_key)
>>> certificate = builder.validity(now, now + timedelta(days=1)).sign(key)

>>> message = sign("合同".encode(), SignerSpec(key, certificate))
>>> verified = verify(message, Trust([certificate]))
>>> verified.content.decode()
'合同'
>>> print(verified.signers[0].check("signature"))
signature: passed (SM2-1 (1.2.156.10197.1.301.1))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.cms.amending import add_signer, attach_attributes, attach_timestamp, countersign
    from gmpki.cms.certificates import CertificateBundle, load_certificates, read_bundle, write_bundle
    from gmpki.cms.content_ciphers import CipherParameters, ContentCipher
    from gmpki.cms.digested import DigestedContent, digest_content, read_digested
    from gmpki.cms.digests import ContentDigests
    from gmpki.cms.encrypted import DecryptedContent, decrypt_with_key, encrypt_with_key
    from gmpki.cms.enveloped import OpenedEnvelope, decrypt
    from gmpki.cms.enveloping import encrypt
    from gmpki.cms.key_agreement import KeyAgreement, KeyAgreementMessage
    from gmpki.cms.key_history import KeyEntry, KeyHistory
    from gmpki.cms.message import Message, read_message
    from gmpki.cms.pair_delivery import EnvelopedDelivery, open_enveloped_delivery
    from gmpki.cms.profiles import MessageKind, MessageProfile
    from gmpki.cms.recipients import Recipient
    from gmpki.cms.report import Check, CheckName, CheckStatus, SignerReport, VerifiedMessage
    from gmpki.cms.signed import SignedMessage
    from gmpki.cms.signed_and_enveloped import OpenedSignedEnvelope, open_signed_and_enveloped, sign_and_encrypt
    from gmpki.cms.signer_spec import SignerPlan, SignerSpec
    from gmpki.cms.signing import sign
    from gmpki.cms.stream_decrypt import OpenedStream, decrypt_file, decrypt_stream
    from gmpki.cms.stream_encrypt import encrypt_file, encrypt_stream
    from gmpki.cms.stream_sign import amend_stream, sign_file, sign_stream
    from gmpki.cms.stream_verify import verify_file, verify_stream
    from gmpki.cms.timestamps import StampedTime, TimestampVerifier
    from gmpki.cms.trust import Trust
    from gmpki.cms.two_phase import PreparedSignature, ToBeSigned, prepare
    from gmpki.cms.variants import Variant
    from gmpki.cms.verification import verify

__all__ = [
    "CertificateBundle",
    "Check",
    "CheckName",
    "CheckStatus",
    "CipherParameters",
    "ContentCipher",
    "ContentDigests",
    "DecryptedContent",
    "DigestedContent",
    "EnvelopedDelivery",
    "KeyAgreement",
    "KeyAgreementMessage",
    "KeyEntry",
    "KeyHistory",
    "Message",
    "MessageKind",
    "MessageProfile",
    "OpenedEnvelope",
    "OpenedSignedEnvelope",
    "OpenedStream",
    "PreparedSignature",
    "Recipient",
    "SignedMessage",
    "SignerPlan",
    "SignerReport",
    "SignerSpec",
    "StampedTime",
    "TimestampVerifier",
    "ToBeSigned",
    "Trust",
    "Variant",
    "VerifiedMessage",
    "add_signer",
    "amend_stream",
    "attach_attributes",
    "attach_timestamp",
    "countersign",
    "decrypt",
    "decrypt_file",
    "decrypt_stream",
    "decrypt_with_key",
    "digest_content",
    "encrypt",
    "encrypt_file",
    "encrypt_stream",
    "encrypt_with_key",
    "load_certificates",
    "open_enveloped_delivery",
    "open_signed_and_enveloped",
    "prepare",
    "read_bundle",
    "read_digested",
    "read_message",
    "sign",
    "sign_and_encrypt",
    "sign_file",
    "sign_stream",
    "verify",
    "verify_file",
    "verify_stream",
    "write_bundle",
]

_HOMES = {
    "CertificateBundle": "gmpki.cms.certificates",
    "Check": "gmpki.cms.report",
    "CheckName": "gmpki.cms.report",
    "CheckStatus": "gmpki.cms.report",
    "CipherParameters": "gmpki.cms.content_ciphers",
    "ContentCipher": "gmpki.cms.content_ciphers",
    "ContentDigests": "gmpki.cms.digests",
    "DecryptedContent": "gmpki.cms.encrypted",
    "DigestedContent": "gmpki.cms.digested",
    "EnvelopedDelivery": "gmpki.cms.pair_delivery",
    "KeyAgreement": "gmpki.cms.key_agreement",
    "KeyAgreementMessage": "gmpki.cms.key_agreement",
    "KeyEntry": "gmpki.cms.key_history",
    "KeyHistory": "gmpki.cms.key_history",
    "Message": "gmpki.cms.message",
    "MessageKind": "gmpki.cms.profiles",
    "MessageProfile": "gmpki.cms.profiles",
    "OpenedEnvelope": "gmpki.cms.enveloped",
    "OpenedSignedEnvelope": "gmpki.cms.signed_and_enveloped",
    "OpenedStream": "gmpki.cms.stream_decrypt",
    "PreparedSignature": "gmpki.cms.two_phase",
    "Recipient": "gmpki.cms.recipients",
    "SignedMessage": "gmpki.cms.signed",
    "SignerPlan": "gmpki.cms.signer_spec",
    "SignerReport": "gmpki.cms.report",
    "SignerSpec": "gmpki.cms.signer_spec",
    "StampedTime": "gmpki.cms.timestamps",
    "TimestampVerifier": "gmpki.cms.timestamps",
    "ToBeSigned": "gmpki.cms.two_phase",
    "Trust": "gmpki.cms.trust",
    "Variant": "gmpki.cms.variants",
    "VerifiedMessage": "gmpki.cms.report",
    "add_signer": "gmpki.cms.amending",
    "amend_stream": "gmpki.cms.stream_sign",
    "attach_attributes": "gmpki.cms.amending",
    "attach_timestamp": "gmpki.cms.amending",
    "countersign": "gmpki.cms.amending",
    "decrypt": "gmpki.cms.enveloped",
    "decrypt_file": "gmpki.cms.stream_decrypt",
    "decrypt_stream": "gmpki.cms.stream_decrypt",
    "decrypt_with_key": "gmpki.cms.encrypted",
    "digest_content": "gmpki.cms.digested",
    "encrypt": "gmpki.cms.enveloping",
    "encrypt_file": "gmpki.cms.stream_encrypt",
    "encrypt_stream": "gmpki.cms.stream_encrypt",
    "encrypt_with_key": "gmpki.cms.encrypted",
    "load_certificates": "gmpki.cms.certificates",
    "open_enveloped_delivery": "gmpki.cms.pair_delivery",
    "open_signed_and_enveloped": "gmpki.cms.signed_and_enveloped",
    "prepare": "gmpki.cms.two_phase",
    "read_bundle": "gmpki.cms.certificates",
    "read_digested": "gmpki.cms.digested",
    "read_message": "gmpki.cms.message",
    "sign": "gmpki.cms.signing",
    "sign_and_encrypt": "gmpki.cms.signed_and_enveloped",
    "sign_file": "gmpki.cms.stream_sign",
    "sign_stream": "gmpki.cms.stream_sign",
    "verify": "gmpki.cms.verification",
    "verify_file": "gmpki.cms.stream_verify",
    "verify_stream": "gmpki.cms.stream_verify",
    "write_bundle": "gmpki.cms.certificates",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
