"""The field's own methods for the specs of the comparison of strategies, with as many engine calls.

Grid: recorded days, each profile scaled, by NSGA-II. Structures: SIMP for evenly spread masses.
Molecules: mol_ga, and random SELFIES. Airfoils: NSGA-II over Kulfan weights about NACA 2412, and
the gradient from NACA sections. Each step of an optimiser that solves is a call.

Shapes: n designs, m numbers.
"""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice

import numpy as np
import selfies
import torch
import xarray as xr
from jaxtyping import Float
from mol_ga import default_ga
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.evaluator import Evaluator
from pymoo.core.problem import Problem as Box
from pymoo.problems.static import StaticProblem

from benchmarks.strategies_found import Counter, Found
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.problem import Problem
from ingenium.core.spec import Between, Spec
from ingenium.domains.airfoils.cst import arrays_of, fitted, numbers_of
from ingenium.domains.airfoils.naca import naca, naca_2412
from ingenium.domains.airfoils.refine import Refiner
from ingenium.domains.airfoils.section import WingSection
from ingenium.domains.grid.feeder.feeder_day import FeederDay
from ingenium.domains.molecules.lead import Lead
from ingenium.domains.structures.shapes.minimum_compliance import MinimumCompliance
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.zinc import zinc250k
from ingenium.runs.aim import Aim
from ingenium.runs.loop import training

POPULATION = 32  # of NSGA-II, as in our own evolution
FACTORS = (0.5, 1.5)  # by which a recorded profile is scaled
ABOUT = 0.15  # of Kulfan weights round those of NACA 2412
DESIGN_CALLS = 40  # of a shape or a section that is optimised: its steps, and measuring it
WORST = 1e12  # in place of what is not finite
START, OFFSPRING = 100, 5  # molecules of ZINC250k that mol_ga starts from; children of a generation
WORST_MOLECULE = 1e3  # the cost of failed designs: mol_ga takes quantiles of finite numbers

Rival = Callable[[Problem, Spec, int, int], Found]
Decode = Callable[[Float[np.ndarray, "n m"]], xr.Dataset]

RANDOM_SYMBOLS = (5, 40)  # of molecules that are written at random; one less at most


def scaled_days(problem: Problem, spec: Spec, calls: int, seed: int) -> Found:
    """Run NSGA-II over the recorded day of the wanted kind, and a factor for each load profile."""
    assert isinstance(problem, FeederDay)
    days = _admitted(training(problem), spec)
    load_p, load_q, infeed_p = to_arrays(days, problem.variables)
    low, high = np.array([0.0, *[FACTORS[0]] * load_p.shape[1]]), FACTORS[1]

    def decode(x: Float[np.ndarray, "n m"]) -> xr.Dataset:
        rows = np.minimum((x[:, 0] * len(load_p)).astype(int), len(load_p) - 1)
        factor = torch.from_numpy(x[:, 1:, None])
        own = {c.name: (DESIGN, days[c.name].to_numpy()[rows]) for c in problem.conditions}
        arrays = (load_p[rows] * factor, load_q[rows] * factor, infeed_p[rows])
        return to_dataset(arrays, problem.variables, problem.labels() | own)

    return _nsga2(Counter(problem, spec, calls), decode, (low, np.where(low == 0, 1.0, high)), seed)


def simp(problem: Problem, spec: Spec, calls: int, seed: int) -> Found:
    """Run SIMP with its usual filter for evenly spread masses; it has no seed."""
    assert isinstance(problem, MinimumCompliance)
    counter = Counter(problem, spec, calls)
    count = calls // DESIGN_CALLS
    place = (np.arange(count) + 0.5) / count
    columns = {}
    for c in problem.conditions:
        wanted = spec.conditions[c.name]
        assert isinstance(wanted, Between)
        width = wanted.at_most - wanted.at_least
        columns[c.name] = (DESIGN, wanted.at_least + place * width)
    requested = xr.Dataset(columns)
    for i in np.random.default_rng(seed).permutation(count):
        own = requested.isel({DESIGN: [i]})
        counter.spend(DESIGN_CALLS - 1)
        density = problem.optimiser.solid(problem.numbers(own), DESIGN_CALLS - 2)
        given = [torch.from_numpy(own[c.name].to_numpy()) for c in problem.conditions]
        coords = {c.name: own[c.name].variable for c in problem.conditions}
        shape = density.view(-1, *problem.box.grid.cells)
        counter(to_dataset((shape, *given), problem.variables, problem.labels() | coords))
    return counter.found()


def mol_ga(problem: Problem, spec: Spec, calls: int, seed: int) -> Found:
    """Run the field's graph genetic algorithm, with its own population, sampling and moves.

    Source: Jensen, Chem. Sci. 10:3567, 2019; Tripp and Hernández-Lobato, 2023, arXiv:2310.09267
        (the package).
    """
    assert isinstance(problem, Lead)
    counter, aims = Counter(problem, spec, calls), list[Aim]()

    def worth(smiles: list[str]) -> list[float]:
        if counter.left == 0:
            raise _SpentError
        verdicts = counter(_written(problem, smiles))
        aims.append(aims[0] if aims else Aim.of(spec.limits, spec.objectives, verdicts))
        cost = np.full(len(smiles), WORST_MOLECULE)
        cost[: verdicts.sizes[DESIGN]] = aims[0].costs(verdicts).clip(max=WORST_MOLECULE)
        return [float(x) for x in -cost]

    with suppress(_SpentError):
        default_ga(
            starting_population_smiles=_listed(problem, min(START, calls), seed),
            scoring_function=worth,
            max_generations=calls,  # more than there can be, unless nothing new is generated
            offspring_size=OFFSPRING,
            rng=random.Random(seed),
        )
    return counter.found()


class _SpentError(Exception):
    """No call is left; the package can be stopped by an exception only."""


def random_selfies(problem: Problem, spec: Spec, calls: int, seed: int) -> Found:
    """Sample strings of random SELFIES symbols, each of which is a molecule."""
    assert isinstance(problem, Lead)
    counter, rng = Counter(problem, spec, calls), np.random.default_rng(seed)
    while counter.left > 0:
        counter(_written(problem, written_at_random(counter.left, rng)))
    return counter.found()


def screening(problem: Problem, spec: Spec, calls: int, seed: int) -> Found:
    """Screen molecules of ZINC250k in a random order."""
    assert isinstance(problem, Lead)
    counter = Counter(problem, spec, calls)
    counter(_written(problem, _listed(problem, calls, seed)))
    return counter.found()


def kulfan_weights(problem: Problem, spec: Spec, calls: int, seed: int) -> Found:
    """Run NSGA-II over Kulfan weights about NACA 2412, and the thickness."""
    assert isinstance(problem, WingSection)
    middle, thick = numbers_of(naca_2412())[0].numpy(), _thickness(spec)
    width = np.full(len(middle), ABOUT)
    box = (np.append(middle - width, thick[0]), np.append(middle + width, thick[1]))

    def decode(x: Float[np.ndarray, "n m"]) -> xr.Dataset:
        return _sections(problem, spec, torch.from_numpy(x[:, :-1]), x[:, -1])

    return _nsga2(Counter(problem, spec, calls), decode, box, seed)


def gradient(problem: Problem, spec: Spec, calls: int, seed: int) -> Found:
    """Take steps of NeuralFoil's gradient from NACA sections of evenly spread thickness."""
    assert isinstance(problem, WingSection)
    counter, rng = Counter(problem, spec, calls), np.random.default_rng(seed)
    refiner, count = Refiner(problem.settings, problem.codec), calls // DESIGN_CALLS
    low, high = _thickness(spec)
    for thick in rng.permutation(low + (high - low) * (np.arange(count) + 0.5) / count):
        shape = fitted(naca(rng.uniform(0.015, 0.03), rng.uniform(0.3, 0.5), thick))
        start = _sections(problem, spec, torch.from_numpy(shape[None]), np.array([thick]))
        counter.spend(DESIGN_CALLS - 1)
        arrays = refiner.refined(to_arrays(start, problem.variables), DESIGN_CALLS - 1)
        counter(to_dataset(arrays, problem.variables, {str(k): v for k, v in start.coords.items()}))
    return counter.found()


def _nsga2(
    counter: Counter,
    decode: Decode,
    box: tuple[np.ndarray, np.ndarray],
    seed: int,
) -> Found:
    """Run pymoo's algorithm with its defaults, from uniform samples."""
    limits, objectives = counter.spec.limits, counter.spec.objectives
    problem = Box(len(box[0]), len(objectives), 1, xl=box[0], xu=box[1])
    algorithm = NSGA2(pop_size=POPULATION)
    algorithm.setup(problem, termination=("n_gen", counter.left), seed=seed, verbose=False)
    aim: Aim | None = None
    while counter.left > 0:
        requested = algorithm.ask()
        verdicts = counter(decode(np.asarray(requested.get("X"), dtype=np.float64)))
        if verdicts.sizes[DESIGN] < len(requested):
            break
        aim = aim or Aim.of(limits, objectives, verdicts)
        short = np.minimum(aim.violations(verdicts).sum(1), WORST)
        losses = np.nan_to_num(aim.losses(verdicts), nan=WORST)
        Evaluator().eval(StaticProblem(problem, F=losses, G=short[:, None]), requested)
        algorithm.tell(infills=requested)
    return counter.found()


def _listed(problem: Lead, count: int, seed: int) -> list[str]:
    """Molecules of ZINC250k that fit the designs."""
    order = np.random.default_rng(seed).permutation(len(zinc250k()))
    texts = (canonical(parsed(str(zinc250k()[i]))) for i in order)
    return list(islice((text for text in texts if len(text) <= problem.longest), count))


def written_at_random(count: int, rng: np.random.Generator) -> list[str]:
    """Molecules of random SELFIES symbols: the random baseline."""
    symbols = sorted(selfies.get_semantic_robust_alphabet())
    lengths = rng.integers(*RANDOM_SYMBOLS, count)
    return [selfies.decoder("".join(rng.choice(symbols, n))) for n in lengths]


def _written(problem: Lead, smiles: Sequence[str]) -> xr.Dataset:
    """Convert molecules to designs; texts that are invalid or too long become empty."""
    mols = map(parsed, smiles)
    texts = ["" if mol is None else canonical(mol) for mol in mols]
    return problem.designs_of(tuple(t if len(t) <= problem.longest else "" for t in texts))


def _admitted(known: xr.Dataset, spec: Spec) -> xr.Dataset:
    """Select known designs under the wanted conditions."""
    fits = np.ones(known.sizes[DESIGN], dtype=bool)
    for name, wanted in spec.conditions.items():
        values = known[name].to_numpy()
        if isinstance(wanted, Between):
            fits &= (values >= wanted.at_least) & (values <= wanted.at_most)
        else:
            fits &= np.isin(values, wanted)
    return known.isel({DESIGN: np.flatnonzero(fits)})


def _thickness(spec: Spec) -> tuple[float, float]:
    wanted = spec.conditions["thickness"]
    assert isinstance(wanted, Between)
    return wanted.at_least, wanted.at_most


def _sections(
    problem: WingSection,
    spec: Spec,
    numbers: Float[torch.Tensor, "n 18"],
    thickness: Float[np.ndarray, " n"],
) -> xr.Dataset:
    """Build sections of a thickness, with the edge that the spec fixes."""
    named = {c.name: (DESIGN, np.full(len(numbers), np.nan)) for c in problem.conditions}
    conditions = xr.Dataset(named | {"thickness": (DESIGN, thickness)})
    arrays = problem.project(spec.fixed, conditions)(arrays_of(numbers))
    under = {str(name): values.variable for name, values in conditions.items()}
    return to_dataset(arrays, problem.variables, problem.labels() | under)
