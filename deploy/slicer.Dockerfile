# The slicer with all three engines: `three` from npm, PrusaSlicer from Debian, OrcaSlicer from its AppImage.
# Build from the repository's root; README.md beside this file says with which arguments.
ARG NODE_VERSION=20
FROM node:${NODE_VERSION}-bookworm AS build
WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund && npm run build && npm prune --omit=dev

FROM node:${NODE_VERSION}-bookworm-slim AS orca
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/*
ARG ORCA_VERSION
ARG ORCA_APPIMAGE_URL
ARG ORCA_APPIMAGE_SHA256
# Without all of them there is no build: what slices strangers' models is pinned to the byte.
RUN test -n "$ORCA_VERSION" && test -n "$ORCA_APPIMAGE_URL" && printf %s "$ORCA_APPIMAGE_SHA256" | grep -Eqx '[0-9a-f]{64}' \
  || { echo "set ORCA_VERSION, ORCA_APPIMAGE_URL and ORCA_APPIMAGE_SHA256 (deploy/README.md)" >&2; exit 1; }
RUN curl --fail --silent --show-error --location --proto '=https' --output /orca.AppImage "$ORCA_APPIMAGE_URL" \
  && echo "$ORCA_APPIMAGE_SHA256  /orca.AppImage" | sha256sum --check --strict \
  && chmod +x /orca.AppImage && cd /opt && /orca.AppImage --appimage-extract > /dev/null \
  && mv squashfs-root orca-slicer && chmod -R a+rX orca-slicer && rm /orca.AppImage

FROM node:${NODE_VERSION}-bookworm-slim
# bubblewrap: the sandbox. The libraries are OrcaSlicer's, which is linked with a window's even where it opens none.
RUN apt-get update && apt-get install -y --no-install-recommends \
    bubblewrap util-linux prusa-slicer \
    libgtk-3-0 libwebkit2gtk-4.1-0 libgl1 libegl1 libopengl0 libglu1-mesa libosmesa6 libgstreamer-plugins-base1.0-0 libsoup-3.0-0 \
  && rm -rf /var/lib/apt/lists/*
COPY --from=orca /opt/orca-slicer /opt/orca-slicer
COPY --from=build /app /app
WORKDIR /app
ARG ORCA_VERSION
LABEL org.opencontainers.image.licenses="GPL-3.0-or-later AND AGPL-3.0-only AND AGPL-3.0-or-later" \
  orca.version="${ORCA_VERSION}"
ENV NODE_ENV=production SLICER_ENGINE=orca ENGINE_CHILD=/app/dist/slicer-three.js \
  MODEL_CHILD=/app/dist/slicer-open.js
USER node
CMD ["node", "dist/slicer.js"]
