"""What is to be known of a model before it is attacked: what it costs, how it answers, how it is to be read."""
