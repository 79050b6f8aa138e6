"""Row 32.8: whole fields by operators, and by a flow and diffusion from noise, against the solver.

Burgers' equation at viscosity 0.01 on 128 points, where fronts stand, from 1,000 solved fields, on
200 others: times at equal error as in row 31.13, and whether the mean energies by wave number of
what is drawn are those of true solutions of the same inputs. All learn for 2,000 steps; a flow and
diffusion see the input as a channel and take eight steps from noise.
"""

from collections.abc import Mapping

import numpy as np
import torch

from ingenium.domains.equations.field.report import spectrum_gap
from ingenium.domains.equations.field.settings import EquationSettings
from ingenium.domains.equations.field.verifier import errors
from ingenium.evaluate.trials import Readings, Trials
from ingenium_book.studies.equations.field_operators import (
    TESTED,
    OperatorTrial,
    as_close,
    taught,
    timed,
)

ARMS: Mapping[str, str] = {
    "operator": "fno",
    "deeponet": "deeponet",
    "flow": "solution_flow",
    "diffusion": "solution_diffusion",
}
SHARP = EquationSettings(equation="burgers", diffusion=0.01)


def run(family: str, seed: int, size: OperatorTrial) -> dict[str, np.ndarray]:
    """Error, spectrum and times of a family, and the time of the solver that is as close."""
    problem, propose, _ = taught(SHARP, family, seed, size)
    e = problem.equation
    inputs = e.sample(size.tested, torch.Generator().manual_seed(TESTED + seed))
    true = torch.cat([e.solved(a, e.judged_on) for a in inputs.split(16)])
    proposed = propose(inputs)
    error = float(errors(proposed, true)[0].mean())
    return {
        "error": np.array(error),
        "spectrum": np.array(spectrum_gap(proposed, true)),
        "faster": np.array(as_close(e, inputs, true, error) / timed(propose, inputs)),
    }


def read(found: Readings) -> dict[str, np.ndarray]:
    """The gain of the operator, and errors, spectra and gains of all."""
    reported = {"faster": found("operator", "faster")}
    for arm in ARMS:
        reported |= {f"{arm}_{n}": found(arm, n) for n in ("error", "spectrum")}
        if arm != "operator":
            reported[f"{arm}_faster"] = found(arm, "faster")
    return reported


SIZES = (OperatorTrial(1000, {"burgers": 2000}, 200), OperatorTrial(24, {"burgers": 20}, 16))
measure = Trials(arms=ARMS, sizes=SIZES, run=run, read=read)
