"""Training sets of a monitor: normal windows, windows of events, and synthetic ones.

Shapes: n windows, w rows of one, k tags.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.problem import Watch, silent
from ingenium.monitor.augment import STEPS, augmented
from ingenium.monitor.families import table
from ingenium.monitor.families.detector import Detector, WindowExamples
from ingenium.monitor.spec import MonitorSpec
from ingenium.monitor.splitting import Parts
from ingenium.monitor.stream import Stream, windows
from ingenium.scores.privacy import membership_auc

MOST_WINDOWS = 20_000  # normal ones that are learned from
MOST_SYNTHETIC = 4000  # of normal ones, where nothing else is learned from
COMPARED = 1000  # windows of each side, in the test for copies: its error is then about 0.013

Windows = Float[Tensor, "n w k"]


@dataclass(frozen=True, eq=False)
class Taught:
    """A training set, and whether its synthetic windows reveal the real ones."""

    examples: WindowExamples
    membership: float | None  # area that separates learned from new windows; None: not synthetic


def taught(
    own: Parts,
    spec: MonitorSpec,
    detector: Detector,
    watch: Watch = silent,
    *,
    synthetic_steps: int = STEPS,
) -> Taught:
    """Build the training set of a spec: real windows with synthetic ones, or synthetic ones alone.

    `synthetic_steps` is the training budget of the generator of these.
    """
    recovery = spec.recovery_rows(own.learned[0].step_s)
    normal = normal_windows(own.learned, detector.window, recovery, spec.seed)
    events = event_windows(own.learned, detector.window)
    plan = table.plan(spec.chosen, steps=spec.steps, seed=spec.seed)
    examples = WindowExamples(
        normal, events, replace(plan, progress=lambda i, n, _: watch("fit", i, n))
    )
    if spec.augment == "none":
        return Taught(examples, None)
    rare = detector.learns_events
    few = events if rare else normal
    count = (
        max(len(normal) - len(events), len(events)) if rare else min(len(normal), MOST_SYNTHETIC)
    )
    make = partial(augmented, spec.augment, steps=synthetic_steps, watch=watch)
    more = make(few, count, seed=spec.seed)
    new = (
        event_windows(_of_kinds(own.judging, own.learned), detector.window)
        if rare
        else normal_windows(own.judging, detector.window, recovery, spec.seed)
    )
    found = _membership(more, few, new, spec.seed)
    if spec.learn_from == "synthetic":
        if rare:
            quiet = make(normal, min(len(normal), MOST_SYNTHETIC), seed=spec.seed + 1)
            return Taught(replace(examples, normal=quiet, events=more), found)
        return Taught(replace(examples, normal=more), found)
    if rare:
        return Taught(replace(examples, events=torch.cat([events, more])), found)
    return Taught(replace(examples, normal=torch.cat([normal, more])), found)


def normal_windows(streams: Sequence[Stream], length: int, recovery: int, seed: int) -> Windows:
    """Windows of normal rows alone, thinned evenly where there are too many."""
    found = []
    for s in streams:
        normal = np.convolve(s.normal(recovery), np.ones(length), "full")[: len(s.values)] >= length
        found.append(windows(s.values, np.flatnonzero(normal), length))
    every = np.concatenate(found)
    if len(every) > MOST_WINDOWS:
        chosen = np.random.default_rng(seed).choice(len(every), MOST_WINDOWS, replace=False)
        every = every[np.sort(chosen)]
    return torch.from_numpy(every)


def event_windows(streams: Sequence[Stream], length: int) -> Windows:
    """Windows that end in an event."""
    found = []
    for s in streams:
        rows = np.flatnonzero(s.label)
        found.append(windows(s.values, rows[rows >= length - 1], length))
    return torch.from_numpy(np.concatenate(found))


def _of_kinds(streams: Sequence[Stream], learned: Sequence[Stream]) -> list[Stream]:
    """Streams without events of kinds that are held out, which copies would otherwise show."""
    kinds = {e.kind for s in learned for e in s.events}
    return [replace(s, events=tuple(e for e in s.events if e.kind in kinds)) for s in streams]


def _membership(made: Windows, learned: Windows, new: Windows, seed: int) -> float | None:
    if min(len(made), len(learned), len(new)) < 10:
        return None
    rng = np.random.default_rng(seed)
    few = [x[rng.permutation(len(x))[:COMPARED]].flatten(1).double() for x in (made, learned, new)]
    scale = few[1].std(0).clamp(min=1e-3)
    return membership_auc(*((x / scale).numpy() for x in few))
