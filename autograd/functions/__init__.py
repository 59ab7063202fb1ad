"""What users compute with: `exp` ... `softmax`, arrays, `grad` ... `hvp`, measured slopes, typed expressions."""
