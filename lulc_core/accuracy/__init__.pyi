from .columns import labels as labels
from .rounding import decimals as decimals
