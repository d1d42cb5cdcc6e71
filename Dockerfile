# The server over HTTP for a team: slim, not root, nothing written but /data.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY client client
COPY tools tools
COPY server server
COPY sandbox sandbox
RUN pip wheel --no-cache-dir --wheel-dir /wheels ".[postgres,telemetry]"

FROM python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels "withallo-mcp[postgres,telemetry]" \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin allo \
    && install -d -o allo -g allo -m 0700 /data
USER 10001:10001
ENV ALLO_HOST=0.0.0.0 \
    ALLO_PORT=8788 \
    ALLO_DATA_DIR=/data \
    ALLO_LOG_FORMAT=json \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8788
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"ALLO_PORT\"]}/healthz', timeout=2)"]
ENTRYPOINT ["withallo-mcp"]
CMD ["serve"]
