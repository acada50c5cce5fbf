"""Key files of every form in use, read by one function each.

>>> from gmpki.keys.loader import load_private_key, load_public_key
>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> key = SM2PrivateKey.generate()
>>> load_private_key(key.to_pem(b"password", iterations=1000), b"password").public_key == key.public_key
True
>>> load_public_key(key.public_key.to_der()) == key.public_key
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from gmpki import oids
from gmpki._inputs import member
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc5915 import ECPrivateKey
from gmpki.asn1.rfc5958 import PrivateKeyInfo
from gmpki.errors import DecodeError, InvalidInputError, KeyMismatchError, UnsupportedAlgorithm
from gmpki.keys import ec_forms, pkcs8
from gmpki.keys.key_file import KeyFile, KeyForm, open_key_file, refuse_legacy_encryption
from gmpki.keys.pbes2 import MAX_ITERATIONS
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.keys.ecdsa import ECDSAPrivateKey, ECDSAPublicKey
    from gmpki.keys.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from gmpki.keys.rsa import RSAPrivateKey, RSAPublicKey
    from gmpki.oids import ObjectIdentifier

    PrivateKey: TypeAlias = SM2PrivateKey | RSAPrivateKey | ECDSAPrivateKey | Ed25519PrivateKey
    PublicKey: TypeAlias = SM2PublicKey | RSAPublicKey | ECDSAPublicKey | Ed25519PublicKey

__all__ = [
    "identify_key",
    "is_encrypted",
    "load_key_file",
    "load_private_key",
    "load_public_key",
    "load_public_key_info",
]


def identify_key(data: Buffer, *, private: bool = True) -> KeyFile:
    """Tell what a key file is without reading the key: ``str()`` of the answer is such as "PEM, SEC 1 ECPrivateKey".

    :param private: whether a private or a public key is looked for.
    :raises InvalidTypeError: when data is not a buffer.
    :raises LimitExceeded: when it is longer than 1 MiB.
    :raises InvalidInputError: when there is no such key, or more than one.
    """
    return open_key_file(data, private=private)


def is_encrypted(data: Buffer) -> bool:
    """Tell whether a private key file needs a password; errors as :func:`identify_key`."""
    return open_key_file(data, private=True).is_encrypted


def load_private_key(
    data: Buffer,
    password: Buffer | None = None,
    *,
    max_iterations: int = MAX_ITERATIONS,
    allow_explicit_curve: bool = False,
    policy: AlgorithmPolicy = DEFAULT_POLICY,
) -> PrivateKey:
    """Load a private key: PEM, DER or bare base64 of PKCS #8 plain or encrypted, of the SEC 1 form with or without
    "EC PARAMETERS", or of PKCS #1.

    :param password: for an encrypted key; None for one that is not.
    :param max_iterations: the most iterations of PBKDF2 that are done, 1 to 2^31 - 1.
    :param allow_explicit_curve: take curve parameters written out in full when every value is that of sm2p256v1.
    :param policy: decides about RSA, ECDSA and Ed25519 keys.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no private key or more than one, or the password is missing or not needed.
    :raises DecodeError: when it is malformed.
    :raises InvalidScalarError: when an SM2 key is outside [1, n-2].
    :raises DecryptionError: when the password is wrong.
    :raises KeyMismatchError: when the public key in the file is not that of the private key.
    :raises UnsupportedAlgorithm: when the algorithm, the curve or the encryption is not read.
    :raises PolicyError: when the policy refuses the key, or its curve has explicit parameters that were not allowed.
    :raises LimitExceeded: when it asks for more iterations, or is longer than 1 MiB.
    """
    return load_key_file(
        open_key_file(data, private=True),
        password,
        max_iterations=max_iterations,
        allow_explicit_curve=allow_explicit_curve,
        policy=policy,
    )


def load_key_file(
    file: KeyFile,
    password: Buffer | None = None,
    *,
    max_iterations: int = MAX_ITERATIONS,
    allow_explicit_curve: bool = False,
    policy: AlgorithmPolicy = DEFAULT_POLICY,
) -> PrivateKey:
    """Load the private key of a file that was taken apart; parameters and errors as :func:`load_private_key`."""
    member(file, KeyFile, "file")
    refuse_legacy_encryption(file)
    if file.is_encrypted and password is None:
        raise InvalidInputError(f"the key is encrypted ({file}): give its password")
    if password is not None and not file.is_encrypted:
        raise InvalidInputError(f"the key is not encrypted ({file}), but a password was given")
    if file.form is KeyForm.PKCS1:
        return _rsa(file.der, policy)
    if file.form is KeyForm.SEC1:
        return _sec1(file, allow_explicit=allow_explicit_curve, policy=policy)
    if password is not None:
        info = pkcs8.decode_encrypted(file.der, password, max_iterations=max_iterations)
    else:
        info = PrivateKeyInfo.from_der(file.der)
    return _pkcs8(info, allow_explicit=allow_explicit_curve, policy=policy)


def load_public_key(
    data: Buffer, *, allow_explicit_curve: bool = False, policy: AlgorithmPolicy = DEFAULT_POLICY
) -> PublicKey:
    """Load a public key: PEM, DER or bare base64 of SubjectPublicKeyInfo.

    :param allow_explicit_curve: take curve parameters written out in full when every value is that of sm2p256v1.
    :param policy: decides about RSA, ECDSA and Ed25519 keys.
    :raises InvalidTypeError: when data is not a buffer.
    :raises InvalidInputError: when there is no public key, or more than one.
    :raises DecodeError: when it is malformed.
    :raises InvalidPointError: when an SM2 key is not a point on the curve.
    :raises UnsupportedAlgorithm: when the algorithm or the curve is not read.
    :raises PolicyError: when the policy refuses the key, or its curve has explicit parameters that were not allowed.
    :raises LimitExceeded: when it is longer than 1 MiB.
    """
    file = open_key_file(data, private=False)
    info = SubjectPublicKeyInfo.from_der(file.der)
    return load_public_key_info(info, allow_explicit_curve=allow_explicit_curve, policy=policy)


def load_public_key_info(
    info: SubjectPublicKeyInfo, *, allow_explicit_curve: bool = False, policy: AlgorithmPolicy = DEFAULT_POLICY
) -> PublicKey:
    """Load the public key of a structure that holds one, such as a certificate; parameters as :func:`load_public_key`.

    :raises InvalidTypeError: when info is no SubjectPublicKeyInfo.
    :raises InvalidInputError: when an SM2 key has another length than 65 or 33 bytes.
    :raises DecodeError: when the key or the parameters of its algorithm are malformed.
    :raises InvalidPointError: when an SM2 key is not a point on the curve.
    :raises UnsupportedAlgorithm: when the algorithm or the curve is not read.
    :raises PolicyError: when the policy refuses the key, or its curve has explicit parameters that were not allowed.
    """
    member(info, SubjectPublicKeyInfo, "info")
    algorithm = info.algorithm
    curve = ec_forms.curve_of(algorithm, allow_explicit=allow_explicit_curve)
    if curve == oids.SM2:
        return SM2PublicKey.from_bytes(_point(info.subject_public_key))
    if curve is not None:
        from gmpki.algorithms.ecdsa import PublicHandle as ECDSAHandle
        from gmpki.keys.ecdsa import ECDSAPublicKey

        _check_curve(curve)
        return ECDSAPublicKey(ECDSAHandle.from_der(info.to_der()), policy=policy)
    if algorithm.algorithm == oids.RSA_ENCRYPTION:
        from gmpki.algorithms.rsa import PublicHandle as RSAHandle
        from gmpki.keys.rsa import RSAPublicKey

        return RSAPublicKey(RSAHandle.from_der(info.to_der()), policy=policy)
    if algorithm.algorithm == oids.RSA_PSS:
        from gmpki.keys.rsa_pss import RSAPSSPublicKey

        return RSAPSSPublicKey(info, policy=policy)
    if algorithm.algorithm == oids.ED25519:
        from gmpki.algorithms.ed25519 import PublicHandle as Ed25519Handle
        from gmpki.keys.ed25519 import Ed25519PublicKey

        _check_no_parameters(algorithm)
        return Ed25519PublicKey(Ed25519Handle.from_der(info.to_der()), policy=policy)
    raise _unsupported(algorithm)


def _pkcs8(info: PrivateKeyInfo, *, allow_explicit: bool, policy: AlgorithmPolicy) -> PrivateKey:
    curve = ec_forms.curve_of(info.algorithm, allow_explicit=allow_explicit)
    if curve == oids.SM2:
        inner = ECPrivateKey.from_der(info.private_key)
        _check_same_curve(inner, curve, allow_explicit=allow_explicit)
        return _sm2(inner.private_key, inner.public_key, info.public_key)
    if curve is not None:
        _check_curve(curve)
        return _ecdsa(info.to_der(), policy)
    if info.algorithm.algorithm == oids.RSA_ENCRYPTION:
        return _rsa(info.to_der(), policy)
    if info.algorithm.algorithm == oids.ED25519:
        _check_no_parameters(info.algorithm)
        return _ed25519(info, policy)
    raise _unsupported(info.algorithm)


def _sec1(file: KeyFile, *, allow_explicit: bool, policy: AlgorithmPolicy) -> PrivateKey:
    key = ECPrivateKey.from_der(file.der)
    named = [
        ec_forms.named_curve(parameters, allow_explicit=allow_explicit)
        for parameters in (key.parameters, file.parameters)
        if parameters is not None
    ]
    if not named:
        raise InvalidInputError(
            'the key does not say which curve it is on, inside or in an "EC PARAMETERS" block; '
            "SM2PrivateKey.from_bytes takes a bare number"
        )
    if named[0] != named[-1]:
        raise KeyMismatchError(f'the key is on {named[0].name}, the "EC PARAMETERS" block names {named[-1].name}')
    if named[0] == oids.SM2:
        return _sm2(key.private_key, key.public_key)
    _check_curve(named[0])
    algorithm = AlgorithmIdentifier(oids.EC_PUBLIC_KEY, ec_forms.encoded_curve(named[0]))
    return _ecdsa(PrivateKeyInfo(algorithm, file.der).to_der(), policy)


def _sm2(private_key: bytes, *public_keys: bytes | None) -> SM2PrivateKey:
    """Make the key, and check every public key that the file has beside it."""
    key = SM2PrivateKey.from_bytes(ec_forms.scalar_bytes(private_key))
    for encoded in public_keys:
        if encoded is not None and SM2PublicKey.from_bytes(_point(encoded)) != key.public_key:
            raise KeyMismatchError("the public key in the file is not that of the private key")
    return key


def _point(encoded: bytes) -> bytes:
    """Check the form of a point in a file: X.509 and SEC 1 have 04 or 02 and 03 in front, never bare coordinates."""
    if len(encoded) == 2 * ec_forms.SCALAR_LEN:
        raise InvalidInputError("a public key in a file has 65 or 33 bytes, this one has 64: the leading 04 is missing")
    return encoded


def _check_same_curve(key: ECPrivateKey, curve: ObjectIdentifier, *, allow_explicit: bool) -> None:
    if key.parameters is not None:
        inside = ec_forms.named_curve(key.parameters, allow_explicit=allow_explicit)
        if inside != curve:
            raise KeyMismatchError(f"the key is on {inside.name} inside and on {curve.name} outside")


def _check_curve(curve: ObjectIdentifier) -> None:
    if curve not in (oids.P192, oids.P224, oids.P256, oids.P384, oids.P521):
        raise UnsupportedAlgorithm(
            f"the key is on the curve {curve.name} ({curve}); sm2p256v1 and NIST curves are read"
        )


def _rsa(encoded: bytes, policy: AlgorithmPolicy) -> RSAPrivateKey:
    from gmpki.algorithms.rsa import PrivateHandle
    from gmpki.keys.rsa import RSAPrivateKey

    return RSAPrivateKey(PrivateHandle.from_der(encoded), policy=policy)


def _ecdsa(encoded: bytes, policy: AlgorithmPolicy) -> ECDSAPrivateKey:
    from gmpki.algorithms.ecdsa import PrivateHandle
    from gmpki.keys.ecdsa import ECDSAPrivateKey

    return ECDSAPrivateKey(PrivateHandle.from_der(encoded), policy=policy)


def _ed25519(info: PrivateKeyInfo, policy: AlgorithmPolicy) -> Ed25519PrivateKey:
    """Make the key, and check the public key that the newer form has beside it (RFC 8410 7)."""
    from gmpki.algorithms.ed25519 import PrivateHandle
    from gmpki.keys.ed25519 import Ed25519PrivateKey

    # The library below does not read attributes and public keys, which Java programs write.
    encoded = PrivateKeyInfo(info.algorithm, info.private_key).to_der()
    key = Ed25519PrivateKey(PrivateHandle.from_der(encoded), policy=policy)
    found = SubjectPublicKeyInfo.from_der(key.public_key.to_der()).subject_public_key
    if info.public_key is not None and info.public_key != found:
        raise KeyMismatchError("the public key in the file is not that of the private key")
    return key


def _check_no_parameters(algorithm: AlgorithmIdentifier) -> None:
    """Refuse parameters, which RFC 8410 3 wants absent: nobody writes NULL there."""
    if algorithm.parameters is not None:
        raise DecodeError(f"the parameters of {algorithm.shown} are absent, these are not")


def _unsupported(algorithm: AlgorithmIdentifier) -> UnsupportedAlgorithm:
    return UnsupportedAlgorithm(f"a key of the algorithm {algorithm.shown}; SM2, RSA, ECDSA and Ed25519 are read")
