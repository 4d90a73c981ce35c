"""
A chart as what an SVG needs: bars, one on the other or side by side, in a frame with a scale.

All of it stands in the table too.
"""

from dataclasses import dataclass
from decimal import Decimal

from customerflow.money import format_money
from reports.report import Figures

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 84, 8, 12, 28
# How much of the room of a bar is bar.
SHARE = 0.66
STEPS = 4
# The room of a letter below a bar.
LETTER = 7.2


@dataclass(frozen=True)
class Bar:
    """A part of a bar."""

    x: float
    y: float
    width: float
    height: float
    css: str
    words: str


@dataclass(frozen=True)
class Mark:
    """A line of the scale, or a label below it."""

    x: float
    y: float
    label: str
    is_minor: bool = False


@dataclass(frozen=True)
class Chart:
    """What the template draws."""

    bars: list[Bar]
    scale: list[Mark]
    labels: list[Mark]
    names: list[tuple[str, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def chart_of(figures: Figures) -> Chart | None:
    """Return the chart of a report; None where nothing is above zero."""
    whole = max if figures.is_side_by_side else sum
    tops = [
        whole(max(value, 0) for value in values)
        for values in zip(*(each.values for each in figures.series), strict=True)
    ]
    highest = float(max(tops, default=0))
    if highest <= 0:
        return None
    top = _nice(highest)
    scale = [Mark(LEFT, _y(top * step / STEPS, top), _short(top * step / STEPS)) for step in range(STEPS + 1)]
    room = (WIDTH - LEFT - RIGHT) / len(figures.labels)
    every = 1 + (len(figures.labels) - 1) // 12
    longest = max(int(room * every / LETTER), 3)
    labels = [
        Mark(round(LEFT + room * (place + 0.5), 1), HEIGHT - 8, _cut(label, longest), bool(place % (2 * every)))
        for place, label in enumerate(figures.labels)
        if place % every == 0
    ]
    names = [(each.name, f"series-{number % 6 + 1}") for number, each in enumerate(figures.series)]
    return Chart(_bars(figures, top, room), scale, labels, names)


def _bars(figures: Figures, top: float, room: float) -> list[Bar]:
    bars = []
    beside = len(figures.series) if figures.is_side_by_side else 1
    width = room * SHARE / beside
    for place, label in enumerate(figures.labels):
        below = 0.0
        for number, series in enumerate(figures.series):
            value = series.values[place]
            if value > 0:
                y = _y(below + float(value), top)
                said = format_money(value) if isinstance(value, Decimal) else str(value)
                words = f"{label} · {series.name}: {said}"
                left = round(LEFT + room * (place + (1 - SHARE) / 2) + width * (number % beside), 1)
                height = round(_y(below, top) - y, 1)
                bars.append(Bar(left, y, round(width, 1), height, f"series-{number % 6 + 1}", words))
                below += 0 if figures.is_side_by_side else float(value)
    return bars


def _cut(label: str, longest: int) -> str:
    """Return a label as far as there is room for it."""
    return label if len(label) <= longest else f"{label[: longest - 1]}…"


def _y(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top, 1)


def _nice(highest: float) -> float:
    """Return a round number that is not below `highest`, and whose quarters are round too."""
    unit = 1.0
    while unit * 10 < highest:
        unit *= 10
    while unit > highest:
        unit /= 10
    return next(unit * nice for nice in (1, 2, 4, 6, 8, 10) if unit * nice >= highest)


def _short(value: float) -> str:
    """Return a number of the scale in few characters."""
    for unit, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if value >= unit:
            return f"{value / unit:g} {letter}"
    return f"{value:g}"
