"""Writer's desk: continuations without contradictions, and texts cut from sources."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="desk",
    summary="continuations of a draft whose facts agree, and texts cut from sources",
    package=__name__,
    extra="desk",
    needs=("clingo",),
    problems={
        "story": Offer(
            f"{__name__}.story.problem:StoryBranches",
            "continuations of a draft, far from the likeliest, without contradictions",
        ),
        "cutup": Offer(
            f"{__name__}.cutup.problem:CutTexts",
            "cut-up, chance and found texts, each word with its source line",
        ),
    },
)
