"""Experiments: what one work unit computes, and how finished units become rows of results.csv."""
