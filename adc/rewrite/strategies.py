"""Named compositions of rules; the default schedule is one of them. Strategies only compose, rules match."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from adc.rewrite.library import GROUPS, RULES
from adc.rewrite.strategy import Strategy, choice, named, nested, progress, repeat, seq, try_
from adc.rewrite.traversal import normalize

ROUNDS = 12  # of a repeated schedule: each one counts uses anew

_dce = try_(RULES["dce"])

scalars = named("scalars", choice(*GROUPS["folding"], *GROUPS["algebra"], *GROUPS["integers"]))
branches = named("branches", choice(*GROUPS["control"]))
reads = named("reads", choice(*GROUPS["arrays"]))
fusion = named("fusion", choice(*GROUPS["fusion"], *GROUPS["flattening"], *GROUPS["reuse"]))
cse = named("cse", choice(*GROUPS["sharing"]))

_late = RULES["upd_invariant"]  # turns maps into reductions, which stack nothing any more
_early = (*GROUPS["carried"], *(r for r in GROUPS["accumulators"] if r is not _late))
accumulators = named("accumulators", choice(*_early))
sums = named("sums", normalize(_late))

tidy = choice(scalars, branches, reads, accumulators, cse)

# One walk does for straight-line code: its rules look back only, and nothing depends on how often things are used.
once = seq(normalize(tidy), _dce)
simplify = named("simplify", try_(seq(progress(once), try_(nested(repeat(once, ROUNDS))))))
fuse = named("fuse", repeat(seq(normalize(choice(fusion, tidy)), _dce), ROUNDS))
share_passes = named("share_passes", repeat(seq(RULES["join_siblings"], fuse), ROUNDS))
_unrolling = choice(*GROUPS["unrolling"], fusion, tidy)
scalarise = named("scalarise", repeat(seq(normalize(_unrolling), _dce), ROUNDS))
_plain = seq(
    once,
    try_(nested(seq(fuse, repeat(seq(choice(progress(sums), RULES["licm"]), fuse), ROUNDS)))),
)
default = named(
    "default",
    # Once over everything first, so that fusion sees how often things are used when equal ones are shared.
    seq(_plain, try_(nested(share_passes))),
)

# What is read rather than run: passes stay apart, each as simple as it can be.
readable = named("readable", _plain)
tidy_derivative = named(
    "tidy_derivative",
    repeat(seq(normalize(choice(*GROUPS["readable"], tidy)), _dce), ROUNDS),
)

STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        s.name: s
        for s in (
            scalars,
            branches,
            reads,
            fusion,
            cse,
            accumulators,
            sums,
            simplify,
            fuse,
            share_passes,
            scalarise,
            default,
            readable,
            tidy_derivative,
        )
    }
)
