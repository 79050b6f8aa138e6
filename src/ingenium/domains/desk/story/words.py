"""Words that the reader knows: verbs of what people do, places, months, and numbers."""

import re


def words_of(listed: str) -> tuple[str, ...]:
    """Return the words of a list in one string."""
    return tuple(listed.split())


SPEAK = (
    "said asked whispered shouted replied answered called cried muttered murmured told added "
    "snapped sighed laughed sang promised explained"
)
ACT = (
    "opened closed nodded shook lit wrote smiled frowned turned ran walked went stood sat knelt "
    "climbed poured drank ate cut tied untied repaired painted counted looked watched listened "
    "shrugged waved danced worked cooked carried lifted pushed pulled knocked signed sold bought "
    "paid cleaned searched followed kissed hugged struck swam rowed sailed drove rode hurried "
    "returned arrived took held put drew raised gave showed handed read drank swept"
)
GO = (
    "went walked ran drove rode sailed rowed hurried came returned moved travelled traveled "
    "climbed crossed headed strolled crept rushed marched wandered cycled"
)
STAY = (
    "was sat stood waited lay slept worked stayed remained knelt lingered lived hid sheltered "
    "dined rested"
)
DOING = "waiting|sitting|standing|working|lying|sleeping|hiding|kneeling|staying|living"
LOSE = "lost|mislaid|misplaced"
SPOIL = "burned|burnt|smashed|destroyed|shattered|sank"
FIND = "found|recovered|mended|repaired|retrieved|fished|dug"
USE = (
    "took held put laid drew opened lit wound played raised carried read lifted handed gave showed "
    "used turned pocketed grabbed polished cleaned fired pointed sharpened unfolded sold lent "
    "tuned hid packed touched weighed"
)
MONTHS = {
    "december": "winter", "january": "winter", "february": "winter", "march": "spring",
    "april": "spring", "may": "spring", "june": "summer", "july": "summer", "august": "summer",
    "september": "autumn", "october": "autumn", "november": "autumn",
    "winter": "winter", "spring": "spring", "summer": "summer", "autumn": "autumn",
    "fall": "autumn", "midwinter": "winter", "midsummer": "summer",
}  # fmt: skip
ROOMS = (
    "kitchen cellar attic hall parlour parlor bedroom study pantry scullery loft nursery corridor "
    "bathroom landing porch vestry"
)
SITES = (
    "lighthouse mill chapel harbour harbor market inn school boathouse library station orchard "
    "quarry farm bakery church quay pier jetty tavern pub shop smithy forge hospital prison court "
    "castle palace theatre cinema museum hotel barn stable cottage house manor rectory cemetery "
    "graveyard churchyard beach cove dunes headland cliff forest wood marsh moor island bridge "
    "ferry shipyard dock docks office bank mine hut cabin tower abbey monastery convent garden "
    "park square warehouse factory customs-house post-office ropewalk sailloft saltworks lock weir"
)
LEVEL = dict.fromkeys(ROOMS.split(), "room") | dict.fromkeys(SITES.split(), "site")
STRANGERS = words_of(
    "I He She It They We You The A An In At On By My His Her Their Our Your This That These Those "
    "There Then When While If But And Or So Not No Nobody Someone Somebody Everyone Everything "
    "Nothing One Two Three Four Five Six Seven Eight Nine Ten Once After Before Behind Outside "
    "Inside Here Now Every Each Some Somewhere People God Lord Sunday Monday Tuesday Wednesday "
    "Thursday Friday Saturday January February March April May June July August September October "
    "November December Spring Summer Autumn Winter Christmas Easter Chapter Part Book Yes Oh "
    "Mr Mrs Miss Dr Sir Captain Old What Who Why How Where Which For From With Without To As Like "
    "Only Even Still Perhaps Later Years Months Both Neither Either All Most Many Another "
    "Again Its Nor Yet English "
    "French German Dutch Latin Bible Until Since Though Because Under Over Above Below "
    "Down Up Out Off Across Along Between Through Something Anything Half Last First Next"
)
DOUBT = re.compile(  # of a whole sentence
    r"(?i:(?<!as )\bif\b|\b(?:wish(?:ed)?|dream\w*|imagin\w+|remember\w*|recall\w*|thought of|"
    r"perhaps|maybe|pretend\w*|unless|whether|hoped|feared|supposed|expected|used to|ago)\b|\?\s*$)"
)
UNREAL = re.compile(  # of a clause
    r"(?i:\b(?:would|could|might|should|must|can|cannot|shall|never|not|nobody|no one|neither|nor|"
    r"almost|nearly|wanted to|had|as if|as though|like)\b|n[\u2019']t\b|"
    r"(?<!the )(?<!his )(?<!her )(?<!forged )\bwill\b)|\bmay\b"
)
CLAUSE = re.compile(
    r"(?<=[,;:\u2014])|(?= (?:and|but|so that|because|while|where|when|until|before|after|as|that|"
    r"than|though|which)\b)"
)
QUOTED = re.compile(
    r"\"[^\"]*\"?|\u201c[^\u201d]*\u201d?|\u2018[^\u2019]*\u2019(?!\w)|(?<!\w)'[^']+'(?!\w)"
)
_ONES = words_of(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = words_of("twenty thirty forty fifty sixty seventy eighty ninety")
NUMBER = (
    rf"\d{{1,3}}|(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES[1:10])}))?|{'|'.join(_ONES[::-1])}"
)


def any_of(words: str) -> str:
    """Return a pattern of any of some words."""
    return "|".join(words.split())


def value(word: str) -> int:
    """Return the number that digits or a word say."""
    plain = word.lower().replace("-", " ")
    if plain.isdigit():
        return int(plain)
    return sum(_ONES.index(w) if w in _ONES else 20 + 10 * _TENS.index(w) for w in plain.split())
