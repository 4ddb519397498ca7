"""Schematics: every label can be read, and the drawing says what the equations say."""

import re
from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from pasta_lib.study.reporting import exhibit, schematics

DRAWN = (schematics.pasta_figure2, schematics.aot_figure2)


@pytest.fixture
def labels(quick_store, monkeypatch):
    """Draw a schematic and return its labels: their words, size, place and extent."""
    figures, drawn = [], exhibit.Picture.drawn

    def keep(name, title, caption, figure):
        figures.append(figure)
        return drawn(name, title, caption, figure)

    monkeypatch.setattr(exhibit.Picture, "drawn", keep)

    def labels(draw) -> list:
        draw("quick")
        canvas = FigureCanvasAgg(figures[-1])
        canvas.draw()  # lays it out, as saving does first
        figures[-1].set_layout_engine("none")
        canvas.draw()
        renderer, (axes,) = canvas.get_renderer(), figures[-1].axes
        texts = [*axes.texts, *axes.get_legend().get_texts(), figures[-1]._suptitle]
        return [(text, text.get_window_extent(renderer)) for text in texts if text.get_text()]

    return labels


@pytest.mark.parametrize("draw", DRAWN)
def test_labels_are_large_enough_apart_and_inside(draw, labels):
    found = labels(draw)
    for text, _ in found:
        index = 0.7 if re.search(r"[_^]", text.get_text()) else 1  # what mathtext sets indices at
        assert index * text.get_size() >= 5.5, text
    for (one, first), (other, second) in combinations(found, 2):
        assert not first.overlaps(second), (one, other)
    for text, box in found:
        page = text.get_figure().bbox
        assert page.x0 <= box.x0 and box.x1 <= page.x1, text


def test_pasta_adds_a_vector_at_each_special_token_and_nowhere_else(labels):
    places = {
        kind: {text.get_position()[0] for text, _ in labels(schematics.pasta_figure2) if is_(text)}
        for kind, is_ in {
            "vector": lambda text: text.get_text().startswith("$e(v"),
            "special": lambda text: text.get_text() in ("[CLS]", "[SEP]"),
            "token": lambda text: text.get_text() in ("[CLS]", "[SEP]", "text", "pair"),
        }.items()
    }
    assert places["vector"] == places["special"] < places["token"]


def test_aot_adds_to_each_token_the_row_that_it_names(labels):
    words = [text.get_text() for text, _ in labels(schematics.aot_figure2)]
    rows = [word[2:-1] for word in words if word.startswith("P[")]
    assert rows == list(schematics.SENTENCE) and len(set(rows)) < len(rows)


@pytest.mark.parametrize("draw", DRAWN)
def test_a_schematic_drawn_twice_is_the_same_file(draw, quick_store):
    assert draw("quick") == draw("quick")
