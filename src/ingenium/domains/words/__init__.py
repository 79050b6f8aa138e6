"""Words: texts of a required form, and programmes from tasks in words."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="words",
    summary="texts with a truth: verse that scans, and tasks in words as programmes",
    package=__name__,
    extra="words",
    needs=("highspy",),
    drafts={"rooms": f"{__name__}.rooms.draft:rooms"},
    problems={
        "verse": Offer(
            f"{__name__}.verse.problem:Verse",
            "English sonnets that scan and rhyme by a pronouncing dictionary",
        ),
        "programme": Offer(
            f"{__name__}.programme.problem:WordedProgramme",
            "optimisation programs (routing, mixing, scheduling, covering) from a task in words",
        ),
    },
)
