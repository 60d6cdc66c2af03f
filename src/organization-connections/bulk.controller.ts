import { Body, Controller, HttpCode, Post, Query, UseGuards } from '@nestjs/common';
import { RequireScope } from '../auth/access.js';
import { ApiJsonLinesBody } from '../http/openapi/bodies.js';
import { ApiResponse, ApiTags } from '../http/openapi/decorators.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { presentBulk } from './bulk.presenter.js';
import { BulkService } from './bulk.service.js';
import { BulkDto, BulkQueryDto, BulkResponse, OperationDto } from './dto/bulk.dto.js';
import { OperationsGuard } from './operations.guard.js';
import { OperationsPipe, type Bulk } from './operations.pipe.js';

/** Additions to the Management API, for changes of many organizations at once. */
@ApiTags('organization connections, many at once')
@Controller()
export class BulkController {
  constructor(private readonly service: BulkService) {}

  @Post('organizations/connections/bulk')
  @RequireScope('create:organization_connections', 'update:organization_connections', 'delete:organization_connections')
  @UseGuards(OperationsGuard)
  @HttpCode(200)
  @ApiJsonLinesBody(BulkDto, OperationDto)
  @ApiResponse({ status: 200, type: BulkResponse })
  @ApiErrors(404, 409)
  async change(@Body(OperationsPipe) bulk: Bulk, @Query() query: BulkQueryDto): Promise<BulkResponse> {
    return presentBulk(await this.service.change(bulk.operations, bulk.atomic || query.atomic === true));
  }
}
