"""Expressions a second: the batched evaluator of formulas against Operon's, on one thread.

Laws are sampled at random, like the training data of the reader of tables, over nine random
columns; both evaluate the same ones in all rows, in turn. Ours computes in double precision, Operon
(0.6.2) as its package is built, in single. With slopes ours also computes the derivatives by all
constants. Trees and tokens are built before timing starts.

Run `python -m benchmarks equations_rates`, with Operon as for `equations_feynman`.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch

from benchmarks.measuring import interleaved, report
from ingenium.domains.equations.law.evaluation import Evaluator
from ingenium.domains.equations.law.language import CONSTANTS, Postfix
from ingenium.domains.equations.law.operations import OPERATIONS
from ingenium.domains.equations.law.table import MeasuredColumn, MeasuredTable, of_columns
from ingenium_networks.recipes.chance_laws import MOST, ChanceLaw

LAWS, ROWS, ROUNDS, SEED = 512, (300, 3_000), 5, 30
CLOSE = 1e-3  # relative, of a value in single precision
TYPES = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "sq": "Square"}  # names in Operon


def table(rows: int) -> MeasuredTable:
    """Random columns around 1, without units."""
    rng = np.random.default_rng(SEED)
    columns = [MeasuredColumn(f"x{i}", "1", {}, np.exp(0.4 * rng.standard_normal(rows)))
               for i in range(MOST)]  # fmt: skip
    return of_columns(columns, MeasuredColumn("y", "1", {}, rng.standard_normal(rows)), ())


def tree(tokens: Postfix, constants: Sequence[float], variables: Sequence[Any]) -> Any:
    """Convert a formula for Operon: postfix order, the second argument first."""
    import pyoperon

    stack: list[list[Any]] = []
    held = iter(constants)
    for t in tokens:
        if t in OPERATIONS:
            taken = [stack.pop() for _ in range(OPERATIONS[t].arity)]
            node = pyoperon.Node(getattr(pyoperon.NodeType, TYPES.get(t, t.capitalize())))
            stack.append([*chain.from_iterable(taken), node])
        elif t.startswith("x"):
            node = pyoperon.Node(pyoperon.NodeType.Variable)
            node.HashValue, node.Value = variables[int(t[1:])].Hash, 1.0
            stack.append([node])
        else:
            node = pyoperon.Node(pyoperon.NodeType.Constant)
            node.Value = next(held) if t == "c" else float(t)
            stack.append([node])
    return pyoperon.Tree(stack[-1]).UpdateNodes()


def rates(rows: int) -> list[dict[str, object]]:
    """Rows of the table, for a number of rows of columns."""
    import pyoperon

    own, rng = table(rows), np.random.default_rng(SEED)
    laws = [ChanceLaw.sampled(rng) for _ in range(LAWS)]
    constants = torch.zeros(LAWS, CONSTANTS, dtype=torch.float64)
    for i, law in enumerate(laws):
        constants[i, : len(law.constants)] = torch.tensor(law.constants)
    tokens, evaluator = own.language.numbers([law.tokens for law in laws]), Evaluator(own.language)
    data = pyoperon.Dataset(np.asfortranarray(own.columns.numpy().T))
    variables = sorted(data.Variables, key=lambda v: v.Index)
    trees = [tree(law.tokens, law.constants, variables) for law in laws]
    found, every = np.zeros((LAWS, rows), dtype=np.float32), pyoperon.Range(0, rows)
    timed = interleaved({
        "batched, double precision": lambda: evaluator.values(tokens, constants, own.columns),
        "the same with slopes": lambda: evaluator.slopes(tokens, constants, own.columns),
        "Operon, single precision": lambda: pyoperon.EvaluateTrees(trees, data, every, found, 1),
    }, ROUNDS)  # fmt: skip
    true = evaluator.values(tokens, constants, own.columns).numpy()
    whole = np.isfinite(true)
    alike = np.isclose(found[whole], true[whole], CLOSE, 1e-3 * CLOSE).mean()
    return [
        {"by": by, "rows": rows, "expressions/s": LAWS / min(spent.cpu_s),
         "values that agree (%)": 100 * float(alike)}
        for by, spent in timed.items()
    ]  # fmt: skip


def run() -> None:
    """Write and print a table."""
    found = [row for rows in ROWS for row in rates(rows)]
    report("equations_rates", "Expressions a second", found, {"laws": LAWS})
