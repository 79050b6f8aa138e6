"""Detection of requests that are not in English, by small words and letters."""

import re
import unicodedata

ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "for",
        "with",
        "at",
        "in",
        "on",
        "is",
        "are",
        "under",
        "over",
        "least",
        "most",
        "no",
        "not",
        "than",
        "below",
        "above",
        "between",
        "to",
        "a",
        "an",
        "that",
        "which",
        "from",
        "up",
        "by",
        "it",
        "be",
        "should",
        "must",
    ]
)
OTHERS = {
    "German": "der die das und mit für eine einen einer eines unter über nicht bitte ist sind nie "
    "an auf von zu im bei höchstens mindestens diesen ein werktagen",
    "French": "le la les un une des du et avec pour sous sur plus moins inférieure à au "
    "est ne pas en que dans",
    "Spanish": "el los las un una de con para y por no menor mayor máxima posible más en que sin",
    "Italian": "il lo gli una di con per e non più meno minore della sotto che",
    "Portuguese": "o os uma de com para e não mais menos menor em que sem",
    "Dutch": "het een en met voor van niet onder boven op zijn de geen",
    "Polish": "i w z na do nie jest dla pod nad oraz",
}
SMALL = {name: frozenset(words.split()) for name, words in OTHERS.items()}
FORMULA = re.compile(r"\S*[()=\[\]#]\S*")  # letters of a molecule are no words
WORD = re.compile(r"(?<![\w.])[^\W\d_]+(?![\w.]\d)")


def foreign(text: str) -> str | None:
    """Return the language or script of a request that is not in English; None for English."""
    plain = FORMULA.sub(" ", text)
    words = [w.lower() for w in WORD.findall(plain)]
    other = sum(
        not unicodedata.name(c, "").startswith(("LATIN", "GREEK")) for w in words for c in w
    )
    if other > sum(map(len, words)) / 2:
        return "letters that are not Latin"
    english = sum(w in ENGLISH for w in words)
    counts = {name: sum(w in own for w in words) for name, own in SMALL.items()}
    name, most = max(counts.items(), key=lambda row: row[1])
    accented = sum(any(ord(c) > 127 and c.isalpha() for c in w) for w in words)
    return name if most + 0.5 * bool(accented) > english and most >= 2 else None
