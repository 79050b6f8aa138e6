"""Studies of the claims of which nothing can be tested here: running one keeps the reason."""

from ingenium.studies.book.claims import Beyond, Claim, chapters
from ingenium.studies.study import Study


def closed() -> tuple[Study, ...]:
    """A study for each claim of which nothing can be tested here."""
    return tuple(
        _study(claim, f"{chapter.chapter} {chapter.title}", claim.beyond)
        for chapter in chapters()
        for claim in chapter.rows
        if claim.beyond is not None and claim.beyond.whole
    )


def _study(claim: Claim, chapter: str, beyond: Beyond) -> Study:
    return Study(
        row=claim.row,
        chapter=chapter,
        title=claim.title,
        claim=claim.claim,
        claimed=claim.claimed,
        protocol="None: nothing of the claim can be tested here.",
        budget="none",
        parts=(),
        headline="",
        measure=None,
        depends=("studies/book/closed.py",),
        untestable=f"{beyond.kind.value}: {beyond.why}",
    )
