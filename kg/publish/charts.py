"""Charts as numbers that templates draw: everything is placed here, nothing is formatted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.publish.reading import Record

__all__ = ["Bar", "YearsChart", "years_chart"]

#: So many of the last years are drawn.
_MOST_YEARS = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """The links of a year: both heights and where they begin, in pixels, and the share that is local."""

    x: float
    width: float
    year: int
    linked: int
    near: int
    top: float
    height: float
    near_top: float
    near_height: float
    share_y: float


@dataclass(frozen=True, slots=True)
class YearsChart:
    """The links of a group by year: bars, and a line for the share that is local."""

    width: int
    height: int
    bottom: float
    bars: list[Bar]
    line: str
    labels: list[tuple[float, int]]
    most: int
    first_share: float
    last_share: float

    @property
    def change(self) -> float:
        """How much the share that is local changed, in percentage points."""
        return 100 * (self.last_share - self.first_share)


def years_chart(years: Sequence[Record]) -> YearsChart | None:
    """Return the chart of rows with ``year``, ``linked`` and ``near``; nothing for fewer than two years with links."""
    rows = [row for row in years if row["linked"]][-_MOST_YEARS:]
    if len(rows) < 2:
        return None
    width, height, left, right, top, bottom = 760, 230, 44, 40, 14, 200
    first, last = rows[0]["year"], rows[-1]["year"]
    step = (width - left - right) / (last - first + 1)
    most = max(row["linked"] for row in rows)
    bars = []
    for row in rows:
        x = left + (row["year"] - first) * step
        tall, near = (bottom - top) * row["linked"] / most, (bottom - top) * row["near"] / most
        share = row["near"] / row["linked"]
        bars.append(
            Bar(round(x + step * 0.1, 1), round(step * 0.8, 1), row["year"], row["linked"], row["near"],
                round(bottom - tall, 1), round(tall, 1), round(bottom - near, 1), round(near, 1),
                round(bottom - (bottom - top) * share, 1))
        )  # fmt: skip
    line = " ".join(f"{round(bar.x + bar.width / 2, 1)},{bar.share_y}" for bar in bars)
    every = max(1, round((last - first + 1) / 9))
    labels = [(round(left + (year - first + 0.5) * step, 1), year) for year in range(first, last + 1, every)]
    share = [row["near"] / row["linked"] for row in (rows[0], rows[-1])]
    return YearsChart(width, height, bottom, bars, line, labels, most, *share)
