# The service alone: no training package, no compiler, no root.
FROM python:3.11.14-slim-bookworm AS build
# The CPU build of torch, or by --build-arg TORCH=cuda that of PyPI, which is ten times as large.
ARG TORCH=cpu
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /source
RUN python3 -m venv /opt/cardiode
# Every package by its hash (`make lock`): what a registry serves otherwise is not installed.
COPY deploy/image/*.lock ./
RUN /opt/cardiode/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps \
    --requirement service.lock
RUN /opt/cardiode/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps \
    --extra-index-url "$TORCH_INDEX" --requirement "$TORCH.lock"
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY ecg ecg
COPY ode ode
COPY models models
COPY app app
COPY cardiode cardiode
RUN /opt/cardiode/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm
# The folder is where a file of API keys may lie (docs/keys.md).
RUN useradd --system --no-create-home cardiode && \
    install --directory --owner=cardiode --mode=0700 /var/lib/cardiode
COPY --from=build /opt/cardiode /opt/cardiode
# Without API keys, on all of the container's addresses: it can be reached only where its port is published.
ENV PATH=/opt/cardiode/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CARDIODE_HOST=0.0.0.0 \
    CARDIODE_ANONYMOUS=true \
    CARDIODE_PORT=8000
# An empty folder of root's: python -m looks for packages where it is started.
WORKDIR /srv
USER cardiode
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD \
    python -c "from urllib.request import urlopen; urlopen('http://127.0.0.1:${CARDIODE_PORT}/health/ready', timeout=4)"
CMD ["python", "-m", "app"]
