"""The report: one page that opens with no network, every number a link to its record."""

import os
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from ... import disk, paths
from ..claims import OUTCOMES
from ..claims.claim import EXACT
from ..store import Store
from . import cards, distance, forest, frames, legend, tables
from .contents import QUESTIONS, SECTIONS
from .exhibit import REHEARSED, Table, anchor

TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
HEADLINES = {  # what each paper claims first, and its method
    "PASTA (Yang et al., 2023)": ("pasta-full", "pasta"),
    "AoT P-Tuning (Gavrilov & Balagansky, 2023)": ("aot-p-tuning-v2", "aot-fc"),
}


def report(profile: str) -> Path:
    """Draw every table and figure anew from the records and return the page that shows them."""
    found = {card.claim.id: card for card in cards.cards(profile)}
    claims, scores, halves, shares = (
        table(profile)
        for table in (
            tables.verdicts,
            tables.overview,
            tables.halves,
            distance.share_of_the_way,
        )
    )
    sections = [
        (section, found.get(section.answer), list(section.exhibits(profile)))
        for section in SECTIONS
    ]
    environment = tables.environment(profile)
    shown = [claims, scores, halves, shares, environment]
    shown += [e for _, _, exhibits in sections for e in exhibits if isinstance(e, Table)]
    path = paths.figures(profile) / "report.html"
    page = TEMPLATES.get_template("page.html").render(
        profile=profile,
        rehearsed=REHEARSED,
        run=_what_was_run(profile),
        headlines=[
            (title, found[claim], distance.sentence(profile, method))
            for title, (claim, method) in HEADLINES.items()
        ],
        cards=found,
        tally=cards.tally(found.values()),
        groups=_groups(list(found.values())),
        outcomes=OUTCOMES,
        marks=cards.MARKS,
        used=cards.OWN,
        own_scores=any(
            line.verdict.own and not isinstance(card.claim.rule, EXACT)
            for card in found.values()
            for line in card.ran
        ),
        papers=dict.fromkeys(card.claim.paper for card in found.values()),
        way=distance.share_picture(profile),
        forest=forest.claims_forest(profile),
        claims=claims,
        shares=shares,
        scores=scores,
        halves=halves,
        sections=sections,
        environment=environment,
        records=_records(profile, shown, path.parent),
    )
    disk.replace_text(path, page)
    return path


def _groups(found: list[cards.Card]) -> dict[str, dict]:
    """Return the cards by the question that they answer."""
    asks = {section.notebook: section.question for section in SECTIONS}
    groups = {name: [c for c in found if asks[c.claim.needs] == name] for name in QUESTIONS}
    return {
        name: {"title": QUESTIONS[name], "cards": own, "summed": cards.summed(own)}
        for name, own in groups.items()
    }


def _what_was_run(profile: str) -> dict[str, str]:
    records = frames.records(profile)
    made = [frames.environment(record) for record in records]
    states = [record["status"] for record in records]
    return {
        "Profile": profile,
        "Measured on": _each(setting for setting, _ in frames.settings(frames.training(profile))),
        "Records": ", ".join(f"{states.count(s)} {s}" for s in dict.fromkeys(states)) or "none",
        "Hours of runs": f"{sum(record['seconds'] for record in records) / 3600:.2f}",
        "Commit": _each(str(found["commit"] or "not a commit")[:12] for found in made),
        "Machine": _each(str(found.get("gpu") or found.get("cpu")) for found in made),
    }


def _records(profile: str, shown: list[Table], folder: Path) -> list[dict]:
    """Return what the page says of each record that a shown number links to."""
    linked = {key for table in shown for keys in table.cells["records"] for key in keys.split()}
    stores = {
        record["key"]: (record, Store(paths.runs(name)))
        for name in (frames.SPEED, profile)
        for record in frames.records(name)
    }
    found = [(record, store) for key, (record, store) in stores.items() if key in linked]
    return [
        {
            "anchor": anchor(record["key"]),
            "key": record["key"][:12],
            "file": os.path.relpath(store.path(record["key"]), folder),
            "about": _about(record),
            "score": _score(record),
            "seconds": f"{record['seconds']:.1f}",
            "commit": str(record["provenance"].get("commit") or "")[:12],
            "stale": "stale" if record["stale"] else "",
        }
        for record, store in sorted(found, key=lambda each: (each[0]["kind"], _about(each[0])))
    ]


def _about(record: dict) -> str:
    config = record["config"]
    if record["kind"] != "train":
        return f"{record['kind']}: " + ", ".join(f"{name} {v}" for name, v in config.items())
    train = config["train"]
    return (
        f"{config['backbone']}, {config['source']}, {config['task']}, "
        f"{legend.method(config['method'])}, lr {legend.rate(train['lr'])}, seed {train['seed']}"
    )


def _score(record: dict) -> str:
    if record["kind"] != "train" or record["status"] != "done":
        return record["status"]
    result = record["result"]
    return f"{legend.metric(result['metric'])} {100 * result['score']:.1f}"


def _each(values) -> str:
    return ", ".join(dict.fromkeys(values)) or "none"
