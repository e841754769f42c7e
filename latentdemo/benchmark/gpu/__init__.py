"""`latentdemo bench gpu`: all that is to be known of a GPU, in eight minutes.

It runs from a checkout, without an installation: `python -m latentdemo bench gpu`. Beside PyTorch it imports NumPy,
SciPy, Pillow, safetensors, typer and rich, which GPU machines usually have, and zuko, torchdiffeq, pydantic, cachetools
and platformdirs, which many lack. Where such a machine has no network, carry these as wheels. On a machine that has
one, for the Python of the other:

    pip download --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \\
        --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 -d wheels zuko torchdiffeq pydantic==2.12.5 \\
        pydantic-core==2.41.5 annotated-types typing-inspection cachetools platformdirs

And on the GPU machine, in the checkout:

    pip install --no-index --no-deps --target site wheels/*.whl
    PYTHONPATH=site python -m latentdemo bench gpu

Tests of `tests/gpu` are part of it, where pytest is installed.
"""
