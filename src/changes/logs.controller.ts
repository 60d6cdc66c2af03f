import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../auth/access.js';
import { AppConfig } from '../config/config.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import { SelectFieldsDto, selectionOf } from '../http/field-selection.js';
import { ApiList } from '../http/openapi/lists.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { parseLogQuery } from './domain/log-query.js';
import { ListLogsDto, LogPathDto, LogResponse } from './dto/log.dto.js';
import { presentLog } from './logs.presenter.js';
import { LogsRepository, MAX_RESULTS } from './logs.repository.js';

const DEFAULT_PAGE_SIZE = 50;

/** The tenant log of the contract: an entry for each row that a request to the Management API changed. */
@ApiTags('logs')
@Controller('logs')
export class LogsController {
  private readonly tenant: string;

  constructor(
    private readonly repository: LogsRepository,
    config: AppConfig,
  ) {
    this.tenant = new URL(config.publicUrl).hostname;
  }

  @Get()
  @RequireScope('read:logs')
  @ApiList('logs', LogResponse, ['offset'], ['length'])
  @ApiErrors()
  async list(@Query() query: ListLogsDto) {
    const selection = selectionOf(query.fields, query.include_fields);
    if (query.from !== undefined) {
      const entries = await this.repository.after(BigInt(query.from), query.take ?? DEFAULT_PAGE_SIZE);
      return entries.map((entry) => presentLog(entry, this.tenant));
    }
    const { page = 0, per_page: limit = DEFAULT_PAGE_SIZE, q = query.search, include_totals: includeTotals } = query;
    const offset = page * limit;
    if (offset + limit > MAX_RESULTS) {
      throw new DomainError('query_invalid', `'Only the first ${MAX_RESULTS} results can be paged through, use from'`);
    }
    const terms = q === undefined ? [] : parseLogQuery(q);
    if (!terms) throw new DomainError('query_invalid', `'Unsupported search: ${q}' on property q`);
    const window = { kind: 'offset', offset, limit, includeTotals: includeTotals === true } as const;
    const entries = await this.repository.search(terms, window, query.sort === 'date:1');
    const logs = entries.map((entry) => presentLog(entry, this.tenant, selection));
    if (!includeTotals) return logs;
    return { start: offset, limit, length: logs.length, total: await this.repository.count(terms), logs };
  }

  @Get(':id')
  @RequireScope('read:logs')
  @ApiResponse({ status: 200, type: LogResponse })
  @ApiErrors(404)
  async get(
    @Param() { id }: LogPathDto,
    @Query() { fields, include_fields }: SelectFieldsDto,
  ): Promise<Partial<LogResponse>> {
    const entry = /^\d{1,18}$/.test(id) ? await this.repository.get(BigInt(id)) : undefined;
    return presentLog(found(entry, 'log_not_found'), this.tenant, selectionOf(fields, include_fields));
  }
}
