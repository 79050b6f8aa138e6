"""Problem: design of a periodic cell so that the material made of it has target properties."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import digest
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.problem import Projection, Second, Section, Watch
from ingenium.core.quantity import Condition, Variable
from ingenium.core.select import Metric
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.structures.cells import independent
from ingenium.domains.structures.cells.files import NpzCell, StlCell, ThreeMfCell
from ingenium.domains.structures.cells.inverse import Inverse, Wanted, calls
from ingenium.domains.structures.cells.printed import CellPrinter
from ingenium.domains.structures.cells.properties import AXES
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.training import dataset, families, held_out
from ingenium.domains.structures.cells.verifier import CellVerifier
from ingenium.domains.structures.half_cells import FINE, HalfCells
from ingenium.kits.solids.stocked_problem import StockedProblem
from ingenium.train.plan import Plan

SOLID = "solid"
POISSON, YOUNG, SHARE = "poisson_wanted", "young_wanted", "share_wanted"
KIND = "kind"
FINER = "dissected periodic finite elements, half pixels"
FINER_SHARE, FINER_MOST = 0.1, 8  # of the accepted designs


class UnitCell(StockedProblem):
    """Cells of a solid and a void, or of two phases, with target stiffness and Poisson ratio."""

    name: ClassVar[str] = "structures.unit_cell"
    summary: ClassVar[str] = "periodic metamaterial cells with target effective properties"
    Settings: ClassVar[type] = CellSettings
    judged: ClassVar[str] = (
        "The middle one of the repeated cells; the whole body must consist of repetitions of that "
        "cell."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "A mirrored cell is the same material: no quantity distinguishes them.",
        "Properties are those of an infinite periodic medium: edges of a body and its loads are "
        "not judged.",
        "Plasticity beyond first yield, buckling, fatigue and printing are not judged.",
        "For 3D cells the mesh error is not estimated: half voxels take a hundred times as long.",
    )
    validity = ("connected",)
    # For plane cells new designs meet more targets than moved known ones do (head_to_head.json).
    default_family: ClassVar[str] = "principal_flow_matching"
    licence = "designs drawn by ingenium itself; free of third-party rights"

    def __init__(self, settings: CellSettings) -> None:
        """Open the cell; the grid must be one that the engine can factor."""
        self.settings = settings
        self.exact = CellVerifier(settings)
        self.inverse = Inverse(self.exact)
        axes = tuple(AXES[: self.exact.cell.dim])
        self.variables = (Variable(SOLID, axes, "1", "share of each cell that is solid", 0.0, 1.0),)
        self.sizes = dict(zip(axes, settings.cells, strict=True))
        self.conditions = (
            Condition(
                POISSON, "largest Poisson ratio, as wanted", None, -1.0, 1.0, measured="poisson"
            ),
            Condition(YOUNG, "smallest Young's modulus over the material's, as wanted"),
            Condition(SHARE, "share of the cell that is solid, as wanted", measured="share"),
            Condition(KIND, "family that it is like", choices=tuple(sorted(families(len(axes))))),
        )
        self.limits = (
            Limit("connected", at_least=1.0, unit="1"),
            Limit("carried_axes", at_least=self.exact.cell.dim, unit="1"),
        )
        if len(axes) == 3:  # where known cells are few, and networks meet almost no target
            self.default_family = "residual_bootstrap"  # type: ignore[misc]
            self.steered_family = UnitCell.default_family  # type: ignore[misc]
        if not settings.porous:  # the second phase supports loose pieces
            self.limits = (Limit("bulk_of_bound", at_most=1.0, unit="1"),)
        self.tiers = (self.exact,)
        self.second = independent.CellReference(self.exact).second
        if len(axes) == 2:  # in space half voxels take a hundred times as long
            halves = Second(HalfCells(self.exact, self._half, FINER), FINER_SHARE, FINER_MOST)
            self.second = replace(self.second, finer=halves)
        self.codec = Channels.between(((0.0, 1.0),), settings.cells)
        # The first one is verified; a mesh cannot represent a second phase.
        forms = (StlCell, ThreeMfCell, NpzCell) if settings.porous else (NpzCell,)
        self.formats = {form.name: form(self.variables[0], settings) for form in forms}
        self.batch_size = 16 if len(axes) == 2 else 4
        self.system = digest(asdict(settings))

    def _half(self) -> CellVerifier:
        return CellVerifier(
            replace(self.settings, cells=tuple(FINE * n for n in self.settings.cells))
        )

    def known(self, watch: Watch) -> xr.Dataset:
        """Return cells of families, with their measured values as conditions."""
        retained = dataset(self.settings, self.exact).complete(watch)
        fits = np.abs(retained["poisson"]) <= 1
        retained = {name: array[fits] for name, array in retained.items()}
        solid = torch.from_numpy(retained["solid"]).double()
        young = retained["young"] / self.settings.material.modulus_pa
        conditions = {POISSON: retained["poisson"], YOUNG: young, SHARE: retained["share"]}
        conditions[KIND] = retained["kind"].astype(str)
        coords = {name: (DESIGN, values) for name, values in conditions.items()}
        known = to_dataset((solid,), self.variables, coords | self.labels())
        return known.assign_coords(held_out=held_out(len(solid), self.settings.seed))

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n c"]:
        """Return Poisson ratio, log of stiffness over share, share, and the family one-hot."""
        wanted = _wanted(designs)
        specific = (wanted.young.clamp(min=1e-4) / wanted.share.clamp(min=1e-2)).log10()
        numbers = [2 * wanted.poisson, specific + 1.5, 4 * wanted.share - 2]
        kind = designs[KIND].to_numpy().astype(str)
        own = [torch.from_numpy(kind == name) for name in self.conditions[-1].choices or ()]
        return torch.stack([*numbers, *own], 1).to(torch.float32)

    def labels(self) -> dict[str, Any]:
        """Centres of the grid's cells (m)."""
        pitch = self.settings.cell_m / self.settings.cells[0]
        return {a: (np.arange(n) + 0.5) * pitch for a, n in self.sizes.items()}

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Clip shares to [0, 1]."""
        return lambda arrays: (arrays[0].clamp(0.0, 1.0),)

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Make cells solid or void, connected and wide enough; optimise those off their targets."""
        steps = self.settings.refine_steps
        repaired = self.inverse.repaired(arrays[0], _wanted(conditions), steps)
        return (repaired.to(torch.float64),)

    def budgets(self) -> Mapping[str, Plan]:
        """Return the plan until the held-out loss of plane cells is flat; about 90 s of a core."""
        return {UnitCell.default_family: Plan(steps=8000)}

    def comparison(self) -> FieldComparison:
        """Separate comparisons of spatial and two-phase cells; bare ones omit the optimiser."""
        spatial = len(self.settings.cells) == 3
        setup = "in space" if spatial else "" if self.settings.porous else "two phases"
        bare = replace(self.settings, refine_steps=0)
        solves = float(calls(self.settings.refine_steps))  # homogenisations; some need fewer
        return FieldComparison(setup=setup, repair_calls=solves, bare=lambda: UnitCell(bare))

    def metric(self, designs: xr.Dataset) -> Metric:
        """Return the root mean square difference under the best periodic shift."""
        x = self.encode(designs)[:, 0].to(torch.float64)
        axes = tuple(range(1, x.ndim))
        waves, size = torch.fft.rfftn(x, dim=axes), x.square().mean(axes)

        def distance(i: int) -> Float[np.ndarray, " n"]:
            common = torch.fft.irfftn(waves[i].conj() * waves, s=x.shape[1:], dim=axes)
            alike = common.amax(axes) / x[0].numel()
            return np.asarray((size[i] + size - 2 * alike).clamp(min=0.0).sqrt())

        return distance

    def steerable(self) -> Mapping[str, Callable[..., Float[Tensor, " n"]]]:
        """Poisson ratios, Young's moduli and the bulk modulus, with exact gradients."""
        smooth = [q.name for q in self.quantities if q.name.startswith(("poisson_", "young_"))]
        return {name: partial(self.exact.soft, name) for name in (*smooth, "bulk")}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report cells side by side, and their position among the known ones."""
        from ingenium.domains.structures.cells import report

        printer, modulus_pa = CellPrinter(self.settings), self.settings.material.modulus_pa
        return report.sections(printer, modulus_pa, self.data(), designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """The material itself, and layers pulled along."""
        return independent.known_answers(self.settings, self.variables)


def _wanted(conditions: xr.Dataset) -> Wanted:
    columns = (np.array(conditions[name], dtype=np.float64) for name in (POISSON, YOUNG, SHARE))
    return Wanted(*(torch.from_numpy(column) for column in columns))
