"""Floor 5: derivatives. jvp, then linearize by splitting, then transpose; requests become functions.

Every transform takes and gives ordinary IR, so derivatives nest to any order: see `adc.transforms.requests`.
"""
