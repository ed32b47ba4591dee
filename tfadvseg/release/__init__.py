"""What a finished run says to whoever releases a model: whether it passes requirements, and its card."""
