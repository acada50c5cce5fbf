"""Identity numbers: their forms, check characters and what is shown of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.ca.registration.identity import (
    Identity,
    IdentityKind,
    canonical_number,
    check_credit_code,
    check_organization_code,
    check_resident_id,
    masked,
)
from gmpki.errors import InvalidInputError, InvalidTypeError

# The example of GB 11643-1999, and codes computed by hand from the definitions.
RESIDENT = "11010519491231002X"
CREDIT = "91110000600037341L"
ORGANIZATION = "600037341"
DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_kinds_have_titles() -> None:
    assert len({kind.title for kind in IdentityKind}) == len(IdentityKind)


@pytest.mark.parametrize(
    ("kind", "given_number", "number"),
    [
        (IdentityKind.RESIDENT_ID, "110105194912310 02x", RESIDENT),
        (IdentityKind.RESIDENT_ID, "１１０１０５１９４９１２３１００２Ｘ", RESIDENT),
        (IdentityKind.PASSPORT, "e00000000", "E00000000"),
        (IdentityKind.MILITARY_CARD, "军字第 0000001 号", "军字第0000001号"),
        (IdentityKind.CREDIT_CODE, CREDIT.lower(), CREDIT),
        (IdentityKind.ORGANIZATION_CODE, "60003734-1", ORGANIZATION),
        (IdentityKind.BUSINESS_REGISTRATION, "110000000000001", "110000000000001"),
        (IdentityKind.TAXATION_NUMBER, CREDIT, CREDIT),
        (IdentityKind.DEVICE, "vpn-01.Example.test", "vpn-01.Example.test"),
    ],
)
def test_one_form(kind: IdentityKind, given_number: str, number: str) -> None:
    assert Identity(kind, given_number).number == number


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (IdentityKind.RESIDENT_ID, "110105194912310021"),
        (IdentityKind.RESIDENT_ID, "110105194902310027"),
        (IdentityKind.RESIDENT_ID, "010105194912310020"),
        (IdentityKind.RESIDENT_ID, "110105491231002"),
        (IdentityKind.RESIDENT_ID, ""),
        (IdentityKind.PASSPORT, "E123"),
        (IdentityKind.PASSPORT, "E" * 21),
        (IdentityKind.PASSPORT, "护照00000"),
        (IdentityKind.MILITARY_CARD, "12345"),
        (IdentityKind.CREDIT_CODE, "911100006000373410"),
        (IdentityKind.CREDIT_CODE, "9111000060003734IL"),
        (IdentityKind.CREDIT_CODE, "91A10000600037341L"),
        (IdentityKind.ORGANIZATION_CODE, "600037342"),
        (IdentityKind.ORGANIZATION_CODE, "60003734"),
        (IdentityKind.BUSINESS_REGISTRATION, "11000000000001"),
        (IdentityKind.TAXATION_NUMBER, "1" * 14),
        (IdentityKind.DEVICE, ""),
        (IdentityKind.DEVICE, "a" * 65),
        (IdentityKind.DEVICE, "a\x00b"),
        (IdentityKind.DEVICE, "a\ud800"),
        (IdentityKind.DEVICE, "a" * 129),
    ],
)
def test_refused_without_being_repeated(kind: IdentityKind, number: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Identity(kind, number)
    assert not number or number not in str(caught.value)


@pytest.mark.parametrize("check", [check_resident_id, check_credit_code, check_organization_code])
@pytest.mark.parametrize("wrong", [None, 1, b"1"])
def test_only_text(check: object, wrong: object) -> None:
    with pytest.raises(InvalidTypeError):
        check(wrong)  # type: ignore[operator]


@pytest.mark.parametrize("wrong", [("resident-id", RESIDENT), (IdentityKind.RESIDENT_ID, 110105194912310020)])
def test_wrong_types(wrong: tuple[object, object]) -> None:
    with pytest.raises(InvalidTypeError):
        Identity(*wrong)  # type: ignore[arg-type]


def test_repr_hides_the_number() -> None:
    assert RESIDENT not in repr(Identity(IdentityKind.RESIDENT_ID, RESIDENT))


@pytest.mark.parametrize("place", range(17))
def test_every_changed_digit_of_a_resident_is_seen(place: int) -> None:
    for digit in set("0123456789") - {RESIDENT[place]}:
        changed = RESIDENT[:place] + digit + RESIDENT[place + 1 :]
        with pytest.raises(InvalidInputError):
            check_resident_id(changed)


@pytest.mark.parametrize("place", range(17))
def test_every_changed_character_of_a_credit_code_is_seen(place: int) -> None:
    for digit in set(DIGITS) - {CREDIT[place]}:
        with pytest.raises(InvalidInputError):
            check_credit_code(CREDIT[:place] + digit + CREDIT[place + 1 :])


@given(st.text(alphabet=DIGITS, min_size=11, max_size=11), st.integers(0, 10**6 - 1))
def test_every_credit_code_has_one_check_character(letters: str, region: int) -> None:
    front = f"{letters[:2]}{region:06}{letters[2:]}"
    right = []
    for digit in DIGITS:
        try:
            check_credit_code(front + digit)
        except InvalidInputError:
            continue
        right.append(digit)
    # The same rule in other words: the weighted sum with the check character is a multiple of 31.
    sums = [sum(3**at * DIGITS.index(each) for at, each in enumerate(front)) + DIGITS.index(one) for one in right]
    assert len(right) == 1
    assert sums[0] % 31 == 0


@given(st.text(max_size=200))
def test_any_text_is_taken_or_refused(text: str) -> None:
    for kind in IdentityKind:
        try:
            found = Identity(kind, text)
        except InvalidInputError:
            continue
        assert canonical_number(kind, found.number) == found.number
        assert Identity(kind, found.number) == found


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (RESIDENT, "110105********002X"),
        ("13800138000", "138****8000"),
        ("E1234567", "E******7"),
        ("12345", "*****"),
        ("", ""),
    ],
)
def test_masked(number: str, shown: str) -> None:
    assert masked(number) == shown
