"""Train the network of the paper: the recipe, its checkpoints and its datasets."""

from lulc_core._renamed import training_name as __getattr__

__all__ = ["__getattr__"]
