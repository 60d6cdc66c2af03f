import { Injectable } from '@nestjs/common';
import type { Actor } from '../../actor.js';
import { DomainError } from '../../errors/domain-error.js';
import { LoginService } from '../login.service.js';
import { endsWith, type Evaluation, type EvaluationsRequest, type Outcome } from './evaluation.js';

@Injectable()
export class AuthzenService {
  constructor(private readonly logins: LoginService) {}

  async evaluate(actor: Actor, evaluation: Evaluation): Promise<Outcome> {
    switch (evaluation.kind) {
      case 'sign_in':
        return { kind: 'decided', decision: await this.logins.decide(actor, evaluation.request) };
      case 'not_applicable':
        return evaluation;
    }
  }

  /** Evaluates in order, because each evaluation may affect the next. */
  async evaluateAll(actor: Actor, request: EvaluationsRequest): Promise<Outcome | Outcome[]> {
    if ('kind' in request) return this.evaluate(actor, request);
    const { evaluations, semantic } = request;
    const outcomes: Outcome[] = [];
    for (const evaluation of evaluations) {
      const outcome = await this.attempt(actor, evaluation);
      outcomes.push(outcome);
      if (endsWith(outcome, semantic)) break;
    }
    return outcomes;
  }

  /** A locked row fails one evaluation; any other error fails the request. */
  private async attempt(actor: Actor, evaluation: Evaluation): Promise<Outcome> {
    try {
      return await this.evaluate(actor, evaluation);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'row_locked') return { kind: 'failed', error };
      throw error;
    }
  }
}
