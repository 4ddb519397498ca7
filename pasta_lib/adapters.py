"""What `requires_grad` marks: counted, saved, loaded and shared without the frozen encoder.

An adapter is a folder: `adapter.safetensors` (the trained tensors), `adapter.json` (what they are),
`README.md` (the model card) and, where AoT is fused, `fused.safetensors` (the table, apart, so that
it can be mapped into memory).
"""

import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, get_type_hints

import torch
from accelerate.utils import extract_model_from_parallel
from huggingface_hub import HfApi, ModelCardData
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import PreTrainedModel

from . import backbones, disk
from .errors import InputError, Text, require, sentence
from .methods import TokenBias, build, describe, tuning_of, unchanged_if_refused
from .purpose import Purpose
from .reparam import Fused

_TENSORS, _FUSED = "adapter.safetensors", "fused.safetensors"
_DESCRIPTION, _CARD = "adapter.json", "README.md"
_TABLE = "table"
# What a description holds beside what its purpose says, which an older one does not; and in it,
# what is said of the backbone. A fingerprint alone stands in older ones.
_NEEDED: dict[str, Any] = {
    "method": str,
    "fields": dict[str, Any],
    "backbone": dict[str, Any],
    "pooler": backbones.Pooler | None,
    "fused": bool,
    "sha256": str,
}
_BACKBONE = {"name": str, "architecture": str}
_FINGERPRINTS = {"fingerprints": dict[str, str], "fingerprint": str}
_TOLD = {"task": Text | None, "score": dict[str, float] | None}  # by a call of `save_adapter`


@dataclass(frozen=True)
class Parameters:
    """Trained parameters: the method's own, the head's; and the size of the encoder."""

    method: int
    head: int
    backbone: int

    @property
    def percent(self) -> float:
        """The method's share of the encoder, 100 · method / backbone; the head is counted apart."""
        return 100 * self.method / self.backbone


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters that train, by name."""
    return {n: p for n, p in model.named_parameters() if p.requires_grad}


def count_parameters(model: PreTrainedModel) -> Parameters:
    """Count what an applied method trains; works on the meta device.

    Returns `.method` (its parameters without the head), `.head`, `.backbone` (the encoder's) and
    `.percent` = 100 · method / backbone, as PASTA's Table 2 counts. Raises `InputError`
    where no method was applied.
    """
    tuning = tuning_of(model)
    sizes = {name: parameter.numel() for name, parameter in trainable(model).items()}
    head = sum(size for name, size in sizes.items() if name in tuning.head)
    return Parameters(sum(sizes.values()) - head, head, tuning.backbone_size)


def save_adapter(
    model: nn.Module,
    folder: str | Path,
    *,
    task: str | None = None,
    score: Mapping[str, float] | None = None,
) -> Path:
    """Write what was trained on `model` to `folder`, and return the folder.

    Weights that the checkpoint lacked, a random pooler say, are saved even where they are frozen.
    JSON and card say what the adapter answers: the task with its labels, head and input format, as
    `load_backbone` was given it, and the longest input, metric and precision, as `fit` trained it.
    `task` replaces the recorded name of the task, `score` maps metrics to values. Wrapped and
    compiled models are unwrapped. All files appear whole or none does, the JSON last: its checksum
    seals the tensors.

    Raises `InputError` where no method was applied, its update was merged into the encoder, or what
    it trained is not finite, and `DiskError` where the operating system refuses to write: `folder`
    is then left unchanged.
    """
    if not isinstance(model, nn.Module):
        backbones.require_model(model)
    inner: PreTrainedModel = extract_model_from_parallel(model, keep_torch_compile=False)
    tuning_of(inner)
    backbones.require_weights(inner)
    folder = disk.named(folder, "save_adapter")
    tensors, table = _tensors(inner), _fused_table(inner)
    held = tensors if table is None else tensors | {_TABLE: table}
    backbones.require_finite(held, f"this {type(inner).__name__}")
    require({"task": task, "score": score}, _TOLD, "save_adapter")
    description = _describe(inner, task, score) | {"fused": table is not None}
    if (
        table is None
        and description["method"] != "classifier"
        and not tensors.keys() - set(tuning_of(inner).head)
    ):
        raise InputError(
            f"{description['method']} is merged into the encoder: save the adapter before fusing it"
        )
    card = _card(description, count_parameters(inner))
    with disk.filled(folder, last=_DESCRIPTION) as own:
        save_file(tensors, own / _TENSORS)
        if table is not None:
            save_file({_TABLE: table.contiguous()}, own / _FUSED)
        (own / _CARD).write_text(card, encoding="utf-8")
        description["sha256"] = disk.sha256(own / _TENSORS)
        text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
        (own / _DESCRIPTION).write_text(text, encoding="utf-8")
    if table is None:
        (folder / _FUSED).unlink(missing_ok=True)
    return folder


def load_adapter(model: PreTrainedModel, folder: str | Path) -> PreTrainedModel:
    """Apply the saved method to a fresh `model` of the same backbone, load its tensors, return it.

    `model` comes from `load_backbone(name, task)` and is changed in place.
    A fused table stays on disk, mapped into memory, until its rows are read. Where `model` has the
    adapter's labels in another order, the head's outputs are put into that of `model`. A model
    without labels takes the adapter's.

    Raises `InputError` where `folder` holds no adapter or a damaged one, where it was trained on
    another backbone, head, labels or input format, and where `model` already carries a method.
    Warns of another task with the same labels, and of what an older adapter does not record.
    """
    backbones.require_weights(model)
    folder = disk.named(folder, "load_adapter")
    description = _read(folder)
    tensors = _read_tensors(folder)
    _check_fits(model, description, folder)
    theirs, mine = _purpose(description), backbones.purpose(model)
    places = theirs.places(mine, f"the adapter in {str(folder)!r}")
    if doubt := _doubt(theirs, mine, old=_is_old(description)):
        warnings.warn(f"the adapter in {str(folder)!r} {doubt}", stacklevel=2)
    method = build(description["method"], **description["fields"])
    table = _read_table(folder, model) if description["fused"] else None
    source: backbones.Source | None = getattr(model, "source", None)
    with unchanged_if_refused(model):
        if source is not None and description["pooler"]:
            backbones.note(model, source=replace(source, pooler=description["pooler"]))
        if table is not None:  # the training form, which may be far larger, is never made
            build("classifier").apply(model)
            TokenBias(Fused(table)).attach(model)
            backbones.note(model, tuning=replace(tuning_of(model), method=method))
        else:
            method.apply(model)
        _put(tensors, model, folder)
    if places is not None:
        backbones.reorder_outputs(model, places)
    elif mine.outputs is None and theirs.outputs is not None:
        backbones.name_labels(model.config, theirs.outputs)
    purpose = replace(
        theirs,
        task=theirs.task or mine.task,
        head=theirs.head or mine.head,
        labels=theirs.labels if mine.labels is None else mine.labels,
    )
    backbones.note(model, purpose=purpose)
    return model


def read_purpose(folder: str | Path) -> Purpose:
    """Return what the adapter in `folder` answers; None is what it does not say."""
    return _purpose(_read(disk.named(folder, "read_purpose")))


def _purpose(description: Mapping[str, Any]) -> Purpose:
    said: dict[str, Any] = {field.name: description.get(field.name) for field in fields(Purpose)}
    if _is_old(description):  # its labels are the config's names, which may stand for none
        said["labels"] = backbones.named_labels(said["labels"])
    return Purpose(**said | {"labels": said["labels"] and tuple(said["labels"])})


def _is_old(description: Mapping[str, Any]) -> bool:
    """Return whether an adapter was written before adapters carried their whole task."""
    return "head" not in description


def _doubt(theirs: Purpose, mine: Purpose, *, old: bool) -> str | None:
    """Return what cannot be known to be right when an adapter for `theirs` answers `mine`."""
    names = {"head": "kind of head", "outputs": "labels", "format": "input format"}
    unsaid = [
        name
        for field, name in names.items()
        if getattr(theirs, field) is None and getattr(mine, field) is not None
    ]
    if old:
        unsaid.append("longest input")
    if unsaid:
        return f"does not say its {', '.join(unsaid)}: this could not be checked"
    if theirs.task and mine.task and theirs.task != mine.task:
        return f"was trained on {theirs.task!r}, and is loaded for {mine.task!r}"
    return None


def push_to_hub(folder: str | Path, repo: str, *, private: bool = True) -> str:
    """Upload a saved adapter to the hub's repository `repo` and return its address.

    The repository is made if there is none, private unless told otherwise; a token comes from the
    hub's own login. `huggingface_hub.snapshot_download(repo)` gives the folder back. Raises
    `InputError` for a folder without an adapter, and where the hub does not take it.
    """
    folder = disk.named(folder, "push_to_hub")
    _read(folder)
    api = HfApi()
    files = [_TENSORS, _FUSED, _DESCRIPTION, _CARD]
    try:
        api.create_repo(repo, private=private, exist_ok=True)
        return str(api.upload_folder(repo_id=repo, folder_path=folder, allow_patterns=files))
    except Exception as error:  # whatever the HTTP stack of the day raises
        raise InputError(f"the hub does not take {repo!r}: {sentence(error)}") from error


def _tensors(model: PreTrainedModel) -> dict[str, Tensor]:
    fresh = backbones.freshly_drawn(model)
    parameters = [(n, p) for n, p in model.named_parameters() if p.requires_grad or n in fresh]
    persistent = model.state_dict().keys()
    buffers = [(n, b) for n, b in model.named_buffers() if n in persistent]
    return {n: tensor.detach().contiguous() for n, tensor in parameters + buffers}


def _fused_table(model: PreTrainedModel) -> Tensor | None:
    table = getattr(getattr(model, "layer_bias", None), "table", None)
    return table.weight if isinstance(table, Fused) else None


def _describe(
    model: PreTrainedModel, task: str | None, score: Mapping[str, float] | None
) -> dict[str, Any]:
    tuning = tuning_of(model)
    source: backbones.Source | None = getattr(model, "source", None)
    purpose = backbones.purpose(model)
    purpose = replace(purpose, task=task or purpose.task)
    return describe(tuning.method) | {
        "backbone": {
            "name": _backbone_name(model),
            "architecture": type(model).__name__,
            "fingerprints": dict(tuning.fingerprints),
        },
        "pooler": source.pooler if source else None,
        **asdict(purpose),
        "score": {name: float(value) for name, value in score.items()} if score else None,
        "pasta_lib": _version(),
    }


def _version() -> str | None:
    try:
        return version("pasta_lib")
    except PackageNotFoundError:  # run from its source, not installed
        return None


def _backbone_name(model: PreTrainedModel) -> str:
    source: backbones.Source | None = getattr(model, "source", None)
    name = source.backbone if source else model.config.name_or_path or model.config.model_type
    return Path(name).name if Path(name).is_dir() else name  # a folder's place is nobody's business


def _card(description: Mapping[str, Any], parameters: Parameters) -> str:
    method, task = description["method"], description["task"] or "a task of your own"
    backbone, score = description["backbone"]["name"], description["score"] or {}
    settings = ", ".join(f"{name} = {value}" for name, value in description["fields"].items())
    data = ModelCardData(
        base_model=backbones.hub_name(backbone), library_name="pasta_lib", tags=[method]
    )
    own = next(iter(description["backbone"]["fingerprints"].items()))
    longest = description["max_length"]
    rows = {
        "method": f"{method}: {settings}" if settings else method,
        "backbone": backbone,
        "its weights": f"sha256 {own[1]} in {own[0]}",
        "task": description["task"],
        "head": description["head"],
        "labels, in order": ", ".join(description["labels"] or ()),
        "input format": description["format"],
        "longest input": longest and f"{longest} tokens",
        "picked by": description["metric"],
        "trained in": description["precision"],
        "score": ", ".join(f"{metric} {value:.4f}" for metric, value in score.items()),
        "parameters": f"{parameters.method:,} of the method, {parameters.head:,} of the head",
    }
    table = "\n".join(f"| {name} | {value or 'unknown'} |" for name, value in rows.items())
    return f"""---
{data.to_yaml()}
---
# {method} on {task}

What `{method}` trained on `{backbone}` for {task}. The frozen encoder is not here.

| | |
|---|---|
{table}

```python
import pasta_lib as pl

task = pl.load_task(...)  # or pl.user_task(...): the task, for the model's head
folder = ...  # where the files beside this card are
model, tokenizer = pl.load_backbone("{backbone}", task)
model = pl.load_adapter(model, folder)
```
"""


def _read(folder: Path) -> dict[str, Any]:
    with disk.reading(folder):
        if not (folder / _DESCRIPTION).is_file() or not (folder / _TENSORS).is_file():
            raise InputError(f"{str(folder)!r} holds no adapter ({_DESCRIPTION} and {_TENSORS})")
        text, seal = (folder / _DESCRIPTION).read_bytes(), disk.sha256(folder / _TENSORS)
    try:
        description = json.loads(text)
        _check_description(description)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f": {error}" if isinstance(error, InputError) else ""
        raise InputError(
            f"the adapter in {str(folder)!r} has a damaged {_DESCRIPTION}{reason}"
        ) from error
    if description["sha256"] != seal:
        raise InputError(f"{_TENSORS} in {str(folder)!r} is not what its {_DESCRIPTION} describes")
    return description


def _check_description(description: Mapping[str, Any]) -> None:
    """Raise `InputError` for what is missing, or of another type than `save_adapter` writes."""
    needed = {"it": (_NEEDED, description), "its backbone": (_BACKBONE, description["backbone"])}
    for place, (hints, said) in needed.items():
        if missing := [name for name in hints if name not in said]:
            raise InputError(f"{place} does not say {', '.join(missing)}")
    hints = _NEEDED | _purpose_hints()
    require({n: value for n, value in description.items() if n in hints}, hints, "it")
    hints = _BACKBONE | _FINGERPRINTS
    said = description["backbone"]
    require({n: value for n, value in said.items() if n in hints}, hints, "its backbone")


@cache
def _purpose_hints() -> dict[str, Any]:
    return get_type_hints(Purpose, include_extras=True)


def _read_tensors(folder: Path) -> dict[str, Tensor]:
    try:
        with disk.reading(folder / _TENSORS):
            tensors = load_file(folder / _TENSORS)
    except SafetensorError as error:
        raise InputError(f"{_TENSORS} in {str(folder)!r} is damaged") from error
    backbones.require_finite(tensors, f"the adapter in {str(folder)!r}")
    return tensors


def _read_table(folder: Path, model: PreTrainedModel) -> Tensor:
    """Map the fused table into memory; what it holds is not read, and so not looked at."""
    try:
        table = load_file(folder / _FUSED, device=str(model.device))[_TABLE]
    except (SafetensorError, FileNotFoundError, IsADirectoryError, KeyError) as error:
        raise InputError(f"{_FUSED} in {str(folder)!r} is missing or damaged") from error
    config = model.config
    size = (config.vocab_size, config.num_hidden_layers, config.hidden_size)
    rows, *own = table.shape or (0,)
    if rows < size[0] or own != [*size[1:]] or not table.is_floating_point():
        raise InputError(
            f"{_FUSED} in {str(folder)!r} holds a table of {table.dtype} {tuple(table.shape)}, "
            f"and this model takes floating point {size}"
        )
    return table


def _check_fits(model: PreTrainedModel, description: Mapping[str, Any], folder: Path) -> None:
    if hasattr(model, "tuning"):
        carried = describe(tuning_of(model).method)["method"]
        raise InputError(
            f"this {type(model).__name__} already carries {carried}: "
            f"load an adapter onto a fresh backbone"
        )
    theirs, mine = description["backbone"], backbones.fingerprints(model)
    # an older adapter has one alone, in the precision that its backbone had
    known = theirs.get("fingerprints") or {"one precision": theirs.get("fingerprint")}
    if {*known.values()} & {*mine.values()}:
        return
    if not known.keys() & mine.keys() and "float32" not in mine:
        raise InputError(
            f"the adapter in {str(folder)!r} knows its backbone in {', '.join(known)} alone, and "
            f"this one is in {', '.join(mine)}: load it onto the backbone in float32, then cast"
        )
    raise InputError(
        f"the adapter in {str(folder)!r} was trained on another backbone: "
        f"{theirs['name']} ({theirs['architecture']}), "
        f"not this {_backbone_name(model)} ({type(model).__name__})"
    )


def _put(tensors: Mapping[str, Tensor], model: PreTrainedModel, folder: Path) -> None:
    expected = _tensors(model)
    if odd := expected.keys() ^ tensors.keys():
        raise InputError(
            f"the adapter in {str(folder)!r} does not fit its method: "
            f"{', '.join(sorted(odd))} in only one of the two"
        )
    tuning = tuning_of(model)
    for name, own in expected.items():
        tensor = tensors[name]
        what = "has another head" if name in tuning.head else "does not fit its method"
        # where training chose the shape, as diff pruning's places, this model's own is a guess
        free = tuning.method.resizes and name not in tuning.head and tensor.dim() == own.dim()
        if tensor.shape != own.shape and not free:
            raise InputError(
                f"the adapter in {str(folder)!r} {what}: {name} is "
                f"{tuple(tensor.shape)}, this model's {tuple(own.shape)}"
            )
        if _kind(tensor) != _kind(own):
            raise InputError(
                f"the adapter in {str(folder)!r} {what}: {name} is of {tensor.dtype}, "
                f"this model's of {own.dtype}"
            )
    mine = dict(model.named_parameters()) | dict(model.named_buffers())
    for name, tensor in tensors.items():
        mine[name].data = tensor.to(mine[name])


def _kind(tensor: Tensor) -> tuple[bool, bool, bool]:
    """Return which kind of numbers a tensor holds: each is cast within its kind alone."""
    return tensor.is_floating_point(), tensor.is_complex(), tensor.dtype == torch.bool
