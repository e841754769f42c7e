"""What only the page “Latent space” needs."""
