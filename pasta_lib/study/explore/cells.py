"""The explorers as notebooks call them: each a pure function under the skin, with its controls."""

from functools import partial

import ipywidgets
from ipywidgets import BoundedFloatText, Dropdown, SelectMultiple, Text, Textarea

from ..reporting import legend
from . import batch as _batch
from . import first, margins, serving, trained, versus
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
