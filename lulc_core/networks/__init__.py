"""Land-cover networks: one interface for every format, and the weights that ship with the package."""
