from .columns import labels as labels
from .estimation import Observations as Observations
from .rounding import decimals as decimals
from .samples import observe as observe
