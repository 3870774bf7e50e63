# The image of kube-ipvs-proxy: Node, the JavaScript, the addon, and the libraries it needs. docs/deploying.md says
# how it is run, `npm run image` builds it without a container engine's daemon and tries it in the test kernel.
ARG NODE_VERSION=24
ARG DEBIAN_VERSION=bookworm
# A tag means another image next month. `scripts/image/pinned-bases` prints both with the digest that they have now, for --build-arg.
ARG NODE_IMAGE=docker.io/library/node:${NODE_VERSION}-${DEBIAN_VERSION}-slim
ARG DEBIAN_IMAGE=docker.io/library/debian:${DEBIAN_VERSION}-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      g++ make python3 pkg-config libnl-3-dev libnl-route-3-dev \
 && rm -rf /var/lib/apt/lists/*
# Before the sources, so that a change of ours does not fetch everything again.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY binding.gyp ./
COPY native ./native
COPY scripts/build-native scripts/bundle scripts/bundled-packages.js scripts/third-party-licences ./scripts/
COPY scripts/compile-ahead scripts/compile-file ./scripts/
RUN npm run build:native
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
# The commit, for `version`: --build-arg COMMIT="$(git rev-parse HEAD)".
ARG COMMIT=
RUN npm run build:ts
# Symbols of Node and of the addon serve a debugger only; those that an addon links against stay.
RUN install -D --target-directory=/out/bin "$(command -v node)" \
 && install -D --target-directory=/out/app package.json \
 && install -D --target-directory=/out/app/dist dist/kube-ipvs-proxy.js dist/run.cjs dist/run.cjs.compiled \
 && install -D --target-directory=/out/app/dist/chunks dist/chunks/*.js \
 && install -D --target-directory=/out/app/build/Release build/Release/ipvs_native.node \
 && install -D --mode=644 --target-directory=/out/doc dist/third-party-licences.txt \
 && install --mode=644 /usr/local/LICENSE /out/doc/node-licence.txt \
 && strip --strip-unneeded /out/bin/node /out/app/build/Release/ipvs_native.node

FROM ${DEBIAN_IMAGE} AS root
# kmod: `--init-only` loads the modules of IPVS.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      libnl-3-200 libnl-route-3-200 kmod libstdc++6 \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
 && test -e /usr/share/doc/libnl-3-200/copyright -a -e /usr/share/doc/kmod/copyright
COPY --from=build /out/bin/node /usr/local/bin/node
COPY --from=build /out/app /opt/kube-ipvs-proxy
COPY LICENSE NOTICE /opt/kube-ipvs-proxy/
# What `manifest` prints.
COPY deploy/install.yaml /opt/kube-ipvs-proxy/deploy/
COPY deploy/rendered /opt/kube-ipvs-proxy/deploy/rendered
# Licences of what is in the bundle, the addon and Node; those of Debian's packages are beside them, in copyright.
COPY --from=build /out/doc /usr/share/doc/kube-ipvs-proxy
# The second name is that which kubeadm's DaemonSet starts. Without the capability to override permissions even uid 0
# cannot write where no write bit is: what runs cannot change what runs, even where the root is not mounted read-only.
RUN ln -s /opt/kube-ipvs-proxy/dist/kube-ipvs-proxy.js /usr/local/bin/kube-ipvs-proxy \
 && ln -s kube-ipvs-proxy /usr/local/bin/kube-proxy \
 && mkdir -p /run/kube-ipvs-proxy /lib/modules \
 && chmod -R a-w /bin/ /boot /etc /home /lib/ /media /mnt /opt /root /run /sbin/ /srv /usr /var

# One layer, without what the steps above have thrown away.
FROM scratch
ARG NODE_IMAGE
ARG DEBIAN_IMAGE
LABEL org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${DEBIAN_IMAGE}" \
      io.kube-ipvs-proxy.node-image="${NODE_IMAGE}"
COPY --from=root / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENTRYPOINT ["/usr/local/bin/kube-ipvs-proxy"]
