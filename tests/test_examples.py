"""Every example parses and matches its problem; the feeder of one's own runs."""

import json
import runpy
import shutil
from pathlib import Path

import pytest

import ingenium
from ingenium.core.artifact import load as load_artifact
from ingenium.core.problem import Problem
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec, load
from ingenium.domains import open_problem, problem_class
from ingenium.edge.device import DeviceSheet
from ingenium.infer.question import Inferable
from ingenium.infer.spec import load as infer_spec
from ingenium.operate.spec import OperateSpec

EXAMPLES = Path(__file__).parents[1] / "examples"
ALONE = (
    "feeder_week",
    "annual_profiles",
    "morning",
    "forecast_error",
    "day_ahead",
    "envelope",
    "meters",
    "rts_gmlc_day",
    "opf_118",
    "fast_charging",
    "bids",
    "home_manager",
    "storage_week",
    "island",
    "cell",
    "ageing_cells",
)  # which use another grid, or none
SPECS = [p for p in sorted(EXAMPLES.glob("grid/*.toml")) if p.stem not in ALONE]
INFERRED = sorted(p for p in EXAMPLES.glob("*/*.toml") if p.stem in ("meters", "pilots"))
MEASURED = [EXAMPLES / "grid" / "cell.toml"]  # posteriors of data that are not shipped
DEVICES = [*sorted(EXAMPLES.glob("edge/*_device.toml")), EXAMPLES / "edge" / "cortex_m7.toml"]
RUN = ("self_optimise", "storage_week", "risks", "shared_control", "preferences")
OPERATED = sorted(p for p in EXAMPLES.glob("*/*.toml") if p.stem in RUN)
SCALE = sorted(EXAMPLES.glob("scale/*.toml"))  # models, clusters and drills, read in tests/scale
DRAFTED = [EXAMPLES / "buildings" / "rooms.toml"]  # of a brief
WRITTEN = [EXAMPLES / "desk" / "premise.toml", EXAMPLES / "desk" / "session.toml"]
WATCHED = [EXAMPLES / "printing" / "frames.toml"]  # of a monitor
DISTANCE = (*SPECS, *INFERRED, *MEASURED, *DEVICES, *OPERATED, *SCALE, *DRAFTED, *WRITTEN, *WATCHED)
OTHERS = sorted(p for p in EXAMPLES.glob("*/*.toml") if p not in DISTANCE)
LONG = (
    "beams",
    "morphing",
    "begun_sonnet",
    "arm",
    "cart_pole",
    "rts_gmlc_day",
    "opf_118",
)  # whose known designs are computed when they are opened
OWN = EXAMPLES / "grid" / "own_feeder"


@pytest.fixture(scope="module")
def problem() -> Problem:
    """Opened once: all these examples use the same grid."""
    return open_problem(load(EXAMPLES / "grid" / "winter_evening_peak.toml"))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The feeder of one's own with its generated files."""
    folder = tmp_path_factory.mktemp("examples") / "own_feeder"
    ignored = shutil.ignore_patterns("net.json", "profiles.csv")
    shutil.copytree(OWN, folder, ignore=ignored)
    runpy.run_path(str(folder / "make_files.py"))["write"](folder)
    return folder


def test_there_are_examples() -> None:
    assert {p.stem for p in SPECS} >= {
        "winter_evening_peak",
        "steered_low_voltage",
        "fixed_energy",
    }


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_example_resolves(path: Path, problem: Problem) -> None:
    spec = load(path)
    assert spec.title
    assert spec.problem == problem.name
    assert spec.setup == dict(load(EXAMPLES / "grid" / "winter_evening_peak.toml").setup)
    assert resolve(spec, problem).limits


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=[pytest.mark.slow] if p.stem in LONG else []) for p in OTHERS],
    ids=lambda p: p.stem,
)
def test_example_of_another_domain_opens(path: Path) -> None:
    spec = load(path)
    assert spec.title
    opened = open_problem(spec)
    assert spec.problem == opened.name
    assert resolve(spec, opened).limits


@pytest.mark.parametrize("path", INFERRED, ids=lambda p: p.stem)
def test_example_of_a_posterior_asks_something(path: Path) -> None:
    requested = infer_spec(path)
    assert requested.title
    opened = open_problem(requested.spec)
    assert isinstance(opened, Inferable)
    assert len(opened.question().readings)


@pytest.mark.parametrize("path", MEASURED, ids=lambda p: p.stem)
def test_example_of_a_posterior_of_measured_data_has_a_setup(path: Path) -> None:
    requested = infer_spec(path)
    assert requested.title
    assert problem_class(requested.problem).Settings(**requested.setup)


@pytest.mark.parametrize("path", OPERATED, ids=lambda p: p.stem)
def test_example_of_an_operation_has_limits(path: Path) -> None:
    requested = load_artifact(path, OperateSpec, "a spec of an operation")
    assert requested.title
    assert requested.limits


@pytest.mark.parametrize("path", DEVICES, ids=lambda p: p.stem)
def test_example_of_a_device_limits_something(path: Path) -> None:
    sheet = load_artifact(path, DeviceSheet, "a device sheet")
    assert {x.quantity for x in sheet.limits} >= {"flash", "ram", "latency"}


def test_units_of_the_examples(problem: Problem) -> None:
    fixed = resolve(load(EXAMPLES / "grid" / "fixed_energy.toml"), problem).fixed
    assert fixed["load_energy"].value == pytest.approx(1500.0)  # kWh
    steered = resolve(load(EXAMPLES / "grid" / "steered_low_voltage.toml"), problem)
    assert [t.quantity for t in steered.generator.steer] == ["min_voltage"]


def test_own_feeder_opens(own: Path) -> None:
    spec = load(own / "own_feeder.toml")
    assert Path(str(spec.setup["grid"])) == own / "net.json"
    opened = open_problem(spec)
    assert resolve(spec, opened).limits
    assert opened.sizes == {"load_profile": 5, "infeed_profile": 1, "time": 96}
    assert opened.data().sizes["design"] == 140


@pytest.mark.slow
def test_own_feeder_runs_and_replays(own: Path, tmp_path: Path) -> None:
    table: Spec = ingenium.load_spec(own / "own_feeder.toml")
    run = ingenium.propose(table, n=20, seed=1, out=tmp_path / "out")
    assert run.summary.proposed == 20
    assert 0 < run.summary.accepted <= 20
    assert run.summary.failed == 0
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["proposed"] == 20
    first = int(run.designs["design"][run.selected[0]])
    assert ingenium.replay(tmp_path / "out", first).reproduced
