"""Rows 25.13 and 25.14: modes of tracks in unseen papers, and of an alloy without labels.

Shapes: n tracks, c classes.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float64

from ingenium.domains.printing import calibration
from ingenium_book.checks.printing.papers import PoolTable, folds, modes, paper_weights
from ingenium_book.findings import Commands

CLASSES = ("desirable", "keyhole", "lack of fusion", "balling")
TREES, LEAF, ALARM, LEAST = 200, 3, 0.5, 20


def criteria(data: PoolTable) -> np.ndarray:
    """Class of each track by the printed criteria alone: Tang or depth, keyhole, balling."""
    eta = calibration.errors()["absorptivity"]
    values = calibration.indicators(data.table, eta)
    lack = values["lack of fusion by Tang"].to_numpy() > 1
    lack |= values["lack of fusion"].to_numpy() > 1  # a track that does not reach the layer below
    found = np.full(len(data.table), CLASSES[0], dtype=object)
    found[values["balling"].to_numpy() > calibration.threshold("balling")] = "balling"
    found[lack] = "lack of fusion"
    found[values["keyhole"].to_numpy() > calibration.threshold("keyhole")] = "keyhole"
    return found


def scores(truth: np.ndarray, found: np.ndarray) -> Float64[np.ndarray, " c"]:
    """F1 of each class."""
    parts = [((truth == c), (found == c)) for c in CLASSES]
    return np.array([2 * (t & f).sum() / max(t.sum() + f.sum(), 1) for t, f in parts])


def classify(
    x: Float64[np.ndarray, "n f"],
    truth: np.ndarray,
    paper: np.ndarray,
    at: Float64[np.ndarray, "m f"],
) -> np.ndarray:
    """Classes by a forest in which each paper has one weight."""
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(
        TREES, min_samples_leaf=LEAF, class_weight="balanced", random_state=0
    )
    found: np.ndarray = model.fit(x, truth, sample_weight=paper_weights(paper)).predict(at)
    return found


def unsupervised(data: PoolTable, test: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """Classes of clusters of all tracks, each named after a labelled track near its centre."""
    from sklearn.cluster import KMeans

    x = data.physics
    scaled = (x - x[fit].mean(0)) / np.maximum(x[fit].std(0), 1e-9)
    model = KMeans(4 * len(CLASSES), n_init=4, random_state=0).fit(scaled[fit])
    truth = data.table["mode"].to_numpy(dtype=str)[fit]
    gaps = ((model.cluster_centers_[:, None] - scaled[fit][None]) ** 2).sum(2)
    names = truth[gaps.argmin(1)]
    found: np.ndarray = names[model.predict(scaled[test])]
    return found


def unseen_papers(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """F1 of each class on papers held out, by forests, clusters and the criteria alone."""
    data = modes()
    truth, paper = data.table["mode"].to_numpy(dtype=str), data.paper
    both = np.concatenate([data.plain, data.physics], 1)
    names = ("physics", "plain", "clusters")
    found = {name: np.empty(len(truth), dtype=object) for name in names}
    for test in folds(paper, 0, len(np.unique(paper))):
        fit = np.setdiff1d(np.arange(len(truth)), test)
        found["physics"][test] = classify(both[fit], truth[fit], paper[fit], both[test])
        found["plain"][test] = classify(data.plain[fit], truth[fit], paper[fit], data.plain[test])
        found["clusters"][test] = unsupervised(data, test, fit)
    found["criteria"] = criteria(data)
    found["commonest"] = np.full(len(truth), "keyhole", dtype=object)
    answer = {name: scores(truth, one) for name, one in found.items()}
    means = {f"{name}_mean": float(one.mean()) for name, one in answer.items()}
    return answer | means | {"rows": len(truth), "papers": len(np.unique(paper))}


def new_alloys(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """F1 on each alloy whose labels nobody saw, against the criteria, and an alarm.

    The alarm is raised, without labels, where the transferred classes and those of the criteria
    differ on more than a share of the alloy's tracks.
    """
    data = modes()
    truth, alloy = data.table["mode"].to_numpy(dtype=str), data.table["alloy"].to_numpy(dtype=str)
    both, rule = np.concatenate([data.plain[:, :4], data.physics], 1), criteria(data)
    gains, alarms, names = [], [], []
    for name in np.unique(alloy):
        test, fit = np.flatnonzero(alloy == name), np.flatnonzero(alloy != name)
        if len(test) < LEAST:
            continue
        own = classify(both[fit], truth[fit], data.paper[fit], both[test])
        gains.append(float((scores(truth[test], own) - scores(truth[test], rule[test])).mean()))
        alarms.append(float((own != rule[test]).mean()))
        names.append(str(name))
    gain, differ = np.array(gains), np.array(alarms)
    harmed, raised = gain < 0, differ > ALARM
    return {
        "alloys": names,
        "gain": gain,
        "differ": differ,
        "mean": float(gain.mean()),
        "harmed": int(harmed.sum()),
        "raised": int(raised.sum()),
        "right": int((harmed == raised).sum()),
    }
