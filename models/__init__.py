"""Pass 1, pass 2 and time: from a picture to its alpha and foreground."""

import kernels  # noqa: F401 - sets the OpenMP policy before anything reads it
