"""Floor 6: optimisation by rules and strategies, every application on record.

A rule is a law on one equation (`rule`, `rules/`), a strategy composes rules (`strategy`, `traversal`,
`strategies`), a scope tells a rule what holds where it stands (`scope`, `ranges`, `polynomials`, `sharing`,
`failures`), a derivation keeps the steps. `pipeline` has what the driver runs.
"""
