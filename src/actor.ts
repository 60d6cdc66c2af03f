/** Who makes a change and, where it is known, by which request. Kept as JSON with every change that is recorded. */
export interface ActorFacts {
  /** The token's subject, or what this process is doing. */
  readonly subject: string;
  readonly client_id?: string;
  readonly ip?: string;
  readonly user_agent?: string;
  readonly request_id?: string;
  readonly method?: string;
  /** Of the answer, when the request comes to a good end. */
  readonly status?: number;
  readonly host?: string;
  /** Without the query. */
  readonly path?: string;
}

const MAX_LENGTH = 1024;

/** In whose name a transaction writes. The triggers that record changes read it from the setting `vestibule.actor`. */
export class Actor {
  constructor(readonly facts: ActorFacts) {}

  /** As the value of the setting. */
  toString(): string {
    return JSON.stringify(this.facts, (_, value: unknown) =>
      // A JSON text with a NUL or half a character is none to Postgres.
      typeof value === 'string' ? value.replaceAll('\0', '').slice(0, MAX_LENGTH).toWellFormed() : value,
    );
  }
}
