"""Draws that sizes of every scale are alike likely in."""

import math

import numpy as np


def log_uniform(random: np.random.Generator, least: float, most: float) -> float:
    """A number in [least, most), both above 0, whose logarithm is drawn evenly."""
    return float(np.exp(random.uniform(math.log(least), math.log(most))))
