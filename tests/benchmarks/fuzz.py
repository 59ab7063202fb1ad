"""Compiled programs against eager code, on random models at other data than they were recorded at.

    pip install -e '.[test]' && python tests/benchmarks/fuzz.py [COUNT] [--seed SEED] [--program NUMBER]

Prints what was run, and of each program that gives what eager code does not its number: `--program NUMBER` runs it
alone. Exits with 1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.helpers.fuzzing import check, name_of

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("count", nargs="?", type=int, default=3000)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--program", type=int)
given = parser.parse_args()

first = given.seed * 10**9
numbers = range(first, first + given.count) if given.program is None else [given.program]
print(f"{len(numbers):,} programs from number {numbers[0]} on", flush=True)
begun, done, failing = time.perf_counter(), Counter[str](), Counter[str]()
for k, number in enumerate(numbers, 1):
    try:
        done.update(check(number).did)
    except Exception as error:
        failing[name_of(number)] += 1
        where = traceback.format_exc() if given.program is not None else f"{type(error).__name__}: {error}"
        print(f"\n{name_of(number)}, --program {number}\n  {where}", flush=True)
    if k % 1000 == 0:
        print(f"{k:,} programs, {failing.total()} failing, {time.perf_counter() - begun:.0f} s", flush=True)
print(
    f"\n{len(numbers):,} programs, {time.perf_counter() - begun:.0f} s; what was compared with eager code, how often:"
)
for what, count in done.most_common():
    print(f"  {what:40} {count:,}")
print(f"{failing.total()} failing{':' if failing else ''}")
for name, count in failing.most_common():
    print(f"  {name:40} {count:,}")
sys.exit(bool(failing))
