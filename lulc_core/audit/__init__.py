"""Whether a printed error matrix of area proportions agrees with itself.

Every check is general: it knows nothing of the paper. A number printed with d decimals stands for an interval of
half a unit in its last place; a finding is what no numbers within these intervals explain.
"""
