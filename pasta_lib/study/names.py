"""What methods, tasks, backbones and measured contenders are called: one name each, everywhere."""

METHODS = {
    "full": "Full fine-tuning",
    "classifier": "Classifier only",
    "pasta": "PASTA",
    "pasta-no-cls": "PASTA w/o [CLS]",
    "pasta-no-sep": "PASTA w/o [SEP]",
    "pasta-shared": "PASTA, shared vector",
    "pasta-random": "PASTA, random positions",
    "aot-fc": "FC AoT P-Tuning",
    "aot-kron": "Kron. AoT P-Tuning",
    "aot-naive": "Naive AoT P-Tuning",
    "bitfit": "BitFit",
    "lora": "LoRA",
    "lora-fused": "LoRA fused",
    "adapter": "Adapter",
    "diff-prune": "Diff-Prune",
    "p-tuning-v2": "P-Tuning v2",
    "p-tuning-v1": "P-Tuning v1",
}
TASKS = {
    "rte": "RTE",
    "cola": "CoLA",
    "stsb": "STS-B",
    "mrpc": "MRPC",
    "sst2": "SST-2",
    "qnli": "QNLI",
    "mnli": "MNLI",
    "qqp": "QQP",
    "boolq": "BoolQ",
    "cb": "CB",
    "copa": "COPA",
    "multirc": "MultiRC",
    "superglue-rte": "RTE (SuperGLUE)",
    "wic": "WiC",
    "wsc": "WSC",
    "conll2003": "CoNLL2003",
}
BACKBONES = {
    "minilm": "MiniLM",
    "mpnet": "MPNet",
    "bert-base": "BERT-base",
    "bert-large": "BERT-large",
    "roberta-base": "RoBERTa-base",
    "roberta-large": "RoBERTa-large",
    "deberta-xl": "DeBERTa-XL",
}
_CONTENDERS = {  # of measured times, where the method's name does not say enough
    "vanilla": "the vanilla model",
    "aot fused": "AoT P-Tuning fused",  # whatever its P was trained as
    "aot unfused": "FC AoT P-Tuning unfused",
    "lora merged": METHODS["lora-fused"],
}


def method(name: str) -> str:
    """Return a method's name as the papers print it."""
    return METHODS.get(name, name)


def task(name: str) -> str:
    """Return a task's name as the papers print it."""
    return TASKS.get(name, name)


def backbone(name: str) -> str:
    """Return a backbone's name as people write it."""
    return BACKBONES.get(name, name)


def contender(name: str) -> str:
    """Return what was timed: the method, and how it was run or the length of its prefix."""
    first, _, rest = name.partition(" ")
    how = f", prefix {rest}" if rest.isdigit() else f" {rest}"
    return _CONTENDERS.get(name, (method(first) + how).strip())
