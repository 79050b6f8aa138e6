"""Earlier names of entries and options, and the present ones that a refusal suggests."""

from collections.abc import Iterable, Mapping

RENAMED: Mapping[str, tuple[str, ...]] = {
    "apart": ("min_distance",),
    "apart_angstrom": ("min_distance_angstrom",),
    "check_draws": ("check_samples",),
    "doubt": ("miscoverage",),
    "draws": ("samples",),
    "held_start": ("exact_start",),
    "keep": ("export", "pass_fraction"),
    "mend": ("repair_steps",),
    "price": ("cost_ratio",),
    "prior_draws": ("prior_samples",),
    "wishes": ("targets",),
}


def present_name(earlier: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that an earlier name became; None if it is not among them."""
    known = set(names)
    return next((name for name in RENAMED.get(earlier, ()) if name in known), None)
