"""Valid messages, key stores, time-stamps and protected data to begin with, all of one content and fixed keys."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from functools import lru_cache
from io import BytesIO
from itertools import count
from pathlib import Path

from fuzz import seeds
from gmpki import cms, oids, protect
from gmpki.algorithms.sm2 import Role
from gmpki.asn1.rfc5280 import Extension
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage, KeyUsage, KeyUsages
from gmpki.cms import ContentCipher, KeyAgreement, MessageProfile, SignerSpec, Trust
from gmpki.keys.pbes2 import EncryptionProfile
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keystore import KeyEntry, StoreProfile, write_pkcs12, write_sm2_file
from gmpki.tsa import Evidence, TimestampAuthority, TimestampRequest, ValidationData
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl_builder import CRLBuilder

__all__ = ["CONTENT", "PASSWORD", "SEEDS", "outside"]

CONTENT = "劳动合同，一式两份。".encode()
PASSWORD = b"correct horse"
SECRET_KEY = bytes(range(16))
ROW = ("users", 7)
ENCRYPTION_KEY = SM2PrivateKey.from_bytes(b"\x44" * 32)
_ITERATIONS = 2
# A ring of one key under PASSWORD: what one run found is protected by the same key in another.
_RING = bytes.fromhex(
    "474d504b0101010095308192305e06092a864886f70d01050d3051303106092a864886f70d01050c30240410eb0bb414398237f1539464c5"
    "caa39d1a020102300d06092a811ccf55018311020500301c06082a811ccf55016802041080b69c9d9bfc9b803c6dda4c4763a8f404303925"
    "b5aca17b3b01216e55280c040ed0a6994f4645fe8a57574f859328f0adf870b7cc3e9a59ae8658797a2714654ff35ef6269e75e16b36bdf6"
    "a9d09f86f1e4c0cb2a88eafb2bd159f0fbd99d8f2ac77052612f538e59afb23c6a08e49ce17154983aa6bff9ba243f198d858a737bce58"
)


@lru_cache(maxsize=1)
def ring() -> protect.KeyRing:
    """Return the keys of what is protected."""
    return protect.KeyRing.from_bytes(_RING, PASSWORD)


@lru_cache(maxsize=1)
def signer() -> Certificate:
    """Return the certificate of who signs."""
    usage = KeyUsage(KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION)
    return seeds.certificate("leaf", seeds.LEAF_KEY, "root", seeds.ROOT_KEY, usage, serial_number=1)


@lru_cache(maxsize=1)
def recipient() -> Certificate:
    """Return the certificate of whom envelopes are for."""
    usage = KeyUsage(KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT)
    return seeds.certificate("leaf", ENCRYPTION_KEY, "root", seeds.ROOT_KEY, usage, serial_number=2)


@lru_cache(maxsize=1)
def timestamper() -> Certificate:
    """Return the certificate of the time-stamping authority."""
    purpose = Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING,)).to_der())
    return seeds.certificate("sub", seeds.SUB_KEY, "root", seeds.ROOT_KEY, purpose, serial_number=3)


@lru_cache(maxsize=1)
def trust() -> Trust:
    """Trust the root, a minute after the time of the seeds."""
    return Trust((seeds.root(),), (timestamper(),), at=seeds.AT + timedelta(minutes=1))


class Serials:
    """Serial numbers of time-stamps."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def next(self) -> int:
        return next(self._numbers)


@lru_cache
def authority(later: int = 0) -> TimestampAuthority:
    """Return a time-stamping authority whose clock stands still, some seconds after the time of the seeds."""
    policy, at = "1.2.156.99999.1.1", seeds.AT + timedelta(seconds=later)
    return TimestampAuthority(seeds.SUB_KEY, timestamper(), Serials(), [policy], clock=lambda: at)


@lru_cache(maxsize=1)
def timestamp_request() -> TimestampRequest:
    """Return the request that the seeds answer."""
    return TimestampRequest.of(CONTENT, nonce=0x123456789ABC)


def _spec(**options: bool) -> SignerSpec:
    return SignerSpec(seeds.LEAF_KEY, signer(), **options)  # type: ignore[arg-type]


def signed_messages() -> list[bytes]:
    """Return signed messages of every form, one with a counter-signature and one with a time-stamp."""
    message = cms.sign(CONTENT, _spec())
    another = seeds.certificate("sub", ENCRYPTION_KEY, "root", seeds.ROOT_KEY, serial_number=4)
    streamed = BytesIO()
    cms.sign_stream(BytesIO(CONTENT), streamed, _spec(), profile=MessageProfile.RFC5652)
    return [
        message,
        cms.sign(CONTENT, _spec(attributes=False)),
        cms.sign(CONTENT, _spec(), detached=True),
        cms.sign(CONTENT, _spec(key_identifier=True), profile=MessageProfile.RFC5652),
        cms.add_signer(message, SignerSpec(ENCRYPTION_KEY, another)),
        cms.countersign(message, _spec()),
        Evidence.from_der(message).stamped(authority().stamp).to_der(),
        streamed.getvalue(),
    ]


def envelopes() -> list[bytes]:
    """Return messages with something encrypted, of every form."""
    agreement = KeyAgreement(ENCRYPTION_KEY, recipient(), Role.INITIATOR)
    streamed = BytesIO()
    cms.encrypt_stream(BytesIO(CONTENT), streamed, [recipient()])
    return [
        cms.encrypt(CONTENT, [recipient()]),
        cms.encrypt(CONTENT, [recipient()], profile=MessageProfile.CFCA),
        cms.encrypt(CONTENT, [recipient()], profile=MessageProfile.RFC5652, cipher=ContentCipher.SM4_GCM),
        cms.encrypt(CONTENT, [recipient()], profile=MessageProfile.RFC5652, cipher=ContentCipher.AES128_CBC),
        streamed.getvalue(),
        cms.sign_and_encrypt(CONTENT, _spec(), [recipient()]),
        cms.encrypt_with_key(CONTENT, SECRET_KEY),
        cms.digest_content(CONTENT),
        agreement.message,
    ]


def key_stores() -> list[bytes]:
    """Return private keys with certificates, in every form that is opened with a password."""
    own = KeyEntry(seeds.LEAF_KEY, signer(), "签名")
    stores = [write_pkcs12([own], PASSWORD, profile=profile, iterations=_ITERATIONS) for profile in StoreProfile]
    encrypted = seeds.LEAF_KEY.to_pem(PASSWORD, profile=EncryptionProfile.GM, iterations=_ITERATIONS)
    return [*stores, write_sm2_file(own, PASSWORD), encrypted, encrypted + signer().to_pem()]


def timestamps() -> list[bytes]:
    """Return a request and an answer to it."""
    request = timestamp_request().to_der()
    return [request, authority().answer(request), authority().answer(b"\x30\x00")]


def evidence() -> list[bytes]:
    """Return signatures kept with what verifies them: a time-stamp, values, an archive time-stamp."""
    kept = Evidence.from_der(cms.sign(CONTENT, _spec())).stamped(authority().stamp)
    revoked = CRLBuilder.for_issuer(
        seeds.root(), this_update=seeds.AT + timedelta(seconds=30), next_update=seeds.END, number=1, entries=()
    )
    data = ValidationData((seeds.root(),), (revoked.sign(seeds.ROOT_KEY),))
    full = kept.with_data(data).with_stamp_data(data)
    return [kept.to_der(), full.to_der(), full.renewed(authority(later=45).stamp).with_stamp_data(data).to_der()]


def protected() -> list[bytes]:
    """Return an encrypted field, an encrypted file and a key ring, under the keys of the ring or its password."""
    file = BytesIO()
    protect.encrypt_stream(ring(), BytesIO(CONTENT), file, context=b"contract")
    field = protect.FieldCipher(ring(), "users", "name")
    return [field.encrypt(CONTENT, ROW), field.encrypt_text(CONTENT.decode(), ROW).encode(), file.getvalue(), _RING]


@lru_cache(maxsize=1)
def log() -> bytes:
    """Return a log with a seal in its middle and one at its end."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "log"
        rules = protect.LogRules(seal_every=3, durability=protect.Durability.SYSTEM)
        log = protect.AppendLog.create(path, ring(), signer=seeds.LEAF_KEY, rules=rules, clock=lambda: seeds.AT)
        log.extend([b"one", b"two", CONTENT, b"", b"four"])
        log.seal()
        log.close()
        return path.read_bytes()


def manifests() -> list[bytes]:
    """Return a manifest and a signed one."""
    files = tuple(protect.ManifestFile(name, 5, 0o644, bytes(32)) for name in ("bin/gmpki", "lib/一.so"))
    manifest = protect.Manifest(seeds.AT, files, ("cache/", "log"))
    return [manifest.to_bytes(), protect.sign_manifest(manifest, _spec())]


SEEDS = {
    "signed_message": signed_messages,
    "envelope": envelopes,
    "stream": lambda: signed_messages() + envelopes(),
    "key_store": key_stores,
    "timestamp": timestamps,
    "evidence": evidence,
    "protected": protected,
    "log": lambda: [log()],
    "manifest": manifests,
}


def outside(folder: Path, target: str) -> list[bytes]:
    """Return outside messages for a target; none where the folder is absent."""
    if target not in ("signed_message", "stream", "envelope"):
        return []
    return [path.read_bytes() for path in sorted((folder / "objects" / "cms").glob("*")) if path.is_file()]
