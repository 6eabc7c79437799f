"""Time and memory: in-place loops are linear, compile time is, nothing leaks, Ctrl-C is heard."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from adc.runtime.backend import compile_text
from adc.runtime.native import NativeFunction
from tests.lowering.oracle import compile_ir, reference


def best_time(run: Callable[[], object], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def resident() -> int:
    """Bytes of memory in use now."""
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


SIEVE = """def f(n: i64, x: f64[n]) {
  y: f64[n] = loop(n, x) { (t: i64, u: f64[n])
    a: f64 = index(u, t)
    b: f64 = add(a, 1.0)
    v: f64[n] = update(u, b, t)
    yield v
  }
  return y
}"""
IN_BRANCH = """def f(n: i64, x: f64[n]) {
  k: i64, y: f64[n] = while(0, x) { (s: i64, u1: f64[n])
    go: bool = lt(s, n)
    yield go
  } { (i: i64, s2: i64, u: f64[n])
    a: f64 = index(u, s2)
    p: bool = gt(a, 0.5)
    v: f64[n] = cond(p) {
      b: f64 = add(a, 1.0)
      w: f64[n] = update(u, b, s2)
      yield w
    } {
      yield u
    }
    s3: i64 = add(s2, 1)
    yield s3, v
  }
  return y
}"""


@pytest.mark.parametrize("text", [SIEVE, IN_BRANCH.replace("k: i64, y", "k: i64, s9: i64, y")])
def test_updates_in_a_loop_take_constant_time(text: str) -> None:
    f = compile_ir(text).function("f")
    small, large = np.random.rand(20_000), np.random.rand(320_000)
    f(len(small), small)
    ratio = best_time(lambda: f(len(large), large)) / best_time(lambda: f(len(small), small))
    assert ratio < 64  # 16 times the steps; 256 times if every step copied


def test_a_call_that_allocates_does_not_leak() -> None:
    text = """def f(n: i64, x: f64[n]) {
  k: i64, s: f64, t: f64[k, n] = while(0.0) { (s1: f64)
    go: bool = lt(s1, 40.0)
    yield go
  } { (i: i64, s2: f64)
    s3: f64 = add(s2, 1.0)
    y: f64[n] = map(n) { (j: i64)
      a: f64 = index(x, j)
      b: f64 = add(a, s2)
      yield b
    }
    yield s3, y
  }
  return k, t
}"""
    f = compile_ir(text).function("f")
    x = np.ones(10_000)
    for _ in range(20):
        f(len(x), x)
    before = resident()
    for _ in range(1000):
        f(len(x), x)
    assert resident() - before < 8 << 20


def test_memory_of_a_large_call_is_given_back() -> None:
    text = """def f(n: i64, x: f64[n]) {
  y: f64[n, 8] = map(n, 8) { (i: i64, j: i64)
    a: f64 = index(x, i)
    yield a
  }
  k: i64 = argreduce[op="max"](n) { (i2: i64)
    b: f64 = index(y, i2, 3)
    yield b
  }
  return k
}"""
    f = compile_ir(text).function("f")
    before = resident()
    x = np.ones(2_000_000)
    f(len(x), x)
    assert resident() - before < x.nbytes + (16 << 20)


def test_long_straight_line_code_compiles_fast() -> None:
    lines = ["def f(x: f64) {", "  v0: f64 = sin(x)"]
    for k in range(1, 10_000):
        op = ("mul", "add", "sub")[k % 3]
        lines.append(f"  v{k}: f64 = {op}(v{k - 1}, v{max(0, k - 7)})")
    text = "\n".join([*lines, "  return v9999", "}"])
    start = time.process_time()
    f = compile_ir(text).function("f")
    assert time.process_time() - start < 10.0  # 3 s on a quiet machine
    assert f(0.5) == reference(text, "f", [0.5])


def test_many_loops_compile_in_linear_time() -> None:
    def program(count: int) -> str:
        lines = ["def f(n: i64, x0: f64[n]) {"]
        for k in range(count):
            lines += [
                f"  x{k + 1}: f64[n] = map(n) {{ (ix{k}: i64)",
                f"    a{k}: f64 = index(x{k}, ix{k})",
                f"    b{k}: f64 = add(a{k}, 1.0)",
                f"    yield b{k}",
                "  }",
            ]
        return "\n".join([*lines, f"  return x{count}", "}"])

    def seconds(count: int) -> float:
        start = time.process_time()
        f = compile_ir(program(count)).function("f")
        taken = time.process_time() - start
        assert f(3, np.zeros(3))[0].tolist() == [count] * 3
        return taken

    seconds(5)
    few, many = seconds(50), seconds(200)
    assert many < 8 * few


ENDLESS = """def f(x: f64) {
  k: i64, y: f64 = while(x) { (y1: f64)
    go: bool = ge(y1, 0.0)
    yield go
  } { (i: i64, y2: f64)
    y3: f64 = mul(y2, 0.5)
    yield y3
  }
  return y
}"""


# Steps that differ from lane to lane.
LONG = """def f(n: i64, k: i64[n]) {
  y: f64[n] = map(n) { (i: i64)
    trip: i64 = index(k, i)
    s: f64 = loop(trip, 1.0) { (j: i64, s1: f64)
      s2: f64 = mul(s1, 0.5)
      yield s2
    }
    yield s
  }
  return y
}"""


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        (ENDLESS, (-1.0,), (1.0,)),
        (LONG, (9, np.full(9, 3)), (9, np.full(9, 1 << 62))),
    ],
    ids=["while", "lanes"],
)
def test_ctrl_c_leaves_an_endless_loop(
    text: str, short: tuple[object, ...], long: tuple[object, ...]
) -> None:
    f = compile_ir(text).function("f")
    before = f(*short)
    threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        f(*long)
    assert time.perf_counter() - start < 5.0
    np.testing.assert_array_equal(f(*short), before)


def test_other_threads_go_on_meanwhile() -> None:
    f = compile_ir(ENDLESS).function("f")
    ticks = []

    def tick() -> None:
        for _ in range(20):
            ticks.append(time.perf_counter())
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=tick)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        f(1.0)
    thread.join()
    assert len(ticks) == 20


def test_threads_may_call_one_function_at_once() -> None:
    f: NativeFunction = compile_ir(SIEVE).function("f")
    failures: list[str] = []

    def work(seed: int) -> None:
        x = np.random.default_rng(seed).random(1000)
        for _ in range(50):
            if not np.array_equal(f(len(x), x)[0], x + 1):
                failures.append(str(seed))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures


def test_importing_the_planner_loads_no_llvm() -> None:
    code = "import sys, adc.lowering.plan; sys.exit('llvmlite' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_compiling_keeps_nothing_of_the_compiler() -> None:
    text = "define double @f(double %x) {\n  %y = fadd double %x, 1.0\n  ret double %y\n}\n"
    for _ in range(20):
        compile_text(text)
    before = resident()
    for _ in range(200):
        compile_text(text)
    assert resident() - before < 2 << 20
