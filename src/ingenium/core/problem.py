"""The contract of a problem: its data, codec, verifiers and formats.

A problem is opened with its settings (the `setup` table of a spec) and then provides everything
that the loop needs. The base class covers most problems; a new one declares its variables,
conditions and quantities, its data, its codec and its verifiers.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.errors import InputError, choose
from ingenium.core.features import InputCodec, features
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.formats import Format
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.scene import Scene
from ingenium.core.seeds import BLOCK
from ingenium.core.select import Metric, firsts
from ingenium.core.spec import Fixed, Limit, Objective
from ingenium.core.verify import Verifier
from ingenium.core.watching import Watch as Watch  # they are in reach without PyTorch there
from ingenium.core.watching import silent as silent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Projection = Callable[[tuple[Tensor, ...]], tuple[Tensor, ...]]


@runtime_checkable
class Codec(Protocol):
    """Maps the arrays that a model proposes to standardised tensors and back.

    The arrays are those of the variables that no condition gives, in order. `decode` is
    differentiable, so that guidance can reach the tensors through it; `decode(encode(arrays))`
    equals `arrays` within `tolerance`.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one standardised design."""
        ...

    @property
    def tolerance(self) -> float:
        """Largest absolute difference after encoding and decoding."""
        ...

    def encode(self, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n *shape"]:
        """Return the standardised tensors of designs."""
        ...

    def decode(self, x: Float[Tensor, "n *shape"]) -> tuple[Tensor, ...]:
        """The arrays of the variables that no condition gives, in order, in float64."""
        ...


@dataclass(frozen=True)
class Section:
    """One part of a report: a heading, a sentence, a picture or a table.

    Bodies of `scenes` can be rotated by the reader; the picture replaces them where they cannot.
    """

    heading: str
    text: str = ""
    figure: "Figure | None" = None
    table: tuple[tuple[str, ...], ...] = ()  # first row is the header
    scenes: tuple[Scene, ...] = ()


@dataclass(frozen=True)
class CrossCheck:
    """Agreement of the verifier with an independent engine on a random share of designs."""

    engine: str
    version: str
    share: float  # of the designs with a verdict
    checked: int
    disagreement: Mapping[str, float]  # largest absolute difference, by quantity
    unsolved: int = 0  # of the checked designs, those that only the verifier has an answer to
    other_verdicts: int | None = None  # of the rest; None without a limit on what is compared
    finer: "CrossCheck | None" = (
        None  # of accepted designs, with the verifier's own mesh made finer
    )

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "CrossCheck":
        """Build it from the plain data of a record."""
        finer = record.get("finer")
        return cls(**{**record, "finer": cls.of(finer) if finer else None})


@dataclass(frozen=True)
class Second:
    """An independent engine, and the share of the designs that it measures again.

    Each of its quantities is compared with the problem's quantity of the same name, or with the one
    that `against` names; only the former are judged under the limits.

    Raises:
        InputError: for a share outside [0, 1].
    """

    verifier: Verifier
    share: float  # of the designs with a verdict; at least one of them, and none for 0
    most: int | None = None  # designs
    against: Mapping[str, str] = field(
        default_factory=dict
    )  # a quantity of the problem, by its own
    finer: "Second | None" = None  # of accepted designs, with the verifier's own mesh made finer

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise InputError("a share of designs from 0 to 1", self.share, "Write 0.05.")


@dataclass(frozen=True)
class Pretrained:
    """A pretrained generator of a domain: its constructor, and its weights."""

    make: Callable[[], Any]  # a family with first weights
    weights: Path  # safetensors
    about: Mapping[str, Any] = field(default_factory=dict)  # recipe and cost, for the record


@dataclass(frozen=True)
class SearchDefaults:
    """Defaults for searches of a problem, and for the ranking of its designs."""

    strategy: str = "evolution"
    batch: int = 64  # designs of a round; few where the engine takes minutes
    own: Callable[[], Mapping[str, Callable[[Any], Any]]] = dict  # strategies for its designs alone
    objectives: tuple[Objective, ...] = ()  # those of a spec that names none


class Problem(ABC):
    """A task of a domain that designs can be requested for, opened with its settings."""

    name: ClassVar[str]
    summary: ClassVar[str]
    Settings: ClassVar[type]
    inputs: ClassVar[tuple[Input, ...]] = ()  # with any, `Given` is a second argument of opening
    default_family: ClassVar[str]
    steered_family: ClassVar[str] = ""  # where a spec steers; the default family if empty
    searches: ClassVar[SearchDefaults] = SearchDefaults()
    judged: ClassVar[str] = ""  # part of its files that is read back and measured, in a sentence
    unchecked: ClassVar[tuple[str, ...]] = ()  # aspects not covered by "accepted", in sentences
    licence: str = ""  # of the data, as it must be named alongside exported designs
    system: str = ""  # digest of the modelled system, such as a net; empty if the spec defines it

    variables: tuple[Variable, ...]
    conditions: tuple[Condition, ...]
    given: Given = NOTHING  # inputs from the spec
    input_codecs: Mapping[str, InputCodec] = MappingProxyType({})  # encoders for models
    sizes: Mapping[str, int]  # of the dimensions beyond `design`
    limits: tuple[Limit, ...]  # judged always; a spec replaces one by naming its quantity
    validity: tuple[str, ...] = ()  # limited quantities that no spec can remove or loosen
    tiers: tuple[Verifier, ...]  # cheap ones first; the last is exact and judges
    formats: Mapping[str, Format]  # the first is written by default
    codec: Codec
    second: Second | None = None  # independent engine for a random share, with no code in common
    batch_size: int = BLOCK  # designs repaired, measured and stored together; divides BLOCK
    absent: Mapping[str, str] = MappingProxyType({})  # quantities, and the setup that adds them
    notes: tuple[str, ...] = ()  # changes to the user's data or model, in sentences

    @abstractmethod
    def __init__(self, settings: Any) -> None:
        """Open the problem: load its data and engine, or raise why that is impossible."""

    @property
    def verifier(self) -> Verifier:
        """Verifier of the exact tier, which judges."""
        return self.tiers[-1]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of the exact tier."""
        return self.verifier.quantities

    def allow(self, limits: Sequence[Limit]) -> None:  # noqa: B027 - most problems cannot tell
        """Refuse limits, in the units of their quantities, that no design can meet.

        Raises:
            InputError: naming the limit.
        """

    @abstractmethod
    def data(self) -> xr.Dataset:
        """Return all known designs, with each condition and `held_out` (bool) as coordinates."""

    def queries(self, learned: xr.Dataset) -> xr.Dataset:
        """Return the known designs whose conditions fill those that a spec leaves open.

        By default these are the training designs; others where a request for one of these makes no
        sense, as with the forecast of a day that is known.
        """
        return learned

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n c"]:
        """Encode conditions and inputs of designs as numbers for a model.

        The dataset holds no others. An input that is not in the dataset is taken from the spec, so
        that one fitted generator serves every input.
        """
        return encoded_conditions(self, self.conditions, designs)

    def prepare(self, watch: Watch = silent) -> None:  # noqa: B027 - most problems need nothing
        """Compute expensive prerequisites of `data`, such as designs of an optimiser; resumes."""

    def encode(self, designs: xr.Dataset) -> Float[Tensor, "n *shape"]:
        """Return the standardised tensors of designs."""
        return self.codec.encode(self.proposed(to_arrays(designs, self.variables)))

    def decode(self, x: Float[Tensor, "n *shape"], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Return the arrays of all variables, from the codec or from the conditions."""
        own = iter(self.codec.decode(x))
        return tuple(
            next(own)
            if v.given is None
            else torch.as_tensor(np.array(conditions[v.given], dtype=np.float64))
            for v in self.variables
        )

    def proposed(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Select the arrays of the variables that no condition gives from those of all."""
        both = zip(self.variables, arrays, strict=True)
        return tuple(a for v, a in both if v.given is None)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the hard constraints of designs and the fixed values of a spec as a row-wise map.

        `conditions` holds a row for each row of the arrays that the map gets.
        """
        return lambda arrays: arrays

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Repair projected proposals, such as by a few steps of an optimiser; row by row."""
        return arrays

    def metric(self, designs: xr.Dataset) -> Metric:
        """Return the distances of all designs from one of them, for selections of distinct designs.

        It is the root mean square difference of the standardised tensors; of texts, whether they
        differ (0 or 1).
        """
        if any(v.longest is not None for v in self.variables):
            flat = torch.cat([a.flatten(1) for a in to_arrays(designs, self.variables)], 1)
            return lambda i: (flat != flat[i]).any(1).to(torch.float64).numpy()
        x = self.encode(designs).flatten(1).to(torch.float64)
        return lambda i: (x - x[i]).square().mean(1).sqrt().numpy()

    def equal(self, designs: xr.Dataset) -> Int[np.ndarray, " n"]:
        """Return for each design the position of the one that is exported of its equals.

        By default those are equal whose variables are, to the bit, and the first is exported. A
        problem in which a design can be written in several ways knows them all.
        """
        arrays = [a.numpy() for a in to_arrays(designs, self.variables)]
        rows = range(designs.sizes[DESIGN])
        return firsts(b"|".join(a[i].tobytes() for a in arrays) for i in rows)

    def labels(self) -> dict[str, Any]:
        """Coordinates of the dimensions beyond `design`: names, hours, positions."""
        return {}

    def fixable(self) -> tuple[Quantity, ...]:
        """Quantities that a spec can fix exactly."""
        return ()

    def steerable(self) -> Mapping[str, Callable[..., Float[Tensor, " n"]]]:
        """Differentiable measurements of the arrays, by quantity."""
        return {}

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Constructors of the problem's own families by name, such as the field's baselines."""
        return {}

    def budgets(self) -> Mapping[str, Any]:
        """Training plans by the name of the family, where the engine's do not suit."""
        return {}

    def pretrained(self) -> Mapping[str, Pretrained]:
        """Generators that need no fit, by the name under which a spec chooses them."""
        return {}

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...] | None:
        """Return the text of a variable in the table of a report, for each design.

        Such as a formula as people write it, where the variable holds its tokens. None, the
        default, shows the values of the variable.
        """
        return None

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Sections of the report on a run for an expert of the field."""
        return ()

    def comparison(self) -> FieldComparison:
        """Additions of the field to comparisons of families."""
        return FieldComparison()

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Scores of similarity that only this field has, for comparisons."""
        return {}

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Designs, their true measurements and a tolerance, for the contract test."""
        return ()


def write_as(problem: Problem, name: str | None) -> None:
    """Choose the format of the exported designs by its name; None leaves the first format.

    Raises:
        InputError: for a format that is not among those of the problem.

    Examples:
        >>> import ingenium
        >>> problem = ingenium.open_problem(ingenium.load_spec({"problem": "structures.roof"}))
        >>> write_as(problem, next(iter(problem.formats)))
    """
    if name is not None:
        choose(name, problem.formats, f"format of {problem.name}")
        problem.formats = {name: problem.formats[name]} | dict(problem.formats)


def encoded_conditions(
    problem: Problem, conditions: Sequence[Condition], designs: xr.Dataset
) -> Float[Tensor, "n c"]:
    """Encode the conditions and the inputs of designs; missing inputs are taken from the spec.

    Examples:
        >>> import ingenium
        >>> problem = ingenium.open_problem(ingenium.load_spec({"problem": "structures.roof"}))
        >>> known = problem.data().isel(design=slice(3))
        >>> len(encoded_conditions(problem, problem.conditions, known))
        3
    """
    parts = [features(conditions, designs)]
    for name, codec in problem.input_codecs.items():
        if name in designs.variables:
            parts.append(codec.encode(designs[name].to_numpy()))
        else:
            one = codec.encode(np.asarray(problem.given[name])[None])
            parts.append(np.broadcast_to(one, (len(parts[0]), one.shape[1])))
    return torch.from_numpy(np.concatenate(parts, 1)).to(torch.float32)


def distance_to_given(problem: Problem, known: xr.Dataset) -> Float[np.ndarray, " n"] | None:
    """Distance of the inputs of known designs from those of the spec; None without inputs.

    In standard deviations of the encoded inputs (root mean square).

    Examples:
        >>> import ingenium
        >>> problem = ingenium.open_problem(ingenium.load_spec({"problem": "structures.roof"}))
        >>> distance_to_given(problem, problem.data()) is None
        True
    """
    gaps = [
        codec.encode(known[name].to_numpy()) - codec.encode(np.asarray(problem.given[name])[None])
        for name, codec in problem.input_codecs.items()
    ]
    return np.sqrt(np.square(np.concatenate(gaps, 1)).mean(1)) if gaps else None
