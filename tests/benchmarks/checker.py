"""How often the derivative check is wrong, on random expressions.

    pip install -e '.[test]' && python tests/benchmarks/checker.py [COUNT]

Each expression is checked once with its true derivative (from mpmath at 40 digits) and once with one that is off by
1e-7 to 1, relative (log-uniform); once written with plain `math`, where only values are known, and once with this
package's functions, where the engine's derivative is known too.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.helpers.checked_expressions import ENGINE, PLAIN, tally

count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
print(f"{count:,} random expressions      target: 0.05% false alarms, 0.1% misses, fewer than 60 evaluations")
for name, kind in (("plain math", PLAIN), ("the engine's functions", ENGINE)):
    found = tally(count, kind)
    alarms, misses = len(found.false_alarms) / count, len(found.misses) / count
    print(f"  {name:24} false alarms {alarms:.2%}   misses {misses:.2%}   evaluations {found.evaluations}")
