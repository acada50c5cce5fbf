"""Buffers: how a driver is asked for a size, and what it does with the room it is given (GM/T 0016-2012 clause 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.known_keys import known_key
from gmpki.conformance.skf.sized import LISTS, MOST_LEN, SIZED, Ready, Sized, ask, fill, needed, result_len
from gmpki.conformance.skf.sm2_blobs import point_blob, room
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.interfaces import PinRole
from gmpki.tokens.skf.structures import BlockCipherParam

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.conformance.skf.sized import Filled

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "buffers", "BUF", Words("Buffers and their sizes", "缓冲区与长度协商"))

_ERRORS: Final = Clause(GMT_0016, "annex A")
_WRITE: Final = (Permission.WRITE,)
_INIT: Final = (Permission.INIT,)

# Where the numbers of the checks of all such functions begin.
_EXACT, _SHORT, _STATE, _LIST = 20, 40, 60, 80
_TOO_SMALL: Final = "SAR_BUFFER_TOO_SMALL"
_SPARE_LEN: Final = 64
_BLOCK: Final = bytes(range(16))
_RSA_BITS: Final = 2048
_RSA_LEN: Final = _RSA_BITS // 8


# ---- the rules, for any function -----------------------------------------------------------


def _expect_size(bench: SKFBench, case: Sized, ready: Ready) -> int:
    """Expect that the size is told, enough for what the function then answers; return it."""
    function = case.function
    answer, size = ask(bench, case, ready)
    bench.expect(
        answer == "SAR_OK",
        f"a size query of {function} is answered with {answer}",
        f"{function} 的长度查询返回 {answer}",
    )
    if size is None:
        bench.fail(f"a size query of {function} tells no size", f"{function} 的长度查询未写入长度")
    if size > MOST_LEN:
        bench.fail(f"{function} tells a size of {size} bytes", f"{function} 报告的长度为 {size} 字节")
    if ready.expected is not None:
        least = len(ready.expected)
        bench.expect(
            size >= least,
            f"{function} tells a size of {size} bytes for a result of {least}",
            f"{function} 报告长度 {size} 字节，而结果有 {least} 字节",
        )
    return size


def _expect_filled(bench: SKFBench, case: Sized, ready: Ready, filled: Filled, how: Words) -> None:
    """Expect that a call has filled its buffer, with what is right and no further."""
    function, capacity = case.function, len(filled.memory.bytes())
    bench.expect(
        not filled.memory.overrun,
        f"{function} writes outside a buffer of {capacity} bytes",
        f"{function} 的写入超出 {capacity} 字节的缓冲区",
    )
    bench.expect(
        filled.answer == "SAR_OK" and filled.length <= capacity,
        f"{function} answers {filled.answer} {how.en} and says {filled.length} bytes",
        f"{function} {how.zh}返回 {filled.answer}，长度 {filled.length} 字节",
    )
    bench.expect(
        ready.expected is None or filled.memory.bytes(filled.length) == ready.expected,
        f"{function} writes another result {how.en}",
        f"{function} {how.zh}写入的结果不正确",
    )


def _expect_refusal(bench: SKFBench, case: Sized, filled: Filled) -> None:
    """Expect that a call with too little room was refused, with nothing behind it written."""
    function, capacity = case.function, len(filled.memory.bytes())
    bench.expect(
        not filled.memory.overrun,
        f"{function} writes outside a buffer that is one byte too small",
        f"缓冲区少一个字节时，{function} 的写入越界",
    )
    bench.expect(
        filled.answer != "SAR_OK",
        f"{function} answers SAR_OK though its result does not fit: {capacity} bytes were given",
        f"结果放不下时（缓冲区 {capacity} 字节）{function} 仍返回 SAR_OK",
    )
    if filled.answer != _TOO_SMALL:
        bench.deviate(
            f"{function} answers {filled.answer} to a buffer that is too small, not {_TOO_SMALL}",
            f"缓冲区过小时 {function} 返回 {filled.answer}，而非 {_TOO_SMALL}",
            "ask for the size before each call and give that much",
            "每次调用前先查询长度并按此分配",
        )


def _register(case: Sized) -> None:
    """Make the checks of one function."""
    function, clause = case.function, Clause(GMT_0016, case.clause)

    @GROUP.check(
        case.number,
        f"{function} tells the size it needs when the buffer is NULL",
        f"缓冲区为 NULL 时 {function} 报告所需长度",
        clause=clause,
        functions=(function,),
        needs=case.needs,
        precondition=case.precondition,
    )
    def size_query(bench: SKFBench) -> None:
        """Call with a NULL buffer: SAR_OK, and a size that is enough for the result."""
        ready = case.ready(bench)
        size = _expect_size(bench, case, ready)
        filled = fill(bench, case, case.ready(bench) if case.is_stateful else ready, size + _SPARE_LEN)
        if filled.answer != "SAR_OK":
            bench.not_run(f"{function} answered {filled.answer}", f"{function} 返回 {filled.answer}")
        bench.expect(
            0 < filled.length <= size,
            f"{function} tells a size of {size} bytes and writes {filled.length}",
            f"{function} 报告长度 {size} 字节，实际写入 {filled.length} 字节",
        )

    @GROUP.check(
        _EXACT + case.number,
        f"{function} takes a buffer of just the size it needs",
        f"{function} 接受恰好为所需长度的缓冲区",
        clause=clause,
        functions=(function,),
        needs=case.needs,
        precondition=case.precondition,
    )
    def exact_size(bench: SKFBench) -> None:
        """Call with as many bytes as the size query told: SAR_OK, the right result, and nothing around it written."""
        ready = case.ready(bench)
        size = needed(bench, case, ready)
        ready = case.ready(bench) if case.is_stateful else ready
        how = Words("for a buffer of the size that it told", "对于其所报长度的缓冲区")
        _expect_filled(bench, case, ready, fill(bench, case, ready, size), how)

    @GROUP.check(
        _SHORT + case.number,
        f"{function} refuses a buffer that is too small with SAR_BUFFER_TOO_SMALL",
        f"缓冲区过小时 {function} 返回 SAR_BUFFER_TOO_SMALL 且不越界写入",
        clause=_ERRORS,
        functions=(function,),
        needs=case.needs,
        precondition=case.precondition,
    )
    def too_small(bench: SKFBench) -> None:
        """Call with one byte less than the result has; tell whether the needed size comes with the refusal."""
        ready = case.ready(bench)
        least = result_len(bench, case, ready)
        filled = fill(bench, case, ready, least - 1)
        _expect_refusal(bench, case, filled)
        bench.observe("needed size told", "yes" if filled.length >= least else "no")


def _register_state(case: Sized) -> None:
    function = case.function

    @GROUP.check(
        _STATE + case.number,
        f"Asking {function} for the size changes nothing",
        f"向 {function} 查询长度不改变其状态",
        clause=Clause(GMT_0016, case.clause),
        functions=(function,),
        needs=case.needs,
        precondition=case.precondition,
    )
    def query_keeps_state(bench: SKFBench) -> None:
        """Ask for the size twice, then have the result: it is the one that comes without asking."""
        ready = case.ready(bench)
        first = needed(bench, case, ready)
        answer, again = ask(bench, case, ready)
        bench.expect(
            (answer, again) == ("SAR_OK", first),
            f"{function} tells {first} bytes at first, and then answers {answer} and tells {again}",
            f"{function} 首次报告 {first} 字节，再次查询返回 {answer}，长度为 {again}",
        )
        how = Words("after it was asked for the size", "在查询长度之后")
        _expect_filled(bench, case, ready, fill(bench, case, ready, first + _SPARE_LEN), how)


def _register_list(case: Sized) -> None:
    function = case.function

    @GROUP.check(
        _LIST + case.number,
        f"The names of {function} end with NUL, and the list with one more",
        f"{function} 的每个名称以 NUL 结尾，列表以双 NUL 结尾",
        clause=Clause(GMT_0016, case.clause, "A" if function == "SKF_EnumDev" else "B"),
        functions=(function,),
        needs=case.needs,
    )
    def list_ends(bench: SKFBench) -> None:
        """Take the list as the bytes that are written, and look at its end."""
        ready = case.ready(bench)
        filled = fill(bench, case, ready, needed(bench, case, ready) + _SPARE_LEN)
        listed = filled.memory.bytes(filled.length)
        bench.expect(filled.answer == "SAR_OK", f"{function}: {filled.answer}", f"{function}：{filled.answer}")
        if len(listed) <= 2:
            bench.not_run("the list is empty", "列表为空")
        bench.expect(
            listed.endswith(b"\0\0"),
            "the list does not end with two NUL bytes within the length told",
            "在所报长度之内列表未以双 NUL 结尾",
        )
        bench.expect(
            b"\0\0" not in listed[:-2] and not listed.startswith(b"\0"),
            "there is an empty name in the list",
            "列表中存在空名称",
        )


for _case in SIZED:
    _register(_case)
for _case in SIZED:
    if _case.is_stateful:
        _register_state(_case)
for _case in LISTS:
    _register_list(_case)


# ---- what has its own rules ----------------------------------------------------------------


def _rsa_signing(bench: SKFBench) -> Ready:
    if not bench.info.alg_asym_cap & bench.constant("SGD_RSA"):
        bench.unsupported("the device does not claim RSA", "设备未声明支持 RSA")
    container = bench.new_container()
    with bench.scene():
        bench.skf.gen_rsa_key_pair(container, _RSA_BITS)
    return Ready((bench.raw(container), bench.data(bytes(20)), 20), None)


@GROUP.check(
    7,
    "SKF_RSASignData tells the size it needs and keeps to the buffer's",
    "SKF_RSASignData 报告所需长度且不超出缓冲区",
    clause=Clause(GMT_0016, "7.6.5"),
    functions=("SKF_RSASignData",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=Words("RSA", "支持 RSA"),
)
def rsa_sign(bench: SKFBench) -> None:
    """Ask for the size, sign into a buffer of just that size, and into one that is a byte too small."""
    case = Sized(7, "SKF_RSASignData", "7.6.5", _rsa_signing)
    ready = case.ready(bench)
    size = _expect_size(bench, case, ready)
    bench.expect(
        size >= _RSA_LEN,
        f"a signature by a key of {_RSA_BITS} bits is said to have {size} bytes",
        f"{_RSA_BITS} 位密钥的签名被报告为 {size} 字节",
    )
    how = Words("for a buffer of the size that it told", "对于其所报长度的缓冲区")
    _expect_filled(bench, case, ready, fill(bench, case, ready, size), how)
    _expect_refusal(bench, case, fill(bench, case, ready, _RSA_LEN - 1))


@GROUP.check(
    85,
    "A list of nothing is SAR_OK and holds no name",
    "空列表返回 SAR_OK 且不含名称",
    clause=Clause(GMT_0016, "7.4.4"),
    functions=("SKF_EnumFiles", "SKF_EnumContainer"),
    needs=_INIT,
)
def empty_lists(bench: SKFBench) -> None:
    """List files and containers of a new application; tell how long an empty list is: 0, 1 and 2 bytes are met."""
    own = bench.new_application()
    application = bench.raw(own.handle)
    with bench.scene():
        # No right is named for either function: whether they take one is what SKF-PERM-009 tells.
        bench.skf.verify_pin(own.handle, PinRole.USER, own.pins.user)
    for case in LISTS[2:]:
        ready = Ready((application,))
        answer, size = ask(bench, case, ready)
        bench.expect(
            answer == "SAR_OK" and size is not None,
            f"{case.function} answers {answer} where there is nothing to list",
            f"无内容可列时 {case.function} 返回 {answer}",
        )
        filled = fill(bench, case, ready, _SPARE_LEN)
        bench.observe(f"{case.function} length", size)
        bench.expect(
            filled.answer == "SAR_OK" and not filled.memory.bytes(filled.length).strip(b"\0"),
            f"{case.function} lists something in a new application, or answers {filled.answer}",
            f"{case.function} 在新应用中列出了内容，或返回 {filled.answer}",
        )


@GROUP.check(
    86,
    "SKF_EncryptUpdate keeps to the length that it is given",
    "SKF_EncryptUpdate 不超出给定的长度",
    clause=Clause(GMT_0016, "7.6.21", "B"),
    functions=("SKF_EncryptUpdate",),
    severity=Severity.RECOMMENDED,
    precondition=Words("SM4", "支持 SM4"),
)
def update_keeps_to_capacity(bench: SKFBench) -> None:
    """Encrypt two blocks into one byte less; the edition of 2012 has the length as an output only."""
    key = known_key(bench, "SGD_SM4_ECB")
    bench.skf.encrypt_init(key, BlockCipherParam())
    case = Sized(0, "SKF_EncryptUpdate", "7.6.21", lambda _: Ready(()))
    message = _BLOCK * 2
    filled = fill(bench, case, Ready((bench.raw(key), bench.data(message), len(message))), len(message) - 1)
    bench.observe("SKF_EncryptUpdate", filled.answer)
    bench.expect(
        not filled.memory.overrun,
        "SKF_EncryptUpdate does not look at the length and writes behind the buffer",
        "SKF_EncryptUpdate 不检查长度，写入超出缓冲区",
    )


def _encrypted(bench: SKFBench, capacity: int) -> tuple[str, Any]:
    """Encrypt a block by SM2 with so much said in CipherLen; return the name of the code and the structure."""
    recipient = point_blob(bench, SM2PrivateKey.generate().public_key.to_bytes()[1:])
    blob = room(bench, "ECCCIPHERBLOB", len(_BLOCK))
    blob.at.CipherLen = capacity
    device, message = bench.raw(bench.device), bench.data(_BLOCK)
    answer = bench.answer("SKF_ExtECCEncrypt", device, recipient.at, message, len(_BLOCK), blob.at)
    if answer == "SAR_NOTSUPPORTYETERR":
        bench.unsupported(f"SKF_ExtECCEncrypt answered {answer}", f"SKF_ExtECCEncrypt 返回 {answer}")
    bench.expect(not blob.memory.overrun, "it writes behind the ciphertext", "写入超出密文")
    return answer, blob


@GROUP.check(
    87,
    "ECCCIPHERBLOB may carry the room for the ciphertext in CipherLen",
    "ECCCIPHERBLOB 的 CipherLen 可预置为密文缓冲区长度",
    clause=Clause(GMT_0016, "7.6.13", "C"),
    functions=("SKF_ExtECCEncrypt",),
    severity=Severity.RECOMMENDED,
)
def cipher_len_as_capacity(bench: SKFBench) -> None:
    """Encrypt by SM2 with CipherLen set to what fits: it has to say the length of the ciphertext afterwards."""
    answer, blob = _encrypted(bench, len(_BLOCK))
    bench.expect(answer == "SAR_OK", f"SKF_ExtECCEncrypt answered {answer}", f"SKF_ExtECCEncrypt 返回 {answer}")
    bench.expect(
        blob.at.CipherLen == len(_BLOCK),
        f"CipherLen is {blob.at.CipherLen} for a ciphertext of {len(_BLOCK)} bytes",
        f"密文为 {len(_BLOCK)} 字节，而 CipherLen 为 {blob.at.CipherLen}",
    )


@GROUP.check(
    89,
    "A buffer that is too small is answered with the size that is needed",
    "缓冲区过小时返回所需长度",
    clause=Clause(GMT_0016, "7", "B"),
    functions=("SKF_EnumDev", "SKF_EnumApplication", "SKF_Digest", "SKF_DigestFinal"),
    severity=Severity.RECOMMENDED,
)
def needed_size_is_told(bench: SKFBench) -> None:
    """Give functions that take no permission one byte too little, and look at the length."""
    for case in SIZED:
        if case.needs or case.precondition is not None:
            continue
        ready = case.ready(bench)
        least = result_len(bench, case, ready)
        filled = fill(bench, case, ready, least - 1)
        bench.expect(
            filled.answer == "SAR_OK" or filled.length >= least,
            f"{case.function} answers {filled.answer} and says {filled.length} bytes where {least} are needed",
            f"{case.function} 返回 {filled.answer}，长度为 {filled.length} 字节，而所需为 {least} 字节",
        )
