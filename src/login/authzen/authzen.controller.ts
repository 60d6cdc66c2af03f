import { applyDecorators, Body, Controller, HttpCode, Post, UseInterceptors } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtraModels, ApiResponse, ApiSecurity, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyContextConfig } from 'fastify';
import { ApiErrors } from '../../http/openapi/responses.js';
import { RequestActor } from '../../auth/request-actor.js';
import type { Actor } from '../../actor.js';
import { presentOutcome, presentOutcomes } from './authzen.presenter.js';
import { AuthzenService } from './authzen.service.js';
import { EvaluationDto, EvaluationResponse, EvaluationsDto, EvaluationsResponse } from './dto/evaluation.dto.js';
import { evaluationOf, evaluationsOf } from './dto/request.js';
import { RequestIdInterceptor, sendAuthzenError } from './https-binding.js';

/** Requires the scope of sign-in decisions, and formats errors as the AuthZEN HTTPS binding specifies. */
const EvaluationAccess = () =>
  applyDecorators(
    RouteConfig({
      access: { anyScopeOf: ['evaluate:logins'] },
      sendError: sendAuthzenError,
    } satisfies FastifyContextConfig),
    ApiSecurity('bearer', ['evaluate:logins']),
  );

/** Sign-in decisions for gateways: the OpenID AuthZEN Authorization API 1.0. */
@ApiTags('login')
@UseInterceptors(RequestIdInterceptor)
@Controller('access/v1')
export class AuthzenController {
  constructor(private readonly service: AuthzenService) {}

  @Post('evaluation')
  @EvaluationAccess()
  @HttpCode(200)
  @ApiResponse({ status: 200, type: EvaluationResponse })
  @ApiErrors()
  async evaluate(@RequestActor() actor: Actor, @Body() body: EvaluationDto): Promise<EvaluationResponse> {
    return presentOutcome(await this.service.evaluate(actor, evaluationOf(body)));
  }

  @Post('evaluations')
  @EvaluationAccess()
  @HttpCode(200)
  @ApiExtraModels(EvaluationsResponse)
  @ApiResponse({
    status: 200,
    schema: { oneOf: [EvaluationsResponse, EvaluationResponse].map((type) => ({ $ref: getSchemaPath(type) })) },
  })
  @ApiErrors()
  async evaluateAll(
    @RequestActor() actor: Actor,
    @Body() body: EvaluationsDto,
  ): Promise<EvaluationsResponse | EvaluationResponse> {
    return presentOutcomes(await this.service.evaluateAll(actor, evaluationsOf(body)));
  }
}
