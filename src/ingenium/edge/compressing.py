"""One recipe carried out: pruned, retrained, quantised to integers, counted on the board.

Shapes: n designs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from ingenium.core.errors import EngineError
from ingenium.core.problem import Watch, silent
from ingenium.core.seeds import one_thread
from ingenium.edge import board, onnx_file
from ingenium.edge.board import BoardRun
from ingenium.edge.device import Cost
from ingenium.edge.integer import MOST, IntegerGraph
from ingenium.edge.judging import JudgedGenerator
from ingenium.edge.parts import FileRunner, Recorder, Signals, whole
from ingenium.edge.pruning import masks, narrowed
from ingenium.edge.quantise import quantised
from ingenium.edge.recipe import CompressionRecipe
from ingenium.edge.retraining import CachedStates, Retraining, with_calls
from ingenium.edge.task import RECORDED, CompressionTask
from ingenium.generators.denoising import Denoising
from ingenium.generators.model import Model
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.train.plan import Plan

CALIBRATED = 64  # designs that set ranges; as `CALLS` where only costs are counted
COMPARED = 32  # rows on which a file must equal its graph
CALLS = 4  # on the board, one after the other
BATCH = 64  # designs at most of a step of learning
RATE, GENTLE = 1e-3, 3e-4  # of learning: where units are gone, and where none is


@dataclass(frozen=True, eq=False)
class Compressed:
    """A small generator: its recipe, the family that uses it, and its graphs."""

    recipe: CompressionRecipe
    family: nn.Module
    graphs: Mapping[str, IntegerGraph]

    def write(self, folder: Path) -> dict[str, FileRunner]:
        """Export its graphs, and open the files.

        Raises:
            EngineError: if a file gives other numbers than its graph.
        """
        files = {}
        for name, graph in self.graphs.items():
            onnx_file.write(graph, folder / f"{name}.onnx")
            files[name] = onnx_file.GraphFile(folder / f"{name}.onnx")
            given = _anything(graph)
            found, exact = files[name].run(given), graph.run(given)
            if not all(np.array_equal(found[k], exact[k]) for k in graph.outputs):
                reported = f"the file of {graph.name} of {self.recipe.title} says other numbers"
                raise EngineError(f"{reported} than its graph")
        return {name: FileRunner(file) for name, file in files.items()}


class Workshop:
    """Carries out recipes for a task, each step once."""

    def __init__(self, task: CompressionTask, watch: Watch = silent) -> None:
        self.task, self.watch = task, watch
        self.trained: dict[tuple[object, ...], nn.Module] = {}
        self.made: dict[tuple[CompressionRecipe, int], Compressed] = {}
        self.ran: dict[tuple[int, str], BoardRun] = {}  # by result, of those in `made`
        self.screening: JudgedGenerator | None = None  # of few designs by the original
        self.costs: dict[tuple[float, int, int], Cost] = {}
        self.states: CachedStates | None = None  # of a teacher that writes tokens
        self.recorders: dict[int, Mapping[str, Recorder]] = {}  # by family, of those in `trained`

    def calls(self, made: "Compressed") -> dict[str, float]:
        """Calls of each graph for a design."""
        if made.recipe.calls:
            return {k: r.rows / CALIBRATED for k, r in self.requested(made.family).items()}
        return {k: r.rows / RECORDED for k, r in self.task.recorded.items()}

    def telling(self, recipe: CompressionRecipe) -> bool:
        """True if the loss measures quality: not where only the teacher's pairs were learned."""
        return not (self.task.denoises and (recipe.distilled or recipe.calls))

    def student(self, recipe: CompressionRecipe, steps: int) -> nn.Module:
        """The family after pruning and retraining."""
        bits = recipe.scheme.bits if recipe.aware else 0
        taught = (recipe.distilled, recipe.matched, recipe.aware, recipe.calls)
        key = (recipe.width, recipe.sparse, *taught, bits, steps)
        if key not in self.trained:
            self.trained[key] = self._student(recipe, steps)
        return self.trained[key]

    def _student(self, recipe: CompressionRecipe, steps: int) -> nn.Module:
        task = self.task
        own = narrowed(task.family, task.part, recipe.width, task.recorded)
        model = task.part.of(own)
        assert isinstance(model, Model)
        if recipe.calls:
            assert isinstance(model, Denoising)
            with_calls(model, recipe.calls)
        if not recipe.retrained or not steps:
            return own
        teacher = task.model if recipe.distilled else None
        bits = recipe.scheme.bits if recipe.aware else None
        if isinstance(teacher, TokenAutoregressive) and self.states is None:
            self.states = CachedStates(teacher)
        left = masks(model, recipe.sparse)
        examples = Retraining(model, left, bits, teacher, recipe.matched, self.states)
        plan = Plan(
            seed=task.sheet.seed,
            steps=steps,
            batch=min(BATCH, task.batch),
            learning_rate=RATE if recipe.thinner or recipe.calls else GENTLE,
            ema_decay=0.98,
            held_out=0.05,
            check_every=max(1, steps // 4),
            progress=lambda i, n, loss: self.watch(f"retrain {recipe.title}", i, n),
        )
        with one_thread():
            examples.fit(*(task.pairs if teacher and task.denoises else task.examples), plan)
        return own

    def compressed(self, recipe: CompressionRecipe, steps: int) -> Compressed:
        """The family of a recipe as integers, calibrated on the inputs of its network."""
        key = (recipe, steps if recipe.retrained else 0)
        if key not in self.made:
            family = self.student(recipe, steps)
            judged = steps or not recipe.retrained or recipe.calls
            self.requested(family, CALIBRATED if judged else CALLS)
            graphs, seen = self.task.graphs(family), self.seen(family)
            own = {k: quantised(g, seen[k], recipe.scheme) for k, g in graphs.items()}
            self.made[key] = Compressed(recipe, family, own)
        return self.made[key]

    def seen(self, family: nn.Module) -> dict[str, Signals]:
        """Inputs of each graph while the family generates."""
        return {k: r.seen() for k, r in self.requested(family).items()}

    def requested(self, family: nn.Module, designs: int = CALIBRATED) -> Mapping[str, Recorder]:
        """Record the inputs of each graph while the family generates `designs` designs."""
        if id(family) not in self.recorders:
            self.recorders[id(family)] = self.task.record(family, designs)
        return self.recorders[id(family)]

    def cost(self, recipe: CompressionRecipe) -> Cost:
        """Exact bytes and counted instructions; they depend on widths, bits and calls alone."""
        key = (recipe.width, recipe.scheme.bits, recipe.calls)
        if key not in self.costs:
            plain = CompressionRecipe(recipe.width, calls=recipe.calls, scheme=recipe.scheme)
            self.watch(f"count {plain.title}", 0, 1)
            self.costs[key] = self._cost(self.compressed(plain, 0))
        return self.costs[key]

    def _cost(self, made: Compressed) -> Cost:
        """Cost on the board; if the weights alone exceed a limit, a lower bound."""
        weights = sum(g.stored_bytes for g in made.graphs.values())
        room = [x.at_most for x in self.task.sheet.limits if x.quantity == "flash"]
        if all(most is None or weights <= most for most in room):
            return self.cost_of(made, {k: self.on_board(made, k) for k in made.graphs})
        calls = self.calls(made)
        read = sum(g.weight_bytes * calls[k] for k, g in made.graphs.items())
        least = sum(g.products * calls[k] for k, g in made.graphs.items())
        return Cost(weights, 0, least, read)

    def cost_of(self, made: Compressed, runs: Mapping[str, BoardRun]) -> Cost:
        """Cost per design from board runs, scaled by the calls that the generator makes."""
        calls = self.calls(made)
        return Cost(
            flash=sum(r.flash_bytes for r in runs.values()),
            ram=sum(r.ram_bytes for r in runs.values()),
            instructions=sum(r.instructions / CALLS * calls[k] for k, r in runs.items()),
            weight_bytes=sum(g.weight_bytes * calls[k] for k, g in made.graphs.items()),
        )

    def on_board(self, made: Compressed, name: str) -> BoardRun:
        """Run a few of the generator's calls of one graph on the board."""
        key = (id(made), name)
        if key not in self.ran:
            given, sheet = self.given(made, name), self.task.sheet
            self.ran[key] = board.run(made.graphs[name], given, sheet.core, sheet.fusions)
        return self.ran[key]

    def given(self, made: Compressed, name: str) -> list[dict[str, np.ndarray]]:
        """Inputs of these calls as integers; a memory is that of the call before."""
        graph, rows = made.graphs[name], self.seen(made.family)[name]
        return [
            {k: whole(v[i : i + 1], graph.places.get(k)) for k, v in rows.items()}
            for i in range(CALLS)
        ]


def _anything(graph: IntegerGraph) -> dict[str, np.ndarray]:
    """Random inputs over their whole range, the largest included."""
    rng = np.random.default_rng(0)
    found = {}
    for name in graph.inputs:
        if name in graph.indices:
            found[name] = rng.integers(graph.indices[name], size=(COMPARED, 1))
        else:
            found[name] = rng.integers(-MOST, MOST + 1, (COMPARED, graph.widths[name]))
            found[name][: COMPARED // 2] = np.where(found[name] < 0, -MOST, MOST)[: COMPARED // 2]
    return found


def equal_on_board(
    graph: IntegerGraph, given: Sequence[Mapping[str, np.ndarray]], run: BoardRun
) -> bool:
    """True if a board gave the same numbers as the graph, memory included."""
    memory = {k: np.zeros((1, graph.widths[k]), np.int64) for k in graph.ties.values()}
    for i, row in enumerate(given):
        found = graph.run({**row, **memory})
        memory = {back: found[out] for out, back in graph.ties.items()}
        if any(not np.array_equal(run.outputs[k][i], found[k][0]) for k in graph.outputs):
            return False
    return True
