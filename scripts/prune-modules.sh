#!/bin/sh
# Takes out of a node_modules of production dependencies what the running service never reads: sh scripts/prune-modules.sh FOLDER
# Licences and package.json files stay.
set -eu
cd "$1"

# Types, sources in TypeScript, and maps back to them.
find . -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

# Prisma's query compilers for other databases, the large build, and each for CommonJS. What is left is what
# src/database/generated imports.
find @prisma/client/runtime -name 'query_compiler_*' ! -name 'query_compiler_small_bg.postgresql.*mjs' -delete

# The page and the compiler plug-in of @nestjs/swagger, whose decorators alone run here, and what it uses for CommonJS.
find swagger-ui-dist @microsoft/tsdoc -type f ! -name 'LICENSE*' ! -name NOTICE ! -name package.json -delete
find es-toolkit -name '*.js' -delete

# Tests of the packages, and bundles for browsers.
find . -depth -type d -name test -exec rm -r {} +
rm -rf class-validator/bundles libphonenumber-js/bundle rxjs/dist/bundles
find . -depth -type d -empty -delete
