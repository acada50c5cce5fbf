"""Signs the cases of x509-limbo anew with SM2 and SM3.

Every public key becomes an SM2 key that is drawn from the old one, so that equal keys stay equal and different ones
different. Every certificate and revocation list is signed by the key that took the place of the one that had signed
it; what nobody in the case had signed, or what did not verify, is signed by a stranger. Nothing else changes: names,
serial numbers, times and extensions keep their bytes, flaws included, and so does a signature algorithm inside that
is not the one outside. The input is taken apart by its outermost elements only.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from gmpki.algorithms import sm3
from gmpki.algorithms.policy import DEFAULT_POLICY, EXCEPTIONS
from gmpki.asn1 import der
from gmpki.errors import GmpkiError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.signatures import SignaturePolicy

Case = dict[str, Any]

# 1.2.156.10197.1.501, without parameters.
SM2_WITH_SM3 = bytes.fromhex("300a06082a811ccf55018375")
ANYTHING = SignaturePolicy(algorithms=DEFAULT_POLICY.allowing(*EXCEPTIONS), explicit_curve=True)
VERSION = 0xA0


def elements(encoded: bytes) -> list[bytes]:
    """Split the contents of a constructed element into the elements in it."""
    content = encoded[len(encoded) - _content_len(encoded) :]
    found = []
    while content:
        size = len(content) - len(content[_header_len(content) + _content_len(content) :])
        found.append(content[:size])
        content = content[size:]
    return found


def _header_len(encoded: bytes) -> int:
    return 2 if encoded[1] < 0x80 else 2 + (encoded[1] & 0x7F)


def _content_len(encoded: bytes) -> int:
    return encoded[1] if encoded[1] < 0x80 else int.from_bytes(encoded[2 : _header_len(encoded)], "big")


def new_key(old: bytes) -> SM2PrivateKey:
    """Draw the SM2 key that takes the place of an old key."""
    return _key_of(sm3.digest(b"key for x509-limbo" + old))


@cache
def _key_of(seed: bytes) -> SM2PrivateKey:
    # Half the bits are enough to tell keys apart, and keep the number in the range of private keys.
    return SM2PrivateKey.from_bytes(bytes(16) + seed[:16])


def pem_to_der(text: str) -> bytes:
    """Return what a PEM file of one block holds."""
    return base64.b64decode("".join(line for line in text.splitlines() if not line.startswith("-----")))


def der_to_pem(label: str, encoded: bytes) -> str:
    """Write a PEM file."""
    body = base64.encodebytes(encoded).decode().replace("\n", "")
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


class Resigner:
    """Signs one case anew."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.encoded = [
            pem_to_der(text)
            for text in (*case["trusted_certs"], *case["untrusted_intermediates"], case["peer_certificate"])
        ]
        self.readable = [self._read(encoded) for encoded in dict.fromkeys(self.encoded)]

    @staticmethod
    def _read(encoded: bytes) -> Certificate | None:
        try:
            return Certificate.from_der(encoded, lenient=True)
        except GmpkiError:
            return None

    def signer(self, encoded: bytes, signed: Certificate | CertificateRevocationList | None) -> SM2PrivateKey:
        """Return the new key of whoever had signed something."""
        for issuer in self.readable:
            if signed is None or issuer is None or issuer.subject != signed.issuer:
                continue
            try:
                signed.verify_signature(issuer, policy=ANYTHING)
            except GmpkiError:
                continue
            return new_key(issuer.public_key_info.to_der())
        return new_key(b"a stranger" + encoded)

    def certificate(self, encoded: bytes) -> bytes:
        """Sign a certificate anew."""
        tbs, algorithm, _ = elements(encoded)
        fields = elements(tbs)
        first = 1 if fields[0][0] == VERSION else 0
        same = fields[first + 1] == algorithm
        key = fields[first + 5]
        fields[first + 1] = SM2_WITH_SM3
        fields[first + 5] = new_key(key).public_key.to_der()
        return _signed(fields, SM2_WITH_SM3 if same else algorithm, self.signer(encoded, self._read(encoded)))

    def revocation_list(self, encoded: bytes) -> bytes:
        """Sign a revocation list anew."""
        tbs, _, _ = elements(encoded)
        fields = elements(tbs)
        fields[1 if fields[0][0] == der.Tag.INTEGER else 0] = SM2_WITH_SM3
        try:
            read = CertificateRevocationList.from_der(encoded, lenient=True)
        except GmpkiError:
            read = None
        return _signed(fields, SM2_WITH_SM3, self.signer(encoded, read))

    def run(self) -> Case:
        """Return the case with SM2 in the place of every signature and key."""
        new = [der_to_pem("CERTIFICATE", self.certificate(encoded)) for encoded in self.encoded]
        trusted = len(self.case["trusted_certs"])
        return {
            **self.case,
            "trusted_certs": new[:trusted],
            "untrusted_intermediates": new[trusted:-1],
            "peer_certificate": new[-1],
            "peer_certificate_key": None,
            "crls": [der_to_pem("X509 CRL", self.revocation_list(pem_to_der(t))) for t in self.case.get("crls") or ()],
        }


def _signed(fields: Sequence[bytes], algorithm: bytes, key: SM2PrivateKey) -> bytes:
    tbs = der.encode_sequence(*fields)
    return der.encode_sequence(tbs, algorithm, der.encode_bit_string(key.sign(tbs)))


def resigned(cases: Iterable[Case]) -> list[Case]:
    """Sign cases anew."""
    return [Resigner(case).run() for case in cases]
