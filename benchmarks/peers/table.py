"""Figures of several candidates → one Markdown table: a row a measure, a column a candidate.

A figure that was not measured is left blank; one that is None is "never"; a scenario that failed says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_NEVER: Final = "never"


@dataclass(frozen=True, slots=True)
class Measure:
    """`figure` as scenarios.py names it; `shown` is a format of str.format."""

    figure: str
    label: str
    shown: str
    goal: str = ""


MEASURES: Final = (
    Measure("rate", "messages/s, modem answers at once", "{:.1f}", "≥ 400, ≥ 15"),
    Measure("gap_ms", "+CMGS to next AT+CMGS, median, ms", "{:.1f}"),
    Measure("prompt_ms", "AT+CMGS to end of PDU, median, ms", "{:.1f}"),
    Measure("busy_1s", "modem busy at 1 s of radio", "{:.3f}", "≥ 0.99, ≥ 0.95"),
    Measure("busy_3s", "modem busy at 3 s of radio", "{:.3f}"),
    Measure("to_air_s", "idle, submit to AT+CMGS, median, s", "{:.3f}", "≤ 0.020"),
    Measure("to_air_most_s", "the same, longest, s", "{:.3f}"),
    Measure("cpu_ms", "CPU per message, ms", "{:.2f}", "≤ 2.5"),
    Measure("written_kb", "written per message with report, kB", "{:.1f}", "≤ 15"),
    Measure("memory_mb", "peak memory, MB", "{:.0f}", "≤ 64"),
    Measure("idle_cpu", "idle CPU", "{:.3%}", "≤ 0.1 %"),
    Measure("lost", "kill -9: lost", "{:.0f}", "0"),
    Measure("twice", "kill -9: sent twice", "{:.0f}", "0"),
    Measure("in_doubt", "kill -9: said to be in doubt", "{:.0f}"),
    Measure("back_5s", "modem gone 5 s: sends again after, s", "{:.1f}", "≤ 3"),
    Measure("back_60s", "modem gone 60 s: sends again after, s", "{:.1f}"),
    Measure("rate_4", "4 modems: messages/s", "{:.1f}"),
    Measure("busy_4", "4 modems: busy at 1 s of radio", "{:.3f}"),
    Measure("memory_mb_4", "4 modems: peak memory, MB", "{:.0f}"),
    Measure("rate_16", "16 modems: messages/s", "{:.1f}"),
    Measure("busy_16", "16 modems: busy at 1 s of radio", "{:.3f}"),
    Measure("memory_mb_16", "16 modems: peak memory, MB", "{:.0f}"),
)


def table(results: Mapping[str, Mapping[str, float | None]]) -> str:
    """`results`: title of a candidate → its figures."""
    rows = [["", *results, "goal"], ["---"] * (len(results) + 2)]
    for measure in MEASURES:
        cells = [_cell(measure, figures) for figures in results.values()]
        if any(cells):
            rows.append([measure.label, *cells, measure.goal])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_line(row, widths) for row in rows)


def _cell(measure: Measure, figures: Mapping[str, float | None]) -> str:
    if measure.figure not in figures:
        return ""
    figure = figures[measure.figure]
    return _NEVER if figure is None else measure.shown.format(figure)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
