"""The same jobs with certificates by gmpki and by other libraries, each behind the same few methods.

Many different certificates of one authority take turns, as in the work of an authority: what a library remembers about
the issuer counts, what it remembers about the very same certificate does not. Peers get P-256, which gmpki does too;
none of them does SM2.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from gmpki import oids
from gmpki.asn1.rfc5280.ext_keys import (
    AuthorityKeyIdentifier,
    ExtendedKeyUsage,
    KeyUsage,
    KeyUsages,
    SubjectKeyIdentifier,
)
from gmpki.asn1.rfc5280.ext_names import BasicConstraints, SubjectAltName
from gmpki.asn1.rfc5280.ext_points import CRLDistributionPoints, DistributionPoint, DistributionPointName
from gmpki.asn1.rfc5280.general_name import GeneralName
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.names import build_name
from gmpki.x509.path import PathPolicy, RevocationMode, validate_path

NOW = datetime.now(timezone.utc).replace(microsecond=0)
BEGIN, END = NOW - timedelta(days=1), NOW + timedelta(days=30)
LEAVES = 2048  # more than any cache of gmpki holds
URI = "http://crl.example.cn/sub.crl"
POLICY = PathPolicy(revocation=RevocationMode.HARD)


class Gmpki:
    """This package, with keys of one kind."""

    def __init__(self, name: str, make_key: Callable[[], SM2PrivateKey | ECDSAPrivateKey]) -> None:
        self.name = f"gmpki[{name}]"
        self._root_key, self._sub_key, self._leaf_key = make_key(), make_key(), make_key()
        self._root_name = build_name(("C", "CN"), ("O", "示例"), ("CN", "Root"))
        self._sub_name = build_name(("C", "CN"), ("O", "示例"), ("CN", "Sub"))
        self._numbers = itertools.count(1 << 100)

    def _ca(self, subject: Any, key: Any, issuer: Any, issuer_key: Any, path_len: int) -> bytes:
        builder = (
            CertificateBuilder()
            .subject(subject)
            .issuer(issuer)
            .serial_number(next(self._numbers))
            .validity(BEGIN, END)
            .public_key(key.public_key)
            .add_extension(SubjectKeyIdentifier(key_identifier(key.public_key)))
            .add_extension(AuthorityKeyIdentifier(key_identifier(issuer_key.public_key)))
            .add_extension(BasicConstraints(ca=True, path_len=path_len))
            .add_extension(KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN))
        )
        return builder.sign(issuer_key).to_der()

    @cached_property
    def root(self) -> bytes:
        return self._ca(self._root_name, self._root_key, self._root_name, self._root_key, 1)

    @cached_property
    def sub(self) -> bytes:
        return self._ca(self._sub_name, self._sub_key, self._root_name, self._root_key, 0)

    @cached_property
    def leaves(self) -> list[bytes]:
        """Certificates with another subject, serial number and name each."""
        return [self.build_and_sign() for _ in range(LEAVES)]

    @cached_property
    def crls(self) -> list[bytes]:
        """The list of the authority, with a hundred entries, and the empty one of the root."""
        entries = [Revocation(number, BEGIN) for number in range(1, 101)]
        of_sub = CRLBuilder.for_issuer(
            Certificate.from_der(self.sub), this_update=BEGIN, next_update=END, number=1, entries=entries
        )
        of_root = replace(
            of_sub, issuer=self._root_name, entries=(), authority_key_identifier=None, public_key_info=None
        )
        return [of_sub.sign(self._sub_key).to_der(), of_root.sign(self._root_key).to_der()]

    @cached_property
    def turns(self) -> Iterator[bytes]:
        return itertools.cycle(self.leaves)

    # ---- the jobs -----------------------------------------------------------------------
    def parse(self) -> object:
        return Certificate.from_der(next(self.turns))

    def parse_and_verify(self) -> object:
        return Certificate.from_der(next(self.turns)).verify_signature(self._issuer)

    @cached_property
    def _issuer(self) -> Certificate:
        return Certificate.from_der(self.sub)

    @cached_property
    def _signatures(self) -> Iterator[tuple[bytes, bytes]]:
        parsed = map(Certificate.from_der, self.leaves)
        return itertools.cycle([(certificate.signature, certificate.tbs_der) for certificate in parsed])

    def verify(self) -> None:
        self._sub_key.public_key.verify(*next(self._signatures))

    def build_and_sign(self) -> bytes:
        number = next(self._numbers)
        host = f"h{number}.example.cn"
        point = DistributionPoint(DistributionPointName((GeneralName.uri(URI),)))
        key = self._leaf_key.public_key
        return (
            CertificateBuilder()
            .subject(build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", host)))
            .issuer(self._sub_name)
            .serial_number(number)
            .validity(BEGIN, END)
            .public_key(key)
            .add_extension(SubjectKeyIdentifier(key_identifier(key)))
            .add_extension(AuthorityKeyIdentifier(key_identifier(self._sub_key.public_key)))
            .add_extension(KeyUsage(KeyUsages.DIGITAL_SIGNATURE))
            .add_extension(ExtendedKeyUsage((oids.SERVER_AUTH,)))
            .add_extension(SubjectAltName((GeneralName.dns(host),)))
            .add_extension(CRLDistributionPoints((point,)))
            .sign(self._sub_key)
            .to_der()
        )

    def sign(self) -> bytes:
        return self._sub_key.sign(next(self._signatures)[1])

    def path(self) -> object:
        """Read three certificates and two lists, and validate the path."""
        return validate_path(
            Certificate.from_der(next(self.turns)),
            anchors=[Certificate.from_der(self.root)],
            intermediates=[Certificate.from_der(self.sub)],
            checkers=[CRLChecker(map(CertificateRevocationList.from_der, self.crls))],
            policy=POLICY,
            at=NOW,
        )

    @cached_property
    def _kept(self) -> tuple[TrustAnchor, CRLChecker]:
        lists = map(CertificateRevocationList.from_der, self.crls)
        return TrustAnchor.of(Certificate.from_der(self.root)), CRLChecker(lists)

    def path_of_two(self) -> object:
        """Read the two certificates that a peer sends; anchor and lists are there from before."""
        anchor, checker = self._kept
        return validate_path(
            Certificate.from_der(next(self.turns)),
            anchors=[anchor],
            intermediates=[Certificate.from_der(self.sub)],
            checkers=[checker],
            policy=POLICY,
            at=NOW,
        )


class Cryptography:
    """PyPI ``cryptography`` on the certificates of gmpki with P-256."""

    name = "cryptography[P-256]"

    def __init__(self, ours: Gmpki) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        self._x509, self._hashes = x509, hashes
        self._load = x509.load_der_x509_certificate
        self._turns = ours.turns
        self._issuer = self._load(ours.sub)
        self._key: Any = serialization.load_der_private_key(ours._sub_key.to_der(), None)
        self._leaf_key: Any = serialization.load_der_public_key(ours._leaf_key.public_key.to_der())
        self._scheme = ec.ECDSA(hashes.SHA256())
        self._signatures = ours._signatures
        self._numbers = itertools.count(1 << 100)

    def parse(self) -> object:
        """Read what gmpki reads at once: names, validity, the key and each extension."""
        found = self._load(next(self._turns))
        names = (found.subject, found.issuer, found.not_valid_before_utc, found.not_valid_after_utc)
        return names, found.serial_number, list(found.extensions)

    def parse_and_verify(self) -> object:
        found = self._load(next(self._turns))
        found.verify_directly_issued_by(self._issuer)
        return found.subject, found.not_valid_before_utc, found.not_valid_after_utc, list(found.extensions)

    def verify(self) -> None:
        self._key.public_key().verify(*next(self._signatures), self._scheme)

    def build_and_sign(self) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

        x509 = self._x509
        number = next(self._numbers)
        host = f"h{number}.example.cn"
        subject = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "示例市社会保障局"),
            x509.NameAttribute(NameOID.COMMON_NAME, host[:64]),
        ]
        usage = x509.KeyUsage(True, *[False] * 8)
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(URI)], None, None, None)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name(subject))
            .issuer_name(self._issuer.subject)
            .serial_number(number)
            .not_valid_before(BEGIN)
            .not_valid_after(END)
            .public_key(self._leaf_key)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._leaf_key), critical=False)
            .add_extension(identifier, critical=False)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.CRLDistributionPoints([point]), critical=False)
            .sign(self._key, self._hashes.SHA256())
            .public_bytes(Encoding.DER)
        )

    def sign(self) -> bytes:
        return bytes(self._key.sign(next(self._signatures)[1], self._scheme))


class Asn1crypto:
    """PyPI ``asn1crypto``: the encoding alone."""

    name = "asn1crypto"

    def __init__(self, ours: Gmpki) -> None:
        from asn1crypto import keys, x509

        self._x509 = x509
        self._turns = ours.turns
        self._issuer_name = x509.Certificate.load(ours.sub).subject.native
        self._key = ours._leaf_key.public_key.to_der()
        self._key_info = keys.PublicKeyInfo
        self._identifiers = [key_identifier(key.public_key) for key in (ours._leaf_key, ours._sub_key)]
        self._signature = Certificate.from_der(ours.leaves[0]).signature
        self._numbers = itertools.count(1 << 100)

    def parse(self) -> object:
        return self._x509.Certificate.load(next(self._turns), strict=True).native

    def build(self) -> bytes:
        x509 = self._x509
        number = next(self._numbers)
        host = f"h{number}.example.cn"
        names = {"country_name": "CN", "organization_name": "示例市社会保障局", "common_name": host}
        point = {
            "distribution_point": x509.DistributionPointName(
                "full_name", [self._name("uniform_resource_identifier", URI)]
            )
        }
        algorithm = {"algorithm": "sha256_ecdsa"}
        extensions = [
            {"extn_id": "key_identifier", "critical": False, "extn_value": self._identifiers[0]},
            {
                "extn_id": "authority_key_identifier",
                "critical": False,
                "extn_value": {"key_identifier": self._identifiers[1]},
            },
            {"extn_id": "key_usage", "critical": True, "extn_value": {"digital_signature"}},
            {"extn_id": "extended_key_usage", "critical": False, "extn_value": ["server_auth"]},
            {"extn_id": "subject_alt_name", "critical": False, "extn_value": [self._name("dns_name", host)]},
            {"extn_id": "crl_distribution_points", "critical": False, "extn_value": [point]},
        ]
        tbs = {
            "version": "v3",
            "serial_number": number,
            "signature": algorithm,
            "issuer": x509.Name.build(self._issuer_name),
            "validity": {"not_before": x509.Time({"utc_time": BEGIN}), "not_after": x509.Time({"utc_time": END})},
            "subject": x509.Name.build(names),
            "subject_public_key_info": self._key_info.load(self._key),
            "extensions": extensions,
        }
        certificate = {"tbs_certificate": tbs, "signature_algorithm": algorithm, "signature_value": self._signature}
        return bytes(x509.Certificate(certificate).dump())

    def _name(self, kind: str, text: str) -> Any:
        return self._x509.GeneralName(name=kind, value=text)


class Certvalidator:
    """PyPI ``pyhanko-certvalidator`` on the certificates and lists of gmpki with P-256."""

    name = "pyhanko-certvalidator[P-256]"

    def __init__(self, ours: Gmpki) -> None:
        from asn1crypto import crl, x509
        from pyhanko_certvalidator import CertificateValidator, ValidationContext

        self._crl, self._x509 = crl.CertificateList, x509.Certificate
        self._validator, self._context = CertificateValidator, ValidationContext
        self._ours = ours

    def _read_kept(self) -> tuple[Any, list[Any]]:
        return self._x509.load(self._ours.root), [self._crl.load(crl) for crl in self._ours.crls]

    def path(self) -> object:
        return self._validate(*self._read_kept())

    @cached_property
    def _kept(self) -> tuple[Any, list[Any]]:
        return self._read_kept()

    def path_of_two(self) -> object:
        return self._validate(*self._kept)

    def _validate(self, root: Any, crls: list[Any]) -> object:
        import asyncio

        context = self._context(
            trust_roots=[root],
            other_certs=[self._x509.load(self._ours.sub)],
            crls=crls,
            revocation_mode="require",
            allow_fetching=False,
            moment=NOW,
        )
        validator = self._validator(self._x509.load(next(self._ours.turns)), validation_context=context)
        return asyncio.run(validator.async_validate_usage({"digital_signature"}))


def _peers() -> Iterator[Any]:
    p256 = Gmpki("P-256", ECDSAPrivateKey.generate)
    yield Gmpki("SM2", SM2PrivateKey.generate)
    yield p256
    for peer in (Cryptography, Asn1crypto, Certvalidator):
        with contextlib.suppress(ImportError):
            yield peer(p256)


PEERS = list(_peers())
