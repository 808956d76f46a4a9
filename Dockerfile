# Assay for production: one image, three roles (web, worker, migrate); see compose.yaml.
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r requirements.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ASSAY_NO_BOOTSTRAP=1 ASSAY_PRODUCTION=true ASSAY_VAR_DIR=/var/lib/assay \
    DJANGO_SETTINGS_MODULE=mdm.settings
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/assay assay
COPY --from=build /venv /venv
WORKDIR /app
COPY --chown=root:root bootstrap.py manage.py ./
COPY --chown=root:root mdm mdm
COPY --chown=root:root sync sync
COPY --chown=root:root matching matching
COPY --chown=root:root canonical canonical
COPY --chown=root:root templates templates
COPY --chown=root:root static static
COPY --chown=root:root fixtures fixtures
USER assay
# Gathering static files needs settings, not secrets: these values live for one command.
RUN ASSAY_PRODUCTION=false ASSAY_VAR_DIR=/var/lib/assay python manage.py collectstatic --noinput \
 && rm -f /var/lib/assay/secret_key
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
CMD ["gunicorn", "-c", "mdm/gunicorn.conf.py", "-b", "0.0.0.0:8000", "mdm.wsgi:application"]
