"""From a STAC search to reflectance: the catalogue, which scenes to use, and reading them."""
