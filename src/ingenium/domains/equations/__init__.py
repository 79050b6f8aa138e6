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
            "symbolic regression: formulas with consistent units for a table, by error and "
            "complexity",
        ),
        "field": Offer(
            f"{__name__}.field.problem:SolutionField",
            "approximate solutions of partial differential equations, each with its error",
        ),
    },
)
