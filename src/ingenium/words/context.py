"""Phrases that say what a request is for: `for our new school`, `because the bridge is old`.

They set nothing and are shown as such. A phrase with a number, a negation, a name, a comparison or
any word of what a problem could still be told is none: it stays a question.
"""

import re
from collections.abc import Iterable

from ingenium.words.contract import Contract
from ingenium.words.lexicon import terms
from ingenium.words.materials import ALIKE
from ingenium.words.reading import ReadValue, Span

_ENDS = (
    "with|that|which|whose|made|using|in|at|and|but|about|i|we|you|need|want|please|can|could|is|are"
    "|should|must|has"
)
WORDS = rf"(?:\s+(?!(?:{_ENDS})\b)[a-z'-]+){{1,5}}"
POSSESSIVE = r"(?:my|our|his|her|their|your)"
PURPOSE = re.compile(
    rf"\b(?:for|in|on|at|of|inside|to use in|as part of)\s{POSSESSIVE}{WORDS}"
    rf"|\b(?:because|since we|since our|as we|as our|so that we|so we|in order to)\b[^.;:!?\n]*"
    rf"|\b(?:it|this|that) (?:is|will be) for\b[^.;:!?\n,]*"
    rf"|\b(?:i am|i'm|we are|we're|my name is|i work|we work|i study|we run|we have|i have)\b"
    rf"[^.;:!?\n,]*(?=[.;:!?\n,])",
    re.IGNORECASE,
)
TELLING = re.compile(
    r"\d|\b(?:not|no|never|none|nor|neither|without|except|excluding|only|unless|than|less|more"
    r"|most|least|must|should|shall|has to|have to|needs? to|maximum|minimum|limit\w*|exactly|or"
    r"|instead|rather|half|twice|double|made of|as \w+ as|\w{3,}(?:er|est) than)\b",
    re.IGNORECASE,
)
PROPER = re.compile(r"(?<=[a-z,] )[A-Z][\w-]+|\b[A-Z]{2,}\b|\b[a-z]+[A-Z]\w*")


def in_context(text: str, span: Span, contract: Contract, found: Iterable[ReadValue]) -> bool:
    """True if a phrase that nothing used lies within one that says what the request is for."""
    values = list(found)
    for match in PURPOSE.finditer(text):
        if not (match.start() <= span[0] and span[1] <= match.end()):
            continue
        if any(match.start() < b and a < match.end() for v in values for a, b in v.words):
            return False
        said = match[0]
        telling = TELLING.search(said) or any(form.search(said) for _, form in ALIKE)
        named = PROPER.search(text, *span)
        return not telling and not named and not _open(text[slice(*span)], contract, values)
    return False


def _open(said: str, contract: Contract, values: Iterable[ReadValue]) -> bool:
    """True if a phrase has a word of an entry that nothing has filled."""
    filled = {v.entry.name for v in values}
    own = set(terms(said))
    free = (e for e in contract.entries if e.name not in filled)
    return any(
        own & set(terms(name.replace("_", " ")))
        for e in free
        for name in (e.name, *e.also, *(e.choices or ()))
    )
