import type { ActorFacts } from '../actor.js';
import { fieldChanges, RESOURCES, type Change } from './domain/change.js';
import type { ChangeActorResponse, ChangeResponse } from './dto/history.dto.js';

export function presentChange(change: Change): ChangeResponse {
  return {
    sequence: Number(change.sequence),
    time: change.changedAt.toISOString(),
    resource: { type: RESOURCES[change.table], id: change.rowId },
    operation: change.operation,
    actor: change.actor && presentActor(change.actor),
    changes: fieldChanges(change),
  };
}

const presentActor = ({ status: _, ...actor }: ActorFacts): ChangeActorResponse => actor;
