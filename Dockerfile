# The whole program with its optional packages: docker build -t holdfast .
FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY bin bin
COPY src src
COPY tools tools
COPY assets assets
COPY tsconfig.json tsconfig.build.json ./
RUN node tools/build.mjs && npm prune --omit=dev --ignore-scripts

FROM node:22-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY assets assets
COPY bin bin
USER node
EXPOSE 7999 5561
# Ready means that clients and publishers are served, and in a cluster that NATS is connected.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:5561/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/holdfast.mjs"]
