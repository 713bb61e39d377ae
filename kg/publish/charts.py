"""Charts as numbers that templates draw: everything is placed here, nothing is formatted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.publish.reading import Record

__all__ = ["Bar", "YearsChart", "years_chart"]

#: So many of the last years are drawn; the table below has all.
_MOST_YEARS = 60
#: A year tells how local links are when it has so many, and this part of those of the year that has most.
_TELLING, _PART = 10, 0.05


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
    rows: list[Record]
    first: Record | None
    last: Record | None
    present: int | None

    @property
    def change(self) -> float:
        """How much the share that is local changed between two years with links enough, in percentage points."""
        if self.first is None or self.last is None:
            return 0.0
        first, last = (float(one["near"]) / one["linked"] for one in (self.first, self.last))
        return float(100 * (last - first))


def years_chart(years: Sequence[Record], present: int | None = None) -> YearsChart | None:
    """Return the chart of links by year; nothing for fewer than two years with links.

    Parameters
    ----------
    years:
        Rows with ``year``, ``linked`` and ``near``, in order.
    present:
        The last year that can be told as past.
    """
    every_row = [row for row in years if row["linked"]]
    rows = every_row[-_MOST_YEARS:]
    if len(rows) < 2:
        return None
    past = [row for row in every_row if present is None or row["year"] <= present]
    least = max([_TELLING, *(_PART * row["linked"] for row in past)])
    telling = [row for row in past if row["linked"] >= least]
    told = len(telling) > 1
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
    return YearsChart(width, height, bottom, bars, line, labels, most, every_row,
                      telling[0] if told else None, telling[-1] if told else None, present)  # fmt: skip
