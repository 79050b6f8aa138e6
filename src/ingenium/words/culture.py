"""Flags for readers elsewhere: idioms, items of one culture, and phrases that can mean two things.

The lists are short and of English; a flag is a question to the writer, never a verdict.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

FlagKind = Literal["idiom", "culture", "ambiguity"]
IDIOMS = (
    r"break a leg|piece of cake|hit the (?:ground running|nail on the head|road|sack)|ball ?park|"
    r"touch base|low-hanging fruit|move the needle|out of the box|outside the box|"
    r"under the weather|"
    r"once in a blue moon|bite the bullet|spill the beans|kick the bucket|cost an arm and a leg|"
    r"the ball is in your court|cut corners|on the same page|back to square one|call it a day|"
    r"drop the ball|raining cats and dogs|let the cat out of the bag|burn(?:ing)? the midnight oil|"
    r"a blessing in disguise|beat around the bush|barking up the wrong tree|in the loop|"
    r"throw under the bus|up in the air|rule of thumb|hail mary|slam dunk|home run|"
    r"at the end of the day|the elephant in the room|jump the gun|on thin ice|silver bullet|"
    r"pull (?:someone's|your|my) leg|get the ball rolling|by the skin of|sit on the fence|"
    r"steal (?:someone's|my|your|the) thunder|tip of the iceberg|think on your feet|"
    r"wild goose chase|"
    r"break the ice|hold your horses|take it with a grain of salt|the last straw|long shot|"
    r"play(?:ing)? it by ear|a level playing field|bells and whistles|quick and dirty"
)
CULTURE = (
    r"\d+(?:\.\d+)? ?(?:miles?|feet|foot|ft|inch(?:es)?|yards?|pounds?|lbs?|ounces?|oz|"
    r"gallons?|mph)\b|"
    r"\d+ ?(?:°F|degrees fahrenheit)|thanksgiving|super bowl|independence day|fourth of july|"
    r"black friday|labor day|memorial day|christmas|easter|halloween|ramadan|diwali|lunar new year|"
    r"zip code|social security number|high school|college football|baseball|world series|"
    r"first name and last name|maiden name|god bless|knock on wood|fingers crossed|thumbs up|"
    r"happy hour|prom\b|dear sirs?\b|ladies and gentlemen|hey guys|you guys|letter-size|"
    r"\(\d{3}\) \d{3}-\d{4}|tax season|spring break|summer (?:vacation|holidays)|flu season"
)
AMBIGUITY = (
    r"(?<!\d)(?:0?[1-9]|1[0-2])/(?:0?[1-9]|1[0-2])(?:/\d{2,4})?(?!\d)|\bbi-?(?:weekly|"
    r"monthly|annual(?:ly)?)\b|"
    r"\bnext (?:week ?end|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|"
    r"\bthis (?:coming )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|"
    r"\b(?:as soon as possible|asap|soon|shortly|in due course|by (?:eod|cob|close of business|"
    r"end of (?:day|week|month))|at your earliest convenience)\b|"
    r"\bat (?:[1-9]|1[0-2])(?::\d\d)?(?! ?(?:am|pm|a\.m|p\.m|\d|%|:))\b|\btable (?:the|"
    r"this) (?:item|"
    r"motion|topic|discussion)\b|\bpush(?:ed)? (?:back|forward) (?:the )?(?:meeting|"
    r"deadline|date)\b|"
    r"\bmove(?:d)? (?:up|forward|back) (?:the )?(?:meeting|deadline)\b|\b(?:quite|"
    r"fairly) (?:good|nice)\b|"
    r"\b(?:a few|several|some|a couple of) (?:days|weeks|people|issues|changes|items)\b|"
    r"\bor so\b|\band/or\b|\bshould be (?:fine|ok|okay)\b|\bthe usual (?:place|time)\b|"
    r"\b(?:a|one) billion\b|\bnot all of (?:them|the)\b|\ball of (?:them|"
    r"the \w+) are not\b|\bsanction(?:ed)?\b|"
    r"\boversight\b|\bas discussed\b|\bthe other (?:one|day)\b|\bsame time as (?:before|"
    r"last time)\b"
)
_FORMS: tuple[tuple[FlagKind, re.Pattern[str]], ...] = (
    ("idiom", re.compile(rf"\b(?:{IDIOMS})\b", re.IGNORECASE)),
    ("culture", re.compile(rf"(?<!\w)(?:{CULTURE})", re.IGNORECASE)),
    ("ambiguity", re.compile(AMBIGUITY, re.IGNORECASE)),
)


@dataclass(frozen=True)
class ReaderFlag:
    """A phrase that a reader elsewhere may not read as it was meant."""

    kind: FlagKind
    phrase: str
    start: int


def flags(text: str) -> tuple[ReaderFlag, ...]:
    """Return all flags of a text, in order."""
    return tuple(sorted(_flags(text), key=lambda f: (f.start, f.kind)))


def _flags(text: str) -> Iterator[ReaderFlag]:
    for kind, form in _FORMS:
        for match in form.finditer(text):
            yield ReaderFlag(kind, match[0], match.start())
