"""Training with Keras alone, so on any backend: examples by index, augmentation, class weights, the fit itself."""
