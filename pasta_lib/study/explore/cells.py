"""The explorers as notebooks call them: each a pure function under the skin, with its controls."""

from functools import partial

import ipywidgets
from ipywidgets import (
    BoundedFloatText,
    BoundedIntText,
    Dropdown,
    FloatSlider,
    IntSlider,
    SelectMultiple,
    Text,
    Textarea,
)

from ..reporting import legend
from . import batch as _batch
from . import dial as _dial
from . import first, margins, serving, trained, vectors, versus
from . import heads as _heads
from . import word as _word
from .skin import Controls, Still, explorer

Shown = ipywidgets.Widget | Still
TEXTS = """A gripping film, funny and sad.
Dull from start to end.
The man fell because | he tripped. | he was tall."""
_WIDE = {"style": {"description_width": "initial"}}


def ask(sentence: str, adapter: str) -> Shown:
    """Show what a trained adapter says of a sentence; both can be changed."""
    trained.description(adapter)  # a name that is none of them is refused here
    text = Text(sentence, continuous_update=False, layout={"width": "36rem"})
    return explorer(
        first.answer, text=text, name=Dropdown(options=first.classifiers(), value=adapter)
    )


def head_to_head(profile: str, data: str | None = None) -> Shown:
    """Show two methods side by side on a task that ran both; `data` names the tasks' folder."""
    ran = versus.choices(profile)
    if not ran:
        return Still("<p>Nothing to compare: no task has run two methods here.</p>")

    def settle(now: Controls) -> None:
        tasks = list(ran[now["setting"].value])
        _offer(now["task"], [(legend.task(t), t) for t in tasks], "sst2")
        methods = ran[now["setting"].value][now["task"].value]
        for name, wish in (("first", "pasta"), ("second", "lora")):
            _offer(now[name], [(legend.method(m), m) for m in methods], wish)
        found = versus.metrics(profile, now["setting"].value, now["task"].value)
        _offer(now["metric"], [(legend.metric(m), m) for m in found], found[0])

    named = {
        name: Dropdown(description=name, **_WIDE) for name in ("task", "first", "second", "metric")
    }
    setting = Dropdown(options=list(ran), description="setting", **_WIDE)
    return explorer(partial(versus.versus, profile, data=data), settle, setting=setting, **named)


def many_tasks() -> Shown:
    """Show what adapters say of typed texts, all in one pass, and how long that takes."""
    layout = {"width": "30rem", "height": "6rem"}
    names = serving.served()
    ticked = SelectMultiple(options=names, value=names, layout={"height": "6rem"})
    typed = Textarea(TEXTS, continuous_update=False, layout=layout)
    return explorer(_batch.batch, typed=typed, names=ticked)


def heads(backbone: str, sentence: str, pair: str | None = None) -> Shown:
    """Show which heads of an encoder are vertical on a text of one's own, and where one looks."""
    text = Text(sentence, description="text", continuous_update=False, layout={"width": "30rem"})
    other = Text(pair or "", description="pair", continuous_update=False)
    return explorer(
        _heads.heads,
        text=text,
        pair=other,
        backbone=Dropdown(options=list(dict.fromkeys([backbone, "minilm"]))),
        target=Dropdown(options=list(_heads.TARGETS), description="look at"),
        percent=IntSlider(90, min=50, max=100, step=5, description="vertical from %", **_WIDE),
        layer=BoundedIntText(1, min=1, max=99, description="layer", layout={"width": "9rem"}),
        head=BoundedIntText(1, min=1, max=99, description="head", layout={"width": "9rem"}),
    )


def dial(sentence: str) -> Shown:
    """Show what a PASTA adapter answers with its vectors turned up, down or off."""
    found = _dial.turned()
    model, *_ = trained.adapter(found[0])
    layers = [*range(1, model.config.num_hidden_layers + 1)]
    tokens = vectors.specials(found[0])
    return explorer(
        _dial.dial,
        text=Text(sentence, continuous_update=False, layout={"width": "36rem"}),
        name=Dropdown(options=found),
        scale=FloatSlider(1.0, min=0, max=3, step=0.1, description="scale"),
        layers=SelectMultiple(options=layers, value=layers, description="layers on", **_WIDE),
        tokens=SelectMultiple(options=tokens, value=tokens, description="tokens on", **_WIDE),
    )


def word(text: str) -> Shown:
    """Show how large the rows of a text's words are in AoT's table, and which rows are near."""
    found = _word.tables()
    return explorer(
        _word.word,
        text=Text(text, continuous_update=False, layout={"width": "36rem"}),
        name=Dropdown(options=found),
        layer=BoundedIntText(1, min=1, max=99, description="layer", layout={"width": "9rem"}),
    )


def claims(profile: str) -> Shown:
    """Show a claim as the report does, and with tasks left out and a margin of one's own."""
    found = margins.choices(profile)
    if not found:
        return Still("<p>No claim about scores could be judged here.</p>")

    def settle(now: Controls) -> None:
        tasks = [(legend.task(t), t) for t in margins.tasks(profile, now["claim"].value)]
        if tuple(now["left_out"].options) != tuple(tasks):  # another claim
            now["left_out"].options = tasks
            now["margin"].value = found[now["claim"].value].rule.margin

    options = [(claim.sentence, name) for name, claim in found.items()]
    claim = Dropdown(options=options, layout={"width": "44rem"})
    left_out = SelectMultiple(description="leave out", **_WIDE)
    margin = BoundedFloatText(0.0, min=0, max=100, step=0.5, description="margin, points", **_WIDE)
    shown = partial(margins.margins, profile)
    return explorer(shown, settle, claim=claim, left_out=left_out, margin=margin)


def _offer(control: Dropdown, options: list[tuple[str, str]], wish: str) -> None:
    """Offer options, keeping what was chosen where it is still among them, else what is wished."""
    values = [value for _, value in options]
    chosen = next((v for v in (control.value, wish) if v in values), values[0])
    if tuple(control.options) != tuple(options):
        control.options = options
    control.value = chosen
