"""Printed parts compared in the build direction that is quickest for each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ingenium_book.findings import Commands

WAYS = ("up", "down")


def quickest(commands: Commands, values: Mapping[str, Any]) -> dict[str, Mapping[str, np.ndarray]]:
    """Measurements of each part in its quickest direction, in sequence and jointly."""
    return {
        how: _quickest([_measured(values[f"{how}_{way}"]["answer"]) for way in WAYS])
        for how in ("sequence", "joint")
    }


def _measured(answer: Mapping[str, Any]) -> dict[str, np.ndarray]:
    rows = [design["measured"] for design in answer["designs"]]
    return {name: np.array([row[name]["value"] for row in rows]) for name in rows[0]}


def _quickest(ways: Sequence[Mapping[str, np.ndarray]]) -> Mapping[str, np.ndarray]:
    best = np.argmin([rows["print_time"] for rows in ways], axis=0)
    return {name: np.choose(best, [rows[name] for rows in ways]) for name in ways[0]}
