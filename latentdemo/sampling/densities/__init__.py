"""Densities of the learned latent distribution: one file each, a line in the registry, and a store for their files."""
