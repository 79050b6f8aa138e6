"""Molecules that are asked for by their properties, or by whether they can be made."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.verdict import Verdict, unflagged
from ingenium_book.findings import Commands, Finding, Picture

TOLD = """
problem = "molecules.lead"
[setup]
known = 2000
[conditions]
wanted_weight = 320
wanted_logp = 2.5
wanted_tpsa = 60
[[limits]]
quantity = "pieces"
at_most = 1
[[limits]]
quantity = "in_training"
at_most = 0
[[limits]]
quantity = "weight"
at_least = 300
at_most = 340
unit = "g/mol"
[[limits]]
quantity = "logp"
at_least = 2
at_most = 3
[[limits]]
quantity = "tpsa"
at_least = 50
at_most = 70
unit = "angstrom**2"
"""
MAKEABLE = """
problem = "molecules.lead"
[setup]
known = 2000
route = 20
[[limits]]
quantity = "pieces"
at_most = 1
[[limits]]
quantity = "in_training"
at_most = 0
[[limits]]
quantity = "route_found"
at_least = 1
"""
COUNTS = ("calls", "accepted", "repeated")
SPENT = 192  # molecules that the search may measure
ABSENT = {  # a word by which a problem would be known
    "algorithms, such as an identity of tensors that is verified exactly": "algorithm",
    "conjectures that survive an exhaustive test": "conjecture",
}


def discoveries(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 31.15: molecular graphs are found to measure; algorithms and conjectures are not."""
    listed = commands("list").text
    for what, word in ABSENT.items():
        yield Finding(f"there is a problem that asks for {what}", word in listed)
    (commands.folder / "told.toml").write_text(TOLD)
    done = commands(
        *("propose", "molecules.lead", "--spec", "told.toml", "-n", 64, "--seed", 1),
        *("--out", "told"),
    )
    held = done.answer["summary"]["accepted"]
    yield Finding(f"{held} of 64 molecules are new and have what was asked for", held >= 32)
    designs = unflagged(xr.open_dataset(commands.folder / "told" / "designs.nc").load())
    kept = designs.isel(design=(designs["verdict"] == Verdict.ACCEPTED).to_numpy())
    once = len(set(kept["smiles"].to_numpy().tolist()))
    yield Finding(f"{once} of these are different", once >= 0.9 * held)


def makeable(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 37.15: a search that learns which molecules have a route proposes more of them."""
    (commands.folder / "makeable.toml").write_text(MAKEABLE)
    done = commands(
        *("search", "molecules.lead", "--spec", "makeable.toml", "--strategy", "reinforced"),
        *("--budget", SPENT, "--batch", 64, "--seed", 1, "--out", "search"),
    )
    yield Finding("the search ends well", done.code == 0)
    rounds = done.answer["record"]["rounds"]
    total, held, again = ([0, *(int(r[k]) for r in rounds)] for k in COUNTS)
    share = (np.diff(held) / np.diff(total).clip(1)).tolist()
    half = int(np.searchsorted(total, SPENT / 2))  # rounds until half of the budget is spent
    late = (held[-1] - held[half]) / (total[-1] - total[half])
    yield Finding(
        f"{share[0]:.0%} of the first round are new and have a route, and {late:.0%} of the later "
        "half",
        late >= share[0] + 0.1,
    )
    (known,) = (x for x in done.answer["summary"]["limits"] if x["quantity"] == "in_training")
    yield Finding(f"{1 - known['share']:.0%} of all are new", known["share"] <= 0.25)
    twice = again[-1] - again[half]
    written = twice + total[-1] - total[half]
    yield Finding(
        f"{twice / written:.0%} of what the generator writes in the later half was there before "
        "(and is not measured again)",
        twice / written <= 0.05,
        gap=True,
    )
    figure = Figure(figsize=(3.6, 2.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(total[1:], [100 * x for x in share], "o-", color="tab:blue")
    axes.set(xlabel="molecules measured", ylabel="new with a route, %", ylim=(0, 100))
    yield Picture(figure, "What a search learns of routes, round by round")
