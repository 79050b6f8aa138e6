"""Two paraphrases of a request by rules: other words of the same meaning, and another order."""

import re

SYNONYMS = (
    (r"\bat most\b", "no more than"),
    (r"\bno more than\b(?! than)", "not more than"),
    (r"\bat least\b", "no less than"),
    (r"\bunder (?=\d)", "below "),
    (r"\bbelow (?=\d)", "less than "),
    (r"\babove (?=\d)", "more than "),
    (r"\bover (?=\d)", "above "),
    (r"\bbetween (\S+) and (\S+)", r"from \1 to \2"),
    (r"\bwithout\b", "with no"),
    (r"\bplease\b", "kindly"),
    (r"\bneed\b", "require"),
    (r"\bwant\b", "would like"),
)
OPENING, CLOSING = "Hello, could you help me with this: ", ". Thanks a lot"


def worded(text: str) -> str:
    """Other words of the same meaning, and politeness around them."""
    said = text
    for form, instead in SYNONYMS:
        changed = re.sub(form, instead, said, count=1)
        if changed != said:
            said = changed
    return f"{OPENING}{said.rstrip('.?!')}{CLOSING}"


def ordered(text: str) -> str:
    """The last part of a list of wishes before the others, behind the thing itself."""
    parts = re.split(r",\s+(?=[^\d])", text.rstrip(".?!"))
    if len(parts) < 3:
        return f"{text.rstrip('.?!')}, please"
    return ", ".join([parts[0], parts[-1].removeprefix("and "), *parts[1:-1]])
