"""Shapes that can be made: printed, supported, built in stages, on two levels."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from ingenium_book.checks.structures.shapes import side_by_side
from ingenium_book.findings import Commands, Done, Finding, Picture

PROBLEM = "structures.minimum_compliance"
WALLS = """
[setup.manufacture]
wall_cells = 2
"""
SPACE = """
problem = "structures.minimum_compliance"
[setup]
preset = "cantilever_3d"
cells = [20, 10, 6]
designs = 10
refine_steps = 50
start = "even"
{how}
[conditions]
tip_position = 0.0
tip_angle = {{ at_least = -100, at_most = -80 }}
volume_fraction = 0.4
[[limits]]
quantity = "pieces"
at_most = 1
"""
HEEDED = """
[[setup.passive]]
kind = "solid"
from_m = [0.9, 0.0, 0.1]
to_m = [1.0, 0.1, 0.2]
[[setup.passive]]
kind = "void"
from_m = [0.4, 0.2, 0.0]
to_m = [0.6, 0.35, 0.3]
[setup.manufacture]
build = "+y"
access = ["+x", "+z", "-z"]
wall_cells = 2
"""
PLANE = """
problem = "structures.minimum_compliance"
[setup]
preset = "cantilever"
cells = [{x}, {y}]
designs = 10
refine_steps = {steps}
start = "even"
{how}
[conditions]
tip_position = {{ at_least = 0.0, at_most = 1.0 }}
tip_angle = {{ at_least = -100, at_most = -80 }}
volume_fraction = {volume}
[[limits]]
quantity = "pieces"
at_most = 1
{limits}
"""
SUPPORTED = """
[setup.manufacture]
build = "{build}"
supports = true
wall_cells = 2
"""
STAGES = """
[setup.manufacture]
build = "+y"
sag = 20.0
wall_cells = 2
"""
HOLDS = """
[[limits]]
quantity = "stages_held"
at_least = 1.0
[[limits]]
quantity = "overhang"
at_most = 0.0
"""
LEVELS = """
[setup.levels]
pixels = 24
wall_pixels = 2
joint = {joint}
[setup.manufacture]
wall_cells = 2
"""


def manufacture(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 25.5: build direction, least walls, access and prescribed cells, before and after."""
    free = _proposed(commands, "free", SPACE.format(how=""), 2)
    held = _proposed(commands, "held", SPACE.format(how=HEEDED), 2)
    yield Finding("both commands end well", free.code == held.code == 0)
    before, after = (_verified(commands, name, "held") for name in ("free", "held"))
    for name, what in (
        ("overhang", "of the material hangs over nothing"),
        ("thin", "of it is thinner than two cells"),
        ("unreached", "of the void no tool reaches"),
        ("misplaced", "of the prescribed cells are not so"),
    ):
        a, b = 100 * before[name].mean(), 100 * after[name].mean()
        told = f"{a:.1f} % {what}, and {b:.1f} % after, read from the STL"
        yield Finding(told, bool(b < a), gap=name == "thin")  # struts that lean are cut by cells
    price = 100 * (after["compliance"].mean() / before["compliance"].mean() - 1)
    yield Finding(
        f"the price is {price:.0f} % more compliance at the same volume", bool(price < 200)
    )
    flat = [_designs(commands, name)["density"].to_numpy()[0, :, :, 2] for name in ("free", "held")]
    yield Picture(side_by_side(flat, ["no limits", "four limits"]), "A cut through one part")


def part_and_supports(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 25.6: part and supports at once against the part first and its supports then."""
    size = {"x": 32, "y": 16, "steps": 60, "volume": 0.45, "limits": ""}
    first = _proposed(commands, "first", PLANE.format(how=WALLS, **size), 3)
    yield Finding("the part alone is made", first.code == 0)
    sequence, joint = [], []
    for build in ("+y", "-y"):
        name = "up" if build == "+y" else "down"
        how = SUPPORTED.format(build=build)
        done = _proposed(commands, name, PLANE.format(how=how, **size), 3)
        yield Finding(f"part and supports are made together, built {build}", done.code == 0)
        sequence.append(_verified(commands, "first", name))
        joint.append(_verified(commands, name, name))
    then, once = (_quickest(rows) for rows in (sequence, joint))
    for name, what in (("support", "support"), ("print_time", "print time")):
        saved = 100 * (1 - once[name].sum() / then[name].sum())
        yield Finding(
            f"{saved:.0f} % less {what} than in sequence, each built its best way", bool(saved > 0)
        )
    work = float((once["compliance"] / then["compliance"]).max())
    yield Finding(f"at no more compliance ({work:.3f} of the sequence's)", bool(work <= 1.001))
    yield Finding("a part is cut into segments that are printed apart", False, gap=True)
    shapes = [_designs(commands, name)["density"].to_numpy()[0] for name in ("first", "down")]
    yield Picture(side_by_side(shapes, ["part first", "with its supports"]), "One load both ways")


def stage_by_stage(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 25.7: every stage of the build carries itself, and nothing hangs."""
    size = {"x": 32, "y": 16, "steps": 75, "volume": 0.45}
    _proposed(commands, "plain", PLANE.format(how=WALLS, limits="", **size), 4)
    text = PLANE.format(how=STAGES, limits=HOLDS, **size)
    done = _proposed(commands, "layered", text, 4)
    plain, layered = (_verified(commands, name, "layered") for name in ("plain", "layered"))
    kept = done.answer["summary"]["accepted"]
    yield Finding(f"shapes that hold at every stage are made ({kept} of 4)", kept > 0)
    a, b = (100 * rows["stages_held"].mean() for rows in (plain, layered))
    yield Finding(
        f"{b:.0f} % of their stages sag no more than asked, {a:.0f} % of plain ones", bool(b > a)
    )
    yield Finding(
        "all stages of all shapes do", bool((layered["stages_held"] == 1).all()), gap=True
    )
    a, b = (100 * rows["overhang"].mean() for rows in (plain, layered))
    yield Finding(
        f"{b:.2f} % of the material hangs over nothing, {a:.1f} % of plain ones", bool(b <= 0.1)
    )
    yield Finding("plain shapes are refused", bool((plain["stages_held"] < 1).any()))
    shapes = [_designs(commands, name)["density"].to_numpy()[0] for name in ("plain", "layered")]
    yield Picture(side_by_side(shapes, ["plain", "stage by stage"]), "One load, built upwards")


def two_levels(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 25.8: macro cells and their walls at once against one level after the other."""
    size = {"x": 96, "y": 48, "steps": 40, "volume": 0.5, "limits": ""}
    for name, joint in (("joint", "true"), ("sequence", "false")):
        text = PLANE.format(how=LEVELS.format(joint=joint), **size)
        done = _proposed(commands, name, text, 2)
        yield Finding(f"parts of walls are drawn and hold their limits ({name})", done.code == 0)
    once, then = (_designs(commands, name) for name in ("joint", "sequence"))
    worth = [1 / (d["compliance"] * d["volume"]).to_numpy() for d in (once, then)]
    gain = 100 * (worth[0].mean() / worth[1].mean() - 1)
    yield Finding(
        f"{gain:.1f} % stiffer per mass than the sequence made printable", bool(gain >= 0)
    )
    thin = 100 * float(once["thin"].max())
    yield Finding(f"at most {thin:.1f} % of the material is thinner than a wall", thin <= 1)
    shapes = [d["density"].to_numpy()[0] for d in (then, once)]
    yield Picture(
        side_by_side(shapes, ["one after the other", "at once"]), "Macro cells with walls"
    )


def _proposed(commands: Commands, name: str, spec: str, count: int) -> Done:
    (commands.folder / f"{name}.toml").write_text(spec)
    words = ("--spec", f"{name}.toml", "-n", count, "--seed", 1, "--out", name)
    return commands("propose", PROBLEM, *words)


def _verified(commands: Commands, name: str, spec: str) -> Mapping[str, np.ndarray]:
    """What is measured of the files of a run under the spec of another."""
    found = commands("verify", PROBLEM, f"{name}/designs", "--spec", f"{spec}.toml")
    rows = [design["measured"] for design in found.answer["designs"]]
    return {k: np.array([row[k]["value"] for row in rows]) for k in rows[0]}


def _designs(commands: Commands, name: str) -> xr.Dataset:
    return xr.open_dataset(commands.folder / name / "designs.nc")


def _quickest(ways: list[Mapping[str, np.ndarray]]) -> Mapping[str, np.ndarray]:
    """Of each part what its quickest direction gives."""
    best = np.argmin([rows["print_time"] for rows in ways], axis=0)
    return {k: np.choose(best, [rows[k] for rows in ways]) for k in ways[0]}
