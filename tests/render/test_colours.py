"""The words in the colours of results can be read on their grounds, light and dark (WCAG 2.1 §1.4.3)."""

from collections.abc import Mapping

import pytest

from gatewayd.core.report import Result
from gatewayd.render.colours import COLOURS, DARK_COLOURS


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("colours", "ground"), [(COLOURS, "#ffffff"), (COLOURS, "#f2f5f8"), (DARK_COLOURS, "#1f252c")])
def test_every_result_can_be_read(colours: Mapping[Result, str], ground: str) -> None:
    assert set(colours) == set(Result)
    assert [result for result, colour in colours.items() if contrast(colour, ground) < 4.5] == []
