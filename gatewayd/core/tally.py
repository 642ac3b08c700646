"""What the daemon did since its start, counted: parts by link and result, status reports, connects, times. Pure.

In: one call a happening, from the stages. Out: counters and histograms for whoever shows them (stages/metrics.py).
Invariants: counts only grow; a cause is a code of ours, and there are at most MOST_CAUSES of them (SMTP servers make
codes up), so that nobody outside decides how much is kept.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from itertools import accumulate
from typing import Final

MOST_CAUSES: Final = 100
OTHER: Final = "other"
_CODE: Final = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
#: Upper bounds in seconds: of a submission (a part takes a modem 2 to 5), and of the time between two.
SUBMISSION: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 60.0, 120.0)
GAP: Final = (0.002, 0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)


class Times:
    """A histogram: how many took at most so long."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds, self.sum_s = bounds, 0.0
        self._counts = [0] * (len(bounds) + 1)

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(self.bounds, seconds)] += 1
        self.sum_s += seconds

    def cumulated(self) -> list[int]:
        """One count more than there are bounds; the last is of all."""
        return list(accumulate(self._counts))


class Tally:
    """One for the whole life of the process, reloads included."""

    def __init__(self) -> None:
        #: (link, kind, result, cause)
        self.parts: Counter[tuple[str, str, str, str]] = Counter()
        #: (link, status)
        self.reports: Counter[tuple[str, str]] = Counter()
        self.connects: Counter[str] = Counter()
        self.submissions: defaultdict[str, Times] = defaultdict(lambda: Times(SUBMISSION))
        self.gaps: defaultdict[str, Times] = defaultdict(lambda: Times(GAP))
        self._causes: set[str] = set()

    def part(self, link: str, kind: str, result: str, cause: str = "") -> None:
        self.parts[link, kind, result, self._bounded(cause) if cause else ""] += 1

    def report(self, link: str, status: str) -> None:
        self.reports[link, status] += 1

    def connected(self, link: str) -> None:
        self.connects[link] += 1

    def _bounded(self, cause: str) -> str:
        if cause not in self._causes:
            if len(self._causes) >= MOST_CAUSES or not _CODE.fullmatch(cause):
                return OTHER
            self._causes.add(cause)
        return cause
