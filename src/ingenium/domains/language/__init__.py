"""Language: reports from tables, messages and catalogues, whose every fact is recomputed."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="language",
    summary="reports whose numbers are recomputed from the exported file, label included",
    package=__name__,
    extra="reports",
    needs=("babel", "duckdb"),
    problems={
        "report": Offer(
            f"{__name__}.report.problem:TableStories",
            "short reports from a table, each of whose sentences is read again and recomputed",
        ),
        "message": Offer(
            f"{__name__}.message.problem:ThreadMessages",
            "summaries, drafts and other tones of a thread that keep its facts",
        ),
        "localise": Offer(
            f"{__name__}.localise.problem:LocalisedCatalogue",
            "a catalogue of messages in another language, which compiles",
        ),
    },
)
