"""`latentdemo bench gpu`: all that is to be known of a GPU, in eight minutes.

It runs from a checkout, without an installation: `python -m latentdemo bench gpu`. Beside PyTorch it imports NumPy,
SciPy, Pillow, safetensors, typer and rich, which GPU machines usually have, and zuko, torchdiffeq, pydantic, cachetools
and platformdirs, which many lack. Where such a machine has no network, carry these as wheels. On a machine that has
one, for the Python of the other:

    for which in "--no-deps zuko torchdiffeq cachetools platformdirs" pydantic; do
        pip download --only-binary=:all: --python-version 3.12 --implementation cp \\
            --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 -d wheels $which
    done

They weigh 3 MB. And on the GPU machine, in the checkout:

    pip install --no-index --no-deps --target site wheels/*.whl
    PYTHONPATH=site python -m latentdemo bench gpu

Tests of `tests/gpu` are part of it, where pytest is installed.
"""
