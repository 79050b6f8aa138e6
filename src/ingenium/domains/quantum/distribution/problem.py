"""Problem `quantum.distribution`: circuits whose samples follow a target, under limits.

Shapes: n designs, a outcomes, p angles.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import ClassVar, Literal

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import array_digest
from ingenium.core.errors import InputError
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, Projection, Second, Section, Watch, silent
from ingenium.core.quantity import Condition, Variable
from ingenium.core.recipe import Arrays, Recipe
from ingenium.core.seeds import one_thread
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.quantum.devices import calibration, noise_of
from ingenium.domains.quantum.distribution import targets
from ingenium.domains.quantum.distribution.formats import QasmFile
from ingenium.domains.quantum.distribution.qiskit_engine import QiskitStates
from ingenium.domains.quantum.distribution.stirred import StirredCircuits
from ingenium.domains.quantum.distribution.template import Template
from ingenium.domains.quantum.distribution.training import CircuitTraining, wrapped
from ingenium.domains.quantum.distribution.verifier import CircuitVerifier
from ingenium.kits.circuits.circuit import MOST_MIXED, MOST_QUBITS, check_qubits
from ingenium.kits.circuits.layers import first_angles, pairs_of

SHARE, MOST = 0.1, 20  # of circuits, that qiskit simulates too
BATCH_SIZE = 16  # circuits that are trained together
HELD_OUT_EVERY = 5
TWICE = 2  # starts for each known circuit, of which the better one is stored


@dataclass(frozen=True)
class DistributionSettings:
    """Settings of the target, the device, and the known circuits."""

    target: Literal["bars_and_stripes", "gaussian_mixture", "given"] = (
        "bars_and_stripes"  # distribution that a circuit has to sample
    )
    rows: int = 2  # rows of bars and stripes
    columns: int = 2  # columns of bars and stripes
    qubits: int = 6  # qubits of the mixture
    layers: int = 4  # of gates in a circuit
    coupling: Literal["line", "ring", "all"] = "line"  # which qubits share a gate
    shots: int = 1000  # samples drawn from a circuit
    noise: Literal["none", "heavyhex"] = "none"  # noise of the device
    known: int = 128  # number of known circuits, every fifth held out
    steps: int = 250  # gradient steps that train a known circuit
    repair_steps: int = 60  # gradient steps that repair a proposal
    seed: int = 0  # of the known circuits

    def __post_init__(self) -> None:
        sizes = (self.rows, self.columns, self.qubits, self.layers)
        if min(sizes) < 1 or self.rows * self.columns < 2:
            raise InputError("rows, columns, qubits and layers of at least 1", sizes)
        if self.shots < 1:
            raise InputError("at least one shot", self.shots, "Write shots = 1000.")
        if not 10 <= self.known <= 100_000:
            raise InputError("10 to 100000 known circuits", self.known, "Write known = 128.")
        if not (1 <= self.steps <= 100_000 and 0 <= self.repair_steps <= 100_000):
            raise InputError(
                "at least one step, and none or more that mend", (self.steps, self.repair_steps)
            )


class Distribution(Problem):
    """Circuits in layers, as the angles of their gates; an angle of 0 is no gate."""

    name: ClassVar[str] = "quantum.distribution"
    summary: ClassVar[str] = (
        "quantum circuits that sample a target distribution, under limits on gates, shots and noise"
    )
    Settings: ClassVar[type] = DistributionSettings
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("probabilities", "array", "chance of each outcome", dims=("outcome",)),
    )
    default_family: ClassVar[str] = "stirred_circuits"
    judged: ClassVar[str] = (
        "The OpenQASM file: the probabilities of all its outcomes, and its gates."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "No quantum computer ran it: probabilities are simulated.",
        "In the noise model, idle qubits do not decohere, and errors are the same for all angles.",
        "Whether a smaller circuit gives the same distribution was not searched.",
    )

    def __init__(self, settings: DistributionSettings, given: Given = NOTHING) -> None:
        """Open the target and the layers.

        Raises:
            InputError: for too many qubits, with their memory; for invalid probabilities, or
                probabilities given together with another target.
        """
        self.settings, self.given = settings, given
        self.target = torch.from_numpy(_target(settings, given))
        qubits = int(np.log2(len(self.target)))
        self.template = Template(qubits, settings.layers, pairs_of(qubits, settings.coupling))
        if qubits < 2:
            raise InputError("at least two qubits", qubits)
        noise = self.noise = noise_of(settings.noise)
        if noise is not None:
            check_qubits(qubits, MOST_MIXED)
            self.licence = str(calibration(settings.noise)["source"])
        else:
            self.absent = dict.fromkeys(
                ("device_variation", "device_fidelity"), 'noise = "heavyhex"'
            )
        self.training = CircuitTraining(self.template, self.target)
        self.sizes = self.template.sizes
        self.variables = (
            Variable(
                "turn_rad", ("layer", "turn", "qubit"), "rad", "turn of a qubit, by y, then z"
            ),
            Variable("pair_rad", ("layer", "pair"), "rad", "turn of a pair of qubits, by xx"),
        )
        most = settings.layers * len(self.template.pairs)
        self.conditions = (
            Condition("pair_budget", "two-qubit gates at most", lower=0.0, upper=float(most)),
        )
        self.limits = (Limit("total_variation", at_most=0.05), Limit("idle_qubits", at_most=0.0))
        self.tiers = (CircuitVerifier(self.template, self.target, settings.shots, noise),)
        self.second = Second(QiskitStates(self.template, self.target), SHARE, MOST)
        axes = [tuple(self.sizes[d] for d in v.dims) for v in self.variables]
        self.codec = Channels.between([(-np.pi, np.pi)] * 2, own=axes)
        file = QasmFile(self.template, self.variables)
        self.formats = {file.name: file}
        self.batch_size = BATCH_SIZE

    def comparison(self) -> FieldComparison:
        """Return the comparison settings: a circuit is simulated at each step of its repair."""
        return FieldComparison(repair_calls=float(self.settings.repair_steps))

    def labels(self) -> dict[str, object]:
        """Return the names of single-qubit rotations and of pairs."""
        pairs = [f"{a}-{b}" for a, b in self.template.pairs]
        return {"turn": ["y", "z"], "pair": pairs}

    def prepare(self, watch: Watch = silent) -> None:
        """Train the known circuits once."""
        self._recipe.complete(watch)

    @cached_property
    def _recipe(self) -> Recipe:
        s = self.settings
        own = {k: v for k, v in asdict(s).items() if k not in ("shots", "noise", "mend")}
        under = [own, array_digest(self.target.numpy())]
        return Recipe("quantum_circuits", under, self._made, -(-s.known // BATCH_SIZE))

    def _made(self, piece: int) -> Arrays:
        """Train a block of known circuits: the better of two random starts under one budget."""
        rng = torch.Generator().manual_seed(1000 * self.settings.seed + piece)
        most = self.settings.layers * len(self.template.pairs)
        least = min(self.template.qubits - 1, most)
        budget = torch.randint(least, most + 1, (BATCH_SIZE,), generator=rng)
        start = first_angles(self.template.circuit, TWICE * BATCH_SIZE, rng)
        with one_thread():
            angles = self.training.run(start, budget.repeat(TWICE), self.settings.steps)
            values = self.verifier.measure(*self.template.arrays(angles))[:, 0]
        best = values.reshape(TWICE, -1).argmin(0) * BATCH_SIZE + torch.arange(BATCH_SIZE)
        return {"angles": angles[best].numpy(), "budget": budget.numpy().astype(np.float64)}

    def data(self) -> xr.Dataset:
        """Return circuits trained from random starts under budgets of two-qubit gates."""
        return self._known

    @cached_property
    def _known(self) -> xr.Dataset:
        found, count = self._recipe.complete(), self.settings.known
        arrays = self.template.arrays(torch.from_numpy(found["angles"][:count]))
        held = np.arange(count) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        under = {
            "pair_budget": (DESIGN, found["budget"][:count]),
            "held_out": (DESIGN, held),
        }
        return to_dataset(arrays, self.variables, under | self.labels())

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection of angles to -pi..pi."""
        return lambda arrays: tuple(wrapped(a) for a in arrays)

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Take some gradient steps, and remove gates down to the budget."""
        budget = torch.from_numpy(conditions["pair_budget"].to_numpy()).floor().to(torch.int64)
        angles = self.template.angles(*arrays)
        with one_thread():
            return self.template.arrays(
                self.training.run(angles, budget, self.settings.repair_steps)
            )

    def baselines(self) -> Mapping[str, Callable[[], StirredCircuits]]:
        """Return the default baseline: known circuits with slightly perturbed angles."""
        return {"stirred_circuits": partial(StirredCircuits, self.codec.shape[0])}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show the nearest circuit, its distribution, gates against distance, and rivals."""
        from ingenium.domains.quantum.distribution.report import DistributionReport

        known, own = (
            self.template.angles(*to_arrays(some, self.variables))
            for some in (self.data(), designs)
        )
        shots, seed = self.settings.shots, self.settings.seed
        shown = DistributionReport(self.template, self.target, self.noise, shots, seed, known)
        return shown.sections(designs["design"].to_numpy(), own, verdicts)

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Score the distance from the target before any repair."""
        raw = self.verifier.measure(*to_arrays(designs, self.variables))[:, 0]
        return {"unrepaired_variation": float(raw.nanmean())}

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return a quarter turn of each qubit by y: uniform outcomes, no entanglement."""
        turn = torch.zeros(1, *(self.sizes[d] for d in self.variables[0].dims), dtype=torch.float64)
        pair = torch.zeros(1, *(self.sizes[d] for d in self.variables[1].dims), dtype=torch.float64)
        turn[:, 0, 0] = 0.5 * np.pi
        flat = to_dataset((turn, pair), self.variables, dict(self.labels()))
        a, on = len(self.target), int((self.target > 0).sum())
        truth = {
            "parameters": float(self.template.qubits),
            "depth": 1.0,
            "two_qubit_gates": 0.0,
        }
        distance = 0.5 * float((self.target - 1 / a).abs().sum())
        truth_all: dict[str, float] = {**truth, "total_variation": distance, "entanglement": 0.0}
        if self.settings.target == "bars_and_stripes":
            truth_all |= {"total_variation": 1 - on / a, "divergence": float(np.log(a / on))}
        return ((flat, truth_all, 1e-9),)


def _target(settings: DistributionSettings, given: Given) -> np.ndarray:
    """Return the target probabilities.

    Raises:
        InputError: for too many qubits, or for given probabilities together with another target.
    """
    if ("probabilities" in given) != (settings.target == "given"):
        raise InputError('target = "given" with [given] probabilities, or neither', settings.target)
    if settings.target == "given":
        return targets.given(np.asarray(given["probabilities"], dtype=np.float64))
    bars = settings.target == "bars_and_stripes"
    qubits = settings.rows * settings.columns if bars else settings.qubits
    check_qubits(qubits, MOST_QUBITS)
    if bars:
        return targets.bars_and_stripes(settings.rows, settings.columns)
    return targets.gaussian_mixture(qubits)
