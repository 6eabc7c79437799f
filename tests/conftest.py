"""What all tests need of the process they run in."""

import signal

# A shell that runs the tests in the background has them ignore interrupts, which some tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)
