"""The rules of the op table as formulas, and formulas as source."""
