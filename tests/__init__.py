import os

# Read when kernels are loaded. Threads that wait awake for the next kernel take the processor from
# whatever else runs on the machine, and then from each other: tests took four times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
