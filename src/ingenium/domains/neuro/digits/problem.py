"""Problem `neuro.digits`: handwritten digits, as images or as drives of a spiking network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.problem import Problem, Projection, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.neuro.digits import pictures
from ingenium.domains.neuro.digits.costs import costs
from ingenium.domains.neuro.digits.data import LEVELS, LICENCE, SIDE, digits, held_out
from ingenium.domains.neuro.digits.drawer import CONDITION, LATENT, drawer
from ingenium.domains.neuro.digits.formats import ImageFiles, NetworkFile
from ingenium.domains.neuro.digits.nest import ENVIRONMENT, NestVerifier
from ingenium.domains.neuro.digits.opponents import BUDGETS, FAMILIES, RatePrior
from ingenium.domains.neuro.digits.report import drawn_sections, image_sections
from ingenium.domains.neuro.digits.scores import scores
from ingenium.domains.neuro.digits.settings import DigitSettings
from ingenium.domains.neuro.digits.verifier import DrawnVerifier, ImageVerifier
from ingenium.kits.spikes.layered import heard

LABEL = Variable("label", (), "1", "which digit it is", 0.0, 9.0, given="digit")
IMAGE = Variable("image", ("row", "column"), "1", "grey levels, 1 for ink", 0.0, 1.0)
RATE = Variable("rate", ("latent",), "1", "rates that drive the network", 0.0, 1.0)
MOST_REPLAYED = 8  # designs that NEST replays
SOUNDED = 10  # drives, one of each digit, under which a network must neither be silent nor full


class Digits(Problem):
    """Images of digits; with a chip, drives of the network that generates them there."""

    name: ClassVar[str] = "neuro.digits"
    summary: ClassVar[str] = (
        "handwritten digits as images, or as inputs of a spiking network within the limits of "
        "a chip"
    )
    Settings: ClassVar[type] = DigitSettings
    default_family: ClassVar[str] = "spiking_vae"
    judged: ClassVar[str] = (
        "The fixed network classifies the image of each PNG. With a chip, the NIR file's network "
        "is run again on each input current; it must generate the image in the file, and its "
        "spikes are counted. NEST replays a share if its isolated environment is installed."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "The classification by another network, or by a person.",
        "An image that was moved, dimmed or redrawn, or an input current that was changed "
        "together with its image, is another design, judged as it is.",
        "The energy of a real chip: energies are counts times published figures.",
    )
    licence = LICENCE

    def __init__(self, settings: DigitSettings) -> None:
        """Open the data and, with a chip, the network shipped with the package.

        Raises:
            InputError: for an unknown chip or number of bits, or bits at which the network is
                silent or saturated.
        """
        settings.check()
        self.settings = settings
        self.conditions = (Condition("digit", "which digit, a whole number", lower=0.0, upper=9.0),)
        self.limits = (Limit("recognised", at_least=0.5),)
        self.system = digest([settings.chip, settings.bits])
        if settings.chip:
            self._open_drives(settings)
        else:
            self._open_images()

    def _open_images(self) -> None:
        self.variables = (IMAGE, LABEL)
        self.sizes = {"row": SIDE, "column": SIDE}
        self.codec = Channels.between(((0.0, 1.0),), (SIDE, SIDE))
        self.tiers = (ImageVerifier(),)
        self.formats = {"png": ImageFiles(self.variables)}

    def _open_drives(self, settings: DigitSettings) -> None:
        self.drawer, chip = drawer(settings.bits), settings.sheet
        judge = DrawnVerifier(self.drawer, chip, settings.bits)
        self.variables = (RATE, LABEL)
        self.sizes = {"latent": LATENT}
        self.codec = Channels.between(((0.0, 1.0),), (), own=((LATENT,),))
        few = torch.arange(SOUNDED, dtype=torch.float64)
        heard(judge.run(self.drawer.rates[:SOUNDED], few).spikes)
        self.tiers, self._judge = (judge,), judge
        self.formats = {"nir": NetworkFile(judge, self.variables)}
        if judge.cores is not None:
            self.limits = (*self.limits, Limit("cores", at_most=float(chip.cores)))
        weights = [array_digest(w.numpy()) for w in self.drawer.network.weights]
        self.system = digest([settings.chip, settings.bits, *weights])
        if settings.replayed and ENVIRONMENT.made:
            self.second = Second(NestVerifier(judge), settings.replayed, MOST_REPLAYED)
        elif settings.replayed:
            self.notes = (
                "NEST replayed no design: its room is not made. "
                "Write: ingenium doctor --install neuro",
            )

    def allow(self, limits: Sequence[Limit]) -> None:
        """Refuse limits that the network satisfies with no drive.

        Raises:
            InputError: naming the limit, and the cost of the network.
        """
        fixed = self._judge.fixed if self.settings.chip else {}
        for limit in limits:
            has = fixed.get(limit.quantity)
            if has is None:
                continue
            low = -np.inf if limit.at_least is None else limit.at_least
            high = np.inf if limit.at_most is None else limit.at_most
            if not low <= has <= high:
                raise InputError(
                    f"a limit on {limit.quantity} that a network here can meet",
                    f"{limit.label}, where this one has {has:g} whatever drives it",
                    "Change bits or chip under [setup], or the limit.",
                )

    def data(self) -> xr.Dataset:
        """Return real digits, or their encoded rates."""
        n = min(self.settings.known, CONDITION) if self.settings.chip else self.settings.known
        grey, labels = digits()
        condition = torch.from_numpy(labels[:n].astype(np.float64))
        coords: dict[str, Any] = {
            "digit": (DESIGN, labels[:n].astype(np.float64)),
            "held_out": (DESIGN, held_out()[:n]),
        }
        own = self.drawer.rates[:n] if self.settings.chip else torch.from_numpy(grey[:n] / LEVELS)
        return to_dataset((own, condition), self.variables, coords)

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n 10"]:
        """Encode each digit as a column of its own."""
        digit = torch.from_numpy(designs["digit"].to_numpy().astype(np.float64)).round()
        return functional.one_hot(digit.to(torch.int64), 10).float()

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto grey levels and rates from 0 to 1, and whole digits."""
        return lambda arrays: (arrays[0].clamp(0, 1), arrays[1].round())

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return families of one size for images; for drives, the prior of the network."""
        if self.settings.chip:
            return {"spiking_vae": lambda: RatePrior(self.drawer)}
        return FAMILIES

    def budgets(self) -> Mapping[str, Any]:
        """Return one plan for a spiking family and one for the non-spiking one."""
        return {} if self.settings.chip else BUDGETS

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Score the distance of images to held-out digits."""
        return {} if self.settings.chip else scores(designs, held_out)

    def comparison(self) -> FieldComparison:
        """Compare operations, energy of an image and sheets; quality against energy."""
        facts = FieldComparison(
            by_numbers=False,
            higher=("recognised_share", "variety"),
            unscored={"grey levels one by one": "images are compared as the reader sees them"},
        )
        if self.settings.chip:
            return facts
        return replace(
            facts,
            costs=lambda family, designs: costs(family, self.features(designs)),
            figures=pictures.compared,
        )

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show a sheet of images; for drives also spikes, voltages and costs."""
        if self.settings.chip:
            return drawn_sections(self._judge, designs, verdicts)
        return image_sections(designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return a known digit at distance 0 to itself, and a drive's spikes by a plain loop."""
        grey, labels = digits()
        if not self.settings.chip:
            image = torch.from_numpy(grey[:1] / LEVELS)
            condition = torch.tensor([float(labels[0])], dtype=torch.float64)
            truth = {"nearest_distance": 0.0, "ink": float(grey[0].mean() / LEVELS)}
            return ((to_dataset((image, condition), self.variables, {}), truth, 1e-9),)
        network = self.drawer.network
        still = torch.zeros(1, LATENT, dtype=torch.float64)
        truth = {"weight_bits": float(self.settings.bits), "fan_in": float(max(network.sizes[:-1]))}
        truth["spikes"] = _plain_spikes(
            self.drawer.drives(still, torch.zeros(1))[0].numpy(), network
        )
        zero = torch.zeros(1, dtype=torch.float64)
        return ((to_dataset((still, zero), self.variables, {}), truth, 1e-12),)


def _plain_spikes(drive: np.ndarray, network: Any) -> float:
    """Spikes of one drive, step by step and layer by layer, straight from the equations."""
    weights = [w.numpy() for w in network.weights]
    biases = [b.numpy() for b in network.biases]
    retained, total = network.rhythm.retained, 0.0
    v = [np.zeros(len(w)) for w in weights[:-1]]
    sent = [np.zeros(len(w)) for w in weights[:-1]]
    for _ in range(network.rhythm.steps):
        before = [s.copy() for s in sent]
        for i, w in enumerate(weights[:-1]):
            lift = (
                (1 - retained) * (w @ drive + biases[0])
                if i == 0
                else w @ before[i - 1] + biases[i]
            )
            v[i] = retained * v[i] + lift
            sent[i] = (v[i] >= 1).astype(float)
            v[i][sent[i] > 0] = 0.0
            total += sent[i].sum()
    return float(total)
