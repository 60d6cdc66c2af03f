import { readFile } from 'node:fs/promises';
import { Controller, Get, Header, Module } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../auth/access.js';
import { paths } from '../paths.js';

/** Publishes the committed document. CI checks that it matches the DTOs. */
@ApiExcludeController()
@Controller('openapi.json')
class OpenApiController {
  /** Read once, because anybody may request it without a token. */
  private document?: Buffer;

  @Get()
  @Public()
  @Header('content-type', 'application/json; charset=utf-8')
  async getDocument(): Promise<Buffer> {
    return (this.document ??= await readFile(paths.openapi));
  }
}

@Module({ controllers: [OpenApiController] })
export class OpenApiModule {}
