"""Tables that look inside: heads, parameters, hyper-parameters, vectors, tokens, costs."""

from collections.abc import Collection
from dataclasses import replace
from statistics import median

import pandas as pd

from ..statistics import summarise
from . import frames, legend
from .exhibit import Cell, Table
from .grid import SCORED, printed


def vertical_heads(profile: str) -> Table:
    """Return how many heads are vertical, layer by layer, beside PASTA's count (App. C)."""
    cells = []
    for record in frames.records(profile, "heads"):
        heads = pd.DataFrame(record["result"]["heads"])
        block = f"{legend.backbone(record['config']['backbone'])}: “{record['config']['sentence']}”"
        layers = [(f"layer {layer}", rows) for layer, rows in heads.groupby("layer")]
        cells += [
            Cell(block, row, column).fact(shown, [record])
            for row, rows in [*layers, ("all layers", heads)]
            for column, shown in _head_counts(rows).items()
        ]
    text = frames.printed("pasta", "text").query("row == 'App. C'").set_index("metric")
    block = "PASTA, as printed: BERT-large, the same sentence"
    cells += [
        Cell(block, "all layers", column).printed(text.loc[metric, "printed"])
        for column, metric in (("heads", "heads"), ("vertical", "vertical_heads"))
    ]
    return Table.of(
        "pasta_figure5",
        f"PASTA Figure 5 and App. C: vertical heads (profile {profile})",
        "A head is vertical if at least 90 % of the tokens put their largest attention weight on "
        "[CLS] or [SEP].",
        cells,
    ).write(profile)


def hyperparameters(profile: str) -> Table:
    """Return PASTA's best configuration for each task, in the layout of PASTA Table 6."""
    grid = frames.printed("pasta", "T6")
    facts = {
        "lr": lambda record: legend.rate(record["config"]["train"]["lr"]),
        "batch_size": lambda record: str(record["config"]["train"]["batch_size"]),
        "special_tokens": lambda record: str(len(record["result"]["norms"][0])),
        "epochs": lambda record: str(record["config"]["train"]["epochs"]),
        "best_epoch": lambda record: str(record["result"]["best_epoch"]),
    }
    cells = []
    for block, runs in frames.settings(frames.training(profile)):
        for place in grid.drop_duplicates(["row", "column"]).itertuples():
            cell = Cell(block, place.row, place.column, method="pasta")
            best = summarise(frames.of(runs, task=place.task, method="pasta"))
            if best and place.metric in facts:
                cell = cell.fact(facts[place.metric](best.records[0]), best.records[:1])
            cells.append(cell if place.metric in facts else cell.score(best))
    return Table.of(
        "pasta_table6",
        f"PASTA Table 6: best hyper-parameters (profile {profile})",
        f"{SCORED} Best epoch: of the first seed.",
        [*cells, *printed(grid, "PASTA")],
        "03_glue",
    ).write(profile)


def norms(profile: str, method: str = "pasta", tasks: Collection[str] = ()) -> Table:
    """Return the norm of each trained special-token vector, by layer and token.

    Of some tasks only, if they are named.
    """
    name, title = legend.norms(profile, method)
    cells = [
        Cell(f"{legend.task(task)}: {setting}", f"layer {layer}", token).fact(
            f"{norm:.3f}", best.records, norm
        )
        for task, setting, best in frames.best(profile, method)
        if not tasks or task in tasks
        for layer, row in enumerate(frames.mean_norms(best), start=1)
        for token, norm in zip(legend.special_tokens(len(row)), row, strict=True)
    ]
    return Table.of(
        name,
        title,
        "Mean over the seeds of the best configuration.",
        cells or [Cell("This study", "all layers", "[CLS]")],
        "07_norm_distribution",
    ).write(profile)


def top_tokens(profile: str, task: str, method: str = "aot-fc") -> Table:
    """Return the tokens whose rows of P have the largest norm, by layer (AoT Tables 7 to 10)."""
    column, number = "tokens with the largest norm", legend.TOKEN_TABLES.get(task)
    cells = [
        Cell(setting, f"layer {layer}", column).fact(
            ", ".join(token for token, _ in rows), best.records[:1]
        )
        for name, setting, best in frames.best(profile, method)
        if name == task
        for layer, rows in enumerate(best.records[0]["result"]["top_tokens"])
    ]
    paper = [
        Cell("AoT, as printed: DeBERTa-XL", f"layer {layer}", column).printed(", ".join(tokens))
        for layer, tokens in frames.printed_tokens(f"T{number}").items()
    ]
    lacking = " The text of the paper does not hold its table." if number and not paper else ""
    return Table.of(
        "_".join([f"aot_table{number}" if number else "top_tokens", task, method]),
        f"{f'AoT Table {number}: l' if number else 'L'}argest rows of P, {legend.task(task)}, "
        f"{legend.method(method)} (profile {profile})",
        "Layer 0 is the first layer's input. Ours: the first seed of the best configuration."
        + lacking,
        [*(cells or [Cell("This study", "all layers", column)]), *paper],
        "08_top_norm_tokens",
    ).write(profile)


def parameter_counts(profile: str) -> Table:
    """Return what each method trains, as counted, beside every %Param that PASTA prints."""
    ours = []
    for record in sorted(frames.records(profile, "count"), key=_as_listed):
        config, result = record["config"], record["result"]
        fields = ", ".join(f"{n} {v}" for n, v in config["fields"].items() if v is not None)
        row = legend.method(config["method"]) + (f" ({fields})" if fields else "")
        shown = {
            "trained": f"{result['method']:,}",
            "head": f"{result['head']:,}",
            "backbone": f"{result['backbone']:,}",
            "%Param": f"{result['percent']:.4f}",
        }
        block = legend.backbone(config["backbone"])
        ours += [Cell(block, row, column).fact(text, [record]) for column, text in shown.items()]
    grids = {table: frames.printed("pasta", table) for table in ("T2", "T3", "T5")}
    paper = [
        Cell(f"{cell.block}, Table {table[1:]}", cell.row, "%Param").printed(
            cell.shown, cell.value, note=cell.note
        )
        for table, grid in grids.items()
        for cell in printed(grid[grid["metric"] == "percent"], "PASTA")
    ]
    return Table.of(
        "parameter_counts",
        f"Trained parameters (profile {profile})",
        "Counted without the head, over the size of the encoder, as the papers count.",
        [*(ours or [Cell("This study", "all methods", "trained")]), *paper],
        "02_parameter_counts",
    ).write(profile)


def statements(profile: str, paper: str, section: str, notebook: str) -> Table:
    """Return the numbers that a section of a paper states in its text; overheads ask for ours."""
    text = frames.printed(paper, "text")
    text = text[text["row"] == section].drop_duplicates(["column", "backbone", "method"])
    cells = []
    for place in text.itertuples():
        methods = " and ".join(legend.method(name) for name in place.method.split())
        row = ", ".join(filter(None, [place.column, methods, legend.backbone(place.backbone)]))
        cells.append(Cell(section, row, "as printed").printed(place.printed, note=place.note))
        if place.metric == "overhead":
            cells.append(Cell(section, row, "ours"))
    return Table.of(
        f"{paper}_section{section.removeprefix('§').replace('.', '_')}",
        f"What the paper states in {section} (profile {profile})",
        "Numbers in the paper's text.",
        cells,
        notebook,
    ).write(profile)


def along(profile: str, name: str) -> Table:
    """Return scores along one hyper-parameter: "size" (prefix or rank) or "lr"."""
    frame = frames.along(profile, name)
    cells = [
        Cell(
            f"{legend.task(line.task)}: {line.setting}",
            legend.method(line.method),
            line.shown,
            method=line.method,
            metric=line.metric,
        ).score(line.best)
        for line in frame.sort_values("x", kind="stable").itertuples()
    ]
    title, notebook = _ALONG[name]
    return Table.of(
        f"scores_along_{name}",
        f"{title} (profile {profile})",
        "At each value the best of the other hyper-parameters, median ± standard deviation over "
        "seeds.",
        cells or [Cell("This study", "all methods", "any")],
        notebook,
    ).write(profile)


def macro_along(profile: str) -> Table:
    """Return each benchmark's macro score along prefix length and rank (AoT Figure 3)."""
    cells = [
        Cell(f"{line.task}: {line.setting}", legend.method(line.method), f"{line.x:g}").fact(
            f"{line.value:.1f}", line.records, line.value
        )
        for line in frames.macro_along(profile).sort_values("x", kind="stable").itertuples()
    ]
    title, caption = legend.MACRO_ALONG
    return Table.of(
        "aot_figure3",
        f"{title} (profile {profile})",
        caption,
        cells or [Cell("This study", "all methods", "any")],
        "09_prefix_and_rank",
    ).write(profile)


def expected_validation(
    profile: str, tasks: Collection[str] = (), methods: Collection[str] = ()
) -> Table:
    """Return the expected best score of n hyper-parameter assignments, n = 1, 2, 5, 10, …"""
    cells = []
    for curve in frames.expected(profile, tasks, methods).itertuples():
        cell = Cell(f"{legend.task(curve.task)}: {curve.setting}", legend.method(curve.method), "")
        for n in (1, 2, 5, 10, 20, 50, 100, 200):
            if n <= len(curve.values):
                value = 100 * curve.values[n - 1]
                at = replace(cell, column=f"n = {n}")
                cells.append(at.fact(f"{value:.1f}", curve.records, value))
    return Table.of(
        "expected_validation",
        f"AoT Figures 6 and 8: expected validation performance (profile {profile})",
        "Expected best of n assignments drawn with replacement from those tried (Dodge et al., "
        "2019), each at its median over seeds. A grid is not a random sample: take it as a guide.",
        cells or [Cell("This study", "all methods", "n = 1")],
        "10_expected_validation",
    ).write(profile)


def costs(profile: str) -> Table:
    """Return what training one run of each method costs: time of a step, bytes of what trains."""
    cells = []
    for setting, runs in frames.settings(frames.training(profile)):
        for method in (m for m in legend.METHODS if m in set(runs["method"])):
            done = [r for r in frames.of(runs, method=method) if r["status"] == "done"]
            if not done:
                continue
            steps = [r["seconds"] / r["result"]["steps"] for r in done]
            trained = [r["result"]["parameters"] for r in done]
            count = median(t["method"] + t["head"] for t in trained)
            shown = {
                "ms per step": f"{1000 * median(steps):.0f}",
                "trained, with head": f"{count:,.0f}",
                "gradients, MB": f"{4 * count / 1e6:.2f}",
                "optimiser state, MB": f"{8 * count / 1e6:.2f}",
                "adapter, MB": f"{4 * count / 1e6:.2f}",
            }
            row = legend.method(method)
            cells += [Cell(setting, row, column).fact(t, done) for column, t in shown.items()]
    return Table.of(
        "training_costs",
        f"Cost of training (profile {profile})",
        "Median over tasks and runs. A step's time holds its share of evaluation and of loading, "
        "and is a run's share of its pack. Bytes are reckoned from the count, in fp32: a gradient "
        "and AdamW's two numbers for each trained one, and the adapter on disk; for Diff-Prune of "
        "what pruning leaves, before it there is more. Peak memory was not measured: the encoder's "
        "weights and the activations come on top.",
        cells or [Cell("This study", "all methods", "ms per step")],
        "03_glue",
    ).write(profile)


_ALONG = {
    "size": ("AoT Figures 5, 7: scores by prefix length and rank", "09_prefix_and_rank"),
    "lr": ("Scores by learning rate", "03_glue"),
}


def _as_listed(record: dict) -> tuple:
    config = record["config"]
    orders = ((legend.BACKBONES, config["backbone"]), (legend.METHODS, config["method"]))
    places = (list(names).index(name) if name in names else len(names) for names, name in orders)
    return (*places, str(config["fields"]))


def _head_counts(heads: pd.DataFrame) -> dict[str, str]:
    vertical = heads[heads["vertical"]]
    on_cls = (vertical["share_cls"] >= vertical["share_sep"]).sum()
    return {
        "heads": f"{len(heads)}",
        "vertical": f"{len(vertical)}",
        "share": f"{100 * len(vertical) / len(heads):.1f} %",
        "mostly [CLS]": f"{on_cls}",
        "mostly [SEP]": f"{len(vertical) - on_cls}",
    }
