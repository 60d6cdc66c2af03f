import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../../auth/access.js';
import { AppConfig } from '../../config/config.js';

/** AuthZEN metadata: the endpoints that this service supports. */
@ApiExcludeController()
@Controller('.well-known/authzen-configuration')
export class AuthzenConfigurationController {
  constructor(private readonly config: AppConfig) {}

  @Get()
  @Public()
  @Header('cache-control', 'max-age=3600')
  getConfiguration(): object {
    const { publicUrl } = this.config;
    return {
      policy_decision_point: publicUrl,
      access_evaluation_endpoint: `${publicUrl}/access/v1/evaluation`,
      access_evaluations_endpoint: `${publicUrl}/access/v1/evaluations`,
    };
  }
}
