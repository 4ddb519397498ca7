"""The papers' encoders as configurations: what can be counted or timed without their weights."""

from collections.abc import Callable

from transformers import BertConfig, DebertaConfig, MPNetConfig, PretrainedConfig, RobertaConfig

_LARGE = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
}
_BYTE_LEVEL = {"vocab_size": 50265}
_ROBERTA = {"max_position_embeddings": 514, "type_vocab_size": 1, **_BYTE_LEVEL}
_DEBERTA = {
    "max_position_embeddings": 512,
    "type_vocab_size": 0,
    "relative_attention": True,
    "position_biased_input": False,
    "pos_att_type": ["c2p", "p2c"],
    **_BYTE_LEVEL,
}

SHAPES: dict[str, Callable[[], PretrainedConfig]] = {
    "minilm": lambda: BertConfig(
        hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
    ),
    "mpnet": lambda: MPNetConfig(max_position_embeddings=514),
    "bert-base": lambda: BertConfig(),
    "bert-large": lambda: BertConfig(**_LARGE),
    "roberta-base": lambda: RobertaConfig(**_ROBERTA),
    "roberta-large": lambda: RobertaConfig(**_LARGE, **_ROBERTA),
    "deberta-xl": lambda: DebertaConfig(**_LARGE | {"num_hidden_layers": 48}, **_DEBERTA),
}
