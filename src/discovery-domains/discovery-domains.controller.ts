import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../auth/access.js';
import { ApiEntityTag } from '../http/openapi/entity-tag.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { checkpointOf, CheckpointPagingDto, presentPage } from '../http/pagination.js';
import { RequestActor } from '../auth/request-actor.js';
import type { Actor } from '../actor.js';
import { RequestPreconditions, type Preconditions } from '../http/preconditions.js';
import { OrganizationPathDto } from '../http/path.dto.js';
import { presentDiscoveryDomain, presentOneDiscoveryDomain } from './discovery-domains.presenter.js';
import { DiscoveryDomainsService } from './discovery-domains.service.js';
import { changesOf, draftOf } from './dto/changes.js';
import {
  DiscoveryDomainCreateDto,
  DiscoveryDomainNamePathDto,
  DiscoveryDomainPathDto,
  DiscoveryDomainResponse,
  DiscoveryDomainUpdateDto,
  ListDiscoveryDomainsResponse,
} from './dto/discovery-domain.dto.js';

@ApiTags('discovery domains')
@Controller('organizations/:id/discovery-domains')
export class DiscoveryDomainsController {
  constructor(private readonly service: DiscoveryDomainsService) {}

  @Get()
  @RequireScope('read:organization_discovery_domains')
  @ApiResponse({ status: 200, type: ListDiscoveryDomainsResponse })
  @ApiErrors(404)
  async list(@Param() { id }: OrganizationPathDto, @Query() query: CheckpointPagingDto) {
    return presentPage(await this.service.list(id, checkpointOf(query)), 'domains', presentDiscoveryDomain);
  }

  @Post()
  @RequireScope('create:organization_discovery_domains')
  @ApiResponse({ status: 201, type: DiscoveryDomainResponse })
  @ApiEntityTag()
  @ApiErrors(404, 409)
  async create(
    @RequestActor() actor: Actor,
    @Param() { id }: OrganizationPathDto,
    @Body() body: DiscoveryDomainCreateDto,
  ): Promise<DiscoveryDomainResponse> {
    return presentOneDiscoveryDomain(await this.service.create(actor, id, draftOf(body)));
  }

  @Get('name/:discovery_domain')
  @RequireScope('read:organization_discovery_domains')
  @ApiResponse({ status: 200, type: DiscoveryDomainResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async getByName(@Param() { id, discovery_domain }: DiscoveryDomainNamePathDto): Promise<DiscoveryDomainResponse> {
    return presentOneDiscoveryDomain(await this.service.getByName(id, discovery_domain));
  }

  @Get(':discovery_domain_id')
  @RequireScope('read:organization_discovery_domains')
  @ApiResponse({ status: 200, type: DiscoveryDomainResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async get(@Param() { id, discovery_domain_id }: DiscoveryDomainPathDto): Promise<DiscoveryDomainResponse> {
    return presentOneDiscoveryDomain(await this.service.get({ organizationId: id, id: discovery_domain_id }));
  }

  @Patch(':discovery_domain_id')
  @RequireScope('update:organization_discovery_domains')
  @ApiResponse({ status: 200, type: DiscoveryDomainResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async update(
    @RequestActor() actor: Actor,
    @Param() { id, discovery_domain_id }: DiscoveryDomainPathDto,
    @Body() body: DiscoveryDomainUpdateDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<DiscoveryDomainResponse> {
    const key = { organizationId: id, id: discovery_domain_id };
    return presentOneDiscoveryDomain(await this.service.update(actor, key, changesOf(body), preconditions));
  }

  /** An addition to the contract. Looks up the TXT record, and answers with the domain, verified if the record matches. */
  @Post(':discovery_domain_id/verify')
  @RequireScope('update:organization_discovery_domains')
  @HttpCode(200)
  @ApiResponse({ status: 200, type: DiscoveryDomainResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async verify(
    @RequestActor() actor: Actor,
    @Param() { id, discovery_domain_id }: DiscoveryDomainPathDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<DiscoveryDomainResponse> {
    const key = { organizationId: id, id: discovery_domain_id };
    return presentOneDiscoveryDomain(await this.service.verify(actor, key, preconditions));
  }

  @Delete(':discovery_domain_id')
  @RequireScope('delete:organization_discovery_domains')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  @ApiEntityTag()
  @ApiErrors(404)
  async remove(
    @RequestActor() actor: Actor,
    @Param() { id, discovery_domain_id }: DiscoveryDomainPathDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<void> {
    return this.service.remove(actor, { organizationId: id, id: discovery_domain_id }, preconditions);
  }
}
