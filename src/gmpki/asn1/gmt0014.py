"""What a certification authority and a key-management centre say to each other (GM/T 0014).

The text of the standard was not read. The structures are those in which two published implementations agree [B]; where
they differ, in the tagging of the alternatives and in the type of two texts, every form is read, and the one that most
of them write is written unless another is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from gmpki.asn1 import der
from gmpki.asn1._gmt0014_parts import (
    MAX_TASKS,
    VERSION,
    InfoText,
    NumberAlone,
    Signed,
    Task,
    TextForm,
    check_tasks,
    encode_tasks,
    number,
    read_tasks,
    read_version,
    text,
)
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.gmt0010 import SignedAndEnvelopedData
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, GeneralName, SubjectPublicKeyInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.asn1.der import Reader

__all__ = [
    "MAX_TASKS",
    "AppUserInfo",
    "ApplyKeyReq",
    "ApplyKeyRespond",
    "CARequest",
    "EntName",
    "ErrorPkgRespond",
    "InfoText",
    "KMRespond",
    "KSRequest",
    "KSRespond",
    "RestoreKeyReq",
    "RestoreKeyRespond",
    "RetKeyRespond",
    "RevokeKeyReq",
    "RevokeKeyRespond",
    "TextForm",
]

T = TypeVar("T", bound=Task)

_MAX_ERROR: Final = (1 << 31) - 1


# ---- who ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class EntName(Schema):
    """``SEQUENCE { hashAlgorithm AlgorithmIdentifier, entName GeneralName, entPubKeyHash OCTET STRING, serialNumber
    INTEGER }``: an authority or a centre, by its certificate.

    What entPubKeyHash is over is not known for certain: here it is the DER of SubjectPublicKeyInfo (confidence D).

    :standard: GM/T 0014 [B]
    """

    hash_algorithm: AlgorithmIdentifier
    name: GeneralName
    public_key_hash: bytes
    serial_number: int

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> EntName:
        """Read an EntName."""
        with reader.sequence(name) as fields:
            return cls(
                AlgorithmIdentifier.read(fields, "hashAlgorithm"),
                GeneralName.read(fields, "entName"),
                fields.octet_string("entPubKeyHash"),
                number(fields, "serialNumber"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.hash_algorithm, AlgorithmIdentifier, "hash_algorithm"),
            der_of(self.name, GeneralName, "name"),
            der.encode_octet_string(self.public_key_hash),
            der.encode_integer(self.serial_number),
        )


@dataclass(frozen=True, slots=True)
class AppUserInfo(Schema):
    """``SEQUENCE { userCertNo INTEGER, userPubKey SubjectPublicKeyInfo, notBefore GeneralizedTime, notAfter
    GeneralizedTime, userName [0] EXPLICIT OCTET STRING OPTIONAL, dsCode [1] EXPLICIT OPTIONAL, extendInfo [2] EXPLICIT
    OPTIONAL }``.

    :ivar certificate_number: of the encryption certificate that the key is for.
    :ivar public_key: the user's signing key.
    :standard: GM/T 0014 [B]
    """

    certificate_number: int
    public_key: SubjectPublicKeyInfo
    not_before: datetime
    not_after: datetime
    user_name: bytes | None = None
    ds_code: InfoText | None = None
    extend_info: InfoText | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> AppUserInfo:
        """Read an AppUserInfo."""
        with reader.sequence(name) as fields:
            certificate = number(fields, "userCertNo")
            key = SubjectPublicKeyInfo.read(fields, "userPubKey")
            not_before, not_after = fields.generalized_time("notBefore"), fields.generalized_time("notAfter")
            user_name = None
            if fields.next_is(der.Tag.context(0, constructed=True)):
                with fields.explicit(0, "userName") as inside:
                    user_name = inside.octet_string()
            ds_code, extend_info = text(fields, 1, "dsCode"), text(fields, 2, "extendInfo")
        return cls(certificate, key, not_before, not_after, user_name, ds_code, extend_info)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        user_name = b"" if self.user_name is None else der.encode_octet_string(self.user_name)
        ds_code = b"" if self.ds_code is None else self.ds_code.to_der()
        extend_info = b"" if self.extend_info is None else self.extend_info.to_der()
        return der.encode_sequence(
            der.encode_integer(self.certificate_number),
            der_of(self.public_key, SubjectPublicKeyInfo, "public_key"),
            der.encode_generalized_time(self.not_before),
            der.encode_generalized_time(self.not_after),
            der.encode_explicit(0, user_name),
            der.encode_explicit(1, ds_code),
            der.encode_explicit(2, extend_info),
        )


# ---- what a request and an answer are alike in ---------------------------------------------
def _read_message(
    reader: Reader, name: str, names: tuple[str, str, str], kinds: Mapping[int, type[T]]
) -> tuple[EntName, tuple[T, ...], datetime, int, bool]:
    """Read a message: who sends it, its tasks, when it was made, its number, and whether its tags are explicit."""
    party, tasks, made_at = names
    with reader.sequence(name) as fields:
        read_version(fields)
        sender = EntName.read(fields, party)
        found, explicit = read_tasks(fields, tasks, kinds)
        return sender, found, fields.generalized_time(made_at), number(fields, "taskNO"), explicit


def _encode_message(sender: bytes, tasks: bytes, made_at: datetime, task: int) -> bytes:
    return der.encode_sequence(
        der.encode_integer(VERSION), sender, tasks, der.encode_generalized_time(made_at), der.encode_integer(task)
    )


# ---- requests -----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ApplyKeyReq(Task):
    """``SEQUENCE { appKeyType AlgorithmIdentifier, appKeyLen INTEGER, retAsymAlg, retSymAlg, retHashAlg
    AlgorithmIdentifier, appUserInfo AppUserInfo }``: a new key for a user.

    :ivar key_len: of the key, in bits.
    :standard: GM/T 0014 [B]
    """

    key_type: AlgorithmIdentifier
    key_len: int
    asymmetric: AlgorithmIdentifier
    symmetric: AlgorithmIdentifier
    hash_algorithm: AlgorithmIdentifier
    user: AppUserInfo

    @classmethod
    def read(cls, reader: Reader, name: str = "", *, tag: int = der.Tag.SEQUENCE) -> ApplyKeyReq:
        """Read an ApplyKeyReq."""
        with reader.sequence(name, tag=tag) as fields:
            return cls(
                AlgorithmIdentifier.read(fields, "appKeyType"),
                fields.integer("appKeyLen", minimum=0),
                AlgorithmIdentifier.read(fields, "retAsymAlg"),
                AlgorithmIdentifier.read(fields, "retSymAlg"),
                AlgorithmIdentifier.read(fields, "retHashAlg"),
                AppUserInfo.read(fields, "appUserInfo"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.key_type, AlgorithmIdentifier, "key_type"),
            der.encode_integer(self.key_len),
            der_of(self.asymmetric, AlgorithmIdentifier, "asymmetric"),
            der_of(self.symmetric, AlgorithmIdentifier, "symmetric"),
            der_of(self.hash_algorithm, AlgorithmIdentifier, "hash_algorithm"),
            der_of(self.user, AppUserInfo, "user"),
        )


@dataclass(frozen=True, slots=True)
class RestoreKeyReq(Task):
    """``SEQUENCE { retAsymAlg, retSymAlg, retHashAlg AlgorithmIdentifier, userCertNo INTEGER, userPubKey
    SubjectPublicKeyInfo }``: a user's key once more, for the signing key of now.

    :standard: GM/T 0014 [B]
    """

    asymmetric: AlgorithmIdentifier
    symmetric: AlgorithmIdentifier
    hash_algorithm: AlgorithmIdentifier
    certificate_number: int
    public_key: SubjectPublicKeyInfo

    @classmethod
    def read(cls, reader: Reader, name: str = "", *, tag: int = der.Tag.SEQUENCE) -> RestoreKeyReq:
        """Read a RestoreKeyReq."""
        with reader.sequence(name, tag=tag) as fields:
            return cls(
                AlgorithmIdentifier.read(fields, "retAsymAlg"),
                AlgorithmIdentifier.read(fields, "retSymAlg"),
                AlgorithmIdentifier.read(fields, "retHashAlg"),
                number(fields, "userCertNo"),
                SubjectPublicKeyInfo.read(fields, "userPubKey"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.asymmetric, AlgorithmIdentifier, "asymmetric"),
            der_of(self.symmetric, AlgorithmIdentifier, "symmetric"),
            der_of(self.hash_algorithm, AlgorithmIdentifier, "hash_algorithm"),
            der.encode_integer(self.certificate_number),
            der_of(self.public_key, SubjectPublicKeyInfo, "public_key"),
        )


class RevokeKeyReq(NumberAlone):
    """``SEQUENCE { userCertNo INTEGER }``: the certificate of a key has ended.

    :standard: GM/T 0014 [B]
    """

    __slots__ = ()


Request: TypeAlias = ApplyKeyReq | RestoreKeyReq | RevokeKeyReq
_REQUESTS: Final[Mapping[int, type[Request]]] = {0: ApplyKeyReq, 1: RestoreKeyReq, 2: RevokeKeyReq}


@dataclass(frozen=True, slots=True)
class KSRequest(Schema):
    """``SEQUENCE { version INTEGER (1), caName EntName, requestList SEQUENCE OF Request, requestTime GeneralizedTime,
    taskNO INTEGER }``, a Request being ``CHOICE { [0] ApplyKeyReq, [1] RestoreKeyReq, [2] RevokeKeyReq }``.

    :ivar task: chosen by the authority, and given back in the answer.
    :ivar explicit_tags: whether the alternatives are tagged explicitly, as one implementation has it [C]; implicitly
        in the others [B].
    :raises InvalidInputError: when there is no request, or more than 1000.
    :standard: GM/T 0014 [B]
    """

    authority: EntName
    requests: tuple[Request, ...]
    requested_at: datetime
    task: int
    explicit_tags: bool = False

    def __post_init__(self) -> None:
        check_tasks(self.requests)

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> KSRequest:
        """Read a KSRequest."""
        return cls(*_read_message(reader, name, ("caName", "requestList", "requestTime"), _REQUESTS))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        authority = der_of(self.authority, EntName, "authority")
        requests = encode_tasks(self.requests, _REQUESTS, explicit=self.explicit_tags)
        return _encode_message(authority, requests, self.requested_at, self.task)


# ---- answers ------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class RetKeyRespond(Task):
    """``SEQUENCE { userCertNo INTEGER, retPubKey SubjectPublicKeyInfo, retPriKey SignedAndEnvelopedData }``.

    :ivar private_key: encrypted to the user's signing key, signed by the centre.
    :standard: GM/T 0014 [B]
    """

    certificate_number: int
    public_key: SubjectPublicKeyInfo
    private_key: SignedAndEnvelopedData

    @classmethod
    def read(cls, reader: Reader, name: str = "", *, tag: int = der.Tag.SEQUENCE) -> RetKeyRespond:
        """Read a RetKeyRespond."""
        with reader.sequence(name, tag=tag) as fields:
            return cls(
                number(fields, "userCertNo"),
                SubjectPublicKeyInfo.read(fields, "retPubKey"),
                SignedAndEnvelopedData.read(fields, "retPriKey"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_integer(self.certificate_number),
            der_of(self.public_key, SubjectPublicKeyInfo, "public_key"),
            der_of(self.private_key, SignedAndEnvelopedData, "private_key"),
        )


class ApplyKeyRespond(RetKeyRespond):
    """A new key."""

    __slots__ = ()


class RestoreKeyRespond(RetKeyRespond):
    """A key that the user had before."""

    __slots__ = ()


class RevokeKeyRespond(NumberAlone):
    """``SEQUENCE { userCertNo INTEGER }``: the key has been moved to the history.

    :standard: GM/T 0014 [B]
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ErrorPkgRespond(Task):
    """``SEQUENCE { errNo INTEGER, errDesc [0] text OPTIONAL }``.

    The text is written as UTF-8 under an implicit tag, and read so or as a string of any type under an explicit one;
    what the standard says is not known [C].

    :standard: GM/T 0014 [B]
    """

    number: int
    description: str | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "", *, tag: int = der.Tag.SEQUENCE) -> ErrorPkgRespond:
        """Read an ErrorPkgRespond."""
        with reader.sequence(name, tag=tag) as fields:
            found = fields.integer("errNo", minimum=-_MAX_ERROR, maximum=_MAX_ERROR)
            if fields.at_end():
                return cls(found)
            if fields.next_is(der.Tag.context(0)):
                return cls(found, fields.contents(der.Tag.context(0), "errDesc").decode("utf-8", "replace"))
            with fields.explicit(0, "errDesc") as inside:
                if inside.next_is(der.Tag.OCTET_STRING):
                    return cls(found, inside.octet_string().decode("utf-8", "replace"))
                return cls(found, inside.any_string())

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        description = b""
        if self.description is not None:
            description = der.encode_implicit(0, der.encode_utf8_string(self.description))
        return der.encode_sequence(der.encode_integer(self.number), description)


Respond: TypeAlias = ApplyKeyRespond | RestoreKeyRespond | RevokeKeyRespond | ErrorPkgRespond
_RESPONDS: Final[Mapping[int, type[Respond]]] = {
    0: ApplyKeyRespond,
    1: RestoreKeyRespond,
    2: RevokeKeyRespond,
    3: ErrorPkgRespond,
}


@dataclass(frozen=True, slots=True)
class KSRespond(Schema):
    """``SEQUENCE { version INTEGER (1), kmName EntName, respondList SEQUENCE OF Respond, respondTime GeneralizedTime,
    taskNO INTEGER }``, a Respond being ``CHOICE { [0] applyKeyRespond RetKeyRespond, [1] restoreKeyRespond
    RetKeyRespond, [2] revokeKeyRespond, [3] ErrorPkgRespond }``. Fields and errors as :class:`KSRequest`.

    :standard: GM/T 0014 [B]
    """

    centre: EntName
    responds: tuple[Respond, ...]
    responded_at: datetime
    task: int
    explicit_tags: bool = False

    def __post_init__(self) -> None:
        check_tasks(self.responds)

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> KSRespond:
        """Read a KSRespond."""
        return cls(*_read_message(reader, name, ("kmName", "respondList", "respondTime"), _RESPONDS))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        centre = der_of(self.centre, EntName, "centre")
        responds = encode_tasks(self.responds, _RESPONDS, explicit=self.explicit_tags)
        return _encode_message(centre, responds, self.responded_at, self.task)


# ---- signed -------------------------------------------------------------------------------
class CARequest(Signed):
    """``SEQUENCE { ksRequest KSRequest, signatureAlgorithm AlgorithmIdentifier, signatureValue OCTET STRING }``.

    :ivar content: the exact DER of ksRequest, which is what is signed.
    :standard: GM/T 0014 [B]
    """

    __slots__ = ()

    def request(self) -> KSRequest:
        """Read what was signed.

        :raises DecodeError: when it is malformed.
        """
        return KSRequest.from_der(self.content)


class KMRespond(Signed):
    """``SEQUENCE { ksRespond KSRespond, signatureAlgorithm AlgorithmIdentifier, signatureValue OCTET STRING }``.

    :ivar content: the exact DER of ksRespond, which is what is signed.
    :standard: GM/T 0014 [B]
    """

    __slots__ = ()

    def respond(self) -> KSRespond:
        """Read what was signed.

        :raises DecodeError: when it is malformed.
        """
        return KSRespond.from_der(self.content)
