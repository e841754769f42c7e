# The demo in a container: docker build -t latentdemo . (docs/deployment.md says how to run it)

ARG PYTHON=3.11-slim-bookworm

FROM docker.io/library/python:${PYTHON} AS build
# Where torch and torchvision come from. This is the CPU index that PyTorch documents; for NVIDIA GPUs give
# --build-arg TORCH_INDEX=https://pypi.org/simple, whose builds bring the CUDA libraries along.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY requirements.txt /build/
COPY deploy/requirements.txt /build/deploy/
RUN python -m venv /opt/venv \
    && grep -E '^(torch|torchvision)==' /build/requirements.txt > /build/torch.txt \
    && /opt/venv/bin/pip install --no-cache-dir --index-url "${TORCH_INDEX}" -r /build/torch.txt \
    && /opt/venv/bin/pip install --no-cache-dir -r /build/deploy/requirements.txt

FROM docker.io/library/python:${PYTHON}
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin latentdemo \
    && install --directory --owner=latentdemo /data
COPY --from=build /opt/venv /opt/venv
COPY . /app
# Reviews, and models that are trained or shared, go to /data. Nothing else is written but temporary files, so that the
# root file system may be read-only. Whoever comes back within an hour, with a tab that slept, goes on where they were.
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    LATENTDEMO_HOME=/data \
    LATENTDEMO_OPERATIONS=127.0.0.1:9600 \
    LATENTDEMO_LOG=json \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL=3600
WORKDIR /app
USER 10001
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:9600/ready', timeout=9)"]
ENTRYPOINT ["python", "-m", "latentdemo"]
CMD ["demo"]
