import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import type { Connection } from '../database/client.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import { untilDecided } from '../errors/until-decided.js';
import type { CheckpointPage, OffsetPage, Page } from '../http/pagination.js';
import { removeUnder, type Preconditions } from '../http/preconditions.js';
import { ConnectionsRepository, type ConnectionFilter } from './connections.repository.js';
import { newConnection, type ConnectionChanges, type ConnectionDraft } from './domain/new-connection.js';
import { placeholderIn } from './domain/option-secrets.js';

@Injectable()
export class ConnectionsService {
  constructor(private readonly repository: ConnectionsRepository) {}

  list(filter: ConnectionFilter, page: OffsetPage | CheckpointPage): Promise<Page<Connection>> {
    return this.repository.list(filter, page);
  }

  async get(id: string): Promise<Connection> {
    return found(await this.repository.get(id), 'connection_not_found');
  }

  async create(actor: Actor, draft: ConnectionDraft): Promise<Connection> {
    refusePlaceholders(draft);
    return this.repository.create(actor, newConnection(draft));
  }

  async update(
    actor: Actor,
    id: string,
    changes: ConnectionChanges,
    preconditions: Preconditions,
  ): Promise<Connection> {
    refusePlaceholders(changes);
    return untilDecided(
      () => this.repository.update(actor, id, changes, preconditions),
      async () => preconditions.require(await this.get(id)),
    );
  }

  /** Returns the time of deletion, or undefined when the connection does not exist. */
  async remove(actor: Actor, id: string, preconditions: Preconditions): Promise<Date | undefined> {
    const removed = await removeUnder(
      preconditions,
      () => this.repository.remove(actor, id, preconditions),
      () => this.repository.get(id),
    );
    return removed ? new Date() : undefined;
  }
}

/** Refuses the placeholder of a secret, which would overwrite the secret that it stands for. */
function refusePlaceholders({ options = {} }: ConnectionChanges): void {
  const path = placeholderIn(options);
  if (path === undefined) return;
  const detail = `'Expected a secret but found a placeholder of one' on property ${['options', ...path].join('.')}`;
  throw new DomainError('body_invalid', detail);
}
