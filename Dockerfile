# Assay for production: one image for web, worker, beat and migrate; see compose.yaml.
FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /tmp/
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: \
    -r /tmp/requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home assay \
 && install -d -o assay -g assay /var/lib/assay
COPY --from=packages /venv /venv
COPY . /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ASSAY_NO_BOOTSTRAP=1 \
    ASSAY_PRODUCTION=true \
    ASSAY_VAR_DIR=/var/lib/assay \
    ASSAY_STATIC_DIR=/app/.static \
    ASSAY_BIND=0.0.0.0:8000
# Gathering files needs no hub: these values serve this step alone and stay out of the image.
RUN ASSAY_VAR_DIR=/tmp/build ASSAY_ALLOWED_HOSTS=build ASSAY_BROKER_URL=redis://build \
    ASSAY_DATABASE_URL=postgres://build/build \
    ASSAY_SECRET_KEY=used-for-this-step-of-the-image-build-and-never-again \
    python manage.py collectstatic --no-input -v0 && rm -rf /tmp/build
USER assay
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s CMD \
    ["python", "-c", "from urllib.request import urlopen as u; u('http://127.0.0.1:8000/health/live', timeout=2)"]
CMD ["gunicorn", "-c", "mdm/gunicorn.conf.py", "mdm.wsgi"]
