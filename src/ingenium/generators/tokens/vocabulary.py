"""Vocabularies: exact maps from texts to whole numbers and back."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Int

from ingenium.core.errors import InputError

PAD, BEGIN, END = 0, 1, 2
SPECIAL = ("<pad>", "<begin>", "<end>")
CHARACTER = "."  # pieces of one character
AT_ONCE = 4096  # texts at a time, so that their numbers fit into the processor's cache


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a language; a text is cut into pieces, and pairs of pieces are merged.

    Pieces are the successive matches of `pattern`, such as characters, or the atoms of a formula;
    they are the smallest tokens. `merges` are pairs of tokens that become one, in the order in
    which they were learned. Numbers 0, 1 and 2 pad, begin and end a text.

    Source: Sennrich, Haddow and Birch, ACL 2016, arXiv:1508.07909 (byte pairs).
    """

    pieces: tuple[str, ...]
    pattern: str = CHARACTER
    merges: tuple[tuple[str, str], ...] = ()
    tokens: tuple[str, ...] = field(init=False)  # by number

    def __post_init__(self) -> None:
        merged = tuple(a + b for a, b in self.merges)
        # Two ways of merging can give one text; it is then one token.
        tokens = tuple(dict.fromkeys((*SPECIAL, *self.pieces, *merged)))
        object.__setattr__(self, "tokens", tokens)
        if "" in tokens or set(SPECIAL) & {*self.pieces, *merged}:
            raise InputError(
                f"tokens that are not empty and not {', '.join(SPECIAL)}",
                "one of these",
                "Write a pattern that finds other pieces.",
            )

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def number(self) -> dict[str, int]:
        """Number of each token."""
        return {token: i for i, token in enumerate(self.tokens)}

    @classmethod
    def of(
        cls, texts: Iterable[str], *, pattern: str = CHARACTER, merges: int = 0, rare: int = 2
    ) -> "Vocabulary":
        """Learn a vocabulary: the pieces of texts, and merges of their most frequent pairs.

        Args:
            texts: examples of the language.
            pattern: regular expression of a piece.
            merges: largest number of merges.
            rare: pairs that occur less often are not merged.
        """
        listed = list(texts)
        found = re.compile(pattern, re.DOTALL).findall
        pieces = tuple(sorted({piece for text in listed for piece in found(text)}))
        plain = cls(pieces, pattern)
        if not merges:
            return plain
        return cls(pieces, pattern, learn_merges(plain, plain.encode(listed), merges, rare=rare))

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Return the numbers of each text, without begin and end.

        Raises:
            InputError: for a text that does not consist of known pieces.
        """
        listed = list(texts)
        starts = range(0, len(listed), AT_ONCE)
        return [row for start in starts for row in self._rows(listed[start : start + AT_ONCE])]

    def _rows(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Numbers of each of a few texts, which are all merged together."""
        find, number = re.compile(self.pattern, re.DOTALL).findall, self.number
        flat: list[int] = []
        for text in texts:  # a regular expression reads one text
            pieces = find(text)
            if sum(map(len, pieces)) != len(text):
                raise _unreadable(text, "characters that are in no token")
            try:
                flat += [PAD, *(number[piece] for piece in pieces)]
            except KeyError as unknown:
                raise _unreadable(text, f"the unknown token {unknown}") from None
        whole = self._merge(np.array(flat, np.int32))
        return [part[1:] for part in np.split(whole, np.flatnonzero(whole == PAD))[1:]]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of numbers up to the first end, without begin and pads."""
        parts = []
        for i in ids:
            if i == END:
                break
            if i > END:
                parts.append(self.tokens[i])
        return "".join(parts)

    def _merge(self, flat: Int[np.ndarray, " m"]) -> Int[np.ndarray, " k"]:
        """Merge pairs in the order in which they were learned; pads separate the texts."""
        for left, right in self.merges:
            flat = merged(flat, self.number[left], self.number[right], self.number[left + right])
        return flat


def merged(flat: Int[np.ndarray, " m"], left: int, right: int, into: int) -> Int[np.ndarray, " k"]:
    """Replace each pair of neighbours (left, right), from the left, by one number."""
    at = np.flatnonzero((flat[:-1] == left) & (flat[1:] == right))
    if not len(at):
        return flat
    if left == right:  # in a run of equal numbers every second pair
        start = np.r_[True, np.diff(at) > 1]
        first = np.maximum.accumulate(np.where(start, at, -1))
        at = at[(at - first) % 2 == 0]
    out = flat.copy()
    out[at] = into
    return np.delete(out, at + 1)


def learn_merges(
    plain: Vocabulary, rows: Sequence[np.ndarray], count: int, *, rare: int = 2
) -> tuple[tuple[str, str], ...]:
    """Learn the most frequent pairs of neighbours, each counted after the earlier merges.

    Of equally frequent pairs the one with the lower numbers comes first, so that the same texts
    give the same merges.
    """
    tokens = list(plain.tokens)
    number = dict(plain.number)
    flat = np.concatenate([part for row in rows for part in (np.zeros(1, np.int32), row)])
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        size = len(tokens)
        inside = (flat[:-1] != PAD) & (flat[1:] != PAD)
        pairs = flat[:-1][inside].astype(np.int64) * size + flat[1:][inside]
        times = np.bincount(pairs, minlength=1)
        best = int(times.argmax())
        if times[best] < max(rare, 1):
            break
        left, right = divmod(best, size)
        text = tokens[left] + tokens[right]
        if text not in number:
            number[text] = size
            tokens.append(text)
        merges.append((tokens[left], tokens[right]))
        flat = merged(flat, left, right, number[text])
    return tuple(merges)


def _unreadable(text: str, why: str) -> InputError:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return InputError(
        "a text in the tokens of the vocabulary",
        f"{shown!r}, with {why}",
        "Learn the vocabulary from texts that hold every token.",
    )
