"""Whether a model is fit to be sampled: its vital figures, and what they say."""
