"""Samplers of other libraries, measured beside ours."""
