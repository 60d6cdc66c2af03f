import { readFile } from 'node:fs/promises';
import { useApp, type TestApp } from '../support/app.js';
import { createConnection, createEnabled } from '../support/factories.js';
import { scrape } from '../support/metrics.js';

const DASHBOARD = 'deploy/grafana/vestibule.json';
const RULES = 'deploy/prometheus/alerts.yml';
const RULE_TESTS = 'deploy/prometheus/alerts.test.yml';
const MANUAL = 'docs/operating.md';

/** Those that Prometheus makes by itself or of the alerts. */
const OF_PROMETHEUS = new Set(['up', 'ALERTS']);

/** Each metric that an expression names, with the labels it selects by. */
function selectorsIn(text: string): { name: string; labels: string[] }[] {
  return [...text.matchAll(/\b([a-z]\w*)\{([^}]*)\}/g)].map(([, name, matchers]) => ({
    name: name!,
    labels: [...matchers!.matchAll(/(\w+)(?:=~|!~|!=|=)/g)].map(([, label]) => label!),
  }));
}

const alertsIn = (rules: string) => [...rules.matchAll(/- alert: (\w+)/g)].map(([, alert]) => alert!);

describe('The files for Prometheus and Grafana', () => {
  const app = useApp({ env: { METRICS_PORT: '0' } });
  let served: Map<string, Set<string>>;
  beforeAll(async () => {
    await makeSomethingOfEverything(app);
    served = await servedBy(app);
  });

  it.each([DASHBOARD, RULES, RULE_TESTS])(
    '%s names only metrics that the service has, and labels that they have',
    async (file) => {
      // A series in JSON has its quotes escaped.
      const selectors = selectorsIn((await readFile(file, 'utf8')).replaceAll('\\"', '"')).filter(
        ({ name }) => !OF_PROMETHEUS.has(name),
      );
      expect(selectors.length).toBeGreaterThan(10);
      const unknown = selectors.flatMap(({ name, labels }) =>
        labels
          .filter((label) => !['job', 'instance'].includes(label) && !served.get(name)?.has(label))
          .map((label) => `${name} ${label}`)
          .concat(served.has(name) ? [] : [name]),
      );
      expect(unknown).toEqual([]);
    },
  );

  it('name the same metrics of the service as the manual', async () => {
    const manual = await readFile(MANUAL, 'utf8');
    const table = manual.slice(manual.indexOf('| metric'), manual.indexOf('## Traces'));
    const named = [...table.matchAll(/`(vestibule_\w+)`/g)].map(([, name]) => name);
    const families = [...served.keys()]
      .filter((name) => name.startsWith('vestibule_') && !/_(bucket|sum)$/.test(name))
      .map((name) => name.replace(/_count$/, ''));
    expect(named.sort()).toEqual([...new Set(families)].sort());
  });

  it('have a section in the manual for each alert, at the link of its runbook', async () => {
    const [rules, manual, dashboard] = await Promise.all(
      [RULES, MANUAL, DASHBOARD].map((file) => readFile(file, 'utf8')),
    );
    const alerts = alertsIn(rules!);
    expect(alerts.length).toBeGreaterThan(10);
    expect([...manual!.matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading)).toEqual(alerts);
    expect([...rules!.matchAll(/runbook: (\S+)/g)].map(([, runbook]) => runbook)).toEqual(
      alerts.map((alert) => `${MANUAL}#${alert.toLowerCase()}`),
    );
    const mentioned = [...`${manual} ${dashboard}`.matchAll(/\bVestibule[A-Z]\w+/g)].map(([alert]) => alert);
    expect(mentioned.filter((alert) => !alerts.includes(alert))).toEqual([]);
  });
});

/** So that every metric has a time series. */
async function makeSomethingOfEverything({ api }: TestApp): Promise<void> {
  const { organization, connection } = await createEnabled(api, 'okta');
  const { name } = await createConnection(api, 'okta');
  await api.post('/connections', { name, strategy: 'okta' });
  await api.post('/login/decisions', {
    intent: 'login',
    organization: organization.id,
    connection: connection.id,
    user: { email: 'somebody@example.com' },
  });
}

/** The names of the time series that there are, and the labels of each. */
async function servedBy(app: TestApp): Promise<Map<string, Set<string>>> {
  const served = new Map<string, Set<string>>();
  for (const { name, labels } of await scrape(app)) served.set(name, new Set(Object.keys(labels)));
  return served;
}
