from .columns import labels as labels
from .estimation import Observations as Observations
from .known_facts import facts_of_map as facts_of_map
from .known_facts import facts_of_sample as facts_of_sample
from .places_on_map import exchanged as exchanged
from .rounding import decimals as decimals
from .rounding import finest as finest
from .samples import observe as observe
