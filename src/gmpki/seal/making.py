"""Making seals: what one is to say, signed by the key of the maker, here or elsewhere.

>>> from gmpki.seal import SealSpec, make_seal
>>> spec = SealSpec("31010000000001", "示例市社会保障局", picture, [signer], begin, end)  # doctest: +SKIP
>>> seal = make_seal(spec, maker_key, maker_certificate)  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, as_text, iterated, member, number, utc_seconds
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1 import der, gbt38540, gmt0031
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Extension
from gmpki.cms.signer_certificate import check_usage
from gmpki.errors import (
    DecodeError,
    FaultDetected,
    InvalidInputError,
    InvalidSignature,
    KeyMismatchError,
    LimitExceeded,
    UnsupportedAlgorithm,
)
from gmpki.keys.signature_algorithms import SM2_SIGNATURES, key_for
from gmpki.seal._received import MAX_LEN
from gmpki.seal.layouts import SealLayout
from gmpki.seal.seal import Seal, SealPicture, SealType
from gmpki.x509._building import demand_signer
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.keys.interfaces import PublicKey, Signer
    from gmpki.oids import ObjectIdentifier

__all__ = ["PendingSeal", "SealSpec", "make_seal", "prepare_seal"]

_MAX_TEXT: Final = 255
_MAX_SIDE_MM: Final = 1000
_MAX_TYPE: Final = (1 << 31) - 1
_FORMAT: Final = 1


@dataclass(frozen=True)
class SealSpec:
    """What a seal is to say. Immutable; thread-safe.

    :ivar seal_id: the code of the seal, 1 to 255 ASCII characters; no two seals of a maker have the same.
    :ivar name: of whom or what the seal is, 1 to 255 characters.
    :ivar picture: PNG, SVG or another kind, 1 to 1000 mm wide and high.
    :ivar signers: the certificates of those who may use the seal, 1 to 4096: of a pair, the signing one.
    :ivar valid_from: the first second of the seal's validity; valid_until the last one.
    :ivar seal_type: whose it is. GM/T 0031-2014 has the two of :class:`~gmpki.seal.seal.SealType`, GB/T 38540-2020
        leaves the numbers to the business.
    :ivar created_at: when it is made; None takes the time at which it is.
    :ivar vendor_id: who made the software, 1 to 255 ASCII characters.
    :ivar list_digests: list SM3 digests of the certificates in their place: others do not learn who may sign.
    :ivar extensions: what else is signed; none of them twice.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a text is empty, too long or not ASCII; a time has no time zone, or the end lies
        before the beginning or the making; the picture is empty, too large, or not what its type says; there is no
        signer, one twice or too many; or an extension is there twice.
    :raises ValidationError: "key-usage" or "extended-key-usage" when a certificate is not one to sign with.
    :standard: GM/T 0031-2014; GB/T 38540-2020
    """

    seal_id: str
    name: str
    picture: SealPicture = field(repr=False)
    signers: Iterable[Certificate] = field(repr=False)
    valid_from: datetime
    valid_until: datetime
    seal_type: int = SealType.ORGANISATION
    created_at: datetime | None = None
    vendor_id: str = "gmpki"
    list_digests: bool = False
    extensions: Iterable[Extension] = ()

    def __post_init__(self) -> None:
        for name in ("seal_id", "name", "vendor_id"):
            _check_text(getattr(self, name), name, ascii_only=name != "name")
        for name in ("valid_from", "valid_until", "created_at"):
            if name != "created_at" or self.created_at is not None:
                object.__setattr__(self, name, utc_seconds(getattr(self, name), name))
        if self.valid_until < self.valid_from:
            raise InvalidInputError(f"the seal would end ({self.valid_until}) before it begins ({self.valid_from})")
        object.__setattr__(self, "seal_type", int(number(self.seal_type, 0, _MAX_TYPE, "seal_type")))
        member(self.list_digests, bool, "list_digests")
        _check_picture(self.picture)
        object.__setattr__(self, "signers", _checked_signers(self.signers))
        object.__setattr__(self, "extensions", _checked_extensions(self.extensions))


def _check_text(text: str, name: str, *, ascii_only: bool) -> None:
    as_text(text, name)
    if not 1 <= len(text) <= _MAX_TEXT:
        raise InvalidInputError(f"{name} has 1 to {_MAX_TEXT} characters, not {len(text)}")
    # Encoding it refuses what has no place in the string; a lone surrogate, for instance.
    (der.encode_ia5_string if ascii_only else der.encode_utf8_string)(text)


def _check_picture(picture: SealPicture) -> None:
    member(picture, SealPicture, "picture")
    for name in ("width_mm", "height_mm"):
        number(getattr(picture, name), 1, _MAX_SIDE_MM, name)
    if not picture.data or not picture.type:
        raise InvalidInputError("a seal shows a picture, and says what kind of file it is")
    if picture.says_otherwise:
        what = picture.kind or "no kind of picture that is known"
        raise InvalidInputError(f"the picture is said to be {picture.type}, and is {what}")


def _checked_signers(signers: Iterable[Certificate]) -> tuple[Certificate, ...]:
    found = iterated(signers, "signers", most=gmt0031.MAX_LISTED + 1)
    if not 1 <= len(found) <= gmt0031.MAX_LISTED:
        raise InvalidInputError(f"a seal has 1 to {gmt0031.MAX_LISTED} signers")
    for certificate in found:
        member(certificate, Certificate, "a signer")
        check_usage(certificate, None)
    if len(set(found)) != len(found):
        raise InvalidInputError("a signer is listed twice")
    return found


def _checked_extensions(extensions: Iterable[Extension]) -> tuple[Extension, ...]:
    found = iterated(extensions, "extensions", most=gmt0031.MAX_EXTENSIONS + 1)
    if len(found) > gmt0031.MAX_EXTENSIONS:
        raise InvalidInputError(f"a seal has at most {gmt0031.MAX_EXTENSIONS} extensions")
    gmt0031.encode_extension_datas(found, tagged=False)
    if len({one.extn_id for one in found}) != len(found):
        raise InvalidInputError("an extension is there twice")
    return found


# ---- making ---------------------------------------------------------------------------------------------------------
def make_seal(
    spec: SealSpec, maker: Signer, maker_certificate: Certificate, *, layout: SealLayout = SealLayout.GBT38540
) -> Seal:
    """Make a seal, signed by its maker's key, wherever that lives.

    The signature is verified before the seal is released. The rest is as :func:`prepare_seal`.

    :param maker: the key of the maker.
    :raises KeyMismatchError: when it is not that of the certificate.
    :raises FaultDetected: when the signature that was just made does not hold.
    :raises GmpkiError: what the signer raises.
    """
    demand_signer(maker)
    member(maker_certificate, Certificate, "maker_certificate")
    if maker.public_key.to_der() != maker_certificate.public_key.to_der():
        raise KeyMismatchError("the private key is not that of the maker's certificate")
    pending = prepare_seal(spec, maker_certificate, layout=layout, signature_algorithm=maker.signature_algorithm)
    try:
        return pending.finish(maker.sign(pending.to_be_signed))
    except InvalidSignature as error:
        raise FaultDetected(f"the signature that was just made does not hold: {error}") from None


def prepare_seal(
    spec: SealSpec,
    maker_certificate: Certificate,
    *,
    layout: SealLayout = SealLayout.GBT38540,
    signature_algorithm: AlgorithmIdentifier | None = None,
) -> PendingSeal:
    """Make everything of a seal but its signature, for a maker's key that lives elsewhere.

    :param maker_certificate: of who makes the seal; valid at the time at which it is made.
    :param layout: whose structure it has.
    :param signature_algorithm: of the signature, where the key leaves a choice, as RSA does; None takes the usual one.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the layout is read only, or has no place for what the seal is to say: digests and
        other types than 1 and 2 in GM/T 0031-2014, and years outside 1950 to 2049; when the maker's certificate is not
        valid at the time; or when the seal ends before it is made.
    :raises ValidationError: "key-usage" or "extended-key-usage" when the maker's certificate is not one to sign with.
    :raises UnsupportedAlgorithm: when seals of the layout are not made with that algorithm.
    :raises LimitExceeded: when the seal would be longer than 16 MiB.
    :raises GmpkiError: when the public key of the certificate cannot be loaded.
    """
    member(spec, SealSpec, "spec")
    member(maker_certificate, Certificate, "maker_certificate")
    member(layout, SealLayout, "layout")
    _check_layout(spec, layout)
    check_usage(maker_certificate, None)
    created_at = spec.created_at or utc_seconds(datetime.now(timezone.utc), "now")
    if not maker_certificate.not_before <= created_at <= maker_certificate.not_after:
        raise InvalidInputError(f"the maker's certificate is not valid at {created_at}, when the seal is made")
    if spec.valid_until < created_at:
        raise InvalidInputError(f"the seal would end ({spec.valid_until}) before it is made ({created_at})")
    algorithm = _checked_algorithm(maker_certificate, layout, signature_algorithm)
    info = _info(spec, layout, created_at)
    if len(info) + len(maker_certificate.der) > MAX_LEN - (1 << 16):
        raise LimitExceeded(f"a seal has at most {MAX_LEN} bytes")
    return PendingSeal(layout, info, maker_certificate, algorithm)


def _check_layout(spec: SealSpec, layout: SealLayout) -> None:
    rules = layout.rules
    if not rules.is_made:
        raise InvalidInputError(f"seals of the layout {layout.value} are read, not made")
    if spec.list_digests and not rules.takes_digests:
        raise InvalidInputError(f"{layout.value} lists certificates, not their digests")
    if rules.types is not None and spec.seal_type not in rules.types:
        raise InvalidInputError(f"{layout.value} has the types {sorted(rules.types)}, not {spec.seal_type}")


def _checked_algorithm(
    certificate: Certificate, layout: SealLayout, wanted: AlgorithmIdentifier | None
) -> ObjectIdentifier:
    """Return what stands beside the signature: an identifier alone, so that nothing with parameters can be used."""
    algorithm = certificate.public_key.signature_algorithm if wanted is None else wanted
    member(algorithm, AlgorithmIdentifier, "signature_algorithm")
    found = oids.SM2_WITH_SM3 if algorithm.algorithm in SM2_SIGNATURES else algorithm.algorithm
    if found not in layout.rules.algorithms or not algorithm.has_no_parameters:
        names = ", ".join(sorted(oids.find(oid).name for oid in layout.rules.algorithms))
        raise UnsupportedAlgorithm(f"{layout.value} is signed with {names}, not with {algorithm.shown}")
    return found


def _info(spec: SealSpec, layout: SealLayout, created_at: datetime) -> bytes:
    """Encode what the maker signs about the seal."""
    signers = tuple(spec.signers)
    header = gmt0031.SESHeader(gmt0031.HEADER_ID, layout.rules.version, spec.vendor_id)
    shown = spec.picture
    picture = gmt0031.SESPictureInfo(shown.type, shown.data, shown.width_mm, shown.height_mm)
    extensions = tuple(spec.extensions)
    times = (created_at, spec.valid_from, spec.valid_until)
    listed = () if spec.list_digests else tuple(signer.der for signer in signers)
    if layout is SealLayout.GMT0031:
        own = gmt0031.SESPropertyInfo(spec.seal_type, spec.name, listed, *times)
        return gmt0031.SESSealInfo(header, spec.seal_id, own, picture, extensions).to_der()
    digests = tuple(gbt38540.CertDigestObj("SM3", signer.fingerprint()) for signer in signers)
    properties = gbt38540.SESPropertyInfo(
        spec.seal_type,
        spec.name,
        gbt38540.DIGESTS if spec.list_digests else gbt38540.CERTIFICATES,
        listed,
        digests if spec.list_digests else (),
        *times,
    )
    return gbt38540.SESSealInfo(header, spec.seal_id, properties, picture, extensions).to_der()


@dataclass(frozen=True, slots=True)
class PendingSeal:
    """A seal that waits for the signature of its maker. Immutable; it can be pickled, and kept as bytes.

    Whoever can change it while it waits decides what will be signed: it is kept as carefully as what it signs.

    :ivar info: the DER of what is said about the seal.
    :ivar maker_certificate: whose key signs.
    :ivar signature_algorithm: with which algorithm.
    """

    layout: SealLayout
    info: bytes = field(repr=False)
    maker_certificate: Certificate
    signature_algorithm: ObjectIdentifier

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that the maker signs."""
        if not self.layout.rules.maker_is_signed:
            return self.info
        return gmt0031.SESeal.to_be_signed(self.info, self.maker_certificate.der, self.signature_algorithm)

    @property
    def digest(self) -> bytes:
        """What is signed of them by whom signs digests: for SM2 e = SM3(ZA || to_be_signed), 32 bytes."""
        return self._key.digest(self.to_be_signed)

    @property
    def _key(self) -> PublicKey:
        algorithm = AlgorithmIdentifier(self.signature_algorithm)
        return key_for(self.maker_certificate.public_key, algorithm, DEFAULT_POLICY)

    def finish(self, signature: Buffer) -> Seal:
        """Put the signature in, and return the seal.

        :param signature: DER, or r, s as 64 bytes for SM2.
        :raises InvalidTypeError: when it has no buffer.
        :raises InvalidSignature: when it does not hold.
        """
        key = self._key
        encoded = key.standard_signature(as_bytes(signature, "the signature"))
        key.verify(encoded, self.to_be_signed)
        parts = (self.maker_certificate.der, self.signature_algorithm, encoded)
        if self.layout is SealLayout.GMT0031:
            info = gmt0031.SESSealInfo.from_der(self.info, max_size=MAX_LEN)
            made = gmt0031.SESeal(info, gmt0031.SESSignInfo(*parts), self.info).to_der()
        else:
            made = gbt38540.SESeal(
                gbt38540.SESSealInfo.from_der(self.info, max_size=MAX_LEN), *parts, info_der=self.info
            ).to_der()
        return _read_made(made)

    def to_bytes(self) -> bytes:
        """Return everything as bytes, in a format of this package: to be read by :meth:`from_bytes` alone."""
        return der.encode_sequence(
            der.encode_integer(_FORMAT),
            der.encode_utf8_string(self.layout.value),
            self.info,
            self.maker_certificate.der,
            der.encode_oid(self.signature_algorithm),
        )

    @classmethod
    def from_bytes(cls, data: Buffer) -> PendingSeal:
        """Read what :meth:`to_bytes` gave.

        :raises InvalidTypeError: when data has no buffer.
        :raises DecodeError: when it is something else.
        :raises LimitExceeded: when it is longer than 16 MiB.
        :raises UnsupportedAlgorithm: when the layout is not signed with that algorithm.
        """
        reader = der.Reader(data, name="PendingSeal", max_size=MAX_LEN)
        with reader.sequence() as fields:
            fields.integer("format", minimum=_FORMAT, maximum=_FORMAT)
            at = fields.offset
            name = fields.utf8_string("layout")
            layout = next((one for one in SealLayout if one.value == name and one.rules.is_made), None)
            if layout is None:
                raise fields.error("no layout that seals are made in", "layout", offset=at)
            at = fields.offset
            (gmt0031 if layout is SealLayout.GMT0031 else gbt38540).SESSealInfo.read(fields, "info")
            info = fields.since(at)
            certificate = Certificate.from_der(fields.exact(der.Tag.SEQUENCE, "certificate"), lenient=True)
            algorithm = fields.oid("algorithm")
        reader.end()
        _checked_algorithm(certificate, layout, AlgorithmIdentifier(algorithm))
        return cls(layout, info, certificate, algorithm)

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        """Pickle the bytes."""
        return PendingSeal.from_bytes, (self.to_bytes(),)


def _read_made(made: bytes) -> Seal:
    """Read a seal that was just made: leniently when certificates are in it that only lenient reading takes."""
    try:
        return Seal.from_der(made)
    except DecodeError:
        return Seal.from_der(made, lenient=True)
