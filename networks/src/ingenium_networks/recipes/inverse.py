"""Recipe of the forward models that the family `inverse` inverts."""

import json
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import save

from ingenium.core.energy import Meter
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.recipe import printed
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.domains import open_problem
from ingenium.generators.fitted import fit
from ingenium.generators.inverse.family import INVERSE
from ingenium.generators.inverse.shipped import MOST_MB, halved, weights_name
from ingenium.runs.loop import training

SETUPS = {"airfoils.section": {"judge": "neuralfoil"}}  # whose engine labels the rows
HOME = Path(__file__).parents[1]


def make(*, problem: str = "airfoils.section", rows: int = 100_000) -> None:
    """Label designs of a problem by its engine and fit the forward model that inverse inverts."""
    spec = Spec(problem, setup=SETUPS.get(problem, {}))
    opened = open_problem(spec)
    with Meter() as meter:
        choice = GeneratorChoice(family=INVERSE, rows=rows)
        found = fit(opened, training(opened), choice, watch=printed)
    weights = save(halved(found.family.state_dict()))
    if len(weights) > 1e6 * MOST_MB:
        raise InputError(f"weights of at most {MOST_MB:g} MB", f"{len(weights) / 1e6:.1f} MB")
    command = f"ingenium make inverse --set problem={problem} --set rows={rows}"
    facts = {"recipe": command, "setup": spec.setup, "energy": asdict(meter.read()), **found.meta}
    file = HOME / weights_name(problem)
    write_atomic(file, weights)
    write_atomic(file.with_suffix(".json"), json.dumps(facts, indent=1) + "\n")
    print(f"\n{file.name}: {len(weights) / 1e6:.1f} MB. {found.meta['verdict']}.")
