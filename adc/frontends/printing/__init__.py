"""How IR is written as a surface tree: one file for each kind of equation. Entered by `adc.frontends.print`."""
