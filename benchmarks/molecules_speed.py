"""Verified, valid and distinct molecules a second of one core, from noise to verdicts.

Our pretrained generator, and the same with the added cost of a network of CharRNN's size, against
the sampler of MOSES' CharRNN and the LSTM of torch-molecule; then the rules of RDKit one by one,
cheap ones first or expensive ones, in one process and in two.

The peers have initial weights, so these are upper bounds of their speed. Their networks cost the
same as after training, since both take 100 steps for each row whether or not it has ended. Their
output is replaced by distinct molecules of the test set, which our verifier measures as it measures
ours: CharRNN's valid share is the published one, torch-molecule's is 1. Their batch size is that of
our blocks, and four times that, which is faster for a network: ratios are to the faster of both.

Set `TORCH_MOLECULE_PYTHON` to a Python that has torch-molecule 0.2.0; it is not imported here.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks import molecules_rules
from benchmarks.measuring import interleaved, ratio, report, spread
from ingenium.core.problem import silent
from ingenium.core.provenance import versions
from ingenium.core.resolving import resolve
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.core.text import codes
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.generators.tokens.decoders import Recurrent
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.runs.loop import training

ROUNDS, BLOCKS = 5, 4  # of each work; blocks of one round
COUNT = BLOCK * BLOCKS
LETTERS, LONGEST = 30, 100  # of CharRNN: characters with those that begin, end and pad; steps
WIDTH, LAYERS = 768, 3
VALID = 0.9748  # of CharRNN's proposals, as published
THEIRS = Path(__file__).parent / "torch_molecule_speed.py"


class CharRNN(nn.Module):
    """The network and the sampler of MOSES, step by step as in its package (char_rnn/model.py).

    Negligible costs are left out: packing rows, and writing letters into tensors.
    Source: Polykovskiy et al., Frontiers in Pharmacology 11:565644, 2020, MIT licence.
    """

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(LETTERS, LETTERS)
        self.memory = nn.LSTM(LETTERS, WIDTH, LAYERS, batch_first=True)
        self.head = nn.Linear(WIDTH, LETTERS)

    @torch.no_grad()
    def sample(self, n: int) -> list[list[int]]:
        """Sample `n` rows of letters; every step is taken, whether or not all have ended."""
        found: list[list[int]] = [[] for _ in range(n)]
        letters, memory = torch.zeros(n, 1, dtype=torch.int64), None
        for _ in range(LONGEST):
            out, memory = self.memory(self.embed(letters), memory)
            drawn = [torch.multinomial(o.softmax(-1), 1) for o in self.head(out)]
            for row, top in zip(found, drawn, strict=True):
                row.append(int(top[0].item()))
            letters = torch.stack(drawn).reshape(n, 1)
        return found


class Alongside(Recurrent):
    """A decoder that also runs a network of CharRNN's size, and discards its output."""

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

    def retained(self, memory: Any, rows: Tensor) -> Any:
        return super().retained(memory[0], rows), super().retained(memory[1], rows)


@dataclass
class TorchMolecule:
    """The sampler of torch-molecule, in a process of another Python."""

    python: str

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [self.python, str(THEIRS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def sample(self, count: int, batch_size: int) -> float:
        """CPU seconds of `count` proposals.

        Raises:
            RuntimeError: if the process has ended.
        """
        reported, requested = self.process.stdout, self.process.stdin
        if reported is None or requested is None:
            raise RuntimeError("a process that is asked and answers by pipes")
        with suppress(BrokenPipeError):  # an empty answer says so below
            print(count, batch_size, file=requested, flush=True)
        answer = reported.readline()
        if not answer:
            raise RuntimeError(f"expected {self.python} to run torch-molecule; it ended")
        return float(json.loads(answer)["cpu_s"])

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


@dataclass
class Race:
    """Works that each propose and verify `COUNT` molecules, and results of each round."""

    problem: Library
    works: dict[str, Callable[[], None]] = field(default_factory=dict)
    verified: dict[str, list[int]] = field(default_factory=dict)  # distinct molecules of a round
    elsewhere: dict[str, list[float]] = field(default_factory=dict)  # seconds of another process
    verifying: dict[str, list[float]] = field(default_factory=dict)  # seconds of the verifier

    def ours(self, name: str, generator: Generator) -> None:
        """Add a generator that proposes block by block."""
        blocks = iter(range(10_000))

        def work() -> None:
            designs = [generator.propose_block(0, next(blocks)) for _ in range(BLOCKS)]
            self._done(name, [str(s) for d in designs for s in d[SMILES].to_numpy()], 0.0)

        self.works[name] = work

    def theirs(self, name: str, sample: Callable[[], float], valid: float) -> None:
        """Add a sampler that returns the seconds it spent elsewhere, and its valid share."""
        texts = replayed(valid)

        def work() -> None:
            spent = sample()
            self._done(name, [next(texts) for _ in range(COUNT)], spent)

        self.works[name] = work

    def run(self) -> dict[str, list[float]]:
        """CPU seconds for a verified molecule, in each round."""
        for work in self.works.values():  # once for set-up on first use
            work()
        self.verified, self.elsewhere, self.verifying = {}, {}, {}
        timings = interleaved(self.works, ROUNDS)
        return {
            name: [
                (here + there) / count
                for here, there, count in zip(
                    own.cpu_s, self.elsewhere[name], self.verified[name], strict=True
                )
            ]
            for name, own in timings.items()
        }

    def _done(self, name: str, texts: Sequence[str], elsewhere_s: float) -> None:
        started = time.process_time()
        self.verified.setdefault(name, []).append(verified(self.problem, texts))
        self.verifying.setdefault(name, []).append(time.process_time() - started)
        self.elsewhere.setdefault(name, []).append(elsewhere_s)


def run() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    race = Race(Library(LibrarySettings(known=1000)))
    pretrained, alongside = generator(race.problem), generator(race.problem)
    alongside.family.decoder = Alongside(alongside.family.decoder)  # type: ignore[attr-defined]
    race.ours("shipped", pretrained)
    race.ours("shipped, with CharRNN's size beside", alongside)
    network, other = CharRNN(), torch_molecule()
    for batch_size in (BLOCK, COUNT):

        def sample(batch_size: int = batch_size) -> float:
            for _ in range(COUNT // batch_size):
                network.sample(batch_size)
            return 0.0

        race.theirs(f"CharRNN, {batch_size} at once", sample, VALID)
        if other:
            race.theirs(
                f"torch-molecule, {batch_size} at once",
                lambda batch_size=batch_size: other.sample(COUNT, batch_size),  # type: ignore[misc]
                1.0,
            )
    seconds = race.run()
    if other:
        other.close()
    about: dict[str, Any] = {
        "rounds": ROUNDS,
        "molecules of a round": COUNT,
        "packages": versions(("rdkit",)),
    }
    title = "Verified, valid and distinct molecules a second of one core"
    report("molecules_speed", title, rows(seconds, race), about)
    molecules_rules.run()


def rows(seconds: dict[str, list[float]], race: Race) -> list[dict[str, Any]]:
    """Molecules a second, and ratios to each peer's faster setting."""
    peers = {}
    for peer in ("CharRNN", "torch-molecule"):
        own = [s for name, s in seconds.items() if name.startswith(peer)]
        peers[f"times {peer}"] = min(own, key=np.median) if own else None
    return [
        {
            "generator": name,
            "verified of a round": spread(race.verified[name]),
            "ms of the verifier": spread(
                [
                    1e3 * s / n
                    for s, n in zip(race.verifying[name], race.verified[name], strict=True)
                ]
            ),
            "ms in all": spread([1e3 * s for s in own]),
            "molecules a second": spread([1 / s for s in own]),
            **{k: None if s is None else ratio(s, own, 1.0) for k, s in peers.items()},
        }
        for name, own in seconds.items()
    ]


def generator(problem: Library) -> Generator:
    """The pretrained generator."""
    known = training(problem)
    choice = GeneratorChoice(family=problem.default_family)
    own = fitted.fit(problem, known, choice, watch=silent)
    spec = resolve(Spec(problem=problem.name), problem)
    return Generator(problem, own.family, spec, known)


def torch_molecule() -> TorchMolecule | None:
    """The sampler of torch-molecule, if its Python is known."""
    python = os.environ.get("TORCH_MOLECULE_PYTHON")
    return TorchMolecule(python) if python else None


def verified(problem: Library, texts: Sequence[str]) -> int:
    """Number of distinct molecules that the verifier measures."""
    distinct = list(dict.fromkeys(canonical(m) for m in map(parsed, texts) if m is not None))
    fits = [text for text in distinct if len(text) <= problem.longest]
    found = problem.verifier.measure(codes(fits, problem.longest))
    return int(torch.isfinite(found).all(1).sum())


def replayed(valid: float) -> Iterator[str]:
    """Molecules of the test set, a share left valid and the others broken."""
    rng = np.random.default_rng(0)
    for text in moses("test"):
        yield str(text) if rng.random() < valid else str(text) + "("
