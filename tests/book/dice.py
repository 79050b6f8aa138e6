"""A third party's package with a domain's entry point, rows, a study and a check."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingenium import domains
from ingenium_book import claims, history

ROWS = """
chapter = "dice"
title = "Games of chance"
[[rows]]
row = "dice.1"
class = "N"
title = "Loaded die"
domain = "games"
claim = "A loaded die throws more than a fair one."
claimed = "1 more"
stated = "reader"
acceptance = [
    { item = "more than a fair die on the same seeds", by = "gain" },
    { item = "dice of wood", by = "untested" },
]
no_rival = "A fair die is what it is compared with."
found = "It throws {gain|.2f~} more."
study = "dice_house.studies.loaded"
measured_on = "two dice"
main = { name = "gain", text = "more than a fair die", at_least = 0.5 }
side = [{ name = "throws", text = "throws of a seed", at_least = 100.0 }]
untested = ["dice of bone"]
[[rows]]
row = "dice.2"
class = "C"
title = "List of domains"
domain = "games"
claim = "The engine lists its domains."
claimed = "no number"
stated = "reader"
acceptance = [{ item = "the list holds problems", by = "it holds domains" }]
mutant = "answers"
check = "dice_house.checks:listed"
"""
LOADED = '''
"""Row dice.1: a loaded die against a fair one.

Each seed throws both dice equally often; a loaded one never shows a one or a two.
"""

import numpy as np

from dice_house.throwing import thrown
from ingenium.evaluate.trials import Trials, exact


def run(least, seed, size):
    return {"eyes": thrown(least, seed, size)}


def read(found):
    loaded, fair = found("loaded", "eyes"), found("fair", "eyes").mean(1)
    return {"gain": loaded.mean(1) - fair, "throws": exact(loaded.shape[1]), "fair": fair}


measure = Trials(arms={"loaded": LEAST, "fair": 1}, sizes=(200, 100), run=run, read=read)
'''
THROWING = '''
import numpy as np


def thrown(least, seed, size):
    """Eyes of a die that shows at least `least`."""
    return np.random.default_rng(seed).integers(least, 7, size)
'''
CHECKS = '''
from matplotlib.figure import Figure

from ingenium_book.findings import Finding, Picture


def listed(commands):
    """Row dice.2: the list of problems."""
    done = commands("list")
    yield Finding("the command ends well", done.code == 0)
    yield Finding(f"it holds domains ({len(done.answer)})", bool(done.answer))
    yield Finding("it tells the weather", "weather" in done.answer, gap=True)
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([0, 1])
    yield Picture(figure, "A line")
'''


INIT = """
from ingenium.core.domain import Domain

DOMAIN = Domain("dice", "games of chance", package=__name__)
"""


def written(home: Path, *, least: int = 3, rows: str = ROWS) -> Path:
    """Write the package and its metadata below `home/src`; return that folder."""
    place = home / "src"
    own = place / "dice_house"
    (own / "studies").mkdir(parents=True)
    (home / "pyproject.toml").write_text("[project]\n")
    (own / "__init__.py").write_text(INIT)
    (own / "throwing.py").write_text(THROWING)
    (own / "checks.py").write_text(CHECKS)
    (own / "studies" / "__init__.py").write_text("")
    (own / "studies" / "rows.toml").write_text(rows)
    loaded = LOADED.replace("LEAST", str(least)).lstrip()
    (own / "studies" / "loaded.py").write_text(loaded)
    about = place / "dice_house-0.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: dice-house\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text("[ingenium.domains]\ndice = dice_house:DOMAIN\n")
    return place


def forget() -> None:
    """Forget the package, as in a new process."""
    for name in [m for m in sys.modules if m.partition(".")[0] == "dice_house"]:
        del sys.modules[name]
    domains.load.cache_clear()
    claims.chapters.cache_clear()
    history.root.cache_clear()


@contextmanager
def installed(home: Path) -> Iterator[Path]:
    """Make the package importable, and its rows known."""
    with pytest.MonkeyPatch.context() as patch:
        place = written(home)
        patch.syspath_prepend(str(place))
        forget()
        yield place / "dice_house"
    forget()
