"""Hand derivations held against the engine and against numbers: verdicts, and the name of the slip.

Read `check` first, then `points`: what a check is given and what it asks. `diagnosis` names the slip in a wrong
derivative; its guesses are in `slips` and `rare_slips`, tested on the numbers of `evidence`. `guessing` judges a single
number that a reader typed, and `derivation_file` reads derivations from a file.
"""
