"""The papers' schematics: what a method adds before a layer, drawn without a number."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import legend
from .exhibit import Picture
from .figures import WIDTH, picture

FROZEN, INK = "#d9d9d9", "#444444"
SENTENCE = ("row", "by", "row")
WORDS, SYMBOLS = 6, 8  # points; an index is set at 0.7 of its symbol


def pasta_figure2(profile: str | None = None) -> Picture:
    """Draw a layer of PASTA: trained vectors at the special tokens, all else frozen (Fig. 2)."""
    tokens = ["[CLS]", "text", "text", "[SEP]", "pair", "pair", "[SEP]"]
    places = [7.5 + 3.8 * i for i in range(len(tokens))]
    special = [x for x, token in zip(places, tokens, strict=True) if token[0] == "["]
    trained = legend.colour("pasta")

    def draw(figure: Figure) -> None:
        ax = _canvas(figure, 23)
        for ordinal, x in enumerate(special, start=1):
            _box(ax, x, 3.4, 3.4, f"$e(v_{ordinal}^l)$", trained)
            _say(ax, x, 5.1, "+")
        for x, token in zip(places, tokens, strict=True):
            _box(ax, x, 6.8, 3.4, token)
            _arrow(ax, (x, 7.9), (x, 9.5))
            _arrow(ax, (x, 17.8), (x, 19.4))
            _box(ax, x, 20.5, 3.4)
        _layer(ax, places[0] - 1.7, places[-1] + 1.7, 9.6)
        rows = {3.4: "vectors", 6.8: "$H^l$", 13.6: "layer $l$", 20.5: "$H^{l+1}$"}
        for y, name in rows.items():
            _say(ax, 2.6, y, name)
        _key(ax, {"trained": trained, "frozen": FROZEN, "hidden state": None})

    caption = (
        "Before every layer a trained vector is added to the hidden state of each special token, "
        "chosen by the token's ordinal in its row; nothing is added to the others, and the layer "
        "stays as it was pretrained. Skip connections are not shown."
    )
    title = "PASTA Figure 2: vectors at the special tokens"
    return picture(profile, "pasta_figure2", title, caption, draw, (WIDTH, 2.55), named=False)


def aot_figure2(profile: str | None = None) -> Picture:
    """Draw P-Tuning v2 beside AoT, and the two forms in which P is trained (Fig. 2, §3.3)."""
    methods = ("p-tuning-v2", "aot-fc", "aot-naive")
    prefix, trained, fused = (legend.colour(method) for method in methods)

    def draw(figure: Figure) -> None:
        ax = _canvas(figure, 38)
        _prefixed(ax, prefix)
        _looked_up(ax, fused)
        _trained_forms(ax, trained, fused)
        kinds = {"prefix": prefix, "trained": trained, "computed": fused, "frozen": FROZEN}
        _key(ax, kinds | {"hidden state": None})

    caption = (
        "Above: P-Tuning v2 lengthens what every layer attends to; AoT adds to each hidden state "
        "the row of that layer's table P that its token names, and the length stays. Below: how "
        "P is trained; afterwards it is computed once, and inference only looks rows up."
    )
    title = "AoT Figure 2: a row of P for every token"
    return picture(profile, "aot_figure2", title, caption, draw, (WIDTH, 4.4), named=False)


def _prefixed(ax: Axes, prefix: str) -> None:
    """Draw P-Tuning v2: every layer attends to a trained prefix too."""
    _say(ax, 7.6, 36.6, "P-Tuning v2", weight="bold")
    for i, token in enumerate(("", "", *SENTENCE)):
        x = 1.8 + 2.9 * i
        _box(ax, x, 24.6, 2.7, token, None if token else prefix)
        _arrow(ax, (x, 25.7), (x, 28.4))
        if token:
            _arrow(ax, (x, 31.2), (x, 32.8))
            _box(ax, x, 33.9, 2.7)
    _box(ax, 7.6, 29.8, 14.3, "layer $i$", FROZEN, 2.6)


def _looked_up(ax: Axes, fused: str) -> None:
    """Draw AoT: to each token's hidden state a row of P is added, looked up by the token."""
    _say(ax, 27.2, 36.6, "AoT P-Tuning", weight="bold")
    for i, token in enumerate(SENTENCE):
        x = 23.6 + 3.6 * i
        _box(ax, x, 21.2, 3.4, f"P[{token}]", fused)
        _say(ax, x, 22.9, "+")
        _box(ax, x, 24.6, 3.4, token)
        _arrow(ax, (x, 25.7), (x, 28.4))
        _arrow(ax, (x, 31.2), (x, 32.8))
        _box(ax, x, 33.9, 3.4)
    _box(ax, 27.2, 29.8, 10.6, "layer $i$", FROZEN, 2.6)
    for y, name in {21.2: "rows of $P^i$", 24.6: "$H^i$", 33.9: "$H^{i+1}$"}.items():
        _say(ax, 18.4, y, name)


def _trained_forms(ax: Axes, trained: str, fused: str) -> None:
    """Draw P as a Kronecker product and as a small network over the embeddings, then fused."""
    _say(ax, 0.4, 17.4, "Kronecker", ha="left", weight="bold")
    _say(ax, 0.7, 13.6, "$($")
    _box(ax, 2.3, 13.6, 2.2, "$W_L$", trained, 5)
    _say(ax, 4.5, 13.6, r"$\otimes$")
    _box(ax, 6.7, 13.6, 2.2, "$W_M$", trained, 3.8)
    _say(ax, 8.3, 13.6, "$)$")
    _box(ax, 11.6, 13.6, 5, "$W_R$", trained, 3)
    _arrow(ax, (15, 13.4), (24.6, 11.6))
    _say(ax, 0.4, 9.6, "FC", ha="left", weight="bold")
    _say(ax, 0.9, 5.6, "$f($")
    _box(ax, 3.2, 5.6, 2.8, "$E$", FROZEN, 5)
    _box(ax, 6.2, 5.6, 2.2, "$W_1$", trained, 2.8)
    _say(ax, 8, 5.6, "+")
    _box(ax, 9.8, 5.6, 2.2, "$b_1$", trained, 1.8)
    _say(ax, 11.5, 5.6, "$)$")
    _box(ax, 13.7, 5.6, 2.8, "$W_2$", trained, 2.2)
    _say(ax, 15.8, 5.6, "+")
    _box(ax, 18, 5.6, 2.8, "$b_2$", trained, 1.8)
    _arrow(ax, (19.8, 5.6), (24.6, 8.4))
    _say(ax, 20.6, 14.8, "fused after\ntraining")
    _box(ax, 27.2, 10, 5, "$P^i$", fused, 13)
    _arrow(ax, (27.2, 16.6), (27.2, 20))
    _say(ax, 27.7, 18.2, "look up", ha="left")


def _canvas(figure: Figure, height: float) -> Axes:
    """Return axes without axes, a tenth of an inch to the unit, `height` units high."""
    ax = figure.subplots()
    ax.set(xlim=(0, 10 * WIDTH), ylim=(0, height))
    ax.set_axis_off()
    return ax


def _layer(ax: Axes, left: float, right: float, bottom: float) -> None:
    """Draw a frozen layer with what it consists of, from the input up."""
    parts = ("Multi-head attention", "Add & norm", "Feed-forward network", "Add & norm")
    for i, part in enumerate(parts):
        _box(ax, (left + right) / 2, bottom + 1 + 2.05 * i, right - left, part, FROZEN, 1.9)


def _box(
    ax: Axes,
    x: float,
    y: float,
    width: float,
    text: str = "",
    colour: str | None = None,
    height: float = 2.2,
) -> None:
    """Draw a box about (x, y): of a colour, or white."""
    corner = (x - width / 2, y - height / 2)
    ax.add_patch(Rectangle(corner, width, height, fc=colour or "white", ec=INK, lw=0.6))
    _say(ax, x, y, text)


def _say(ax: Axes, x: float, y: float, text: str, **how) -> None:
    how = {"ha": "center", "size": SYMBOLS if "$" in text else WORDS} | how
    ax.text(x, y, text, va="center", **how)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    how = {"arrowstyle": "->", "lw": 0.6, "color": INK, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=how | {"mutation_scale": 5})


def _key(ax: Axes, kinds: dict[str, str | None]) -> None:
    """Say below what each colour is."""
    ax.legend(
        [
            Rectangle((0, 0), 1, 1, fc=colour or "white", ec=INK, lw=0.6)
            for colour in kinds.values()
        ],
        kinds,
        loc="lower center",
        ncols=len(kinds),
        fontsize=WORDS,
        handlelength=1,
        columnspacing=1.2,
        borderpad=0,
        borderaxespad=0,
    )
