"""Routes to drugs: solved, ranked again, on a front, and their savings of mass."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from ingenium.core.verdict import Verdict, unflagged
from ingenium.evaluate.trials import over_seeds
from ingenium_book.findings import Commands

HARD = ("imatinib", "bupropion", "itopride", "safinamide", "trimethoprim", "celecoxib")
SEVERAL = (
    *("lidocaine", "procaine", "propranolol", "bupropion"),
    *("itopride", "safinamide", "lacosamide", "moclobemide"),
)
AIMS = ("steps", "mass_intensity", "hazards")


def searched(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Drugs that a guided search and random search solve, and those with another first route."""
    guided = {d: _accepted(commands, values, f"{d}_guided", f"{d}-guided") for d in HARD}
    solved = {drug: routes for drug, routes in guided.items() if routes is not None}
    chance = [d for d in HARD if values[f"{d}_chance"]["code"] == 0]
    return {
        "solved": len(solved),
        "sound": bool(solved)
        and all(not x["unverified"].any() and not x["missing"].any() for x in solved.values()),
        "ranked": sum(_ranked_anew(routes) for routes in solved.values()),
        "by_chance": len(chance),
        "only": ", ".join(drug for drug in solved if drug not in chance) or "none",
    }


def altered(commands: Commands, values: Mapping[str, Any]) -> bool:
    """Write the first route to bupropion with another amine."""
    text = (commands.folder / "bupropion-guided" / "designs" / "route_000000.json").read_text()
    other = text.replace("[NH", "[N").replace("CC(C)(C)N", "CC(C)(C)O")
    (commands.folder / "altered.json").write_text(other)
    return other != text


def compared(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Drugs with several routes: fronts, and the mass saved in no more steps."""
    found = {drug: _accepted(commands, values, f"made_{drug}", drug) for drug in SEVERAL}
    routes = {d: x for d, x in found.items() if x is not None and x.sizes["design"] > 1}
    fronts = {drug: _front(x) for drug, x in routes.items()}
    saved = over_seeds([_saved(x) for x in routes.values()]).interval
    drawn = {}
    for drug, front in fronts.items():
        steps, mass = (routes[drug][name].to_numpy() for name in ("steps", "mass_intensity"))
        rest = {"front_steps": steps[front], "front_mass": mass[front]}
        drawn[drug] = {"steps": steps, "mass": mass, **rest}
    several = sum(len(front) > 1 for front in fronts.values())
    interval = {"saved": saved.value, "low": saved.low, "high": saved.high}
    return {"drugs": len(routes), "several": several, **interval, **drawn}


def _accepted(
    commands: Commands, values: Mapping[str, Any], run: str, out: str
) -> xr.Dataset | None:
    """The accepted routes of a run; None without any."""
    if values[run]["code"]:
        return None
    designs = unflagged(xr.load_dataset(commands.folder / out / "designs.nc"))
    return designs.isel(design=(designs["verdict"] == Verdict.ACCEPTED).to_numpy())


def _ranked_anew(routes: xr.Dataset) -> bool:
    """True if the first route by steps is not first by cost, mass or hazards."""
    first = int(np.lexsort((routes["cost"], routes["steps"]))[0])
    return any(
        float(routes[name].min()) < float(routes[name][first]) - 1e-9
        for name in ("cost", "mass_intensity", "hazards")
    )


def _saved(routes: xr.Dataset) -> float:
    """Share of the mass saved against the first route by few steps."""
    steps, mass = routes["steps"].to_numpy(), routes["mass_intensity"].to_numpy()
    requested = np.flatnonzero(routes["favour"].to_numpy() == "steps")
    first = int(requested[0]) if len(requested) else int(steps.argmin())
    return float(1 - mass[steps <= steps[first]].min() / mass[first])


def _front(routes: xr.Dataset) -> list[int]:
    table = np.stack([routes[name].to_numpy() for name in AIMS], 1)
    no_less, more = table[:, None] >= table[None], table[:, None] > table[None]
    worse = np.all(no_less, axis=2) & np.any(more, axis=2)
    rows: list[int] = np.flatnonzero(~np.any(worse, axis=1)).tolist()
    return rows
