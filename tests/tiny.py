"""Small random encoders of each family, with tokenizers that frame texts as theirs do."""

from types import SimpleNamespace

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedTokenizerFast,
)

LAYERS, HIDDEN, HEADS, INNER, VOCABULARY = 3, 32, 4, 64, 60
FAMILIES = ("bert", "roberta", "deberta", "deberta-v2", "mpnet")
PAIR = SimpleNamespace(pair=True, head="classification", labels=("no", "yes"), num_outputs=2)
SINGLE = SimpleNamespace(pair=False, head="classification", labels=("no", "yes"), num_outputs=2)

# What each family's configuration calls otherwise, or has beside the rest.
_OWN_NAMES = {
    "deberta-v2": {"position_buckets": 8, "share_att_key": True},
    "electra": {"embedding_size": HIDDEN // 2},
    "albert": {"embedding_size": HIDDEN // 2},
    "distilbert": {"dim": HIDDEN, "n_layers": LAYERS, "n_heads": HEADS, "hidden_dim": INNER},
    "modernbert": {
        "global_attn_every_n_layers": 2,
        "local_attention": 8,
        "classifier_pooling": "mean",
    },
    "gpt2": {"bos_token_id": 0, "eos_token_id": 0, "use_cache": False},
}
_DROPOUTS = (
    *("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout_prob"),
    *("dropout", "attention_dropout", "seq_classif_dropout"),
    *("embd_pdrop", "attn_pdrop", "resid_pdrop"),
)
_WORDS = [f"w{i}" for i in range(VOCABULARY - 4)]


def tiny_tokenizer(family: str) -> PreTrainedTokenizerFast:
    """A word-level tokenizer: BERT frames [CLS] a [SEP] b [SEP], RoBERTa <s> a </s></s> b </s>.

    MPNet's frame is RoBERTa's, and its code holds that padding is the id 1.
    """
    first = ["[CLS]", "[PAD]"] if family == "mpnet" else ["[PAD]", "[CLS]"]
    vocabulary = {word: i for i, word in enumerate([*first, "[SEP]", "[UNK]", *_WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    middle = "[SEP] [SEP]" if family in ("roberta", "mpnet") else "[SEP]"
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair=f"[CLS] $A {middle} $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", 2)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
        model_max_length=64,
        model_input_names=["input_ids", "attention_mask"],
    )


def frame_ids(family: str) -> tuple[int, int]:
    """The ids of [CLS] and [PAD]; [SEP] is 2 in every family."""
    tokenizer = tiny_tokenizer(family)
    return tokenizer.cls_token_id, tokenizer.pad_token_id


def word_pieces(*pieces: str) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer that normalises as BERT's does: [CLS] a [SEP] b [SEP]."""
    vocabulary = {piece: i for i, piece in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *pieces])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def tiny_model(family: str, *, outputs: int = 2, tokens: bool = False, dropout: float = 0.0):
    """A random encoder of `family` with LAYERS layers, and a head."""
    torch.manual_seed(0)
    options = dict(_OWN_NAMES.get(family, {}))
    if family.startswith("deberta"):
        options |= {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}
        options |= {"pooler_hidden_size": HIDDEN, "pooler_dropout": dropout}
    config = AutoConfig.for_model(
        family,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        vocab_size=VOCABULARY,
        max_position_embeddings=70,
        pad_token_id=1 if family == "mpnet" else 0,
        num_labels=outputs,
        **dict.fromkeys(_DROPOUTS, dropout),
        **options,
    )
    auto = AutoModelForTokenClassification if tokens else AutoModelForSequenceClassification
    model = auto.from_config(config)
    with torch.no_grad():  # the law of fresh heads and biases is too near zero to tell things apart
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model.eval()


def unigram() -> PreTrainedTokenizerFast:
    """A Unigram tokenizer, whose special tokens are words of its vocabulary: <s> a </s>."""
    words = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁a", "▁b"]
    core = Tokenizer(models.Unigram([(word, -1.0) for word in words], unk_id=3))
    core.pre_tokenizer = pre_tokenizers.Metaspace()
    core.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        cls_token="<s>",
        sep_token="</s>",
        unk_token="<unk>",
        model_max_length=64,
    )
