"""The spec of a posterior, as TOML."""

from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Annotated, Any

import tomli_w
from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core import artifact
from ingenium.core import spec as specs
from ingenium.core.errors import choose
from ingenium.core.judgement import in_units
from ingenium.core.sealed import without_none
from ingenium.core.spec import _STRICT, LAST_SEED, GeneratorChoice, Limit, Spec, Wanted, parse
from ingenium.infer.methods.table import METHODS

QUANTITIES = {  # what is judged of a posterior, with its unit
    "coverage_50": "1",
    "coverage_90": "1",
    "ellipse_90": "1",
    "ellipse_size": "1",
    "rank_p": "1",
    "predictive_p": "1",
    "prior_share": "1",
    "pareto_k": "1",
    "effective": "1",
    "truths": "1",
    "ranked": "1",
}


@checked(frozen=True, config=_STRICT)
class InferSpec:
    """A problem, its readings, and how its hidden state is inferred and checked."""

    problem: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(max_length=200)] = ""
    setup: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Wanted] = field(default_factory=dict)
    generator: GeneratorChoice = field(default_factory=GeneratorChoice)  # the prior
    method: str = "default"  # the problem's own
    samples: Annotated[int, Field(ge=50, le=100_000)] = 1000  # of the posterior
    prior_samples: Annotated[int, Field(ge=64, le=100_000)] = 2048  # of the generator
    steps: Annotated[int, Field(ge=1, le=10**7)] | None = None  # of training, for amortised
    truths: Annotated[int, Field(ge=0, le=10_000)] = 60  # held-out designs that judge coverage
    ranked: Annotated[int, Field(ge=0, le=10_000)] = 60  # samples of the prior that judge ranks
    check_samples: Annotated[int, Field(ge=50, le=100_000)] = 400  # of each posterior that judges
    seed: Annotated[int, Field(ge=0, le=LAST_SEED)] = 0
    limits: tuple[Limit, ...] = ()  # on what is judged

    def __post_init__(self) -> None:
        if self.method != "default":
            choose(self.method, METHODS, "method of inference")
        judged = in_units(self.limits, QUANTITIES, "quantity of posteriors")
        object.__setattr__(self, "limits", judged)

    @property
    def spec(self) -> Spec:
        """The spec that opens the problem and its generator."""
        return Spec(
            problem=self.problem,
            title=self.title,
            setup=self.setup,
            given=self.given,
            conditions=self.conditions,
            generator=self.generator,
        )


def load(path: Path) -> InferSpec:
    """Load a spec from a TOML file; paths in it are relative to its folder.

    Raises:
        InputError: if it is no such spec.
    """
    spec = artifact.load(path, InferSpec, "a spec of a posterior")
    alongside = specs.anchored(spec.spec, path.resolve().parent)
    return parse(
        asdict(spec) | {"setup": alongside.setup, "given": alongside.given}, InferSpec, "spec"
    )


def dump(requested: InferSpec, given: Mapping[str, Any]) -> str:
    """Write the spec as TOML, with `given` in place of its inputs."""
    return tomli_w.dumps(without_none(asdict(requested) | {"given": dict(given)}))
