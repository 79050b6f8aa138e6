"""Problem `plant.campaign`: labelled weeks of a SCADA water network, with attacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.problem import Problem, Projection, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.plant import demand, report, streams
from ingenium.domains.plant.attacks import KINDS, NONE, SHOWN, Attack
from ingenium.domains.plant.builds import gate
from ingenium.domains.plant.formats import Weeks
from ingenium.domains.plant.network import CTOWN, CTOWN_PRESSURES
from ingenium.domains.plant.verifier import NUMBERS, OtherBuild, PlantVerifier, attacks_of
from ingenium.monitor.stream import PlantMap, Stream

FIRST_DAY = 24  # h, which an attack may replay
DIGITS = 6  # of the attack's numbers in files
SHARE, MOST = 0.02, 4  # of the weeks, that the other build runs again
NORMAL = 0.25  # share of known weeks without attack
NOTES = (
    "Attacks and hours of demand are simulated; the network and its usual week are its file's.",
    "Controllers act every quarter of an hour, so tanks pass their setpoints by a little.",
)


@dataclass(frozen=True)
class CampaignSettings:
    """Settings of the network and of the known weeks."""

    network: str = "ctown"  # name of a network, or a file of EPANET (.inp)
    pressures: tuple[str, ...] = ()  # junctions read by SCADA; if empty the ends of switched links
    known: int = 60  # number of known weeks of demand
    days: int = 7  # days of a week; fewer for a quick run
    seed: int = 0  # seed of the weeks


class Campaign(Problem):
    """Weeks whose readings follow from their demands and their attack."""

    name: ClassVar[str] = "plant.campaign"
    summary: ClassVar[str] = (
        "labelled weeks of a water network under SCADA, with cyber-attacks on its controls"
    )
    Settings: ClassVar[type] = CampaignSettings
    default_family: ClassVar[str] = "residual_bootstrap"
    judged: ClassVar[str] = (
        "The folder of a week: EPANET runs it again from its demands and its event, and its tags "
        "must be reproduced."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether a real water works responds in this way: pipes, pumps and controllers are those "
        "of the model.",
        "Sensor noise and lost messages; water quality; the reaction of operators to an alarm.",
        "Events between two full hours appear only in the sums.",
    )
    batch_size = 4
    licence = "C-Town as in epanetCPA: MIT, (c) 2016-2018 Riccardo Taormina"

    def __init__(self, settings: CampaignSettings) -> None:
        """Open the network in the builds of EPANET.

        Raises:
            InputError: for a network that EPANET does not run, or too few known weeks.
        """
        if settings.known < 10:
            raise InputError("at least 10 known weeks", settings.known, "Write known = 60.")
        if not 3 <= settings.days <= 7:
            raise InputError("a week of 3 to 7 days", settings.days, "Write days = 7.")
        self.hours = 24 * settings.days
        pretrained = settings.network == "ctown"
        path = CTOWN if pretrained else Path(settings.network)
        pressures = settings.pressures or (CTOWN_PRESSURES if pretrained else ())
        builds = gate(path, pressures, self.hours)
        self.settings, self.works = settings, builds.judge
        self.network = builds.judge.network
        self.notes = (*NOTES, builds.note)
        self.licence = self.licence if pretrained else "as the network's file"
        self.system = digest([self.network.digest, [t.name for t in self.network.tags]])
        stations = tuple(s.name for s in self.network.stations)
        self.variables, self.conditions = _variables(), _conditions(stations, self.hours)
        self.seen = (self.conditions[-1],)
        self.sizes = {
            "pattern": len(self.network.patterns),
            "tag": len(self.network.tags),
            "time": self.hours,
        }
        judge = PlantVerifier(self.works)
        self.tiers = (judge,)
        self.second = Second(OtherBuild(builds.other), SHARE, MOST) if builds.other else None
        self.limits = (Limit("reading_error", at_most=1.5),)
        self.formats = {"scada-csv": Weeks(self.network, self.variables, self.hours)}
        self.codec = Channels.of((torch.from_numpy(self._dataset[0]),), along=1)

    @cached_property
    def _dataset(self) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(self.settings.seed)
        return demand.weeks(self.network.usual, self.settings.known, rng)

    def comparison(self) -> FieldComparison:
        """Return the comparison settings; a repair simulates the week once."""
        return FieldComparison(repair_calls=1.0)

    def data(self) -> xr.Dataset:
        """Return weeks of demand, each with its own attack or none, simulated by EPANET."""
        return self._known

    @cached_property
    def _known(self) -> xr.Dataset:
        factors, level = self._dataset
        n, rng = len(factors), np.random.default_rng([self.settings.seed, 1])
        kinds = np.where(rng.random(n) < NORMAL, 0, 1 + np.arange(n) % (len(KINDS) - 1))
        stations = np.array([s.name for s in self.network.stations])
        longest = longest_h(self.hours)
        length = rng.uniform(6.0, longest, n)
        onset = rng.uniform(FIRST_DAY, self.hours - longest, n)
        sign = np.where(rng.random(n) < 0.5, -1.0, 1.0)
        under: dict[str, np.ndarray] = {
            "attack": np.array(KINDS)[kinds],
            "target": stations[np.arange(n) // 2 % len(stations)],
            "shown": np.array(SHOWN)[(rng.random(n) < 0.5).astype(int)],
            "onset": np.round(onset, DIGITS),
            "length": np.round(length, DIGITS),
            "strength": np.round(sign * rng.uniform(0.2, 1.0, n), DIGITS),
            "level": level,
        }
        conditions = xr.Dataset({k: (DESIGN, v) for k, v in under.items()})
        arrays = self.decode(self.codec.encode((torch.from_numpy(factors),)), conditions)
        arrays = self.repair(self.project({}, conditions)(arrays), conditions)
        coords: dict[str, Any] = {k: (DESIGN, v) for k, v in under.items()}
        coords["held_out"] = (DESIGN, np.arange(n) % 5 == 4)
        whole = to_dataset(arrays, self.variables, coords | self.labels())
        answered = np.isfinite(arrays[1].numpy()).all((1, 2))
        return whole.isel({DESIGN: np.flatnonzero(answered)})

    def labels(self) -> dict[str, Any]:
        """Return the names of patterns and tags, and the hours of the week."""
        about = {"units": "h", "long_name": "since the beginning of the week"}
        return {
            "pattern": ("pattern", np.array([name for _, name in self.network.patterns])),
            "tag": ("tag", np.array([t.name for t in self.network.tags])),
            "time": ("time", np.arange(self.hours, dtype=np.float64), about),
        }

    def proposed(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the demands alone: readings follow from them, and the spec states the attack."""
        return arrays[:1]

    def decode(self, x: Tensor, conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Return the demands, zeros for the readings, and the numbers of the attack."""
        (factors,) = self.codec.decode(x)
        readings = torch.zeros(len(factors), self.sizes["tag"], self.hours, dtype=torch.float64)
        codes = []
        for c in self.conditions[: len(NUMBERS)]:
            values = conditions[c.name].to_numpy()
            if c.choices is not None:
                values = np.array([c.choices.index(str(v)) for v in values])
            codes.append(torch.as_tensor(values.astype(np.float64)))
        return factors, readings, *codes

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto demands and numbers as files store them."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            factors = torch.from_numpy(demand.settled(arrays[0].detach().numpy()))
            return (
                factors,
                arrays[1],
                *(a.to(torch.float64).round(decimals=DIGITS) for a in arrays[2:]),
            )

        return onto

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Return the readings of EPANET; NaN for a week without a balance of flows."""
        factors, readings, *numbers = arrays
        runs = [
            self.works.run(factors[i].numpy(), attack)
            for i, attack in enumerate(attacks_of(tuple(numbers)))
        ]
        none = np.full(readings.shape[1:], np.nan)
        found = np.stack([none if run is None else run.readings for run in runs])
        return factors, torch.from_numpy(found), *numbers

    def streams(self, designs: xr.Dataset) -> tuple[Stream, ...]:
        """Return the weeks as streams for a monitor: tags, and the time of each attack."""
        arrays = to_arrays(designs, self.variables)
        return streams.of(self.works, arrays, designs[DESIGN].to_numpy())

    def layout(self) -> PlantMap | None:
        """Return the map of the network."""
        return streams.layout(self.network)

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show the network, readings of some attacks alongside the attack-free week, and harms."""
        return report.sections(self.works, designs, verdicts, self.variables)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return the usual week without attack: energy by the other build, nothing spilled."""
        factors = torch.from_numpy(demand.settled(self.network.usual[None]))
        none = Attack(NONE, 0, False, 60.0, 24.0, 0.0)
        numbers = (0.0, 0.0, 0.0, none.onset_h, none.length_h, 0.0)
        columns = [torch.tensor([x], dtype=torch.float64) for x in numbers]
        empty = torch.zeros(1, self.sizes["tag"], self.hours, dtype=torch.float64)
        arrays = self.repair((factors, empty, *columns), xr.Dataset())
        design = to_dataset(arrays, self.variables, self.labels())
        truth = {"spilled": 0.0, "visibility": 0.0, "extra_energy": 0.0, "reading_error": 0.0}
        if self.second is not None:
            other = self.second.verifier.measure(*arrays)
            truth["energy"] = float(other[0, -1])
        return ((design, truth, 1e-5),)


def _variables() -> tuple[Variable, ...]:
    return (
        Variable(
            "demand", ("pattern", "time"), "1", "factor of the demands of a pattern", lower=0.0
        ),
        Variable("readings", ("tag", "time"), "1", "tags of SCADA: m, L/s, or open and closed"),
        Variable("attack_code", (), "1", "place of the attack's kind", given="attack"),
        Variable("target_code", (), "1", "place of the station", given="target"),
        Variable("shown_code", (), "1", "place of what is shown", given="shown"),
        Variable("first_h", (), "h", "hour in which the attack begins", given="onset"),
        Variable("duration_h", (), "h", "hours that it lasts", given="length"),
        Variable("offset", (), "1", "of a level or setpoint, in ranges", given="strength"),
    )


def longest_h(hours: int) -> float:
    """Return the longest attack, in hours, for a week of this many hours."""
    return min(48.0, (hours - FIRST_DAY) / 2)


def _conditions(stations: tuple[str, ...], hours: int) -> tuple[Condition, ...]:
    longest = longest_h(hours)
    last = hours - longest
    return (
        Condition("attack", "what is attacked", choices=KINDS, measured="attack_kind", exact=True),
        Condition("target", "station", choices=stations, measured="attack_target", exact=True),
        Condition(
            "shown", "what operators see", choices=SHOWN, measured="attack_shown", exact=True
        ),
        Condition("onset", "hour of the week", lower=float(FIRST_DAY), upper=last, unit="h"),
        Condition("length", "of the attack", lower=1.0, upper=longest, unit="h"),
        Condition("strength", "offset in ranges of the level", lower=-1.0, upper=1.0),
        Condition(
            "level",
            "demand of the week by the usual",
            lower=0.5,
            upper=1.6,
            middle=1.0,
            spread=0.12,
        ),
    )
