import { ApiProperty } from '@nestjs/swagger';
import { STRATEGIES, STRATEGY_KINDS, type StrategyKind } from '../../connections/domain/strategy.js';
import { BooleanField, EnumField, ObjectField, StringField } from '../../http/validation/fields.js';
import { MAX_ID_LENGTH } from '../../http/path.dto.js';
import { BrandingDto } from '../../organizations/dto/organization.dto.js';
import { FULL_NAME, NAME_PART, PHONE_NUMBER } from '../../users/dto/user.dto.js';
import {
  CHECKS,
  DECISIONS,
  INTENTS,
  MEMBERSHIPS,
  REASONS,
  RESULTS,
  type Decision,
  type Finding,
  type Intent,
  type Membership,
  type Reason,
} from '../domain/decision.js';
import { NEXT_STEPS, type Discovery } from '../domain/discovery.js';
import { NOTHING_VISIBLE } from '../domain/prompt.js';

export const ORGANIZATION = { minLength: 1, maxLength: MAX_ID_LENGTH, description: 'Its id or name' } as const;
export const CONNECTION = { minLength: 1, maxLength: 128, description: 'Its id or name' } as const;
export const CLIENT = {
  format: 'client-id',
  description: 'The application, for only the connections that it may use',
} as const;

export class PromptQueryDto {
  @StringField(CLIENT) client_id?: string;
}

export class DiscoverDto {
  @StringField({ required: true, format: 'email' }) email!: string;
  @StringField(ORGANIZATION) organization?: string;
  @StringField(CLIENT) client_id?: string;
}

/** The profile of a user to create. It does not change an existing user. */
export class ProfileDto {
  @StringField({ format: 'email' }) email?: string;
  @BooleanField() email_verified?: boolean;
  @StringField(PHONE_NUMBER) phone_number?: string;
  @BooleanField() phone_verified?: boolean;
  @StringField(FULL_NAME) name?: string;
  @StringField(NAME_PART) given_name?: string;
  @StringField(NAME_PART) family_name?: string;
  @StringField(FULL_NAME) nickname?: string;
  @StringField({ format: 'strict-uri' }) picture?: string;
}

/** A `user_id` or an `email`, or both. */
export class DecisionUserDto extends ProfileDto {
  @StringField({ format: 'user-id-with-max-length', description: 'Identifies the user, whatever else is sent' })
  user_id?: string;
}

export class DecisionDto {
  @StringField({
    ...ORGANIZATION,
    description: 'Its id or name; without one, any organization that the user may enter',
  })
  organization?: string;

  @StringField({ ...CONNECTION, required: true }) connection!: string;
  @StringField(CLIENT) client_id?: string;
  @ObjectField(() => DecisionUserDto, { required: true }) user!: DecisionUserDto;
  @EnumField(INTENTS, { required: true }) intent!: Intent;
  @BooleanField({ description: 'Decide, and write nothing' }) dry_run?: boolean;
}

export class LoginConnectionResponse {
  @ApiProperty() id!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ required: false }) display_name?: string;
  @ApiProperty({ enum: STRATEGIES }) strategy!: string;
  @ApiProperty({ enum: STRATEGY_KINDS }) kind!: StrategyKind;
  @ApiProperty({ description: 'The login page shows a form for other connections' }) is_button!: boolean;
}

export class OrganizationNameResponse {
  @ApiProperty({ format: 'organization-id' }) id!: string;
  @ApiProperty() name!: string;
}

export class PromptOrganizationResponse extends OrganizationNameResponse {
  @ApiProperty({ required: false }) display_name?: string;
  @ApiProperty({ required: false, type: () => BrandingDto }) branding?: object;
}

export class SignupResponse {
  @ApiProperty() connection_id!: string;
}

export class PromptResponse {
  @ApiProperty() organization!: PromptOrganizationResponse;
  @ApiProperty({ type: () => [LoginConnectionResponse] }) connections!: LoginConnectionResponse[];

  @ApiProperty({ type: () => SignupResponse, nullable: true, description: 'The connection that accepts signup' })
  signup!: SignupResponse | null;

  @ApiProperty({ required: false, enum: [NOTHING_VISIBLE] }) reason?: typeof NOTHING_VISIBLE;
}

export class DiscoveryResponse {
  @ApiProperty({ type: () => OrganizationNameResponse, nullable: true }) organization!: OrganizationNameResponse | null;

  @ApiProperty({
    required: false,
    type: () => [OrganizationNameResponse],
    description: 'The organizations to choose from',
  })
  organizations?: OrganizationNameResponse[];

  @ApiProperty({ type: () => LoginConnectionResponse, nullable: true }) connection!: LoginConnectionResponse | null;
  @ApiProperty({ enum: NEXT_STEPS }) next!: Discovery['next'];
}

export class FindingResponse {
  @ApiProperty({ enum: CHECKS }) check!: Finding['check'];
  @ApiProperty({ enum: RESULTS }) result!: Finding['result'];
  @ApiProperty({ required: false, description: 'An explanation of the result' }) detail?: string;
}

export class DecisionResponse {
  @ApiProperty({ enum: DECISIONS }) decision!: Decision['decision'];
  @ApiProperty({ enum: REASONS }) reason!: Reason;
  @ApiProperty({ enum: MEMBERSHIPS }) membership!: Membership;
  @ApiProperty({ type: () => OrganizationNameResponse, nullable: true }) organization!: OrganizationNameResponse | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Null when the user is unknown, or a dry run created none',
  })
  user_id!: string | null;

  @ApiProperty({ type: () => [FindingResponse], description: 'The checks in order, up to the one that decided' })
  trace!: FindingResponse[];
}
