"""`python -m adc` is the command `adc`."""

from adc.cli.main import main

if __name__ == "__main__":
    main()
