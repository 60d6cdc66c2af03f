import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '../http/openapi/decorators.js';
import { RequireScope } from '../auth/access.js';
import { SelectFieldsDto, selectionOf } from '../http/field-selection.js';
import { ApiList } from '../http/openapi/lists.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { offsetPage, presentPage } from '../http/pagination.js';
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
import { presentUser, presentUsers } from './users.presenter.js';
import { UsersService } from './users.service.js';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(private readonly service: UsersService) {}

  @Get()
  @RequireScope('read:users', 'read:user_idp_tokens')
  @ApiList('users', UserResponse, ['offset'], ['length'])
  @ApiErrors()
  async list(@Query() query: ListUsersDto) {
    const page = await this.service.list(filterOf(query), orderOf(query.sort), offsetPage(query));
    return presentUsers(page, selectionOf(query.fields, query.include_fields));
  }

  @Post()
  @RequireScope('create:users')
  @ApiResponse({ status: 201, type: UserResponse })
  @ApiErrors(409)
  async create(@Body() body: UserCreateDto): Promise<Partial<UserResponse>> {
    return presentUser(await this.service.create(draftOf(body)));
  }

  @Get(':id')
  @RequireScope('read:users', 'read:user_idp_tokens')
  @ApiResponse({ status: 200, type: UserResponse })
  @ApiErrors(404)
  async get(
    @Param() { id }: UserPathDto,
    @Query() { fields, include_fields }: SelectFieldsDto,
  ): Promise<Partial<UserResponse>> {
    return presentUser(await this.service.get(id), selectionOf(fields, include_fields));
  }

  @Patch(':id')
  @RequireScope('update:users', 'update:users_app_metadata')
  @ApiResponse({ status: 200, type: UserResponse })
  @ApiErrors(404, 409)
  async update(@Param() { id }: UserPathDto, @Body() body: UserUpdateDto): Promise<Partial<UserResponse>> {
    return presentUser(await this.service.update(id, changesOf(body)));
  }

  @Delete(':id')
  @RequireScope('delete:users')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  @ApiErrors()
  async remove(@Param() { id }: UserPathDto): Promise<void> {
    return this.service.remove(id);
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
