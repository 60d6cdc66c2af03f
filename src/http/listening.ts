import { ConfigError } from '../config/config.js';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** The variable that the port comes from. */
  readonly portVariable: 'PORT' | 'TLS_PORT' | 'METRICS_PORT';
  /** The variable that the host comes from. */
  readonly hostVariable?: 'HOST' | 'METRICS_HOST';
}

type Complaint = (address: ListenAddress) => ConfigError;

const aboutHost: Complaint = ({ host, hostVariable = 'HOST' }) =>
  new ConfigError(hostVariable, host, 'an address of this machine, or a name that has one');
const aboutPort =
  (takes: string): Complaint =>
  ({ host, port, portVariable }) =>
    new ConfigError(portVariable, String(port), `${takes} on ${host}`);

/** By the code of the system's error. */
const COMPLAINTS: Record<string, Complaint> = {
  EADDRINUSE: aboutPort('a port that no other program uses'),
  EACCES: aboutPort('a port that this user may open'),
  EADDRNOTAVAIL: aboutHost,
  EAFNOSUPPORT: aboutHost,
  EAI_AGAIN: aboutHost,
  EINVAL: aboutHost,
  ENOTFOUND: aboutHost,
};

/** @throws ConfigError when the server cannot listen on the address */
export async function untilListening(listening: Promise<unknown>, address: ListenAddress): Promise<void> {
  try {
    await listening;
  } catch (error) {
    throw COMPLAINTS[(error as NodeJS.ErrnoException).code ?? '']?.(address) ?? error;
  }
}
