import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { BooleanField, EnumField, ObjectField, ObjectListField, StringField } from '../../../http/validation/fields.js';
import { AcceptOtherProperties } from '../../../http/validation/other-properties.js';
import { MEMBERSHIPS, REASONS, type Membership, type Reason } from '../../domain/decision.js';
import {
  CLIENT,
  CONNECTION,
  FindingResponse,
  ORGANIZATION,
  OrganizationNameResponse,
  ProfileDto,
} from '../../dto/login.dto.js';
import { MAX_EVALUATIONS, SEMANTICS, type Semantic } from '../evaluation.js';

/** AuthZEN has its own rule for fields that nobody knows: they are ignored. */

@AcceptOtherProperties()
export class SubjectPropertiesDto extends ProfileDto {}

@AcceptOtherProperties()
export class SubjectDto {
  @StringField({ required: true, description: '`user` or `email`; a sign-in of any other is not decided here' })
  type!: string;

  @StringField({ required: true, description: 'Of a `user` the user_id, of an `email` the address' })
  id!: string;

  @ObjectField(() => SubjectPropertiesDto)
  properties?: SubjectPropertiesDto;
}

@AcceptOtherProperties()
export class ActionDto {
  @StringField({ required: true, description: '`login` or `signup`; any other is not decided here' })
  name!: string;
}

@AcceptOtherProperties()
export class ResourceDto {
  @StringField({ required: true, description: '`organization` or `connection`; no other is decided about here' })
  type!: string;

  @StringField({ required: true, description: 'Its id or name' })
  id!: string;
}

@AcceptOtherProperties()
export class ContextDto {
  @StringField({ ...ORGANIZATION, description: 'Of a `connection`: where to; without one, wherever they may come in' })
  organization?: string;

  @StringField({ ...CONNECTION, description: 'Of an `organization`: its id or name, required' })
  connection?: string;

  @StringField(CLIENT)
  client_id?: string;

  @BooleanField({ description: 'Decides and writes nothing' })
  dry_run?: boolean;
}

@AcceptOtherProperties()
export class EvaluationDto {
  @ObjectField(() => SubjectDto, { required: true })
  subject!: SubjectDto;

  @ObjectField(() => ActionDto, { required: true })
  action!: ActionDto;

  @ObjectField(() => ResourceDto, { required: true })
  resource!: ResourceDto;

  @ObjectField(() => ContextDto)
  context?: ContextDto;
}

/** What it leaves out is that of the whole request. */
@AcceptOtherProperties()
export class EvaluationPartDto {
  @ObjectField(() => SubjectDto)
  subject?: SubjectDto;

  @ObjectField(() => ActionDto)
  action?: ActionDto;

  @ObjectField(() => ResourceDto)
  resource?: ResourceDto;

  @ObjectField(() => ContextDto)
  context?: ContextDto;
}

@AcceptOtherProperties()
export class EvaluationOptionsDto {
  @EnumField(SEMANTICS)
  evaluations_semantic?: Semantic;
}

@AcceptOtherProperties()
export class EvaluationsDto extends EvaluationPartDto {
  @ObjectListField(() => EvaluationPartDto, {
    maxItems: MAX_EVALUATIONS,
    description: 'Without any, the request is one evaluation, and answered as one',
  })
  evaluations?: EvaluationPartDto[];

  @ObjectField(() => EvaluationOptionsDto)
  options?: EvaluationOptionsDto;
}

const NOT_APPLICABLE = 'not_applicable';

export class SignInContextResponse {
  @ApiProperty({ enum: [...REASONS, NOT_APPLICABLE] })
  reason!: Reason | typeof NOT_APPLICABLE;

  @ApiProperty({
    selfRequired: false,
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Of a deny: why, for the log of the gateway and not for the user',
  })
  reason_admin?: Record<string, string>;

  @ApiProperty({ enum: MEMBERSHIPS })
  membership!: Membership;

  @ApiProperty({ required: false, type: () => OrganizationNameResponse })
  organization?: OrganizationNameResponse;

  @ApiProperty({ required: false, description: 'Absent: nobody is known, or a dry run made nobody' })
  user_id?: string;

  @ApiProperty({ type: () => [FindingResponse], description: 'The checks in their order, up to the one that decided' })
  trace!: FindingResponse[];
}

export class EvaluationErrorResponse {
  @ApiProperty({ type: 'integer' })
  status!: number;

  @ApiProperty()
  message!: string;
}

export class FailedContextResponse {
  @ApiProperty({ type: () => EvaluationErrorResponse })
  error!: EvaluationErrorResponse;
}

@ApiExtraModels(SignInContextResponse, FailedContextResponse)
export class EvaluationResponse {
  @ApiProperty()
  decision!: boolean;

  @ApiProperty({ oneOf: [SignInContextResponse, FailedContextResponse].map((type) => ({ $ref: getSchemaPath(type) })) })
  context!: SignInContextResponse | FailedContextResponse;
}

export class EvaluationsResponse {
  @ApiProperty({
    type: () => [EvaluationResponse],
    description: 'In the order of the request, as far as they were made',
  })
  evaluations!: EvaluationResponse[];
}
