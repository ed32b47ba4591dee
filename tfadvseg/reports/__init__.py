"""What people read: documents and their renderers, figures, picture sheets and TensorBoard, of any study's results."""
