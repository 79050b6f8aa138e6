"""Rows 25.15, 25.17, 25.18, 25.20: a closed loop on melt pools, a lot, flags, cured layers."""

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from ingenium.core.given import NOTHING
from ingenium.domains.printing.builds.hatching import CORE, ScanVectors
from ingenium.domains.printing.builds.problem import BuildSettings, PrintBuild
from ingenium.domains.printing.cure import Resin, line_dose_j_m2, over_cure_m
from ingenium.domains.printing.frames.plant import TARGET_SHARE, PoolPlant
from ingenium.domains.printing.quote.costing import PROCESSES, SAND
from ingenium.domains.printing.quote.flags import Rules, measured
from ingenium.domains.printing.quote.lot import LotPart
from ingenium.domains.printing.quote.planted import FAULTS, planted
from ingenium.domains.printing.quote.problem import LotVerifier, QuoteSettings
from ingenium.evaluate.intervals import wilson
from ingenium.operate.drill import PlantFault
from ingenium.operate.plant import Policy
from ingenium.operate.scenarios import COMPARING
from ingenium_book.findings import Commands

FROZEN = range(150, 300)  # seeds that no threshold was chosen on; judged once
RUNS, PERIODS, FAULT = 24, 1500, PlantFault("absorption", 1.0, 1.0, 0.85)


def flagged(commands: Commands, folder: Path) -> Mapping[str, Any]:
    """Recall and precision of each flag on the frozen half of 300 parts."""
    own = [(planted(seed), Rules()) for seed in FROZEN]
    pairs = [(part.faults, measured(part.mesh, rules).flags(rules)) for part, rules in own]
    found: dict[str, Any] = {"parts": len(own)}
    for name in FAULTS:
        true = sum(name in t for t, _ in pairs)
        said = sum(name in f for _, f in pairs)
        both = sum(name in t and name in f for t, f in pairs)
        key = name.replace(" ", "_")
        found[key] = {"recall": both / true, "precision": both / max(said, 1), "planted": true,
                      "recall_low": wilson(both, true)[0]}  # fmt: skip
    found["recall"] = min(found[n.replace(" ", "_")]["recall"] for n in FAULTS)
    found["precision"] = min(found[n.replace(" ", "_")]["precision"] for n in FAULTS)
    return found


def ranked(commands: Commands, folder: Path) -> Mapping[str, Any]:
    """Rank fifty planted parts by price, with powder saved, sand and binder of a copy."""
    began, settings = perf_counter(), QuoteSettings()
    parts = tuple(LotPart(f"part {i}", planted(i).mesh, settings.rules) for i in range(1000, 1050))
    engine = LotVerifier(parts, settings)
    ways = [(i, p, up) for i in range(len(parts)) for p in range(len(PROCESSES)) for up in range(6)]
    rows = np.array([engine.one(*way) for way in ways])
    who = {q.name: rows[:, i] for i, q in enumerate(engine.quantities)}
    fit = (who["blocked"] == 0) & (who["outside"] == 0)
    number, process = np.array(ways)[:, 0], np.array(ways)[:, 1]
    best = [int(own[np.argmin(who["price"][own])]) for i in range(len(parts))
            if len(own := np.flatnonzero(fit & (number == i)))]  # fmt: skip
    cast = fit & (process == SAND)
    return {
        "parts": len(parts),
        "seconds": perf_counter() - began,
        "made": len(best),
        "saved": float(np.median(who["powder_saved"][best])),
        "cast": len(set(number[cast])),
        "sand_kg": float(np.median(who["sand"][cast])),
        "binder_kg": float(np.median(who["binder"][cast])),
    }


def closed_loop(commands: Commands, folder: Path) -> Mapping[str, Any]:
    """Share of frames off the wanted width, under powder that absorbs less, by policy."""
    problem = PrintBuild(BuildSettings(known=20), NOTHING)
    plant = problem.held_out
    assert isinstance(plant, PoolPlant)
    found: dict[str, Any] = {"runs": RUNS}
    for name, make in problem.families.items():
        began = perf_counter()
        off, power = _frames(plant, make(0))
        found[name] = {"defects": float(off[:, 500:1000].mean()),
                       "calm": float(off[:, :500].mean()),
                       "ms": 1e3 * (perf_counter() - began) / (RUNS * PERIODS)}  # fmt: skip
        low, high = plant.process.machine.bounds[0]
        found[name]["within"] = bool((power >= low).all() and (power <= high).all())
    found["fewer"] = 1 - found["pid"]["defects"] / max(found["constant"]["defects"], 1e-9)
    return found


def _frames(plant: PoolPlant, policy: Policy) -> tuple[np.ndarray, np.ndarray]:
    at = COMPARING.some(RUNS)
    state, memory = plant.begin(at), policy.begin(RUNS)
    off, power = np.empty((RUNS, PERIODS)), np.empty((RUNS, PERIODS))
    low, high = (np.array([getattr(a, e) for a in plant.actions]) for e in ("low", "high"))
    for t in range(PERIODS):
        seen, wanted = plant.seen(state, ()), plant.wanted(state)
        action = np.clip(policy.act(memory, seen, wanted), low, high)
        memory = policy.learn(memory, seen, wanted, action)
        now = t * plant.period_s
        state = plant.step(state, action, (FAULT,) if FAULT.on(now) else ())
        off[:, t] = np.abs(state.x[:, 0] / plant.target_m - 1) > TARGET_SHARE
        power[:, t] = action[:, 0]
    return off, power


def cured(commands: Commands, folder: Path) -> Mapping[str, Any]:
    """Over-cure below a ledge whose layers are hatched vectors, against the closed form."""
    resin, layer, hatch = Resin(1.5e-4, 100.0), 1e-4, 1e-4
    dose = line_dose_j_m2(0.05, 1.0, hatch)
    # A column of 20 layers, with a ledge from layer 10 on; lines of 4 mm.
    rows = [(h, y) for h in range(20) for y in range(40) if h >= 10 or y < 20]
    layers = np.array([h for h, _ in rows])
    ends = np.array([[0, 100 * y + 50, 4000, 100 * y + 50] for _, y in rows])
    vectors = ScanVectors(layers, np.full(len(rows), CORE, np.int8), ends)
    exposed = np.zeros((20, 40, 40), dtype=bool)
    for h, (x0, y0, x1, _) in zip(vectors.layer, vectors.ends_um, strict=True):
        exposed[h, x0 // 100 : x1 // 100, y0 // 100] = True
    over = over_cure_m(resin, exposed, layer, dose)
    q = np.exp(-layer / resin.depth_m)
    total = dose * (1 - q**10) / (1 - q)
    closed = resin.depth_m * np.log(total / resin.critical_j_m2) - layer
    single = float(resin.cure_m(np.array([dose]))[0])
    return {
        "over_um": 1e6 * float(over.max()),
        "closed_um": 1e6 * float(closed),
        "cure_um": 1e6 * single,
        "ledge_only": bool((over[10, :, 20:] > 0).all() and (over > 0).sum() == 40 * 20),
    }
