"""The hub's parquet copies, stood in for by local ones in exactly its schema; and no hub at all."""

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value, config
from huggingface_hub.errors import OfflineModeIsEnabled

from pasta_lib.errors import InputError
from pasta_lib.tasks import TASKS, hub, load_task

STRING, INT = Value("string"), Value("int32")
ENTAILMENT = ["entailment", "not_entailment"]
NER = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC"]


def glue(*texts, label):
    label = ClassLabel(names=label) if isinstance(label, list) else label
    return Features({**dict.fromkeys(texts, STRING), "label": label, "idx": INT})


# As the hub's dataset viewer shows them.
SCHEMAS = {
    "cola": glue("sentence", label=["unacceptable", "acceptable"]),
    "sst2": glue("sentence", label=["negative", "positive"]),
    "mrpc": glue("sentence1", "sentence2", label=["not_equivalent", "equivalent"]),
    "qqp": glue("question1", "question2", label=["not_duplicate", "duplicate"]),
    "stsb": glue("sentence1", "sentence2", label=Value("float32")),
    "mnli": glue("premise", "hypothesis", label=["entailment", "neutral", "contradiction"]),
    "qnli": glue("question", "sentence", label=ENTAILMENT),
    "rte": glue("sentence1", "sentence2", label=ENTAILMENT),
    "boolq": Features(
        {
            "question": STRING,
            "passage": STRING,
            "idx": INT,
            "label": ClassLabel(names=["False", "True"]),
        }
    ),
    "cb": Features(
        {
            "premise": STRING,
            "hypothesis": STRING,
            "idx": INT,
            "label": ClassLabel(names=["entailment", "contradiction", "neutral"]),
        }
    ),
    "copa": Features(
        {
            "premise": STRING,
            "choice1": STRING,
            "choice2": STRING,
            "question": STRING,
            "idx": INT,
            "label": ClassLabel(names=["choice1", "choice2"]),
        }
    ),
    "multirc": Features(
        {
            "paragraph": STRING,
            "question": STRING,
            "answer": STRING,
            "idx": {"paragraph": INT, "question": INT, "answer": INT},
            "label": ClassLabel(names=["False", "True"]),
        }
    ),
    "superglue-rte": Features(
        {
            "premise": STRING,
            "hypothesis": STRING,
            "idx": INT,
            "label": ClassLabel(names=ENTAILMENT),
        }
    ),
    "wic": Features(
        {
            "word": STRING,
            "sentence1": STRING,
            "sentence2": STRING,
            "start1": INT,
            "start2": INT,
            "end1": INT,
            "end2": INT,
            "idx": INT,
            "label": ClassLabel(names=["False", "True"]),
        }
    ),
    "wsc": Features(
        {
            "text": STRING,
            "span1_index": INT,
            "span2_index": INT,
            "span1_text": STRING,
            "span2_text": STRING,
            "idx": INT,
            "label": ClassLabel(names=["False", "True"]),
        }
    ),
    "conll2003": Features(
        {
            "id": STRING,
            "tokens": List(STRING),
            "pos_tags": List(ClassLabel(names=["NN", "VB"])),
            "chunk_tags": List(ClassLabel(names=["O", "B-NP"])),
            "ner_tags": List(ClassLabel(names=NER)),
        }
    ),
}
FOLDERS = {"superglue-rte": "rte", "wsc": "wsc.fixed"}
SPLITS = ("train", "validation", "test")
MNLI_SPLITS = (
    "train",
    "validation_matched",
    "validation_mismatched",
    "test_matched",
    "test_mismatched",
)


def value(column, feature, i, labelled):
    """Invent the i-th value of a column; spans point at the first word."""
    if isinstance(feature, ClassLabel):
        return i % feature.num_classes if labelled else -1
    if isinstance(feature, dict):
        return {part: i for part in feature}
    if isinstance(feature, List):
        return [value(column, feature.feature, j, True) for j in range(3)]
    if column.startswith(("start", "span1_index", "span2_index")):
        return 0
    if column.startswith("end"):
        return 3
    if feature.dtype == "float32":
        return i / 2 if labelled else -1.0
    if column in ("id", "span1_text", "span2_text"):
        return str(i)
    return i if feature.dtype == "int32" else f"{i} of {column}"


def rows(name, labelled=True):
    schema = SCHEMAS[name]
    columns = {c: [value(c, f, i, labelled) for i in range(3)] for c, f in schema.items()}
    if name == "copa":
        columns["question"] = ["cause", "effect", "cause"]
    return Dataset.from_dict(columns, features=schema)


@pytest.fixture
def repositories(tmp_path, monkeypatch):
    """Write a task as its repository holds it; the address points there and nothing is cached."""
    monkeypatch.setattr(config, "HF_DATASETS_CACHE", tmp_path / "cache")

    def write(name, columns=lambda dataset: dataset):
        spec = TASKS[name]
        splits = MNLI_SPLITS if name == "mnli" else SPLITS
        for split in splits:
            data = columns(rows(name, labelled="test" not in split or name == "mrpc"))
            folder = tmp_path / spec.suite / FOLDERS.get(name, name)
            if spec.suite == "glue":
                data.to_parquet(_made(folder) / f"{split}-00000-of-00001.parquet")
            else:
                data.to_parquet(_made(folder / split) / "0000.parquet")
        if spec.suite == "glue":
            _card(tmp_path / "glue", name, splits)
        constant = {"glue": "GLUE", "superglue": "SUPERGLUE", "ner": "CONLL"}[spec.suite]
        monkeypatch.setattr(hub, constant, str(tmp_path / spec.suite))

    return write


def _made(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _card(root, name, splits):
    """Name the configuration and its splits as the repository's card does."""
    lines = ["---", "configs:", f"- config_name: {name}", "  data_files:"]
    for split in splits:
        lines += [f"  - split: {split}", f"    path: {name}/{split}-*"]
    (root / "README.md").write_text("\n".join([*lines, "---", ""]))


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_hubs_rows_and_features_come_through(name, repositories):
    repositories(name)
    task = load_task(name, source="hub")
    kept = [c for c in SCHEMAS[name] if c not in ("pos_tags", "chunk_tags")]
    for split, dataset in task.splits.items():
        expected = rows(name, labelled="test" not in split or name == "mrpc").select_columns(kept)
        assert dataset.features == expected.features
        assert dataset[:] == expected[:]
    assert task.source == "hub"


def test_mnli_splits_take_this_projects_names(repositories):
    repositories("mnli")
    assert list(load_task("mnli", source="hub").splits) == [
        "train",
        "validation",
        "validation_mismatched",
        "test",
        "test_mismatched",
    ]


def test_every_task_has_a_schema_here():
    assert set(SCHEMAS) == set(TASKS)


def test_classes_in_another_order_are_refused(repositories):
    def swap(dataset):
        return dataset.cast_column("label", ClassLabel(names=ENTAILMENT[::-1]))

    repositories("rte", swap)
    with pytest.raises(InputError, match="classes of 'label' are .'not_entailment', 'entailment'."):
        load_task("rte", source="hub")


def changed(column, value, kind=None, row=0):
    """Return the edit of a split that puts `value` into a column, which then is of `kind`."""

    def edit(dataset):
        values = dataset[column][:]
        values[row] = value
        rest = dataset.remove_columns(column)
        return rest.add_column(column, values, feature=kind or dataset.features[column])

    return edit


@pytest.mark.parametrize(
    ("name", "edit", "said"),
    [
        ("rte", changed("label", -1), "rte, train, row 0: label is -1, not one of entailment, "),
        ("rte", changed("label", None), "rte, train, row 0: label is missing"),
        ("stsb", changed("label", 1e39, Value("float64")), "row 0: label is 1e.39, past 3.4e.38"),
        ("stsb", changed("label", float("nan")), "row 0: label is missing"),
        ("cb", changed("idx", 3_000_000_000, Value("int64")), "row 0: idx is 3000000000, past 21"),
        ("conll2003", changed("ner_tags", [0, -1, 0]), "row 0: ner_tags is -1, not one of O, B-P"),
        ("conll2003", changed("ner_tags", [0, None, 0]), "train, row 0: ner_tags is missing"),
        ("conll2003", changed("tokens", ["a", None, "b"]), "train, row 0: tokens is missing"),
    ],
)
def test_a_value_that_is_none_is_refused(name, edit, said, repositories):
    repositories(name, edit)
    with pytest.raises(InputError, match=said):
        load_task(name, source="hub")


@pytest.mark.parametrize(
    ("name", "column", "other"),
    [("mrpc", "label", "Quality"), ("stsb", "label", "score"), ("rte", "idx", "id")],
)
def test_on_the_hub_only_the_hubs_names_count(name, column, other, repositories):
    def add(dataset):
        return dataset.add_column(other, [2, 0, 1], feature=INT)

    expected = rows(name)[column][:]
    repositories(name, add)
    assert load_task(name, source="hub").splits["train"][column][:] == expected


def test_a_missing_column_is_named(repositories):
    repositories("rte", lambda dataset: dataset.remove_columns("sentence2"))
    with pytest.raises(InputError, match="rte, train has no column 'sentence2'"):
        load_task("rte", source="hub")


@pytest.mark.parametrize("failure", [ConnectionError("no route"), OfflineModeIsEnabled("offline")])
def test_without_a_hub_the_error_names_the_other_sources(failure, monkeypatch):
    def load_dataset(**_):
        raise failure

    monkeypatch.setattr(hub, "load_dataset", load_dataset)
    with pytest.raises(InputError, match="from the hub .nyu-mll/glue.*source='sample'.*a folder"):
        load_task("rte", source="hub")


@pytest.fixture
def hub_cache(tmp_path, monkeypatch):
    """Lay a task out in the hub's cache, as its client does, with nothing prepared from it."""
    monkeypatch.setattr(config, "HF_DATASETS_CACHE", tmp_path / "prepared")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    def write(name, folder, file, revision):
        root = tmp_path / "hub" / folder
        reference = root / "refs" / revision
        _made(reference.parent)
        reference.write_text("0" * 40)
        files = {}
        for split in SPLITS:
            files[split] = root / "snapshots" / ("0" * 40) / file.format(split)
            _made(files[split].parent)
            rows(name, labelled=split != "test").to_parquet(files[split])
        return files

    return write


@pytest.mark.parametrize(
    ("name", "folder", "file", "revision"),
    [
        ("rte", "datasets--nyu-mll--glue", "rte/{}-00000-of-00001.parquet", "main"),
        ("cb", "datasets--aps--super_glue", "cb/{}/0000.parquet", "refs/convert/parquet"),
    ],
)
def test_a_set_that_lies_whole_in_the_hubs_cache_is_read_from_there(
    name, folder, file, revision, hub_cache
):
    files = hub_cache(name, folder, file, revision)
    splits = load_task(name, source="hub").splits
    assert splits["train"][:] == rows(name, labelled=True).select_columns([*SCHEMAS[name]])[:]
    files["validation"].unlink()
    assert hub.cached(TASKS[name]).keys() == {"train", "test"}


def test_a_part_that_the_cache_lacks_leaves_its_split_out(hub_cache):
    half = ("rte", "datasets--nyu-mll--glue", "rte/{}-00000-of-00002.parquet", "main")
    hub_cache(*half)
    assert hub.cached(TASKS["rte"]) == {}
