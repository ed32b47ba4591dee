"""Writing SavedModels: signatures that are differentiable after reload, each with its card."""
