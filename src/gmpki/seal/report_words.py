"""The words in which reports speak of seals: each in Chinese and in English, for text and for pages alike."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from gmpki.x509.certificate import Certificate

__all__ = [
    "ACCEPTED",
    "DOCUMENT_TEXTS",
    "KIND_TEXTS",
    "NONE",
    "STATUS_TEXTS",
    "VERDICT_TEXTS",
    "ReportLanguage",
    "Words",
    "certificate_text",
]


class ReportLanguage(str, Enum):
    """The language of the fixed words of a report. What a check found is told in English."""

    BOTH = "both"
    CHINESE = "zh"
    ENGLISH = "en"

    __hash__ = str.__hash__


class Words(NamedTuple):
    """The same in both languages."""

    chinese: str
    english: str

    def said(self, language: ReportLanguage) -> str:
        """Return it in one language, or in both."""
        if language is ReportLanguage.BOTH:
            return f"{self.chinese} {self.english}".strip()
        return self.chinese if language is ReportLanguage.CHINESE else self.english


STATUS_TEXTS: Final = {
    "passed": Words("通过", "passed"),
    "failed": Words("未通过", "failed"),
    "not-checked": Words("未检查", "not-checked"),
}
"""What the answers of checks are called."""
VERDICT_TEXTS: Final = {
    "valid": Words("有效", "valid"),
    "incomplete": Words("检查不完整", "incomplete"),
    "invalid": Words("无效", "invalid"),
}
"""What the verdicts are called."""
KIND_TEXTS: Final = {"seal": Words("电子签章", "seal"), "signature": Words("数字签名", "signature")}
"""What the kinds of signatures are called."""
DOCUMENT_TEXTS: Final = {
    "ofd": Words("OFD 文档", "OFD document"),
    "pdf": Words("PDF 文档", "PDF document"),
    "detached": Words("外附签章的文件", "file with a signature beside it"),
    "seal-signature": Words("电子签章数据", "seal signature"),
    "seal": Words("电子印章", "electronic seal"),
}
"""What the kinds of documents are called."""
ACCEPTED: Final = Words("已声明不要求", "accepted")
"""Said of a check that the caller does without."""
NONE: Final = Words("没有", "none")


def certificate_text(certificate: Certificate) -> str:
    """Return the subject and the serial number of a certificate, as people write them."""
    from gmpki.x509.describe import hex_number
    from gmpki.x509.names import format_name

    return f"{format_name(certificate.subject, 'as-encoded')} ({hex_number(certificate.serial_number)})"
