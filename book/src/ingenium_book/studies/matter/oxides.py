"""Row 20.20: ternary oxides by a conditional generator and by random structure search.

Oxides ABO3 whose charges balance, five atoms a cell. Each arm has as many crystals relaxed by
CHGNet, which stands for density functional theory. The family learns the oxides of
`matter.crystal`, a fifth of the systems held out, and proposes under the energies of the latter
above their two binaries; its texts are relaxed under their symmetry, from where their type begins,
so that a GAN for the numbers under them would come to the same. The search puts the atoms of a
random formula at random into a random cell, 0.8 to 1.3 times as large as the cubes of its ions, no
two atoms nearer than 0.65 of the sum of their radii, and relaxes all of it, as Pickard and Needs do
(J. Phys.: Condens. Matter 23:053201, 2011). Beside them: random elements in the known types, and
look-up, the known oxides whose energies lie nearest to those asked for.

New is what lies at most 0.1 eV an atom above its binaries and is, by pymatgen's matcher, neither a
crystal that was learned from nor one before it in the arm. The error is that of the energy against
the one asked for; whoever does not hear it has the error of chance.
Budget: 5 seeds, 20 crystals an arm, 600 steps; quick: 1 seed, 3, 60.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
import xarray as xr
from numpy.typing import ArrayLike

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import silent
from ingenium.core.seeds import block_rng, one_thread
from ingenium.core.spec import GeneratorChoice
from ingenium.domains.matter import phases, potential
from ingenium.domains.matter.charges import IONS, triples
from ingenium.domains.matter.crystal import CrystalProblem
from ingenium.domains.matter.files import crystals
from ingenium.domains.matter.identity import CLOSEST, closest
from ingenium.domains.matter.packages import package
from ingenium.domains.matter.prototypes import PEROVSKITES
from ingenium.domains.matter.settings import CrystalSettings
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials
from ingenium.generators.fitted import fit
from ingenium.runs.loop import training

CATIONS = tuple(e for e in CrystalSettings().elements if IONS[e].charges[0] > 0)
COUNTS = (1, 1, 3)
FAMILY = "tokens_flow_matching"
SEARCH, SUBSTITUTION, LOOK_UP = "search", "substitution", "nearest_known"
RIVALS = SEARCH, SUBSTITUTION, LOOK_UP
NEW_EV = 0.1  # an atom
LARGE = 0.8, 1.3  # volume of a cell over the cubes of its ions
STEPS, FORCE = 150, 0.05  # of CHGNet's relaxer; eV/angstrom
MORE, LESS = 1.34, 0.72  # what is claimed: new ones, and the error, over the search's


@dataclass(frozen=True)
class OxideDraws:
    """Crystals of an arm and seed, and steps of a fit."""

    crystals: int
    steps: int


@dataclass(frozen=True)
class Oxide:
    """One as CHGNet left it."""

    structure: Any  # of pymatgen
    above_ev: float  # an atom, above the two binaries; NaN without an answer


@cache
def opened() -> CrystalProblem:
    """The problem, with its known oxides."""
    return CrystalProblem(CrystalSettings(elements=(*CATIONS, "O"), judge="chgnet"))


def requested(seed: int, count: int) -> xr.Dataset:
    """Conditions of held-out oxides, drawn with replacement."""
    whole = opened().data()
    held = whole.isel({DESIGN: whole["held_out"].to_numpy()})
    order = np.random.default_rng([seed, 2020]).integers(held.sizes[DESIGN], size=count)
    return xr.Dataset({k: (DESIGN, held[k].to_numpy()[order]) for k in ("gap", "stability")})


def run(arm: str, seed: int, size: OxideDraws) -> Mapping[str, ArrayLike]:
    """What the crystals of an arm come to."""
    wanted = requested(seed, size.crystals)
    if arm == SEARCH:
        found = list(_thrown(np.random.default_rng([seed, 2021]), size.crystals))
    elif arm == FAMILY:
        found = relaxed(_written(seed, size, wanted))
    elif arm == SUBSTITUTION:
        rng = np.random.default_rng([seed, 2022])
        found = relaxed(rng.choice(list(opened().listed), size.crystals).tolist())
    else:
        found = relaxed(_looked_up(wanted))
    above = np.array([one.above_ev for one in found])
    off = np.abs(above - wanted["stability"].to_numpy())
    return {
        "new": sum(is_new(found)) / size.crystals,
        "near": float((above <= NEW_EV).sum()) / size.crystals,
        "error": float(np.nanmean(off)),
    }


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Shares, errors (eV an atom), and both against what is claimed."""
    table: dict[str, ArrayLike | Value] = {
        f"{key}_{name}": found(arm, key)
        for name, arm in {"family": FAMILY, **{k: k for k in RIVALS}}.items()
        for key in ("new", "near", "error")
    }
    new, off = found(FAMILY, "new"), found(FAMILY, "error")
    return {
        **table,
        "more_new": new - MORE * found(SEARCH, "new"),
        "over_substitution": new - found(SUBSTITUTION, "new"),
        "less_error": off - LESS * found(SEARCH, "error"),
    }


def is_new(found: Sequence[Oxide]) -> list[bool]:
    """Of each whether it is near its binaries, and neither known nor one that came before."""
    matcher = package("pymatgen.analysis.structure_matcher").StructureMatcher()
    seen = [c.structure() for c in crystals(_groups(training(opened()))) if c is not None]
    reported = []
    for one in found:
        reported.append(
            bool(one.above_ev <= NEW_EV)
            and not any(matcher.fit(one.structure, other) for other in seen)
        )
        if reported[-1]:
            seen.append(one.structure)
    return reported


def relaxed(texts: Sequence[str]) -> list[Oxide]:
    """Crystals of the list, from where their types begin; a text twice is relaxed once."""
    listed = opened().listed
    each = list(dict.fromkeys(texts))
    rows = [listed[text] for text in each]
    starts = [PEROVSKITES[kind].start(A=a, B=b, X=x) for kind, a, b, x in rows]
    made = dict(zip(each, potential.relaxed(starts), strict=True))
    return [Oxide(made[t][0].structure(), made[t][1] - _binaries(listed[t][1:])) for t in texts]


def thrown(abc: Sequence[str], rng: np.random.Generator) -> Any:
    """Atoms of ABX3 at random places of a random cell, none of them too near to another."""
    core = package("pymatgen.core")
    elements = [e for e, n in zip(abc, COUNTS, strict=True) for _ in range(n)]
    cubes = sum((2 * IONS[e].radius_angstrom) ** 3 for e in elements)
    while True:
        shape = core.Lattice.from_parameters(*rng.uniform(0.6, 1.6, 3), *rng.uniform(60, 120, 3))
        cell = shape.scale(float(rng.uniform(*LARGE)) * cubes)
        found = core.Structure(cell, elements, rng.random((len(elements), 3)))
        if closest(found) >= CLOSEST:
            return found


def _thrown(rng: np.random.Generator, count: int) -> Iterator[Oxide]:
    """Random structure search: what is thrown, relaxed freely."""
    systems = triples(opened().settings.elements)
    relaxer = package("chgnet.model").StructOptimizer(model=potential.model(), use_device="cpu")
    for _ in range(count):
        abc = systems[int(rng.integers(len(systems)))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ended = relaxer.relax(thrown(abc, rng), fmax=FORCE, steps=STEPS, verbose=False)
        energy = float(ended["trajectory"].energies[-1]) / sum(COUNTS)
        yield Oxide(ended["final_structure"], energy - _binaries(abc))


def _binaries(abc: Sequence[str]) -> float:
    return phases.screened(dict(zip(abc, COUNTS, strict=True)))


def _groups(designs: xr.Dataset) -> tuple[torch.Tensor, ...]:
    return to_arrays(designs, opened().variables)


def _written(seed: int, size: OxideDraws, wanted: xr.Dataset) -> list[str]:
    """Texts of a fitted family, which its grammar keeps in the list."""
    problem = opened()
    choice = GeneratorChoice(family=FAMILY, steps=size.steps, seed=seed)
    fitted = fit(problem, training(problem), choice, watch=silent)
    with one_thread():
        x = fitted.family.propose(problem.features(wanted), block_rng(seed, 0, "oxides"))
    made = crystals(problem.decode(x.to(torch.float64), wanted))
    return [c.sites.text for c in made if c is not None]


def _looked_up(wanted: xr.Dataset) -> list[str]:
    """Of each energy the known oxide that lies nearest and was not taken yet."""
    known = training(opened())
    energy, texts = known["stability"].to_numpy().copy(), []
    for one in wanted["stability"].to_numpy():
        row = int(np.abs(energy - one).argmin())
        texts.append(str(known["crystal"].to_numpy()[row]))
        energy[row] = np.inf
    return texts


measure = Trials(
    arms={name: name for name in (FAMILY, *RIVALS)},
    sizes=(OxideDraws(20, 600), OxideDraws(3, 60)),
    run=run,
    read=read,
    data=lambda size: dataset_digest(opened().data()),
)
