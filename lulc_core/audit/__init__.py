"""Consistency checks of printed error matrices of area proportions.

The checks are general and know nothing of the paper. A printed number stands for all numbers that round to it; a
finding is an inconsistency that no numbers within these limits explain.
"""
