import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import { decisionsMade, type DecisionMade } from './decision-channel.js';
import { decide, type Decision } from './domain/decision.js';
import { connectionFor, domainOf, type Discovery } from './domain/discovery.js';
import type { OrganizationTerms } from './domain/organization-terms.js';
import { promptOf, type Prompt } from './domain/prompt.js';
import { LoginRepository, type DecisionRequest } from './login.repository.js';

/** Each time, another request has written what this one was about to. */
const ATTEMPTS = 10;

export interface DiscoveryRequest {
  readonly email: string;
  /** An id or name; undefined: by the domain. */
  readonly organization?: string;
  readonly clientId?: string;
}

@Injectable()
export class LoginService {
  constructor(private readonly repository: LoginRepository) {}

  /** @param organization an id or name */
  async prompt(organization: string, clientId: string | undefined): Promise<Prompt> {
    return promptOf(await this.terms(organization), clientId);
  }

  /** Looks at no user: what it answers about an address depends on its domain alone. */
  async discover({ email, organization, clientId }: DiscoveryRequest): Promise<Discovery> {
    const domain = domainOf(email);
    const named = organization === undefined ? undefined : await this.terms(organization);
    const organizations = named ? [named] : await this.repository.organizationsByDomain(domain);
    const [only, ...others] = organizations;
    if (only === undefined) return { next: 'prompt' };
    if (others.length > 0) return { next: 'choose_organization', organizations };
    const terms = named ?? (await this.repository.terms(only.id));
    // Deleted since its domain was found.
    if (terms === undefined) return { next: 'prompt' };
    return connectionFor(domain, terms, await this.repository.enterpriseOptions(terms.id), clientId);
  }

  /** Whoever comes in without being a member is one when the answer is given. */
  async decide(actor: Actor, request: DecisionRequest): Promise<Decision> {
    const made = await this.make(actor, request);
    if (decisionsMade.hasSubscribers) {
      const { decision, reason } = made;
      const { intent, dryRun } = request;
      decisionsMade.publish({ decision, reason, intent, dryRun } satisfies DecisionMade);
    }
    return made;
  }

  private async make(actor: Actor, request: DecisionRequest): Promise<Decision> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const decision = decide(await this.repository.facts(actor, request));
      if (decision.grant === undefined) return decision;
      const granted = await this.repository.grant(actor, request, decision.grant, decide);
      if (granted !== undefined) return granted;
    }
    throw new DomainError('row_locked');
  }

  private async terms(organization: string): Promise<OrganizationTerms> {
    return found(await this.repository.terms(organization), 'organization_not_found');
  }
}
