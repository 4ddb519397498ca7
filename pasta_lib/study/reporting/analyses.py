"""Tables that look inside: heads, parameters, hyper-parameters, vectors, tokens, costs."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import pandas as pd

from .. import words
from ..statistics import summarise
from . import frames, legend
from .exhibit import Cell, Table
from .layout import SCORED, in_metric, printed


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
        "PASTA Figure 5 and App. C: vertical heads",
        "A head is vertical if at least 90 % of the tokens put their largest attention weight on "
        "[CLS] or [SEP].",
        cells,
    ).write(profile)


def vertical_heads_corpus(profile: str) -> Table:
    """Return how steadily heads are vertical over many texts, beside the paper's one sentence."""
    cells = []
    for record in frames.measured(profile, "heads-corpus"):
        result, heads = record["result"], pd.DataFrame(record["result"]["heads"])
        counts = result["counts"]
        shown = {
            "texts": f"{result['texts']}",
            "heads": f"{len(heads)}",
            "on ≥ 50 %": f"{(heads['texts'] >= 0.5).sum()}",
            "on ≥ 90 %": f"{(heads['texts'] >= 0.9).sum()}",
            "on all": f"{(heads['texts'] == 1).sum()}",
            "vertical per text": f"{sum(counts) / len(counts):.1f}",
            "fewest to most": f"{min(counts)} to {max(counts)}",
        }
        block = legend.backbone(record["config"]["backbone"])
        cell = Cell(block, legend.corpus(record["config"]), "")
        cells += [replace(cell, column=c).fact(text, [record]) for c, text in shown.items()]
    for record in frames.measured(profile, "heads"):
        heads = record["result"]["heads"]
        vertical = sum(head["vertical"] for head in heads)
        shown = {"texts": "1", "heads": f"{len(heads)}", "vertical per text": f"{vertical}"}
        block = legend.backbone(record["config"]["backbone"])
        cell = Cell(block, f"“{record['config']['sentence']}”", "")
        cells += [replace(cell, column=c).fact(text, [record]) for c, text in shown.items()]
    return Table.of(
        "vertical_heads_corpus",
        "Vertical heads over many texts",
        "Beyond the papers. “On ≥ 90 %”: number of heads that are vertical on at least 90 % of the "
        "texts, the first of validation, of our own grammars; “vertical per text”: mean.",
        cells or [Cell("This study", "all texts", "texts")],
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
            if place.metric not in facts:
                cell = cell.score(best and in_metric(best, place.metric))
            elif best:
                cell = cell.fact(facts[place.metric](best.records[0]), best.records[:1])
            cells.append(cell)
    return Table.of(
        "pasta_table6",
        "PASTA Table 6: best hyper-parameters",
        f"{SCORED} Best epoch: of the first seed. Picked by the metric of the run, shown by the "
        f"column's. {legend.metrics(grid[~grid['metric'].isin(list(facts))])}",
        [*cells, *printed(grid, "PASTA")],
        "03_glue",
    ).write(profile)


def norms(profile: str, method: str = "pasta", tasks: Collection[str] = ()) -> Table:
    """Return the norm of each trained special-token vector, by layer and token.

    Of some tasks only, if they are named.
    """
    name, title = legend.norms(method)
    cells = [
        Cell(f"{legend.task(task)}: {setting}", f"layer {layer}", token).trained(
            f"{norm:.3f}", best.records, norm
        )
        for task, setting, best in frames.best(profile, method)
        if not tasks or task in tasks
        for layer, row in enumerate(frames.mean_norms(best), start=1)
        for token, norm in zip(legend.special_tokens(len(row), method), row, strict=True)
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
        Cell(setting, f"layer {layer}", column).trained(
            ", ".join(token for token, _ in rows), best.records[:1]
        )
        for setting, best in frames.best_of(profile, method, legend.same(task)).items()
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
        + legend.method(method),
        "Layer 0 is the first layer's input. Ours: the first seed of the best configuration."
        + lacking,
        [*(cells or [Cell("This study", "all layers", column)]), *paper],
        "08_top_norm_tokens",
    ).write(profile)


def word_classes(profile: str, task: str, method: str = "aot-fc") -> Table:
    """Return what kinds of tokens the largest rows of P belong to, by layer, ours and AoT's."""
    cells = []
    for setting, best in frames.best_of(profile, method, legend.same(task)).items():
        layers = enumerate(best.records[0]["result"]["top_tokens"])
        tokens = {layer: [token for token, _ in rows] for layer, rows in layers}
        for row, shares in _class_shares(tokens).items():
            cell = Cell(setting, row, "")
            cells += [
                replace(cell, column=column).trained(f"{share:.0f} %", best.records[:1], share)
                for column, share in shares.items()
            ]
    cells = cells or [Cell("This study", "all layers", words.CLASSES[0])]
    for record in frames.measured(profile, "vocabulary"):
        if record["config"]["edition"] == words.edition():
            found = record["result"]["classes"]
            block = f"{legend.backbone(record['config']['backbone'])}: what chance would give"
            cells += [
                Cell(block, "whole vocabulary", column).fact(f"{share:.1f} %", [record], share)
                for column, share in _shares(found).items()
            ]
    paper = _class_shares(frames.printed_tokens(f"T{legend.TOKEN_TABLES.get(task)}"))
    cells += [
        Cell("AoT, its printed tokens counted: DeBERTa-XL", row, column).printed(
            f"{share:.0f} %", share
        )
        for row, shares in paper.items()
        for column, share in shares.items()
    ]
    return Table.of(
        f"word_classes_{task}_{method}",
        "Kinds of tokens among the largest rows of P, "
        f"{legend.task(task)}, {legend.method(method)}",
        "Share of the tokens, each judged by its form alone: first by our lists (pronouns; "
        "function words, as articles, prepositions, conjunctions, auxiliaries; given names and "
        "countries), then by lemminflect's lexicon, the SPECIALIST lexicon. Names, verbs and "
        "adverbs are forms that it has as nothing else, names with a capital; verbs or other: may "
        "also be nouns or adjectives. Pieces: marked ##, single letters, and forms unknown to "
        "both. What chance would give: the same count over every token of the vocabulary.",
        cells,
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
        "Trained parameters",
        "Counted without the head, over the size of the encoder, as the papers count.",
        [*(ours or [Cell("This study", "all methods", "trained")]), *paper],
        "02_parameter_counts",
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
    if name == "size":
        cells += [
            Cell(f"{legend.task(task)}: {setting}", legend.method("full"), "any").score(best)
            for (setting, task), best in frames.reference(profile).items()
            if ((frame["task"] == task) & (frame["setting"] == setting)).any()
        ]
    return Table.of(
        f"scores_along_{name}",
        frames.titled(legend.ALONG[name], frame["best"]),
        "At each value the best of the other hyper-parameters, the median over seeds: "
        f"{frames.effort(frame['best'])}.",
        cells or [Cell("This study", "all methods", "any")],
        {"size": "09_prefix_and_rank", "lr": "03_glue"}[name],
    ).write(profile)


def macro_along(profile: str) -> Table:
    """Return each benchmark's macro score along prefix length and rank (AoT Figure 3)."""
    frame = frames.macro_along(profile).sort_values("x", kind="stable")
    cells = [
        Cell(f"{line.task}: {line.setting}", legend.method(line.method), f"{line.x:g}").trained(
            f"{line.value:.1f}", frames.runs(line.tried), line.value
        )
        for line in frame.itertuples()
    ]
    tried = [best for bests in frame["tried"] for best in bests]
    return Table.of(
        "aot_figure3",
        frames.titled(legend.ALONG["macro"], tried),
        f"{legend.MACRO} {frames.effort(tried)}.",
        cells or [Cell("This study", "all methods", "any")],
        "09_prefix_and_rank",
    ).write(profile)


def expected_validation(
    profile: str, tasks: Collection[str] = (), methods: Collection[str] = ()
) -> Table:
    """Return the expected best score of n hyper-parameter assignments, n = 1, 2, 5, 10, …"""
    cells, frame = [], frames.expected(profile, tasks, methods)
    for curve in frame.itertuples():
        cell = Cell(f"{legend.task(curve.task)}: {curve.setting}", legend.method(curve.method), "")
        for n in (1, 2, 5, 10, 20, 50, 100, 200):
            if n <= len(curve.values):
                value = 100 * curve.values[n - 1]
                at = replace(cell, column=f"n = {n}")
                cells.append(at.trained(f"{value:.1f}", frames.runs(curve.tried), value))
    tried = [best for bests in frame["tried"] for best in bests]
    return Table.of(
        "expected_validation",
        frames.titled(legend.ALONG["expected"], tried),
        "Expected best of n assignments drawn with replacement from those tried (Dodge et al., "
        f"2019), each at its median over seeds: {frames.effort(tried)}. A grid is not a random "
        "sample: take it as a guide.",
        cells or [Cell("This study", "all methods", "n = 1")],
        "10_expected_validation",
    ).write(profile)


def costs(profile: str) -> Table:
    """Return what a training step of each method takes: time, memory, and the adapter's bytes."""
    cells = []
    for record in frames.measured(profile, "training-cost"):
        at = record["config"]
        block = (
            f"{legend.backbone(at['backbone'])}, {at['precision']}, batch {at['batch_size']}, "
            f"{legend.length(at['length'])}: {at['machine']}"
        )
        found = record["result"]["costs"]
        for method in (name for name in legend.METHODS if name in found):
            cost = found[method]
            shown = {
                "ms per step": f"{1000 * cost['seconds']:.0f}",
                "over full": f"{cost['seconds'] / found['full']['seconds']:.2f}",
                "peak, MB": _megabytes(cost["kept"] + cost["gradients"] + cost["state"]),
                "kept for backward, MB": _megabytes(cost["kept"]),
                "gradients, MB": _megabytes(cost["gradients"]),
                "optimiser state, MB": _megabytes(cost["state"]),
                "adapter, MB": _megabytes(cost["adapter"]),
            }
            row = legend.method(method)
            cells += [Cell(block, row, column).fact(t, [record]) for column, t in shown.items()]
    return Table.of(
        "training_costs",
        "Cost of training",
        "One run, not packed; the median of three steps. Peak: what the forward pass keeps for the "
        "backward pass, gradients and AdamW's two numbers for each trained one, together, beside "
        "the encoder's weights. The adapter on disk holds the head too.",
        cells or [Cell("This study", "all methods", "ms per step")],
        "02_parameter_counts",
    ).write(profile)


def _megabytes(count: float) -> str:
    return f"{count / 1e6:.2f}"


def _as_listed(record: dict) -> tuple:
    config = record["config"]
    backbone = legend.place(config["backbone"], legend.BACKBONES)
    method = legend.place(config["method"], legend.METHODS)
    return (backbone, method, str(config["fields"]))


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


def _class_shares(layers: Mapping[int, list[str]]) -> dict[str, dict[str, float]]:
    """Return the share of each class of words in percent, by layer and over all layers."""
    rows = {f"layer {layer}": tokens for layer, tokens in layers.items()}
    if rows:
        rows["all layers"] = [token for tokens in layers.values() for token in tokens]
    return {row: _shares(words.count(tokens)) for row, tokens in rows.items()}


def _shares(found: Mapping[str, int]) -> dict[str, float]:
    total = sum(found.values())
    return {name: 100 * found[name] / total for name in words.CLASSES}
