import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const FRAMEWORKS = ['@nestjs/*', 'fastify', '@fastify/*', '@prisma/*', 'pg', 'class-validator', 'class-transformer'];

export default defineConfig([
  globalIgnores(['dist/', 'src/database/generated/', '**/.data/']),
  js.configs.recommended,
  { languageOptions: { globals: globals.node } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config/ reads the environment: take it from AppConfig.' },
      ],
      'no-console': 'error',
    },
  },
  {
    // Where the environment is handed to loadConfig, and where a child process or a tool needs it as it is.
    files: [
      'src/start.ts',
      'src/cli.ts',
      'src/dev/embedded-postgres.ts',
      'prisma.config.ts',
      'test/**',
      'scripts/**',
      'bench/**',
      'examples/*/start.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['examples/**/*.ts'],
    ignores: ['examples/*/start.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '/(src|dist|test)/',
              message: 'An example knows the service by HTTP alone, as everybody does who copies it.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['src/*/domain/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: FRAMEWORKS,
              message: 'domain/ holds plain functions; a framework belongs to the layers around it.',
            },
            { group: ['**/database/**'], message: 'domain/ does not know the database; repositories do.' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/**/*.controller.ts', 'src/**/*.service.ts', 'src/**/dto/*.ts'],
    ignores: ['src/database/**', 'src/health/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/database/generated/**', '@prisma/*', 'pg'],
              message: 'Only database/ and *.repository.ts know Prisma and SQL.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/metrics/**', 'src/tracing/**'],
    rules: {
      // A rule of its own, so that the restrictions above stay in force.
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['prom-client', '@opentelemetry/*'],
              message: 'Only metrics/ and tracing/ know them: publish what happens on a diagnostics channel.',
            },
            {
              group: ['**/dev/*.js'],
              message: 'Production does not have dev/: resources.ts loads it by import() where it is needed.',
            },
          ],
        },
      ],
    },
  },
]);
