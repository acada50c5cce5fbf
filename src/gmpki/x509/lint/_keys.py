"""Rules about the public key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.rfc5280 import NULL
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.errors import InvalidPointError, PolicyError, UnsupportedAlgorithm
from gmpki.keys.ec_forms import SM2_KEY_SYNONYMS
from gmpki.x509.lint._facts import usage_names
from gmpki.x509.lint._model import GMT0009, GMT0015, HERE, RFC5280, Document, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.x509.lint._facts import Facts

__all__: list[str] = []

_RFC3279: Final = Document("RFC 3279", "2002", "A")
_RFC5480: Final = Document("RFC 5480", "2009", "A")
_RFC8410: Final = Document("RFC 8410", "2018", "A")
_SM2_POINT_LEN: Final = 65
_ED25519_USAGES: Final = (
    KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION | KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN
)


@rule(
    "GMT0009-KEY-FORM",
    Severity.ERROR,
    GMT0009.at("public key data"),
    "An SM2 public key is 04 and both coordinates, 65 bytes",
    "SM2公钥为04开头的65字节",
    why="Compressed points have a length of their own, and most software does not read them.",
)
def _sm2_form(facts: Facts) -> Iterator[str]:
    point = facts.certificate.public_key_info.subject_public_key
    if facts.is_sm2 and (len(point) != _SM2_POINT_LEN or point[0] != 4):
        yield f"the key has {len(point)} bytes and begins with {point[:1].hex() or 'nothing'}"


@rule(
    "GMT0009-KEY-POINT",
    Severity.ERROR,
    GMT0009.at("public key data"),
    "The public key is a point on its curve",
    "公钥是曲线上的点",
    why="A point off the curve gives away whoever uses it.",
)
def _on_curve(facts: Facts) -> Iterator[str]:
    if isinstance(facts.key_problem, InvalidPointError):
        yield f"no point on the curve: {facts.key_problem}"


@rule(
    "GMPKI-KEY-READABLE",
    Severity.ERROR,
    HERE.at("keys"),
    "The public key can be read",
    "公钥可以解析",
    why="Its bytes are what its algorithm says.",
)
def _readable(facts: Facts) -> Iterator[str]:
    problem = facts.key_problem
    if problem is not None and not isinstance(problem, (InvalidPointError, UnsupportedAlgorithm, PolicyError)):
        yield f"the key cannot be read: {problem}"


@rule(
    "GMPKI-KEY-KNOWN",
    Severity.NOTICE,
    HERE.at("keys"),
    "The algorithm of the public key is known",
    "公钥算法已知",
    why="Nothing more can be said about other keys.",
)
def _known(facts: Facts) -> Iterator[str]:
    if isinstance(facts.key_problem, UnsupportedAlgorithm):
        yield f"a key that gmpki does not know: {facts.key_problem}"


@rule(
    "GMPKI-KEY-WEAK",
    Severity.ERROR,
    HERE.at("algorithm policy"),
    "The public key is long enough",
    "公钥长度足够",
    why="RSA has at least 2048 bits, elliptic curves 224.",
)
def _long_enough(facts: Facts) -> Iterator[str]:
    if isinstance(facts.key_problem, PolicyError):
        yield str(facts.key_problem)


@rule(
    "RFC5480-NAMED-CURVE",
    Severity.ERROR,
    _RFC5480.at("2.1.1"),
    "The curve is named, its parameters are not written out",
    "曲线用OID命名，不写出参数",
    why="Parameters written out can be those of another curve, on which a key can be forged.",
)
def _named_curve(facts: Facts) -> Iterator[str]:
    algorithm = facts.certificate.public_key_info.algorithm
    if algorithm.algorithm == oids.EC_PUBLIC_KEY and algorithm.parameters_oid is None:
        yield "the parameters of the curve are written out, or missing"


@rule(
    "GMT0015-KEY-ALGORITHM",
    Severity.WARNING,
    GMT0015.at("subjectPublicKeyInfo"),
    "An SM2 key has the algorithm id-ecPublicKey",
    "SM2公钥算法标识为id-ecPublicKey",
    why="Some software writes an identifier of SM2 itself.",
)
def _key_algorithm(facts: Facts) -> Iterator[str]:
    if facts.key_algorithm in SM2_KEY_SYNONYMS:
        yield f"the algorithm is {facts.key_algorithm.name}"


@rule(
    "RFC3279-RSA-PARAMETERS",
    Severity.ERROR,
    _RFC3279.at("2.3.1"),
    "An RSA key has the parameters NULL",
    "RSA公钥参数为NULL",
    why="They are never absent.",
)
def _rsa_parameters(facts: Facts) -> Iterator[str]:
    algorithm = facts.certificate.public_key_info.algorithm
    if algorithm.algorithm == oids.RSA_ENCRYPTION and algorithm.parameters != NULL:
        yield "the parameters of the RSA key are not NULL"


@rule(
    "RFC8410-PARAMETERS",
    Severity.ERROR,
    _RFC8410.at("3"),
    "An Ed25519 or X25519 key has no parameters",
    "Ed25519、X25519公钥无参数",
    why="NULL is not what is asked for.",
)
def _edwards_parameters(facts: Facts) -> Iterator[str]:
    algorithm = facts.certificate.public_key_info.algorithm
    if algorithm.algorithm in (oids.ED25519, oids.X25519, oids.ED448, oids.X448) and algorithm.parameters is not None:
        yield f"the {algorithm.algorithm.name} key has parameters"


@rule(
    "RFC8410-KEY-USAGE",
    Severity.ERROR,
    _RFC8410.at("5"),
    "An Ed25519 key only signs",
    "Ed25519公钥仅用于签名",
    why="The algorithm cannot encrypt or agree on keys.",
)
def _edwards_usage(facts: Facts) -> Iterator[str]:
    if facts.key_algorithm in (oids.ED25519, oids.ED448) and facts.usages is not None:
        foreign = facts.usages & ~_ED25519_USAGES
        if foreign:
            yield f"keyUsage has {usage_names(foreign)}"


@rule(
    "RFC5280-KEY-IS-ISSUER",
    Severity.NOTICE,
    RFC5280.at("4.2.1.1"),
    "Only a self-issued certificate has its own key as that of its issuer",
    "仅自签证书的颁发者密钥与主体密钥相同",
    why="A subject with the key identifier of its issuer is the issuer under another name.",
)
def _key_of_issuer(facts: Facts) -> Iterator[str]:
    authority = facts.authority_key
    if authority is not None and authority == facts.subject_key and not facts.is_self_issued:
        yield "subjectKeyIdentifier and authorityKeyIdentifier are the same, issuer and subject are not"
