"""The words in which every form of a report speaks: each in Chinese and in English."""

from __future__ import annotations

from typing import Final

from gmpki.conformance.model import Kind, Outcome, Permission, Severity, Words
from gmpki.conformance.report.document import Verdict
from gmpki.tokens.limits import Verdict as LimitsVerdict

__all__ = [
    "CHOSEN",
    "CONFIDENCE",
    "INCOMPLETE",
    "KIND",
    "LABEL",
    "LIMITS_VERDICT",
    "OUTCOME",
    "PERMISSION",
    "SEVERITY",
    "SOFTWARE",
    "STATEMENT",
    "TITLE",
    "VERDICT",
    "VERDICT_SENTENCE",
]

TITLE: Final = Words("Self-test report", "自测报告")
"""What a report is called."""
STATEMENT: Final = Words(
    "This is a self-test: whoever ran it answers for it. It is not an accredited test under GM/T 0063 or GM/T 0048, "
    "and gmpki is not a certified cryptographic module.",
    "本报告为自测结果，由运行者自行负责；不是检测机构依据 GM/T 0063 或 GM/T 0048 出具的检测报告，"
    "gmpki 也不是经认证的密码模块。",
)
"""What a report is, and is not."""
SOFTWARE: Final = Words(
    "What was tested is a software token, no hardware: the figures say nothing of a UKey.",
    "被测对象是软件令牌，不是硬件；所列数据不代表 UKey。",
)
"""What is said where a device says that it is software."""
INCOMPLETE: Final = Words("Incomplete", "不完整")
"""What a run is called in which something that is required did not run."""
CHOSEN: Final = Words(
    "Checks were chosen: what came of them is no verdict on the token.",
    "只运行所选检测项，其结果不是对令牌的结论。",
)
"""What is said of a run of chosen checks."""

KIND: Final = {
    Kind.SKF: Words("SKF (GM/T 0016)", "SKF（GM/T 0016）"),
    Kind.PKCS11: Words("PKCS #11", "PKCS #11"),
    Kind.PCSC: Words("PC/SC (GM/T 0017)", "PC/SC（GM/T 0017）"),
}
"""The interfaces."""
OUTCOME: Final = {
    Outcome.PASSED: Words("passed", "通过"),
    Outcome.FAILED: Words("failed", "未通过"),
    Outcome.DEVIATION: Words("deviation", "偏离"),
    Outcome.UNSUPPORTED: Words("unsupported", "不支持"),
    Outcome.NOT_RUN: Words("not run", "未运行"),
}
"""What comes of a check."""
SEVERITY: Final = {
    Severity.REQUIRED: Words("required", "必须"),
    Severity.RECOMMENDED: Words("recommended", "建议"),
    Severity.INFORMATION: Words("information", "信息"),
}
"""How much a rule weighs."""
PERMISSION: Final = {
    Permission.WRITE: Words("write: makes and removes keys, containers and files", "写入：创建并删除密钥、容器和文件"),
    Permission.LOCK: Words("lock: gives wrong PINs on purpose", "锁定：有意输入错误的 PIN"),
    Permission.INIT: Words("init: creates and deletes applications", "初始化：创建并删除应用"),
}
"""What a run may be permitted."""
VERDICT: Final = {
    Verdict.PASSED: Words("Passed", "通过"),
    Verdict.DEVIATIONS: Words("Passed with deviations", "通过，有偏离"),
    Verdict.FAILED: Words("Failed", "未通过"),
    Verdict.UNSUPPORTED: Words("Required functions are missing", "缺少必须支持的功能"),
    Verdict.INCOMPLETE: Words("Incomplete", "不完整"),
}
"""What comes of a run."""
VERDICT_SENTENCE: Final = {
    Verdict.PASSED: Words("Every required check passed.", "全部必须项通过。"),
    Verdict.DEVIATIONS: Words(
        "No required check failed; what differs from the standard or from what clients count on is listed.",
        "没有必须项未通过；与标准或与客户端惯例不一致之处均已列出。",
    ),
    Verdict.FAILED: Words("At least one required check failed.", "至少有一个必须项未通过。"),
    Verdict.UNSUPPORTED: Words(
        "No required check failed, but the token lacks something that the standard requires.",
        "没有必须项未通过，但令牌缺少标准要求的功能。",
    ),
    Verdict.INCOMPLETE: Words(
        "No required check failed, but not every required check was run: this is no pass.",
        "没有必须项未通过，但并非所有必须项都已运行，不能认定为通过。",
    ),
}
"""The same as a sentence."""
LIMITS_VERDICT: Final = {
    LimitsVerdict.PASSED: Words("within the limits", "符合指标"),
    LimitsVerdict.FAILED: Words("limits exceeded", "超出指标"),
    LimitsVerdict.INCOMPLETE: Words("not all measured", "未全部测得"),
}
"""What comes of latency."""
CONFIDENCE: Final = {
    "A": Words("read in the standard and confirmed in code", "读自标准原文并经代码印证"),
    "B": Words("one standard text, or two independent programs", "一份标准原文，或两个独立程序"),
    "C": Words("one program or one secondary source", "一个程序或一个二手来源"),
    "D": Words("not verified", "未经核实"),
}
"""How sure a rule is."""

LABEL: Final = {
    "manufacturer": Words("Manufacturer", "制造商"),
    "issuer": Words("Issuer", "发行商"),
    "label": Words("Label", "标签"),
    "model": Words("Model", "型号"),
    "serial_number": Words("Serial number", "序列号"),
    "hardware_version": Words("Hardware version", "硬件版本"),
    "firmware_version": Words("Firmware version", "固件版本"),
    "specification_version": Words("Specification version", "规范版本"),
    "library_version": Words("Library version", "驱动库版本"),
    "algorithms": Words("Algorithms", "算法"),
    "device_auth_algorithm": Words("Device authentication", "设备认证算法"),
    "total_len": Words("Storage, bytes", "总空间（字节）"),
    "free_len": Words("Free, bytes", "剩余空间（字节）"),
    "is_software": Words("Software token", "软件令牌"),
    "name": Words("Profile", "驱动特征"),
    "layout": Words("Layout of structures", "结构布局"),
    "sm2_numbering": Words("Numbering of SM2", "SM2 标识编号"),
    "encoding": Words("Encoding of texts", "文本编码"),
    "envelope": Words("Form of envelopes", "信封形式"),
    "device_auth": Words("Form of device authentication", "设备认证形式"),
    "spelling": Words("Spelling of functions", "函数名拼写"),
    "mechanisms": Words("Mechanisms", "机制"),
    "mechanism_map_source": Words("Where the numbers of mechanisms are from", "机制编号来源"),
    "mechanism_map_confidence": Words("How sure they are", "编号可信度"),
    "library": Words("Library", "驱动库"),
    "reader": Words("Reader", "读卡器"),
    "atr": Words("Answer to reset (ATR)", "复位应答（ATR）"),
    "confidence": Words("How sure the profile is", "特征可信度"),
    "pin_form": Words("Form of PINs", "PIN 传输形式"),
    "pin_padding": Words("Padding of PINs", "PIN 填充方式"),
    "extended": Words("Extended lengths", "扩展长度"),
    "max_data_len": Words("Data of a command, bytes", "单条指令数据（字节）"),
    "signing_flag": Words("P1 of the signing pair", "签名密钥对的 P1"),
    "commands": Words("Numbers of commands", "指令编号"),
    "words": Words("Status words", "状态字"),
    "quirks": Words("Quirks", "特殊行为"),
    "missing": Words("Missing functions", "缺少的函数"),
    "notes": Words("Notes", "备注"),
    "gmpki": Words("gmpki", "gmpki 版本"),
    "python": Words("Python", "Python 版本"),
    "system": Words("System", "操作系统"),
    "processor": Words("Processor", "处理器"),
    "c_library": Words("C library", "C 库"),
    "left_behind": Words("Left behind in the token", "令牌中未能清除"),
}
"""What is said of devices, drivers and machines; a name that is not here is shown as it is."""
