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

// AuthZEN requires that unknown fields are ignored.

@AcceptOtherProperties()
export class SubjectPropertiesDto extends ProfileDto {}

@AcceptOtherProperties()
export class SubjectDto {
  @StringField({ required: true, description: '`user` or `email`; other types are not applicable' }) type!: string;
  @StringField({ required: true, description: 'The user_id of a `user`, the address of an `email`' }) id!: string;
  @ObjectField(() => SubjectPropertiesDto) properties?: SubjectPropertiesDto;
}

@AcceptOtherProperties()
export class ActionDto {
  @StringField({ required: true, description: '`login` or `signup`; other actions are not applicable' }) name!: string;
}

@AcceptOtherProperties()
export class ResourceDto {
  @StringField({ required: true, description: '`organization` or `connection`; other types are not applicable' })
  type!: string;

  @StringField({ required: true, description: 'Its id or name' }) id!: string;
}

@AcceptOtherProperties()
export class ContextDto {
  @StringField({
    ...ORGANIZATION,
    description: 'For a `connection`; without one, any organization that the user may enter',
  })
  organization?: string;

  @StringField({ ...CONNECTION, description: 'For an `organization`, where it is required: its id or name' })
  connection?: string;

  @StringField(CLIENT) client_id?: string;
  @BooleanField({ description: 'Decide, and write nothing' }) dry_run?: boolean;
}

@AcceptOtherProperties()
export class EvaluationDto {
  @ObjectField(() => SubjectDto, { required: true }) subject!: SubjectDto;
  @ObjectField(() => ActionDto, { required: true }) action!: ActionDto;
  @ObjectField(() => ResourceDto, { required: true }) resource!: ResourceDto;
  @ObjectField(() => ContextDto) context?: ContextDto;
}

/** An omitted part is taken from the request's defaults. */
@AcceptOtherProperties()
export class EvaluationPartDto {
  @ObjectField(() => SubjectDto) subject?: SubjectDto;
  @ObjectField(() => ActionDto) action?: ActionDto;
  @ObjectField(() => ResourceDto) resource?: ResourceDto;
  @ObjectField(() => ContextDto) context?: ContextDto;
}

@AcceptOtherProperties()
export class EvaluationOptionsDto {
  @EnumField(SEMANTICS) evaluations_semantic?: Semantic;
}

@AcceptOtherProperties()
export class EvaluationsDto extends EvaluationPartDto {
  @ObjectListField(() => EvaluationPartDto, {
    maxItems: MAX_EVALUATIONS,
    description: 'Without any, the request is one evaluation and is answered as one',
  })
  evaluations?: EvaluationPartDto[];

  @ObjectField(() => EvaluationOptionsDto) options?: EvaluationOptionsDto;
}

const NOT_APPLICABLE = 'not_applicable';

export class SignInContextResponse {
  @ApiProperty({ enum: [...REASONS, NOT_APPLICABLE] }) reason!: Reason | typeof NOT_APPLICABLE;

  @ApiProperty({
    selfRequired: false,
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'The reason of a deny, for the log of the gateway and not for the user',
  })
  reason_admin?: Record<string, string>;

  @ApiProperty({ enum: MEMBERSHIPS }) membership!: Membership;
  @ApiProperty({ required: false }) organization?: OrganizationNameResponse;

  @ApiProperty({ required: false, description: 'Absent when the user is unknown, or a dry run created none' })
  user_id?: string;

  @ApiProperty({ type: () => [FindingResponse], description: 'The checks in order, up to the one that decided' })
  trace!: FindingResponse[];
}

export class EvaluationErrorResponse {
  @ApiProperty({ type: 'integer' }) status!: number;
  @ApiProperty() message!: string;
}

export class FailedContextResponse {
  @ApiProperty() error!: EvaluationErrorResponse;
}

@ApiExtraModels(SignInContextResponse, FailedContextResponse)
export class EvaluationResponse {
  @ApiProperty() decision!: boolean;

  @ApiProperty({ oneOf: [SignInContextResponse, FailedContextResponse].map((type) => ({ $ref: getSchemaPath(type) })) })
  context!: SignInContextResponse | FailedContextResponse;
}

export class EvaluationsResponse {
  @ApiProperty({
    type: () => [EvaluationResponse],
    description: 'In the order of the request, up to the last one made',
  })
  evaluations!: EvaluationResponse[];
}
