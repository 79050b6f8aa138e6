"""Software: tests, patches and functions, each verified by runs in the sandbox."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="software",
    summary="test suites that kill mutants, and repairs of functions, run in a sandbox",
    package=__name__,
    extra="software",
    needs=("coverage",),
    problems={
        "tests": Offer(
            f"{__name__}.tests.problem:TestSuites",
            "a test suite in pytest for a Python module, judged by branches and mutants",
        ),
        "patch": Offer(
            f"{__name__}.patch.problem:FunctionPatches",
            "a unified diff that repairs a function, judged by hidden cases",
        ),
    },
)
