"""SM2 key exchange in three calls, against software on either side (GM/T 0016-2012 7.6.14 to 7.6.16; GB/T 32918.3).

The standard does not say which pair of the container takes part; both are tried, and which it was is told. Nobody can
read the key agreed on: that both sides have the same shows in what it encrypts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm2, sm4
from gmpki.algorithms.sm2 import DEFAULT_USER_ID, CurvePoint, PointFormat, PrivateScalar, Role
from gmpki.conformance.clauses import GBT_32918_3, GMT_0016, ON_CURVE
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.session_probe import SM4_ID, close, demand_sm4, encrypted, encrypts_as
from gmpki.conformance.skf.sm2_blobs import NUMBER_LEN, Blob, off_curve, point_blob, room

if TYPE_CHECKING:
    from typing import Any

    from gmpki.conformance.skf.bench import Dual, SKFBench
    from gmpki.tokens.skf.structures import AgreementHandle, ContainerHandle

__all__ = ["GROUP"]

_BEGIN: Final = Clause(GMT_0016, "7.6.14")
_ANSWER: Final = Clause(GMT_0016, "7.6.15")
_END: Final = Clause(GMT_0016, "7.6.16")
_EXCHANGE: Final = Clause(GBT_32918_3, "6.1")
_INITIATOR: Final = ("SKF_GenerateAgreementDataWithECC", "SKF_GenerateKeyWithECC")
_RESPONDER: Final = ("SKF_GenerateAgreementDataAndKeyWithECC",)
_MAX_ID_LEN: Final = 32
_CBC_ID: Final = "SGD_SM4_CBC"

GROUP: Final = Group(Kind.SKF, "agreement", "AGREE", Words("SM2 key agreement", "SM2 密钥协商"))


# ---- the other side ----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Run:
    """One exchange between the token and software, as software sees it.

    :ivar role: of software.
    """

    role: Role
    key: PrivateScalar
    ephemeral: PrivateScalar
    own_id: bytes
    token_id: bytes

    @classmethod
    def new(cls, role: Role, own_id: bytes = DEFAULT_USER_ID, token_id: bytes = DEFAULT_USER_ID) -> _Run:
        """Make both pairs of software."""
        return cls(role, PrivateScalar.generate(), PrivateScalar.generate(), own_id, token_id)

    @property
    def point(self) -> bytes:
        """The public key of software, x || y."""
        return self.key.point.to_bytes(PointFormat.BARE)

    @property
    def ephemeral_point(self) -> bytes:
        """Its ephemeral public key, x || y."""
        return self.ephemeral.point.to_bytes(PointFormat.BARE)

    def agreed(self, point: bytes, ephemeral: bytes, *, ids: tuple[bytes, bytes], role: Role) -> bytes:
        """Return the key that an exchange with the token gives.

        :param point: the public key of the token; ephemeral: its ephemeral one.
        :param ids: of software and of the token.
        """
        token = CurvePoint.from_bytes(point)
        za, token_za = sm2.za(self.key.point, ids[0]), sm2.za(token, ids[1])
        peer = CurvePoint.from_bytes(ephemeral)
        return sm2.exchange(self.key, self.ephemeral, za, token, peer, token_za, role, sm4.KEY_LEN)[0]


def _expect_same_key(  # noqa: PLR0917 - what an exchange consists of
    bench: SKFBench, run: _Run, dual: Dual, ephemeral: bytes, ciphertext: bytes, iv: bytes = b""
) -> None:
    """Fail unless the token's key is the one that software agreed on; name what else it is.

    :param ephemeral: the token's ephemeral public key.
    :param ciphertext: what its key has encrypted.
    """
    right = (run.own_id, run.token_id)
    other_role = Role.RESPONDER if run.role is Role.INITIATOR else Role.INITIATOR
    cases = (
        (right, run.role, None),
        ((DEFAULT_USER_ID, DEFAULT_USER_ID), run.role, Words("the IDs given are ignored", "忽略了给定的 ID")),
        ((DEFAULT_USER_ID, run.token_id), run.role, Words("the other side's ID is ignored", "忽略了对方 ID")),
        ((run.own_id, DEFAULT_USER_ID), run.role, Words("its own ID is ignored", "忽略了己方 ID")),
        (right[::-1], run.role, Words("the IDs of both sides are swapped", "双方 ID 互换")),
        (right, other_role, Words("both sides are taken for each other in the hash", "杂凑输入中双方次序颠倒")),
    )
    points = {"encryption": dual.encryption_key.public_key.to_bytes(PointFormat.BARE), "signing": dual.signing_point}
    for ids, role, mistake in cases:
        for name, point in points.items():
            key = run.agreed(point, ephemeral, ids=ids, role=role)
            if encrypts_as(key, ciphertext, iv):
                if mistake is not None:
                    bench.fail(f"another key: {mistake.en}", f"协商密钥不一致：{mistake.zh}")
                bench.observe("key pair", name)
                return
    bench.fail("both sides have different keys", "双方协商的密钥不一致")


def _begun(bench: SKFBench, dual: Dual, user_id: bytes, algorithm: str = SM4_ID) -> tuple[bytes, AgreementHandle]:
    """Let the token begin as the initiator; what it waits with is closed at the end of the check."""
    container, number = dual.container, bench.constant(algorithm)
    ephemeral, agreement = bench.skf.generate_agreement_data_with_ecc(container, number, user_id)
    bench.later(bench.skf.close_handle, agreement)
    return ephemeral, agreement


def _initiated(bench: SKFBench, dual: Dual, run: _Run, algorithm: str = SM4_ID, iv: bytes = b"") -> None:
    """Let the token be the initiator, and compare the keys."""
    container, number = dual.container, bench.constant(algorithm)
    ephemeral, agreement = bench.skf.generate_agreement_data_with_ecc(container, number, run.token_id)
    try:
        key = bench.skf.generate_key_with_ecc(agreement, run.point, run.ephemeral_point, run.own_id)
    finally:
        close(bench, agreement)
    _expect_same_key(bench, run, dual, ephemeral, encrypted(bench, key, iv), iv)


def _responded(bench: SKFBench, dual: Dual, run: _Run, algorithm: str = SM4_ID, iv: bytes = b"") -> bytes:
    """Let the token be the responder, and compare the keys; return its ephemeral public key."""
    ephemeral, key = bench.skf.generate_agreement_data_and_key_with_ecc(
        dual.container,
        bench.constant(algorithm),
        run.point,
        run.ephemeral_point,
        user_id=run.token_id,
        initiator_id=run.own_id,
    )
    _expect_same_key(bench, run, dual, ephemeral, encrypted(bench, key, iv), iv)
    return ephemeral


# ---- the same key ------------------------------------------------------------------------
@GROUP.check(
    1,
    "The token as the initiator and software agree on the same key",
    "令牌作为发起方与软件协商出相同密钥",
    clause=_END,
    functions=_INITIATOR,
    needs=(Permission.WRITE,),
)
def token_initiates(bench: SKFBench) -> None:
    """Exchange with the default ID on both sides, the token beginning."""
    demand_sm4(bench)
    _initiated(bench, bench.dual_container(), _Run.new(Role.RESPONDER))


@GROUP.check(
    2,
    "The token as the responder and software agree on the same key",
    "令牌作为响应方与软件协商出相同密钥",
    clause=_ANSWER,
    functions=_RESPONDER,
    needs=(Permission.WRITE,),
)
def token_responds(bench: SKFBench) -> None:
    """Exchange with the default ID on both sides, software beginning."""
    demand_sm4(bench)
    _responded(bench, bench.dual_container(), _Run.new(Role.INITIATOR))


@GROUP.check(
    3,
    "IDs from 1 to 32 bytes count, of the initiator",
    "1 至 32 字节的 ID 参与计算（发起方）",
    clause=_BEGIN,
    functions=_INITIATOR,
    needs=(Permission.WRITE,),
)
def ids_of_initiator(bench: SKFBench) -> None:
    """Exchange with different IDs on both sides, of 1, 16 and 32 bytes, the token beginning."""
    demand_sm4(bench)
    dual = bench.dual_container()
    for own_id, token_id in ((b"B", b"a" * _MAX_ID_LEN), (b"b" * _MAX_ID_LEN, b"A"), (b"peer" * 4, b"token@gmpki")):
        _initiated(bench, dual, _Run.new(Role.RESPONDER, own_id, token_id))


@GROUP.check(
    4,
    "IDs from 1 to 32 bytes count, of the responder",
    "1 至 32 字节的 ID 参与计算（响应方）",
    clause=_ANSWER,
    functions=_RESPONDER,
    needs=(Permission.WRITE,),
)
def ids_of_responder(bench: SKFBench) -> None:
    """Exchange with different IDs on both sides, of 1, 16 and 32 bytes, software beginning."""
    demand_sm4(bench)
    dual = bench.dual_container()
    for own_id, token_id in ((b"A", b"b" * _MAX_ID_LEN), (b"a" * _MAX_ID_LEN, b"B"), (b"peer" * 4, b"token@gmpki")):
        _responded(bench, dual, _Run.new(Role.INITIATOR, own_id, token_id))


@GROUP.check(
    5,
    "The key agreed on is one of the algorithm that was asked for",
    "协商所得密钥适用于所请求的算法",
    clause=_BEGIN,
    functions=(*_INITIATOR, *_RESPONDER),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def algorithm_of_key(bench: SKFBench) -> None:
    """Agree on a key of SM4 with CBC on both sides, and encrypt two blocks with an IV."""
    demand_sm4(bench)
    dual, iv = bench.dual_container(), bytes(range(16))
    _initiated(bench, dual, _Run.new(Role.RESPONDER), _CBC_ID, iv)
    _responded(bench, dual, _Run.new(Role.INITIATOR), _CBC_ID, iv)


@GROUP.check(
    6,
    "Each exchange has an ephemeral pair of its own",
    "每次协商使用新的临时密钥对",
    clause=_EXCHANGE,
    functions=(*_INITIATOR, *_RESPONDER),
    needs=(Permission.WRITE,),
)
def ephemeral_is_new(bench: SKFBench) -> None:
    """Begin twice and answer twice: four different ephemeral public keys."""
    demand_sm4(bench)
    dual = bench.dual_container()
    points = [_begun(bench, dual, DEFAULT_USER_ID)[0] for _ in range(2)]
    points += [_responded(bench, dual, _Run.new(Role.INITIATOR)) for _ in range(2)]
    bench.expect(len(set(points)) == len(points), "an ephemeral key comes twice", "临时公钥重复")


# ---- what has to be refused --------------------------------------------------------------
def _ended(bench: SKFBench, agreement: AgreementHandle, point: Blob, ephemeral: Blob) -> str:
    """Return what SKF_GenerateKeyWithECC answers; a key that it makes is closed at the end of the check."""
    cell = bench.ffi.new("HANDLE *")
    own_id = bench.data(DEFAULT_USER_ID)
    arguments = (bench.raw(agreement), point.at, ephemeral.at, own_id, len(DEFAULT_USER_ID), cell)
    return _closing(bench, bench.supported("SKF_GenerateKeyWithECC", *arguments), cell)


def _answered(bench: SKFBench, container: ContainerHandle, point: Blob, ephemeral: Blob) -> str:
    """Return what SKF_GenerateAgreementDataAndKeyWithECC answers; likewise."""
    cell, own = bench.ffi.new("HANDLE *"), room(bench, "ECCPUBLICKEYBLOB")
    ids = (bench.data(DEFAULT_USER_ID), len(DEFAULT_USER_ID)) * 2
    number = bench.constant(SM4_ID)
    arguments = (bench.raw(container), number, point.at, ephemeral.at, own.at, *ids, cell)
    answer = bench.supported("SKF_GenerateAgreementDataAndKeyWithECC", *arguments)
    return _closing(bench, answer, cell)


def _closing(bench: SKFBench, answer: str, cell: Any) -> str:
    if answer == "SAR_OK":
        bench.later(bench.code, "SKF_CloseHandle", cell[0])
    return answer


_BAD_EPHEMERAL: Final = Words("an ephemeral key that is not on the curve is taken", "接受了不在曲线上的临时公钥")
_BAD_KEY: Final = Words("a public key that is not on the curve is taken", "接受了不在曲线上的对方公钥")


@GROUP.check(
    7,
    "The initiator refuses an ephemeral key that is not on the curve",
    "发起方拒绝不在曲线上的对方临时公钥",
    clause=_EXCHANGE,
    functions=_INITIATOR,
    needs=(Permission.WRITE,),
)
def initiator_checks_ephemeral(bench: SKFBench) -> None:
    """Begin, and end with coordinates that are no point, and with zeros."""
    run, dual = _Run.new(Role.RESPONDER), bench.dual_container()
    for bad in (off_curve(run.ephemeral_point), bytes(2 * NUMBER_LEN)):
        _ephemeral, agreement = _begun(bench, dual, DEFAULT_USER_ID)
        answer = _ended(bench, agreement, point_blob(bench, run.point), point_blob(bench, bad))
        bench.observe("SKF_GenerateKeyWithECC", answer)
        bench.expect(answer != "SAR_OK", _BAD_EPHEMERAL.en, _BAD_EPHEMERAL.zh)


@GROUP.check(
    8,
    "The responder refuses an ephemeral key that is not on the curve",
    "响应方拒绝不在曲线上的对方临时公钥",
    clause=_EXCHANGE,
    functions=_RESPONDER,
    needs=(Permission.WRITE,),
)
def responder_checks_ephemeral(bench: SKFBench) -> None:
    """Answer to coordinates that are no point, and to zeros."""
    run, dual = _Run.new(Role.INITIATOR), bench.dual_container()
    for bad in (off_curve(run.ephemeral_point), bytes(2 * NUMBER_LEN)):
        answer = _answered(bench, dual.container, point_blob(bench, run.point), point_blob(bench, bad))
        bench.observe("SKF_GenerateAgreementDataAndKeyWithECC", answer)
        bench.expect(answer != "SAR_OK", _BAD_EPHEMERAL.en, _BAD_EPHEMERAL.zh)


@GROUP.check(
    9,
    "Both sides refuse a public key that is not on the curve",
    "双方均拒绝不在曲线上的对方公钥",
    clause=ON_CURVE,
    functions=(*_INITIATOR, *_RESPONDER),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def keys_are_checked(bench: SKFBench) -> None:
    """Exchange with a partner whose public key is no point, on either side."""
    run, dual = _Run.new(Role.RESPONDER), bench.dual_container()
    bad, ephemeral = point_blob(bench, off_curve(run.point)), point_blob(bench, run.ephemeral_point)
    _ephemeral, agreement = _begun(bench, dual, DEFAULT_USER_ID)
    bench.expect(_ended(bench, agreement, bad, ephemeral) != "SAR_OK", _BAD_KEY.en, _BAD_KEY.zh)
    bench.expect(_answered(bench, dual.container, bad, ephemeral) != "SAR_OK", _BAD_KEY.en, _BAD_KEY.zh)


@GROUP.check(
    10,
    "An agreement is for one key",
    "协商句柄只能使用一次",
    clause=Clause(GMT_0016, "7.6.16", "B"),
    functions=_INITIATOR,
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def agreement_is_used_once(bench: SKFBench) -> None:
    """End an agreement, and end it once more with another partner: the ephemeral key would serve two exchanges."""
    first, second = _Run.new(Role.RESPONDER), _Run.new(Role.RESPONDER)
    _ephemeral, agreement = _begun(bench, bench.dual_container(), DEFAULT_USER_ID)
    answers = [
        _ended(bench, agreement, point_blob(bench, run.point), point_blob(bench, run.ephemeral_point))
        for run in (first, second)
    ]
    bench.expect(answers[0] == "SAR_OK", f"the first is refused: {answers[0]}", f"首次调用被拒绝：{answers[0]}")
    bench.observe("second use", answers[1])
    bench.expect(answers[1] != "SAR_OK", "one ephemeral key serves two exchanges", "同一临时密钥用于两次协商")


@GROUP.check(
    11,
    "An ID of more than 32 bytes is refused",
    "超过 32 字节的 ID 被拒绝",
    clause=_BEGIN,
    functions=("SKF_GenerateAgreementDataWithECC",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def long_id(bench: SKFBench) -> None:
    """Begin with an ID of 33 bytes: the interface allows 32."""
    dual, length = bench.dual_container(), _MAX_ID_LEN + 1
    answer = _begin_answer(bench, dual, b"i" * length)
    bench.observe(f"{length} bytes", answer)
    bench.expect(answer != "SAR_OK", "an ID of 33 bytes is taken", "接受了 33 字节的 ID")


def _begin_answer(bench: SKFBench, dual: Dual, user_id: bytes) -> str:
    """Return what SKF_GenerateAgreementDataWithECC answers; an agreement is closed at the end of the check."""
    cell, own = bench.ffi.new("HANDLE *"), room(bench, "ECCPUBLICKEYBLOB")
    number, own_id = bench.constant(SM4_ID), bench.data(user_id)
    arguments = (bench.raw(dual.container), number, own.at, own_id, len(user_id), cell)
    answer = bench.supported("SKF_GenerateAgreementDataWithECC", *arguments)
    return _closing(bench, answer, cell)


@GROUP.check(
    12,
    "Whether an exchange needs the user's login",
    "密钥协商是否需要用户登录",
    clause=Clause(GMT_0016, "7.6.14", "B"),
    functions=("SKF_GenerateAgreementDataWithECC", "SKF_GenerateAgreementDataAndKeyWithECC"),
    severity=Severity.INFORMATION,
    needs=(Permission.WRITE,),
)
def login(bench: SKFBench) -> None:
    """Begin and answer after a logout, and tell both answers: the standard names no right here."""
    dual, run = bench.dual_container(), _Run.new(Role.INITIATOR)
    bench.logout()
    bench.observe("initiator", _begin_answer(bench, dual, DEFAULT_USER_ID))
    point, ephemeral = point_blob(bench, run.point), point_blob(bench, run.ephemeral_point)
    bench.observe("responder", _answered(bench, dual.container, point, ephemeral))


@GROUP.check(
    13,
    "A container without an encryption pair takes part with its signing pair, or refuses",
    "仅有签名密钥对的容器参与协商的行为",
    clause=Clause(GMT_0016, "7.6.14", "B"),
    functions=_RESPONDER,
    severity=Severity.INFORMATION,
    needs=(Permission.WRITE,),
)
def signing_pair_only(bench: SKFBench) -> None:
    """Answer in a container that has a signing pair only, and tell the answer."""
    container, _point = bench.signing_container()
    run = _Run.new(Role.INITIATOR)
    point, ephemeral = point_blob(bench, run.point), point_blob(bench, run.ephemeral_point)
    bench.observe("SKF_GenerateAgreementDataAndKeyWithECC", _answered(bench, container, point, ephemeral))
