"""Hairline from a bare checkout: python run.py COMMAND ..."""

from stream.cli import program

if __name__ == "__main__":
    program()
