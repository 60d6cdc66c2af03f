import { readFile } from 'node:fs/promises';
import { Controller, Get, Header, Module } from '@nestjs/common';
import { ApiExcludeController } from '../http/openapi/decorators.js';
import { Public } from '../auth/access.js';
import { paths } from '../paths.js';

/** Publishes the committed document; CI checks that it is what the DTOs say. */
@ApiExcludeController()
@Controller('openapi.json')
class OpenApiController {
  /** Read once: whoever asks needs no token, and half a megabyte is much to read and decode for anybody. */
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
