"""Fitted models, cached by their data and settings."""

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
from ingenium.generators import offer, plugged
from ingenium.generators.artifact import MODEL, FitRecord
from ingenium.generators.inverse.family import InverseFamily
from ingenium.generators.inverse.fitting import DEFAULT_ROWS, RowsPlan, fit_inverse
from ingenium.generators.model import Family
from ingenium.sampling.labels import Labeller
from ingenium.scale.place import HERE, WorkPlace
from ingenium.train.curves import LossCurve

Progress = Callable[[str, int, int], None]  # stage, done, total
META = "about"  # next to the weights of a stored fit
# packages whose code decides the result of a fit
CODE = ("generators", "sampling", "train", "kits/circuits", "kits/spikes")
_DAMAGE = (OSError, ValueError, LookupError, TypeError, RuntimeError)  # errors of a damaged file


@dataclass(frozen=True)
class FittedFamily:
    """A family ready to propose, with the digest of its weights."""

    name: str
    family: Family
    digest: str
    meta: dict[str, Any]
    cached: bool

    def save(self, folder: Path) -> None:
        """Write weights and description to a folder, so that a run can be replayed from it."""
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
    """Return the family of a choice; the problem's default where it is left open."""
    if choice.family != "default":
        return choice.family
    return (choice.steer and problem.steered_family) or problem.default_family


def check(problem: Problem, choice: GeneratorChoice) -> None:
    """Refuse a family that cannot learn designs of a problem, before any work is done.

    Raises:
        InputError: for an unknown family, one that does not admit designs of this kind, or a number
            of training steps for a pretrained one.
    """
    name = chosen(problem, choice)
    source = offer.check(problem, name)
    if choice.rows is not None and name not in offer.LABELLED:
        raise InputError(
            f"rows of a family that is fitted to them ({', '.join(offer.LABELLED)})",
            f"rows = {choice.rows} of {name}",
            'Write family = "inverse", or leave rows out.',
        )
    if source == "pretrained" and choice.rows is None and choice.steps is not None:
        raise InputError(
            f"no steps of training for {name}, which comes trained",
            f"steps = {choice.steps}",
            "Leave steps out, or choose a family that is fitted here.",
        )


def load(folder: Path, problem: Problem) -> FittedFamily:
    """Load the model that a run stored.

    Raises:
        CorruptError: if the model was altered after the run.
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
    """Load the model of a fit from its folder.

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
    """Load a pretrained family of the domain.

    Raises:
        MissingDistribution: if its weights are not installed.
        CorruptError: if the weights are not those of the domain.
    """
    pretrained = problem.pretrained()[name]
    weights = installed(pretrained.weights)
    family: Family = pretrained.make()
    try:
        state = load_file(weights)
        family.load_state_dict({k: v.to(torch.float32) for k, v in state.items()})
    except (*_DAMAGE, SafetensorError) as error:
        found = f"is not what came with {problem.name} ({error})"
        raise CorruptError(str(pretrained.weights), found, "Install the package again.") from error
    meta = {"pretrained": pretrained.weights.name, **pretrained.about}
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
    on: WorkPlace = HERE,
    opener: Callable[[], Problem] | None = None,
) -> FittedFamily:
    """Fit the chosen family to the known designs, or take an equal fit from the cache.

    A fit is equal if tensors, conditions, plan and the problem's package are. A stopped fit resumes
    from its checkpoint; if another process is fitting the same model, this one waits for it. With
    `anew` the cache is ignored. Workers `on` label the rows of a family that is fitted to those.

    Raises:
        InputError: for an unknown family.
    """
    name = chosen(problem, choice)
    if name in problem.pretrained() and choice.rows is None:
        return trained(problem, name)
    if name in offer.LABELLED:
        return _fit_labelled(problem, choice, name, watch, on=on, opener=opener, anew=anew)
    x = problem.encode(known).to(torch.float32)
    cond = problem.features(known)
    family = offer.make(problem, name, cond.shape[1])
    plan = offer.plan(problem, name, steps=choice.steps, seed=choice.seed)
    entered = [array_digest(x.numpy()), array_digest(cond.numpy()), package_digest(problem)]
    if offer.check(problem, name) == "package":
        entered.append(plugged.digest_of(name))
    under = [problem.name, name, asdict(plan), entered, fitting_code()]
    resume, made = cache_folder() / "fits" / digest(under).removeprefix("sha256:"), list[int]()

    def make(piece: int) -> Arrays:
        watch("fit", 0, plan.steps)
        condition = replace(plan, checkpoint=resume, progress=lambda i, n, loss: watch("fit", i, n))
        with one_thread():
            curve = family.fit(x, cond, condition)
        shutil.rmtree(resume, ignore_errors=True)
        made.append(piece)
        meta = {"rows": len(x), "losses": {k: v[-1] for k, v in curve.items() if v}}
        if curve.get("held_out") and curve.get("turn_1"):
            whole = LossCurve.of(curve, nothing=getattr(family, "nothing", None))
            meta["held_out"] = list(whole.at(plan.steps))
            meta |= {"curve": whole.record(), "verdict": whole.verdict()}
        state = {k: v.detach().cpu().numpy() for k, v in family.state_dict().items()}
        return {META: np.array(json.dumps(meta)), **state}

    retained = dict(make(0) if anew else Recipe("fit", under, make).complete(_waits(watch)))
    meta = json.loads(str(retained.pop(META)))
    state = {k: torch.from_numpy(v) for k, v in retained.items()}
    family.load_state_dict(state)
    return FittedFamily(name, family, state_digest(state), meta, cached=not made)


def _fit_labelled(
    problem: Problem,
    choice: GeneratorChoice,
    name: str,
    watch: Progress,
    *,
    on: WorkPlace,
    opener: Callable[[], Problem] | None,
    anew: bool,
) -> FittedFamily:
    """Fit a family to rows that the engine labels, or take an equal fit from the cache."""
    labeller, count = Labeller(problem), choice.rows or DEFAULT_ROWS
    family, made = offer.make(problem, name, problem.features(labeller.known).shape[1]), list[int]()
    assert isinstance(family, InverseFamily)
    labels = labeller.recipe(count, "learned", choice.seed).key
    under = [problem.name, name, count, labels, choice.steps, choice.seed, fitting_code()]
    resume = cache_folder() / "fits" / digest(under).removeprefix("sha256:")

    def make(piece: int) -> Arrays:
        asked = RowsPlan(count, choice.steps, choice.seed, on, opener)
        meta = fit_inverse(labeller, family, asked, watch=watch, checkpoint=resume)
        made.append(piece)
        state = {k: v.detach().cpu().numpy() for k, v in family.state_dict().items()}
        return {META: np.array(json.dumps(meta)), **state}

    retained = dict(make(0) if anew else Recipe("fit", under, make).complete(_waits(watch)))
    meta = json.loads(str(retained.pop(META)))
    state = {k: torch.from_numpy(v) for k, v in retained.items()}
    family.load_state_dict(state)
    return FittedFamily(name, family, state_digest(state), meta, cached=not made)


def _waits(watch: Progress) -> Progress:
    """Report the progress of a fit in another process; a fit in this one reports its own steps."""
    return lambda stage, done, total: watch(stage, done, total) if stage != "make fit" else None


@cache
def fitting_code() -> str:
    """Digest of the code that fits models, so that an edit means a refit."""
    root = Path(ingenium.__file__).parent
    return digest({name: folder_digest(root / name, but=["__pycache__"]) for name in CODE})
