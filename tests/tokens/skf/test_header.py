"""The header of SKF is read whole: the 78 common functions, their clauses, the constants, every layout."""

from __future__ import annotations

import pytest

from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.tokens.skf import header, sar
from gmpki.tokens.skf.functions import SKF, method_name
from gmpki.tokens.skf.layouts import LAYOUTS, Layout

# What was computed for each layout, and for the first read from the debug information of a driver.
SIZES = {
    "VERSION": (2, 2, 2, 2),
    "DEVINFO": (294, 326, 296, 328),
    "RSAPUBLICKEYBLOB": (268, 276, 268, 280),
    "RSAPRIVATEKEYBLOB": (1164, 1172, 1164, 1176),
    "ECCPUBLICKEYBLOB": (132, 136, 132, 136),
    "ECCPRIVATEKEYBLOB": (68, 72, 68, 72),
    "ECCCIPHERBLOB": (165, 169, 168, 176),
    "ECCSIGNATUREBLOB": (128, 128, 128, 128),
    "BLOCKCIPHERPARAM": (44, 56, 44, 56),
    "ENVELOPEDKEYBLOB": (373, 393, 376, 400),
    "FILEATTRIBUTE": (44, 56, 44, 56),
}
NAMES = ("u32-packed", "u64-packed", "u32-natural", "u64-natural")


def test_seventy_eight_functions_are_common() -> None:
    common = [function for function in header.functions().values() if function.common]
    assert len(common) == 78
    # Of these, the drafts have 7 that the edition of 2012 does not.
    assert sum(function.clause is not None for function in common) == 71
    assert {function.name for function in header.functions().values() if not function.common} == {
        "SKF_ECCDecrypt",
        "SKF_ECCExportSessionKeyEx",
        "SKF_SoftCreateDevice",
    }


def test_every_function_has_a_method() -> None:
    assert [name for name in header.functions() if not callable(getattr(SKF, method_name(name), None))] == []


@pytest.mark.parametrize(
    ("function", "method"),
    [
        ("SKF_EnumDev", "enum_dev"),
        ("SKF_DisConnectDev", "disconnect_dev"),
        ("SKF_VerifyPIN", "verify_pin"),
        ("SKF_GetPINInfo", "get_pin_info"),
        ("SKF_ExtRSAPubKeyOperation", "ext_rsa_pub_key_operation"),
        ("SKF_GenerateAgreementDataAndKeyWithECC", "generate_agreement_data_and_key_with_ecc"),
        ("SKF_ImportECCKeyPair", "import_ecc_key_pair"),
    ],
)
def test_method_names(function: str, method: str) -> None:
    assert method_name(function) == method


def test_parameters_are_read() -> None:
    function = header.functions()["SKF_DevAuth"]
    assert function.parameters == ("DEVHANDLE hDev", "BYTE *pbAuthData", "ULONG ulLen")
    assert function.clause == "7.2.3"
    assert function.stack_len == 12
    assert header.functions()["SKF_CancelWaitForDevEvent"].parameters == ()
    # The parameters of a cipher stand on the stack themselves.
    assert header.functions()["SKF_EncryptInit"].stack_len == 4 + 44
    assert header.functions()["SKF_MacInit"].stack_len == 12


def test_every_code_has_one_meaning() -> None:
    names = [name for name in header.constants() if name.startswith("SAR_")]
    assert len(names) == 0x32 + 1 + 9
    assert len({header.constants()[name] for name in names}) == len(names)
    assert [name for name in names if sar.code_of(name) is None] == []


@pytest.mark.parametrize("structure", SIZES)
@pytest.mark.parametrize("index", range(4), ids=NAMES)
def test_sizes(structure: str, index: int) -> None:
    assert Layout.named(NAMES[index]).size(structure) == SIZES[structure][index]


def test_a_mixed_layout_has_narrow_numbers_in_key_blobs() -> None:
    mixed = Layout.named("u64-mixed-packed")
    assert (mixed.size("ECCPUBLICKEYBLOB"), mixed.size("FILEATTRIBUTE")) == (132, 44)
    assert (mixed.size("DEVINFO"), mixed.size("BLOCKCIPHERPARAM")) == (326, 56)


def test_layouts_have_different_names() -> None:
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS) == 6


@pytest.mark.parametrize("ulong_len", [0, 2, 16, -4, 2**70])
def test_no_other_widths(ulong_len: int) -> None:
    with pytest.raises(InvalidInputError, match="4 or 8"):
        Layout(ulong_len)


@pytest.mark.parametrize("fields", [{"ulong_len": "4"}, {"ulong_len": True}, {"packed": 1}, {"mixed": None}])
def test_wrong_types_of_layouts(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidTypeError):
        Layout(**fields)  # type: ignore[arg-type]


def test_a_narrow_layout_is_not_mixed() -> None:
    with pytest.raises(InvalidInputError, match="mixed"):
        Layout(4, mixed=True)


@pytest.mark.parametrize("name", ["", "u16-packed", "U32-PACKED", "u32", "\0"])
def test_unknown_layouts(name: str) -> None:
    with pytest.raises(InvalidInputError):
        Layout.named(name)


def test_layout_names_are_text() -> None:
    with pytest.raises(InvalidTypeError):
        Layout.named(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("structure", ["NOSUCH", "struct {", "", "int; int"])
def test_unknown_structures(structure: str) -> None:
    with pytest.raises(InvalidInputError):
        Layout().size(structure)
