"""Scores from confusion matrices, one matrix per image: counts, IoU and its ratio, bootstrap intervals. NumPy alone."""
