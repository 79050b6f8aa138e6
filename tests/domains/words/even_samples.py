"""Poems whose words are sampled uniformly among those that a grammar admits."""

import torch

from ingenium.domains.words.verse.metre import MetreGrammar
from ingenium.domains.words.verse.scansion import lines
from ingenium.generators.tokens.vocabulary import END


def evenly(grammar: MetreGrammar, count: int) -> list[list[list[str]]]:
    """Words of the lines of some poems, sampled so that every open path is taken at times."""
    rng = torch.Generator().manual_seed(0)
    state = grammar.start(count)
    rows: list[list[int]] = [[] for _ in range(count)]
    while any(END not in row for row in rows):
        masks = torch.from_numpy(grammar.masks(state)).double()
        assert bool(masks.any(1).all()), "a line is stuck"
        token = torch.multinomial(masks, 1, generator=rng)[:, 0]
        for row, t in zip(rows, token.tolist(), strict=True):
            if END not in row:
                row.append(t)
        state = grammar.follow(state, token)
    return [lines(grammar.vocabulary.decode(row)) for row in rows]
