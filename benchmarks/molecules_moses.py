"""The MOSES table of proposals by the pretrained generator.

It follows the official protocol: 30,000 molecules as proposed, before any judgement or filter, the
whole suite of metrics, and the published rows for comparison. The published rows are means of three
trainings with 30,000 molecules each; ours is of one training. A second column of ours is of the
first 30,000 proposals that satisfy the limit on `in_training`, as for a request of a new library:
its novelty is 1 by that choice; the other metrics show its cost.
"""

import itertools
import time
from typing import Any

import torch
from torch import Tensor

from benchmarks.measuring import report
from benchmarks.molecules_metrics import MOLECULES, REFERENCES
from benchmarks.moses.published import COLUMNS, PUBLISHED
from benchmarks.moses.suite import suite
from ingenium.core.problem import silent
from ingenium.core.provenance import versions
from ingenium.core.seeds import block_rng
from ingenium.core.spec import GeneratorChoice
from ingenium.core.text import texts
from ingenium.domains.molecules.data import moses, moses_statistics
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.domains.molecules.trained.model import NAME
from ingenium.generators.fitted import FittedFamily, fit

AT_ONCE = 1000  # proposals of a batch
ALONGSIDE = ("Train", "CharRNN", "VAE", "LatentGAN", "JTN-VAE", "AAE")  # published rows


def run() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    problem, fitted = pretrained()
    train = moses("train")
    novelty = problem.verifier.only({"in_training"})
    proposals: list[str] = []
    new: list[str] = []
    spent = 0.0
    for block in itertools.count():
        if len(new) >= MOLECULES:
            break
        started = time.process_time()
        written = drawn(problem, fitted, block_rng(0, block, "moses"))
        found = texts(written)
        proposals += found
        spent += time.process_time() - started
        known = novelty.measure(written)[:, 0].tolist()
        new += [text for text, is_known in zip(found, known, strict=True) if is_known == 0]
    count = len(proposals)
    proposals = proposals[:MOLECULES]
    references = {name: moses_statistics(split) for name, split in REFERENCES.items()}
    found_of = {
        "ours": suite(proposals, train, references),
        "ours, known ones refused": suite(new[:MOLECULES], train, references),
    }
    rows = [
        {"metric": c}
        | {name: found[c] for name, found in found_of.items()}
        | {name: PUBLISHED[name][c] for name in ALONGSIDE}
        for c in COLUMNS
    ]
    about: dict[str, Any] = {
        "molecules": MOLECULES,
        "generator": NAME,
        "proposals a second of one core": count / spent,
        "parameters": sum(p.numel() for p in fitted.family.state_dict().values()),
        "training": fitted.meta["about"],
        "times a test molecule that a training molecule is proposed": by_heart(proposals),
        "properties": {k: v for k, v in found_of["ours"].items() if k not in COLUMNS},
        "packages": versions(("rdkit", "fcd-torch")),
    }
    report("molecules_moses", f"MOSES metrics of {MOLECULES} proposed molecules", rows, about)


def pretrained() -> tuple[Library, FittedFamily]:
    """The library, and its pretrained generator."""
    problem = Library(LibrarySettings(known=1000))
    data, choice = problem.data(), GeneratorChoice()
    return problem, fit(problem, data, choice, watch=silent)


def drawn(problem: Library, fitted: FittedFamily, rng: torch.Generator) -> Tensor:
    """Sample a batch of molecules as texts, as proposed."""
    (written,) = problem.codec.decode(fitted.family.propose(torch.zeros(AT_ONCE, 1), rng))
    return written


def by_heart(proposals: list[str]) -> float:
    """Ratio of memorisation: proposed molecules of the training split over those of the test split.

    Both are random parts of one set, so it is 1 for a generator that memorised nothing.
    """
    shares = []
    for split in ("train", "test"):
        known = frozenset(moses(split))
        shares.append(sum(text in known for text in proposals) / len(known))
    return shares[0] / shares[1]
