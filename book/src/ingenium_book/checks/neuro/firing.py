"""Classification of a neuron's firing from the times of its spikes alone.

Source: Izhikevich, IEEE Transactions on Neural Networks 14, 2003, figure 2: regular (tonic) and
fast spiking, a burst and then single spikes (bursting), bursts again and again (chattering).
"""

from typing import Literal

import numpy as np
from jaxtyping import Float64

Pattern = Literal["silent", "single", "tonic", "fast_spiking", "bursting", "chattering"]

WITHIN = 0.35  # of the longest interval: shorter ones lie within a burst
FAST_MS = 9.0  # between spikes of a fast-spiking neuron; regular ones are seldom closer


def pattern(time_ms: Float64[np.ndarray, " s"]) -> Pattern:
    """Classify a neuron that spikes at these times under a constant current."""
    if len(time_ms) < 2:
        return "single" if len(time_ms) else "silent"
    between = np.diff(time_ms)
    ends = np.flatnonzero(between >= WITHIN * between.max()) + 1
    sizes = np.diff(np.concatenate([[0], ends, [len(time_ms)]]))
    if (sizes == 1).all():
        return "fast_spiking" if np.median(between) < FAST_MS else "tonic"
    later = sizes[1:-1] if len(sizes) > 2 else sizes  # the last burst may be cut off
    return "chattering" if np.median(later) > 1 else "bursting"
