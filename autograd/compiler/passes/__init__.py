"""The two passes as NumPy that writes into arrays which are there."""
