import { DomainError } from '../../../errors/domain-error.js';
import { FORMATS, type FormatName } from '../../../http/validation/formats.js';
import { at } from '../../../http/validation/wording.js';
import { INTENTS, type Intent } from '../../domain/decision.js';
import { decisionRequestOf } from '../../dto/request.js';
import type { Evaluation, EvaluationsRequest } from '../evaluation.js';
import type { EvaluationDto, EvaluationPartDto, EvaluationsDto } from './evaluation.dto.js';

type Path = readonly string[];

/** The format of a subject's id, by the subject's type. */
const SUBJECT_IDS: ReadonlyMap<string, FormatName> = new Map([
  ['user', 'user-id-with-max-length'],
  ['email', 'email'],
]);
const RESOURCES = ['organization', 'connection'];

/**
 * @param path the evaluation's place in the body, for error messages
 * @throws DomainError when the context lacks the connection
 */
export function evaluationOf(dto: EvaluationDto, path: Path = []): Evaluation {
  const reason = whyNotApplicable(dto);
  if (reason !== undefined) return { kind: 'not_applicable', reason };
  const { subject, action, resource, context = {} } = dto;
  const isOrganization = resource.type === 'organization';
  const connection = isOrganization ? context.connection : resource.id;
  if (connection === undefined) throw missing('connection', [...path, 'context']);
  const request = decisionRequestOf({
    organization: isOrganization ? resource.id : context.organization,
    connection,
    client_id: context.client_id,
    user: { ...subject.properties, ...(subject.type === 'email' ? { email: subject.id } : { user_id: subject.id }) },
    intent: action.name as Intent,
    dry_run: context.dry_run,
  });
  return { kind: 'sign_in', request };
}

/** @throws DomainError when an evaluation has no subject, action or resource and the request has no default for it */
export function evaluationsOf({ evaluations = [], options, ...defaults }: EvaluationsDto): EvaluationsRequest {
  const completed = (own: EvaluationPartDto, path?: Path) =>
    evaluationOf(complete({ ...defaults, ...own }, path), path);
  if (evaluations.length === 0) return completed({});
  return {
    evaluations: evaluations.map((own, index) => completed(own, ['evaluations', String(index)])),
    semantic: options?.evaluations_semantic ?? 'execute_all',
  };
}

function complete({ subject, action, resource, context }: EvaluationPartDto, path: Path = []): EvaluationDto {
  if (subject === undefined) throw missing('subject', path);
  if (action === undefined) throw missing('action', path);
  if (resource === undefined) throw missing('resource', path);
  return { subject, action, resource, context };
}

/** Returns undefined when the evaluation is a sign-in. */
function whyNotApplicable({ subject, action, resource }: EvaluationDto): string | undefined {
  const format = SUBJECT_IDS.get(subject.type);
  if (format === undefined) return 'subject.type is neither user nor email';
  if (!FORMATS[format](subject.id)) return `subject.id is not the id of a subject of the type ${subject.type}`;
  if (!INTENTS.some((intent) => intent === action.name)) return 'action.name is neither login nor signup';
  if (!RESOURCES.includes(resource.type)) return 'resource.type is neither organization nor connection';
  return undefined;
}

const missing = (property: string, path: Path) =>
  new DomainError('body_invalid', at(`Missing required property: ${property}`, path));
