"""Hand derivations held against the engine and against numbers: verdicts, and the name of the slip."""
