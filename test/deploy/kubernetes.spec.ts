import { readdirSync } from 'node:fs';
import ts from 'typescript';
import { loadConfig, VARIABLES } from '../../src/config/config.js';
import { ENCRYPTION_KEY } from '../support/encryption.js';
import { environment, FOLDER, kustomization, manifestsIn, type Deployment, type Manifest } from './manifests.js';

/** The package `kubernetes-types` has the types of the Kubernetes API, a module for each of its groups. */
const MODULES: Record<string, string> = {
  v1: 'core/v1',
  'apps/v1': 'apps/v1',
  'batch/v1': 'batch/v1',
  'networking.k8s.io/v1': 'networking/v1',
  'policy/v1': 'policy/v1',
};

/**
 * What TypeScript says of the manifest as a literal of its type: it finds what is missing, of another type, and, as a
 * literal may have no other properties, what is misspelt or in the wrong place.
 */
function complaintsAbout({ apiVersion, kind, ...rest }: Manifest): string[] {
  const file = `${process.cwd()}/manifest.ts`;
  const source = `import type { ${kind} } from 'kubernetes-types/${MODULES[apiVersion]}.d.ts';
    export const manifest: ${kind} = ${JSON.stringify({ apiVersion, kind, ...rest }, null, 1)};`;
  const options = {
    noEmit: true,
    strict: true,
    types: [],
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  host.readFile = (name) => (name === file ? source : readFile(name));
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('The manifests for Kubernetes', () => {
  const manifests = kustomization.resources.flatMap((file) => manifestsIn(file));
  const [deployment] = manifestsIn('deployment.yaml') as [Deployment];

  it('are all listed in the kustomization', () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...kustomization.resources, 'kustomization.yaml'].sort());
  });

  it.each(manifests.map((manifest) => [manifest.kind, manifest] as const))(
    'have a %s that fits the API of Kubernetes',
    (_, manifest) => {
      expect(complaintsAbout(manifest)).toEqual([]);
    },
  );

  it('are refused with a misspelt field', () => {
    const misspelt = structuredClone(deployment) as unknown as { spec: Record<string, unknown> } & Manifest;
    misspelt.spec['replica'] = 3;
    expect(complaintsAbout(misspelt)).toEqual([expect.stringContaining("'DeploymentSpec'")]);
  });

  it('set only variables of the service, to values that are valid in production', () => {
    expect(Object.keys(environment).filter((variable) => !VARIABLES.includes(variable))).toEqual([]);
    const database = 'postgresql://vestibule:secret@postgres:5432/vestibule';
    const config = loadConfig({ NODE_ENV: 'production', DATABASE_URL: database, ENCRYPTION_KEY, ...environment });
    const ports = deployment.spec.template.spec.containers[0].ports;
    expect({ http: config.port, metrics: config.metrics?.port }).toEqual(
      Object.fromEntries(ports.map(({ name, containerPort }) => [name, containerPort])),
    );
  });
});
