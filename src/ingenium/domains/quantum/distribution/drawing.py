"""Circuit diagrams: a line for each qubit, gates as boxes from left to right."""

import math

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from ingenium.drawing.style import GOOD, INK, MUTED, OURS, SMALL
from ingenium.kits.circuits.circuit import ROTATIONS, QubitCircuit
from ingenium.kits.circuits.qasm import AngledCircuit

COLOURS = {"ry": OURS, "rz": "#92c5de", "rxx": GOOD}
HALF = 0.36


def columns(circuit: QubitCircuit) -> list[int]:
    """Return the column of each gate, as far to the left as the gates that it crosses allow."""
    reached, found = [0] * circuit.qubits, []
    for op in circuit.operations:
        across = range(min(op.qubits), max(op.qubits) + 1)
        at = max(reached[q] for q in across)
        found.append(at)
        for q in across:
            reached[q] = at + 1
    return found


def draw(axes: Axes, program: AngledCircuit) -> None:
    """Draw each gate with its angle in units of pi."""
    circuit, places = program.circuit, columns(program.circuit)
    wide = max(places, default=0) + 1
    for q in range(circuit.qubits):
        axes.plot([-0.8, wide - 0.2], [q, q], color=MUTED, linewidth=0.8, zorder=0)
        axes.text(-0.95, q, f"q{q}", ha="right", va="center", fontsize=SMALL, color=INK)
    for op, at in zip(circuit.operations, places, strict=True):
        colour = COLOURS.get(op.gate, MUTED)
        low, high = min(op.qubits), max(op.qubits)
        box = FancyBboxPatch(
            (at - HALF, low - HALF),
            2 * HALF,
            high - low + 2 * HALF,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=colour,
            edgecolor="none",
            alpha=0.9,
        )
        axes.add_patch(box)
        turned = f"\n{program.angles[op.angle] / math.pi:.2f}" if op.angle is not None else ""
        label = ROTATIONS.get(op.gate, op.gate) + turned
        dark = INK if op.gate == "rz" else "white"
        axes.text(at, (low + high) / 2, label, ha="center", va="center", fontsize=5.5, color=dark)
    axes.set_xlim(-1.6, wide)
    axes.set_ylim(circuit.qubits - 0.4, -0.6)
    axes.set_axis_off()
