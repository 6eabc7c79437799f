"""Primitives with regions, and the few equations that only regions make sensible.

Regions see the values of enclosing blocks. Indices count from 0. `E...` are i64 extents (not negative: the
elaborator clamps or checks), `I...` the matching indices. Reading and updating are bounds-checked; a check
may be removed only by proof. Dims of results must be in scope where the equation stands, or be results of
the same equation (sizes that only a run can know; they come first among the results).

    ys... = map(E...) {(I...) -> y...}
        Parallel comprehension; result j has type y_j.dtype[E..., y_j.shape...]. May have no results when its
        body adds to accumulators.
    ys... = reduce[ops=("add", ...)](E...) {(I...) -> y...}
        Scalars y_j combined by ops[j], one of add mul max min and or, in a fixed order; neutral when empty
        (max: -inf or the smallest integer; the elaborator checks emptiness, which ADL calls an error).
        max and min propagate NaN.
    k = argreduce[op="max"|"min"](E) {(I) -> y}
        First index of the largest or smallest scalar (NaN counts as extreme, the first one wins).
    cs..., ys... = loop[reverse=False](N, c0...) {(i, c...) -> next..., y...}
        N sequential steps, i = 0..N-1, or N-1..0 when reverse. Final carries, then stacked outputs
        y_j.dtype[N, y_j.shape...] with step i's output at position i.
    k, cs..., ys... = while(c0...) {(c...) -> bool} {(i, c...) -> next..., y...}
        Steps as long as the first region says so; k counts them; stacked outputs have k rows.
    ys... = cond(p) {() -> y...} {() -> y...}
        Only the taken region runs.
    ys... = call[callee="f"](x...)
        A function of the module, or the result of a derivative request, by name. Where a parameter is an
        accumulator, an accumulator is given, which the function adds to; no entry has such parameters.
    rs..., ys... = accum(base...) {(ref...) -> y...}
        Each ref starts as its base (an array or scalar); the region may only add to it. Results: the
        accumulators after all additions, then what the region yields. Refs may be captured by regions inside.
    upd(ref, v, I...)
        Adds v, whose type is the ref's after the leading indices, in place. No results.
    assert[error="ShapeError", code="E06xx", text="sizes differ: {0} and {1}"](p, payload...)
        A check that guards the block it stands in; payload fills the text. No results.
    t = pack(x...)
        A record of scalars and arrays, tapes among them, as one value of type `tape`. Tapes add field by
        field (`add`, `upd`), and `0tape` is the record of zeros, whatever its fields.
    x... = unpack(t)
        The fields of a record. Its results name their types; sizes among them come first. Only tapes of
        floats and tapes may be sums or zero, and then the sizes of their fields are in scope.
"""
