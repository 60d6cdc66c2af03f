import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '../config/config.js';
import { ChangeFeed, type Change, type Follower } from '../database/change-feed.js';
import { ReadConnection } from '../database/read-connection.js';
import { requestTransaction } from '../database/request-transaction.js';
import type { LoginConnection, OrganizationTerms } from './domain/organization-terms.js';
import { getOrganizationTerms } from './login.statements.js';

/** Of the memory, what connections may take. Many organizations share one. */
const SHARE_OF_CONNECTIONS = 1 / 4;

/** What the cache has done since the start, and what it holds. */
export interface TermsCacheFigures {
  readonly hits: number;
  readonly misses: number;
  /** Asked while memory could not be relied on. */
  readonly bypasses: number;
  readonly organizations: Holding;
  readonly connections: Holding;
}

interface Holding {
  readonly entries: number;
  readonly bytes: number;
  readonly maxBytes: number;
}

/** A question to the database that is under way. */
interface Load {
  /** What has changed since it was asked: its answer may be older. */
  readonly changed: Set<Change>;
  isLost: boolean;
}

/**
 * The terms of organizations as every sign-in reads them, kept in memory until somebody changes them. While the feed of
 * changes is not current they are read from the database each time.
 */
@Injectable()
export class TermsCache implements Follower, OnModuleInit {
  readonly isOn: boolean;
  private readonly asked = { hits: 0, misses: 0, bypasses: 0 };
  /** By id. One is good as long as its connections are the very objects that are kept beside it. */
  private readonly organizations: LRUCache<string, OrganizationTerms>;
  private readonly connections: LRUCache<string, LoginConnection>;
  /** Of the organizations that were asked for by name. */
  private readonly idsByName = new Map<string, string>();
  private readonly loads = new Set<Load>();
  /** The loads that a request may join, by what was asked: nothing has changed since. */
  private readonly joinable = new Map<string, Promise<OrganizationTerms | undefined>>();

  constructor(
    private readonly reads: ReadConnection,
    private readonly feed: ChangeFeed,
    { termsCacheMegabytes }: AppConfig,
  ) {
    this.isOn = termsCacheMegabytes > 0;
    const bytes = Math.max(1, termsCacheMegabytes) * 1024 * 1024;
    this.connections = new LRUCache({ maxSize: bytes * SHARE_OF_CONNECTIONS, sizeCalculation: bytesOfConnection });
    this.organizations = new LRUCache({
      maxSize: bytes * (1 - SHARE_OF_CONNECTIONS),
      sizeCalculation: bytesOfOrganization,
      dispose: ({ id, name }) => {
        if (this.idsByName.get(name) === id) this.idsByName.delete(name);
      },
    });
  }

  onModuleInit(): void {
    if (this.isOn) this.feed.follow(this);
  }

  /** Undefined: there is no organization of this id or name, which is not remembered. */
  async get(idOrName: string): Promise<OrganizationTerms | undefined> {
    // What a transaction sees is for nobody else.
    if (!this.isOn || !this.feed.isCurrent() || requestTransaction() !== undefined) {
      this.asked.bypasses++;
      return getOrganizationTerms(this.reads, idOrName);
    }
    const remembered = this.remembered(idOrName);
    if (remembered !== undefined) {
      this.asked.hits++;
      return remembered;
    }
    this.asked.misses++;
    return this.joinable.get(idOrName) ?? this.load(idOrName);
  }

  figures(): TermsCacheFigures {
    return { ...this.asked, organizations: holdingOf(this.organizations), connections: holdingOf(this.connections) };
  }

  changed(change: Change): void {
    const [table, id] = change.split(' ') as [string, string];
    if (table === 'connections') this.connections.delete(id);
    else {
      this.organizations.delete(id);
      // One that has come may have the name of another for an id, and an id wins.
      this.idsByName.delete(id);
    }
    for (const load of this.loads) load.changed.add(change);
    this.joinable.clear();
  }

  lost(): void {
    this.organizations.clear();
    this.connections.clear();
    for (const load of this.loads) load.isLost = true;
    this.joinable.clear();
  }

  private remembered(idOrName: string): OrganizationTerms | undefined {
    const organization =
      this.organizations.get(idOrName) ?? this.organizations.get(this.idsByName.get(idOrName) ?? idOrName);
    const isGood = organization?.connections.every(
      ({ connection }) => this.connections.get(connection.id) === connection,
    );
    return isGood ? organization : undefined;
  }

  private load(idOrName: string): Promise<OrganizationTerms | undefined> {
    const load: Load = { changed: new Set(), isLost: false };
    this.loads.add(load);
    const loading = getOrganizationTerms(this.reads, idOrName)
      .then((terms) => terms && this.remember(idOrName, terms, load))
      .finally(() => {
        this.loads.delete(load);
        if (this.joinable.get(idOrName) === loading) this.joinable.delete(idOrName);
      });
    this.joinable.set(idOrName, loading);
    return loading;
  }

  private remember(idOrName: string, terms: OrganizationTerms, load: Load): OrganizationTerms {
    const { changed, isLost } = load;
    if (isLost || changed.has(`organizations ${terms.id}`) || changed.has(`organizations ${idOrName}`)) return terms;
    const connections = terms.connections.map((row) => {
      const present = this.connections.get(row.connection.id);
      if (present) return { ...row, connection: present };
      if (!changed.has(`connections ${row.connection.id}`)) this.connections.set(row.connection.id, row.connection);
      return row;
    });
    const organization = { ...terms, connections };
    this.organizations.set(terms.id, organization);
    // One that is larger than all the memory is not kept.
    if (idOrName !== terms.id && this.organizations.has(terms.id)) this.idsByName.set(idOrName, terms.id);
    return organization;
  }
}

const holdingOf = ({
  size,
  calculatedSize,
  maxSize,
}: Pick<LRUCache<string, OrganizationTerms>, 'size' | 'calculatedSize' | 'maxSize'>): Holding => ({
  entries: size,
  bytes: calculatedSize,
  maxBytes: maxSize,
});

// About what they take in the heap, by trial with 100,000 of them.
const bytesOfOrganization = ({ id, name, displayName, branding, connections }: OrganizationTerms) =>
  320 + id.length + 2 * name.length + lengthOf(displayName) + lengthOfJson(branding) * 2 + 72 * connections.length;

const bytesOfConnection = ({ name, displayName, enabledClients }: LoginConnection) =>
  320 + name.length + lengthOf(displayName) + lengthOfJson(enabledClients) * 2;

const lengthOf = (text: string | null) => text?.length ?? 0;

const lengthOfJson = (value: unknown) => (value === null ? 0 : JSON.stringify(value).length);
