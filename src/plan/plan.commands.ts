import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { pipeline } from 'node:stream/promises';
import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import pc from 'picocolors';
import { DomainError } from '../errors/domain-error.js';
import { refusalBody } from '../http/error-table.js';
import type { DesiredOrganization, OrganizationPlan, PresentOrganization } from './domain/organization-plan.js';
import { presentPlan, Tally } from './plan.presenter.js';
import { PlanRepository } from './plan.repository.js';
import { PlanOutdatedError, PlanService } from './plan.service.js';
import { readStateFile, StateFileError, stateOf } from './state-file.js';

/** The exit code of `plan` when there are changes. */
const EXIT_CHANGES = 2;
/** How many organizations are applied concurrently. */
const AT_ONCE = 4;
const PROGRESS_EVERY = 100;

type WithServices = (work: (app: INestApplicationContext) => Promise<void>) => Promise<void>;

interface Planned {
  readonly plan: OrganizationPlan;
  readonly desired?: DesiredOrganization;
}

/** Adds `plan`, `apply` and `export`. */
export function addPlanCommands(program: Command, withApplication: WithServices): void {
  const withServices: WithServices = (work) => withApplication((app) => work(app).catch(explain));

  program
    .command('plan <file>')
    .description('show how organizations differ from a YAML or JSON file; exit code 0: no changes, 2: changes')
    .option('--prune', 'also remove organizations and connections that the file does not mention')
    .addHelpText('after', '\nExample:\n  $ npx vestibule plan organizations.yaml')
    .action((file: string, { prune = false }: { prune?: boolean }) =>
      withServices(async (app) => {
        const { tally } = await show(app.get(PlanService), await readStateFile(file), prune);
        if (!tally.isEmpty) process.exitCode = EXIT_CHANGES;
      }),
    );

  program
    .command('apply <file>')
    .description('change organizations to match a YAML or JSON file, each in one transaction; asks first')
    .option('--prune', 'also remove organizations and connections that the file does not mention')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ npx vestibule apply organizations.yaml --yes')
    .action((file: string, { prune = false, yes = false }: { prune?: boolean; yes?: boolean }) =>
      withServices(async (app) => {
        const service = app.get(PlanService);
        const { planned, tally } = await show(service, await readStateFile(file), prune);
        if (tally.isEmpty) return;
        if (!yes && !(await isConfirmed())) return fail('Nothing was changed.');
        await applyAll(service, planned, prune);
      }),
    );

  program
    .command('export [file]')
    .description(
      'write all organizations with their connections as a file for plan and apply; default: standard output',
    )
    .addHelpText('after', '\nExample:\n  $ npx vestibule export organizations.yaml')
    .action((file: string | undefined) =>
      withServices(async (app) => {
        const text = textOf(app.get(PlanRepository).all());
        if (file === undefined) return pipeline(text, process.stdout, { end: false });
        await pipeline(text, createWriteStream(file)).catch((error: NodeJS.ErrnoException) => {
          throw error.syscall === undefined ? error : new StateFileError(`${file}: ${error.message}`);
        });
      }),
    );
}

/** Streams one organization at a time, so that memory does not depend on their number. */
async function* textOf(organizations: AsyncIterable<PresentOrganization>): AsyncGenerator<string> {
  let isEmpty = true;
  for await (const organization of organizations) {
    yield (isEmpty ? 'organizations:\n' : '') + stateOf(organization);
    isEmpty = false;
  }
  if (isEmpty) yield 'organizations: []\n';
}

/** Prints an expected error in one line, without a stack. */
function explain(error: unknown): void {
  if (error instanceof StateFileError) return fail(error.message);
  if (error instanceof DomainError) return fail(refusalBody(error).message);
  throw error;
}

async function show(service: PlanService, desired: readonly DesiredOrganization[], prune: boolean) {
  const byName = new Map(desired.map((one) => [one.name, one]));
  const planned: Planned[] = [];
  const tally = new Tally();
  for await (const plan of service.plan(desired, prune)) {
    if (plan.action === 'none') continue;
    tally.count(plan);
    planned.push({ plan, desired: byName.get(plan.name) });
    print(presentPlan(plan));
  }
  print(tally.isEmpty ? 'Nothing to do.' : tally.toString());
  return { planned, tally };
}

async function applyAll(service: PlanService, planned: readonly Planned[], prune: boolean): Promise<void> {
  const left = planned[Symbol.iterator]();
  let [applied, failed] = [0, 0];
  const applying = Array.from({ length: AT_ONCE }, async () => {
    for (const { plan, desired } of left) {
      try {
        await service.apply(plan, desired, prune);
        applied++;
      } catch (error) {
        if (!(error instanceof DomainError || error instanceof PlanOutdatedError)) throw error;
        failed++;
        printError(`${plan.name}: ${error instanceof DomainError ? refusalBody(error).message : error.message}`);
      }
      if ((applied + failed) % PROGRESS_EVERY === 0) printError(pc.dim(`${applied + failed} of ${planned.length}`));
    }
  });
  await Promise.all(applying);
  print(`Applied to ${applied} of ${planned.length} organizations.`);
  if (failed > 0) fail(`${failed} were left unchanged.`);
}

async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    printError('Standard input is not a terminal: say --yes to apply without being asked.');
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question("Apply this? Only 'yes' is accepted: ")) === 'yes';
  } finally {
    terminal.close();
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printError(line: string): void {
  process.stderr.write(`${line}\n`);
}

function fail(line: string): void {
  printError(line);
  process.exitCode = 1;
}
