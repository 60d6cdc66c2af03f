import { channel } from 'node:diagnostics_channel';
import type { Decision, Intent } from './domain/decision.js';

export interface DecisionMade extends Pick<Decision, 'decision' | 'reason'> {
  readonly intent: Intent;
  readonly dryRun: boolean;
}

/** Publishes each {@link DecisionMade}. */
export const decisionsMade = channel('vestibule:login.decision');
