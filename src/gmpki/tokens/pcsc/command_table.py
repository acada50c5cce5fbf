"""The commands of GM/T 0017-2012 as far as public programs show them, each with how sure its number and layout are.

The text of the standard was not read. Numbers of confidence B stand in two independent programs, those of C in one;
"ours" are layouts that no source shows, as the software card has them. D is DestroySessionKey, whose number nobody
confirms, and GetTransportKey, which the software card alone has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COMMANDS", "CommandInfo"]


@dataclass(frozen=True, slots=True)
class CommandInfo:
    """What is known of a command. Immutable.

    :ivar ins: its number, INS.
    :ivar confidence: of the number: "B", "C" or "D".
    :ivar layout: where the layout of its data is from: a confidence, or "ours".
    :ivar secret: whether its data, or its answer, are not written to logs.
    :ivar pin: whether it brings a PIN, of which it may spend a try: such a command is never sent again by itself.
    """

    ins: int
    confidence: str
    layout: str
    secret: bool = False
    pin: bool = False


COMMANDS: Final[Mapping[str, CommandInfo]] = {
    "SetLabel": CommandInfo(0x02, "C", "ours"),
    "GetDevInfo": CommandInfo(0x04, "B", "C"),
    "DevAuth": CommandInfo(0x10, "B", "C", secret=True),
    "ChangeDevAuthKey": CommandInfo(0x12, "C", "ours", secret=True),
    "GetPINInfo": CommandInfo(0x14, "C", "ours"),
    "ChangePIN": CommandInfo(0x16, "C", "ours", secret=True, pin=True),
    "VerifyPIN": CommandInfo(0x18, "B", "C", secret=True, pin=True),
    "UnblockPIN": CommandInfo(0x1A, "C", "ours", secret=True, pin=True),
    "ClearSecureState": CommandInfo(0x1C, "B", "C"),
    "CreateApplication": CommandInfo(0x20, "C", "ours", secret=True),
    "EnumApplication": CommandInfo(0x22, "C", "ours"),
    "DeleteApplication": CommandInfo(0x24, "C", "ours"),
    "OpenApplication": CommandInfo(0x26, "B", "C"),
    "CloseApplication": CommandInfo(0x28, "B", "C"),
    "CreateFile": CommandInfo(0x30, "C", "ours"),
    "DeleteFile": CommandInfo(0x32, "C", "ours"),
    "EnumFiles": CommandInfo(0x34, "C", "ours"),
    "GetFileInfo": CommandInfo(0x36, "C", "ours"),
    "ReadFile": CommandInfo(0x38, "C", "ours", secret=True),
    "WriteFile": CommandInfo(0x3A, "C", "ours", secret=True),
    "CreateContainer": CommandInfo(0x40, "C", "ours"),
    "OpenContainer": CommandInfo(0x42, "B", "C"),
    "CloseContainer": CommandInfo(0x44, "C", "ours"),
    "EnumContainer": CommandInfo(0x46, "C", "ours"),
    "DeleteContainer": CommandInfo(0x48, "C", "ours"),
    "GetContainerInfo": CommandInfo(0x4A, "C", "ours"),
    "ImportCertificate": CommandInfo(0x4C, "C", "ours"),
    "ExportCertificate": CommandInfo(0x4E, "C", "ours"),
    "GenRandom": CommandInfo(0x50, "B", "C", secret=True),
    "GenRSAKeyPair": CommandInfo(0x54, "C", "ours"),
    "RSASignData": CommandInfo(0x58, "C", "ours"),
    "RSAVerify": CommandInfo(0x5E, "C", "ours"),
    "GenECCKeyPair": CommandInfo(0x70, "C", "ours"),
    "ImportECCKeyPair": CommandInfo(0x72, "C", "ours", secret=True),
    "ECCSignData": CommandInfo(0x74, "B", "C"),
    "ECCVerify": CommandInfo(0x76, "C", "ours"),
    "ECCExportSessionKey": CommandInfo(0x78, "C", "ours"),
    "ExtECCEncrypt": CommandInfo(0x7A, "C", "ours", secret=True),
    "ExportPublicKey": CommandInfo(0x88, "B", "C"),
    "ImportSessionKey": CommandInfo(0xA0, "C", "ours"),
    "EncryptInit": CommandInfo(0xA4, "C", "ours", secret=True),
    "Encrypt": CommandInfo(0xA6, "C", "ours", secret=True),
    "EncryptUpdate": CommandInfo(0xA8, "C", "ours", secret=True),
    "EncryptFinal": CommandInfo(0xAA, "C", "ours", secret=True),
    "DecryptInit": CommandInfo(0xAC, "C", "ours", secret=True),
    "Decrypt": CommandInfo(0xAE, "C", "ours", secret=True),
    "DecryptUpdate": CommandInfo(0xB0, "C", "ours", secret=True),
    "DecryptFinal": CommandInfo(0xB2, "C", "ours", secret=True),
    "DigestInit": CommandInfo(0xB4, "C", "C"),
    "Digest": CommandInfo(0xB6, "C", "ours", secret=True),
    "DigestUpdate": CommandInfo(0xB8, "C", "ours", secret=True),
    "DigestFinal": CommandInfo(0xBA, "C", "ours"),
    "MacInit": CommandInfo(0xBC, "C", "ours"),
    "Mac": CommandInfo(0xBE, "C", "ours", secret=True),
    "MacUpdate": CommandInfo(0xC0, "C", "ours", secret=True),
    "MacFinal": CommandInfo(0xC2, "C", "ours"),
    "DestroySessionKey": CommandInfo(0xC4, "D", "ours"),
    "GetTransportKey": CommandInfo(0xF1, "D", "ours"),
}
"""Every command by the name of the SKF function that it serves."""
