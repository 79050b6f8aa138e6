"""Phrases of events; the reader understands each of them as exactly the facts of its event."""

PHRASES = {
    "go": (
        "{p} walked to the {w}.", "{p} went to the {w}, slowly, as one goes to a debt.",
        "{p} hurried to the {w}.", "{p} climbed to the {w} in the last of the light.",
        "{p} left for the {w}, with both hands in the pockets of the coat.",
        "{p} set out for the {w}.",
    ),
    "wait": (
        "{p} stood at the {w} and let the cold come up through the soles.",
        "{p} was waiting at the {w}.", "{p} sat in the {w} until the lamps were lit.",
        "{p} lingered at the {w}.",
    ),
    "talk": (
        '"{speech}" said {p}.', '"{speech}" {p} whispered.', '"{speech}" said {p}, to no one.',
    ),
    "use": (
        "{p} took the {w} and turned it over.", "{p} put the {w} on the table.",
        "{p} held up the {w}.", "{p} looked at the {w} for a long time.",
    ),
    "lose": (
        "{p} dropped the {w} into the sea.", "{p} lost the {w}, somewhere between two doors.",
        "{p} mislaid the {w}.",
    ),
    "find": ("{p} found the {w} again.", "{p} recovered the {w}, and told the story to the dog."),
    "show": ("{p} spoke of the {w}.", "{p} mentioned the {w}, and then the weather."),
    "ask": ("{p} asked {q} about the {w}.", "{p} warned {q} of the {w}."),
    "accuse": ("{p} accused {q} of the {w}.", "{p} confronted {q} about the {w}."),
    "tell": (
        "{p} told {q} about the {w}.", "{p} told {q} of the {w}, all of it, from the beginning.",
        "{p} confessed the {w} to {q}.",
    ),
    "die": ("{p} died that night.", "{p} drowned off the point.", "They buried {p} at low water."),
}  # fmt: skip
SPEECHES = (
    "We have until the tide turns,", "Nobody asked me,", "Then it was all for nothing,",
    "You knew, and you let me sit there,", "I have counted it three times,",
    "Leave the light on,", "There is a boat at four,", "That is not what the paper says,",
    "I was a child,", "Ask me again in the morning,", "It was never ours,",
    "The wind will do the rest,", "I am tired of being sorry,", "Say it to my face,",
)  # fmt: skip
