"""Which names of a drawing fit beside their signs, and on which side: the most important first, none over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import combining, east_asian_width

__all__ = ["HEIGHT_OF_TEXT", "Label", "Sign", "labels", "width_of"]

#: How high a line of text is, how far from its sign it stands, and how wide the rim of a sign is.
HEIGHT_OF_TEXT, _AWAY, _RIM = 15.0, 4.0, 2.0
_NARROW, _BROAD = frozenset("iljtfrI.,:;'|!()[]-· "), frozenset("mwMWÆŒ@%…&")
#: A box: left, top, right, bottom.
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sign:
    """What is to be named: its middle, its radius, and its name as it would be written."""

    x: float
    y: float
    size: float
    text: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """Where a name stands from the middle of its sign, as an anchor of SVG: start, middle or end."""

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


def labels(signs: Sequence[Sign], order: Sequence[int], width: float, height: float) -> dict[int, Label]:
    """Return the names that fit, by the places of their signs.

    Parameters
    ----------
    signs:
        All signs, none of which a name may cover.
    order:
        The places of signs, the most important first.
    width, height:
        The frame, inside which names stay.
    """
    discs = [(s.x - s.size - _RIM, s.y - s.size - _RIM, s.x + s.size + _RIM, s.y + s.size + _RIM) for s in signs]
    taken: list[Box] = []
    found: dict[int, Label] = {}
    for place in order:
        for label, box in _places(signs[place]):
            if box[0] < 2 or box[1] < 2 or box[2] > width - 2 or box[3] > height - 2:
                continue
            if any(_meet(box, disc) for n, disc in enumerate(discs) if n != place) or any(
                _meet(box, one) for one in taken
            ):
                continue
            found[place] = label
            taken.append(box)
            break
    return found


def _places(sign: Sign) -> list[tuple[Label, Box]]:
    """Where a name may stand: at the right, at the left, below and above."""
    wide, away, half = width_of(sign.text, bold=sign.bold), sign.size + _AWAY, HEIGHT_OF_TEXT / 2
    out = []
    for anchor, dx, middle in (
        ("start", away, 0.0), ("end", -away, 0.0), ("middle", 0.0, away + half), ("middle", 0.0, -away - half),
    ):  # fmt: skip
        left = sign.x + dx - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        box = (left, sign.y + middle - half, left + wide, sign.y + middle + half)
        # The line on which letters stand is a little below the middle.
        out.append((Label(round(dx, 1), round(middle + 4, 1), anchor), box))
    return out


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
