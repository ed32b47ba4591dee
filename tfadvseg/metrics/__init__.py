"""Scores from class counts, one row an image: counts, IoU and its ratio, bootstrap intervals. NumPy alone."""
