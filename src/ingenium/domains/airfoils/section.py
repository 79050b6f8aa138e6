"""Problem `airfoils.section`: wing sections with little drag at a required lift."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from math import exp, log
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.codecs import Whitened
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.problem import Codec, Pretrained, Problem, Projection, Section
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.select import Metric
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.airfoils import known, report
from ingenium.domains.airfoils.cst import NUMBERS, WEIGHTS, Surfaces, arrays_of, numbers_of
from ingenium.domains.airfoils.files import SeligDat
from ingenium.domains.airfoils.hard import MOST_EDGE, shaped
from ingenium.domains.airfoils.judge import engines, second
from ingenium.domains.airfoils.naca import naca_2412
from ingenium.domains.airfoils.network import network
from ingenium.domains.airfoils.polar import sweep
from ingenium.domains.airfoils.refine import Refiner, bowed, measurements
from ingenium.domains.airfoils.settings import Point, SectionSettings
from ingenium.domains.airfoils.verifier import NeuralFoilVerifier, of_shape
from ingenium.generators.inverse.shipped import shipped

VARIABLES = (
    Variable("upper_weights", ("weight",), "1", "Kulfan weights of the upper surface"),
    Variable("lower_weights", ("weight",), "1", "Kulfan weights of the lower surface"),
    Variable("nose_weight", (), "1", "Kulfan weight of the leading edge"),
    Variable("edge", (), "1", "thickness of the trailing edge, in chords", 0.0, 0.5),
)
CONDITIONS = (
    Condition(
        "thickness",
        "largest thickness in chords",
        lower=0.03,
        upper=0.35,
        measured="max_thickness",
        exact=True,
    ),
    Condition(
        "camber",
        "height of the middle line in chords",
        lower=-0.02,
        upper=0.16,
        measured="max_camber",
        acts=False,
    ),
    Condition(
        "design_lift", "lift at which lift over drag is best", lower=0.0, upper=2.5, acts=False
    ),
)
UNLABELLED = ("judge", "refine_steps", "processes")  # settings that change no label
BEYOND = 1.15  # largest ratio of a requested lift to that of any known section


class WingSection(Problem):
    """Sections with high lift over drag at several operating points."""

    name: ClassVar[str] = "airfoils.section"
    summary: ClassVar[str] = "airfoil sections with low drag at a given lift, at several speeds"
    Settings: ClassVar[type] = SectionSettings
    judged: ClassVar[str] = "The points of the outline, and the nearest smooth curve of 18 numbers."
    unchecked: ClassVar[tuple[str, ...]] = (
        "Size and position of a section do not matter: its outline is normalised to its chord.",
        "Points may deviate by up to 0.01 chords from that curve, and one by 0.002.",
        "Flow beyond stall, roughness, gaps and the wing around the section are not computed.",
    )
    validity = ("lift_missing",)
    # It fits quickly, and of its proposals for the example about as many satisfied every limit as
    # of those of flow matching (45 and 43 of 64, by NeuralFoil, after 30 steps each).
    default_family: ClassVar[str] = "gaussian_copula"
    repair_calls: float = 0.0  # of the engine
    steered_family: ClassVar[str] = "flow_matching"
    licence = known.LICENCE

    def __init__(self, settings: SectionSettings) -> None:
        """Open the engines and the known sections.

        Raises:
            InputError: for a lift far above that of every known section.
            MissingExtra: if NeuralFoil is not installed.
        """
        self.settings = settings
        self.variables, self.conditions = VARIABLES, CONDITIONS
        self.sizes = {"weight": WEIGHTS}
        self.system = digest(asdict(settings))
        self.engines, self.notes = engines(settings)
        self.tiers = self.engines
        if isinstance(self.engines[-1], NeuralFoilVerifier):  # repair never calls XFOIL
            self.repair_calls = measurements(settings.refine_steps)
        self.second = second(self.engines[-1])
        self.formats = {"dat": SeligDat(VARIABLES)}
        self.limits = (
            Limit("lift_missing", at_most=0.001, unit="1"),
            Limit("moment", at_least=-0.12, unit="1"),
            Limit("max_lift", at_least=1.3, unit="1"),
            Limit("edge_thickness", at_least=0.001, unit="1"),
        )
        for point in settings.points:
            self.reach(point)
        self.known = self.read()
        learned = self.known.isel({DESIGN: np.flatnonzero(~self.known["held_out"].to_numpy())})
        self.codec: Codec = Whitened.of(to_arrays(learned, VARIABLES))

    def reach(self, point: Point) -> None:
        """Refuse a lift far beyond that of every known section."""
        numbers = known.stored()[1][::8]
        net = network(self.settings.network, self.settings.amplification)
        angles = torch.arange(8.0, 21.0, 1.0, dtype=torch.float64)
        reynolds = torch.full((len(numbers),), point.reynolds, dtype=torch.float64)
        flow = sweep(net, numbers, angles, reynolds)
        sure = flow.confidence >= self.settings.least_confidence
        most = float(flow.lift[sure].max()) if bool(sure.any()) else 0.0
        if point.lift > BEYOND * most:
            raise InputError(
                f"a lift of the point {point.name} of at most {BEYOND * most:.2f}, "
                f"{BEYOND:g} times that of any known section at Reynolds {point.reynolds:g}",
                point.lift,
                "Write a smaller lift, or a larger reynolds.",
            )

    def read(self) -> xr.Dataset:
        """Read the sections of the UIUC database whose conditions are known."""
        names, numbers = known.stored()
        s = self.settings
        speed = exp(sum(w * log(p.reynolds) for w, p in zip(s.weights, s.points, strict=True)))
        net = network(s.network, s.amplification)
        lift = known.design_lift(net, numbers, speed, s.least_confidence)
        some = np.flatnonzero(~lift.isnan().numpy())
        arrays = arrays_of(numbers[some])
        shape = of_shape(*arrays)
        whole = to_dataset(arrays, VARIABLES, {})
        labels = np.array(names)[some]
        return whole.assign_coords(
            thickness=(DESIGN, shape[:, 0].numpy()),
            camber=(DESIGN, shape[:, 2].numpy()),
            design_lift=(DESIGN, lift[some].numpy()),
            held_out=(DESIGN, known.held_out(tuple(labels))),
            group=(DESIGN, [known.kin(x) for x in labels]),
            section=(DESIGN, labels),
        )

    def data(self) -> xr.Dataset:
        """Return sections of the UIUC database; whole families are held out."""
        return self.known

    def fixable(self) -> tuple[Quantity, ...]:
        """Thickness of the section and of its trailing edge."""
        return tuple(q for q in self.quantities if q.name in ("max_thickness", "edge_thickness"))

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose the thickness, surfaces that do not cross, and an edge within the known range.

        Raises:
            InputError: for a fixed thickness that no section can have.
        """
        _check_fixed(fixed)
        thickness = torch.from_numpy(np.array(conditions["thickness"], dtype=np.float64))
        return lambda arrays: shaped(arrays, thickness, fixed)

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Take some gradient steps of NeuralFoil from each proposal, near to the requested camber.

        Thickness and edge do not change.
        """
        camber = torch.from_numpy(np.array(conditions["camber"], dtype=np.float64))
        refiner = Refiner(self.settings, self.codec, price=partial(bowed, camber=camber))
        return refiner.refined(arrays, self.settings.refine_steps)

    def comparison(self) -> FieldComparison:
        """Count repair calls; the bare problem omits the gradient steps."""
        if not self.repair_calls:
            return FieldComparison()
        own = replace(self.settings, refine_steps=0)
        return FieldComparison(repair_calls=self.repair_calls, bare=lambda: type(self)(own))

    def steerable(self) -> Mapping[str, Callable[..., Float[Tensor, " n"]]]:
        """Mean lift over drag, by NeuralFoil."""
        return {"lift_to_drag": NeuralFoilVerifier(self.settings).glide}

    def metric(self, designs: xr.Dataset) -> Metric:
        """Root mean square distance of the surfaces, in chords.

        Surfaces of equal sections are computed once, since last bits depend on the row in a batch.
        """
        arrays = to_arrays(designs, VARIABLES)
        flat = torch.cat([a.reshape(len(a), -1) for a in arrays], 1).numpy()
        _, places, own = np.unique(flat, axis=0, return_index=True, return_inverse=True)
        first = torch.from_numpy(places[own])
        s = Surfaces.of(arrays)
        heights = torch.cat([s.upper, s.lower], 1)[first]
        return lambda i: (heights - heights[i]).square().mean(1).sqrt().numpy()

    def coordinates(self, designs: xr.Dataset) -> Float64[np.ndarray, "n m"]:
        """Return points whose Euclidean distances are those of `metric`.

        The heights of the surfaces are linear in the numbers of a section, so that these turned by
        the factor of a QR decomposition are at the same distances as all heights.
        """
        one = torch.eye(NUMBERS, dtype=torch.float64)
        s = Surfaces.of(arrays_of(one))
        heights = torch.cat([s.upper, s.lower], 1) / (2 * s.upper.shape[1]) ** 0.5
        turn = torch.linalg.qr(heights.T).R
        points: np.ndarray = (numbers_of(to_arrays(designs, VARIABLES)) @ turn.T).numpy()
        return points

    def pretrained(self) -> Mapping[str, Pretrained]:
        """The inverse of a forward model of NeuralFoil, for the usual operating points."""
        usual = replace(SectionSettings(), **{n: getattr(self.settings, n) for n in UNLABELLED})
        return shipped(self) if type(self) is WingSection and self.settings == usual else {}

    def labels(self) -> dict[str, Any]:
        """Number of each weight, from nose to tail."""
        return {"weight": np.arange(WEIGHTS)}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the best sections, their pressures and polars, and the best of the known ones."""
        found = (designs, verdicts)
        return report.sections(self.settings, self.verifier, VARIABLES, found, self.known)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """NACA 2412, whose name states thickness and camber.

        Source: Abbott and von Doenhoff, Theory of Wing Sections, 1959, section 6.4; the edge is
            0.0021 of the thickness for each percent of it.
        """
        section = to_dataset(naca_2412(), VARIABLES, {})
        truth = {"max_thickness": 0.12, "max_camber": 0.02, "edge_thickness": 0.00252}
        return ((section, truth, 0.015),)


def _check_fixed(fixed: Mapping[str, Fixed]) -> None:
    spans = {"max_thickness": (0.01, 0.5), "edge_thickness": (0.0, MOST_EDGE)}
    for name, wanted in fixed.items():
        low, high = spans[name]
        if not low <= wanted.value <= high:
            raise InputError(
                f"{name} to hold between {low:g} and {high:g} chords",
                wanted.value,
                "Write a thickness over the chord, such as 0.12.",
            )
