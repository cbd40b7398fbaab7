"""Train the network of the paper: the recipe, its checkpoints and its datasets."""
