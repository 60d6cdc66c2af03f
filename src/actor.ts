/** Who makes a change and, when known, by which request. Every change record has it as JSON. */
export interface ActorFacts {
  /** The subject of the token, or the name of a task of this process. */
  readonly subject: string;
  readonly client_id?: string;
  readonly ip?: string;
  readonly user_agent?: string;
  readonly request_id?: string;
  readonly method?: string;
  /** The status of the answer when the request succeeds. */
  readonly status?: number;
  readonly host?: string;
  /** Without the query. */
  readonly path?: string;
}

const MAX_LENGTH = 1024;

/** The actor of a transaction. The triggers that record changes read it from the setting `vestibule.actor`. */
export class Actor {
  constructor(readonly facts: ActorFacts) {}

  /** Returns the value of the setting. */
  toString(): string {
    return JSON.stringify(this.facts, (_, value: unknown) =>
      // Postgres does not accept JSON with NUL or lone surrogates.
      typeof value === 'string' ? value.replaceAll('\0', '').slice(0, MAX_LENGTH).toWellFormed() : value,
    );
  }
}
