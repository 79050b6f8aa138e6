"""Source that many studies rest on, named once."""

LEARNING = ("generators", "sampling", "train", "evaluate")  # what fits, proposes and scores
OF_FIELDS = (  # files in it that only designs on a grid of cells need
    "generators/components.py",
    "generators/informed.py",
    "generators/smooth_mean.py",
)
