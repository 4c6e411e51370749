# syntax=docker/dockerfile:1
# Built in one stage, run in another: the compiler, pip and its caches stay behind.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/cableqa
COPY constraints.txt pyproject.toml README.md LICENSE ./
# torch by itself and first: the pinned version is a CPU build, and this layer stays when the code changes.
RUN /opt/cableqa/bin/python -m pip install -c constraints.txt torch==2.13.0
COPY rag rag
COPY ingestion ingestion
COPY evals evals
COPY api api
RUN /opt/cableqa/bin/python -m pip install -c constraints.txt .

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 cableqa \
    && useradd --system --uid 10001 --gid cableqa --home-dir /data --shell /usr/sbin/nologin cableqa \
    && install --directory --owner cableqa --group cableqa --mode 0750 /data
COPY --from=build /opt/cableqa /opt/cableqa
# TOKENIZERS_PARALLELISM is no token.
# hadolint ignore=DL3064
ENV PATH=/opt/cableqa/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TOKENIZERS_PARALLELISM=false \
    HF_HUB_OFFLINE=1 \
    CABLEQA_DATA_DIR=/data \
    CABLEQA_LOG_FORMAT=json
USER 10001:10001
VOLUME /data
EXPOSE 8000
# Beyond loopback every request needs a key: `docker compose exec cableqa cableqa keys create NAME --scope ask`.
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# As itself and not through a shell, so that it hears SIGTERM and ends its streams.
STOPSIGNAL SIGTERM
ENTRYPOINT ["cableqa"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
