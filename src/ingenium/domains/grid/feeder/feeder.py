"""Opened feeder: its net through the parity gate, and its days in the order of the net."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.errors import InputError
from ingenium.domains.grid.bundled import DEFAULT_GRID
from ingenium.domains.grid.data.dataset import ProfileNames
from ingenium.domains.grid.data.ingest import ingest
from ingenium.domains.grid.data.netfile import SIMBENCH_CODE, is_code, read_net
from ingenium.domains.grid.data.profiles import DayTable, simbench_days
from ingenium.domains.grid.data.split import check_split
from ingenium.domains.grid.feeder.network import network_of
from ingenium.domains.grid.feeder.verifier import FeederVerifier


@dataclass(frozen=True)
class FeederSettings:
    """Choice of the feeder, and changes to it before the study."""

    grid: str = DEFAULT_GRID  # SimBench code, or a pandapower JSON net
    profiles: str | None = None  # CSV or Parquet of a net of one's own
    mapping: str | None = None  # TOML: which column belongs to which element
    load_scale: float = 1.0  # growth of all loads, for planning
    infeed_scale: float = 1.0  # growth of all infeed
    held_out_every: int = 5  # one week in so many is never learned from
    split_seed: int = 0  # which weeks are never learned from

    def __post_init__(self) -> None:
        for name in ("load_scale", "infeed_scale"):
            if not 0 < getattr(self, name) < 100:
                raise InputError(
                    f"{name} above 0 and below 100", getattr(self, name), f"Write {name} = 1.0."
                )
        check_split(self.held_out_every, self.split_seed)
        if (self.profiles is None) != (self.mapping is None):
            given = "profiles" if self.mapping is None else "mapping"
            raise InputError("profiles and mapping together", f"{given} alone", "Write both.")


@dataclass(frozen=True)
class DaySettings(FeederSettings):
    """Choice of the feeder, changes to it, and the error of its infeed forecast."""

    infeed_error: float = 0.0  # relative deviation of the infeed of sun and wind; 0 for none
    voltage_low: float = 0.9  # pu, below which a voltage is at fault; EN 50160 allows 10 %
    voltage_high: float = 1.1  # pu, above which it is
    scenarios: int = 1024  # at most, of such errors; the fewer, the more stays undecided
    scenario_seed: int = 0  # which errors they are; the same for all days

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.infeed_error <= 1:
            raise InputError(
                "infeed_error from 0 to 1", self.infeed_error, "Write infeed_error = 0.2."
            )
        if not 0 < self.voltage_low < self.voltage_high < 2:
            got = f"{self.voltage_low} and {self.voltage_high}"
            raise InputError("voltage_low below voltage_high, in pu", got, "Write 0.9 and 1.1.")
        if not 32 <= self.scenarios <= 4096 or self.scenario_seed < 0:
            got = f"{self.scenarios} with the seed {self.scenario_seed}"
            raise InputError(
                "from 32 to 4096 scenarios with a seed of at least 0", got, "Write 1024 and 0."
            )


@dataclass(frozen=True, eq=False)
class OpenFeeder:
    """A feeder that passed the parity gate."""

    verifier: FeederVerifier
    table: DayTable  # profiles in the order of the verifier
    notes: tuple[str, ...]


def open_feeder(settings: FeederSettings) -> OpenFeeder:
    """Read net and profiles, scale them, and check the engine on them.

    Raises:
        InputError: if net, profiles or mapping cannot be used.
        ParityError: if the engine does not reproduce pandapower on the net.
    """
    name, net = read_net(settings.grid)
    if settings.profiles is not None and settings.mapping is not None:
        own = ingest(_file(settings.profiles), _file(settings.mapping), net)
        net, table, notes = own.net, own.table, own.notes
    elif SIMBENCH_CODE.fullmatch(name):
        table, notes = simbench_days(name), ()
    else:
        raise InputError(
            "profiles and mapping with a net of your own",
            f"the net {settings.grid} alone",
            'Write profiles = "days.csv" and mapping = "columns.toml" under [setup].',
        )
    net, scaled = _scaled(net, settings)
    where = None if is_code(settings.grid) else Path(settings.grid)
    verifier = FeederVerifier.of(network_of(name, net, where=where))
    if not bool(verifier.profiles.load_p_mw.any()):
        raise InputError(
            "a net that supplies at least one load",
            "only loads without supply, or of 0 MW",
            "Connect the loads to the feeding bus: check lines and switches.",
        )
    return OpenFeeder(
        verifier, _in_order(table, verifier), (*notes, *scaled, *verifier.network.changes)
    )


def _file(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise InputError("a file", f"no file at {path}", "Write its path, from the spec's folder.")
    return path


def _scaled(net: Any, settings: FeederSettings) -> tuple[Any, tuple[str, ...]]:
    """Copy of the net with scaled loads and infeed, and sentences on the changes."""
    notes = []
    for tables, factor, what in (
        (("load",), settings.load_scale, "load"),
        (("sgen", "storage"), settings.infeed_scale, "infeed"),
    ):
        if factor != 1:
            for table in tables:
                net[table]["scaling"] = net[table]["scaling"].fillna(1.0) * factor
            notes.append(f"All {what} was multiplied by {factor:g}, as the spec asks.")
    return net, tuple(notes)


def _in_order(table: DayTable, verifier: FeederVerifier) -> DayTable:
    """Days with their profiles in the order of the verifier, and its rated powers."""
    want = verifier.profiles
    names, kinds = table.names, dict(zip(table.names.infeed, table.names.kinds, strict=True))
    absent = {*want.load_profiles} - {*names.load} | {*want.infeed_profiles} - {*names.infeed}
    if absent:
        raise InputError(
            "a profile for every element of the net",
            f"none for {', '.join(sorted(absent))}",
            "Add them to the profiles, or take the elements out of service.",
        )
    load = [names.load.index(p) for p in want.load_profiles]
    infeed = [names.infeed.index(p) for p in want.infeed_profiles]
    return replace(
        table,
        names=ProfileNames(
            want.load_profiles, want.infeed_profiles, tuple(kinds[p] for p in want.infeed_profiles)
        ),
        load_p=table.load_p[:, load],
        load_q=table.load_q[:, load],
        infeed_p=table.infeed_p[:, infeed],
        load_mw=want.load_p_mw.sum(1).numpy(),
        infeed_mw=np.asarray(want.infeed_p_mw.sum(1).numpy()),
    )
