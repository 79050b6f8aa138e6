"""Operating envelopes of a feeder, set the day before, at a chosen risk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64, Int
from torch import Tensor

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.formats.clocks import DayStamps
from ingenium.core.formats.columns import StepColumns
from ingenium.core.problem import Projection, Second, Section
from ingenium.core.quantity import Variable
from ingenium.core.recipe import Arrays, Recipe
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.grid.consumers.ahead import TIME, AheadProblem
from ingenium.domains.grid.consumers.load_series import LoadSeries
from ingenium.domains.grid.data.dataset import STEPS
from ingenium.domains.grid.data.packages import release_of
from ingenium.domains.grid.data.split import split_weeks
from ingenium.domains.grid.feeder import envelope_report
from ingenium.domains.grid.feeder.envelope_verifier import (
    SIDES,
    EnvelopeVerifier,
    SecondEnvelopes,
)
from ingenium.domains.grid.feeder.feeder import FeederSettings, OpenFeeder, open_feeder
from ingenium.domains.grid.feeder.headroom import Headroom
from ingenium.domains.grid.feeder.measurements import KW

NODE = "node"
MOST = 10.0  # rated loads; upper end of the search for headroom
SHARE = 0.01  # of the envelopes that a second engine solves too


@dataclass(frozen=True)
class EnvelopeSettings(FeederSettings):
    """Choice of the feeder, limits available to customers, and accepted violation rate."""

    risk: float = 0.1  # share of steps that may lie beyond a limit with all of the envelope in use
    lowest_pu: float = 0.95  # lowest voltage that customers may cause
    highest_pu: float = 1.05  # highest voltage that they may cause
    most_percent: float = 100.0  # loading of lines and transformers

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.01 <= self.risk <= 0.5:
            raise InputError("a risk from 0.01 to 0.5", self.risk, "Write risk = 0.1.")


@dataclass(frozen=True, eq=False)
class SharedOut:
    """Totals of both sides in spreads of the known days, distributed among nodes.

    Shapes: n designs, v nodes, t steps.
    """

    share: Float64[Tensor, " v"]
    mean: Float64[Tensor, " 2"]
    spread: Float64[Tensor, " 2"]
    steps: int
    tolerance: float = 1e-9

    @property
    def shape(self) -> tuple[int, ...]:
        """Both sides, and the steps of a day."""
        return (len(SIDES), self.steps)

    def encode(self, arrays: tuple[Tensor, ...]) -> Float64[Tensor, "n 2 t"]:
        """Return totals; the distribution among nodes is not encoded."""
        total = torch.stack([a.sum(1) for a in arrays], 1)
        return (total - self.mean[:, None]) / self.spread[:, None]

    def decode(self, x: Float[Tensor, "n 2 t"]) -> tuple[Tensor, ...]:
        """Distribute power among nodes by rated load."""
        total = x.to(torch.float64) * self.spread[:, None] + self.mean[:, None]
        return tuple(total[:, i, None] * self.share[:, None] for i in range(len(SIDES)))


class OperatingEnvelope(AheadProblem):
    """Extra export and import allowed to a feeder's customers at each step of the next day.

    A known design is the actual headroom of a day, by power flow. Forecasters propose the quantile
    of the next day's headroom at the chosen risk.
    """

    name: ClassVar[str] = "grid.envelope"
    summary: ClassVar[str] = (
        "operating envelopes: import and export limits of each node, a day ahead, at a stated risk"
    )
    Settings: ClassVar[type] = EnvelopeSettings
    judged: ClassVar[str] = (
        "The power of each node and step, with all of it in use on the day that the time stamps "
        "name."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "A table does not state when it was written: a table written after the day looks like "
        "foresight, and a search, which sees the scores, finds exactly that.",
        "The risk applies on average over days like the known ones, and not on each day.",
        "Partial use of an envelope may overload a feeder even if full use does not: only no use "
        "and full use are solved, without reactive power and asymmetry.",
    )
    validity = ("learned",)
    default_family: ClassVar[str] = "combination"

    def __init__(self, settings: EnvelopeSettings) -> None:
        """Open the feeder, and compute the headroom of each known day."""
        feeder = open_feeder(settings)
        self.settings, self.feeder = settings, feeder
        self.licence, self.notes = feeder.table.licence, feeder.notes
        headroom = Headroom(
            feeder.verifier,
            settings.lowest_pu,
            settings.highest_pu,
            MOST * float(feeder.verifier.profiles.load_p_mw.sum()),
            settings.most_percent,
        )
        self.system = digest([feeder.verifier.network.digest(), feeder.table.digest()])
        self.series = _rooms(feeder, headroom, settings, self.system)
        self.nodes = np.flatnonzero(headroom.share > 0)
        self.variables = (
            Variable("export_kw", (NODE, TIME), "kW", "power that may be fed in", lower=0.0),
            Variable("import_kw", (NODE, TIME), "kW", "power that may be imported", lower=0.0),
            Variable("envelope_day", (), "d", "day that it is set for", given="day"),
        )
        self.conditions, self.levels = self.requested_by(self.variables[-1]), (settings.risk,)
        self.sizes = {NODE: len(self.nodes), TIME: STEPS}
        self.limits = (
            Limit("learned", at_most=0.0, unit="1"),
            *(Limit(f"{side}_broken", at_most=settings.risk, unit="1") for side in SIDES),
            *(Limit(f"{side}_share", at_least=0.5, unit="1") for side in SIDES),
        )
        judge = EnvelopeVerifier(headroom, self.series, feeder.table, self.nodes)
        self.tiers, self._judge = (judge,), judge
        self.second = Second(SecondEnvelopes(judge), SHARE, most=1)
        labels, first = self.labels(), self.series.dates[0]
        *series, day = self.variables
        clock = DayStamps(day, first)
        form = StepColumns(tuple(series), labels, clock, "envelope", label_first=True)
        self.formats = {form.name: form}
        share = torch.as_tensor(headroom.share[self.nodes])
        mean, spread = (torch.as_tensor(a) for a in (self.series.mean, self.series.spread))
        self.codec = SharedOut(share, mean, spread, STEPS)
        self.known = self._had(share)

    def _had(self, share: Float64[Tensor, " v"]) -> xr.Dataset:
        """Actual headroom of each day."""
        days = self.series.ahead
        room = torch.as_tensor(self.series.load[:, days])
        number = torch.as_tensor(self.series.number[days].astype(np.float64))
        arrays = (*(side[:, None] * share[:, None] for side in room), number)
        found = to_dataset(arrays, self.variables, self.day_coords() | self.labels())
        return found.assign_attrs(license=self.licence)

    def labels(self) -> dict[str, Any]:
        """Return nodes with loads by their buses' names, and hours of the steps."""
        names = np.array(_names(self.feeder, self.nodes))
        return {NODE: (NODE, names, {"long_name": "buses of a node"})} | self.clock()

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose power of at least 0, and a whole day."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            feed, draw, day = arrays
            return feed.clamp(min=0.0), draw.clamp(min=0.0), self.whole(day)

        return onto

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report envelopes compared with the actual headroom, and how often they were too wide."""
        return envelope_report.sections(self._judge, self.settings.risk, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """The actual headroom violates nothing; without extra, voltages are the day's."""
        one = self.queries(self.known).isel({DESIGN: [3]})
        had = dict.fromkeys(("export_broken", "import_broken"), 0.0)
        had |= dict.fromkeys(("export_share", "import_share"), 1.0)
        none = one.copy(deep=True)
        for side in SIDES:
            none[f"{side}_kw"][:] = 0.0
        days = self._judge.days(self.series.place(one["day"].to_numpy()))
        names = [q.name for q in self.feeder.verifier.quantities]
        found = self.feeder.verifier.measure(*days)[0].tolist()
        day = dict(zip(names, found, strict=True))
        still = {name: day[name] for name in ("max_voltage", "min_voltage")}
        return ((one, had, 1e-9), (none, still | {"export_energy": 0.0}, 1e-9))


def _rooms(
    feeder: OpenFeeder, headroom: Headroom, settings: EnvelopeSettings, system: str
) -> LoadSeries:
    """Headroom of each day of the feeder, cached after the first computation."""
    table = feeder.table
    loads = [torch.as_tensor(a) for a in (table.load_p, table.load_q, table.infeed_p)]

    def make(_: int) -> Arrays:
        both = (headroom.infeed_mw(*loads), headroom.load_mw(*loads))
        return {side: KW * room for side, room in zip(SIDES, both, strict=True)}

    limits = [headroom.lowest_pu, headroom.highest_pu, headroom.most_mw, headroom.most_percent]
    key = [system, *limits, release_of("lightsim2grid")]
    retained = Recipe("feeder_rooms", key, make).complete()
    dates = table.dates.astype("datetime64[D]")
    rng = np.random.default_rng(settings.split_seed)
    held = split_weeks(dates, rng, every=settings.held_out_every).held_out
    train = ~np.isin(np.arange(len(dates)), held)
    load = np.stack([retained[side] for side in SIDES])
    return LoadSeries(SIDES, dates, load, train, "kW", table.licence)


def _names(feeder: OpenFeeder, nodes: Int[np.ndarray, " v"]) -> list[str]:
    """Name of each node, made unique where buses share a name."""
    circuit = feeder.verifier.network.circuit
    free = dict(zip(circuit.free_nodes.tolist(), feeder.verifier.network.bus_names, strict=True))
    names = [free.get(node, "feeding bus") for node in nodes.tolist()]
    twice = {name for name in names if names.count(name) > 1}
    return [f"{x} ({i})" if x in twice else x for x, i in zip(names, nodes.tolist(), strict=True)]
