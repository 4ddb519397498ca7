"""One tuned model as a plain folder that runs without this package."""

import copy
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from . import backbones, disk, standalone
from .errors import InputError
from .methods import SpecialTokenBias, TokenBias, tuning_of

_CODE, _WEIGHTS = "modeling_biased", "model.safetensors"


@torch.no_grad()
def export_model(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: str | Path
) -> Path:
    """Write encoder, head, final bias and tokenizer to `folder`, and return the folder.

    `AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True)`, or its
    like for tokens, gives back the same logits. It runs the short `modeling_biased.py` beside the
    weights, and so asks for `trust_remote_code`; methods that keep the architecture (full, bitfit,
    lora once fused) need neither.

    Raises `InputError` for a method that changed the encoder in another way and for weights that
    are not finite, and `DiskError` where the operating system refuses to write: `folder` is then
    left unchanged.
    """
    backbones.require_weights(model)
    folder = disk.named(folder, "export_model")
    kept = {n: t for n, t in model.state_dict().items() if not n.startswith("layer_bias.")}
    with torch.device("meta"):
        plain = type(model)(model.config).state_dict()
    bias = getattr(model, "layer_bias", None)
    if kept.keys() != plain.keys() or type(bias) not in (SpecialTokenBias, TokenBias, type(None)):
        raise InputError(
            f"export takes pasta, aot, and methods that leave the architecture as it was "
            f"(lora once fused), and this is {type(tuning_of(model).method).__name__}"
        )
    config = copy.deepcopy(model.config)
    config.architectures = [type(model).__name__]
    config.dtype = model.dtype  # in which from_pretrained loads what follows
    code = None
    if bias is not None:
        table = _table(bias, config.num_hidden_layers)
        special = bias.ids.tolist() if isinstance(bias, SpecialTokenBias) else None
        names = {module: name for name, module in model.named_modules()}
        layers = [names[layer] for layer in dict.fromkeys(backbones.layers(model))]
        config.layer_bias = {"size": list(table.shape), "special_ids": special, "layers": layers}
        kind = type(model).__name__.partition("For")[2]
        config.auto_map = {f"AutoModelFor{kind}": f"{_CODE}.{standalone.Biased.__name__}"}
        code = Path(standalone.__file__).read_text(encoding="utf-8")
        code = code.replace(standalone.Base.__name__, type(model).__name__)
        kept["layer_bias"] = table
    # Tied tensors become copies: safetensors keeps no two names for one memory.
    kept = {name: tensor.clone().contiguous() for name, tensor in kept.items()}
    backbones.require_finite(kept, f"this {type(model).__name__}")
    with disk.filled(folder, last="config.json") as own:
        if code is not None:
            (own / f"{_CODE}.py").write_text(code, encoding="utf-8")
        save_file(kept, own / _WEIGHTS, {"format": "pt"})
        config.save_pretrained(own)
        tokenizer.save_pretrained(own)
    return folder


def _table(bias: SpecialTokenBias | TokenBias, layers: int) -> Tensor:
    """Return what `standalone` looks up: (|V|, L, d), or (1 + S, L, d) with zeros in row 0."""
    if isinstance(bias, TokenBias):
        return torch.stack([bias.table.table(layer) for layer in range(layers)], dim=1)
    vectors = bias.vectors.expand(-1, bias.count, -1).transpose(0, 1)
    return F.pad(vectors, (0, 0, 0, 0, 1, 0))
