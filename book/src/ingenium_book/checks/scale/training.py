"""Checks of systems that train on many ranks: layouts, memory, starts and drills."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ingenium_book.findings import Commands, Finding, Picture

SPEC = """
problem = "molecules.library"
[setup]
known = 200
[generator]
family = "autoregressive"
"""
SHARDED = ("data:2,shard:1", "data:2,shard:2", "data:2,shard:3")
DIVIDED = ("data:2,shard:3", "tensor:2", "pipeline:2,micro:2")
SEVENTY = """
[model]
width = 8192
layers = 86
heads = 64
context = 2048
vocabulary = 32000
[training]
sequences = 8
tokens = 1e9
"""
ROOMY = """
devices = 1
per_node = 1
[device]
name = "one of 80 GB, as if it had 4 TB"
memory_gb = 4000
tflops = 989
bandwidth_gb_s = 3350
host_gb_s = 64
[inside]
gb_s = 450
[between]
gb_s = 50
"""
DRILL = """
workers = 2
steps = 20
kill = [5, 9, 15]
wait_s = 120
[spec]
problem = "molecules.library"
[spec.setup]
known = 200
[spec.generator]
family = "autoregressive"
"""
JOB_H, DAY = 8, 24


def sharded(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 24.3: sharded memory falls with the ranks, and the loss is that of one process."""
    yield from _layouts(commands, SHARDED)


def divided(commands: Commands) -> Iterator[Finding | Picture]:
    """Rows 34.19 and 38.1: data, matrices and layers over ranks, at the loss of one process."""
    yield from _layouts(commands, DIVIDED)


def _layouts(commands: Commands, layouts: tuple[str, ...]) -> Iterator[Finding | Picture]:
    (commands.folder / "fit.toml").write_text(SPEC)
    totals: dict[str, tuple[float, float]] = {}
    for text in layouts:
        done = commands(
            "fit", "molecules.library", "--spec", "fit.toml", "--on", "processes:2", "--layout",
            text, "--steps", 5, "--out", f"fit-{len(totals)}",
        )  # fmt: skip
        found = done.answer
        distance = found["one_process"]["distance"]
        yield Finding(
            f"{text}: losses are at most {distance:.1g} off one process", distance <= 1e-6
        )
        own, planned = found["measured"]["bytes"], found["predicted"]["bytes"]
        for part in ("weights", "gradients", "state"):
            most = max(one[part] for one in own)
            off = most / planned[part] - 1
            yield Finding(
                f"{text}: {most / 1e6:.2f} MB of {part} a rank, {off:+.1%} off the prediction",
                abs(off) <= 0.05,
            )
        totals[text] = planned["total"], max(one["total"] for one in own)
        off = totals[text][1] / totals[text][0] - 1
        yield Finding(f"{text}: the peak is {off:+.1%} off the prediction", abs(off) <= 0.1)
    yield _bars(totals)


def _bars(totals: Mapping[str, tuple[float, float]]) -> Picture:
    figure = Figure(figsize=(5, 2.6), layout="constrained")
    axes, place = figure.subplots(), np.arange(len(totals))
    for i, label in enumerate(("predicted", "measured")):
        axes.bar(place + 0.4 * i, [v[i] / 1e6 for v in totals.values()], 0.4, label=label)
    axes.set_xticks(place + 0.2, list(totals))
    axes.set(ylabel="MB of the fullest rank", ylim=(0, 1.3 * max(map(max, totals.values())) / 1e6))
    axes.legend(frameon=False, ncols=2)
    return Picture(figure, "Peak of a rank at a step, under each layout")


def memory(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 24.9: 16 bytes a parameter, and a peak as predicted, with layers recomputed."""
    (commands.folder / "model.toml").write_text(SEVENTY)
    (commands.folder / "cluster.toml").write_text(ROOMY)
    words = ("plan", "model.toml", "--cluster", "cluster.toml", "--layout")
    held = commands(*words, "data:1,micro:8").answer["layouts"][0]["bytes"]
    state = held["weights"] + held["gradients"] + held["state"]
    yield Finding(f"a model of 70 billion parameters has {state / 1e12:.3g} TB of state",
                  abs(state / 1.12e12 - 1) < 0.01)  # fmt: skip
    again = commands(*words, "data:1,micro:8,recompute").answer["layouts"][0]["bytes"]
    ratio = held["activations"] / again["activations"]
    yield Finding(f"computing layers again keeps {ratio:.0f} times less", ratio > 2)
    out = commands(*words, "data:1,micro:8,offload").answer["layouts"][0]["bytes"]
    yield Finding(
        f"offloading moves {out['host'] / 1e12:.3g} TB of state out of {held['state'] / 1e12:.3g}",
        out["host"] == held["state"] and out["state"] == 0,
    )
    yield from _layouts(commands, ("data:2", "data:2,recompute", "data:2,offload"))


def start(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 24.17: a job starts when it emits least, and ends within its deadline."""
    from ingenium.scale.carbon import planned_start, read_trace

    commands("examples", ".")
    folder = next(commands.folder.rglob("rts_gmlc_april.csv")).parent
    trace = read_trace(folder / "rts_gmlc_april.csv")
    words = ("plan", folder / "library_7b.toml", "--cluster", folder / "h100x256.toml")
    dated = (*words, "--trace", folder / "rts_gmlc_april.csv", "--within")
    done = commands(*dated, DAY)
    found = done.answer["start"]
    hours = 24 * done.answer["layouts"][0]["spending"]["days"]
    yield Finding(f"a job of {hours:.1f} h starts after {found['hour']} h and emits "
                  f"{found['saved']:.1%} less than at once", found["saved"] >= 0)  # fmt: skip
    yield Finding("it ends within its deadline", found["hour"] + hours <= DAY)
    every = [planned_start(trace[now : now + DAY], float(JOB_H), DAY) for now in range(DAY)]
    mean = float(np.mean([one.saved for one in every]))
    yield Finding(f"jobs of {JOB_H} h within {DAY} h emit {mean:.1%} less, at the mean over all "
                  "hours of a modelled day", mean > 0)  # fmt: skip
    late = commands(*dated, 3)
    yield Finding("a deadline that the job cannot hold is refused", late.code == 2)
    figure = Figure(figsize=(5, 2.4), layout="constrained")
    axes = figure.subplots()
    axes.step(range(len(trace)), trace, where="post", color="0.4")
    axes.axvspan(found["hour"], found["hour"] + hours, color="tab:green", alpha=0.3, lw=0)
    axes.set(
        xlabel="hours from now", ylabel="g CO2e a kWh, modelled", xlim=(0, DAY), ylim=(0, None)
    )
    yield Picture(figure, "The chosen start on a modelled trace")


def survived(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 38.9: a fit whose workers are killed ends like an undisturbed one."""
    (commands.folder / "drill.toml").write_text(DRILL)
    done = commands("drill", "drill.toml", "--out", "drill")
    found = done.answer
    count = len(found["faults"])
    yield Finding(f"a fit goes on after {count} workers were killed", count == 3)
    yield Finding("it ends with the weights of an undisturbed one", found["same_weights"])
    taken = found["mean_time_to_recover_s"]
    yield Finding(f"training went on {taken:.0f} s after a fault, at the mean", taken > 0)
    again = json.loads((commands.folder / "drill" / "drill.json").read_text())
    yield Finding("its record names data, code and weights", _lineage(again))


def _lineage(record: Mapping[str, Any]) -> bool:
    own = record["lineage"]
    named = [record["data"], own["code"], own["package"], own["weights"], own["spec"]]
    return all(str(digest).startswith("sha256:") for digest in named)
