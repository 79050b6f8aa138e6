"""Choice of the verb of a request, by what it has (table, stream, device, budget) and its cues.

A design and a verb can share their topic, so that likeness of meaning does not decide; words do,
and near ones are offered as a choice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ingenium.core.errors import choose
from ingenium.words.files import NamedFile, named_files
from ingenium.words.measures import Measure, measures
from ingenium.words.reading import Span

PROPOSE, SEARCH, INFER, MONITOR = "propose", "search", "infer", "monitor"
OPERATE, MODEL, EDGE = "operate", "model", "edge"
WHAT = {  # a line each, for choices
    PROPOSE: "designs that satisfy limits, verified and exported",
    SEARCH: "the best designs under a budget of solver calls",
    INFER: "a hidden state from measurements, with its uncertainty",
    MONITOR: "an alarm on a stream of measurements, fitted to a rate of false alarms",
    OPERATE: "a policy on a simulated plant, inside a safety shell",
    MODEL: "a model of a process from a sentence and a table over time",
    EDGE: "a generator small enough for a microcontroller",
}
CUES: dict[str, tuple[tuple[float, str], ...]] = {
    MONITOR: (
        (2.0, r"\balarms?\b(?! clock)|\bmonitor(?:ing)?\b|\bwatch(?:es|ing)?\b|\bsurveillance\b"),
        (2.0, r"\banomal\w+|\bsomething (?:is|goes|went) wrong\b|\bwrong with\b|\bmalfunction\w*"),
        (2.0, r"\bfalse (?:alarms?|positives?)\b"),
        (
            1.5,
            r"\bdetect\w*\b(?: (?:failures?|faults?|leaks?))?|\bearly warning\b|\bwarn\w*\b",
        ),
        (0.7, r"\bfailures?\b|\bfaults?\b|\bleaks?\b|\bbreak(?:down|s)\b"),
        (0.8, r"\b(?:readings?|sensors?|measurements?|stream\w*|logs?|telemetry)\b"),
    ),
    MODEL: (
        (2.5, r"\bmodel (?:of|for|how|which|that)\b|\b(?:which|what|a|make) (?:\w+ )?model\b"),
        (1.5, r"\bdescribes?\b|\bforecast\w*\b|\bwhat comes next\b|\bextrapolat\w+|\bover time\b"),
        (
            1.0,
            r"\bgrow(?:s|th|ing)?\b|\bcooling\b|\bdecay\w*\b|\bkinetics\b|\bepidemic\b|\bspecies\b",
        ),
        (1.0, r"\bcolumns?\b|\btable\b"),
    ),
    INFER: (
        (3.0, r"\binfer\b|\bposterior\b|\breconstruct\w*|\bhidden state\b|\bstate estimation\b"),
        (1.5, r"\bestimate\b|\bfill (?:in )?(?:the )?gaps\b|\bwhere is\b|\blocali[sz]\w+"),
    ),
    SEARCH: (
        (2.0, r"\bsearch(?: for)?\b|\bbudget(?: of)?\b|\boptimi[sz]e\b"),
        (2.0, r"\b(?:solver |engine )?(?:calls|evaluations|experiments|simulations)\b"),
        (0.5, r"\bbest\b|\bmay spend\b|\bspend\b|\bbayesian\b|\bevolution\w*\b"),
    ),
    OPERATE: (
        (2.0, r"\boperate\b|\bpolicy\b|\bsafety shell\b|\boverrid\w+|\bplant operator\b"),
        (
            1.5,
            r"\b(?:try|run|test) \w+ (?:\w+ )?controller\b|\blearned controller\b|\bon the plant\b",
        ),
        (0.7, r"\bagent\b|\bover \d+ hours\b|\boperating\b"),
    ),
    EDGE: (
        (2.0, r"\bshrink\b|\bcompress\b|\bsmall enough\b|\bfit(?:s)? (?:on|in)(?:to)?\b"),
        (1.5, r"\bruns? on\b|\bmicrocontroller\b|\bcortex(?:-m\d)?\b|\besp32\b|\bmcu\b"),
        (1.0, r"\bgenerator\b|\bdevice\b"),
    ),
}
LEAST = {MONITOR: 2.2, MODEL: 2.4, INFER: 3.0, SEARCH: 2.0, OPERATE: 2.0, EDGE: 3.4}
NEAR = 0.9  # below the least by which a verb is still offered
OPTIONS = {  # numbers that belong to the command: name, the words next to it
    SEARCH: (("budget", r"evaluations?|calls?|experiments?|simulations?|runs?|budget"),),
    OPERATE: (("hours", r"hours?|h\b"),),
    MONITOR: (("false_alarms_per_week", r"false alarms?"),),
}
DATA = re.compile(r"\b(?:csv|data|readings?|measurements?|recordings?|stream|table|files?)\b", re.I)
LIVE = re.compile(r"\bstream\b.*\bwith the alarm\b|\bwatch\b.*\bout/", re.IGNORECASE)
OTHER = re.compile(r"\bformula\b|\blaws?\b|\bsymbolic regression\b|\bequations?\b", re.IGNORECASE)
NO_PROBLEM = (MONITOR, MODEL)
NO_OPTIONS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class VerbReading:
    """The verb of a request, with the words and files that it took."""

    verb: str = PROPOSE
    words: tuple[Span, ...] = ()
    files: tuple[NamedFile, ...] = ()
    options: Mapping[str, float] = field(default_factory=lambda: NO_OPTIONS)
    used: tuple[Span, ...] = ()  # of options and files
    near: tuple[str, ...] = ()  # other verbs that are nearly meant
    live: bool = False  # of `monitor`: an alarm that exists watches a stream

    @property
    def alone(self) -> bool:
        """True for a verb that needs no problem."""
        return self.verb in NO_PROBLEM


def read_verb(text: str, named: str | None = None) -> VerbReading:
    """The verb that a text needs; `named` is one that the person has chosen.

    Raises:
        InputError: for a verb that has no spec of words.
    """
    if named is not None:
        choose(named, list(WHAT), "verb of a request")
    files = named_files(text)
    scores = {verb: _score(text, verb, files) for verb in CUES}
    ranked = sorted(scores, key=lambda v: scores[v] - LEAST[v], reverse=True)
    chosen = next((v for v in ranked if scores[v] >= LEAST[v]), PROPOSE)
    verb = named or chosen
    near = tuple(v for v in ranked if v != verb and LEAST[v] - NEAR <= scores[v] and scores[v] > 1)
    if verb == PROPOSE:
        return VerbReading(files=files, near=near)
    words = tuple(m.span() for _, form in CUES[verb] for m in re.finditer(form, text, re.I))
    options, used = _options(text, verb)
    if verb in NO_PROBLEM:
        used += [m.span() for m in DATA.finditer(text)]
    used += [(f.start, f.end) for f in files]
    live = verb == MONITOR and LIVE.search(text) is not None
    return VerbReading(verb, words, files, options, tuple(used), near, live)


def _score(text: str, verb: str, files: tuple[NamedFile, ...]) -> float:
    total = sum((w for w, form in CUES[verb] if re.search(form, text, re.IGNORECASE)), 0.0)
    if verb == MONITOR:
        data = bool(files) or DATA.search(text) is not None
        return total if data or re.search(r"\balarm\b", text, re.I) else min(total, 1.0)
    if verb == MODEL:
        tables = any(f.table for f in files)
        law = OTHER.search(text) is not None
        return 0.0 if law else total + tables
    if verb == SEARCH and not _options(text, SEARCH)[0]:
        return min(total, LEAST[SEARCH] - 0.1)
    return total


def _options(text: str, verb: str) -> tuple[dict[str, float], list[Span]]:
    """Numbers of the command, each next to its words; a budget counts whole things."""
    found: dict[str, float] = {}
    used: list[Span] = []
    for name, form in OPTIONS.get(verb, ()):
        for measure in measures(text):
            span = _alongside(text, measure, form)
            if span is not None and name not in found:
                found[name] = _hours(measure)
                used += [span, *measure.spans]
    if verb == OPERATE and not found and (match := re.search(r"\bfor an hour\b", text, re.I)):
        found["hours"] = 1.0
        used.append(match.span())
    return found, used


def _alongside(text: str, measure: Measure, form: str) -> Span | None:
    behind = re.match(rf"\s*(?:solver |engine )?(?:{form})", text[measure.end :], re.IGNORECASE)
    if behind:
        return measure.end, measure.end + behind.end()
    if measure.unit == "h" and "hours" in form:
        return measure.start, measure.end
    before = re.search(rf"(?:{form})\s*(?:of\s*)?$", text[: measure.start], re.IGNORECASE)
    return before.span() if before and measure.unit is None else None


def _hours(measure: Measure) -> float:
    return measure.low.value
