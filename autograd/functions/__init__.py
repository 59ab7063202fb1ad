"""What users compute with: `exp` to `softmax`, arrays of Values, `grad` to `hvp`, measured slopes, typed expressions."""
