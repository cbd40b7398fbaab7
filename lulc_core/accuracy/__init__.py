"""Accuracy and area of a map: designs, samples, estimates with standard errors, plans for the next sample."""
