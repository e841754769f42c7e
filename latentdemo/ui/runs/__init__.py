"""What several pages run: where chains start, samples step by step, pictures in the latent space."""
