"""Written forms of formulas: SymPy, LaTeX and C, and a parser of SymPy.

Files are parsed to a tree of a few kinds of nodes and never executed.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from ingenium.core.errors import InputError
from ingenium.domains.equations.law.language import PURE, WHOLE, Language, Postfix
from ingenium.domains.equations.law.operations import ATOM, OPERATIONS, SIGN

C_NAMES = (
    *("NAN", "INFINITY", "HUGE_VAL", "DOMAIN", "OVERFLOW"),
    *("pow", "fabs", "y0", "y1", "yn", "j0", "j1", "jn"),
)
DEEPEST = 40  # of a tree that is read
FORMULA = "a formula in SymPy's syntax over the columns of the table"
BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_LETTERS = "alpha beta gamma delta epsilon theta kappa lambda mu nu rho sigma tau phi chi psi omega"
GREEK = frozenset(_LETTERS.split())


def number(value: float) -> str:
    """Write a constant, always with a point or an exponent, to distinguish it from 1 and 2."""
    text = repr(float(value))
    return text if set(text) & set(".einf") else f"{text}.0"


@cache
def names_of_tools() -> frozenset[str]:
    """Names that SymPy 1.14 and `math.h` give a meaning of their own, such as I, E, S and gamma."""
    found = files(__package__).joinpath("sympy_names.txt").read_text("ascii")
    return frozenset((*found.split(), *C_NAMES))


def exported(names: Sequence[str]) -> dict[str, str]:
    """Return the name of each column in files: `I_` for I, which SymPy reads as imaginary."""
    found: dict[str, str] = {}
    for name in names:
        own = name
        while own in names_of_tools() or (own != name and own in (*names, *found.values())):
            own += "_"
        found[name] = own
    return found


def infix(
    tokens: Postfix, constants: Sequence[str], style: str, names: Mapping[str, str] | None = None
) -> str:
    """Write a formula in the templates of a style: `sympy`, `latex` or `c`.

    Args:
        tokens: tokens of the formula.
        constants: written form of each constant, in order.
        style: name of the templates.
        names: written form of columns, where not by their name.
    """
    stack: list[tuple[str, int]] = []
    held = iter(constants)
    for t in tokens:
        if t not in OPERATIONS:
            constant = t.startswith(f"{PURE}[") or t == PURE
            text = next(held) if constant else (names or {}).get(t, t)
            if style == "c" and t in WHOLE:
                text = f"{t}.0"
            stack.append((text, SIGN if text.startswith("-") else ATOM))
            continue
        operation = OPERATIONS[t]
        taken = [stack.pop() for _ in range(operation.arity)][::-1]
        fraction = style == "latex" and t == "/"  # its bar delimits it in a product
        stack.append((_applied(t, taken, style), SIGN if fraction else operation.binds))
    return stack[-1][0]


def _applied(t: str, taken: list[tuple[str, int]], style: str) -> str:
    operation = OPERATIONS[t]
    fraction = style == "latex" and t == "/"
    texts = []
    for place, (text, binds) in enumerate(taken):
        least = 0
        if operation.arity == 2 and not fraction:
            least = operation.binds + (place == 1)
        elif t == "sq" and style != "c":
            least = ATOM
        opened, closed = (r"\left(", r"\right)") if style == "latex" else ("(", ")")
        texts.append(f"{opened}{text}{closed}" if binds < least else text)
    if style == "latex" and operation.binds == ATOM and t != "sqrt":
        return str(getattr(operation, style)).replace("{0}", texts[0])
    if style == "latex" and t == "*" and texts[1][0] in "-.0123456789":
        return rf"{texts[0]} \cdot {texts[1]}"
    if style == "latex" and t == "+" and texts[1].startswith("-"):
        return f"{texts[0]} - {texts[1][1:]}"
    return str(getattr(operation, style).format(*texts))


def latex_name(name: str) -> str:
    """Write a column as LaTeX: a Greek letter, a letter, or upright."""
    head, _, index = name.partition("_")
    base = rf"\{head}" if head in GREEK else head if len(head) == 1 else rf"\mathrm{{{head}}}"
    return rf"{base}_{{\mathrm{{{index.replace('_', ' ')}}}}}" if index else base


def latex_number(value: float, digits: int = 6) -> str:
    """Write a constant to some digits."""
    text = f"{value:.{digits}g}"
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else text


def parsed(
    text: str, language: Language, units: Mapping[str, str]
) -> tuple[Postfix, tuple[float | str, ...]]:
    """Parse a formula in SymPy's syntax to its tokens and constants: numbers, or symbols.

    Args:
        text: the formula.
        language: language of the table.
        units: the token of each symbol that is a constant with a unit.

    Raises:
        InputError: for text that is no formula in this language.
    """
    text = text.strip()
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(FORMULA, f"{text[:60]!r} ({error})") from None
    columns = {own: name for name, own in exported(language.names).items()}
    walk = _Walk(text, language, units, columns)
    walk.over(tree.body, 0)
    if not language.whole(walk.tokens):
        raise InputError(f"{FORMULA} of bounded length", text[:60])
    return tuple(walk.tokens), tuple(walk.held)


@dataclass
class _Walk:
    """Walk over a tree from its leaves: the tokens and constants so far."""

    text: str
    language: Language
    units: Mapping[str, str]
    columns: Mapping[str, str]
    tokens: list[str] = field(default_factory=list)
    held: list[float | str] = field(default_factory=list)

    def over(self, node: ast.AST, depth: int) -> None:
        if depth > DEEPEST:
            raise InputError(f"{FORMULA}, at most {DEEPEST} deep", self.text[:60])
        match node:
            case ast.BinOp(left, ast.Pow(), ast.Constant(value=2)):
                self._parts("sq", depth, left)
            case ast.BinOp(left, operator, right) if type(operator) in BINARY:
                self._parts(BINARY[type(operator)], depth, left, right)
            case ast.UnaryOp(ast.USub(), ast.Constant(value=float(value))):
                self._constant(PURE, -value)
            case ast.Call(ast.Name(id=name), [inside], []) if name in OPERATIONS:
                self._parts(name, depth, inside)
            case ast.Name(id=name) if name in self.columns:
                self.tokens.append(self.columns[name])
            case ast.Name(id=name) if name in self.units:
                self._constant(self.units[name], name)
            case ast.Constant(value=1 | 2 as value) if type(value) is int:
                self.tokens.append(str(value))
            case ast.Constant(value=float(value)):
                self._constant(PURE, value)
            case _:
                raise InputError(
                    FORMULA, (ast.get_source_segment(self.text, node) or self.text)[:60]
                )

    def _parts(self, operation: str, depth: int, *parts: ast.AST) -> None:
        for part in parts:
            self.over(part, depth + 1)
        self.tokens.append(operation)

    def _constant(self, token: str, value: float | str) -> None:
        self.tokens.append(token)
        self.held.append(value)
