"""Floor 2: the IR as immutable data, its text (both ways), verifier and pass manager. See `adc.ir.core`."""
