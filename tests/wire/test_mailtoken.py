"""Tokens of deliveries: genuine ones come back, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.model import DeliveryId
from gatewayd.wire.mailtoken import Purpose, delivery_of, found_in, sub_address, token
from gatewayd.wire.outmail import is_address

KEY = b"k" * 32


@given(st.integers(1, 2**40), st.sampled_from(Purpose))
def test_a_token_names_its_delivery_in_any_case_and_fits_an_address(number: int, purpose: Purpose) -> None:
    sealed = token(KEY, purpose, DeliveryId(number))
    assert delivery_of(KEY, purpose, sealed.upper()) == number
    assert is_address(sub_address("bounce@kampus.example", sealed))
    assert found_in(f"x <bounce+{sealed.upper()}@kampus.example>") == (sealed,)


@pytest.mark.parametrize("place", range(21))
def test_a_token_changed_at_any_place_is_none(place: int) -> None:
    sealed = token(KEY, Purpose.BOUNCE, DeliveryId(0x1F2))
    other = "c" if sealed[place] != "c" else "d"
    assert delivery_of(KEY, Purpose.BOUNCE, sealed[:place] + other + sealed[place + 1 :]) is None


def test_a_token_serves_one_purpose_and_one_key() -> None:
    sealed = token(KEY, Purpose.BOUNCE, DeliveryId(7))
    assert delivery_of(KEY, Purpose.LEAVE, sealed) is None
    assert delivery_of(KEY, Purpose.LEAVE, "u" + sealed[1:]) is None
    assert delivery_of(b"x" * 32, Purpose.BOUNCE, sealed) is None
    assert delivery_of(KEY, Purpose.BOUNCE, f"b0{sealed[1:]}") is None
