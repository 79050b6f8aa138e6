"""Row 25.1: one part all the way from a specification to a path, its defects and a report.

A bracket with four bolts and an eye, by a spec with seven limits. 8 alternatives are proposed by
the fitted family, mended, measured, written and read back; the lightest accepted one goes on as
an STL. Parameters are by rule: two beads fit into the thinnest wall of the spec, half as high as
wide; speed from 1 kg/h of aluminium by wire and arc; layers that take less than a minute wait.
The path is solid rings, written as G-code and read. Predicted by geometry and time: overhang,
thin walls, what no bead covers, closed hollows, patches that begin over nothing (no supports are
laid), layers that must wait, collisions. The beads are measured by the verifier of the spec, as
laid. Nothing was printed, so no build was monitored, which is a part of the claim; heat, residual
stress and pores are not predicted. Each seed fits and proposes anew. Bounds: every stage done, a
design that holds every limit as read back, no collision, 95 % of the part covered. Budget: 8
alternatives a seed; quick: 4.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from ingenium import loop
from ingenium.core import spec as specs
from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.folders import write_atomic
from ingenium.core.problem import Watch, silent
from ingenium.core.spec import GeneratorChoice, Limit
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.bracket.bracket import Bracket
from ingenium.domains.structures.bracket.settings import BracketSettings
from ingenium.domains.structures.parts.making import Making
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.kits.solids.printing.beads import deposited
from ingenium.kits.solids.printing.collisions import Machine, Printhead
from ingenium.kits.solids.printing.defects import Defects, predict
from ingenium.kits.solids.printing.deposition import Deposition
from ingenium.kits.solids.printing.files import read_mesh
from ingenium.kits.solids.printing.gcode import read_gcode, write_gcode
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.path_pictures import layers
from ingenium.kits.solids.printing.pictures import shaded
from ingenium.kits.solids.printing.toolpath import (
    Bead,
    Pattern,
    Toolpath,
    everywhere,
    toolpath,
)
from ingenium.trust.ledger import open_ledger

SPEC = """
problem = "structures.bracket"
[conditions]
volume_fraction = { at_least = 0.1, at_most = 0.16 }
support_weight = { at_least = 0.5, at_most = 2.0 }
[[limits]]
quantity = "stress"
at_most = 150
unit = "MPa"
[[limits]]
quantity = "compliance"
at_most = 4.0
unit = "J"
[[limits]]
quantity = "min_feature"
at_least = 5
unit = "mm"
[[limits]]
quantity = "trapped_powder"
at_most = 0
unit = "cm³"
[[limits]]
quantity = "tool_blocked"
at_most = 0.01
[[limits]]
quantity = "missing"
at_most = 0.02
[[limits]]
quantity = "pieces"
at_most = 1
[[objectives]]
quantity = "mass"
sense = "minimise"
[select]
count = 1
"""
SETTINGS = BracketSettings(
    cells=(16, 12, 18),
    cell_mm=6.0,
    making=Making(designs=16, at_once=8, coarse_steps=0, steps=24, repair_steps=12, milled=2),
)
LEARNED = 300  # steps of the fit
STAGES = ("spec", "alternatives", "mesh", "parameters", "toolpath", "defects", "as laid", "report")
PROPOSED, QUICK_PROPOSED = 8, 4
WALL_BEADS = 2  # that the thinnest wall of the spec must take
HEAD = Printhead(nozzle_m=0.004, cone_deg=30.0, body_m=0.03, body_above_m=0.03)
MACHINE = Machine(HEAD, (-0.05, -0.05, 0.0), (0.2, 0.2, 0.2))
CM3, MM, HOUR_S = 1e6, 1e3, 3600.0


@dataclass(frozen=True, eq=False)
class Way:
    """What one part went through."""

    seconds: Mapping[str, float]
    accepted: int
    proposed: int
    mesh: Trimesh
    process: Deposition
    path: Toolpath
    defects: Defects
    before: Mapping[str, float]  # measured of the mesh
    laid: Mapping[str, float]  # measured of the beads
    limits: tuple[Limit, ...]

    @property
    def hours(self) -> float:
        """On the machine, waits included."""
        return float(self.process.layers_s(self.path).sum() + self.defects.wait_s) / HOUR_S

    @property
    def held_percent(self) -> float:
        """Limits of the spec that the beads hold."""
        return 100 * float(np.mean([_holds(limit, self.laid) for limit in self.limits]))


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each seed proposes anew and goes the whole way with the part that is best."""
    count = QUICK_PROPOSED if budget.quick else PROPOSED
    problem = Bracket(SETTINGS)
    problem.prepare(watch)
    rows: list[dict[str, float]] = []
    for at, seed in enumerate(budget.seeds):
        watch("parts", at, len(budget.seeds))
        with TemporaryDirectory() as folder:
            rows.append(scores(way(problem, count, seed, Path(folder)), count))
    every = {key: t_interval([row[key] for row in rows]) for key in rows[0]}
    for name in ("stages", "accepted", "collisions"):
        found = [row[name] for row in rows]
        every[name] = Interval(float(np.mean(found)), min(found), max(found))
    every["monitored"] = Interval(0.0, 0.0, 0.0)
    return from_intervals(
        every,
        {},
        digest([SPEC, count, *budget.seeds]),
    )


def way(problem: Bracket, count: int, seed: int, folder: Path) -> Way:
    """All stages, one after the other; each takes what the one before left as files."""
    clock = loop.Clock()
    with clock("spec"):
        file = folder / "bracket.toml"
        write_atomic(file, SPEC.encode())
        asked = replace(specs.load(file), generator=GeneratorChoice(seed=seed, steps=LEARNED))
    with clock("alternatives"), open_ledger(folder / "ledger.sqlite") as ledger:
        run = loop.run(problem, asked, count, seed, folder / "run", ledger=ledger, watch=silent)
    with clock("mesh"):
        best = int(run.selected[0])
        name = f"design_{int(run.designs[DESIGN][best]):04d}"
        mesh = read_mesh(folder / "run" / "designs" / name / "part.stl")
    with clock("parameters"):
        process = Deposition(bead_of(asked.limits))
    with clock("toolpath"):
        pattern = Pattern(process.bead, hop_m=2 * process.bead.height_m)
        file = folder / "part.gcode"
        write_gcode(
            toolpath(mesh, pattern, everywhere(1.0)),
            file,
            laid_m_s=process.laid_m_s,
            travel_m_s=process.travel_m_s,
        )
        path = read_gcode(file)
    with clock("defects"):
        defects = predict(mesh, path, process, MACHINE)
    with clock("as laid"):
        laid = measured(problem, path)
    names = [q.name for q in problem.quantities]
    found = Way(
        clock.seconds,
        int((run.verdicts["verdict"].to_numpy() == Verdict.ACCEPTED).sum()),
        count,
        mesh,
        process,
        path,
        defects,
        {name: float(run.verdicts[name][best]) for name in names},
        laid,
        asked.limits,
    )
    with clock("report"):
        report(found, folder / "report")
    return found


def bead_of(limits: tuple[Limit, ...]) -> Bead:
    """The widest bead of which two fit side by side into the thinnest wall, half as high."""
    wall = next(float(str(limit.at_least)) for limit in limits if limit.quantity == "min_feature")
    width = wall / MM / WALL_BEADS
    return Bead(width, width / 2)


def measured(problem: Bracket, path: Toolpath) -> dict[str, float]:
    """What the verifier of the spec says of the beads."""
    grid = problem.part.grid
    x, y, z = grid.cells
    share = torch.from_numpy(deposited(path, (x, y, z), grid.cell_m, fine=6))
    row = problem.exact.measure(share[None])[0].tolist()
    return dict(zip((q.name for q in problem.quantities), row, strict=True))


def _holds(limit: Limit, found: Mapping[str, float]) -> bool:
    value = found[limit.quantity]
    low = -np.inf if limit.at_least is None else float(str(limit.at_least))
    high = np.inf if limit.at_most is None else float(str(limit.at_most))
    return bool(low <= value <= high)


def report(found: Way, folder: Path) -> None:
    """A page of numbers with a view of the part and some of its layers."""
    folder.mkdir()
    shaded(found.mesh, title="Part, as read").savefig(folder / "part.png", dpi=100)
    top = float(found.path.layers_m[-1])
    picture = layers(found.path, [top * share for share in (0.05, 0.2, 0.4, 0.6, 0.8, 0.95)])
    picture.savefig(folder / "layers.png", dpi=110)
    lines = ["# One bracket, from specification to path", "", "![part](part.png)", ""]
    lines += ["![layers](layers.png)", "", "| predicted | value |", "|---|---|"]
    lines += [f"| {key} | {value:.4g} |" for key, value in asdict(found.defects).items()]
    lines += ["", "| quantity | mesh | as laid |", "|---|---|---|"]
    lines += [f"| {k} | {found.before[k]:.4g} | {found.laid[k]:.4g} |" for k in found.laid]
    lines += ["", "| stage | s |", "|---|---|"]
    lines += [f"| {stage} | {spent:.2f} |" for stage, spent in found.seconds.items()]
    write_atomic(folder / "report.md", ("\n".join(lines) + "\n").encode())


def scores(found: Way, count: int) -> dict[str, float]:
    """Numbers of one way."""
    volume, defects = float(found.mesh.volume), found.defects
    return {
        "stages": 100 * sum(stage in found.seconds for stage in STAGES) / len(STAGES),
        "accepted": float(found.accepted),
        "collisions": float(defects.collisions + defects.out_of_reach),
        "covered": 100 * (1 - defects.thin_m3 / volume),
        "held": found.held_percent,
        "accepted_percent": 100 * found.accepted / count,
        "mass_kg": found.before["mass"],
        "laid.mass_kg": found.laid["mass"],
        "laid.compliance_by_mesh": found.laid["compliance"] / found.before["compliance"],
        "laid.stress_by_mesh": found.laid["stress"] / found.before["stress"],
        "path_m": float(found.path.length_m[found.path.laid].sum()),
        "machine_h": found.hours,
        "defect.overhang_cm2": 1e4 * defects.overhang_m2,
        "defect.wall_mm": MM * defects.wall_m,
        "defect.beyond_percent": 100 * defects.beyond_m3 / volume,
        "defect.trapped_cm3": CM3 * defects.trapped_m3,
        "defect.islands": float(defects.islands),
        "defect.islands_cm3": CM3 * defects.island_m3,
        "defect.short_layers": float(defects.short_layers),
        "defect.wait_h": defects.wait_s / HOUR_S,
        **{f"seconds.{stage.replace(' ', '_')}": found.seconds[stage] for stage in STAGES},
    }
