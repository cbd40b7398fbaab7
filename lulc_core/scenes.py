"""One Sentinel-2 scene as this library sees it, and the choice of which to use. Pure: no network.

`select` is the paper's rule, "the least cloudy scenes per tile, more where it is cloudy", made exact.
"""
