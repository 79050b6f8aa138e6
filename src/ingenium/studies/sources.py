"""Source that many studies rest on, named once."""

LEARNING = ("generators", "sampling", "train", "evaluate")  # what fits, proposes and scores
OF_FIELDS = (  # files in it that only designs on a grid of cells need
    "evaluate/field_distances.py",
    "evaluate/field_features.py",
    "generators/admission.py",  # it refuses, and changes nothing
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
