"""Sizes that all know who deal with pass 1's own net (models.person_net)."""

STRIDE = 16
"""Height and width of the input must be multiples of this; so must those of the Selfie nets'."""
SMALLEST = 32
"""And at least this."""
WIDTHS = 16, 32, 64, 128
"""Channels at a 2nd, 4th, 8th and 16th of the size."""
PEOPLE = "selfie_general"
"""Weights of the eyes for people, and of who is asked too whether anybody is there."""
STATES = 32, 48
"""Channels of the states."""
THROUGH, APART = 13, (2, 4, 8)
"""Channels of the layers that see far around, and cells from one to the next that each sees."""
STEPS = 8, 16
"""Pixels to a cell of each state."""
STAGES = (1, 3, 1), (2, 3, 2), (2, 5, 2), (3, 3, 2), (3, 5, 1)
"""Blocks, sides of their filters and stride of the first, of each stage of the eyes for things
(models.efficient_lite)."""
