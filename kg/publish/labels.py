"""Which names of a drawing fit beside their signs, and on which side: the most important first, none over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import combining, east_asian_width

__all__ = ["HEIGHT_OF_TEXT", "Label", "Segment", "Sign", "labels", "width_of"]

#: How high a line of text is, how far from its sign it stands, and how wide the rim of a sign is.
HEIGHT_OF_TEXT, _AWAY, _RIM = 15.0, 4.0, 2.0
_NARROW, _BROAD = frozenset("iljtfrI.,:;'|!()[]-· "), frozenset("mwMWÆŒ@%…&")
#: A box: left, top, right, bottom.
Box = tuple[float, float, float, float]
#: A line from one point to another.
Segment = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sign:
    """What is to be named: its middle, its radius, and its name, and shorter ones in case that it doesn't fit."""

    x: float
    y: float
    size: float
    texts: tuple[str, ...]
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A name, and where it stands from the middle of its sign, as an anchor of SVG: start, middle or end."""

    text: str
    dx: float
    dy: float
    anchor: str


def width_of(text: str, *, bold: bool = False) -> float:
    """Return about how wide a text of 12 pixels is in a wide typeface; the reader's is not known here.

    >>> width_of("illi") < width_of("name") < width_of("NAME") < width_of("東京都市")
    True
    """
    wide = 0.0
    for sign in text:
        if combining(sign):
            continue
        if sign in _NARROW:
            wide += 4.7
        elif sign in _BROAD or east_asian_width(sign) in "WF":
            wide += 12.2
        else:
            wide += 8.6 if sign.isupper() else 7.4
    return wide * (1.1 if bold else 1)


def labels(
    signs: Sequence[Sign], order: Sequence[int], lines: Sequence[Segment], width: float, height: float
) -> dict[int, Label]:
    """Return the names that fit, by the places of their signs, each where the fewest lines run.

    Parameters
    ----------
    signs:
        All signs, none of which a name may cover.
    order:
        The places of signs, the most important first.
    lines:
        The lines of the drawing.
    width, height:
        The frame, inside which names stay.
    """
    discs = [(s.x - s.size - _RIM, s.y - s.size - _RIM, s.x + s.size + _RIM, s.y + s.size + _RIM) for s in signs]
    taken: list[Box] = []
    found: dict[int, Label] = {}
    for place in order:
        others = [disc for n, disc in enumerate(discs) if n != place] + taken
        for text in dict.fromkeys(signs[place].texts):
            fitting = [
                (label, box) for label, box in _places(signs[place], text)
                if box[0] >= 2 and box[1] >= 2 and box[2] <= width - 2 and box[3] <= height - 2
                and not any(_meet(box, other) for other in others)
            ]  # fmt: skip
            if fitting:
                found[place], box = min(fitting, key=lambda one: sum(_cross(line, one[1]) for line in lines))
                taken.append(box)
                break
    return found


def _places(sign: Sign, text: str) -> list[tuple[Label, Box]]:
    """Where a name may stand: at the right, at the left, below and above."""
    wide, away, half = width_of(text, bold=sign.bold), sign.size + _AWAY, HEIGHT_OF_TEXT / 2
    out = []
    for anchor, dx, middle in (
        ("start", away, 0.0), ("end", -away, 0.0), ("middle", 0.0, away + half), ("middle", 0.0, -away - half),
    ):  # fmt: skip
        left = sign.x + dx - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        box = (left, sign.y + middle - half, left + wide, sign.y + middle + half)
        # The line on which letters stand is a little below the middle.
        out.append((Label(text, round(dx, 1), round(middle + 4, 1), anchor), box))
    return out


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _cross(line: Segment, box: Box) -> bool:
    """Whether a line runs through a box (Liang and Barsky 1984)."""
    x1, y1, x2, y2 = line
    left, top, right, bottom = box
    if max(x1, x2) < left or min(x1, x2) > right or max(y1, y2) < top or min(y1, y2) > bottom:
        return False
    begin, end = 0.0, 1.0
    for way, low, high in ((x2 - x1, left - x1, right - x1), (y2 - y1, top - y1, bottom - y1)):
        if way:
            near, far = sorted((low / way, high / way))
            begin, end = max(begin, near), min(end, far)
    return begin <= end
