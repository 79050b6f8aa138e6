"""Row 31.15: molecules that are valid, new, and have the properties that were asked for.

1000 molecules of MOSES' test split are drawn for each seed; weight, logP, polar surface, QED,
accessibility and the further counts that the generator of the package hears are told to it, one
proposal each. On target means within 20 g/mol of weight, 0.5 of logP, 10 square angstrom of polar
surface and 0.1 of QED, all at once. New means none of the 1,584,663 training molecules and not
proposed twice. Beside stand the generator that hears nothing, and the nearest of 20,000 known
molecules. Bounds were stated before anything was measured. Budget: 5 seeds, 1000 targets each;
quick: 1 seed, 60.
"""

from collections.abc import Iterable
from functools import cache

import numpy as np
import torch
from jaxtyping import Bool, Float
from safetensors.torch import load_file

from ingenium.core.digest import digest
from ingenium.core.problem import Shipped, Watch
from ingenium.core.seeds import block_rng, one_thread
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.known import LONGEST, known, training_set, values
from ingenium.domains.molecules.trained import model, told
from ingenium.domains.molecules.wish import heard_of
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.kits.chemistry import rules
from ingenium.kits.chemistry.parsing import canonical, parsed

TARGETS = (1000, 60)  # of a seed: full and quick
NEAR = {"weight": 20.0, "logp": 0.5, "tpsa": 10.0, "qed": 0.1}  # what counts as on target
READ = 20_000  # known molecules that retrieval looks through


def measure(budget: Budget, watch: Watch) -> Measured:
    """Ask for the properties of molecules that no model has seen; each seed for others."""
    count = TARGETS[1 if budget.quick else 0]
    rows: dict[str, list[tuple[float, ...]]] = {"told": [], "untold": [], "known": []}
    errors = []
    for i, seed in enumerate(budget.seeds):
        watch("ask", i, len(budget.seeds))
        wanted = _wanted(count, seed)
        hit = _told(wanted, seed)
        rows["told"].append(_counted(hit, wanted))
        rows["untold"].append(_counted(_untold(count, seed), wanted))
        rows["known"].append(_counted(_nearest(wanted), wanted))
        errors.append(_errors(hit, wanted))
    valid, on_target, new = (
        {way: np.array([row[k] for row in kept]) for way, kept in rows.items()} for k in range(3)
    )
    values_of = {
        "valid": _over(valid["told"]),
        "on_target": _over(on_target["told"]),
        "new": _over(new["told"]),
        "gain": _over(new["told"] - new["untold"]),
    }
    beside = {
        "on target, untold": _over(on_target["untold"]),
        "on target and new, untold": _over(new["untold"]),
        f"on target, nearest of {READ:,} known molecules": _over(on_target["known"]),
        "on target and new, nearest known molecule": _over(new["known"]),
    }
    beside |= {
        f"mean absolute error of {name}": _over(row[i] for row in errors)
        for i, name in enumerate(NEAR)
    }
    notes = (
        "Graphs are molecules here; tensor decompositions and conjectures of the row belong to "
        "mathematics.",
        "Targets are the properties of molecules of the test split of MOSES, so that some molecule "
        "has them.",
        "One proposal is made for each target, and none is chosen among several; `molecules.lead` "
        "chooses.",
    )
    about = [list(budget.seeds), model.facts()["weights"], told.facts()["weights"]]
    return from_intervals(values_of, beside, digest(about), notes)


def _wanted(count: int, seed: int) -> Float[np.ndarray, "n k"]:
    """Properties that the generator hears, of molecules of the test split."""
    whole = moses("test")
    drawn = whole[np.random.default_rng(seed).choice(len(whole), count, replace=False)]
    names = tuple(told.hears())
    return np.array([rules.measured(names, parsed(str(s))) for s in drawn])


def _told(wanted: Float[np.ndarray, "n k"], seed: int) -> list[str]:
    """One proposal of the generator that hears for each row."""
    with one_thread():
        x = _hearing().propose(heard_of(wanted, told.hears()), block_rng(seed, 0, "told"))
    return _texts(x)


def _untold(count: int, seed: int) -> list[str]:
    """Proposals of the generator that hears nothing."""
    family = _loaded(*model.shipped(LONGEST["moses"]).values())
    with one_thread():
        x = family.propose(torch.zeros(count, family.c), block_rng(seed, 0, "untold"))
    return _texts(x)


def _nearest(wanted: Float[np.ndarray, "n k"]) -> list[str]:
    """The known molecule whose properties, each over its spread, are nearest to each row."""
    smiles, table = _known()
    spread = table.std(0).clip(min=1e-9)
    rows = [(((table - row) / spread) ** 2).sum(1).argmin() for row in wanted]
    return [smiles[int(i)] for i in rows]


def _counted(smiles: list[str], wanted: Float[np.ndarray, "n k"]) -> tuple[float, float, float]:
    """Shares that are molecules, on target, and on target, new and not proposed twice."""
    hits = _on_target(smiles, wanted)
    texts = [canonical(parsed(s)) for s, hit in zip(smiles, hits.tolist(), strict=True) if hit]
    new = set(texts) - training_set("moses")
    valid = float(np.mean([parsed(s) is not None for s in smiles]))
    return valid, float(hits.mean()), len(new) / len(smiles)


def _on_target(smiles: list[str], wanted: Float[np.ndarray, "n k"]) -> Bool[np.ndarray, " n"]:
    apart = np.abs(_measured(smiles) - _named(wanted))
    return np.asarray((apart <= np.array(list(NEAR.values()))).all(1))


def _errors(smiles: list[str], wanted: Float[np.ndarray, "n k"]) -> tuple[float, ...]:
    return tuple(np.nanmean(np.abs(_measured(smiles) - _named(wanted)), 0).tolist())


def _measured(smiles: list[str]) -> Float[np.ndarray, "n t"]:
    """What counts of each molecule; NaN of text that is none."""
    none = (np.nan,) * len(NEAR)
    mols = map(parsed, smiles)
    return np.array([none if m is None else rules.measured(tuple(NEAR), m) for m in mols])


def _named(wanted: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n t"]:
    names = list(told.hears())
    return wanted[:, [names.index(name) for name in NEAR]]


@cache
def _known() -> tuple[tuple[str, ...], Float[np.ndarray, "n k"]]:
    found = known("moses", READ)
    smiles = tuple(s for s, out in zip(found.smiles, found.held_out, strict=True) if not out)
    return smiles, values(smiles, tuple(told.hears()))


@cache
def _hearing() -> TokenAutoregressive:
    return _loaded(told.shipped(LONGEST["moses"]))


def _loaded(shipped: Shipped) -> TokenAutoregressive:
    family: TokenAutoregressive = shipped.make()
    family.load_state_dict({k: v.float() for k, v in load_file(shipped.weights).items()})
    return family


def _texts(x: torch.Tensor) -> list[str]:
    found: list[str] = model.codec("moses", LONGEST["moses"]).to_texts(x)
    return found


def _over(values: Iterable[float]) -> Interval:
    return t_interval(np.array(list(values)))
