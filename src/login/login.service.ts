import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import { decisionsMade, type DecisionMade } from './decision-channel.js';
import { decide, type Decision } from './domain/decision.js';
import { connectionFor, domainOf, type Discovery } from './domain/discovery.js';
import type { SignInOrganization } from './domain/sign-in-organization.js';
import { promptOf, type Prompt } from './domain/prompt.js';
import { LoginRepository, type DecisionRequest } from './login.repository.js';

/** An attempt fails when another request has written the same user or membership meanwhile. */
const ATTEMPTS = 10;

export interface DiscoveryRequest {
  readonly email: string;
  /** An id or name. Undefined finds organizations by the domain of the address. */
  readonly organization?: string;
  readonly clientId?: string;
}

@Injectable()
export class LoginService {
  constructor(private readonly repository: LoginRepository) {}

  /** @param organization an id or name */
  async prompt(organization: string, clientId: string | undefined): Promise<Prompt> {
    return promptOf(await this.organization(organization), clientId);
  }

  /** Depends only on the domain of the address, so that the answer does not reveal which users exist. */
  async discover({ email, organization, clientId }: DiscoveryRequest): Promise<Discovery> {
    const domain = domainOf(email);
    const named = organization === undefined ? undefined : await this.organization(organization);
    const organizations = named ? [named] : await this.repository.organizationsByDomain(domain);
    const [only, ...others] = organizations;
    if (only === undefined) return { next: 'prompt' };
    if (others.length > 0) return { next: 'choose_organization', organizations };
    const target = named ?? (await this.repository.organization(only.id));
    // The organization may have been deleted since the last query.
    if (target === undefined) return { next: 'prompt' };
    return connectionFor(domain, target, await this.repository.enterpriseOptions(target.id), clientId);
  }

  /** Returns once a granted user or membership is committed. */
  async decide(actor: Actor, request: DecisionRequest): Promise<Decision> {
    const made = await this.decideAndGrant(actor, request);
    if (decisionsMade.hasSubscribers) {
      const { decision, reason } = made;
      const { intent, dryRun } = request;
      decisionsMade.publish({ decision, reason, intent, dryRun } satisfies DecisionMade);
    }
    return made;
  }

  private async decideAndGrant(actor: Actor, request: DecisionRequest): Promise<Decision> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const decision = decide(await this.repository.facts(request));
      if (decision.grant === undefined) return decision;
      const granted = await this.repository.grant(actor, request, decision.grant, decide);
      if (granted !== undefined) return granted;
    }
    throw new DomainError('row_locked');
  }

  private async organization(idOrName: string): Promise<SignInOrganization> {
    return found(await this.repository.organization(idOrName), 'organization_not_found');
  }
}
