"""Routes to molecules: found and ranked, and less wasteful at no more steps."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.verdict import Verdict, unflagged
from ingenium.evaluate.trials import over_seeds
from ingenium_book.findings import Commands, Finding, Picture

HARD = {  # none of them is in the data that the blocks of the package come from
    "imatinib": "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1",
    "bupropion": "CC(NC(C)(C)C)C(=O)c1cccc(Cl)c1",
    "itopride": "COc1ccc(C(=O)NCc2ccc(OCCN(C)C)cc2)cc1OC",
    "safinamide": "CC(NCc1ccc(OCc2cccc(F)c2)cc1)C(N)=O",
    "trimethoprim": "COc1cc(Cc2cnc(N)nc2N)cc(OC)c1OC",
    "celecoxib": "Cc1ccc(-c2cc(C(F)(F)F)nn2-c2ccc(S(N)(=O)=O)cc2)cc1",
}
SEVERAL = {
    "lidocaine": "CCN(CC)CC(=O)Nc1c(C)cccc1C",
    "procaine": "CCN(CC)CCOC(=O)c1ccc(N)cc1",
    "propranolol": "CC(C)NCC(O)COc1cccc2ccccc12",
    "bupropion": HARD["bupropion"],
    "itopride": HARD["itopride"],
    "safinamide": HARD["safinamide"],
    "lacosamide": "COCC(NC(C)=O)C(=O)NCc1ccccc1",
    "moclobemide": "O=C(NCCN1CCOCC1)c1ccc(Cl)cc1",
}
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
SPEC = """
problem = "molecules.route"
[given]
target = "{}"
[setup]
expansions = {}
{}
[generator]
family = "{}"
[select]
apart = 1
"""
GUIDED, CHANCE = "route_astar", "route_chance"


def guided_search(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 37.11: a guided search finds routes to drugs, ranks them, and is set beside chance."""
    found = {name: _asked(commands, name, smiles, 20) for name, smiles in HARD.items()}
    solved = {name: x for name, x in found.items() if x is not None}
    yield Finding(f"routes to {len(solved)} of {len(HARD)} drugs", len(solved) >= 4)
    sound = all(not x["unverified"].any() and not x["missing"].any() for x in solved.values())
    yield Finding("every step is made forward, and every route ends in blocks", sound)
    ranked = sum(_ranked_anew(x) for x in solved.values())
    yield Finding(
        f"cost, waste or hazards put another route first for {ranked} of {len(solved)} drugs",
        ranked >= len(solved) / 2,
    )
    file = commands.folder / "bupropion" / "designs" / "route_000000.json"
    file.write_text(file.read_text().replace("[NH", "[N").replace("CC(C)(C)N", "CC(C)(C)O"))
    told = commands("verify", "molecules.route", file)
    yield Finding("a route that was altered in its file is refused", told.code in (1, 2))
    few = [
        n
        for n, s in HARD.items()
        if _asked(commands, f"{n}-chance", s, 20, family=CHANCE) is not None
    ]
    only = ", ".join(name for name in solved if name not in few) or "none"
    yield Finding(
        f"it solves more than chance with as many molecules taken apart ({len(solved)} against "
        f"{len(few)}; what chance fails on and it solves: {only})",
        len(solved) > len(few),
        gap=True,
    )
    notes = " ".join(commands("show", "molecules.route").answer.get("notes", ()))
    yield Finding("the blocks are those of a catalogue", "stand-in" not in notes, gap=True)


def less_waste(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 37.18: measures of waste as in textbooks, and routes that waste less in no more steps."""
    (commands.folder / "stock.smi").write_text("OC(=O)c1ccccc1O\nCC(=O)OC(C)=O\n")
    stock = f'stock = "{commands.folder / "stock.smi"}"'
    aspirin = _asked(commands, "aspirin", ASPIRIN, 20, more=stock)
    economy = float("nan") if aspirin is None else float(aspirin["atom_economy"].max())
    yield Finding(
        f"aspirin from salicylic acid and acetic anhydride has an atom economy of {economy:.1%} "
        "(180.16 of 240.21 g/mol)",
        abs(economy - 180.16 / 240.21) < 1e-3,
    )
    found = {name: _asked(commands, name, s, 40) for name, s in SEVERAL.items()}
    routes = {name: x for name, x in found.items() if x is not None and x.sizes["design"] > 1}
    fronts = {name: _front(x) for name, x in routes.items()}
    several = sum(len(front) > 1 for front in fronts.values())
    yield Finding(
        f"{several} of {len(routes)} drugs have a front of steps, mass and hazards", several >= 3
    )
    saved = over_seeds([_saved(x) for x in routes.values()]).interval
    yield Finding(
        f"{saved.value:.0%} less mass than on the route of least effort, in no more steps "
        f"({saved.low:.0%} to {saved.high:.0%} over {len(routes)} drugs)",
        saved.low > 0,
    )
    yield Finding("a warming potential is among the quantities", _warming(commands), gap=True)
    yield Picture(_fronts(routes, fronts), "Routes by mass and steps; the front in blue")


def _asked(
    commands: Commands,
    name: str,
    target: str,
    expansions: int,
    *,
    family: str = GUIDED,
    more: str = "",
) -> xr.Dataset | None:
    """The accepted routes to a target, different ones only; none where none is found."""
    (commands.folder / f"{name}.toml").write_text(SPEC.format(target, expansions, more, family))
    done = commands(
        *("propose", "molecules.route", "--spec", f"{name}.toml", "-n", 32, "--seed", 1),
        *("--out", name),
    )
    if done.code:
        return None
    designs = unflagged(xr.open_dataset(commands.folder / name / "designs.nc").load())
    return designs.isel(design=(designs["verdict"] == Verdict.ACCEPTED).to_numpy())


def _ranked_anew(routes: xr.Dataset) -> bool:
    """Whether the first route by steps is first by cost, mass and hazards too."""
    first = int(np.lexsort((routes["cost"], routes["steps"]))[0])
    return any(
        float(routes[name].min()) < float(routes[name][first]) - 1e-9
        for name in ("cost", "mass_intensity", "hazards")
    )


def _saved(routes: xr.Dataset) -> float:
    """Share of the mass that is saved against the first route that favours few steps."""
    steps, mass = routes["steps"].to_numpy(), routes["mass_intensity"].to_numpy()
    asked = np.flatnonzero(routes["favour"].to_numpy() == "steps")
    first = int(asked[0]) if len(asked) else int(steps.argmin())
    return float(1 - mass[steps <= steps[first]].min() / mass[first])


def _front(routes: xr.Dataset) -> list[int]:
    names = ("steps", "mass_intensity", "hazards")
    table = np.stack([routes[name].to_numpy() for name in names], 1)
    no_less, more = table[:, None] >= table[None], table[:, None] > table[None]
    worse = np.all(no_less, axis=2) & np.any(more, axis=2)
    rows: list[int] = np.flatnonzero(~np.any(worse, axis=1)).tolist()
    return rows


def _warming(commands: Commands) -> bool:
    return "warming" in commands("show", "molecules.route").text


def _fronts(routes: dict[str, xr.Dataset], fronts: dict[str, list[int]]) -> Figure:
    figure = Figure(figsize=(6.4, 2.2), layout="constrained")
    shown = sorted(routes, key=lambda name: -len(fronts[name]))[:3]
    for axes, name in zip(figure.subplots(1, 3), shown, strict=False):
        mass, steps = (routes[name][x].to_numpy() for x in ("mass_intensity", "steps"))
        front = fronts[name]
        axes.scatter(steps, mass, s=12, color="0.75")
        axes.scatter(steps[front], mass[front], s=18, color="tab:blue")
        axes.set(xlabel="steps", ylabel="kg of all for 1 kg", title=name)
    return figure
