"""Source that many studies rest on, named once."""

LEARNING = ("generators", "sampling", "train", "evaluate")  # what fits, proposes and scores
OF_CELLS = (  # what draws, measures and mends periodic cells
    "domains/structures/cells",
    "kits/solids/elastic",
    "domains/structures/optimise/mma.py",
    "domains/structures/optimise/descent.py",
    "domains/structures/optimise/projection.py",
    "core/recipe.py",
    "kits/solids/stocked_problem.py",
    "core/codecs.py",
    "domains/structures/studies/cell_designs.py",
)
OF_SHAPES = (  # what draws, measures and mends shapes in a box
    "domains/structures/shapes",
    "kits/solids/elastic",
    "domains/structures/optimise",
    "kits/solids/printing",
    "core/recipe.py",
    "kits/solids/stocked_problem.py",
    "core/codecs.py",
)
OF_FIELDS = (  # files in it that only designs on a grid of cells need
    "evaluate/field_distances.py",
    "evaluate/field_features.py",
    "generators/causal.py",
    "generators/components.py",
    "generators/field_autoregressive.py",
    "generators/field_families.py",
    "generators/field_grid.py",
    "generators/field_networks.py",
    "generators/informed.py",
    "generators/latent_fields.py",
    "generators/patches.py",
    "generators/smooth_mean.py",
    "sampling/volume.py",
)
ASIDE = (  # files in it that name, refuses or keeps, or serve designs that are texts or graphs
    "generators/admission.py",
    "generators/families.py",
    "generators/graphs",
    "generators/tokens",
)
