"""Electronic seals (GM/T 0031, GB/T 38540): made, used, verified, on OFD, PDF and other documents.

The names below are loaded when they are first used. A maker makes a seal for somebody, who signs with it:

>>> from datetime import datetime, timedelta, timezone
>>> from gmpki import SM2PrivateKey
>>> from gmpki.algorithms import sm3
>>> from gmpki.cms import Trust
>>> from gmpki.seal import SealPicture, SealSigner, SealSpec, SealTrust, make_seal, verify_seal_signature
>>> from gmpki.x509.certificate_builder import CertificateBuilder
>>> from gmpki.x509.names import build_name
>>> now = datetime.now(timezone.utc).replace(microsecond=0)
>>> def certified(key, name):
...     builder = CertificateBuilder().subject(name).issuer(name).serial_number(1).public_key(key.public_key)
...     return builder.validity(now, now + timedelta(days=365)).sign(key)
>>> maker_key, key = SM2PrivateKey.generate(), SM2PrivateKey.generate()
>>> maker = certified(maker_key, build_name(("C", "CN"), ("CN", "示例制章中心")))
>>> certificate = certified(key, build_name(("C", "CN"), ("CN", "张三")))

>>> picture = SealPicture("SVG", b'<svg xmlns="http://www.w3.org/2000/svg"/>', 40, 40)
>>> spec = SealSpec("31010000000001", "示例市社会保障局", picture, [certificate], now, now + timedelta(days=365))
>>> seal = make_seal(spec, maker_key, maker)
>>> seal
<Seal '示例市社会保障局', id '31010000000001', GB/T 38540-2020>

>>> digest = sm3.digest("合同".encode())
>>> signature = SealSigner(seal, key, certificate).sign(digest, "contract.txt")
>>> trust = SealTrust(Trust([certificate]), Trust([maker]), accept={"time-stamp", "seal-status"})
>>> report = verify_seal_signature(signature, digest, trust)
>>> report.verdict.value
'incomplete'
>>> [check.name.value for check in report.signatures[0].checks if check.status.value == "not-checked"]
['signer-revocation', 'time-stamp', 'maker-revocation', 'seal-status']

Nobody was asked about revocation here, and the report says so: a document is valid when everything was checked that the
verifier did not accept by name to do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.seal.batch import BatchResult, run_batch
    from gmpki.seal.consent import Consent, consent_of
    from gmpki.seal.detached import PreparedFile, prepare_file, seal_file, verify_detached
    from gmpki.seal.digital import DigitalForm, DigitalSigner, PreparedDigitalSignature
    from gmpki.seal.digital_check import check_digital_signature
    from gmpki.seal.file_registry import FileSealRegistry
    from gmpki.seal.grants import FileGrants, Grant, MemoryGrants
    from gmpki.seal.interfaces import DocumentSigner, GrantCheck, PreparedDocumentSignature, UseEvent, UseRecorder
    from gmpki.seal.layouts import SealLayout
    from gmpki.seal.life import SealAction, SealRecord, SealStage, SealStep
    from gmpki.seal.making import PendingSeal, SealSpec, make_seal, prepare_seal
    from gmpki.seal.registry import MemorySealRegistry, SealRegistry
    from gmpki.seal.report import DocumentReport, Placement, SealCheck, SignatureReport, Verdict
    from gmpki.seal.report_html import report_as_html
    from gmpki.seal.report_json import report_as_dict
    from gmpki.seal.report_text import report_lines
    from gmpki.seal.report_words import ReportLanguage
    from gmpki.seal.seal import Seal, SealPicture, SealType, SignerDigest
    from gmpki.seal.seal_check import SealFindings, check_seal, verify_seal
    from gmpki.seal.signature import SealSignature
    from gmpki.seal.signing import SealSigner
    from gmpki.seal.status import SealState, SealStatus, SealStatusSource
    from gmpki.seal.trust import SealTrust
    from gmpki.seal.two_phase import PreparedSealSignature, prepared_from_bytes
    from gmpki.seal.use_check import UseCheck
    from gmpki.seal.use_log import FileUseLog, LoggedUse, MemoryUseLog, record_verification
    from gmpki.seal.verification import check_seal_signature, verify_seal_signature

__all__ = [
    "BatchResult",
    "Consent",
    "DigitalForm",
    "DigitalSigner",
    "DocumentReport",
    "DocumentSigner",
    "FileGrants",
    "FileSealRegistry",
    "FileUseLog",
    "Grant",
    "GrantCheck",
    "LoggedUse",
    "MemoryGrants",
    "MemorySealRegistry",
    "MemoryUseLog",
    "PendingSeal",
    "Placement",
    "PreparedDigitalSignature",
    "PreparedDocumentSignature",
    "PreparedFile",
    "PreparedSealSignature",
    "ReportLanguage",
    "Seal",
    "SealAction",
    "SealCheck",
    "SealFindings",
    "SealLayout",
    "SealPicture",
    "SealRecord",
    "SealRegistry",
    "SealSignature",
    "SealSigner",
    "SealSpec",
    "SealStage",
    "SealState",
    "SealStatus",
    "SealStatusSource",
    "SealStep",
    "SealTrust",
    "SealType",
    "SignatureReport",
    "SignerDigest",
    "UseCheck",
    "UseEvent",
    "UseRecorder",
    "Verdict",
    "check_digital_signature",
    "check_seal",
    "check_seal_signature",
    "consent_of",
    "make_seal",
    "prepare_file",
    "prepare_seal",
    "prepared_from_bytes",
    "record_verification",
    "report_as_dict",
    "report_as_html",
    "report_lines",
    "run_batch",
    "seal_file",
    "verify_detached",
    "verify_seal",
    "verify_seal_signature",
]

_HOMES = {
    "BatchResult": "gmpki.seal.batch",
    "Consent": "gmpki.seal.consent",
    "DigitalForm": "gmpki.seal.digital",
    "DigitalSigner": "gmpki.seal.digital",
    "DocumentReport": "gmpki.seal.report",
    "DocumentSigner": "gmpki.seal.interfaces",
    "FileGrants": "gmpki.seal.grants",
    "FileSealRegistry": "gmpki.seal.file_registry",
    "FileUseLog": "gmpki.seal.use_log",
    "Grant": "gmpki.seal.grants",
    "GrantCheck": "gmpki.seal.interfaces",
    "LoggedUse": "gmpki.seal.use_log",
    "MemoryGrants": "gmpki.seal.grants",
    "MemorySealRegistry": "gmpki.seal.registry",
    "MemoryUseLog": "gmpki.seal.use_log",
    "PendingSeal": "gmpki.seal.making",
    "Placement": "gmpki.seal.report",
    "PreparedDigitalSignature": "gmpki.seal.digital",
    "PreparedDocumentSignature": "gmpki.seal.interfaces",
    "PreparedFile": "gmpki.seal.detached",
    "PreparedSealSignature": "gmpki.seal.two_phase",
    "ReportLanguage": "gmpki.seal.report_words",
    "Seal": "gmpki.seal.seal",
    "SealAction": "gmpki.seal.life",
    "SealCheck": "gmpki.seal.report",
    "SealFindings": "gmpki.seal.seal_check",
    "SealLayout": "gmpki.seal.layouts",
    "SealPicture": "gmpki.seal.seal",
    "SealRecord": "gmpki.seal.life",
    "SealRegistry": "gmpki.seal.registry",
    "SealSignature": "gmpki.seal.signature",
    "SealSigner": "gmpki.seal.signing",
    "SealSpec": "gmpki.seal.making",
    "SealStage": "gmpki.seal.life",
    "SealState": "gmpki.seal.status",
    "SealStatus": "gmpki.seal.status",
    "SealStatusSource": "gmpki.seal.status",
    "SealStep": "gmpki.seal.life",
    "SealTrust": "gmpki.seal.trust",
    "SealType": "gmpki.seal.seal",
    "SignatureReport": "gmpki.seal.report",
    "SignerDigest": "gmpki.seal.seal",
    "UseCheck": "gmpki.seal.use_check",
    "UseEvent": "gmpki.seal.interfaces",
    "UseRecorder": "gmpki.seal.interfaces",
    "Verdict": "gmpki.seal.report",
    "check_digital_signature": "gmpki.seal.digital_check",
    "check_seal": "gmpki.seal.seal_check",
    "check_seal_signature": "gmpki.seal.verification",
    "consent_of": "gmpki.seal.consent",
    "make_seal": "gmpki.seal.making",
    "prepare_file": "gmpki.seal.detached",
    "prepare_seal": "gmpki.seal.making",
    "prepared_from_bytes": "gmpki.seal.two_phase",
    "record_verification": "gmpki.seal.use_log",
    "report_as_dict": "gmpki.seal.report_json",
    "report_as_html": "gmpki.seal.report_html",
    "report_lines": "gmpki.seal.report_text",
    "run_batch": "gmpki.seal.batch",
    "seal_file": "gmpki.seal.detached",
    "verify_detached": "gmpki.seal.detached",
    "verify_seal": "gmpki.seal.seal_check",
    "verify_seal_signature": "gmpki.seal.verification",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
