import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../auth/access.js';
import { selectionOf } from '../http/field-selection.js';
import { ApiList } from '../http/openapi/lists.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { pageOf, presentPage } from '../http/pagination.js';
import { RequestActor } from '../auth/request-actor.js';
import type { Actor } from '../actor.js';
import { OrganizationPathDto } from '../http/path.dto.js';
import { ListMembersDto, MemberResponse, MembersDto } from './dto/member.dto.js';
import { presentMember } from './members.presenter.js';
import { MembersService } from './members.service.js';

@ApiTags('members')
@Controller('organizations/:id/members')
export class MembersController {
  constructor(private readonly service: MembersService) {}

  @Get()
  @RequireScope('read:organization_members')
  @ApiList('members', MemberResponse, ['offset', 'checkpoint'])
  @ApiErrors(404)
  async list(@Param() { id }: OrganizationPathDto, @Query() query: ListMembersDto) {
    const selection = selectionOf(query.fields, query.include_fields);
    return presentPage(await this.service.list(id, pageOf(query)), 'members', (row) => presentMember(row, selection));
  }

  @Post()
  @RequireScope('create:organization_members')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  @ApiErrors(404)
  async add(
    @RequestActor() actor: Actor,
    @Param() { id }: OrganizationPathDto,
    @Body() { members }: MembersDto,
  ): Promise<void> {
    return this.service.add(actor, id, members);
  }

  @Delete()
  @RequireScope('delete:organization_members')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  @ApiErrors(404)
  async remove(
    @RequestActor() actor: Actor,
    @Param() { id }: OrganizationPathDto,
    @Body() { members }: MembersDto,
  ): Promise<void> {
    return this.service.remove(actor, id, members);
  }
}
