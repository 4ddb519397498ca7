"""The explorer of AoT's table: ranks and neighbours worked out by hand on the same rows."""

import pytest
import torch

from pasta_lib.errors import InputError
from pasta_lib.study.explore import trained
from pasta_lib.study.explore.rows import nearest, norms, ranks
from pasta_lib.study.explore.word import absent, tables, word

NAME = "sst2-aot-fc"


def rows(layer):
    model, tokenizer, _ = trained.adapter(NAME)
    with torch.no_grad():
        return model.layer_bias.table.table(layer - 1).double().numpy(), tokenizer


def test_ranks_count_the_larger_rows_and_one():
    sizes = torch.tensor([[3.0, 1.0, 2.0], [1.0, 1.0, 5.0]])
    assert [ranks(sizes, token) for token in range(3)] == [[1, 2], [3, 2], [2, 1]]


def test_neighbours_are_those_of_the_largest_cosine():
    table, tokenizer = rows(3)
    token = tokenizer.convert_tokens_to_ids("bad")
    lengths = (table**2).sum(1) ** 0.5
    cosine = table @ table[token] / (lengths * lengths[token] + 1e-30)
    cosine[token] = -2
    best = set(tokenizer.convert_ids_to_tokens((-cosine).argsort()[:8].tolist()))
    assert len(best & set(nearest(NAME, token, 3))) >= 7  # ties in the last place


def test_a_text_shows_each_word_once_with_its_rank_in_the_table():
    table, tokenizer = rows(1)
    lengths = (table**2).sum(1) ** 0.5
    rank = 1 + int((lengths > lengths[tokenizer.convert_tokens_to_ids("film")] + 1e-6).sum())
    page = word("film <film>", NAME, 1)
    line = page[page.index("Rank of each row") :]
    assert f"<th scope=row>film<td>{rank:,}<td>" in line and line.count("<th scope=row>film") == 1
    assert "<th scope=row>&lt;" in line
    assert norms(NAME).shape == (6, len(table))


def test_what_is_missing_is_named_and_slips_are_refused():
    assert NAME in tables() and "Kronecker" in absent()
    for text, layer, why in (("", 1, "1 to 126"), ("w " * 200, 1, "1 to 126"), ("a", 7, "1 to 6")):
        with pytest.raises(InputError, match=why):
            word(text, NAME, layer)
