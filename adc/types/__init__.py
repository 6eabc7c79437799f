"""Floor 1: element types, surface types and symbolic sizes. Knows nothing of syntax, IR or NumPy."""
