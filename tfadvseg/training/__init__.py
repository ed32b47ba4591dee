"""Training on in-memory arrays with Keras alone, so on any backend: augmentation, class weights, the fit itself."""
