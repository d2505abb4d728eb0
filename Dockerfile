# syntax=docker/dockerfile:1
# Worker, web and the `dondoc` command in one image; which of them runs is the command's choice (docker-compose.yml).

FROM python:3.13.9-slim-bookworm AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/dondoc
COPY requirements.lock ./
# The lock has what the tests need as well; the image takes only what the project itself names.
COPY pyproject.toml README.md LICENSE cli.py settings.py worker.py ./
COPY activities activities/
COPY database database/
COPY documents documents/
COPY embedded embedded/
COPY examples examples/
COPY locale locale/
COPY migrations migrations/
COPY models models/
COPY services services/
COPY shell shell/
COPY web web/
COPY workflows workflows/
RUN sed '/^ *--hash/d; s/ *\\$//' requirements.lock > constraints.txt \
    && /opt/dondoc/bin/pip install --no-compile '.[telemetry]' -c constraints.txt \
    && /opt/dondoc/bin/python -m compileall -q /opt/dondoc

FROM python:3.13.9-slim-bookworm
RUN groupadd --gid 10001 dondoc && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin dondoc \
    && install -d -o dondoc -g dondoc -m 0700 /data
COPY --from=build /opt/dondoc /opt/dondoc
ENV PATH=/opt/dondoc/bin:$PATH PYTHONUTF8=1 PYTHONUNBUFFERED=1 DONDOC_DATA_DIR=/data DONDOC_LOG_FORMAT=json
USER 10001:10001
WORKDIR /data
VOLUME /data
CMD ["dondoc", "--help"]
