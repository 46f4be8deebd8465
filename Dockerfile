# The service alone: no training package, no compiler, no root.
FROM python:3.11-slim AS build
# The CPU build of torch is a tenth of the default one:
#   docker build --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu .
ARG TORCH_INDEX=""
WORKDIR /source
RUN python3 -m venv /opt/cardiode
COPY constraints.txt ./
RUN /opt/cardiode/bin/pip install --no-cache-dir --disable-pip-version-check \
    ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} --constraint constraints.txt torch==2.13.0
COPY pyproject.toml README.md ./
COPY ecg ecg
COPY ode ode
COPY models models
COPY app app
RUN /opt/cardiode/bin/pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt '.[dicom,traces]'

FROM python:3.11-slim
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
