from .columns import labels as labels
from .estimation import Observations as Observations
from .places_on_map import exchanged as exchanged
from .rounding import decimals as decimals
from .samples import observe as observe
