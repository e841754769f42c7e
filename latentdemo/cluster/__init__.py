"""Many machines: bulk sampling, evaluation, sweeps and serving on Ray (extra `cluster`).

Ray takes seconds to import and most people do without it, so that modules here import it within functions, and nothing
outside of this folder imports it at all.
"""
