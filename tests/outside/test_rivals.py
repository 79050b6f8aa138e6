"""A domain whose engine cannot be installed together with that of power grids works with it.

Its isolated environment requires a release of pandapower that `grid` refuses. No index is needed:
that release is a wheel written here, and NumPy's is packed from the installed one.
"""

import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution as installed_distribution
from importlib.metadata import requires, version
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

from ingenium import propose, replay
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import file_digest
from ingenium.core.errors import MissingEnvironment
from ingenium.core.evidence import read
from ingenium.core.problem import Problem
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.trust.environments.environment import here
from plugged import distribution, plugged

RELEASE = "0.0.1"
MODULE = f'__version__ = "{RELEASE}"\n\n\ndef drop(a, ohm):\n    return a * ohm\n'
ABOUT = "Metadata-Version: 2.1\nName: {0}\nVersion: {1}\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def written(house: Path) -> Path:
    """The wheel of the old release."""
    path = house / f"pandapower-{RELEASE}-py3-none-any.whl"
    about = f"pandapower-{RELEASE}.dist-info"
    files = {
        "pandapower/__init__.py": MODULE,
        f"{about}/METADATA": ABOUT.format("pandapower", RELEASE),
        f"{about}/WHEEL": WHEEL,
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr(f"{about}/RECORD", "".join(f"{n},,\n" for n in (*files, f"{about}/RECORD")))
    return path


def packed(house: Path) -> Path:
    """The wheel of the NumPy that is installed."""
    found = installed_distribution("numpy")
    (tag,) = [x for x in (found.read_text("WHEEL") or "").splitlines() if x.startswith("Tag: ")][:1]
    path = house / f"numpy-{found.version}-{tag.removeprefix('Tag: ')}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file in found.files or ():
            if not {"..", "__pycache__", "tests", "INSTALLER", "REQUESTED"} & set(file.parts):
                wheel.write(str(file.locate()), str(file))
    return path


@pytest.fixture(scope="module")
def rivals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Problem]:
    """The installed domain, with the lock of its environment; pip sees only the wheels."""
    site, house = (tmp_path_factory.mktemp(name) for name in ("site", "house"))
    shutil.copytree(Path(__file__).parent / "rivals", site / "rivals")
    wheels = {"pandapower": written(house), "numpy": packed(house)}
    about = {"engine": "pandapower", "release": RELEASE, "packages": 2}
    about |= dict(zip(("python", "system"), here(), strict=True))
    size = sum(path.stat().st_size for path in wheels.values()) / 1e6
    lines = [f"# {json.dumps(about | {'download_mb': size, 'disk_mb': size})}"]
    for name, path in wheels.items():
        lines.append(f"{name}=={path.name.split('-')[1]} --hash={file_digest(path)}")
    (site / "rivals" / "environment" / "lock.txt").write_text("\n".join(lines) + "\n")
    distribution(site, "rivals", {"rivals": "rivals:DOMAIN"})
    with pytest.MonkeyPatch.context() as patch, plugged(site):
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(house))
        yield open_problem(Spec(problem="rivals.wire"))
    for name in [m for m in sys.modules if m.partition(".")[0] == "rivals"]:
        del sys.modules[name]


def test_they_cannot_be_installed_together() -> None:
    (needed,) = {
        str(r.specifier)
        for r in map(Requirement, requires("ingenium") or ())
        if r.name == "pandapower" and r.marker and r.marker.evaluate({"extra": "grid"})
    }
    assert RELEASE not in Requirement(f"pandapower{needed}").specifier


def test_both_measure_in_one_process(rivals: Problem, rural_days: Problem, tmp_path: Path) -> None:
    (drops,) = rivals.tiers
    environment = drops.environment
    with pytest.raises(MissingEnvironment, match="ingenium doctor --install rivals"):
        propose(Spec(problem="rivals.wire"), 16, 1, tmp_path / "before")
    environment.make()
    run = propose(Spec(problem="rivals.wire"), 32, 1, tmp_path / "run")
    one, other = to_arrays(run.designs, rivals.variables)
    np.testing.assert_allclose(run.verdicts["drop"], (one * other).numpy(), rtol=1e-12)
    engine = read(run.folder / "evidence.jsonl")[0]["engine"]
    assert engine["engine_version"] == f"pandapower {RELEASE} environment {environment.digest[:23]}"
    assert environment.ask("release", {}, {})["parts"].tolist() == [0, 0, 1]
    assert replay(run.folder, int(run.designs[DESIGN][run.selected[0]])).reproduced

    import pandapower  # the one of power grids, in this process

    assert pandapower.__version__ == version("pandapower") != RELEASE
    days = rural_days.data().isel({DESIGN: [0]})
    found = rural_days.tiers[0].measure(*to_arrays(days, rural_days.variables))
    assert bool(found.isfinite().all())
    environment.worker.close()
