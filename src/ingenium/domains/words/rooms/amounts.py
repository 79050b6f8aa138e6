"""Numbers and areas of rooms as a brief states them, such as `four offices of 14 m2 each`."""

import re

NUMBERS = (
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
COUNTED = "|".join((*NUMBERS, r"\d+"))
AREA = r"\s+of\s+(?:about\s+)?(?P<area>\d+(?:\.\d+)?)\s*(?:m2|m\u00b2|sqm|square metres)\b"


def amounts(text: str, name: str) -> tuple[int | None, float | None]:
    """Return the stated number of rooms of a name, and the area of each in m2; None if unstated."""
    stem = re.escape(name[:-1]) + "(?:y|ies)" if name.endswith("y") else re.escape(name) + "s?"
    stem = stem.replace("'s", "'?s'?")
    count: int | None = None
    area: float | None = None
    for m in re.finditer(
        rf"(?:\b(?P<count>{COUNTED})\s+)?\b{stem}(?:{AREA})?", text, re.IGNORECASE
    ):
        if m["count"] and count is None:
            word = m["count"].lower()
            count = NUMBERS.index(word) + 2 if word in NUMBERS else int(word)
        if m["area"] and area is None:
            area = float(m["area"])
    return count, area
