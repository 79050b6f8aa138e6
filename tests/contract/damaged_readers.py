"""All readers of files in each domain, with a whole file for each."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from damage import Reader
from test_programme import TASK

from ingenium.core.designs import DESIGN, check, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.quantity import Variable
from ingenium.core.spec import Spec, as_table, load, parse
from ingenium.domains import open_problem, problem_class
from ingenium.domains.structures.parts.part import positions

EXAMPLES = Path(__file__).parents[2] / "examples"
SEALED = ("npz", "3mf")  # zip archives have checksums of their contents


def of(domain: str, folder: Path) -> Iterator[Reader]:
    """Readers of designs in every format, of specs, and of what specs name."""
    yield from _specs(domain, folder)
    more = {
        "airfoils": _airfoils,
        "grid": _grid,
        "molecules": _molecules,
        "structures": _structures,
    }
    if domain in more:
        yield from more[domain](folder)
    for k, (name, setup) in enumerate(SMALL.get(domain, ())):
        requested = Spec(problem=f"{domain}.{name}", setup=setup, given=GIVEN.get(name, {}))
        problem = open_problem(requested)
        yield from _formats(problem, problem.data().isel({DESIGN: [0]}), folder / str(k))


def _specs(domain: str, folder: Path) -> Iterator[Reader]:
    """Specs, and the settings that their setups become."""

    def read(path: Path) -> Any:
        spec = load(path)
        settings = problem_class(spec.problem).Settings
        return repr(as_table(spec)), repr(parse(spec.setup, settings, "a spec", under=("setup",)))

    for example in sorted((EXAMPLES / domain).glob("*.toml")):
        path = folder / f"spec-{example.name}"
        path.write_bytes(example.read_bytes())
        try:
            read(path)
        except InputError:  # a request of another verb, on a device or a question
            continue
        yield Reader(f"spec {domain}/{example.name}", path, path, read)


def _formats(problem: Problem, designs: xr.Dataset, folder: Path) -> Iterator[Reader]:
    """Each file of the first design in each format."""

    def reader(form: Any) -> Any:
        def read(path: Path) -> Any:
            back = form.read(path)
            check(back, problem.variables, problem.sizes)
            return [a.numpy() for a in to_arrays(back, problem.variables)]

        return read

    for name, form in problem.formats.items():
        here = folder / problem.name / name
        here.mkdir(parents=True)
        path = form.write(designs, here)[int(designs[DESIGN][0])]
        parts = [p for p in sorted(path.rglob("*")) if p.is_file()] if path.is_dir() else [path]
        for part in filter(lambda p: _heeded(path, p, reader(form)), parts):
            sealed = part.suffix.removeprefix(".") in SEALED
            said = f"{problem.name} {name} {part.name}"
            yield Reader(said, path, part, reader(form), sealed)


def _heeded(path: Path, part: Path, read: Any) -> bool:
    """True if a file is read; some are for people alone."""
    whole = part.read_bytes()
    part.write_bytes(b"")
    try:
        read(path)
    except InputError:
        return True
    finally:
        part.write_bytes(whole)
    return False


def _airfoils(folder: Path) -> Iterator[Reader]:
    own = {"judge": "neuralfoil", "network": "medium", "refine_steps": 0}
    for name, more in (("section", {}), ("morphing", {"every": 40})):
        problem = open_problem(Spec(problem=f"airfoils.{name}", setup=own | more))
        yield from _formats(problem, problem.data().isel({DESIGN: [0]}), folder)


def _grid(folder: Path) -> Iterator[Reader]:
    from ingenium.domains.grid.data.columns import ColumnMapping, ElementColumns, read_mapping
    from ingenium.domains.grid.data.measured import read_rows

    for name in ("profile_day", "profile_year", "feeder_day"):
        problem = open_problem(Spec(problem=f"grid.{name}"))
        yield from _formats(problem, problem.data().isel({DESIGN: [0]}), folder)
    yield from _own_feeder(folder, read_mapping)
    columns = {"x": ElementColumns("house", unit="kW")}
    mapping = ColumnMapping(columns, {})

    def rows(path: Path) -> Any:
        found = read_rows(path, mapping)
        return found.values.to_numpy(), list(found.text)

    import pandas as pd

    times = pd.date_range("2024-01-01", periods=300, freq="15min")
    frame = pd.DataFrame({"time": times.astype(str), "house": np.arange(300) / 7})
    frame.to_csv(folder / "rows.csv", index=False)
    frame.to_parquet(folder / "rows.parquet")
    for part in (folder / "rows.csv", folder / "rows.parquet"):
        yield Reader(f"rows of a feeder {part.suffix}", part, part, rows)


def _own_feeder(folder: Path, read_mapping: Any) -> Iterator[Reader]:
    import pandapower as pp

    from ingenium.domains.grid.data.netfile import read_net
    from ingenium.domains.grid.feeder.network import network_of

    net = pp.create_empty_network()
    first, last = pp.create_bus(net, vn_kv=0.4), pp.create_bus(net, vn_kv=0.4, name="far")
    pp.create_ext_grid(net, first)
    pp.create_line(net, first, last, 0.1, "NAYY 4x50 SE")
    pp.create_load(net, last, p_mw=0.01, name="house")
    pp.to_json(net, str(folder / "net.json"))

    def circuit(path: Path) -> Any:
        return network_of(*read_net(path), where=path, cases=1).digest()

    yield Reader("a net", folder / "net.json", folder / "net.json", circuit)
    mapping = folder / "mapping.toml"
    mapping.write_bytes((EXAMPLES / "grid" / "own_feeder" / "mapping.toml").read_bytes())
    yield Reader("a mapping", mapping, mapping, lambda path: repr(read_mapping(path)))


def _molecules(folder: Path) -> Iterator[Reader]:
    from types import SimpleNamespace

    from ingenium.domains.molecules.formats import SmilesFile, StructureFile, molecules
    from ingenium.domains.molecules.language import variable
    from ingenium.domains.molecules.route import stock
    from ingenium.domains.molecules.route.formats import ReactionLines, RouteTrees, routes
    from ingenium.domains.molecules.route.formats import Reader as Steps
    from ingenium.domains.molecules.route.formats import variable as of_route
    from ingenium.kits.chemistry.safety import DualUseScreen

    def as_problem(name: str, own: Variable, *formats: Any) -> Any:
        forms = {form.name: form for form in formats}
        return SimpleNamespace(name=name, formats=forms, variables=(own,), sizes={})

    screen = DualUseScreen()
    library = as_problem(
        "molecules.library", variable(60), SmilesFile(60, screen), StructureFile(60, screen)
    )
    named = ["CC(=O)Nc1ccc(O)cc1", "CCO", "c1ccc2ccccc2c1", "CC(C)Cc1ccc(cc1)C(C)C(=O)O"]
    yield from _formats(library, molecules(named, range(4), 60), folder)
    steps = Steps("CNC(C)=O", 200, screen)
    made = steps.route([("amide coupling with a carbodiimide", "CC(=O)O.CN>>CNC(C)=O")], "a route")
    pretrained = stock.pretrained()
    route = as_problem(
        "molecules.route", of_route(200), RouteTrees(steps, pretrained), ReactionLines(steps)
    )
    yield from _formats(route, routes([made.text], [0], 200), folder)
    file = folder / "stock.smi"
    file.write_text("CCO ethanol\nc1ccccc1\nCC(=O)O\n")
    yield Reader("a stock", file, file, lambda path: dict(stock.from_file(path, screen).counts))
    setup = {"smiles": "CC[C@H](C)O", "starts": 5}
    conformers = open_problem(Spec(problem="molecules.conformers", setup=setup))
    yield from _formats(conformers, conformers.data().isel({DESIGN: [0, 0]}), folder)


SMALL: Mapping[str, tuple[tuple[str, Mapping[str, Any]], ...]] = {  # as their contracts open them
    "autonomy": (("controller", {"known": 20, "scenarios": 64, "period_s": 0.05}),),
    "edge": (("doodle", {}),),
    "equations": (
        ("law", {"bank": 300, "generations": 2, "known": 40}),
        ("field", {"equation": "darcy", "points": 16, "known": 12, "width": 4}),
    ),
    "grid": (
        ("feeder_week", {"grid": "1-LV-rural1--1-sw"}),
        ("forecast", {"crowd": 3}),
        ("envelope", {"lowest_pu": 0.97}),
    ),
    "matter": (
        (
            "crystal",
            {
                "judge": "chgnet",
                "elements": ["Cs", "Pb", "Br", "I"],
                "types": ["cubic", "tetragonal"],
            },
        ),
    ),
    "neuro": (
        ("digits", {"known": 100}),
        ("digits", {"chip": "Loihi", "known": 100, "replayed": 0.0}),
    ),
    "physics": (
        ("lattice", {"size": 4, "train": True, "steps": 20, "known": 20, "chain": 50}),
        (
            "lattice",
            {"model": "ising", "size": 4, "train": True, "steps": 20, "known": 20, "chain": 50},
        ),
    ),
    "plant": (("campaign", {"known": 10, "days": 3}),),
    "process": (("laboratory", {}),),
    "quantum": (
        (
            "distribution",
            {"layers": 2, "known": 20, "steps": 30, "repair_steps": 5, "noise": "heavyhex"},
        ),
        ("molecules", {"known": 200}),
    ),
    "radio": (
        ("site_channel", {"known": 20, "held_out": 5, "rays": 20_000, "depth": 2}),
        (
            "beam",
            {
                **{"known": 20, "held_out": 5, "rays": 20_000, "depth": 2},
                **{"users": 3, "antennas": 4, "sets": 12},
            },
        ),
    ),
    "structures": (("panel", {"known": 60, "layout": {"columns": 4, "rows": 3}}),),
    "words": (
        ("verse", {"known": 120, "form": "shakespearean", "top_p": 0.8}),
        ("programme", {}),
    ),
}
GIVEN: Mapping[str, Mapping[str, Any]] = {"programme": {"task": TASK}}
SETUPS: Mapping[str, Mapping[str, Any]] = {
    "minimum_compliance": {"preset": "cantilever", "cells": [16, 8], "designs": 20},
    "bracket": {"cells": [16, 12, 18], "cell_mm": 6.0},
    "unit_cell": {"cells": [16, 16], "designs": 40},
    "roof": {"known": 20},
    "toolpath": {"height_m": 0.5, "bead_m": 0.1, "hop_m": 0.05, "clear_m": 0.1, "known": 20},
    "lattice": {
        "known": 20,
        "layout": {
            **{"columns": 3, "rows": 3, "width_m": 0.03, "height_m": 0.036, "thinnest_m": 0.0008}
        },
    },
}


def _structures(folder: Path) -> Iterator[Reader]:
    for name, setup in SETUPS.items():
        problem = open_problem(Spec(problem=f"structures.{name}", setup=setup))
        drawn = name in ("roof", "toolpath")
        one = problem.data().isel({DESIGN: [0]}) if drawn else _middle(problem)
        yield from _formats(problem, one, folder)


def _middle(problem: Problem) -> xr.Dataset:
    """A design of cells as full as allowed, and of middle values for other variables."""
    kinds = {c.name: c for c in problem.conditions}
    arrays = []
    for v in problem.variables:
        shape = (1, *(problem.sizes[d] for d in v.dims))
        requested = kinds[v.given] if v.given is not None else v
        low, high = requested.lower, requested.upper
        full = v.given is None and (low, high) == (0.0, 1.0)
        middle = 0.2 if low is None or high is None else (low + high) / 2
        arrays.append(torch.full(shape, 1.0 if full else middle, dtype=torch.float64))
    part = getattr(problem, "part", None)
    if part is not None:
        _, free = part.bounds_m(positions(part.grid.cells, part.grid.cell_m, 0.5))
        arrays[0] = (free / part.grid.cell_m + 0.5).clamp(0.0, 1.0).reshape(arrays[0].shape)
    return to_dataset(arrays, problem.variables, problem.labels())
