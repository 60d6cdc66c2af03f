# syntax=docker/dockerfile:1

FROM node:24-slim AS build
WORKDIR /app
# .npmrc belongs to the install: it keeps the install scripts of dependencies from running.
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json prisma.config.ts ./
COPY prisma ./prisma
COPY src ./src
RUN npm run build

# `--target development`, for docker-compose.yml: with what makes a certificate and an encryption key for this machine.
FROM build AS development
COPY openapi.json ./
COPY bin ./bin
RUN mkdir .data && chown node:node .data
USER node
EXPOSE 3000 3443
CMD ["node", "dist/main.js"]

# Without what maps the built files back to their sources, and what only development uses.
FROM build AS trimmed
RUN find dist -name '*.map' -delete && rm -r dist/.tsbuildinfo dist/dev

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# "optional" too: the prisma command and TypeScript are optional peers of @prisma/client, so that leaving out "dev" alone
# would keep them.
COPY scripts/prune-modules.sh ./scripts/
RUN npm ci --omit=dev --omit=optional && npm cache clean --force && sh scripts/prune-modules.sh node_modules

FROM node:24-slim AS production
ENV NODE_ENV=production
# Each of Node's threads would have an arena of its own.
ENV MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=trimmed /app/dist ./dist
COPY package.json openapi.json ./
COPY prisma/schema.prisma prisma/hand-written.sql prisma/hand-written.txt ./prisma/
COPY prisma/migrations ./prisma/migrations
COPY bin ./bin
# So that "docker exec … vestibule token" and the like work.
RUN ln -s /app/bin/vestibule.js /usr/local/bin/vestibule
USER node
EXPOSE 3000 3443
# New objects have half the room that V8 gives them, which costs no speed that could be measured.
CMD ["node", "--max-semi-space-size=8", "dist/main.js"]

