"""Texts as numbers of tokens and back."""

import re
from itertools import pairwise

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.text import codes, texts
from ingenium.generators.tokens.codec import TokenCodec, check_ids
from ingenium.generators.tokens.vocabulary import END, PAD, Vocabulary, merged

ATOMS = r"\[[^\]]+\]|Br|Cl|."
WORDS = ["CCOC(=O)Cl", "BrCCBr", "C[NH+](C)C", "CCCCCCC", "C", "c1ccccc1Br"]


def in_turn(text: str, vocabulary: Vocabulary) -> list[str]:
    """Byte pairs as in the paper: the pair learned first is merged, repeatedly."""
    parts = re.findall(vocabulary.pattern, text)
    rank = {pair: i for i, pair in enumerate(vocabulary.merges)}
    while True:
        pairs = [rank[p] for p in pairwise(parts) if p in rank]
        if not pairs:
            return parts
        left, right = vocabulary.merges[min(pairs)]
        out: list[str] = []
        for part in parts:
            if out and (out[-1], part) == (left, right) and not isinstance(out[-1], _Done):
                out[-1] = _Done(left + right)
            else:
                out.append(part)
        parts = [str(p) for p in out]


class _Done(str):
    """Merged in this round."""


@pytest.mark.parametrize("merges", [0, 1, 5, 40])
def test_texts_and_back(merges: int) -> None:
    vocabulary = Vocabulary.of(WORDS * 3, pattern=ATOMS, merges=merges)
    rows = vocabulary.encode(WORDS)
    assert [vocabulary.decode(row.tolist()) for row in rows] == WORDS
    for text, row in zip(WORDS, rows, strict=True):
        assert [vocabulary.tokens[i] for i in row] == in_turn(text, vocabulary)
    alone = [vocabulary.encode([text])[0].tolist() for text in WORDS]
    assert alone == [row.tolist() for row in rows]


def test_merges_of_the_textbook() -> None:
    """Source: Gage, The C Users Journal 12(2), 1994, the example of `aaabdaaabac`."""
    vocabulary = Vocabulary.of(["aaabdaaabac"], merges=3)
    assert vocabulary.merges == (("a", "a"), ("a", "b"), ("aa", "ab"))
    (row,) = vocabulary.encode(["aaabdaaabac"])
    assert [vocabulary.tokens[i] for i in row] == ["aaab", "d", "aaab", "a", "c"]


def test_rare_pairs_are_not_merged() -> None:
    assert Vocabulary.of(["abab", "cd"], merges=9).merges == (("a", "b"),)
    assert not Vocabulary.of(["ab"], merges=9).merges


@pytest.mark.parametrize(
    ("given", "wanted"), [([5] * 5, [9, 9, 5]), ([5, 5, 0, 5], [9, 0, 5]), ([], [])]
)
def test_runs_are_merged_from_the_left(given: list[int], wanted: list[int]) -> None:
    assert merged(np.array(given, np.int32), 5, 5, 9).tolist() == wanted


def codec(steps: int = 8) -> TokenCodec:
    return TokenCodec(Vocabulary.of(WORDS, pattern=ATOMS, merges=3), steps, 12)


def test_codec_is_exact_and_ends_every_text() -> None:
    known = ["", *WORDS[1:]]
    x = codec().encode((codes(known, 12),))
    assert texts(codec().decode(x)[0]) == known
    assert ((x == END).sum(1) == 1).all()
    assert check_ids(x, codec().symbols).dtype == torch.int64
    assert x[0].tolist() == [END, *[PAD] * 7]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="unknown token 'X'"):
        codec().of_texts(["CX"])
    with pytest.raises(InputError, match="in no token"):
        Vocabulary.of(["ab"], pattern="[ab]").encode(["a-b"])
    with pytest.raises(InputError, match="at most 2 tokens, got 4 tokens"):
        codec(3).of_texts(["CBrCBr"])
    with pytest.raises(InputError, match="not <pad>"):
        Vocabulary(("<pad>",))


def test_any_numbers_decode_to_a_text_of_the_length() -> None:
    x = 100 * torch.randn(50, 8, generator=torch.Generator().manual_seed(0))
    assert codec().decode(x)[0].shape == (50, 12)
