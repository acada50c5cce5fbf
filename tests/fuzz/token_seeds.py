"""Valid inputs of the tokens' targets to begin with."""

from __future__ import annotations

from pathlib import Path

from fuzz import seeds
from fuzz.token_targets import SESSION
from gmpki.errors import PinIncorrectError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
from gmpki.tokens.skf.driver_profile import DriverProfile
from gmpki.tokens.skf.messages import encode, error_fields
from gmpki.tokens.skf.structures import DeviceHandle, DevInfo, FileAttribute, PinState

__all__ = ["SEEDS", "outside"]

DEV_INFO = DevInfo((1, 0), "厂商", "issuer", "label", "00a1", (1, 0), (1, 0), 0x401, 0x20100, 1, 0x401, 1, 2, 256, 512)


def uris() -> list[bytes]:
    return [
        text.encode()
        for text in (
            "soft:dev=00a1;app=GMPKI-TEST;con=con1;usage=encryption",
            "skf:lib=/usr/lib/libvendor.so;dev=UKEY%201;app=%E5%BA%94%E7%94%A8;con=a;isolated=yes;profile=haitai",
            (
                "pkcs11:token=GMPKI-TEST;serial=00a1;object=con1;id=%01%02;type=private"
                "?module-path=/usr/lib/p11.so&pin-source=file:/run/pin"
            ),
            "pcsc:reader=Virtual%20PCD%2000%2000;app=GMPKI-TEST;con=con1",
        )
    ]


def profiles() -> list[bytes]:
    found = [DriverProfile.shipped(name).to_toml() for name in DriverProfile.shipped_names()]
    card = 'name = "a"\nextended = true\n'
    return [text.encode() for text in (*found, MechanismMap.probe([0xC0474D02]).to_toml(), card)]


def card_answers() -> list[bytes]:
    point = SM2PrivateKey.from_bytes(seeds.ROOT_KEY.to_bytes()).public_key.to_bytes()[-64:]
    info = bytes(2) + b"\x01\x00" + b"maker".ljust(64, b"\0") * 2 + b"label".ljust(32, b"\0") * 2 + bytes(34)
    return [
        b"\x90\x00",
        b"con1\0con2\0\0\x90\x00",
        b"\x80\x18\x00\x01\x02\xaa\xbb\x00",
        b"\x80\x50\x00\x00\x00\x01\x00",
        (256).to_bytes(4, "big") + point,
        (1024).to_bytes(4, "big") + b"\xc5" * 128 + b"\0\1\0\1",
        info,
    ]


def driver_messages() -> list[bytes]:
    values = (
        (1, "enum_dev", (True,), ()),
        (2, False, ("UKEY-1", "UKEY-2"), None),
        (3, False, DeviceHandle(5, "UKEY-1", SESSION), None),
        (4, False, (DEV_INFO, PinState(10, 9, False), FileAttribute("file", 1, 16, 16), b"\0" * 64), None),
        error_fields(PinIncorrectError("wrong", function="SKF_VerifyPIN", tries_left=3)),
    )
    return [encode(value, SESSION) for value in values]


SEEDS = {
    "token_uri": uris,
    "driver_profile": profiles,
    "card_answer": card_answers,
    "driver_message": driver_messages,
}


def outside(_folder: Path, _target: str) -> list[bytes]:
    """Return outside inputs: there are none."""
    return []
