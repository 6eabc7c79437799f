"""Floor 3: the primitive table; one record per primitive (`adc.prims.primitive`)."""
