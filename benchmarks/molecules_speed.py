"""Verified, valid and distinct molecules a second, from noise to verdicts, on one thread.

Our generator that comes trained, and the same with a network of CharRNN's size beside it, against
the sampler of MOSES' CharRNN and the LSTM of torch-molecule. Theirs have first weights, which cost
as much as trained ones: of CharRNN the letters that it draws are replaced by those of the test set,
of torch-molecule all proposals count as valid and distinct, which is more than any model reaches.

Set `TORCH_MOLECULE_PYTHON` to a Python that has torch-molecule 0.2.0; it is not imported here.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.measuring import interleaved, ratio, report, spread
from ingenium.core.asking import resolve
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import silent
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.core.text import codes
from ingenium.core.verdict import margins
from ingenium.domains.molecules.chemistry import rules
from ingenium.domains.molecules.chemistry.parsing import canonical, parsed
from ingenium.domains.molecules.chemistry.work import mapped
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.generators.tokens.decoders import Recurrent
from ingenium.loop import training

ROUNDS, BLOCKS = 5, 1  # of each work; blocks of one round
LETTERS, LONGEST = 30, 100  # of CharRNN: characters with those that begin, end and pad; steps
WIDTH, LAYERS = 768, 3
VALID = 0.9748  # of CharRNN's proposals, as published
MEASURED, TIMED = 500, 100  # molecules that are judged, and on which each rule is timed
THEIRS = Path(__file__).parent / "torch_molecule_speed.py"


class CharRNN(nn.Module):
    """The network and the sampler of MOSES, step by step as in its package (char_rnn/model.py).

    Source: Polykovskiy et al., Frontiers in Pharmacology 11:565644, 2020, MIT licence.
    """

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(LETTERS, LETTERS)
        self.memory = nn.LSTM(LETTERS, WIDTH, LAYERS, batch_first=True)
        self.head = nn.Linear(WIDTH, LETTERS)

    @torch.no_grad()
    def sample(self, n: int) -> list[list[int]]:
        """So many rows of letters; every step is taken, whether or not all have ended."""
        found: list[list[int]] = [[] for _ in range(n)]
        letters, memory = torch.zeros(n, 1, dtype=torch.int64), None
        for _ in range(LONGEST):
            out, memory = self.memory(self.embed(letters), memory)
            drawn = [torch.multinomial(o.softmax(-1), 1) for o in self.head(out)]
            for row, top in zip(found, drawn, strict=True):
                row.append(int(top[0].item()))
            letters = torch.stack(drawn).reshape(n, 1)
        return found


class Beside(Recurrent):
    """A decoder that asks a network of CharRNN's size as well, and does not listen to it."""

    def __init__(self, inner: Recurrent) -> None:
        super().__init__(inner.memory.hidden_size, inner.memory.num_layers)
        self.memory, self.norm = inner.memory, inner.norm
        self.other = nn.LSTM(WIDTH, WIDTH, LAYERS, batch_first=True)

    def begin(self, n: int, steps: int, like: Tensor) -> Any:
        zeros = like.new_zeros(LAYERS, n, WIDTH)
        return super().begin(n, steps, like), (zeros, zeros)

    def follow(self, read: Tensor, memory: Any) -> tuple[Tensor, Any]:
        known, own = super().follow(read, memory[0])
        wide = nn.functional.pad(read, (0, WIDTH - read.shape[1]))[:, None]
        return known, (own, self.other(wide, memory[1])[1])

    def kept(self, memory: Any, rows: Tensor) -> Any:
        return super().kept(memory[0], rows), super().kept(memory[1], rows)


def run() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    problem = Library(LibrarySettings(known=1000))
    ours, beside = _generator(problem), _generator(problem)
    beside.family.decoder = Beside(beside.family.decoder)  # type: ignore[attr-defined]
    counts: dict[str, list[int]] = {}
    blocks: dict[str, Iterator[int]] = {}

    def proposed(name: str, generator: Generator) -> Callable[[], None]:
        blocks[name] = iter(range(10_000))

        def work() -> None:
            texts = [
                str(s)
                for _ in range(BLOCKS)
                for s in generator.propose_block(0, next(blocks[name]))[SMILES].to_numpy()
            ]
            counts.setdefault(name, []).append(_verified(problem, texts))

        return work

    network, replayed = CharRNN(), _replayed()

    def theirs() -> None:
        network.sample(BLOCK * BLOCKS)
        texts = [next(replayed) for _ in range(BLOCK * BLOCKS)]
        counts.setdefault("CharRNN", []).append(_verified(problem, texts))

    works = {
        "shipped": proposed("shipped", ours),
        "of CharRNN's size": proposed("of CharRNN's size", beside),
        "CharRNN": theirs,
    }
    for work in works.values():  # once for what is made on first use
        work()
    counts.clear()
    timings = interleaved(works, ROUNDS)
    seconds = {
        name: [t / n for t, n in zip(own.cpu_s, counts[name], strict=True)]
        for name, own in timings.items()
    }
    seconds |= _torch_molecule(problem)
    rows = [
        {
            "generator": name,
            "molecules_per_cpu_s": spread([1 / s for s in own]),
            "times CharRNN": ratio(seconds["CharRNN"], own, 1.0),
            "times torch-molecule": ratio(seconds["torch-molecule"], own, 1.0)
            if "torch-molecule" in seconds
            else None,
        }
        for name, own in seconds.items()
    ]
    about = {"rounds": ROUNDS, "molecules of a round": BLOCK * BLOCKS, **_rules(problem)}
    report("molecules_speed", "Verified, valid and distinct molecules a second", rows, about)


def _generator(problem: Library) -> Generator:
    known = training(problem)
    choice = GeneratorChoice(family=problem.default_family)
    own = fitted.fit(problem, known, choice, data=dataset_digest(known), watch=silent)
    spec = resolve(Spec(problem=problem.name), problem)
    return Generator(problem, own.family, spec, known)


def _verified(problem: Library, texts: Sequence[str]) -> int:
    """How many distinct molecules the verifier answers for."""
    distinct = list(dict.fromkeys(canonical(m) for m in map(parsed, texts) if m is not None))
    fits = [text for text in distinct if len(text) <= problem.longest]
    found = problem.verifier.measure(codes(fits, problem.longest))
    return int(torch.isfinite(found).all(1).sum())


def _replayed() -> Iterator[str]:
    """Molecules of the test set, of which as many are broken as CharRNN's proposals are."""
    rng = np.random.default_rng(0)
    for text in moses("test"):
        yield str(text) if rng.random() < VALID else str(text) + "("


def _torch_molecule(problem: Library) -> dict[str, list[float]]:
    """Seconds a molecule of its sampler, and of our verifier on as many molecules."""
    python = os.environ.get("TORCH_MOLECULE_PYTHON")
    if not python:
        return {}
    order = [python, str(THEIRS), str(BLOCK * BLOCKS), str(ROUNDS)]
    told = subprocess.run(order, capture_output=True, text=True, check=True).stdout
    seconds: list[float] = json.loads(told.strip().splitlines()[-1])
    texts, found = [str(s) for s in moses("test")[: BLOCK * BLOCKS]], []
    for own in seconds:
        started = time.process_time()
        count = _verified(problem, texts)
        found.append(own / (BLOCK * BLOCKS) + (time.process_time() - started) / count)
    return {"torch-molecule": found}


def _rules(problem: Library) -> dict[str, Any]:
    """What each rule costs, cheap rules first against dear ones, and processes."""
    texts = [str(s) for s in moses("test")[:MEASURED]]
    mols = [parsed(text) for text in texts]
    cost = {}
    for rule in rules.RULES:
        rule.of(mols[0])
        started = time.process_time()
        for mol in mols[:TIMED]:
            rule.of(mol)
        cost[rule.quantity.name] = (time.process_time() - started) / TIMED * 1e6
    judged = [x for x in problem.limits if x.quantity in cost]
    order = sorted(judged, key=lambda x: cost[x.quantity])
    spans = {"one process": 1, "two processes": 2}
    timings = interleaved(
        {
            "cheap first": lambda: [_held(order, m) for m in map(parsed, texts)],
            "dear first": lambda: [_held(order[::-1], m) for m in map(parsed, texts)],
            **{
                name: lambda n=n: mapped(_measured, texts, processes=n, chunk=100)  # type: ignore[misc]
                for name, n in spans.items()
            },
        },
        3,
    )
    return {
        "microseconds of a rule": cost,
        "seconds": {name: own.spread() for name, own in timings.items()},
        "molecules": MEASURED,
    }


def _held(limits: Sequence[Any], mol: Any) -> bool:
    """Whether all limits hold, asked in order until one does not."""
    for limit in limits:
        value = np.array([[float(rules.BY_NAME[limit.quantity].of(mol))]])
        if margins(value, [limit.quantity], [limit])[0, 0] < 0:
            return False
    return True


def _measured(text: str) -> tuple[float, ...]:
    return rules.measured(tuple(rules.BY_NAME), parsed(text))
