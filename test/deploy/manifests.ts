import { readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface Deployment extends Manifest {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Container] } } };
}

interface Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Kustomization extends Manifest {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly [{ readonly name: string; readonly literals: readonly string[] }];
}

export const FOLDER = 'deploy/kubernetes';

export const manifestsIn = (file: string) => loadAll(readFileSync(`${FOLDER}/${file}`, 'utf8')) as Manifest[];

export const kustomization = manifestsIn('kustomization.yaml')[0] as Kustomization;

/** What the ConfigMap gives to servers and to the migration. */
export const environment: Record<string, string> = Object.fromEntries(
  kustomization.configMapGenerator[0].literals.map(
    (literal) => literal.split(/=(.*)/s).slice(0, 2) as [string, string],
  ),
);
