import { readFile } from 'node:fs/promises';
import { Controller, Get, Header, Module } from '@nestjs/common';
import { ApiExcludeController } from '../http/openapi/decorators.js';
import { Public } from '../auth/access.js';
import { paths } from '../paths.js';

/** Publishes the committed document; CI checks that it is what the DTOs say. */
@ApiExcludeController()
@Controller('openapi.json')
class OpenApiController {
  @Get()
  @Public()
  @Header('content-type', 'application/json; charset=utf-8')
  getDocument(): Promise<string> {
    return readFile(paths.openapi, 'utf8');
  }
}

@Module({ controllers: [OpenApiController] })
export class OpenApiModule {}
