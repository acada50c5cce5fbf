"""gmpki itself as a maker and reader of messages, key stores and time-stamps."""

# Every implementation has the same methods with the same arguments.
# ruff: noqa: ARG002

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from itertools import count

from gmpki import cms
from gmpki.algorithms.rsa import EncryptionPadding
from gmpki.cms import ContentCipher, MessageProfile, Recipient, SignerSpec, Trust
from gmpki.errors import GmpkiError
from gmpki.keys.loader import load_private_key
from gmpki.keystore import PKCS12, StoreProfile, write_pkcs12
from gmpki.keystore import KeyEntry as StoredKey
from gmpki.seal import (
    DocumentReport,
    Seal,
    SealLayout,
    SealPicture,
    SealSigner,
    SealSpec,
    SealTrust,
    make_seal,
    verify_seal,
    verify_seal_signature,
)
from gmpki.tsa import TimestampAuthority, TimestampRequest, TokenVerifier
from gmpki.x509.certificate import Certificate
from interop import ours
from interop.messages import PASSWORD, TIMESTAMP_POLICY, Envelope, Signing, SigningReading
from interop.refusing import refusing
from interop.scenario import Algorithm, now
from interop.seal_jobs import NAME, PICTURE, PROPERTY, SEAL_ID, SealReading

__all__ = ["Ours"]

ITERATIONS = 2048

refused = refusing(GmpkiError, ours=True)


class Serials:
    """Serial numbers of time-stamps."""

    def __init__(self) -> None:
        self._numbers = count(0x80)

    def next(self) -> int:
        return next(self._numbers)


def is_sm2(algorithm: Algorithm) -> bool:
    return algorithm.startswith("sm2")


def certificates(encoded: tuple[bytes, ...]) -> list[Certificate]:
    return [Certificate.from_der(one) for one in encoded]


class Ours(ours.Ours):
    """What users call, and nothing below."""

    # ---- signed messages ----------------------------------------------------------------
    def _spec(self, algorithm: Algorithm, key: bytes, certificate: bytes, *, attributes: bool = True) -> SignerSpec:
        return SignerSpec(self._signer(algorithm, key), Certificate.from_der(certificate), attributes=attributes)

    @refused
    def make_signed(self, algorithm: Algorithm, content: bytes, how: Signing) -> bytes:
        specs = [self._spec(algorithm, *signer, attributes=how.attributes) for signer in how.signers]
        profile = MessageProfile.GMT0010 if how.gm else MessageProfile.RFC5652
        others = certificates(how.authorities)
        if how.streamed:
            sink = BytesIO()
            cms.sign_stream(BytesIO(content), sink, specs, profile=profile, detached=how.detached, certificates=others)
            return sink.getvalue()
        return cms.sign(content, specs, profile=profile, detached=how.detached, certificates=others)

    @refused
    def make_countersigned(self, algorithm: Algorithm, message: bytes, key: bytes, certificate: bytes) -> bytes:
        return cms.countersign(message, self._spec(algorithm, key, certificate))

    @refused
    def check_signed(self, algorithm: Algorithm, message: bytes, root: bytes, content: bytes) -> SigningReading:
        trust = Trust((Certificate.from_der(root),))
        verified = cms.verify(message, trust, content=content or None)
        sink = BytesIO()
        streamed = cms.verify_stream(
            BytesIO(message), trust, content=BytesIO(content) if content else None, sink=None if content else sink
        )
        assert content or sink.getvalue() == verified.content
        assert streamed.signers == verified.signers
        counter_signers = sum(len(signer.countersignatures) for signer in verified.signers)
        return SigningReading(verified.content, len(verified.signers), counter_signers)

    # ---- envelopes ----------------------------------------------------------------------
    @refused
    def make_enveloped(self, algorithm: Algorithm, content: bytes, how: Envelope) -> bytes:
        padding = EncryptionPadding.OAEP if algorithm == "rsa-pss" else None
        recipients = [Recipient(one, padding=padding) for one in certificates(how.recipients)]
        profile = MessageProfile.GMT0010 if how.gm else MessageProfile.RFC5652
        cipher = ContentCipher[f"{'SM4' if is_sm2(algorithm) else 'AES128'}_{'GCM' if how.authenticated else 'CBC'}"]
        if how.streamed:
            sink = BytesIO()
            cms.encrypt_stream(BytesIO(content), sink, recipients, profile=profile, cipher=cipher)
            return sink.getvalue()
        return cms.encrypt(content, recipients, profile=profile, cipher=cipher)

    @refused
    def read_enveloped(self, algorithm: Algorithm, message: bytes, certificate: bytes, key: bytes) -> bytes:
        keys = [(Certificate.from_der(certificate), load_private_key(key))]
        found = cms.decrypt(message, keys)  # type: ignore[arg-type]
        sink = BytesIO()
        cms.decrypt_stream(BytesIO(message), sink, keys)  # type: ignore[arg-type]
        assert sink.getvalue() == found.content
        return found.content

    @refused
    def make_encrypted(self, algorithm: Algorithm, content: bytes, key: bytes) -> bytes:
        cipher = ContentCipher.SM4_CBC if is_sm2(algorithm) else ContentCipher.AES128_CBC
        return cms.encrypt_with_key(content, key, profile=MessageProfile.RFC5652, cipher=cipher)

    @refused
    def read_encrypted(self, algorithm: Algorithm, message: bytes, key: bytes) -> bytes:
        return cms.decrypt_with_key(message, key).content

    # ---- key stores ---------------------------------------------------------------------
    @refused
    def make_store(self, algorithm: Algorithm, key: bytes, chain: tuple[bytes, ...], gm: bool) -> bytes:
        own, *others = certificates(chain)
        profile = StoreProfile.OPENSSL if is_sm2(algorithm) else StoreProfile.AES
        return write_pkcs12(
            [StoredKey(load_private_key(key), own, "one")],
            PASSWORD,
            certificates=others,
            profile=StoreProfile.GM_CLASSIC if gm else profile,
            iterations=ITERATIONS,
        )

    @refused
    def read_store(self, algorithm: Algorithm, store: bytes, password: bytes) -> tuple[bytes, tuple[bytes, ...]]:
        found = PKCS12.from_bytes(store, password)
        (entry,) = found.keys
        own = entry.certificate
        assert own is not None
        others = [each.certificate.der for each in found.certificates if each.certificate != own]
        return entry.private_key.public_key.to_der(), (own.der, *others)

    # ---- time-stamps --------------------------------------------------------------------
    @refused
    def make_timestamp_request(self, algorithm: Algorithm, data: bytes) -> bytes:
        return TimestampRequest.of(data, hash_name="sm3").to_der()

    @refused
    def read_timestamp_request(self, algorithm: Algorithm, request: bytes) -> bytes:
        found = TimestampRequest.from_der(request)
        assert found.to_der() == request
        assert found.nonce is not None
        assert found.imprint.hash_name == "sm3"
        return found.imprint.digest

    @refused
    def make_timestamp(
        self, algorithm: Algorithm, request: bytes, key: bytes, certificate: bytes, authorities: tuple[bytes, ...]
    ) -> bytes:
        authority = TimestampAuthority(
            self._signer(algorithm, key),
            Certificate.from_der(certificate),
            Serials(),
            [TIMESTAMP_POLICY],
            chain=certificates(authorities),
        )
        return authority.answer(request)

    @refused
    def check_timestamp(self, algorithm: Algorithm, response: bytes, request: bytes, data: bytes, root: bytes) -> bytes:
        verifier = TokenVerifier(Trust((Certificate.from_der(root),)))
        stamp = verifier.verify_response(response, TimestampRequest.from_der(request))
        verifier.verify(stamp.token, data)
        assert stamp.imprint is not None
        assert stamp.policy == TIMESTAMP_POLICY
        return stamp.imprint.digest

    # ---- seals --------------------------------------------------------------------------
    @refused
    def make_seal(self, algorithm: Algorithm, layout: str, key: bytes, certificate: bytes, listed: bytes) -> bytes:
        spec = SealSpec(
            SEAL_ID,
            NAME,
            picture=SealPicture("PNG", PICTURE, 40, 40),
            signers=certificates((listed,)),
            valid_from=now(),
            valid_until=now() + timedelta(days=20),
        )
        made = make_seal(spec, self._signer(algorithm, key), Certificate.from_der(certificate), layout=LAYOUTS[layout])
        return made.der

    @refused
    def check_seal(self, algorithm: Algorithm, seal: bytes, authority: bytes, root: bytes) -> SealReading:
        report = verify_seal(seal, _seal_trust(authority, root))
        report.require()
        return _seal_reading(report)

    @refused
    def make_seal_signature(
        self, algorithm: Algorithm, seal: bytes, key: bytes, certificate: bytes, digest: bytes
    ) -> bytes:
        signer = SealSigner(Seal.from_der(seal), self._signer(algorithm, key), Certificate.from_der(certificate))
        return signer.sign_document(digest, PROPERTY)

    @refused
    def check_seal_signature(
        self, algorithm: Algorithm, signature: bytes, digest: bytes, authority: bytes, root: bytes
    ) -> SealReading:
        report = verify_seal_signature(signature, digest, _seal_trust(authority, root))
        report.require()
        return _seal_reading(report)


LAYOUTS = {"2014": SealLayout.GMT0031, "2020": SealLayout.GBT38540}
UNASKED = frozenset({"signer-revocation", "maker-revocation", "seal-status", "time-stamp"})


def _seal_trust(authority: bytes, root: bytes) -> SealTrust:
    return SealTrust(Trust((Certificate.from_der(root),), (Certificate.from_der(authority),)), accept=UNASKED)


def _seal_reading(report: DocumentReport) -> SealReading:
    seal = report.signatures[0].seal
    assert seal is not None
    assert not seal.quirks
    (layout,) = (name for name, found in LAYOUTS.items() if found is seal.layout)
    return SealReading(layout, seal.seal_id, seal.name)
