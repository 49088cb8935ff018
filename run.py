"""Hairline from a bare checkout: python run.py COMMAND ..."""

import sys

from stream.cli import main

if __name__ == "__main__":
    sys.exit(main())
