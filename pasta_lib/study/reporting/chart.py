"""Small charts as inline SVG, in the colours of the page around them: they follow its theme."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from matplotlib.ticker import MaxNLocator

WIDTH, HEIGHT = 300, 150
LEFT, RIGHT, TOP, BOTTOM = 34, 8, 18, 30


@dataclass(frozen=True)
class Series:
    """Points (x, y, what a hover says) of one colour; joined by a line, or hollow, if asked."""

    points: Sequence[tuple[float, float, str]]
    colour: str
    line: bool = False
    hollow: bool = False


def chart(
    title: str,
    series: Sequence[Series],
    across: str,
    names: Sequence[tuple[float, str]] = (),
) -> str:
    """Return a chart of some series, `across` under its x axis, or `names` at places on it."""
    points = [point for each in series for point in each.points]
    if not points:
        return f"<figure class=chart>{escape(title)}: nothing was run</figure>"
    xs = [x for x, _, _ in points] + [x for x, _ in names]
    x_low, x_high = _ends(xs, 0.2 if names else 0.06)
    y_low, y_high = _ends([y for _, y, _ in points], 0.06)

    def at_x(x: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (x - x_low) / (x_high - x_low), 1)

    def at_y(y: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - y_low) / (y_high - y_low), 1)

    ticks = names or [(x, f"{x:g}") for x in _ticks(x_low, x_high)]
    drawn = [
        f"<text x={at_x(x)} y={HEIGHT - BOTTOM + 13} text-anchor=middle>{escape(name)}</text>"
        for x, name in ticks
    ]
    drawn += [
        f"<line x1={LEFT} x2={WIDTH - RIGHT} y1={at_y(y)} y2={at_y(y)} class=grid />"
        f"<text x={LEFT - 5} y={at_y(y) + 3} text-anchor=end>{_plain(y)}</text>"
        for y in _ticks(y_low, y_high)
    ]
    drawn.append(f"<text x={WIDTH / 2} y={HEIGHT - 3} text-anchor=middle>{escape(across)}</text>")
    for each in series:
        colour = "currentColor" if each.colour == "#000000" else each.colour
        if each.line:
            path = " ".join(f"{at_x(x)},{at_y(y)}" for x, y, _ in each.points)
            drawn.append(f'<polyline points="{path}" fill=none stroke="{colour}" />')
        fill = "none" if each.hollow else colour
        drawn += [
            f'<circle cx={at_x(x)} cy={at_y(y)} r={2 if each.line else 3.5} fill="{fill}" '
            f'stroke="{colour}"><title>{escape(says)}</title></circle>'
            for x, y, says in each.points
        ]
    return (
        f'<figure class=chart><svg viewBox="0 0 {WIDTH} {HEIGHT}" role=img '
        f'aria-label="{escape(title)}"><text x={LEFT} y=11 class=title>{escape(title)}</text>'
        f"{''.join(drawn)}</svg></figure>"
    )


def _ends(values: Sequence[float], share: float) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = share * (high - low) or 1.0
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    found = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in found if low <= tick <= high]


def _plain(value: float) -> str:
    return f"{value:g}".replace("-", "−")
