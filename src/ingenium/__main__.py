"""Command line entry point, `python -m ingenium`."""

from ingenium.cli import main

if __name__ == "__main__":
    main()
