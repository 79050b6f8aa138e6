"""Rows 33.9 and 33.3: planted facts, tones, flags and voice; catalogues that compile, and flags."""

from collections.abc import Iterator
from random import Random

from ingenium.core.given import Given
from ingenium.domains.language.message.problem import MessageSettings, ThreadMessages
from ingenium.domains.language.message.tone import casual, formal, formality, voice_distance
from ingenium.words.culture import flags
from ingenium_book.findings import Commands, Finding

COUNT, RECALL, PRECISION = 300, 0.9, 0.8
FLAGGED = {
    "ambiguity": """Let's meet on 03/04.
The report is due bi-weekly.
See you next Friday.
Send it asap.
I'll reply soon.
Come at 7.
Please table the item.
We pushed back the deadline.
A few people came.
It takes two days or so.
Bring a laptop and/or a phone.
It should be fine.
The usual place, then.
Not all of them agreed.
The board will sanction it.
It was an oversight.
As discussed, go on.
Do it by end of week.
This coming Monday works.
Several items are left.""",
    "culture": """The port is 5 miles away.
It weighs 20 pounds.
It was 90 °F.
We close on Thanksgiving.
The sale is on Black Friday.
Enter your zip code.
Give your social security number.
She's in high school.
Watch the Super Bowl.
He lives 300 yards away.
Call (555) 123-4567.
The Christmas party is off.
Print it on letter-size paper.
Tax season is near.
Dear Sirs, we regret it.
Hey guys, a word.
He lost 10 lbs.
Happy hour is at six.
Fingers crossed for you.
Enter your maiden name.""",
    "idiom": """Let's touch base.
That's a ballpark figure.
It costs an arm and a leg.
We cut corners.
They are on the same page.
It's back to square one.
Don't drop the ball.
It's a slam dunk.
Take it with a grain of salt.
He jumped: don't jump the gun.
It's the tip of the iceberg.
Bite the bullet.
It's a piece of cake.
We play it by ear.
There is no silver bullet.
Call it a day.""",
}
PLAIN = """The pump ran for 6 hours.
The invoice is attached.
The meeting is on 3 March 2026 at 14:00.
The file has 12 pages.
She works in Oslo.
The motor draws 4 kW.
We paid 300 EUR.
The door is open.
Page 3 shows the plan.
The train leaves at 09:15.
He wrote the report.
The sensor failed on 2 May 2026.
The client approved the offer.
Two technicians are needed.
The valve is closed.
The order has 40 parts.
The room is on floor 2.
I have read the contract.
The test starts on Monday, 4 May 2026.
It is cold."""
NOUNS = ["valve", "pump", "motor", "sensor", "boiler", "filter", "fan", "heater"]


def messages(commands: Commands) -> Iterator[Finding]:
    """Row 33.9: facts are in summaries, tones move, flags are found, and the voice is near."""
    rng = Random(9)
    retained = sum(_stored(rng) for _ in range(COUNT))
    yield Finding(f"planted facts are in {retained} of {COUNT} summaries", retained >= 0.98 * COUNT)
    thread = "example.txt"
    (commands.folder / thread).write_text(_thread("the pump", 450, 12))
    (commands.folder / "spec.toml").write_text(
        f'problem = "language.message"\n[given]\nthread = {{ file = "{thread}" }}\n'
    )
    words = ("--spec", "spec.toml", "-n", 4, "--out", "mail")
    done = commands("propose", "language.message", *words)
    yield Finding("a thread becomes summaries by one command", done.code == 0)
    text = (
        "I don't need it, but we'll get 3. It's fine and we've got enough. I can't purchase more."
    )
    moved = formality(formal(text)) > formality(text) > formality(casual(text))
    yield Finding("the requested tone moves formality in its direction", moved)
    own = "I've booked it. We'll need two folks, and it's fine. Cheers!"
    near = voice_distance("I've got the sensor, and it's fine. Cheers!", own)
    far = voice_distance("The sensor has been received. Best regards.", own)
    yield Finding(
        f"the voice is nearer than a neutral rewrite's ({near:.2f}, {far:.2f})", near < far
    )
    for kind in ("ambiguity", "culture"):
        yield from _flags(kind)


def _thread(what: str, number: int, day: int) -> str:
    return (
        "From: Ana Silva\nDate: 2026-03-02\nSubject: A test\n\nHi all,\n\nWe met as planned. It "
        f"was a good day. For {what} we measured {number} kPa.\nThe next visit is on {day} May. "
        "We didn't sign the offer. More will follow.\n\nCheers,\nAna Silva\n"
    )


def _stored(rng: Random) -> bool:
    """True if a summary has the planted facts, and is shorter than the thread."""
    what, number, day = f"the {rng.choice(NOUNS)}", rng.randrange(100, 999), rng.randrange(1, 29)
    thread = _thread(what, number, day)
    problem = ThreadMessages(MessageSettings(), Given({"thread": thread}))
    text = problem.message(Random(rng.randrange(10**6)))
    wanted = (f"{number} kPa", f"{day} May", "didn't sign")
    return all(w in text for w in wanted) and problem.tiers[0]._one(text)[:2] == (0.0, 0.0)


def _flags(kind: str) -> Iterator[Finding]:
    listed = [x.strip() for x in FLAGGED[kind].splitlines() if x.strip()]
    plain = [x.strip() for x in PLAIN.splitlines() if x.strip()]
    found = sum(any(f.kind == kind for f in flags(x)) for x in listed)
    wrong = sum(any(f.kind == kind for f in flags(x)) for x in plain)
    recall, precision = found / len(listed), found / max(1, found + wrong)
    text = f"{kind}: recall {recall:.2f} of {len(listed)}, precision {precision:.2f}"
    yield Finding(text, recall >= RECALL and precision >= PRECISION)


def catalogues(commands: Commands) -> Iterator[Finding]:
    """Row 33.3: a catalogue compiles, and idioms and items of one culture are flagged."""
    spec = 'problem = "language.localise"\n[setup.glossary]\nfile = "Datei"\n'
    (commands.folder / "spec.toml").write_text(spec)
    done = commands("propose", "language.localise", "--spec", "spec.toml", "-n", 1, "--out", "de")
    files = list((commands.folder / "de" / "designs").glob("*/de.po"))
    yield Finding("a catalogue is filled and compiles", done.code == 0 and len(files) == 1)
    text = files[0].read_text()
    broken = commands.folder / "broken.po"
    for name, old, new in (
        ("placeholder", "an %s speichern", "speichern"),
        ("plural form", 'msgstr[1] "%d Dateien kopiert"\n', ""),
        ("term of the glossary", "%d Datei kopiert", "%d Akte kopiert"),
    ):
        broken.write_text(text.replace(old, new))
        code = commands("verify", "language.localise", broken, "--spec", "spec.toml").code
        yield Finding(f"a lost {name} is refused", old in text and code != 0)
    for kind in ("idiom", "culture"):
        yield from _flags(kind)
