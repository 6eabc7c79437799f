"""Floor 7: modules of the IR to loop IR, and loop IR to LLVM text.

`plan` makes a program in loop IR (`loops`, printed by `loops_text`) out of a module: one function at a time
(`plan_block`), each kind of equation by its handler (`plan_control`, `plan_loops`, `plan_arrays`, `plan_scalars`).
What may share memory is decided from the IR (`sharing`), where it lies while planning (`memory`); `ranges` proves
bounds checks away; `linalg` and `sorting` are routines in loop IR; `outline` cuts up large functions.
`llvm_module` puts the text together: functions (`llvm_function`), scalar statements (`scalar_text`,
`scalar_statements`), loops in lanes (`lane_analysis`, `llvm_lanes`, `lane_text`, `lane_statements`), operations
(`scalar_ops`, `reductions`), own mathematical functions (`kernels`, `special_kernels`), the call context and its
arenas (`context`), C functions (`llvm_export`). Nothing here loads LLVM.
"""
