"""What a graph computes, and where: the plan from which both kinds of source are written."""
