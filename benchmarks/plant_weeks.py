"""Weeks of C-Town a second, by toolkit calls and by a loop over wntr; microseconds of a monitor.

The peer runs the same demands with the controls of the file through wntr's EpanetSimulator, which
writes a file and reads results for each week, as its users loop over scenarios.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import wntr

from benchmarks.measuring import interleaved, ratio, report, spread
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.plant.campaign import Campaign
from ingenium.domains.plant.network import CTOWN
from ingenium.monitor import exported
from ingenium.monitor.families import table
from ingenium.monitor.families.detector import WindowExamples
from ingenium.monitor.stream import Stream
from ingenium.monitor.training_sets import event_windows, normal_windows

WEEKS, ROUNDS, ROWS = 10, 3, 1000


def run() -> None:
    """Write and print both tables."""
    plant = open_problem(Spec(problem="plant.campaign", setup={"known": WEEKS}))
    assert isinstance(plant, Campaign)
    known = plant.data()
    demand = to_arrays(known.isel({DESIGN: slice(0, 4)}), plant.variables)[0].numpy()
    net = wntr.network.WaterNetworkModel(str(CTOWN))
    net.options.time.duration = demand.shape[2] * 3600 - 900
    net.options.time.report_timestep = net.options.time.hydraulic_timestep = 900

    def ours() -> None:
        for week in demand:
            plant.works.run(week, None)

    ours()
    found = interleaved({"toolkit": ours, "wntr": lambda: _wntr(net, demand[0])}, ROUNDS)
    own, theirs = found["toolkit"], found["wntr"]
    weeks = [
        {
            "what": "a week of C-Town",
            "cpu_s": spread([t / len(demand) for t in own.cpu_s]),
            "wntr_cpu_s": spread(theirs.cpu_s),
            "times_as_fast": ratio(theirs.cpu_s, own.cpu_s, len(demand)),
        }
    ]
    report("plant_weeks", "Weeks of C-Town", weeks, {"weeks": len(demand), "rounds": ROUNDS})
    streams = plant.streams(known)
    rows = [_monitor(name, streams) for name in table.FAMILIES]
    report("plant_monitors", "Exported monitors, row by row", rows, {"rows": ROWS})


def _wntr(net: "wntr.network.WaterNetworkModel", demand: np.ndarray) -> None:
    for name, factors in zip(net.pattern_name_list, demand, strict=False):
        net.get_pattern(name).multipliers = factors
    with tempfile.TemporaryDirectory() as folder:
        wntr.sim.EpanetSimulator(net).run_sim(file_prefix=str(Path(folder) / "week"))


def _monitor(name: str, streams: Sequence[Stream]) -> dict[str, object]:
    """CPU microseconds a row of a monitor, one row at a time."""
    detector = table.build(name, len(streams[0].tags), window=None, seed=0)
    normal = normal_windows(streams, detector.window, 24, 0)
    plan = table.plan(name, steps=5, seed=0)
    detector.fit(WindowExamples(normal, event_windows(streams, detector.window), plan))
    with tempfile.TemporaryDirectory() as folder:
        exported.write(detector.eval(), Path(folder) / "monitor.onnx")
        file = exported.Exported(Path(folder) / "monitor.onnx")
    x = normal[:1].numpy()

    def rows() -> None:
        for _ in range(ROWS):
            file.windows(x)

    rows()
    timing = interleaved({name: rows}, ROUNDS)[name]
    micro = spread([1e6 * t / ROWS for t in timing.cpu_s])
    return {"family": name, "window": detector.window, "microseconds": micro}
