"""Random encoders of two layers that stand in for real ones: own family, frame and vocabulary."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import (
    AutoModel,
    BertTokenizer,
    DebertaTokenizer,
    MPNetTokenizer,
    PretrainedConfig,
    PreTrainedTokenizerBase,
    RobertaTokenizer,
)
from transformers.utils import logging

from ..shapes import SHAPES

_HIDDEN, _HEADS, _LEARNT = 32, 4, 3_000  # _LEARNT: words of the vocabulary that the texts give
_BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_ROBERTA = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
_DEBERTA = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")
_MPNET = ("<s>", "<pad>", "</s>", "[UNK]", "<mask>")
_FAMILIES = {
    "bert": (BertTokenizer, _BERT),
    "roberta": (RobertaTokenizer, _ROBERTA),
    "deberta": (DebertaTokenizer, _DEBERTA),
    "mpnet": (MPNetTokenizer, _MPNET),
}


def save(backbone: str, texts: Iterable[str], folder: Path) -> None:
    """Write an encoder of the family of `backbone` and its tokenizer, as the hub keeps them."""
    config = _small(SHAPES[backbone]())
    tokenizer = _tokenizer(config, texts)
    config.pad_token_id = tokenizer.pad_token_id
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModel.from_config(config)
    logging.disable_progress_bar()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _small(config: PretrainedConfig) -> PretrainedConfig:
    config.num_hidden_layers, config.hidden_size = 2, _HIDDEN
    config.num_attention_heads, config.intermediate_size = _HEADS, 2 * _HIDDEN
    if hasattr(config, "pooler_hidden_size"):
        config.pooler_hidden_size = _HIDDEN
    return config


def _tokenizer(config: PretrainedConfig, texts: Iterable[str]) -> PreTrainedTokenizerBase:
    family, specials = _FAMILIES[config.model_type]
    byte_level = config.model_type in ("roberta", "deberta")
    core = _learnt(texts, byte_level)
    words = (word for word in core["vocab"] if word not in specials)
    vocabulary: Mapping[str, int] = {
        word: place for place, word in enumerate(dict.fromkeys((*specials, *words)))
    }
    filled = range(len(vocabulary), config.vocab_size)
    vocabulary = {**vocabulary, **{f"[unused{place}]": place for place in filled}}
    own = {"merges": [tuple(pair) for pair in core["merges"]]} if byte_level else {}
    return family(vocab=vocabulary, model_max_length=512, **own)


def _learnt(texts: Iterable[str], byte_level: bool) -> dict:
    """Return the model of a tokenizer that was learnt from `texts`."""
    if byte_level:
        core = Tokenizer(models.BPE())
        core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=_LEARNT, initial_alphabet=alphabet, show_progress=False
        )
    else:
        core = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        core.normalizer = normalizers.BertNormalizer(lowercase=True)
        core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(
            vocab_size=_LEARNT, special_tokens=["[UNK]"], show_progress=False
        )
    core.train_from_iterator(texts, trainer)
    return json.loads(core.to_str())["model"]
