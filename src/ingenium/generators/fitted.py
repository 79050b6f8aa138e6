"""Fitted models: learned once for the same data and settings, then taken from the cache."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

import ingenium
from ingenium.core.digest import array_digest, digest, folder_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.folders import cache_folder, write_atomic
from ingenium.core.networks import installed
from ingenium.core.problem import Problem
from ingenium.core.provenance import package_digest
from ingenium.core.recipe import Arrays, Recipe
from ingenium.core.seeds import one_thread
from ingenium.core.spec import GeneratorChoice
from ingenium.generators import offer
from ingenium.generators.artifact import MODEL, FitRecord
from ingenium.generators.model import Family

Progress = Callable[[str, int, int], None]  # stage, done, total
META = "about"  # beside the weights of a kept fit
# packages whose code decides what a fit gives
CODE = ("generators", "sampling", "train", "kits/circuits", "kits/spikes")
_DAMAGE = (OSError, ValueError, LookupError, TypeError, RuntimeError)  # what a spoiled file gives


@dataclass(frozen=True)
class FittedFamily:
    """A family ready to propose, with the digest that names its weights."""

    name: str
    family: Family
    digest: str
    meta: dict[str, Any]
    cached: bool

    def save(self, folder: Path) -> None:
        """Write the weights and what they are, so that a run can be replayed from its folder."""
        weights = save({k: v.contiguous() for k, v in self.family.state_dict().items()})
        write_atomic(folder / "model.safetensors", weights)
        write_atomic(folder / "model.json", json.dumps(_describe(self), indent=2) + "\n")


def _describe(fitted: FittedFamily) -> dict[str, Any]:
    return {
        "family": fitted.name,
        "digest": fitted.digest,
        "shape": list(fitted.family.shape),
        "conditions": fitted.family.c,
        "fit": fitted.meta,
    }


def chosen(problem: Problem, choice: GeneratorChoice) -> str:
    """The family of a choice; the problem's own where it is left open."""
    if choice.family != "default":
        return choice.family
    return (choice.steer and problem.steered_family) or problem.default_family


def check(problem: Problem, choice: GeneratorChoice) -> None:
    """Refuse a family that cannot learn designs of a problem, before anything is made for it.

    Raises:
        InputError: for an unknown family, one that does not admit designs of this kind, or a
            budget for one that comes trained.
    """
    name = chosen(problem, choice)
    if offer.check(problem, name) == "shipped" and choice.steps is not None:
        raise InputError(
            f"no steps of training for {name}, which comes trained",
            f"steps = {choice.steps}",
            "Leave steps out, or choose a family that is fitted here.",
        )


def load(folder: Path, problem: Problem) -> FittedFamily:
    """The model that a run kept.

    Raises:
        CorruptError: if the model is not what the run wrote.
    """
    try:
        about = json.loads((folder / "model.json").read_bytes())
        state = load_file(folder / "model.safetensors")
        if state_digest(state) != about["digest"]:
            raise ValueError("other weights than its digest says")
        family = offer.make(problem, about["family"], about["conditions"])
        if list(family.shape) != about["shape"]:
            raise ValueError(f"a model of designs of shape {about['shape']}")
        family.load_state_dict(state)
        return FittedFamily(about["family"], family, about["digest"], about["fit"], cached=True)
    except (*_DAMAGE, SafetensorError) as error:
        found = f"is not what the run wrote ({error})"
        raise CorruptError(str(folder), found, "Run the spec again.") from error


def of_fit(folder: Path, problem: Problem) -> FittedFamily:
    """The model of a fit that was kept in a folder with its record.

    Raises:
        InputError: if there is none, or one of another problem.
        CorruptError: if its weights are not those that the record names.
    """
    fit = FitRecord.open(folder)
    if fit.problem != problem.name:
        raise InputError(f"a fit of {problem.name}", f"{folder}, which is one of {fit.problem}")
    found = load(folder / MODEL, problem)
    if found.digest != fit.weights:
        raise fit.corrupt(folder / MODEL, "holds other weights than were fitted")
    return found


def trained(problem: Problem, name: str) -> FittedFamily:
    """A family that its domain brings trained.

    Raises:
        MissingDistribution: if its weights are not installed.
        CorruptError: if they are not what the domain brought.
    """
    shipped = problem.shipped()[name]
    weights = installed(shipped.weights)
    family: Family = shipped.make()
    try:
        state = load_file(weights)
        family.load_state_dict({k: v.to(torch.float32) for k, v in state.items()})
    except (*_DAMAGE, SafetensorError) as error:
        found = f"is not what came with {problem.name} ({error})"
        raise CorruptError(str(shipped.weights), found, "Install the package again.") from error
    meta = {"shipped": shipped.weights.name, **shipped.about}
    return FittedFamily(name, family, state_digest(family.state_dict()), meta, cached=True)


def state_digest(state: Mapping[str, Tensor]) -> str:
    """Digest of a model's weights, whatever file holds them."""
    return digest({k: array_digest(v.detach().cpu().numpy()) for k, v in state.items()})


def fit(
    problem: Problem,
    known: xr.Dataset,
    choice: GeneratorChoice,
    *,
    watch: Progress,
    anew: bool = False,
) -> FittedFamily:
    """The chosen family fitted to the known designs, from the cache where it was fitted before.

    Before means: to the same tensors under the same conditions by the same plan, for a problem
    whose package is the same. A stopped fit goes on from its checkpoint, and where another process
    is fitting the same model its result is waited for. With `anew` it is fitted whatever is cached.

    Raises:
        InputError: for an unknown family.
    """
    name = chosen(problem, choice)
    if name in problem.shipped():
        return trained(problem, name)
    x = problem.encode(known).to(torch.float32)
    cond = problem.features(known)
    family = offer.make(problem, name, cond.shape[1])
    plan = offer.plan(problem, name, steps=choice.steps, seed=choice.seed)
    entered = [array_digest(x.numpy()), array_digest(cond.numpy()), package_digest(problem)]
    under = [problem.name, name, asdict(plan), entered, fitting_code()]
    resume, made = cache_folder() / "fits" / digest(under).removeprefix("sha256:"), list[int]()

    def make(piece: int) -> Arrays:
        watch("fit", 0, plan.steps)
        told = replace(plan, checkpoint=resume, progress=lambda i, n, loss: watch("fit", i, n))
        with one_thread():
            course = family.fit(x, cond, told)
        shutil.rmtree(resume, ignore_errors=True)
        made.append(piece)
        meta = {"rows": len(x), "losses": {k: v[-1] for k, v in course.items() if v}}
        if watched := course.get("held_out"):
            meta["held_out"] = _best_losses(course["step"], watched, plan.steps)
        state = {k: v.detach().cpu().numpy() for k, v in family.state_dict().items()}
        return {META: np.array(json.dumps(meta)), **state}

    kept = dict(make(0) if anew else Recipe("fit", under, make).complete(_waits(watch)))
    meta = json.loads(str(kept.pop(META)))
    state = {k: torch.from_numpy(v) for k, v in kept.items()}
    family.load_state_dict(state)
    return FittedFamily(name, family, state_digest(state), meta, cached=not made)


def _best_losses(steps: list[float], watched: list[float], budget: int) -> list[float]:
    """Held-out loss of the weights that a fit would end with after half and all of its budget.

    It ends with the best ones that it met: the loss of those at half of it may be far worse.
    """
    half = int(np.searchsorted(steps, budget / 2, side="right"))
    return [min(watched[: max(half, 1)]), min(watched)]


def _waits(watch: Progress) -> Progress:
    """Progress of a fit that another process makes; of one's own the steps tell."""
    return lambda stage, done, total: watch(stage, done, total) if stage != "make fit" else None


@cache
def fitting_code() -> str:
    """Digest of the code that fits models, so that an edit means a refit."""
    root = Path(ingenium.__file__).parent
    return digest({name: folder_digest(root / name, but=["__pycache__"]) for name in CODE})
