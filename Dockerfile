# One image for web, worker, beat and every management command. See docs/running.md.

FROM node:24-bookworm-slim AS assets
WORKDIR /assets
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --fetch-retries=1

FROM python:3.11-slim-bookworm AS packages
COPY requirements.lock /tmp/requirements.lock
RUN python -m venv /opt/cvm \
    && /opt/cvm/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock

FROM python:3.11-slim-bookworm
ENV PATH=/opt/cvm/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CVM_STATE=/var/lib/cvm
RUN useradd --system --uid 10001 --home-dir /var/lib/cvm --create-home cvm \
    && install --directory --owner cvm --mode 0700 /var/lib/cvm/files
COPY --from=packages /opt/cvm /opt/cvm
WORKDIR /srv/cvm
COPY . .
# The values of this line exist during the build only: nothing is connected to, nothing is kept.
RUN --mount=type=bind,from=assets,source=/assets/node_modules,target=/tmp/node_modules \
    export SECRET_KEY=build DATABASE_URL=postgres://build/build REDIS_URL=redis://build/0 \
    && python manage.py compilepo \
    && python manage.py assets --modules /tmp/node_modules \
    && python manage.py collectstatic --noinput
USER cvm
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "cvm.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--timeout", "60", "--keep-alive", "0", "--no-control-socket"]
