"""Many tiles: which, the work list, the cluster, and what came of it."""
