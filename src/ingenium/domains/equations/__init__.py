"""Equations: laws behind tables, process models from words, and solution fields."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="equations",
    summary="laws, models and fields: formulas from tables, with units, judged by a solver",
    package=__name__,
    extra="equations",
    problems={
        "law": Offer(
            f"{__name__}.law.problem:TableLaw",
            "formulas behind a table with units, by error and complexity",
        ),
        "field": Offer(
            f"{__name__}.field.problem:SolutionField",
            "solution fields of differential equations, with their error",
        ),
    },
)
