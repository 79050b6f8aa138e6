"""Fit a monitor: learn, set the threshold, export, read back, judge, save with evidence."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64

from ingenium.core.digest import array_digest, digest, file_digest
from ingenium.core.folders import staged, write_atomic
from ingenium.core.judgement import Judgement, stated
from ingenium.core.problem import Watch, silent
from ingenium.core.provenance import code_digest
from ingenium.core.sealed import RecordMaking
from ingenium.core.seeds import one_thread
from ingenium.evaluate import event_scores
from ingenium.monitor import exported, tables
from ingenium.monitor.alarms import AlarmRule, calibrated
from ingenium.monitor.artifact import HELD_OUT, LAYOUT, MODEL, Monitor
from ingenium.monitor.evasion import SensorReach, areas, hardened
from ingenium.monitor.families import table
from ingenium.monitor.families.detector import Detector
from ingenium.monitor.judging import Judged, by_kind, judge
from ingenium.monitor.spec import QUANTITIES, MonitorSpec
from ingenium.monitor.splitting import Parts, parts
from ingenium.monitor.stream import PlantMap, Stream, windows
from ingenium.monitor.training_sets import event_windows, normal_windows, taught
from ingenium.trust.ledger import Ledger

MOST_MOVED = 2000  # windows that an attacker moves
UNMOVED = ("isolation_forest",)  # families without a slope to follow
FILE_AGREES = 1e-4  # tolerance of scores between the file and its detector


@dataclass(frozen=True)
class StreamSource:
    """Origin of streams, for the evidence."""

    what: str  # a run's folder or a file, as it was named
    problem: str  # problem of the run; empty for a user's own file
    layout: PlantMap | None = None
    notes: tuple[str, ...] = ()


def fit(
    streams: Sequence[Stream],
    spec: MonitorSpec,
    source: StreamSource,
    out: Path,
    *,
    ledger: Ledger,
    watch: Watch = silent,
    overwrite: bool = False,
) -> Monitor:
    """Fit the monitor of a spec and save it in `out`.

    Raises:
        InputError: for streams that cannot be learned from.
        StorageError: if `out` cannot be written.
    """
    own = parts(streams, spec)
    data = data_digest(streams)
    identity = digest([asdict(spec), data, code_digest()])
    with RecordMaking() as making, staged(out, identity, overwrite=overwrite) as part:
        detector, curve, membership = learned(own, spec, watch)
        watch("export and read back", 0, 1)
        exported.write(detector, part / MODEL)
        file = exported.Exported(part / MODEL)
        _same_scores(detector, file, own.judging[0])
        rule = threshold(own.setting, [file.stream(s) for s in own.setting], spec)
        watch("judge", 0, 1)
        scores, step_s = [file.stream(s) for s in own.judging], own.judging[0].step_s
        found = judge(own.judging, scores, rule, spec.recovery_rows(step_s))
        reported = {
            "source": source.what,
            "problem": source.problem,
            "notes": [*source.notes, *_notes(own)],
            "spec": asdict(spec),
            "family": spec.chosen,
            "tags": list(own.learned[0].tags),
            "step_s": step_s,
            "window": file.window,
            "rule": asdict(rule),
            "still_rows": still(own.learned),
            "streams": own.names(),
            "membership_auc": membership,
            "evasion": _evasion(detector, own, spec) if spec.evasion else None,
            "curve": {k: v[-1] for k, v in curve.items() if v},
            **_reported(found, spec, own),
        }
        tables.write(own.judging, part / HELD_OUT)
        if source.layout is not None:
            write_atomic(part / LAYOUT, json.dumps(_layout(source.layout)))
        evidence = {"data": data, "model": file_digest(part / MODEL)}
        record = making.write(part / Monitor.file, reported, evidence)
        watch("store", 0, 1)
        short = {k: record[k] for k in ("source", "problem", "family", "evidence")}
        ledger.append("monitor", short)
    return Monitor.open(out)


def learned(
    own: Parts, spec: MonitorSpec, watch: Watch = silent
) -> tuple[Detector, dict[str, list[float]], float | None]:
    """Fit the detector of a spec; also return its losses and how far synthetic windows copy."""
    tags = len(own.learned[0].tags)
    detector = table.build(spec.chosen, tags, window=spec.window, seed=spec.seed)
    found = taught(own, spec, detector, watch)
    with one_thread():
        teach = hardened if spec.adversarial else Detector.fit
        curve = teach(detector, found.examples)
    return detector.eval(), curve, found.membership


def threshold(
    setting: Sequence[Stream], scores: Sequence[Float64[np.ndarray, " t"]], spec: MonitorSpec
) -> AlarmRule:
    """Set the threshold to the requested rate of false alarms, on the streams set aside for it."""
    step_s = setting[0].step_s
    return calibrated(
        setting,
        scores,
        per_week=spec.false_alarms_per_week,
        hold=spec.hold_rows(step_s),
        recovery=spec.recovery_rows(step_s),
    )


def data_digest(streams: Sequence[Stream]) -> str:
    """Digest of all values, stamps and events."""
    return digest(
        [
            [
                s.name,
                list(s.tags),
                array_digest(s.values),
                str(s.stamps[0]),
                [asdict(e) for e in s.events],
            ]
            for s in streams
        ]
    )


def still(streams: Sequence[Stream]) -> list[int]:
    """Longest run of unchanged rows of each tag; -1 for one that never moves."""
    found = []
    for i in range(len(streams[0].tags)):
        columns = [s.values[:, i] for s in streams]
        moved = any(np.ptp(c) > 0 for c in columns)
        longest = max(
            (b - a + 2 for c in columns for a, b in event_scores.spans(np.diff(c) == 0)), default=1
        )
        found.append(int(longest) if moved else -1)
    return found


def _same_scores(detector: Detector, file: exported.Exported, stream: Stream) -> None:
    rows = np.arange(detector.window - 1, min(len(stream.values), detector.window + 63))
    x = windows(stream.values, rows, detector.window)
    with torch.no_grad():
        own = detector(torch.from_numpy(x)).numpy()
    distance = np.abs(file.windows(x)[0] - own) / np.maximum(np.abs(own), 1.0)
    if distance.max() > FILE_AGREES:
        raise RuntimeError(f"the file scores otherwise than the detector, by {distance.max():.2g}")


def _evasion(detector: Detector, own: Parts, spec: MonitorSpec) -> dict[str, float] | None:
    """Areas before and after an attack; None without events, or where nothing can be moved."""
    if spec.chosen in UNMOVED:
        return None
    recovery = spec.recovery_rows(own.learned[0].step_s)
    normal = normal_windows(own.judging, detector.window, recovery, spec.seed)[:MOST_MOVED]
    events = event_windows(own.judging, detector.window)[:MOST_MOVED]
    reach = SensorReach.of(normal_windows(own.learned, detector.window, recovery, spec.seed))
    return areas(detector, normal, events, reach) if len(events) else None


def _reported(found: Judged, spec: MonitorSpec, own: Parts) -> dict[str, Any]:
    """Return measured values, and the verdict under the limits."""
    seen = sorted({e.kind for s in own.learned for e in s.events})
    kinds = {
        kind: {"events": n, "missed": missed, "delay": delay, "seen": kind in seen}
        for kind, (n, missed, delay) in by_kind(found.events).items()
    }
    return {
        "measured": stated(found.values, QUANTITIES),
        **judged(found, spec).record,
        "kinds": kinds,
        "events": [
            {"stream": e.stream, **asdict(e.event), "delay_h": e.delay_h} for e in found.events
        ],
        "normal_weeks": found.weeks,
        "chance": chance(own.judging, spec.seed),
    }


def judged(found: Judged, spec: MonitorSpec) -> Judgement:
    """Return the verdict under the limits of a spec and its rate of false alarms.

    The requested rate is a limit on held-out streams, unless the spec has one of its own on
    `false_alarms`: the whole interval must satisfy it, and a monitor none of whose interval does
    is rejected. What lies between is inconclusive, and so is a monitor tested on no event.
    """
    rate = found.values["false_alarms"]
    own = any(x.quantity == "false_alarms" for x in spec.limits)
    most = math.inf if own else spec.false_alarms_per_week
    wide = f"false_alarms {rate.value:.3g} a week (95 %: {rate.low:.3g} to {rate.high:.3g})"
    against, caveats = [], []
    if rate.low > most:
        against.append(f"{wide}, and {most:g} requested")
    elif not rate.high <= most:
        caveats.append(f"{wide} reaches across the {most:g} requested")
    if not found.events:
        caveats.append("no event among the streams that judge")
    return Judgement.of(found.values, spec.limits, against=against, caveats=caveats)


def chance(streams: Sequence[Stream], seed: int) -> dict[str, float]:
    """Area of a random alarm, and its score under point adjustment."""
    label = np.concatenate([s.label for s in streams])
    if not label.any():
        return {}
    score = np.random.default_rng(seed).random(len(label))
    adjusted = event_scores.point_adjusted_f1(label, score)
    return {"auc": event_scores.auc(label, score), "point_adjusted_f1": adjusted}


def _notes(own: Parts) -> list[str]:
    fixed = [t for t, n in zip(own.learned[0].tags, still(own.learned), strict=True) if n < 0]
    found = [f"Never move while learned: {', '.join(fixed)}."] if fixed else []
    if not any(s.events for s in own.judging):
        found.append("No events among the streams that judge: misses and areas are unknown.")
    return found


def _layout(layout: PlantMap) -> dict[str, Any]:
    return {"lines": layout.lines.tolist(), "spots": layout.spots, "tags": layout.tags}
