"""Running an experiment: work units in atomic files, resume, provenance, and one tidy table of results."""
