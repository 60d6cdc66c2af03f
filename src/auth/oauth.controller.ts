import { Body, Controller, Get, Header, Headers, HttpCode, Ip, Post } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyContextConfig } from 'fastify';
import type { JSONWebKeySet } from 'jose';
import { AppConfig } from '../config/config.js';
import { Public } from './access.js';
import { OAuthService, type TokenResponse } from './oauth.service.js';
import { sendOAuthError, TOKEN_ENDPOINT } from './oauth-error.js';
import { SigningKeysRepository } from './signing-keys.repository.js';

/** The built-in issuer. Not registered with an external issuer. */
@ApiExcludeController()
@Controller()
export class OAuthController {
  constructor(
    private readonly config: AppConfig,
    private readonly oauth: OAuthService,
    private readonly signingKeys: SigningKeysRepository,
  ) {}

  @Post(TOKEN_ENDPOINT)
  @RouteConfig({ access: 'public', sendError: sendOAuthError } satisfies FastifyContextConfig)
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  createToken(
    @Body() body: unknown,
    @Ip() address: string,
    @Headers('authorization') authorization?: string,
  ): Promise<TokenResponse> {
    return this.oauth.createToken(body, authorization, address);
  }

  @Get('.well-known/jwks.json')
  @Public()
  getKeys(): Promise<JSONWebKeySet> {
    return this.signingKeys.publicKeys();
  }

  @Get('.well-known/openid-configuration')
  @Public()
  getConfiguration(): object {
    return {
      issuer: this.config.auth.issuer,
      token_endpoint: `${this.config.publicUrl}${TOKEN_ENDPOINT}`,
      jwks_uri: `${this.config.publicUrl}/.well-known/jwks.json`,
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    };
  }
}
