import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Actor } from '../actor.js';
import { Preconditions } from '../http/preconditions.js';
import { OrganizationConnectionsService } from '../organization-connections/organization-connections.service.js';
import type { OrganizationChanges } from '../organizations/domain/organization.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import {
  planOrganization,
  planRemoval,
  type DesiredOrganization,
  type OrganizationPlan,
} from './domain/organization-plan.js';
import { PlanRepository } from './plan.repository.js';

const BATCH = 200;

const ACTOR = new Actor({ subject: 'vestibule apply' });

@Injectable()
export class PlanService {
  constructor(
    private readonly repository: PlanRepository,
    private readonly organizations: OrganizationsService,
    private readonly connections: OrganizationConnectionsService,
  ) {}

  /**
   * Yields a plan for each organization of the file, in its order, then one for each removal. Writes nothing.
   *
   * @param prune removes organizations and connections that the file does not mention
   * @throws DomainError for the first connection that does not exist or cannot have these flags
   */
  async *plan(desired: readonly DesiredOrganization[], prune: boolean): AsyncGenerator<OrganizationPlan> {
    for (let at = 0; at < desired.length; at += BATCH) {
      const batch = desired.slice(at, at + BATCH);
      const present = await this.repository.present(batch.map(({ name }) => name));
      const kinds = await this.repository.kinds(batch.flatMap(connectionNames));
      for (const one of batch) yield planOrganization(one, present.get(one.name), kinds, prune);
    }
    if (!prune) return;
    const named = new Set(desired.map(({ name }) => name));
    for await (const organization of this.repository.all()) {
      if (!named.has(organization.name)) yield planRemoval(organization);
    }
  }

  /**
   * Applies the plan of one organization, in one transaction.
   *
   * @param desired the organization that was planned; undefined for a removal
   * @throws PlanOutdatedError when the organization has changed since it was planned
   */
  async apply(plan: OrganizationPlan, desired: DesiredOrganization | undefined, prune: boolean): Promise<void> {
    await this.repository.inTransaction(async () => {
      if (desired === undefined) return this.organizations.remove(ACTOR, plan.id!, Preconditions.NONE);
      if (!isDeepStrictEqual(await this.planAgain(desired, prune), plan)) throw new PlanOutdatedError();
      await this.write(plan, desired);
    });
  }

  private async planAgain(desired: DesiredOrganization, prune: boolean): Promise<OrganizationPlan> {
    const present = await this.repository.present([desired.name]);
    const kinds = await this.repository.kinds(connectionNames(desired));
    return planOrganization(desired, present.get(desired.name), kinds, prune);
  }

  private async write({ id, fields, rows }: OrganizationPlan, { name, profile }: DesiredOrganization): Promise<void> {
    const changes = profile as OrganizationChanges;
    let organizationId = id;
    if (organizationId === undefined) {
      organizationId = (await this.organizations.create(ACTOR, { ...changes, name }, [])).organization.id;
    } else if (fields.length > 0) await this.organizations.update(ACTOR, organizationId, changes, Preconditions.NONE);
    if (rows === undefined) return;
    const wanted = rows.map(({ name: connection, ...settings }) => ({ connection: { name: connection }, ...settings }));
    await this.connections.replace(ACTOR, organizationId, wanted, Preconditions.NONE);
  }
}

export class PlanOutdatedError extends Error {
  constructor() {
    super('it has changed since the plan was made; plan again');
  }
}

const connectionNames = ({ connections }: DesiredOrganization) => connections?.map(({ name }) => name) ?? [];
