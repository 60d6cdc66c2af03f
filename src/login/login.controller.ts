import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../auth/access.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { RequestActor } from '../auth/request-actor.js';
import type { Actor } from '../actor.js';
import { OrganizationPathDto } from '../http/path.dto.js';
import {
  DecisionDto,
  DecisionResponse,
  DiscoverDto,
  DiscoveryResponse,
  PromptQueryDto,
  PromptResponse,
} from './dto/login.dto.js';
import { decisionRequestOf, discoveryRequestOf } from './dto/request.js';
import { presentDecision, presentDiscovery, presentPrompt } from './login.presenter.js';
import { LoginService } from './login.service.js';

/** The API of login pages: outside of the Management API, with its own scope. */
@ApiTags('login')
@Controller('login')
export class LoginController {
  constructor(private readonly service: LoginService) {}

  @Get('organizations/:id')
  @RequireScope('evaluate:logins')
  @ApiResponse({ status: 200, type: PromptResponse })
  @ApiErrors(404)
  async getPrompt(
    @Param() { id }: OrganizationPathDto,
    @Query() { client_id }: PromptQueryDto,
  ): Promise<PromptResponse> {
    return presentPrompt(await this.service.prompt(id, client_id));
  }

  @Post('discover')
  @RequireScope('evaluate:logins')
  @HttpCode(200)
  @ApiResponse({ status: 200, type: DiscoveryResponse })
  @ApiErrors(404)
  async discover(@Body() body: DiscoverDto): Promise<DiscoveryResponse> {
    return presentDiscovery(await this.service.discover(discoveryRequestOf(body)));
  }

  @Post('decisions')
  @RequireScope('evaluate:logins')
  @HttpCode(200)
  @ApiResponse({ status: 200, type: DecisionResponse })
  @ApiErrors()
  async decide(@RequestActor() actor: Actor, @Body() body: DecisionDto): Promise<DecisionResponse> {
    return presentDecision(await this.service.decide(actor, decisionRequestOf(body)));
  }
}
