import { DomainError } from '../../errors/domain-error.js';
import { at } from '../../http/validation/wording.js';
import { changesOf } from '../../users/dto/changes.js';
import type { RequestedUser } from '../domain/user.js';
import type { DecisionRequest } from '../login.repository.js';
import type { DiscoveryRequest } from '../login.service.js';
import type { DecisionDto, DecisionUserDto, DiscoverDto } from './login.dto.js';

export function decisionRequestOf(dto: DecisionDto): DecisionRequest {
  return {
    organization: dto.organization,
    connection: dto.connection,
    clientId: dto.client_id,
    user: requestedUserOf(dto.user),
    intent: dto.intent,
    dryRun: dto.dry_run ?? false,
  };
}

export function discoveryRequestOf({ email, organization, client_id }: DiscoverDto): DiscoveryRequest {
  return { email, organization, clientId: client_id };
}

/** @throws DomainError when the request has neither `user_id` nor `email` */
function requestedUserOf(dto: DecisionUserDto): RequestedUser {
  if (dto.user_id === undefined && dto.email === undefined) {
    throw new DomainError('body_invalid', at('Missing required property: user_id or email', ['user']));
  }
  return { userId: dto.user_id, ...changesOf(dto) };
}
