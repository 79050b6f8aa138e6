"""Digits by spiking families and ordinary ones of equal size: `compare neuro.digits`.

It uses the command's own digits and budgets, with seeds on which no setting was chosen. It resumes
in `out/compare-neuro.digits`, and stores the figures of the documents: the Fréchet distance to
held-out digits in the reader's features, the share that is read as requested, the diversity of
images of a digit, modelled energies, and both pictures.
"""

from pathlib import Path
from typing import Any

from benchmarks.measuring import report
from ingenium.comparison import families as comparing
from ingenium.comparison.scores import Comparison
from ingenium.core.problem import silent
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.neuro.digits.data import COUNT

FAMILIES = ("spiking_vae", "spiking_gan", "spiking_diffusion", "vae", "gan", "diffusion")
SEEDS, FOLDER = tuple(range(11, 16)), Path("out") / "compare-neuro.digits"
SHOWN = {
    "frechet": "Fréchet distance",
    "recognised_share": "read as asked",
    "variety": "variety, of real digits 1",
    "operations": "operations an image",
    "arithmetic_nj": "nJ an image, arithmetic at 45 nm",
    "home_nj": "nJ an image, Loihi or GPU",
}


def rows(table: Comparison) -> list[dict[str, Any]]:
    """A family a row: median over seeds, minimum and maximum."""
    found = []
    for family in table.families:
        own: dict[str, Any] = {"family": family}
        for metric, name in SHOWN.items():
            values = table.values(family, metric)[:, 0]
            own[name] = {"median": float(sorted(values)[len(values) // 2])}
            own[name] |= {"least": float(values.min()), "most": float(values.max())}
        found.append(own)
    return found


def store(table: Comparison) -> None:
    """Write and print the table."""
    seeds = len(table.values(table.families[0], "frechet"))
    size = {"digits": COUNT, "seeds": seeds, "first_seed": SEEDS[0]}
    title = f"Digits by families of equal size, medians of {seeds} seeds; every energy is a model"
    report("neuro_families", title, rows(table), size)


def run() -> None:
    """Compare, or resume."""
    problem = open_problem(Spec(problem="neuro.digits"))
    begun = comparing.Comparing.of(
        problem, comparing.Protocol(FAMILIES, SEEDS), FOLDER, None, silent
    )
    print(begun.takes(), flush=True)
    table = comparing.tabulate(problem, begun.run())
    store(table)
    begun.picture(table)
