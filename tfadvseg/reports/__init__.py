"""What people read: tables, figures, picture sheets and TensorBoard, drawn from results.csv and examples.npz alone."""
