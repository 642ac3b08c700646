"""The prefix table against the operators' own ranges, and what must not be taken for one of theirs."""

import pytest

from gatewayd.core.operators import OPERATORS, operator_of

CASES = {
    "telkomsel": "811 812 813 821 822 823 851 852 853",
    "indosat": "814 815 816 855 856 857 858",
    "tri": "895 896 897 898 899",
    "xl": "817 818 819 859 877 878 879",
    "axis": "831 832 833 838",
    "smartfren": "881 882 883 887 888 889",
}


@pytest.mark.parametrize(("operator", "prefixes"), CASES.items())
def test_each_prefix_belongs_to_its_operator(operator: str, prefixes: str) -> None:
    assert {operator_of(f"+62{prefix}00000101") for prefix in prefixes.split()} == {operator}


def test_the_names_are_those_of_the_table() -> None:
    assert set(OPERATORS) == set(CASES)


@pytest.mark.parametrize(
    "number",
    ["+62841000001", "+62884000001", "+6261000001", "+60812000001", "081200000101", "62812000001", "+62", ""],
)
def test_what_is_no_indonesian_mobile_number_has_no_operator(number: str) -> None:
    assert operator_of(number) == ""
