import { DomainError } from '../errors/domain-error.js';
import { isUnavailable } from './sqlstate.js';

/** What was asked of the database. @throws DomainError `database_unavailable` when there is no answer */
export async function answered<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw isUnavailable(error) ? new DomainError('database_unavailable') : error;
  }
}
