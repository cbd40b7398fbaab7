"""One tile, all the steps: chips, inference, compositing, calibration and the products."""
