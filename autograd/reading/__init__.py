"""A graph in words: the names of its nodes, its trace, its neurons and layers, its paths, `explain` and `Stepper`."""
