"""Report sections: nearest circuit, its samples, gates against distance, classical models."""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from matplotlib.figure import Figure
from torch import Tensor

from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.quantum.distribution.drawing import columns, draw
from ingenium.domains.quantum.distribution.opponents import opponents
from ingenium.domains.quantum.distribution.template import Template
from ingenium.domains.quantum.distribution.verifier import (
    device_chances,
    floor_of_shots,
    variation,
)
from ingenium.drawing import Axis, Marks, Plane, Rows, figure_of, table
from ingenium.drawing.style import INK, KNOWN, OURS, REJECTED, SMALL, dress, plane
from ingenium.kits.circuits.noise import DeviceNoise
from ingenium.kits.circuits.qasm import AngledCircuit
from ingenium.kits.circuits.statevector import probabilities, sampled

MOST_BARS = 128  # outcomes that are shown one by one
SHOWN = {"total_variation": "exact", "device_variation": "as read on the device"}


@dataclass(frozen=True, eq=False)
class DistributionReport:
    """Report pictures of circuits for one target.

    Shapes: a outcomes, n known circuits, d angles.
    """

    template: Template
    target: Float64[Tensor, " a"]
    noise: DeviceNoise | None
    shots: int
    seed: int
    known: Float64[Tensor, "n d"]  # angles

    def sections(
        self, number: np.ndarray, angles: Float64[Tensor, "m d"], verdicts: xr.Dataset
    ) -> tuple[Section, ...]:
        """Show the best circuit, its probabilities, gates against distance, and rivals."""
        quantity = "device_variation" if "device_variation" in verdicts else "total_variation"
        value = verdicts[quantity].to_numpy()
        held = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
        at = int(np.nanargmin(np.where(held, value, value + 10.0)))
        program = self.template.program(angles[at])
        exact = probabilities(self.template.circuit, angles[at : at + 1])
        rng = torch.Generator().manual_seed(self.seed)
        counts = torch.bincount(sampled(exact, self.shots, rng)[0], minlength=exact.shape[1])
        name, state = f"Circuit {number[at]}", "accepted" if held[at] else "not accepted"
        return (
            Section(
                name,
                f"Of all circuits the nearest by {quantity.replace('_', ' ')} ({state}): "
                f"{program.circuit.angles} angles (in units of pi), "
                f"{program.circuit.two_qubit_gates} two-qubit gates, "
                f"depth {program.circuit.depth}.",
                _drawn(program),
            ),
            Section(
                "What it samples",
                f"Exact probabilities of circuit {number[at]}, a histogram of {self.shots} shots, "
                "and the target. A circuit that is exact would show a total variation of "
                f"{floor_of_shots(self.target, self.shots):.3f} in this number of shots.",
                self._histogram(program, exact[0].numpy(), (counts / counts.sum()).numpy()),
            ),
            Section(
                "Gates against distance",
                "Every two-qubit gate brings a noise-free circuit nearer to the target, and adds "
                "errors on a device.",
                self._gates(verdicts),
            ),
            Section(
                "Models without qubits",
                "The same target, learned by the gradient of the same divergence, by models with "
                "about as many parameters.",
                table=self._rivals(program.circuit.angles, verdicts.isel(design=at)),
            ),
        )

    def _histogram(self, program: AngledCircuit, exact: np.ndarray, shots: np.ndarray) -> Figure:
        target = self.target.numpy()
        order = np.sort(np.argsort(-np.maximum(target, exact), kind="stable")[:MOST_BARS])
        figure, axes = plane(8.0, 3.2)
        place = np.arange(len(order))
        axes.bar(place, target[order], 0.9, color=KNOWN, alpha=0.25, label="target")
        axes.bar(place, exact[order], 0.45, color=OURS, label="circuit, exact")
        axes.plot(place, shots[order], "o", ms=2.6, color=INK, label=f"{self.shots} shots")
        if self.noise is not None:
            read = device_chances(program, self.noise)[0].numpy()[order]
            label = f"read on {self.noise.name}"
            axes.plot(place, read, "_", ms=5, mew=1.4, color=REJECTED, label=label)
        few = len(order) <= 16
        if few:
            bits = [f"{o:0{self.template.qubits}b}" for o in order]
            axes.set_xticks(place, bits, rotation=90)
        dress(axes, "outcome (highest bit first)" if few else "outcome", "chance")
        axes.set_xlim(-1, len(order))
        above = (0, 1)
        axes.legend(frameon=False, fontsize=SMALL, ncols=4, loc="lower left", bbox_to_anchor=above)
        return figure

    def _gates(self, verdicts: xr.Dataset) -> Figure:
        count = (self.known[:, self.template.of_pairs] != 0).sum(1).numpy()
        far = variation(probabilities(self.template.circuit, self.known), self.target).numpy()
        known = {"total_variation": (Marks("known", count, far),)}
        gates = Axis.of(verdicts, "two_qubit_gates", "two-qubit gates")
        verdict, from_target = verdicts["verdict"].to_numpy(), "total variation from the target"
        planes = (
            Plane(
                gates,
                Axis.of(verdicts, name, from_target, ends=(0.0, None)),
                verdict,
                title,
                marks=known.get(name, ()),
            )
            for name, title in SHOWN.items()
            if name in verdicts
        )
        return figure_of(*planes, size=(4.0, 3.0), sharey=True)

    def _rivals(self, count: int, one: xr.Dataset) -> Rows:
        own = {"this circuit": "total_variation", "this circuit on the device": "device_variation"}
        rows = [(head, count, float(one[q])) for head, q in own.items() if q in one]
        others = opponents(self.target, count, self.seed)
        rows += [(o.name, o.parameters, o.variation) for o in others]
        flat = float(0.5 * (self.target - 1 / len(self.target)).abs().sum())
        names, parameters, far = zip(*rows, ("all outcomes as likely", 0, flat), strict=True)
        return table(
            ("model", names, ""), ("parameters", parameters, ""), ("total variation", far, ".4f")
        )


def _drawn(program: AngledCircuit) -> Figure:
    wide = max(columns(program.circuit), default=0) + 1
    figure, axes = plane(max(4.0, 0.36 * wide + 0.6), 0.42 * program.circuit.qubits + 0.3)
    draw(axes, program)
    return figure
