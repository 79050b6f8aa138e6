"""Closed-loop days of the Tennessee Eastman plant, by the compiled loop and by its package."""

import numpy as np

from benchmarks.measuring import interleaved, ratio, report, spread
from ingenium.core.packages import Extra
from ingenium.domains.plant.tennessee.core import FLAGS_OF_MODEL, PER_HOUR, eastman
from ingenium.domains.plant.tennessee.tags import BASE, FIXED

HOURS, ROUNDS = 4, 3


def run() -> None:
    """Time both loops; write and print the result."""
    own, targets = eastman(), np.concatenate([BASE, FIXED])[None]
    control = Extra("tennessee").package("tep_studio.control")
    process = Extra("tennessee").package("tep_studio.simulation.core").TennesseeEastmanProcess

    def ours() -> None:
        x = own.begin(1235.0)
        own.part(x, "target")[:] = targets
        own.run(x, HOURS * PER_HOUR, targets, np.zeros(12), np.zeros((1, 28)))

    def theirs() -> None:
        plant = process(ms_flag=FLAGS_OF_MODEL)
        loop = control.ClosedLoopSimulation(simulator=plant, horizon=float(HOURS))
        loop.run(seed=1235.0, record_every=PER_HOUR)

    ours()
    found = interleaved({"compiled loop": ours, "package": theirs}, ROUNDS)
    day = 24 / HOURS
    rows = [
        {
            "what": "a closed-loop day",
            "cpu_s": spread([t * day for t in found["compiled loop"].cpu_s]),
            "package_cpu_s": spread([t * day for t in found["package"].cpu_s]),
            "times_as_fast": ratio(found["package"].cpu_s, found["compiled loop"].cpu_s, 1.0),
        }
    ]
    settings = {"hours": HOURS, "rounds": ROUNDS}
    report("tennessee_days", "Days of the Tennessee Eastman plant", rows, settings)
