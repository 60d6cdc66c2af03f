import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { CallerScopes, RequireScope, RequireScopesFor } from '../auth/access.js';
import type { GrantedScopes } from '../auth/scopes.js';
import { SelectFieldsDto, selectionOf } from '../http/field-selection.js';
import { ApiEntityTag } from '../http/openapi/entity-tag.js';
import { ApiList } from '../http/openapi/lists.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { offsetPage, presentPage } from '../http/pagination.js';
import { RequestActor } from '../auth/request-actor.js';
import type { Actor } from '../actor.js';
import { RequestPreconditions, type Preconditions } from '../http/preconditions.js';
import { orderOf } from '../http/sorting.js';
import { OrganizationResponse } from '../organizations/dto/organization.dto.js';
import { presentOrganization } from '../organizations/organizations.presenter.js';
import { changesOf, draftOf, filterOf } from './dto/changes.js';
import {
  ListUserOrganizationsDto,
  ListUsersDto,
  UserCreateDto,
  UserPathDto,
  UserResponse,
  UserUpdateDto,
} from './dto/user.dto.js';
import { presentOneReadUser, presentOneUpdatedUser, presentOneUser, presentUsers } from './users.presenter.js';
import { UsersService } from './users.service.js';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(private readonly service: UsersService) {}

  @Get()
  @RequireScope('read:users', 'read:user_idp_tokens')
  @RequireScopesFor({ query: ['email', 'q', 'sort'] }, 'read:users')
  @ApiList('users', UserResponse, ['offset'], ['length'])
  @ApiErrors()
  async list(@Query() query: ListUsersDto, @CallerScopes() scopes: GrantedScopes) {
    const page = await this.service.list(filterOf(query), orderOf(query.sort), offsetPage(query));
    return presentUsers(page, scopes, selectionOf(query.fields, query.include_fields));
  }

  @Post()
  @RequireScope('create:users')
  @ApiResponse({ status: 201, type: UserResponse })
  @ApiEntityTag()
  @ApiErrors(409)
  async create(@RequestActor() actor: Actor, @Body() body: UserCreateDto): Promise<UserResponse> {
    return presentOneUser(await this.service.create(actor, draftOf(body)));
  }

  @Get(':id')
  @RequireScope('read:users', 'read:user_idp_tokens')
  @ApiResponse({ status: 200, type: UserResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async get(
    @Param() { id }: UserPathDto,
    @Query() { fields, include_fields }: SelectFieldsDto,
    @CallerScopes() scopes: GrantedScopes,
  ): Promise<Partial<UserResponse>> {
    return presentOneReadUser(await this.service.get(id), scopes, selectionOf(fields, include_fields));
  }

  @Patch(':id')
  @RequireScope('update:users', 'update:users_app_metadata')
  @RequireScopesFor({ bodyBut: ['app_metadata'] }, 'update:users')
  @ApiResponse({ status: 200, type: UserResponse })
  @ApiEntityTag()
  @ApiErrors(404, 409)
  async update(
    @RequestActor() actor: Actor,
    @Param() { id }: UserPathDto,
    @Body() body: UserUpdateDto,
    @CallerScopes() scopes: GrantedScopes,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<Partial<UserResponse>> {
    return presentOneUpdatedUser(await this.service.update(actor, id, changesOf(body), preconditions), scopes);
  }

  @Delete(':id')
  @RequireScope('delete:users')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  @ApiEntityTag()
  @ApiErrors()
  async remove(
    @RequestActor() actor: Actor,
    @Param() { id }: UserPathDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<void> {
    return this.service.remove(actor, id, preconditions);
  }

  @Get(':id/organizations')
  @RequireScope('read:organizations')
  @ApiList('organizations', OrganizationResponse, ['offset'])
  @ApiErrors(404)
  async listOrganizations(@Param() { id }: UserPathDto, @Query() query: ListUserOrganizationsDto) {
    const page = await this.service.listOrganizations(id, offsetPage(query));
    return presentPage(page, 'organizations', presentOrganization);
  }
}
