"""From a STAC search to reflectance: the catalog, which scenes to use, and reading them."""
