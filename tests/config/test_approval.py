"""Faults of the approval settings: a mailbox without steps, names that nobody has, days in the wrong order."""

from pathlib import Path
from typing import Any

import pytest

from gatewayd.config.load import parse
from gatewayd.errors import SettingsError
from tests.flow.conftest import raw_settings

DEPUTY = {"person": "andi", "in_place_of": "rina", "first_day": "2026-12-21", "last_day": "2026-12-31"}


def faults(approval: dict[str, Any] | None, tmp_path: Path) -> str:
    raw = raw_settings(tmp_path)
    raw.pop("approval") if approval is None else raw["approval"].update(approval)
    try:
        parse(raw, "test")
    except SettingsError as error:
        return str(error).partition("\n")[2].strip()
    return ""


def test_a_mailbox_whose_steps_were_forgotten_is_a_fault_and_one_without_steps_is_not(tmp_path: Path) -> None:
    assert faults(None, tmp_path).startswith("approval.steps: is missing")
    assert faults({"steps": []}, tmp_path) == ""


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"small_recipients": 5, "small_step": "Ka. X"}, "approval.small_step: 'Ka. X' is not the name of a step"),
        ({"deputies": [DEPUTY | {"person": "siti"}]}, "approval.deputies[0].person: 'siti' is not an id in [[people]]"),
        (
            {"deputies": [DEPUTY | {"in_place_of": "x"}]},
            "approval.deputies[0].in_place_of: 'x' is not an id in [[people]]",
        ),
        (
            {"deputies": [DEPUTY | {"last_day": "2026-12-20"}]},
            "approval.deputies[0]: first_day must not come after last_day",
        ),
        ({"deputies": [DEPUTY], "small_recipients": 5, "small_step": "Ka. BPSI"}, ""),
    ],
)
def test_names_must_be_known_and_days_in_order(changed: dict[str, Any], fault: str, tmp_path: Path) -> None:
    assert faults(changed, tmp_path) == fault
