"""Words: texts that hold a form, and programmes that tasks in words ask for."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="words",
    summary="texts with a truth: verse that scans and rhymes",
    package=__name__,
    problems={
        "verse": Offer(
            f"{__name__}.verse.problem:Verse",
            "sonnets in English whose lines scan and rhyme by a dictionary of pronunciations",
        )
    },
)
