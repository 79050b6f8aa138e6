"""The split of streams into those that train, set the threshold, and judge."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from ingenium.core.errors import InputError
from ingenium.monitor.alarms import WEEK_S
from ingenium.monitor.spec import MonitorSpec
from ingenium.monitor.stream import Stream, check_alike, pieces


@dataclass(frozen=True)
class Parts:
    """Streams by their part in the split."""

    learned: tuple[Stream, ...]
    setting: tuple[Stream, ...]  # the threshold
    judging: tuple[Stream, ...]

    def names(self) -> dict[str, list[str]]:
        """Names of the streams of each part."""
        return {f.name: [s.name for s in getattr(self, f.name)] for f in fields(self)}


def parts(streams: Sequence[Stream], spec: MonitorSpec) -> Parts:
    """Split whole streams by the seed; long records are cut into weeks and stay in order.

    Streams with an event of an unseen kind are used for judging only.

    Raises:
        InputError: for streams that differ, or too few of them for one part.
    """
    check_alike(streams)
    week = max(round(WEEK_S / streams[0].step_s), 1)
    whole = pieces(streams, week)
    unseen = _unseen(whole, spec)
    distance = [s for s in whole if any(e.kind in unseen for e in s.events)]
    rest = [s for s in whole if s not in distance]
    one_record = len(streams) == 1
    order = np.arange(len(rest))
    if not one_record:
        order = np.random.default_rng(spec.seed).permutation(len(rest))
    last, middle = (max(round(share * len(rest)), 1) for share in (spec.held_out, spec.calibration))
    first = len(rest) - last - middle
    if first < 1:
        raise InputError(
            "at least three weeks of streams, to learn, to set the bar and to judge",
            f"{sum(len(s.values) for s in streams)} rows, {week} of which make a week"
            + (f", with {len(distance)} streams left to judge alone" if distance else ""),
        )
    groups = [order[:first], order[first : first + middle], order[first + middle :]]
    learned, setting, judging = ([rest[i] for i in sorted(g)] for g in groups)
    return Parts(tuple(learned), tuple(setting), (*judging, *distance))


def _unseen(streams: Sequence[Stream], spec: MonitorSpec) -> tuple[str, ...]:
    """Return event types held out for judging: those of the spec, or one sampled by the seed."""
    kinds = sorted({e.kind for s in streams for e in s.events})
    if spec.unseen is None:
        return (kinds[spec.seed % len(kinds)],) if len(kinds) >= 3 else ()
    for kind in spec.unseen:
        if kind not in kinds:
            raise InputError(f"unseen kinds among {', '.join(kinds) or 'none'}", kind)
    return spec.unseen
