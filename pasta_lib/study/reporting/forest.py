"""The claims about mean scores in one picture: a forest plot, a panel for each backbone."""

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..claims import CONTRADICTED, SUPPORTED
from ..claims.claim import Score
from . import legend
from .cards import Line, cards
from .exhibit import Picture
from .figures import WIDTH, picture, say_if_empty

_REACH = 25  # points: an interval that is wider says only that nothing is known
_COLOURS = {SUPPORTED: "#0b6b3a", CONTRADICTED: "#a33c00"}


def claims_forest(profile: str) -> Picture:
    """Draw each claim's mean difference with its interval, its margin beside it."""
    by_place: dict[str, list[Line]] = {}
    for line in _lines(profile):
        by_place.setdefault(line.verdict.setting, []).append(line)
    heights = [*map(len, by_place.values())] or [4]

    def draw(figure: Figure) -> None:
        figure.get_layout_engine().set(w_pad=0.1)  # inches: of long names the first letters go else
        axes = figure.subplots(len(heights), squeeze=False, height_ratios=heights)[:, 0]
        for ax, (setting, lines) in zip(axes, by_place.items(), strict=False):
            _panel(ax, lines)
            ax.set_title(setting)
        say_if_empty(axes, list(by_place))

    caption = (
        "Difference of mean scores in points, 95 %; dashed: between these margins (or beyond the "
        "one) the claim says that it lies. In colour: decided. An arrow: the interval goes on."
    )
    size = (2.2 * WIDTH, 0.4 + 0.19 * sum(heights) + 0.6 * len(heights))
    return picture(profile, "claims_forest", "Claims about scores", caption, draw, size)


def _lines(profile: str) -> Iterator[Line]:
    for card in cards(profile):
        for line in card.ran:
            if isinstance(card.claim.rule, Score) and line.strip and line.strip.mean:
                yield line


def _panel(ax: Axes, lines: list[Line]) -> None:
    for y, line in enumerate(lines):
        verdict, region = line.verdict, line.verdict.claim.rule.region
        colour = _COLOURS.get(verdict.outcome, "#444444")
        low, high = max(verdict.low, -_REACH), min(verdict.high, _REACH)
        ax.plot([low, high], [y, y], color=colour, lw=1)
        ends = ((low, verdict.low < -_REACH, "<"), (high, verdict.high > _REACH, ">"))
        for end, further, arrow in ends:
            if further:
                ax.plot(end, y, arrow, color=colour, ms=3)
        if abs(verdict.estimate) < _REACH:
            ax.plot(verdict.estimate, y, "o", color=colour)
        for bound in (region.low, region.high):
            if abs(bound) < _REACH:
                ax.plot([bound, bound], [y - 0.4, y + 0.4], "--", color="black", lw=0.7)
    ax.axvline(0, color="#bbbbbb", lw=0.5, zorder=0)
    ax.set_yticks(range(len(lines)), [_name(line) for line in lines])
    ax.set(ylim=(len(lines) - 0.4, -0.6), xlim=(-_REACH - 1, _REACH + 1), xlabel="points")


def _name(line: Line) -> str:
    claim, tasks = line.verdict.claim, len(line.verdict.parts)
    names = " or ".join(map(legend.method, claim.rule.methods))
    said = f"{tasks} task{'s' * (tasks > 1)}; {claim.where}"
    return f"{names} − {legend.method(claim.rule.other)} ({said})"
