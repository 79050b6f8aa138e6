"""Values that a quantity can have, for readers of requests: its ends, and if it is counted.

A quantity may declare them; of the others they follow from the unit and from what it is called.
"""

import math
import re

from ingenium.core.quantity import Quantity

SHARE = re.compile(r"^(?:share|probability|chance)\b", re.IGNORECASE)
FLAG = re.compile(r"^1 (?:if|for|where)\b", re.IGNORECASE)
COUNTED = re.compile(
    r"^(?!.{0,24}(?:\bof (?:the|a|an)\b.*(?:radius|height)|spread|energy|capacity|power|error))"
    r"(?:[\w-]+ ){0,3}?(?:atoms|pieces|electrons|donors|acceptors|bonds|rings|stereocentres|groups"
    r"|reactions|molecules|steps|products|times|points|constants|columns|operations|gates|angles"
    r"|qubits|moves|lines|words|tests|cases|variables|constraints|places|axes|paths|alerts)\b"
)
FRACTION = re.compile(
    r"radius|thickness|height|middle|length|largest over|between|by the loads", re.I
)
POSITIVE = re.compile(
    r"^(?:k?g|t|mm|cm[²³]|cm\*\*[23]|m\*\*[23]|m[23]?|percent|EUR|Hz|kWh|g/mol|angstrom(?:\*\*2)?"
    r"|pu|kg/kg|J|J/kg|J/m\*\*3|h|d|1/s)$"
)
STRESS = re.compile(
    r"stress|modulus|strength|young|bulk|pressure at which|plateau|peak", re.IGNORECASE
)
SIGNED = (
    "change",
    "difference",
    "below 0",
    "over the target",
    "minus",
    "offset",
    "beyond the same",
)


def ends(q: Quantity) -> tuple[float | None, float | None]:
    """Lowest and highest value that a quantity can have, as far as that is known."""
    name = q.long_name.lower()
    low, high = q.lower, q.upper
    if any(word in name for word in SIGNED):
        return low, high
    if q.unit in ("1", "") and (FLAG.search(name) or SHARE.search(name)):
        return (0.0 if low is None else low), (1.0 if high is None else high)
    positive = POSITIVE.match(q.unit) or (q.unit == "Pa" and STRESS.search(f"{q.name} {name}"))
    if low is None and (positive or q.unit in ("kPa", "MPa", "GPa", "s") or whole(q)):
        low = 0.0
    return low, high if high is None or math.isfinite(high) else None


def whole(q: Quantity) -> bool:
    """True for what is counted, such as strokes."""
    if q.whole or q.unit not in ("1", ""):
        return q.whole
    if SHARE.match(q.long_name) or FRACTION.search(q.long_name):
        return False
    return bool(FLAG.match(q.long_name) or COUNTED.match(q.long_name))
