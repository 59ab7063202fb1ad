"""The two passes as pure functions over an array namespace."""
