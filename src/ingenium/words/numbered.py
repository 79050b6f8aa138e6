"""Names with a number in them: `two-qubit gates`, `7-joint arm`, `two areas`; no value is said."""

import re

from ingenium.words.contract import Contract
from ingenium.words.numbers import ONES
from ingenium.words.titles import others

WORDS = {str(value): word for word, value in ONES.items() if value}
WORDED = "|".join(word for word, value in ONES.items() if value > 1)
NAME = re.compile(rf"\b(?P<n>\d{{1,2}}|{WORDED})[\s_-](?P<what>[a-z]{{3,}})", re.IGNORECASE)
NO_NAME = ("percent", "wide", "high", "times")


def numbered_names(contract: Contract) -> re.Pattern[str] | None:
    """The names of a contract that have a number in them, with the number in digits or words."""
    said = [contract.problem, contract.summary, *others().get(contract.problem, ())]
    found: dict[str, str] = {}
    for entry in contract.entries:
        said += [entry.name, *entry.also, *(entry.choices or ())]
        coded = (phrase for _, phrase in entry.spelled if any(map(str.isdigit, phrase)))
        found |= {phrase: re.escape(phrase) for phrase in coded}
    for match in (m for text in said for m in NAME.finditer(text.replace("_", " "))):
        number, what = match["n"].lower(), match["what"].lower()
        digits = number if number.isdigit() else str(ONES[number])
        if what not in NO_NAME:
            forms = f"(?:{digits}|{WORDS.get(digits, digits)})"
            found[f"{digits} {what}"] = rf"{forms}[\s-]{re.escape(what)}"
    if not found:
        return None
    return re.compile(rf"(?<![\w.])(?:{'|'.join(found.values())})", re.IGNORECASE)
