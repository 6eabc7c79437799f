"""The version of adc, for the build, the command line and what compiled files record."""

__version__ = "0.1.0"
