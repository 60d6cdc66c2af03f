import { Injectable } from '@nestjs/common';
import type { Connection } from '../database/database.js';
import { found } from '../errors/found.js';
import type { CheckpointPage, OffsetPage, Page } from '../http/pagination.js';
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

  create(draft: ConnectionDraft): Promise<Connection> {
    return this.repository.create(newConnection(draft));
  }

  async update(id: string, changes: ConnectionChanges): Promise<Connection> {
    return found(await this.repository.update(id, changes), 'connection_not_found');
  }

  /** @returns when it was deleted; undefined when it was already gone */
  async remove(id: string): Promise<Date | undefined> {
    return (await this.repository.remove(id)) ? new Date() : undefined;
  }
}
