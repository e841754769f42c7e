"""What only the page “Latent interpolation” needs."""
