import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import type { Connection } from '../database/database.js';
import { found } from '../errors/found.js';
import { untilDecided } from '../errors/until-decided.js';
import type { CheckpointPage, OffsetPage, Page } from '../http/pagination.js';
import { removeUnder, type Preconditions } from '../http/preconditions.js';
import { ConnectionsRepository, type ConnectionFilter } from './connections.repository.js';
import { newConnection, type ConnectionChanges, type ConnectionDraft } from './domain/new-connection.js';

@Injectable()
export class ConnectionsService {
  constructor(private readonly repository: ConnectionsRepository) {}

  list(filter: ConnectionFilter, page: OffsetPage | CheckpointPage): Promise<Page<Connection>> {
    return this.repository.list(filter, page);
  }

  async get(id: string): Promise<Connection> {
    return found(await this.repository.get(id), 'connection_not_found');
  }

  create(actor: Actor, draft: ConnectionDraft): Promise<Connection> {
    return this.repository.create(actor, newConnection(draft));
  }

  update(actor: Actor, id: string, changes: ConnectionChanges, preconditions: Preconditions): Promise<Connection> {
    return untilDecided(
      () => this.repository.update(actor, id, changes, preconditions),
      async () => preconditions.require(await this.get(id)),
    );
  }

  /** @returns when it was deleted; undefined when it was already gone */
  async remove(actor: Actor, id: string, preconditions: Preconditions): Promise<Date | undefined> {
    const removed = await removeUnder(
      preconditions,
      () => this.repository.remove(actor, id, preconditions),
      () => this.repository.get(id),
    );
    return removed ? new Date() : undefined;
  }
}
