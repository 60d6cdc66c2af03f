import { channel } from 'node:diagnostics_channel';
import type { Decision, Intent } from './domain/decision.js';

/** A decision that was answered. */
export interface DecisionMade extends Pick<Decision, 'decision' | 'reason'> {
  readonly intent: Intent;
  readonly dryRun: boolean;
}

/** Where whoever counts decisions hears of each, as a {@link DecisionMade}. */
export const decisionsMade = channel('vestibule:login.decision');
