import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { RequireScope } from '../../auth/access.js';
import { ApiErrors } from '../../http/openapi/responses.js';
import { RequestActor } from '../../auth/request-actor.js';
import type { Actor } from '../../actor.js';
import { presentOutcome, presentOutcomes } from './authzen.presenter.js';
import { AuthzenService } from './authzen.service.js';
import { EvaluationDto, EvaluationResponse, EvaluationsDto, EvaluationsResponse } from './dto/evaluation.dto.js';
import { evaluationOf, evaluationsOf } from './dto/request.js';

/** The sign-in decision for gateways: the OpenID AuthZEN Authorization API 1.0. */
@ApiTags('login')
@Controller('access/v1')
export class AuthzenController {
  constructor(private readonly service: AuthzenService) {}

  @Post('evaluation')
  @RequireScope('evaluate:logins')
  @HttpCode(200)
  @ApiResponse({ status: 200, type: EvaluationResponse })
  @ApiErrors()
  async evaluate(@RequestActor() actor: Actor, @Body() body: EvaluationDto): Promise<EvaluationResponse> {
    return presentOutcome(await this.service.evaluate(actor, evaluationOf(body)));
  }

  @Post('evaluations')
  @RequireScope('evaluate:logins')
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
