"""LoRA: a low-rank update of the query and value projections (Hu et al. 2022, §4)."""

from dataclasses import dataclass

from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .. import backbones
from ..errors import Share, Size
from .base import Method, drawn_on


@dataclass(frozen=True)
class Lora(Method):
    """W ← W + (α / r) B A with A (r, d), B (d, r), r = `rank`: 4·L·r·d parameters.

    The layers are peft's. As in their code, B starts at zero, A from nn.Linear's law, and there is
    no dropout. One projection that makes queries, keys and values together (DeBERTa v1's) gets one
    update for all three, of the same size. Their MRPC, RTE and STS-B scores start from a model
    tuned on MNLI; here every task starts from the pretrained encoder.
    """

    rank: Size = 8
    alpha: Size = 16
    dropout: Share = 0.0

    def insert(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        """Wrap the projections, in place."""
        config = LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=backbones.query_and_value(model),
        )
        marked = [parameter for parameter in model.parameters() if parameter.requires_grad]
        with drawn_on(model):
            inject_adapter_in_model(config, backbones.base(model)).train(model.training)
        for parameter in marked:  # peft froze a pooler that the head counts as its own
            parameter.requires_grad_(True)

    def fuse(self, model: PreTrainedModel) -> None:
        """Merge B A into W; what is left are the encoder's own layers."""
        encoder = backbones.base(model)
        for name, module in list(encoder.named_modules()):
            if isinstance(module, LoraLayer):
                module.merge()
                encoder.set_submodule(name, module.get_base_layer())
