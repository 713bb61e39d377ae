"""Say whether two builds hold the same: their five CSV files, row by row, whatever the order.

python bench/compare.py ONE OTHER
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from pathlib import Path

FILES = ("candidates", "groups", "memberships", "links_by_year", "not_evidenced")
#: Rows of each side that a difference shows.
SHOWN = 5


def differences(one: Path, other: Path) -> list[str]:
    """Return a line for every row that only one of two folders has, the first of each file, and how many there are."""
    lines: list[str] = []
    for name in FILES:
        (header, rows), (other_header, other_rows) = _rows(one / f"{name}.csv"), _rows(other / f"{name}.csv")
        if header != other_header:
            lines.append(f"{name}: the columns are {header} and {other_header}")
            continue
        for where, only in ((one, rows - other_rows), (other, other_rows - rows)):
            if only:
                lines.append(f"{name}: {only.total()} rows only in {where}")
                lines += [f"  {','.join(row)}" for row in sorted(only)[:SHOWN]]
    return lines


def _rows(file: Path) -> tuple[tuple[str, ...], Counter[tuple[str, ...]]]:
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        header = tuple(next(reader))
        return header, Counter(map(tuple, reader))


def main() -> None:
    """Read the command line and compare; exit status 1 when there is a difference."""
    parser = argparse.ArgumentParser(description="Compare the CSV files of two builds.")
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    given = parser.parse_args()
    found = differences(given.one, given.other)
    print("\n".join(found) or "the same")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
