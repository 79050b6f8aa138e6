"""Problem `printing.quote`: how parts of a lot are best made, at what cost, and what hinders."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import trimesh
import xarray as xr
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.given import Given, Input
from ingenium.core.problem import Problem, Projection, Second, Section
from ingenium.core.quantity import Quantity, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.printing.quote.costing import PROCESSES, Costs, blocking, quote
from ingenium.domains.printing.quote.flags import Rules
from ingenium.domains.printing.quote.formats import QuoteTable
from ingenium.domains.printing.quote.lot import DIRECTIONS, PARTS, WAYS, LotPart, lot_of
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

FAMILY = "cheapest"
QUANTITIES = (
    Quantity("price", "EUR", "price of a copy", lower=0.0),
    Quantity("cycle", "h", "hours until all copies are finished", lower=0.0),
    Quantity("wall", "m", "thinnest wall", shown="mm", lower=0.0),
    Quantity("undercut", "1", "share of the surface that no mould reaches along the pull"),
    Quantity("no_draft", "1", "share of the surface along the pull"),
    Quantity("overhang", "1", "share of the surface that looks down, flatter than 45 degrees"),
    Quantity("blocked", "1", "faults that the process cannot make", lower=0.0, whole=True),
    Quantity("outside", "m", "part beyond the machine", shown="mm", lower=0.0),
    Quantity("powder", "kg", "powder lost for a copy", lower=0.0),
    Quantity("powder_saved", "1", "powder not lost, against builds of single copies"),
    Quantity("sand", "kg", "sand for a copy", lower=0.0),
    Quantity("binder", "kg", "binder for a copy", lower=0.0),
    Quantity("copies_in_box", "1", "copies that a build holds", lower=0.0, whole=True),
    Quantity("volume", "cm^3", "volume of the part", lower=0.0),
)


@dataclass(frozen=True)
class QuoteSettings:
    """Settings of the lot, the machines and the flags.

    Raises:
        InputError: for a number of copies that is not above 0.
    """

    copies: int = 20  # number of copies of each part
    rules: Rules = field(default_factory=Rules)
    costs: Costs = field(default_factory=Costs)

    def __post_init__(self) -> None:
        if not 1 <= self.copies <= 1_000_000:
            raise InputError("from 1 to 1000000 copies", self.copies, "Write copies = 20.")


@dataclass(frozen=True, eq=False)
class LotVerifier:
    """Flags by rays and prices of the setup, for a part, a process and a direction."""

    parts: tuple[LotPart, ...]
    settings: QuoteSettings
    name: ClassVar[str] = "rays on faces, costs of the setup (own)"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    def measure(self, *arrays: Float64[Tensor, " n"]) -> Float64[Tensor, "n 14"]:
        """Measure all quantities, quote by quote."""
        found = np.full((len(arrays[0]), len(QUANTITIES)), np.nan)
        for row, numbers in zip(found, torch.stack(arrays, 1).tolist(), strict=True):
            if all(map(math.isfinite, numbers)):
                row[:] = self.one(*map(round, numbers))
        return torch.from_numpy(found)

    def one(self, part: int, process: int, direction: int) -> list[float]:
        """Measure one quote."""
        own, costs = self.parts[part], self.settings.costs
        flags = own.standing[direction]
        due = quote(own, process, direction, self.settings.copies, costs)
        single = quote(own, process, direction, 1, costs)
        saved = 1 - due.powder_kg / single.powder_kg if single.powder_kg > 0 else 0.0
        return [
            due.price, due.cycle_h, flags.wall_m, flags.undercut, flags.straight, flags.overhang,
            float(blocking(flags, process, costs.machines[process])), due.outside_m,
            due.powder_kg, saved,
            due.sand_kg, due.binder_kg, float(due.fit), 1e6 * own.volume_m3,
        ]  # fmt: skip


@dataclass(frozen=True, eq=False)
class VolumeByTrimesh:
    """Independent volume of a part, by trimesh."""

    parts: tuple[LotPart, ...]
    name: ClassVar[str] = "trimesh"
    version: str = str(trimesh.__version__)
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (QUANTITIES[-1],)

    def measure(self, *arrays: Float64[Tensor, " n"]) -> Float64[Tensor, "n 1"]:
        """Return the volume of each part."""
        own = [1e6 * float(self.parts[round(i)].mesh.volume) for i in arrays[0].tolist()]
        return torch.tensor(own, dtype=torch.float64)[:, None]


class Cheapest:
    """Every part in turn, at its cheapest way; then at its second cheapest, and so on.

    It learns the order of known quotes, which are of the cheap tier. Rows of a block are parts.
    """

    def __init__(self, ranked: Callable[[], Float64[np.ndarray, "n v"]]) -> None:
        self.ranked, self.shape, self.c = ranked, (3,), 1

    def fit(self, x: Tensor, cond: Tensor, plan: Plan) -> dict[str, list[float]]:
        """Learn nothing: prices are computed."""
        return {"loss": [0.0]}

    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n v"]:
        """Return the next quote of each part, all parts before the next ways."""
        rows = self.ranked()
        return torch.from_numpy(rows[np.arange(len(cond)) % len(rows)].astype(np.float32))

    def state_dict(self) -> dict[str, Tensor]:
        """Return no weights."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Load no weights."""
        return self


class PrintQuote(Problem):
    """A process and a direction for each part of a lot, with price, time and flags."""

    name: ClassVar[str] = "printing.quote"
    summary: ClassVar[str] = (
        "quotes of a lot: process, direction, price, time, powder, and flags on what hinders"
    )
    Settings: ClassVar[type] = QuoteSettings
    inputs: ClassVar[tuple[Input, ...]] = (PARTS,)
    default_family: ClassVar[str] = FAMILY
    judged: ClassVar[str] = (
        "The rows of the quote, whose numbers must follow from part and process."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Costs, rates and thresholds are assumptions of the setup: no supplier was asked.",
        "Tolerances, finish and strength of a part; shrinkage of castings.",
        "Cores: a part with an undercut is not cast.",
    )
    licence = "CC0-1.0"
    sizes: Mapping[str, int] = {}
    validity = ("outside",)

    def __init__(self, settings: QuoteSettings, given: Given) -> None:
        """Open the lot.

        Raises:
            InputError: for parts that are open, too many, or in no archive.
        """
        self.settings, self.given = settings, given
        self.parts = lot_of(given, settings.rules)
        shapes = [array_digest(np.asarray(p.mesh.vertices)) for p in self.parts]
        self.system = digest([asdict(settings), shapes])
        names = tuple(p.name for p in self.parts)
        last = (len(names) - 1, len(PROCESSES) - 1, len(DIRECTIONS) - 1)
        self.variables = (
            Variable("part", (), "1", "part of the lot", 0.0, float(last[0]), labels=names),
            Variable("process", (), "1", "process", 0.0, float(last[1]), labels=PROCESSES),
            Variable("up", (), "1", "direction of the part that points up", 0.0, float(last[2]),
                     labels=WAYS),
        )  # fmt: skip
        self.conditions = ()
        self.limits = (Limit("blocked", at_most=0.0), Limit("outside", at_most=0.0))
        self.exact = LotVerifier(self.parts, settings)
        self.tiers = (self.exact,)
        self.second = Second(VolumeByTrimesh(self.parts), 0.2, 10)
        self.formats = {"quotes-csv": QuoteTable(self.variables, self.exact)}
        ends = [(0.0, float(max(n, 1))) for n in last]
        self.codec = Channels.between(ends)
        self.notes = ("Prices and rates are those of the setup, which are assumptions.",)

    @cached_property
    def ranked(self) -> Float64[np.ndarray, "n 3"]:
        """All quotes as rows: the cheapest way of each part that nothing blocks, then the next."""
        rounds: list[tuple[int, float, tuple[int, int, int]]] = []
        for part in range(len(self.parts)):
            ways = []
            for process in range(len(PROCESSES)):
                for up in range(len(DIRECTIONS)):
                    row = self.exact.one(part, process, up)
                    ways.append((row[6] > 0 or row[7] > 0, row[0], (part, process, up)))
            ways.sort()
            rounds += [(i, part, way) for i, (_, _, way) in enumerate(ways)]
        rounds.sort()
        return np.array([way for _, _, way in rounds], dtype=np.float64)

    def data(self) -> xr.Dataset:
        """Return all quotes of the lot."""
        rows = self.ranked
        arrays = tuple(torch.from_numpy(np.ascontiguousarray(c)) for c in rows.T)
        index = np.arange(len(rows))
        held: dict[str, Any] = {"held_out": (DESIGN, index % 5 == 4)}
        return to_dataset(arrays, self.variables, held, index=index)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto whole numbers of the lot."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return tuple(
                a.to(torch.float64).round().clamp(0.0, float(v.upper or 0.0))
                for a, v in zip(arrays, self.variables, strict=True)
            )

        return onto

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return the family that ranks the ways of each part by price."""
        low = [float(v.upper or 0.0) for v in self.variables]
        width = np.array([max(x, 1.0) for x in low])
        return {FAMILY: lambda: Cheapest(lambda: 2 * self.ranked / width - 1)}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the ranking, the flags, and the table of sand and binder."""
        from ingenium.domains.printing.quote import report

        return report.sections(self.parts, self.settings.rules, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Volume of the first part, by the divergence theorem on its triangles."""
        mesh = self.parts[0].mesh
        corners = np.asarray(mesh.vertices[mesh.faces])
        volume = 1e6 * float(np.linalg.det(corners).sum() / 6)
        arrays = tuple(torch.zeros(1, dtype=torch.float64) for _ in self.variables)
        return ((to_dataset(arrays, self.variables, {}), {"volume": volume}, 1e-9),)
