"""Patterns of facts over the words of a clause, for known persons and places."""

import re

from ingenium.domains.desk.story import words as w

NOUN = r"(?:[a-z]+ ){0,2}?(?P<{0}>[a-z][a-z-]+)"
STOP = r"(?=[.,;:!?\u2014]|$| (?:and|with|at|in|on|by|while|when|where|before|after|to|for|as|but|"
STOP += r"again|alone|from|until|into|over|out|up|down|off|of|that|till|once|all|under|near|"
STOP += r"through|beside|behind|between|about) ?| \w+ly\b)"
ADVERB = r"(?:(?:still|already|just|now|only|then|alone|soon|once|also|again|back|even|\w+ly) )?"


def _noun(group: str) -> str:
    return NOUN.replace("{0}", group)


def compiled(one: str, known: tuple[str, ...]) -> dict[str, re.Pattern[str]]:
    """Return the patterns of facts by key, for a pattern of persons and the names of places."""
    places = "|".join(sorted(known, key=len)[::-1])
    forms = _events(one, places) | _claims(one)
    return {key: re.compile(form) for key, form in forms.items()}


REL = r"(?:, (?:who|still|now)\b[^,]*,|,)?"


def _events(one: str, places: str) -> dict[str, str]:
    """Return the patterns of what people do, and where."""
    p, rel = rf"\b(?P<p>{one})\b", REL
    det = r"(?P<d>the|his|her|their|(?:[A-Z][a-z]+['\u2019]s))"
    place = r"(?:the |a |his |her |their |old |little |small |new |empty |[A-Z][a-z]+['\u2019]s )*"
    place += rf"(?P<l>{places})\b"
    thing = rf"{det} {_noun('o')}{STOP}"
    speak, act = w.any_of(w.SPEAK), w.any_of(f"{w.SPEAK} {w.ACT}")
    return {
        "speech": rf"\"\",? (?:(?P<p>{one}) {ADVERB}(?:{speak})|(?:{speak}) (?P<q>{one}))\b",
        "dies": rf"\b({one}){rel} (?:died|drowned|perished|was (?:dead|killed|drowned|buried|"
        rf"hanged|"
        rf"shot dead|murdered)|lay dead|fell to (?:his|her) death|bled to death|froze to death)\b|"
        rf"\bburied ({one})\b|\b(?:body|funeral|grave|corpse|death) of ({one})\b|"
        rf"\b({one})['\u2019]s (?:body|funeral|grave|corpse|death)\b|\b(?:killed|murdered) "
        rf"({one})\b",
        "act": rf"{p}{rel} {ADVERB}(?:{act})\b",
        "go": rf"{p}{rel} (?:[\w ,]{{0,40}}? and )?{ADVERB}(?:(?:{w.any_of(w.GO)}) (?:\w+ "
        rf"){{0,2}}?"
        rf"(?:to|into|towards?|for|up to|down to)|set (?:out|off) for|left for|made for|"
        rf"arrived (?:at|in)|reached|entered) {place}",
        "leave": rf"{p}{rel} {ADVERB}(?:left (?!for)(?:the|his|her) |(?:went|walked|came|ran) "
        rf"(?:out|home|away|off|back)\b(?! to| into))",
        "at": rf"{p}{rel} (?:(?:was|were) )?{ADVERB}(?:{w.any_of(w.STAY)}|{w.DOING})(?: (?:up|"
        rf"down|alone|still|late|asleep|ready|waiting))? (?:in|at|on|inside|outside) (?:the "
        rf"\w+ of )?{place}",
        "inside": rf"^(?:In|At|Inside|On) {place},? {p} {ADVERB}(?:\w+ed|{act}|"
        rf"{w.any_of(w.STAY)})\b",
        "lose": rf"{p}{rel} {ADVERB}(?:{w.LOSE}|{w.SPOIL}) {thing}",
        "drop": rf"{p}{rel} {ADVERB}(?:dropped|threw|flung|tossed|cast) {det} {_noun('o')} "
        rf"(?:into|in|over|overboard)",
        "slip": r"\b(?:The|the) (?P<o>[a-z]+) (?:slipped|fell)\b.* (?:and sank|into the "
        r"(?:sea|water|well|river|fire)|and was (?:lost|gone))",
        "find": rf"{p}{rel} {ADVERB}(?:{w.FIND}) (?:out |up )?{thing}",
        "use": rf"{p}{rel} (?:[\w ,]{{0,40}}? and )?{ADVERB}(?:(?:{w.any_of(w.USE)}) (?:up |"
        rf"out |down )?|looked (?:at|through) |picked up |reached for ){thing}",
        "new": r"\b(?:a|an|another|a new|new) (?P<o>[a-z]+)\b",
    }


def _claims(one: str) -> dict[str, str]:
    """Return the patterns of ages, and of who knows what."""
    p, q, rel = rf"\b(?P<p>{one})\b", rf"(?P<q>{one})\b", REL
    topic = rf"(?:the|his|her|their) (?P<s>[a-z]+(?: [a-z]+)?){STOP}"
    return {
        "turned": rf"{p} (?:had )?(?:just )?turned (?P<n>{w.NUMBER})\b(?! (?:years? "
        rf")?(?:pages?|times?))",
        "age": rf"{p}(?:, who)? was {ADVERB}(?P<n>{w.NUMBER})(?: years (?:old|of "
        rf"age))?(?=[.,;]| and\b| when\b| years? old)",
        "aged": rf"{p}, (?:aged )?(?P<n>{w.NUMBER})(?: years old)?,",
        "at_age": rf"\bAt (?:the age of )?(?P<n>{w.NUMBER}),? {p}\b",
        "tell": rf"\b{q}{rel} {ADVERB}told (?P<p>{one}) (?:all )?(?:about|of) {topic}",
        "confess": rf"\b{q}{rel} {ADVERB}(?:confessed|revealed|admitted|disclosed) "
        rf"{topic.replace(STOP, '')} to (?P<p>{one})\b",
        "learn": rf"{p}{rel} {ADVERB}(?:learned|learnt|heard|found out|discovered)(?: of| "
        rf"about) {topic}",
        "show": rf"{p}{rel} {ADVERB}(?:spoke (?:of|about)|mentioned|hinted at|talked about|"
        rf"alluded to|"
        rf"(?:asked|warned|questioned) {one} (?:about|of)|accused {one} of|confronted {one} "
        rf"(?:about|with)) {topic}",
    }


YEARS = rf"(?P<n>{w.NUMBER}) (?P<u>years?|months?|weeks?|days?|hours?)"
PASSED = re.compile(
    rf"^(?:{YEARS} (?:later|afterwards|went by|passed|had passed)\b)|^After "
    rf"{YEARS.replace('<n>', '<m>').replace('<u>', '<v>')}\b",
    re.IGNORECASE,
)
NEXT = re.compile(
    r"^(?:The (?:next|following)|That (?:same )?(?:night|evening|afternoon)|(?:The next "
    r")?(?:Morning|Evening) came|"
    r"(?:By|In the|Towards) (?:morning|evening|noon|nightfall|afternoon)|Later|Meanwhile|At "
    r"(?:dawn|dusk|noon|midnight)|"
    r"(?:On )?(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b)"
)
LONG = re.compile(
    r"^(?:The (?:next|following) (?:year|month|spring|summer|autumn|winter)|Years|Months)\b"
)
_SEASON = "|".join(w.MONTHS)
IN_SEASON = re.compile(
    rf"^(?:It was (?:now |already |still )?(?:(?:early|late|mid|the (?:middle|end|beginning|"
    rf"start|height|depth) of|"
    rf"an? (?:[\w-]+ ){{1,3}}(?:in|of)) )*(?:the )?(?P<a>{_SEASON})\b|(?P<b>{_SEASON}) (?:had "
    rf"come|came|was)|"
    rf"The (?P<c>winter|spring|summer|autumn) was\b|In (?:early |late )?(?P<d>{_SEASON}),? |"
    rf"That (?P<e>{_SEASON})\b)",
    re.IGNORECASE,
)
