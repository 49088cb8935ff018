"""Tests with real V4L2 devices; they run inside ../shared/tools/camera-vm and nowhere else."""
